"""Desks, masters and media: mono samples (n,) in, the same with their colour out; none moves an attack by 1 ms.

Levels are followed by what has been, never by what is to come: no gain falls before the stroke that causes it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_BLOCK_SECONDS = 0.00036  # over which a level is followed: 16 samples at 44.1 kHz
_SPLITS = (160.0, 2800.0)  # hertz, between the bands of a multiband compressor


def compressed(
    samples: Samples, sample_rate: int, threshold_db: float, ratio: float, attack: float, release: float
) -> Samples:
    """Levels above the threshold, which counts from the loudest peak, are pressed together by `ratio`.

    The level follows peaks at once and falls by 60 dB in `release` seconds; the gain follows it within `attack`.
    """
    from scipy.signal import lfilter

    block = max(1, round(_BLOCK_SECONDS * sample_rate))
    n_blocks = -(-len(samples) // block)
    peaks = np.pad(np.abs(samples), (0, n_blocks * block - len(samples))).reshape(n_blocks, block).max(axis=1)
    fall = np.arange(n_blocks) * (60 * block / (release * sample_rate))
    level = np.maximum.accumulate(20 * np.log10(peaks + 1e-6) + fall) - fall
    excess = np.maximum(0.0, level - (20 * np.log10(peaks.max(initial=1e-6)) + threshold_db))
    kept = np.exp(-block / (attack * sample_rate))
    gain = 10 ** (lfilter([1 - kept], [1, -kept], excess * (1 / ratio - 1)) / 20)
    return samples * _between(gain, block, len(samples))


def _between(gain: NDArray[np.float64], block: int, n: int) -> Samples:
    """Gains (n,) that reach what each block asks for at the end of the block after it."""
    late = np.concatenate([[1.0, 1.0], gain])[: len(gain) + 1].astype(np.float32)
    ramp = np.arange(1, block + 1, dtype=np.float32) / block
    return np.asarray((late[:-1, None] + np.diff(late)[:, None] * ramp).reshape(-1)[:n], np.float32)


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
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < 1e-6:
        return samples
    bus = compressed(samples, sample_rate, threshold_db, ratio, 0.004, release)
    low = _one_pole(bus, sample_rate, _SPLITS[0])
    mid = _one_pole(bus - low, sample_rate, _SPLITS[1])
    bands = zip((low, mid, bus - low - mid), (0.003, 0.001, 0.0005), strict=True)
    pressed = [compressed(band, sample_rate, threshold_db / 2, ratio, attack, release / 2) for band, attack in bands]
    return _ceiling(np.sum(pressed, axis=0), crest_db) * np.float32(peak)


def _ceiling(samples: Samples, crest_db: float) -> Samples:
    """Driven into tanh until peaks stand no more than `crest_db` above the RMS; peak 1."""
    some = samples[:: 1 + len(samples) // 100_000] / np.float32(np.abs(samples).max(initial=1e-9))
    low, high = -20.0, 50.0  # decibels of drive between which the answer lies
    for _ in range(8):
        drive = (low + high) / 2
        bent = np.tanh(some * np.float32(10 ** (drive / 20)))
        crest = 20 * np.log10(np.abs(bent).max() / max(float(np.sqrt(np.mean(bent**2))), 1e-9))
        low, high = (drive, high) if crest > crest_db else (low, drive)
    bent = np.tanh(samples * np.float32(10 ** (drive / 20) / np.abs(samples).max(initial=1e-9)))
    result: Samples = bent / np.abs(bent).max(initial=1e-9)
    return result


def taped(
    samples: Samples, sample_rate: int, seed: int, wow: float, wow_hz: float, drive_db: float, hiss_db: float
) -> Samples:
    """Cassette or reel: pitch wavers as time does by `wow` seconds at most, peaks bend, highs dull, hiss lies below."""
    rng = np.random.default_rng(seed)
    n = len(samples)
    knots = np.arange(0, n + 4096, 4096)
    turn = 2 * np.pi * wow_hz * knots / sample_rate
    drift = np.interp(np.arange(n), knots, wow * sample_rate * np.sin(turn + rng.uniform(0, 2 * np.pi)))
    place = np.clip(np.arange(n) + drift, 0, max(n - 2, 0))
    before = place.astype(np.intp)
    share = (place - before).astype(np.float32)
    wavered = samples[before] * (1 - share) + samples[np.minimum(before + 1, n - 1)] * share
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-9)
    drive = np.float32(10 ** (drive_db / 20) / peak)
    bent = np.tanh(wavered * drive) / drive
    hiss = rng.standard_normal(n, np.float32) * np.float32(peak * 10 ** (hiss_db / 20))
    result: Samples = (bent + np.diff(hiss, prepend=np.float32(0))).astype(np.float32)
    return result


def vinyl(samples: Samples, sample_rate: int, seed: int, clicks: float, noise_db: float) -> Samples:
    """A record: `clicks` a second, far below the loudest peak, rumble and surface noise `noise_db` to it."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(seed)
    n, peak = len(samples), float(np.abs(samples).max(initial=0.0))
    dust = np.zeros(n, np.float32)
    at = rng.integers(n, size=rng.poisson(clicks * n / sample_rate)) if n else np.zeros(0, np.intp)
    dust[at] = np.clip(0.02 * rng.lognormal(0.0, 0.8, len(at)), 0, 0.1) * rng.choice([-1, 1], len(at))
    dust = lfilter([1.0], [1.0, np.float32(-0.6)], dust).astype(np.float32)
    noise = rng.standard_normal(n, np.float32)
    rumble = 12 * _one_pole(_one_pole(noise, sample_rate, 40.0), sample_rate, 40.0)
    return samples + np.float32(peak) * (dust + np.float32(10 ** (noise_db / 20)) * (0.3 * noise + rumble))


def small_speaker(samples: Samples, sample_rate: int, low: float, high: float, drive_db: float) -> Samples:
    """A telephone, a transistor radio, a laptop: nothing below `low` and above `high` hertz, and a strained cone."""
    from scipy.signal import butter, sosfilt

    band = [low, min(high, 0.45 * sample_rate)]
    sos = butter(2, band, "bandpass", fs=sample_rate, output="sos").astype(np.float32)
    narrow = sosfilt(sos, samples).astype(np.float32)
    peak = max(float(np.abs(narrow).max(initial=0.0)), 1e-9)
    drive = np.float32(10 ** (drive_db / 20) / peak)
    result: Samples = np.tanh(narrow * drive) / drive
    return result


def spaced_pair(samples: Samples, sample_rate: int, delay: float, level: float) -> Samples:
    """Two microphones, or two sides, summed: a second copy `delay` seconds late cancels what it meets upside down."""
    late = np.zeros_like(samples)
    shift = round(delay * sample_rate)
    late[shift:] = samples[: len(samples) - shift]
    return samples + np.float32(level) * late


def _one_pole(samples: Samples, sample_rate: int, cutoff: float) -> Samples:
    from scipy.signal import lfilter

    kept = np.float32(np.exp(-2 * np.pi * cutoff / sample_rate))
    return np.asarray(lfilter(np.array([1 - kept]), np.array([1, -kept]), samples), np.float32)
