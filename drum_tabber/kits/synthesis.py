"""What made-up strokes are built of: decaying modes, bursts of filtered noise, swept sines, distortion.

A random generator and the numbers of one stroke in, a wave (n,) out. Times are seconds, pitches hertz.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

Random = np.random.Generator

LONGEST = 2.5  # seconds of any stroke: classifiers hear less


def instants(seconds: float, rate: int) -> NDArray[np.float64]:
    """When each sample of so many seconds sounds."""
    return np.arange(round(seconds * rate)) / rate


def between(rng: Random, low: float, high: float) -> float:
    """A number between two, evenly drawn on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def modes(
    rng: Random, ratios: Sequence[float], pitch: float, decay: float, rate: int, damping: float = 0.7, bend: float = 0.0
) -> NDArray[np.float64]:
    """Modes that die the faster the higher they are; the pitch falls by `bend` (a share) at once after the stroke."""
    t = instants(min(LONGEST, 6 * decay), rate)
    wave = np.zeros_like(t)
    clock = t + bend * 0.03 * (1 - np.exp(-t / 0.03))
    for ratio in ratios:
        if pitch * ratio < 0.45 * rate:
            own = pitch * ratio * (1 + rng.normal(0, 0.01))
            fall = decay * ratio**-damping * between(rng, 0.7, 1.4)
            wave += between(rng, 0.2, 1.0) * ratio**-0.5 * np.exp(-t / fall) * np.sin(2 * np.pi * own * clock)
    return wave


def filtered_noise(rng: Random, seconds: float, low: float, high: float, rate: int) -> NDArray[np.float64]:
    """Noise between two frequencies, of RMS 1, with soft edges."""
    n = max(64, round(seconds * rate))
    size = next_fast_len(n, real=True)
    spectrum = rfft(rng.standard_normal(size))
    hertz = np.arange(len(spectrum)) * rate / size + 1e-9
    wave = irfft(spectrum / np.sqrt((1 + (low / hertz) ** 4) * (1 + (hertz / high) ** 4)), size)[:n]
    return wave / max(float(np.std(wave)), 1e-9)


def burst(rng: Random, decay: float, low: float, high: float, rate: int, attack: float = 0.0) -> NDArray[np.float64]:
    """Noise that dies away in `decay` seconds to 1/e, after it has swelled for `attack` seconds."""
    noise = filtered_noise(rng, attack + min(LONGEST, 6 * decay) + 0.01, low, high, rate)
    t = np.arange(len(noise)) / rate
    return noise * np.where(t < attack, (t / max(attack, 1e-9)) ** 2, np.exp(-(t - attack) / decay))


def summed(*waves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Waves of any length that begin together, as long as the longest."""
    total = np.zeros(max(map(len, waves)))
    for wave in waves:
        total[: len(wave)] += wave
    return total


def swept(rng: Random, start: float, end: float, sweep: float, decay: float, rate: int) -> NDArray[np.float64]:
    """A sine that falls (or rises) from one pitch to another, as machines make kicks and toms of."""
    t = instants(min(LONGEST, 6 * decay), rate)
    phase = 2 * np.pi * np.cumsum(end + (start - end) * np.exp(-t / sweep)) / rate
    return np.sin(phase) * np.exp(-t / decay)


def driven(wave: NDArray[np.float64], drive_db: float) -> NDArray[np.float64]:
    """The wave, brought to full scale, through a soft clipper that is driven by so many decibels."""
    return np.tanh(wave / max(float(np.abs(wave).max()), 1e-9) * 10 ** (drive_db / 20))
