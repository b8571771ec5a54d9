"""A song keeps one pulse: stretches that were counted at another level, or half a beat off, are found and mended.

Beats that were tracked come in, at increasing times. Where a song goes from strokes on the beat to strokes between, as
when the snare falls on every second eighth, a tracker counts on with the strokes: at twice the tempo, at half of it, or
from the middle of one beat to the middle of the next. `levelled` brings stretches at an exact multiple of the tempo
back to it; `find_slips` finds where the count moved by half a beat, and what it would have been without that; `bridged`
counts on where a steady beat was lost and found again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter import free, phases

Floats = NDArray[np.float64]

_PARTS = (2, 3)  # beats that one beat may be taken for, or that may be taken for one

_LEVELS = 0.3  # log ratio of intervals between which the level isn't the same
_SAME = 0.08  # log ratio up to which tempi, or their multiples, are the same
_EVEN = 0.05  # log ratio of a beat to those about it up to which it is part of a run
_ABOUT = 16  # beats on either side whose median is the pace at one
_RUN = 6  # intervals of a run, at least
_COUNTED_OVER = 6.0  # beats between runs over which a count is kept
_OFF = 0.3  # of a beat from where a run would go on, from which it is another count
_ON = 0.2  # and up to which it is the same
_LOST = 0.15  # log ratio of intervals between which a stretch is no longer steady
_STEADY = 8  # intervals of a steady stretch, at least
_WIDEST = 16  # beats of a gap that is bridged
_MISSED = 0.12  # beats by which a count over a gap may miss,
_DRIFT = 0.02  # by how much more for each of the gap,
_MOST_MISSED = 0.3  # and at most
_TOLERATED = 1.0  # nats by which the strokes may speak for the beats as they were


def divided(time: Floats, parts: int) -> Floats:
    """Times with `parts` - 1 more spread evenly between any two."""
    return np.interp(np.arange((len(time) - 1) * parts + 1) / parts, np.arange(len(time)), time)


# ------------------------------------------------------------------------------------------------------------- levels


def levelled(time: Floats) -> Floats:
    """Beats whose stretches at twice, thrice, half or a third of the tempo that most of the song has are brought to it.

    Which of a fast stretch's beats remain is told by the nearest stretch at that tempo: the beat they share stays.
    """
    if len(time) < 2:
        return time
    edges, paces = _stretches(time, _LEVELS)
    stretches = [time[first : last + 1] for first, last in pairwise(edges)]
    seconds = np.diff(time[edges])
    usual = _most(paces, seconds, _SAME)
    pace = float(np.average(paces[usual], weights=seconds[usual]))
    places = np.flatnonzero(usual)
    found = []
    for number, stretch in enumerate(stretches):
        nearest = int(places[np.argmin(np.abs(places - number))])
        found.append(_at_pace(stretch, float(paces[number]) - pace, backwards=nearest > number))
    return np.unique(np.concatenate(found))


def _stretches(time: Floats, jump: float) -> tuple[list[int], Floats]:
    """Beats with which stretches begin and the last one ends, parted where the interval changes by more than a log
    ratio of `jump`; and the log of the median interval of each."""
    changes = np.abs(np.diff(np.log(np.diff(time))))
    edges = [0, *(np.flatnonzero(changes > jump) + 1).tolist(), len(time) - 1]
    return edges, np.log([np.median(np.diff(time[first : last + 1])) for first, last in pairwise(edges)])


def _most(paces: Floats, seconds: Floats, same: float) -> NDArray[np.bool_]:
    """Which stretches have the pace that lasts longest, all that are the same within a log ratio together."""
    alike = np.abs(paces[:, None] - paces) < same
    return np.asarray(alike[np.argmax(alike @ seconds)], np.bool_)


def _at_pace(stretch: Floats, over: float, backwards: bool) -> Floats:
    """A stretch whose intervals exceed the song's by a factor of log `over`, at the song's pace where it can be."""
    for parts in _PARTS:
        if abs(over - np.log(parts)) < _SAME:
            return divided(stretch, parts)
        if abs(over + np.log(parts)) < _SAME:
            return stretch[::-parts][::-1] if backwards else stretch[::parts]
    return stretch


# -------------------------------------------------------------------------------------------------------------- slips


@dataclass(frozen=True, eq=False)
class Slips:
    """Beats `first` to `last` among which the count slips `n` times by half a beat, and the `counts` without slips:
    as it begins, and half a beat off."""

    first: int
    last: int
    n: int
    counts: tuple[Floats, Floats]

    def mended(self, time: Floats, count: Floats) -> Floats:
        """All beats, of which these were taken from, with one of the counts in their place."""
        return np.concatenate([time[: self.first], count, time[self.last + 1 :]])


@dataclass(frozen=True)
class _Run:
    """Even beats `first` to `last`, `interval` seconds apart; `off` by half a beat from the first run it goes with."""

    first: int
    last: int
    interval: float
    off: bool = False


def find_slips(time: Floats) -> list[Slips]:
    """Where the count slips by half a beat, in the order of the song; runs that no count joins are left as they are."""
    found = []
    for runs in _joined(time):
        n = sum(one.off != other.off for one, other in pairwise(runs))
        if n:
            counts = _counted(time, runs, off=False), _counted(time, runs, off=True)
            found.append(Slips(runs[0].first, runs[-1].last, n, counts))
    return found


def _joined(time: Floats) -> list[list[_Run]]:
    """Runs of even beats, those together that one count could join."""
    found: list[list[_Run]] = []
    for run in _runs(time):
        before = found[-1][-1] if found else None
        if before is None or abs(np.log(run.interval / before.interval)) > _SAME:
            found.append([run])
            continue
        gap = float(time[run.first] - time[before.last]) / float(np.sqrt(run.interval * before.interval))
        away = abs(gap - round(gap))
        if gap > _COUNTED_OVER or _ON < away < _OFF:
            found.append([run])
        else:
            found[-1].append(_Run(run.first, run.last, run.interval, before.off != (away >= _OFF)))
    return found


def _runs(time: Floats) -> list[_Run]:
    """The runs of even beats."""
    interval = np.diff(time)
    if not len(interval):
        return []
    about = np.lib.stride_tricks.sliding_window_view(np.pad(interval, _ABOUT, mode="edge"), 2 * _ABOUT + 1)
    even = np.abs(np.log(interval / np.median(about, axis=1))) < _EVEN
    return [
        _Run(first, last, float(np.median(interval[first:last])))
        for first, last in free.runs(even)
        if last - first >= _RUN
    ]


def _counted(time: Floats, runs: list[_Run], off: bool) -> Floats:
    """The beats of runs in one count, the first's or half a beat `off`, and even ones between the runs."""
    found: list[Floats] = []
    for run in runs:
        beats = time[run.first : run.last + 1]
        if run.off != off:
            beats = (beats[1:] + beats[:-1]) / 2
        if found:
            n = round(float(beats[0] - found[-1][-1]) / run.interval)
            found.append(np.linspace(found[-1][-1], beats[0], max(n, 1) + 1)[1:-1])
            beats = beats[1:] if n < 1 else beats
        found.append(beats)
    return np.concatenate(found)


# ------------------------------------------------------------------------------------------------------------ bridges


def bridged(time: Floats, hits: Hits) -> Floats:
    """Beats that go on at the song's tempo over gaps of some bars between steady stretches, wherever what is struck
    there falls on that count no worse than on the beats as they were tracked."""
    for first, last, count in reversed(_bridges(time)):
        before = max(first - 1, 0)
        after = min(last + 2, len(time))
        tracked = time[before:after]
        instead = np.concatenate([time[before:first], count, time[last + 1 : after]])
        if phases.said(instead, hits).sum() > phases.said(tracked, hits).sum() - _TOLERATED:
            time = np.concatenate([time[:first], count, time[last + 1 :]])
    return time


def _bridges(time: Floats) -> list[tuple[int, int, Floats]]:
    """Between which beats the song's tempo is lost, and even beats from the one to the other at that tempo."""
    if len(time) <= _STEADY:
        return []
    edges, paces = _stretches(time, _LOST)
    usual = _most(paces, np.diff(time[edges]), _EVEN)
    steady = [ends for ends, kept in zip(pairwise(edges), usual, strict=True) if kept and ends[1] - ends[0] >= _STEADY]
    found = []
    for (start, before), (after, end) in pairwise(steady):
        pace = (time[before] - time[start] + time[end] - time[after]) / (before - start + end - after)
        gap = (time[after] - time[before]) / pace
        n = max(1, round(gap))
        if n <= _WIDEST and abs(gap - n) < min(_MISSED + _DRIFT * n, _MOST_MISSED):
            found.append((before, after, np.linspace(time[before], time[after], n + 1)))
    return found
