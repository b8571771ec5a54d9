"""The key of a song: mono samples in; the key, how sure it is, the runner-up, the tuning and the keys over time out.

The network answers for each second and a half, in several keys, which even out what the ends of its range do to an
answer. Their mean is the answer for the song, as it is in training for a piece; one by one they become keys over time
(changes.py). Runs without Keras.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drum_tabber.hearing import inference
from drum_tabber.key import changes, cqt
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.key.cqt import Tuning
from drum_tabber.key.keys import KEYS, Key, Span

Floats = NDArray[np.float32]
IN_TUNE = Tuning(0.0, 1.0)
LONGEST = 180  # seconds of a song that are overheard: memory stays flat, and nobody waits for it
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
    """A key model, loaded once and asked of any number of songs; `spec` is the transform that it listens through."""

    def __init__(self, bundle: KeyBundle) -> None:
        self.session = inference.session(bundle.network, "train it anew")
        self.bundle = bundle
        self.margin = bundle.decoding.turns * bundle.cqt.bins_per_octave // 12
        self.spec = bundle.cqt.lower(self.margin)

    def __call__(self, samples: Floats) -> Tonality:
        """The tonality of mono samples (n,) at `spec.rate`; unsure of silence."""
        tuning = cqt.tuning(samples, self.spec)
        return self.of_magnitude(cqt.transform(samples, self.spec, tuning.semitones), tuning)

    def of_magnitude(self, magnitude: Floats, tuning: Tuning = IN_TUNE) -> Tonality:
        """The tonality of magnitudes (frames, bins) of the transform `spec`."""
        decoding, seconds = self.bundle.decoding, self.bundle.step / self.bundle.cqt.frame_rate
        if not magnitude.any():
            return Tonality(np.full(len(KEYS), 1 / len(KEYS), np.float32), tuning.semitones, (), True)
        steps = self._steps(np.pad(magnitude, ((0, max(0, self.bundle.step - len(magnitude))), (0, 0))))
        probability = softmax(steps.mean(axis=0))
        spans = changes.over_time(softmax(steps), seconds, decoding.change, decoding.trust)
        unsure = probability.max() < decoding.unsure or tuning.agreement < decoding.pitched
        return Tonality(probability, tuning.semitones, spans, bool(unsure))

    def _steps(self, magnitude: Floats) -> Floats:
        """Logits (steps, 24): the mean over turns, each heard as if it were so much higher and turned back."""
        turns = range(-self.bundle.decoding.turns, self.bundle.decoding.turns + 1)
        per_semitone = self.bundle.cqt.bins_per_octave // 12
        total = 0.0
        for up in turns:
            first = self.margin - up * per_semitone
            cut = np.ascontiguousarray(magnitude[None, :, first : first + self.bundle.cqt.n_bins])
            answer: list[Any] = self.session.run(["steps"], {"cqt": cut})
            total = total + answer[0][0][:, [key.transposed(up).index for key in KEYS]]
        mean: Floats = np.asarray(total / len(turns), np.float32)
        return mean


class Overhearing:
    """Blocks of samples on their way to somebody else: what a key model makes of their first `LONGEST` seconds."""

    def __init__(self, listener: Listener, sample_rate: int) -> None:
        import soxr

        self.listener = listener
        self.kept: list[Floats] = []
        self.n_left = LONGEST * sample_rate
        rate = listener.bundle.cqt.rate
        self.resampler = soxr.ResampleStream(sample_rate, rate, 1, dtype="float32", quality="HQ")

    def __call__(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        """The same mono blocks (n,), heard in passing."""
        for block in blocks:
            if self.n_left > 0:
                self.kept.append(self.resampler.resample_chunk(block[: self.n_left]))
                self.n_left -= len(block)
            yield block

    def tonality(self) -> Tonality:
        """What was heard."""
        self.kept.append(self.resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        return self.listener(np.concatenate(self.kept))


def softmax(logits: Floats) -> Floats:
    """Probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def krumhansl(magnitude: Floats, bins_per_octave: int = 24) -> Key:
    """The key whose profile the pitch classes of CQT magnitudes (frames, bins) from C up correlate with best.

    The method of Krumhansl and Schmuckler (Krumhansl 1990), as a baseline.
    """
    octave = magnitude.mean(axis=0).reshape(-1, bins_per_octave).sum(axis=0)
    per_semitone = bins_per_octave // 12
    chroma = np.roll(octave, per_semitone // 2).reshape(12, per_semitone).sum(axis=1)
    return max(KEYS, key=lambda key: np.corrcoef(np.roll(_PROFILES[key.mode], key.tonic), chroma)[0, 1])
