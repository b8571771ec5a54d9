"""The constant-Q transform that the key is heard through: mono samples in, magnitudes (frames, bins) out.

The numbers are those of `librosa.cqt` (24 bins an octave, Hann windows, scaled by the root of their length), to within
a percent: one long FFT a frame, multiplied with the spectra of the windows where these are not negligible (Brown and
Puckette 1992). Bins lie below 2.1 kHz, so samples are read at a quarter of the nominal rate, which loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_NEGLIGIBLE = 1e-3  # of a window's spectrum at its peak
_GROUP = 12  # bins multiplied at a time
_BATCH = 256  # frames transformed at a time
_A4 = 440.0
_TUNING_STEP = 16  # frames between those that tell the tuning
_TUNING_RANGE = (110.0, 1800.0)  # hertz, where the partials that tell the tuning lie


@dataclass(frozen=True)
class CqtSpec:
    """What is heard: `fmin` is C2, bins go up from there; samples come at `sample_rate / decimation`."""

    sample_rate: int = 44100
    hop_size: int = 2048
    n_bins: int = 120
    bins_per_octave: int = 24
    fmin: float = 65.40639
    decimation: int = 4

    @property
    def rate(self) -> int:
        """Samples a second that `transform` takes."""
        return self.sample_rate // self.decimation

    @property
    def hop(self) -> int:
        """Samples between frames at `rate`."""
        return self.hop_size // self.decimation

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.hop_size

    def lower(self, n_bins: int) -> CqtSpec:
        """The same with `n_bins` more on either side."""
        fmin = self.fmin * 2 ** (-n_bins / self.bins_per_octave)
        return CqtSpec(
            self.sample_rate, self.hop_size, self.n_bins + 2 * n_bins, self.bins_per_octave, fmin, self.decimation
        )


def transform(samples: Floats, spec: CqtSpec, tuning: float = 0.0) -> Floats:
    """Magnitudes (frames, n_bins) of mono samples (n,) at `spec.rate`; frame i is centred on sample i * hop.

    `tuning` is how far the music lies above A = 440 Hz, semitones; the bins move with it.
    """
    kernel = _Kernel(spec, tuning)
    return np.concatenate(
        [np.zeros((0, spec.n_bins), np.float32), *(kernel(part) for part in _spectra(samples, spec.hop, kernel.n_fft))]
    )


class Tuning(NamedTuple):
    """How far music lies above A = 440 Hz, semitones from -0.5 to 0.5, and how far partials agree on that, 0 to 1.

    Where nothing has a pitch, they hardly do.
    """

    semitones: float
    agreement: float


def tuning(samples: Floats, spec: CqtSpec) -> Tuning:
    """The tuning of mono samples (n,) at `spec.rate`; 0 of silence.

    The partials of every sixteenth frame, their frequencies by a parabola through each peak, vote with their magnitude
    on the circle of a semitone.
    """
    n_fft = _fft_size(spec)
    low, high = (round(edge * n_fft / spec.rate) for edge in _TUNING_RANGE)
    window = np.hanning(n_fft).astype(np.float32)
    vote, total = 0j, 0.0
    for spectrum in _spectra(samples, spec.hop * _TUNING_STEP, n_fft, window):
        db = np.log(np.abs(spectrum[:, low:high]) + 1e-6)
        left, middle, right = db[:, :-2], db[:, 1:-1], db[:, 2:]
        frame, at = np.nonzero((middle > left) & (middle >= right) & (middle > db.max(axis=1, keepdims=True) - 4.0))
        a, b, c = left[frame, at], middle[frame, at], right[frame, at]
        place = at + 1 + low + 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
        semitones = 12 * np.log2(place * spec.rate / n_fft / _A4)
        vote += complex(np.sum(np.exp(b) * np.exp(2j * np.pi * semitones)))
        total += float(np.exp(b).sum())
    return Tuning(float(np.angle(vote) / (2 * np.pi)), abs(vote) / total) if vote else Tuning(0.0, 0.0)


class _Kernel:
    """The spectra of the windows, in groups of neighbouring bins that share a slice of the FFT."""

    def __init__(self, spec: CqtSpec, tuning: float) -> None:
        ratio = 2 ** (2 / spec.bins_per_octave)
        quality = (ratio + 1) / (ratio - 1)  # librosa's: bandwidths meet at the neighbours' centres
        centre = spec.fmin * 2 ** (np.arange(spec.n_bins) / spec.bins_per_octave + tuning / 12)
        lengths = quality * spec.rate / centre
        self.n_fft = _fft_size(spec)
        self.groups: list[tuple[slice, NDArray[np.complex64]]] = []
        for first in range(0, spec.n_bins, _GROUP):
            pairs = zip(centre[first : first + _GROUP], lengths[first : first + _GROUP], strict=True)
            spectra = np.array([self._window(float(f), float(length), spec) for f, length in pairs])
            heard = np.flatnonzero((np.abs(spectra) > _NEGLIGIBLE * np.abs(spectra).max(axis=1, keepdims=True)).any(0))
            where = slice(int(heard[0]), int(heard[-1]) + 1)
            self.groups.append((where, np.ascontiguousarray(spectra[:, where].conj().T.astype(np.complex64))))

    def _window(self, frequency: float, length: float, spec: CqtSpec) -> NDArray[np.complex128]:
        """Half a spectrum of one window, such that a product with a frame's spectrum sums to the transform."""
        place = np.arange(-int(length // 2), int(length // 2) + 1)
        weight = np.maximum(0.0, 0.5 + 0.5 * np.cos(2 * np.pi * place / length)) * (np.abs(place) <= length / 2)
        weight *= np.sqrt(length * spec.decimation) / weight.sum()
        wave = np.zeros(self.n_fft, np.complex128)
        wave[place + self.n_fft // 2] = weight * np.exp(2j * np.pi * frequency / spec.rate * place)
        return np.fft.fft(wave)[: self.n_fft // 2 + 1] / self.n_fft

    def __call__(self, spectrum: NDArray[np.complex64]) -> Floats:
        return np.concatenate([np.abs(spectrum[:, where] @ window) for where, window in self.groups], axis=1)


def _fft_size(spec: CqtSpec) -> int:
    """The power of two that holds the longest window, a quarter tone of detuning included."""
    ratio = 2 ** (2 / spec.bins_per_octave)
    longest = (ratio + 1) / (ratio - 1) * spec.rate / (spec.fmin * 2 ** (-0.5 / 12))
    return 1 << int(np.ceil(np.log2(longest)))


def _spectra(samples: Floats, hop: int, n_fft: int, window: Floats | None = None) -> Iterator[NDArray[np.complex64]]:
    """Spectra (any, n_fft / 2 + 1) of frames around every `hop`-th sample."""
    from scipy import fft

    padded = np.pad(samples, n_fft // 2)
    n_frames = 1 + len(samples) // hop if len(samples) else 0
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop][:n_frames]
    for start in range(0, n_frames, _BATCH):
        part = frames[start : start + _BATCH]
        yield fft.rfft(part * window if window is not None else part)
