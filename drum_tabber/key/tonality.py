"""The key of a song: mono samples in; the key, how sure it is, the runner-up, the tuning and the keys over time out.

The network answers for pieces of 30 s; their probabilities are averaged, as the precursor summed them. Its answers for
each second and a half go through a hidden Markov model over the 24 keys for the keys over time. Runs without Keras.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drum_tabber.hearing import inference
from drum_tabber.key import cqt
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.key.keys import KEYS, Key, Span

Floats = NDArray[np.float32]
# Krumhansl and Kessler (1982), probe-tone ratings from the tonic up: how well a pitch class fits a key.
_PROFILES = {
    "maj": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "min": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


@dataclass(frozen=True)
class Tonality:
    """What is heard of a song's key; `probability` (24,) in the order of `keys.KEYS`, `tuning` in semitones."""

    probability: Floats
    tuning: float
    spans: tuple[Span, ...]
    unsure: bool

    @property
    def key(self) -> Key:
        """The key."""
        return KEYS[int(self.probability.argmax())]

    @property
    def confidence(self) -> float:
        """How probable the key is, 0 to 1."""
        return float(self.probability.max())

    @property
    def runner_up(self) -> Key:
        """The second most probable key."""
        return KEYS[int(np.argsort(self.probability)[-2])]


class Listener:
    """A key model, loaded once and asked of any number of songs."""

    def __init__(self, bundle: KeyBundle) -> None:
        self.session = inference.session(bundle.network, "train it anew")
        self.bundle = bundle

    def __call__(self, samples: Floats) -> Tonality:
        """The tonality of mono samples (n,) at `bundle.cqt.rate`; unsure of silence."""
        tuning = cqt.tuning(samples, self.bundle.cqt)
        return self.of_magnitude(cqt.transform(samples, self.bundle.cqt, tuning), tuning)

    def of_magnitude(self, magnitude: Floats, tuning: float = 0.0) -> Tonality:
        """The tonality of CQT magnitudes (frames, bins)."""
        decoding, rate = self.bundle.decoding, self.bundle.cqt.frame_rate
        if not magnitude.any():
            return Tonality(np.full(len(KEYS), 1 / len(KEYS), np.float32), tuning, (), True)
        heard = pieces(magnitude, round(decoding.piece * rate), round(decoding.hop * rate), self.bundle.step)
        probability = softmax(self._run("piece", heard)).mean(axis=0)
        whole = pieces(magnitude, len(magnitude), len(magnitude), self.bundle.step)
        steps = softmax(self._run("steps", whole)[0])
        spans = keys_over_time(steps, self.bundle.step / rate, decoding.change, decoding.trust)
        return Tonality(probability, tuning, spans, bool(probability.max() < decoding.unsure))

    def _run(self, output: str, heard: Floats) -> Floats:
        answer: list[Any] = self.session.run([output], {"cqt": heard})
        return answer[0]


def pieces(magnitude: Floats, size: int, hop: int, least: int) -> Floats:
    """Pieces (n, size, bins) of magnitudes (frames, bins), one every `hop` frames and one that ends with the last.

    What is shorter than a piece is one by itself, filled with silence up to `least` frames.
    """
    n_frames = len(magnitude)
    if n_frames <= size:
        return np.pad(magnitude, ((0, max(0, least - n_frames)), (0, 0)))[None]
    starts = sorted({*range(0, n_frames - size + 1, hop), n_frames - size})
    return np.stack([magnitude[start : start + size] for start in starts])


def softmax(logits: Floats) -> Floats:
    """Probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def keys_over_time(probability: Floats, step: float, change: float, trust: float) -> tuple[Span, ...]:
    """Spans of one key each from probabilities (steps, 24), by Viterbi's algorithm; steps last `step` seconds.

    Every step changes to any other key with a probability of `change` in all; `trust` is the power of a step's answer.
    """
    n_keys = probability.shape[1]
    heard = trust * np.log(np.maximum(probability, 1e-9))
    leave, stay = np.log(change / (n_keys - 1)), np.log1p(-change)
    score, came = heard[0], np.zeros(probability.shape, np.int64)
    for index in range(1, len(heard)):
        best = int(score.argmax())
        moved = score[best] + leave > score + stay
        came[index] = np.where(moved, best, np.arange(n_keys))
        score = np.where(moved, score[best] + leave, score + stay) + heard[index]
    path = [int(score.argmax())]
    for index in range(len(heard) - 1, 0, -1):
        path.append(int(came[index, path[-1]]))
    path.reverse()
    edges = [0, *(index for index in range(1, len(path)) if path[index] != path[index - 1]), len(path)]
    return tuple(Span(a * step, b * step, KEYS[path[a]]) for a, b in pairwise(edges))


def krumhansl(magnitude: Floats, bins_per_octave: int = 24) -> Key:
    """The key whose profile the pitch classes of CQT magnitudes (frames, bins) from C up correlate with best.

    The method of Krumhansl and Schmuckler (Krumhansl 1990), as a baseline.
    """
    octave = magnitude.mean(axis=0).reshape(-1, bins_per_octave).sum(axis=0)
    per_semitone = bins_per_octave // 12
    chroma = np.roll(octave, per_semitone // 2).reshape(12, per_semitone).sum(axis=1)
    return max(KEYS, key=lambda key: np.corrcoef(np.roll(_PROFILES[key.mode], key.tonic), chroma)[0, 1])
