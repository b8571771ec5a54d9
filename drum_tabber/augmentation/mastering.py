"""Desks, masters and media: mono samples (n,) in, the same with their colour out; none moves an attack by 1 ms.

Levels are followed by what has been, never by what is to come: no gain falls before the stroke that causes it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drum_tabber.sound.filtering import filtered, low_pass, peak_of, rms

Samples = NDArray[np.float32]

_BLOCK_SECONDS = 0.00036  # over which a level is followed: 16 samples at 44.1 kHz
_SPLITS = (160.0, 2800.0)  # hertz, between the bands of a multiband compressor
_KNOT = 4096  # samples between which a tape's speed changes evenly


def compressed(
    samples: Samples, sample_rate: int, threshold_db: float, ratio: float, attack: float, release: float
) -> Samples:
    """Levels above the threshold, which counts from the loudest peak, are pressed together by `ratio`.

    The level follows peaks at once and falls by 60 dB in `release` seconds; the gain follows it within `attack`.
    """
    from scipy.signal import lfilter

    block = max(1, round(_BLOCK_SECONDS * sample_rate))
    n_blocks = -(-len(samples) // block)
    peaks = _peaks(samples, block, n_blocks)
    fall = np.arange(n_blocks) * (60 * block / (release * sample_rate))
    level = np.maximum.accumulate(20 * np.log10(peaks + 1e-6) + fall) - fall
    excess = np.maximum(0.0, level - (20 * np.log10(peaks.max(initial=1e-6)) + threshold_db))
    kept = np.exp(-block / (attack * sample_rate))
    gain = 10 ** (lfilter([1 - kept], [1, -kept], excess * (1 / ratio - 1)) / 20)
    gains = _between(gain, block, len(samples))
    gains *= samples
    return gains


def _peaks(samples: Samples, block: int, n_blocks: int) -> Samples:
    """The greatest amplitude in each block (n_blocks,)."""
    heights = np.zeros(n_blocks * block, np.float32)
    np.abs(samples, out=heights[: len(samples)])
    while not block % 2:  # neighbours against each other: far faster than a maximum over few columns
        heights, block = np.maximum(heights[::2], heights[1::2]), block // 2
    return np.asarray(heights.reshape(n_blocks, block).max(axis=1), np.float32)


def _between(gain: NDArray[np.float64], block: int, n: int) -> Samples:
    """Gains (n,) that reach what each block asks for at the end of the block after it."""
    late = np.concatenate([[1.0, 1.0], gain])[: len(gain) + 1].astype(np.float32)
    ramp = np.arange(1, block + 1, dtype=np.float32) / np.float32(block)
    gains: Samples = np.diff(late)[:, None] * ramp
    gains += late[:-1, None]
    return gains.reshape(-1)[:n]


def mastered(
    samples: Samples,
    sample_rate: int,
    threshold_db: float,
    ratio: float,
    release: float,
    crest_db: float,
) -> Samples:
    """A loud master: the bus pumps, three bands are pressed apart, and the rest is driven into a soft ceiling.

    `crest_db` is how far peaks shall stand above the RMS at the end; the loudest peak keeps its level.
    """
    peak = peak_of(samples)
    if peak < 1e-6:
        return samples
    bus = compressed(samples, sample_rate, threshold_db, ratio, 0.004, release)
    low = filtered(bus, low_pass(_SPLITS[0], sample_rate))
    bus -= low
    mid = filtered(bus, low_pass(_SPLITS[1], sample_rate))
    bus -= mid
    pressed = np.zeros_like(bus)
    for band, attack in zip((low, mid, bus), (0.003, 0.001, 0.0005), strict=True):
        pressed += compressed(band, sample_rate, threshold_db / 2, ratio, attack, release / 2)
    return _ceiling(pressed, crest_db) * np.float32(peak)


def _ceiling(samples: Samples, crest_db: float) -> Samples:
    """Driven into tanh until peaks stand no more than `crest_db` above the RMS; peak 1."""
    peak = max(peak_of(samples), 1e-9)
    some = samples[:: 1 + len(samples) // 100_000] / np.float32(peak)
    low, high = -20.0, 50.0  # decibels of drive between which the answer lies
    for _ in range(8):
        drive = (low + high) / 2
        bent = np.tanh(some * np.float32(10 ** (drive / 20)))
        crest = 20 * np.log10(peak_of(bent) / max(rms(bent), 1e-9))
        low, high = (drive, high) if crest > crest_db else (low, drive)
    driven = samples * np.float32(10 ** (drive / 20) / peak)
    np.tanh(driven, out=driven)
    driven /= np.float32(max(peak_of(driven), 1e-9))
    return driven


def taped(
    samples: Samples, sample_rate: int, seed: int, wow: float, wow_hz: float, drive_db: float, hiss_db: float
) -> Samples:
    """Cassette or reel: pitch wavers as time does by `wow` seconds at most, peaks bend, highs dull, hiss lies below."""
    rng = np.random.default_rng(seed)
    n = len(samples)
    knots = np.arange(n // _KNOT + 2) * _KNOT
    turn = 2 * np.pi * wow_hz * knots / sample_rate
    late = (wow * sample_rate * np.sin(turn + rng.uniform(0, 2 * np.pi))).astype(np.float32)
    drift = np.diff(late)[:, None] * (np.arange(_KNOT, dtype=np.float32) / np.float32(_KNOT)) + late[:-1, None]
    bent = _shifted(samples, drift.reshape(-1)[:n])
    peak = max(peak_of(samples), 1e-9)
    drive = np.float32(10 ** (drive_db / 20) / peak)
    bent *= drive
    np.tanh(bent, out=bent)
    bent /= drive
    hiss = rng.standard_normal(n, np.float32) * np.float32(peak * 10 ** (hiss_db / 20))
    bent += hiss
    bent[1:] -= hiss[:-1]
    return bent


def _shifted(samples: Samples, drift: Samples) -> Samples:
    """Samples (n,) from places so much further on (n,), between their neighbours; the ends are held."""
    whole = np.floor(drift)
    share = drift - whole
    before = np.clip(np.arange(len(samples), dtype=np.int32) + whole.astype(np.int32), 0, max(len(samples) - 2, 0))
    left = samples[before]
    right = samples[np.minimum(before + 1, len(samples) - 1)]
    right -= left
    right *= share
    left += right
    return left


def vinyl(samples: Samples, sample_rate: int, seed: int, clicks: float, noise_db: float) -> Samples:
    """A record: `clicks` a second, far below the loudest peak, rumble and surface noise `noise_db` to it."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(seed)
    n, peak = len(samples), peak_of(samples)
    dust = np.zeros(n, np.float32)
    at = rng.integers(n, size=rng.poisson(clicks * n / sample_rate)) if n else np.zeros(0, np.intp)
    dust[at] = np.clip(0.02 * rng.lognormal(0.0, 0.8, len(at)), 0, 0.1) * rng.choice([-1, 1], len(at))
    dust = lfilter([1.0], [1.0, np.float32(-0.6)], dust).astype(np.float32)
    noise = rng.standard_normal(n, np.float32)
    deep = low_pass(40.0, sample_rate)
    rumble = filtered(filtered(12 * noise, deep), deep)
    return samples + np.float32(peak) * (dust + np.float32(10 ** (noise_db / 20)) * (0.3 * noise + rumble))


def small_speaker(samples: Samples, sample_rate: int, low: float, high: float, drive_db: float) -> Samples:
    """A telephone, a transistor radio, a laptop: nothing below `low` and above `high` hertz, and a strained cone."""
    from scipy.signal import butter, sosfilt

    band = [low, min(high, 0.45 * sample_rate)]
    sos = butter(2, band, "bandpass", fs=sample_rate, output="sos").astype(np.float32)
    narrow = sosfilt(sos, samples).astype(np.float32)
    drive = np.float32(10 ** (drive_db / 20) / max(peak_of(narrow), 1e-9))
    narrow *= drive
    bent: Samples = np.tanh(narrow, out=narrow)
    bent /= drive
    return bent


def spaced_pair(samples: Samples, sample_rate: int, delay: float, level: float) -> Samples:
    """Two microphones, or two sides, summed: a second copy `delay` seconds late cancels what it meets upside down."""
    late = np.zeros_like(samples)
    shift = round(delay * sample_rate)
    late[shift:] = samples[: len(samples) - shift]
    return samples + np.float32(level) * late
