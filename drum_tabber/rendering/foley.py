"""Sounds beside the band that are no drum of ours: claps, snaps, shakers, muted strings, risers, sub drops, crowds.

Beats in, mono (n,) out. Those on the beat have attacks like a drum's, and no label: that is what they are for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from drum_tabber.events import Beats

Samples = NDArray[np.float32]


def play(onsets: NDArray[np.float64], kind: str, n: int, sample_rate: int, rng: np.random.Generator) -> Samples:
    """The sound of this `kind`, one of `STROKES`, at each onset; each somewhat other in strength."""
    stroke = STROKES[kind](sample_rate, rng)
    sound = np.zeros(n, np.float32)
    for onset in onsets.tolist():
        at = round((onset + rng.normal(0, 0.004)) * sample_rate)
        if 0 <= at < n:
            place = sound[at : at + len(stroke)]
            place += stroke[: len(place)] * np.float32(rng.uniform(0.5, 1.0))
    return sound


def swells(beats: Beats, n: int, sample_rate: int, rng: np.random.Generator) -> Samples:
    """Risers of noise that end on downbeats, and drops of a low tone that begin there, some bars apart."""
    sound = np.zeros(n, np.float32)
    downbeats = beats.time[beats.place == 1]
    rising = _noise(4 * sample_rate, (rng.uniform(500, 3000), 14000.0), sample_rate, rng)
    rising *= np.linspace(0, 1, len(rising), dtype=np.float32) ** 2
    time = np.arange(2 * sample_rate) / sample_rate
    falling = np.sin(2 * np.pi * (30 * time + 50 * 0.5 * (1 - np.exp(-time / 0.5)))) * np.exp(-time / 0.7)
    for downbeat in downbeats[int(rng.integers(1, 9)) :: 8].tolist():
        at = round(downbeat * sample_rate)
        if rng.random() < 0.7:
            tail = rising[max(0, len(rising) - at) :]
            place = sound[max(0, at - len(tail)) : at]
            place += 0.3 * tail[: len(place)]
        if rng.random() < 0.7:
            place = sound[at : at + len(falling)]
            place += 0.6 * falling[: len(place)].astype(np.float32)
    return sound


def crowd(n: int, sample_rate: int, rng: np.random.Generator) -> Samples:
    """An audience: noise in a voice's range that swells and ebbs."""
    noise = _noise(min(n, 8 * sample_rate), (250.0, 2800.0), sample_rate, rng)
    swell = np.interp(np.arange(n), np.linspace(0, n, 12), rng.uniform(0.1, 1.0, 12)).astype(np.float32)
    return np.asarray(0.1 * np.resize(noise, n) * swell, np.float32)


def _noise(n: int, band: tuple[float, float], sample_rate: int, rng: np.random.Generator) -> Samples:
    """Noise (n,) of RMS about 1 in a band with soft edges, hertz."""
    spectrum = scipy.fft.rfft(rng.standard_normal(n, np.float32))
    hertz = np.maximum(np.arange(len(spectrum)) * (sample_rate / max(n, 1)), 1)
    noise = scipy.fft.irfft(spectrum / (1 + (band[0] / hertz) ** 6 + (hertz / band[1]) ** 6), n)
    return np.asarray(noise / max(float(np.sqrt(np.mean(noise**2))), 1e-9), np.float32)


def _burst(
    sample_rate: int, rng: np.random.Generator, band: tuple[float, float], attack: float, decay: float
) -> Samples:
    """Noise in a band that rises in `attack` seconds and falls to a third in `decay`; peak near 1."""
    time = np.arange(round((attack + 6 * decay) * sample_rate), dtype=np.float32) / np.float32(sample_rate)
    shape = np.minimum(time / np.float32(attack), np.exp(-(time - attack) / np.float32(decay)))
    return 0.3 * _noise(len(time), band, sample_rate, rng) * shape


def _clap(sample_rate: int, rng: np.random.Generator) -> Samples:
    """Several hands, milliseconds apart, and the room's answer."""
    band = (float(rng.uniform(700, 1200)), float(rng.uniform(2500, 6000)))
    sound = _burst(sample_rate, rng, band, 0.001, float(rng.uniform(0.02, 0.12)))
    for late in np.cumsum(rng.uniform(0.006, 0.013, 3)):
        place = sound[round(late * sample_rate) :]
        hand = _burst(sample_rate, rng, band, 0.0005, 0.005)
        place[: len(hand)] += hand[: len(place)]
    return sound


def _of(
    low: tuple[float, float], high: tuple[float, float], attack: float, decay: tuple[float, float]
) -> Callable[[int, np.random.Generator], Samples]:
    """A stroke of noise: ranges of its band's edges (hertz), its rise and the range of its fall (seconds)."""

    def stroke(sample_rate: int, rng: np.random.Generator) -> Samples:
        band = (float(rng.uniform(*low)), float(rng.uniform(*high)))
        return _burst(sample_rate, rng, band, attack, float(rng.uniform(*decay)))

    return stroke


STROKES: dict[str, Callable[[int, np.random.Generator], Samples]] = {
    "clap": _clap,
    "snap": _of((1500, 2500), (2600, 4000), 0.0008, (0.006, 0.02)),
    "shaker": _of((4000, 7000), (9000, 15000), 0.03, (0.015, 0.03)),
    "tambourine": _of((5000, 8000), (12000, 16000), 0.003, (0.03, 0.12)),
    "scratch": _of((250, 900), (2500, 5000), 0.002, (0.01, 0.03)),
}
