"""What the drums do in each beat, and what of it comes again: the evidence that tempo, meter and bar lines share.

Hits and beats come in; out come `patterns`, how strongly each family of drums plays in each part of each beat, their
`likeness` to earlier beats, and `folded` values: the mean over the beats that lie whole bars away on either side.
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
_NEAR = 0.04  # of a beat: half of what a third lies from a quarter
_THIRDS = 0.3  # share of the beats of a song in threes whose second third is played
_QUARTERS = 0.3  # beats with a stroke on a quarter or three, at most, for each of those
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


def in_threes(hits: Hits, beat_time: Floats) -> bool:
    """Whether beats have three parts, all of them played, as in 6/8 and 12/8; where the second is left out, they swing.

    Beats with a stroke on their second third are compared with all that are played and with those with one on a quarter
    or on three.
    """
    if len(beat_time) < 2 or not len(hits):
        return False
    beat = np.clip(np.searchsorted(beat_time, hits.time, side="right") - 1, 0, len(beat_time) - 2)
    along = (hits.time - beat_time[beat]) / np.diff(beat_time)[beat]
    thirds = np.unique(beat[np.abs(along - 1 / 3) < _NEAR])
    quarters = np.unique(beat[np.abs(np.abs(along - 0.5) - 0.25) < _NEAR])
    return len(thirds) >= _THIRDS * len(np.unique(beat)) and len(quarters) <= _QUARTERS * len(thirds)


def likeness(patterns: Floats, lag: int) -> Floats:
    """(beats,) how like each beat is to that `lag` beats before, 0 to 1 (Dice); nan where there is none or silence."""
    flat = np.sqrt(patterns.reshape(len(patterns), -1))
    alike = np.full(len(flat), np.nan)
    both = np.minimum(flat[lag:], flat[:-lag]).sum(axis=1)
    total = flat[lag:].sum(axis=1) + flat[:-lag].sum(axis=1)
    alike[lag:] = np.where(total > 0, 2 * both / np.where(total > 0, total, 1), np.nan)
    return alike


def folded(values: Floats, period: int, before: int, after: int) -> Floats:
    """The mean of values (beats, ...) over those up to so many periods `before` and `after` each; nan is left out, and
    0 stands where there is none. With -1 `before` the value itself is left out."""
    n = len(values)
    n_rows = -(-n // period)
    padding = [(0, n_rows * period - n)] + [(0, 0)] * (values.ndim - 1)
    rows = np.pad(values, padding, constant_values=np.nan).reshape(n_rows, period, *values.shape[1:])
    known = ~np.isnan(rows)
    sums, counts = (
        np.cumsum(np.pad(part, [(1, 0)] + [(0, 0)] * (rows.ndim - 1)), axis=0)
        for part in (np.where(known, rows, 0), known.astype(np.float64))
    )
    first = np.clip(np.arange(n_rows) - before, 0, n_rows)
    last = np.minimum(np.arange(n_rows) + after + 1, n_rows)
    number = counts[last] - counts[first]
    mean = np.where(number > 0, (sums[last] - sums[first]) / np.maximum(number, 1), 0)
    return mean.reshape(n_rows * period, *values.shape[1:])[:n]
