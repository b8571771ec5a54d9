"""Filters and levels of samples (..., n), in 32 bits and as few passes as will do: rendering spends its time here.

A `Section` is a filter of first order, by its coefficients; several are applied at once. All depend on what has been,
never on what is to come.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_BATCH = 4  # blocks transformed side by side: the FFT works on so many at once
_BLOCK = 1 << 15  # least samples of a block
_ROW = 4096  # samples whose energy is summed in 32 bits


class Section(NamedTuple):
    """y[i] = b[0] x[i] + b[1] x[i - 1] + kept y[i - 1]."""

    b: tuple[float, float]
    kept: float


def low_pass(cutoff: float, sample_rate: int) -> Section:
    """-3 dB at `cutoff` hertz where that is far below the rate."""
    kept = float(np.exp(-2 * np.pi * cutoff / sample_rate))
    return Section((1 - kept, 0.0), kept)


def high_pass(cutoff: float, sample_rate: int) -> Section:
    """-3 dB at `cutoff` hertz where that is far below the rate."""
    return Section((1.0, -1.0), float(np.exp(-2 * np.pi * cutoff / sample_rate)))


def shelf(pivot: float, sample_rate: int, lows_db: float, highs_db: float) -> Section:
    """What a low-pass at `pivot` hertz lets through at one level, the rest at another."""
    lows, highs = 10 ** (lows_db / 20), 10 ** (highs_db / 20)
    low = low_pass(pivot, sample_rate)
    return Section((highs + (lows - highs) * low.b[0], -highs * low.kept), low.kept)


def filtered(samples: Samples, *sections: Section) -> Samples:
    """The samples through all sections, one after the other, along the last axis."""
    from scipy.signal import lfilter

    b = reduce(np.convolve, [section.b for section in sections], np.ones(1)).astype(np.float32)
    a = reduce(np.convolve, [(1.0, -section.kept) for section in sections], np.ones(1)).astype(np.float32)
    return np.asarray(lfilter(b, a, samples), np.float32)


def convolved(samples: Samples, response: Samples) -> Samples:
    """The first n samples of what a filter with this impulse response (m,) makes of samples (n,): overlap and save."""
    n, m = len(samples), len(response)
    if m <= 1 or not n:
        return samples * np.float32(response.sum())
    size = max(_BLOCK, 1 << (3 * m - 1).bit_length())
    size = min(size, scipy.fft.next_fast_len(n + m - 1, real=True))
    step = size - m + 1
    n_blocks = -(-n // step)
    padded = np.zeros((n_blocks - 1) * step + size, np.float32)
    padded[m - 1 : m - 1 + n] = samples
    blocks = np.lib.stride_tricks.sliding_window_view(padded, size)[::step]
    transfer = scipy.fft.rfft(response, size)
    out = np.empty((n_blocks, step), np.float32)
    for start in range(0, n_blocks, _BATCH):
        spectrum = scipy.fft.rfft(blocks[start : start + _BATCH], axis=1)
        spectrum *= transfer
        out[start : start + _BATCH] = scipy.fft.irfft(spectrum, size, axis=1, overwrite_x=True)[:, m - 1 :]
    return out.reshape(-1)[:n]


def energies(samples: Samples, size: int = _ROW) -> NDArray[np.float64]:
    """Energy of each whole stretch of `size` samples (n,)."""
    rows = samples[: len(samples) // size * size].reshape(-1, size)
    return np.einsum("ij,ij->i", rows, rows).astype(np.float64)


def rms(samples: Samples) -> float:
    """Root mean square of samples (n,); 0 where there are none."""
    rest = samples[len(samples) // _ROW * _ROW :]
    total = energies(samples).sum() + float(np.einsum("i,i->", rest, rest))
    return float(np.sqrt(total / max(1, len(samples))))


def peak_of(samples: Samples) -> float:
    """The greatest amplitude; 0 where there are no samples."""
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))
