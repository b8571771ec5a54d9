"""Audio to log-mel frames, with numpy and scipy alone.

`FeatureSpec` is the contract between a model and the audio it hears; it travels in the model's bundle. Frame i is
centred on sample i * hop_size, so its time is i / frame_rate seconds; a window that reaches over an end of the audio
sees zeros there. No frame depends on anything outside its window: features of a crop are the crop of the features.
`model.LogMel` computes the same in Keras.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

FLOOR = (
    1e-5  # added to mel magnitudes before the logarithm: full scale is about 1, so this is the hush of a 16-bit file
)
_BATCH = 512  # frames transformed at once: keeps the work in the cache and memory flat


@dataclass(frozen=True)
class FeatureSpec:
    """What a model hears: rates and sizes in hertz and samples.

    With a `long_window` every band is heard twice, through the short window and through the long one, side by side:
    the short one tells when, the long one what.
    """

    sample_rate: int = 44100
    hop_size: int = 441
    window_size: int = 2048
    n_mels: int = 96
    fmin: float = 30.0
    fmax: float = 18000.0
    long_window: int = 0

    @property
    def parts(self) -> tuple[FeatureSpec, ...]:
        """A spec of one window for each window."""
        windows = (self.window_size, *([self.long_window] if self.long_window else []))
        return tuple(replace(self, window_size=window, long_window=0) for window in windows)

    @property
    def n_bands(self) -> int:
        """Numbers in a frame: each mel band as often as there are windows."""
        return self.n_mels * len(self.parts)

    @property
    def widest(self) -> int:
        """Samples that a frame looks at."""
        return max(self.window_size, self.long_window)

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.hop_size

    def band_of(self, frequency: float) -> int:
        """The band, from 0, whose centre is the first at or above a frequency; `n_bands` where there is none."""
        centres = np.linspace(_mel(self.fmin), _mel(self.fmax), self.n_mels + 2)[1:-1]
        return len(self.parts) * int(np.searchsorted(centres, _mel(frequency)))

    def n_frames(self, n_samples: int) -> int:
        """Frames that cover this many samples: one at every hop up to the end."""
        return -(-n_samples // self.hop_size)


def hann(size: int) -> NDArray[np.float32]:
    """A periodic Hann window (size,), scaled so that a full-scale sine has magnitude 1 at its peak bin."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return (window * (2 / window.sum())).astype(np.float32)


@lru_cache(maxsize=8)
def mel_filterbank(spec: FeatureSpec) -> NDArray[np.float32]:
    """Triangular bands (window_size // 2 + 1, n_mels) for the short window, evenly along O'Shaughnessy's mel scale.

    Each band's weights sum to 1, and no band is narrower than two bins, so that none is empty.
    """
    bin_width = spec.sample_rate / spec.window_size
    frequencies = np.arange(spec.window_size // 2 + 1) * bin_width
    mels = np.linspace(_mel(spec.fmin), _mel(spec.fmax), spec.n_mels + 2)
    edges = 700.0 * np.expm1(mels / 1127.0)
    lower = np.minimum(edges[:-2], edges[1:-1] - bin_width)
    upper = np.maximum(edges[2:], edges[1:-1] + bin_width)
    rising = (frequencies[:, None] - lower) / (edges[1:-1] - lower)
    falling = (upper - frequencies[:, None]) / (upper - edges[1:-1])
    bands = np.maximum(0.0, np.minimum(rising, falling))
    return (bands / bands.sum(axis=0)).astype(np.float32)


def log_mel(samples: NDArray[np.float32], spec: FeatureSpec) -> NDArray[np.float32]:
    """Log-mel magnitudes (frames, n_bands) of mono samples (n,): `log(mel + FLOOR) - log(FLOOR)`, so silence is 0."""
    half = spec.widest // 2
    n_frames = spec.n_frames(len(samples))
    padded = np.zeros((n_frames - 1) * spec.hop_size + spec.widest if n_frames else 0, np.float32)
    kept = min(len(samples), len(padded) - half)
    padded[half : half + kept] = samples[:kept]
    return log_mel_of_padded(padded, spec)


def log_mel_of_padded(padded: NDArray[np.float32], spec: FeatureSpec) -> NDArray[np.float32]:
    """Log-mel magnitudes (frames, n_bands) of samples that hold half the widest window before the first frame's centre.

    Where there are two windows, those of a band stand side by side.
    """
    if len(padded) < spec.widest:
        return np.zeros((0, spec.n_bands), np.float32)
    sides = [(spec.widest - part.window_size) // 2 for part in spec.parts]
    parts = [
        _through_window(padded[side : len(padded) - side], part) for side, part in zip(sides, spec.parts, strict=True)
    ]
    return parts[0] if len(parts) == 1 else np.stack(parts, axis=-1).reshape(len(parts[0]), -1)


def _through_window(padded: NDArray[np.float32], spec: FeatureSpec) -> NDArray[np.float32]:
    frames = np.lib.stride_tricks.sliding_window_view(padded, spec.window_size)[:: spec.hop_size]
    window, bands = hann(spec.window_size), mel_filterbank(spec)
    features = np.empty((len(frames), spec.n_mels), np.float32)
    for start in range(0, len(frames), _BATCH):
        spectrum = scipy.fft.rfft(frames[start : start + _BATCH] * window, axis=1)
        features[start : start + _BATCH] = np.log1p(np.abs(spectrum) @ bands / np.float32(FLOOR))
    return features


def _mel(frequency: float) -> float:
    return float(1127.0 * np.log1p(frequency / 700.0))
