"""Free passages: where there are no beats to count, as in an intro out of time or a solo, and how they are written.

Beats that were tracked come in, with what was heard on them. A tracker finds beats anywhere; where there are none, its
tempo wanders from beat to beat more than any player's, and the activation is weak. Such stretches go out as `Spans` of
`BEATS`. On paper they are bars of even beats at the pace of the music about them, so that what is played keeps its
time, and a bar line stands where the beats set in again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import BEATS, Beats, Hits, Spans

Floats = NDArray[np.float64]

DEFAULT_PACE = 0.5  # seconds a beat where nothing is in time
METER = 4  # beats of a bar in a free passage
_EDGE = 2  # beats before a passage, or after it, with which a song neither begins nor ends
_REACH = 4  # beats on either side by which unsteadiness is judged
_UNSTEADY = 0.075  # share by which the tempo changes from beat to beat, the median of the beats about one
_WEAK = 0.38  # mean activation on such beats up to which they are none
_AFTER = 0.01  # seconds by which the last hit lies within
_FEWEST, _SHORTEST = 6, 4.0  # beats and seconds of a passage
_BETWEEN = 12  # beats between two passages, fewer of which belong to them: nobody counts in so soon and out again


def passages(time: Floats, heard: Floats, hits: Hits) -> Spans:
    """The free passages among beats at these times, of which the activations (beats,) were `heard`; one that begins or
    ends the song holds its first or last hit."""
    if len(time) <= _FEWEST or not len(hits):
        return Spans()
    unsteady = np.median(_about(_changes(time)), axis=1) > _UNSTEADY
    free = unsteady & (_about(heard).mean(axis=1) < _WEAK)
    found: list[tuple[int, int]] = []
    for first, last in runs(free):
        start, end = _span(time, hits, first, last)
        if last - first < _FEWEST or end - start < _SHORTEST:
            continue
        if found and first - found[-1][1] < _BETWEEN:
            first = found.pop()[0]
        found.append((first, last))
    spans = [_span(time, hits, *each) for each in found]
    return Spans.of([start for start, _ in spans], [end for _, end in spans], BEATS) if spans else Spans()


def _span(time: Floats, hits: Hits, first: int, last: int) -> tuple[float, float]:
    """When the passage from a beat to another begins and ends."""
    start = float(min(hits.time[0], time[0]) if first <= _EDGE else time[first])
    return start, float(max(hits.time[-1], time[-1]) + _AFTER if last >= len(time) - _EDGE else time[last])


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where runs of true begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _changes(time: Floats) -> Floats:
    """(beats,) the greater change of the interval from each beat, over the one before or the one before that, as a
    share; beats that were divided evenly have equal intervals by twos."""
    interval = np.log(np.maximum(np.diff(time), 1e-3))
    steps = [np.abs(interval[lag:] - interval[:-lag]) for lag in (1, 2)]
    padded = [np.concatenate([np.full(len(time) - len(step), step[0]), step]) for step in steps]
    return np.asarray(np.maximum(*padded), np.float64)


def _about(values: Floats) -> Floats:
    """(values, 2 * _REACH + 1) those up to `_REACH` away from each; beyond the ends the first and the last."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, _REACH, mode="edge"), 2 * _REACH + 1)


def within(time: Floats, free: Spans) -> NDArray[np.bool_]:
    """Which times lie in a free passage."""
    return np.any((time[:, None] >= free.start) & (time[:, None] < free.end), axis=1)


def set_in(beats: Beats, free: Spans) -> tuple[Beats, Spans]:
    """Beats and passages, those longer by a beat that stands alone between their end and the first bar line."""
    alone, ends = np.zeros(len(beats), bool), free.end.copy()
    for number, end in enumerate(free.end.tolist()):
        first = int(np.searchsorted(beats.time, end - 1e-6))
        if beats.place[first : first + 2].tolist()[1:] == [1] and beats.place[first] != 1:
            alone[first], ends[number] = True, beats.time[first + 1]
    return Beats(beats.time[~alone], beats.place[~alone]), Spans(free.start, ends, free.what)


def filled(beats: Beats, free: Spans) -> Beats:
    """The beats with even ones in the free passages: whole bars and a rest of one, at the pace of the music."""
    if not len(free):
        return beats
    interval = np.diff(beats.time)
    pace = float(np.median(interval)) if len(interval) else DEFAULT_PACE
    time, place = [beats.time], [beats.place]
    for start, end in zip(free.start.tolist(), free.end.tolist(), strict=True):
        n_beats = max(1, round((end - start) / pace))
        time.append(np.linspace(start, end, n_beats, endpoint=False))
        place.append(np.arange(n_beats) % METER + 1)
    times = np.concatenate(time)
    order = np.argsort(times, kind="stable")
    return Beats(times[order], _restarted(np.concatenate(place)[order], times[order], free))


def _restarted(place: NDArray[np.int64], time: Floats, free: Spans) -> NDArray[np.int64]:
    """Places with a bar line where each passage ends: the beats up to the next one there make a bar of their own."""
    place = place.copy()
    for end in free.end.tolist():
        first = int(np.searchsorted(time, end - 1e-6))
        ones = np.flatnonzero(place[first:] == 1)
        n_short = int(ones[0]) if len(ones) else len(place) - first
        place[first : first + n_short] = np.arange(1, n_short + 1)
    return place
