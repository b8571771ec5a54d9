"""Variants of a one-shot for training: another tuning, room, tape, speaker, coding or cut of the same stroke."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drum_tabber.augmentation import effects

Floats = NDArray[np.float32]
SPEEDS = (0.89, 1.12)  # two semitones either way: further, and a tom would be a floor tom
PACES = (0.75, 1.35)  # how much faster a sound may be made to die away, in frames already heard
_SHORTEST = 0.03  # seconds that a cut leaves


def varied(wave: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
    """A wave (n,) as another producer would have recorded, treated or cut it."""
    changed = effects.varispeed(wave, sample_rate, float(rng.uniform(*SPEEDS))) if rng.random() < 0.8 else wave
    if rng.random() < 0.35:
        room = {"decay": rng.uniform(0.1, 0.9), "predelay": rng.uniform(0.001, 0.02), "level_db": rng.uniform(-22, -4)}
        padded = np.pad(changed, (0, round(0.2 * sample_rate)))
        seed = int(rng.integers(1 << 31))
        changed = effects.apply("room", padded, sample_rate, seed=seed, darkness=float(rng.uniform(0, 0.8)), **room)
    if rng.random() < 0.3:
        changed = effects.apply("saturation", changed, sample_rate, drive_db=float(rng.uniform(0, 15)))
    if rng.random() < 0.12:
        speaker = {"low": rng.uniform(60, 250), "high": rng.uniform(3500, 9000), "drive_db": rng.uniform(0, 8)}
        changed = effects.apply("small_speaker", changed, sample_rate, **speaker)
    if rng.random() < 0.25:
        seed, snr = int(rng.integers(1 << 31)), float(rng.uniform(22, 50))
        hiss = {"darkness": float(rng.uniform(0, 0.95)), "hum_hz": float(rng.choice([0, 0, 50, 60]))}
        changed = effects.apply("noise", changed, sample_rate, seed=seed, snr_db=snr, **hiss)
    if rng.random() < 0.25:
        changed = _cut(changed, sample_rate, rng)
    return np.asarray(changed, np.float32)


def _cut(wave: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
    """The wave ended early with a short fade, as samples are that must save room."""
    attack = int(np.argmax(np.abs(wave)))
    kept = min(len(wave), attack + round(float(rng.uniform(0.08, 0.9)) * sample_rate))
    fade = min(kept, max(1, round(_SHORTEST * sample_rate)))
    return np.concatenate([wave[: kept - fade], wave[kept - fade : kept] * np.linspace(1, 0, fade, dtype=np.float32)])


def _paced(frames: Floats, pace: float) -> Floats:
    """Frames (n, mels) that pass `pace` times as fast; what a slower pace leaves over is cut."""
    places = np.arange(0, len(frames) - 1, pace)[: len(frames)]
    if not len(places):
        return frames
    first = places.astype(int)
    share = (places - first).astype(np.float32)[:, None]
    return frames[first] * (1 - share) + frames[first + 1] * share


def retuned(lows: Floats, rng: np.random.Generator) -> Floats:
    """A stroke's lows (bands,) a band higher or lower or not, unevenly loud."""
    moved = np.roll(lows, int(rng.integers(-1, 2)))
    slope = np.linspace(rng.normal(0, 0.5), rng.normal(0, 0.5), len(lows))
    return np.asarray(np.maximum(moved + slope + rng.normal(0, 0.15, len(lows)), 0), np.float32)


def masked(frames: Floats, rng: np.random.Generator) -> Floats:
    """Frames (n, mels) through another equaliser, level, tuning, damping and noise floor, some bands or moments hidden.

    There are as many as before, but where the sound is made to die away faster or slower (`PACES`).
    """
    mels = frames.shape[1]
    changed = np.roll(frames, int(rng.integers(-1, 2)), axis=1) if rng.random() < 0.3 else frames.copy()
    if rng.random() < 0.4:
        changed = _paced(changed, float(rng.uniform(*PACES)))
    n = len(changed)
    sounding = changed > 0
    knots = rng.normal(0, 0.55, 6)
    changed += np.interp(np.linspace(0, 5, mels), np.arange(6), knots).astype(np.float32) + rng.normal(0, 0.3)
    changed = np.where(sounding, np.maximum(changed, 0), 0)
    if rng.random() < 0.4:
        floor = rng.uniform(0, 3.5) + rng.normal(0, 0.3, (n, mels))
        changed = np.maximum(changed, floor * (rng.random() < 0.9))
    if rng.random() < 0.15:  # a stage's rumble under the stroke
        rumble = np.linspace(rng.uniform(1, 4), 0, int(rng.integers(3, 14)))
        changed[:, : len(rumble)] = np.maximum(changed[:, : len(rumble)], rumble + rng.normal(0, 0.3, (n, len(rumble))))
    if rng.random() < 0.35:
        start = int(rng.integers(mels))
        changed[:, start : start + int(rng.integers(1, 9))] = 0
    if rng.random() < 0.2 and n > 12:
        start = int(rng.integers(6, n))
        changed[start : start + int(rng.integers(1, 8))] = 0
    if rng.random() < 0.1:
        changed[:, int(rng.integers(mels * 3 // 5, mels)) :] = 0
    return changed.astype(np.float32)
