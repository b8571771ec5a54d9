"""What the drums do in each beat, and what of it comes again: the evidence that tempo, meter and bar lines share.

Hits and beats come in; out come `patterns`, how strongly each family of drums plays in each part of each beat, and
their `likeness` to earlier beats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits

Floats = NDArray[np.float64]

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("BD",),
    ("SD", "SS"),
    ("HH", "HO", "HP"),
    ("RD", "RB"),
    ("CC", "SC", "CH"),
    ("HT", "MT", "LT"),
)
PARTS = (0.125, 0.42, 0.58, 0.875)  # of a beat: on it, before its middle, in the middle, after it, on the next one
_FAMILY = {drum: number for number, family in enumerate(FAMILIES) for drum in family}
_LOUD = 100.0  # velocity that counts fully


def patterns(hits: Hits, beat_time: Floats) -> Floats:
    """(beats, 4, 6) how strongly, 0 to 1, each of `FAMILIES` plays in each part of the beats at these times."""
    n_beats = len(beat_time)
    found = np.zeros((n_beats, 4, len(FAMILIES)))
    known = np.array([_FAMILY.get(drum, -1) for drum in hits.drum.tolist()], np.int64)
    if n_beats < 2 or not len(hits):
        return found
    intervals = np.diff(beat_time)
    beat = np.clip(np.searchsorted(beat_time, hits.time, side="right") - 1, 0, n_beats - 2)
    along = (hits.time - beat_time[beat]) / intervals[beat]
    whole = np.floor(along)
    beat, along = beat + whole.astype(np.int64), along - whole
    part = np.searchsorted(PARTS, along, side="right")
    beat, part = beat + part // 4, part % 4
    inside = (beat >= 0) & (beat < n_beats) & (known >= 0)
    strength = np.minimum(1, hits.velocity / _LOUD) * hits.confidence
    np.maximum.at(found, (beat[inside], part[inside], known[inside]), strength[inside])
    return found


def likeness(patterns: Floats, lag: int) -> Floats:
    """(beats,) how like each beat is to that `lag` beats before, 0 to 1 (Dice); nan where there is none or silence."""
    flat = np.sqrt(patterns.reshape(len(patterns), len(PARTS) * len(FAMILIES)))
    alike = np.full(len(flat), np.nan)
    both = np.minimum(flat[lag:], flat[:-lag]).sum(axis=1)
    total = flat[lag:].sum(axis=1) + flat[:-lag].sum(axis=1)
    alike[lag:] = np.where(total > 0, 2 * both / np.where(total > 0, total, 1), np.nan)
    return alike
