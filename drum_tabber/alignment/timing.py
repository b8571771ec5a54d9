"""When the strokes of a tab sound, once it is roughly known which bar is played when: the beats' times and habits.

In come the passes of a path (`follow.py`) and what was heard (`Evidence`); out come the seconds of the beats (`Knots`),
by least squares under a tempo that moves smoothly (the random walk of Cemgil, Kappen, Desain & Honing, "On tempo
tracking", 2000, whose Kalman smoother this is), and by how much strokes at each place in the beat are habitually late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.alignment.evidence import Evidence, Signal
from drum_tabber.alignment.follow import Feel, Pass, felt, slot_beats
from drum_tabber.notation.quantize import VELOCITIES
from drum_tabber.tab import Tab

WINDOW = 0.06  # seconds about its slot within which a stroke is snapped
_WINDOWS = (0.12, 0.1, 0.08, WINDOW, WINDOW)  # the same while the beats are still moving
_STROKE_SPREAD = 0.015  # seconds, standard deviation of a stroke about the beats' clock
_TEMPO_SPREAD = 0.004  # seconds, standard deviation of the change from one beat's length to the next
_PATH_SPREAD = 0.05  # seconds, standard deviation of the coarse path's beats
_LEAST_GROOVE = 6  # strokes at a place in the beat before its habit is believed
_HABITS = 48  # places in the beat that have habits
_MOST_HABIT = 0.06  # of a beat: more is another feel
_JOINT = 0.06  # seconds: passes that meet within are one run


@dataclass(frozen=True, eq=False)
class Strokes:
    """The strokes of the passes as columns (n,): the pass, the slot, the knot before it and how far to the next."""

    played: NDArray[np.int64]
    slot: NDArray[np.int64]
    knot: NDArray[np.int64]
    fraction: Signal
    family: NDArray[np.int64]  # -1 for a drum that the listener doesn't know
    drum: NDArray[np.str_]
    velocity: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Knots:
    """The beats of the passes, and the ends of their runs: seconds, quarters to the next, whether a run goes on."""

    time: Signal
    quarters: Signal
    joined: NDArray[np.bool_]  # with the next knot
    first: NDArray[np.int64]  # knot of each pass


def knots_of(tab: Tab, passes: Sequence[Pass]) -> Knots:
    """The beats where the passes say that they are."""
    time: list[float] = []
    quarters: list[float] = []
    joined: list[bool] = []
    first = []
    for index, one in enumerate(passes):
        bar = tab.bars[one.bar]
        beat = 4 / bar.unit
        first.append(len(time))
        for number in range(len(bar.divisions)):
            time.append(one.start + number * beat * one.quarter)
            quarters.append(beat)
            joined.append(True)
        end = one.start + len(bar.divisions) * beat * one.quarter
        follows = index + 1 < len(passes) and abs(passes[index + 1].start - end) < _JOINT
        if not follows:
            time.append(end)
            quarters.append(beat)
            joined.append(False)
    return Knots(np.array(time), np.array(quarters), np.array(joined), np.array(first))


def strokes_of(tab: Tab, bars: Iterable[int], knots: Knots, evidence: Evidence, feel: Feel) -> Strokes:
    """The strokes of these bars (indices), each pass one."""
    rows = []
    for index, bar in enumerate(tab.bars[number] for number in bars):
        beats = felt(slot_beats(bar), feel)
        for one in bar.strokes:
            at = float(beats[one.slot])
            beat = min(int(at), len(bar.divisions) - 1)
            family = evidence.family_of.get(one.drum, -1)
            row = (index, one.slot, knots.first[index] + beat, at - beat, family, one.drum, VELOCITIES[one.dynamic])
            rows.append(row)
    played, slot, knot, fraction, families, drum, velocity = zip(*rows, strict=True) if rows else [()] * 7
    return Strokes(
        np.array(played, np.int64),
        np.array(slot, np.int64),
        np.array(knot, np.int64),
        np.array(fraction, np.float64),
        np.array(families, np.int64),
        np.array(drum, "<U2"),
        np.array(velocity, np.int64),
    )


def at_beats(time: Signal, strokes: Strokes) -> Signal:
    """(n,) seconds of the strokes on the beats' clock, whose knots have these times."""
    before, after = time[strokes.knot], time[strokes.knot + 1]
    return np.asarray(before + strokes.fraction * (after - before))


def settle(knots: Knots, strokes: Strokes, evidence: Evidence) -> tuple[Signal, Signal]:
    """The knots' times (seconds), and the habits of the places in the beat, as `late_by` takes them."""
    time, lag, habit = knots.time, np.zeros(len(strokes.slot)), np.zeros(_HABITS + 1)
    for window in _WINDOWS:
        expected = at_beats(time, strokes) + lag
        heard_at, weight = _nearest(strokes.family, expected, evidence, window)
        weight = weight / (1 + ((heard_at - expected) / (2 * _STROKE_SPREAD)) ** 2)  # strays count less (Cauchy)
        time = _smoothed(time, knots, strokes, heard_at - lag, weight)
        habit = _habit(heard_at - at_beats(time, strokes), weight, time, strokes)
        lag = late_by(habit, time, strokes)
    return time, habit


def _nearest(family: NDArray[np.int64], expected: Signal, evidence: Evidence, window: float) -> tuple[Signal, Signal]:
    """When each stroke was heard, and how well (0: not at all): the best peak of its family within the window."""
    at, weight = expected.copy(), np.zeros(len(expected))
    for number, peaks in enumerate(evidence.peaks):
        mine = np.flatnonzero(family == number)
        first = np.searchsorted(peaks.time, expected[mine] - window)
        count = np.searchsorted(peaks.time, expected[mine] + window) - first
        for offset in range(int(count.max(initial=0))):
            some = mine[count > offset]
            peak = first[count > offset] + offset
            distance = peaks.time[peak] - expected[some]
            height = peaks.heard[peak] * np.exp(-0.5 * (distance / (0.5 * window)) ** 2)
            better = height > weight[some]
            weight[some[better]] = height[better]
            at[some[better]] = peaks.time[peak[better]]
    return at, weight


def _smoothed(time: Signal, knots: Knots, strokes: Strokes, heard_at: Signal, weight: Signal) -> Signal:
    """The beats' times that fit the strokes heard, the coarse path and a smooth tempo best: weighted least squares.

    The normal equations have five bands. Tempo changes that stick out are believed (Cauchy weights, too).
    """
    from scipy.linalg import solveh_banded

    n = len(time)
    bands, right = np.zeros((3, n)), np.zeros(n)
    bands[2] += _PATH_SPREAD**-2
    right += knots.time * _PATH_SPREAD**-2
    precision = weight * _STROKE_SPREAD**-2
    near, far = 1 - strokes.fraction, strokes.fraction
    np.add.at(bands[2], strokes.knot, precision * near**2)
    np.add.at(bands[2], strokes.knot + 1, precision * far**2)
    np.add.at(bands[1], strokes.knot + 1, precision * near * far)
    np.add.at(right, strokes.knot, precision * near * heard_at)
    np.add.at(right, strokes.knot + 1, precision * far * heard_at)
    middle = np.flatnonzero(knots.joined[:-1] & knots.joined[1:]) + 1
    middle = middle[middle + 1 < n]
    before, after = 1 / knots.quarters[middle - 1], 1 / knots.quarters[middle]
    change = after * (time[middle + 1] - time[middle]) - before * (time[middle] - time[middle - 1])
    stiff = _TEMPO_SPREAD**-2 / (1 + (change / (3 * _TEMPO_SPREAD)) ** 2)
    terms = ((middle - 1, before), (middle, -before - after), (middle + 1, after))
    for i, (column, one) in enumerate(terms):
        for j, (_, other) in enumerate(terms[: i + 1]):
            np.add.at(bands[2 - (i - j)], column, stiff * one * other)
    return np.asarray(solveh_banded(bands, right))


def _habit(late: Signal, weight: Signal, time: Signal, strokes: Strokes) -> Signal:
    """(_HABITS + 1,) shares of a beat by which strokes at each place in it are habitually later than those on it."""
    share = late / (time[strokes.knot + 1] - time[strokes.knot])
    place = np.rint(strokes.fraction * _HABITS).astype(int)
    habit = np.zeros(_HABITS + 1)
    for one in np.unique(place):
        mine = (place == one) & (weight > 0.1)
        if mine.sum() >= _LEAST_GROOVE:
            habit[one] = np.median(share[mine])
    return np.clip(np.where(habit != 0, habit - habit[0], 0.0), -_MOST_HABIT, _MOST_HABIT)


def late_by(habit: Signal, time: Signal, strokes: Strokes) -> Signal:
    """(n,) seconds by which each stroke comes after its place, by its habit."""
    length = time[strokes.knot + 1] - time[strokes.knot]
    return np.asarray(habit[np.rint(strokes.fraction * _HABITS).astype(int)] * length)
