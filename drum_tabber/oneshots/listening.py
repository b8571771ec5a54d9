"""One-shots: a file or a recorded wave in, the log-mel frames that a classifier hears out.

Whatever its format, level and leading silence, a sound is brought to mono at the spec's rate, begins 10 ms before its
attack, has its loudest 50 ms at one level, and ends where the classifier stops listening. A stroke tells most at once
and a cymbal by how it dies away, so frames are close together at first and ever wider apart in the tail. What tells a
floor tom from a tom is its pitch, about 70 Hz or 110, which mel bands of short windows can't: beside the bands of every
frame stands one spectrum of the sound's lows, through one long window. The frames of several sounds are stacked, padded
with zeros, beside their lengths: the network looks at no padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import AudioError
from drum_tabber.kits.sample import PRE_ATTACK, SILENCE, Sample, level_of
from drum_tabber.sound import audio
from drum_tabber.sound.features import FeatureSpec, log_mel

Floats = NDArray[np.float32]
FOLD = 16  # frames of a padded stack are a multiple of this, which every network's pooling divides
WIDENING = ((32, 1), (16, 2), (16, 4))  # how many frames are the mean of how many hops; later ones, of LATE hops
LATE = 8
LOWS = (40.0, 400.0)  # hertz, between which pitches of drums lie
LOW_WINDOW = 0.37  # seconds after the attack that their spectrum is of
LOW_FLOOR = 1e-3  # of the strongest low, below which none counts: as quiet as a Hann window's third lobe
LEVEL = 0.25  # RMS of a sound's loudest 50 ms, full scale being 1
_READ_SECONDS = 6.0  # of a file are decoded from where it is first heard: what rings longer is cut


@dataclass(frozen=True)
class OneShotSpec:
    """What a classifier of one-shots hears: the features, how many seconds of a sound, whether its frames lie ever
    wider apart (`widened`) or at every hop, and in how many bands its lows are (`lows`).
    """

    features: FeatureSpec = field(default_factory=lambda: FeatureSpec(44100, 512, 2048, 64, 30.0, 16000.0))
    seconds: float = 2.5
    widens: bool = True
    n_lows: int = 32

    @property
    def n_bands(self) -> int:
        """Numbers in a frame: mel bands, then lows."""
        return self.features.n_mels + self.n_lows


@dataclass(frozen=True, eq=False)
class OneShot:
    """A sound as the classifier hears it: frames (n, bands), the level in dB of full scale that it was recorded at."""

    frames: Floats
    level_db: float


def read(path: Path | str, spec: OneShotSpec) -> OneShot:
    """The one-shot in a file of any format; raises AudioError where it can't be read or holds nothing but silence."""
    wave = recorded(path, spec.features.sample_rate)
    sample = Sample.of(wave, spec.features.sample_rate)
    if sample is None:
        raise AudioError(f"{path} is silent; leave it out or record it louder")
    return OneShot(frames_of(sample, spec), loudness(wave, spec.features.sample_rate))


def recorded(path: Path | str, sample_rate: int) -> Floats:
    """The first seconds (n,) of a file from where it is first heard, mono. Raises AudioError as `audio.read` does."""
    for block in audio.stream(path, sample_rate, block=_READ_SECONDS):
        if np.max(np.abs(block), initial=0.0) >= SILENCE:
            return block
    return np.zeros(0, np.float32)


def loudness(wave: Floats, sample_rate: int) -> float:
    """The loudest 50 ms of a wave (n,), dB of full scale."""
    return 20 * float(np.log10(max(level_of(wave, sample_rate), 1e-6)))


def frames_of(sample: Sample, spec: OneShotSpec) -> Floats:
    """Frames (n, bands) of a prepared sound, as many as the spec allows: log-mel, and its lows beside each.

    Where a recording begins at its attack, silence is put before it: the stroke is in the same frame of every sound.
    Classifiers whose frames don't widen were taught without.
    """
    rate = spec.features.sample_rate
    missing = max(0, round(PRE_ATTACK * rate) - sample.attack) if spec.widens else 0
    lead = np.zeros(missing, np.float32)
    signal = np.concatenate([lead, sample.signal])[: round(spec.seconds * rate)]
    hops = log_mel(signal * np.float32(LEVEL), spec.features)
    frames = widened(hops) if spec.widens else hops
    low = lows(sample.signal[sample.attack :], rate, spec.n_lows)
    return np.concatenate([frames, np.broadcast_to(low, (len(frames), spec.n_lows))], axis=1)


def lows(signal: Floats, sample_rate: int, n_bands: int) -> Floats:
    """How strong each of the lows (n_bands,) of a stroke is, from 0, too faint to count, to about 7, the strongest.

    They are the magnitudes at pitches between LOWS, evenly along their logarithm.
    """
    size = round(LOW_WINDOW * sample_rate)
    heard = np.zeros(size)
    heard[: len(signal[:size])] = signal[:size]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(size), 2 * size))
    pitches = np.geomspace(*LOWS, n_bands) if n_bands else np.zeros(0)
    strengths = np.interp(pitches * 2 * size / sample_rate, np.arange(len(spectrum)), spectrum)
    strongest = max(float(strengths.max(initial=0.0)), 1e-12)
    return np.log(strengths / strongest + LOW_FLOOR).astype(np.float32) - np.float32(np.log(LOW_FLOOR))


def widened(hops: Floats) -> Floats:
    """Frames (n, mels) for every hop (hops, mels): the first as they are, the later ones means of ever more hops."""
    starts = _starts(len(hops))
    sums = np.add.reduceat(hops, starts, axis=0) if len(starts) else hops
    return np.asarray(sums / np.diff(starts, append=len(hops))[:, None], np.float32)


def _starts(n_hops: int) -> NDArray[np.int_]:
    """The hop at which each frame begins (frames,)."""
    widths = np.repeat([width for _, width in WIDENING], [count for count, _ in WIDENING])
    late = np.full(max(0, n_hops - int(widths.sum())) // LATE + 1, LATE)
    starts = np.cumsum([0, *widths, *late])
    return starts[starts < n_hops]


def stacked(sounds: Sequence[Floats]) -> tuple[Floats, NDArray[np.int32]]:
    """Frames of several sounds as one array (sounds, frames, bands), zeros at the end, and their lengths (sounds,)."""
    lengths = np.array([len(frames) for frames in sounds], np.int32)
    n_frames = -(-int(lengths.max(initial=1)) // FOLD) * FOLD
    stack = np.zeros((len(sounds), n_frames, sounds[0].shape[1] if sounds else 0), np.float32)
    for row, frames in zip(stack, sounds, strict=True):
        row[: len(frames)] = frames
    return stack, lengths
