"""A tab laid over a song: `Tab` and `Evidence` in, `TimedTab` out, a time and a confidence for every stroke.

`follow` finds which bar is played when; here the beats get their times, by least squares under a tempo that moves
smoothly (the random walk of Cemgil, Kappen, Desain & Honing, "On tempo tracking", 2000, whose Kalman smoother this is),
every place in the beat gets its habitual lead or lag, and each stroke is snapped to the peak that was heard of it. A
stroke that wasn't heard stands where the others of its slot say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import AlignmentRefused
from drum_tabber.events import Hits
from drum_tabber.evidence import HEARD, Evidence, Signal, closeness
from drum_tabber.follow import FEELS, Feel, Pass, felt, follow, slot_beats
from drum_tabber.quantize import VELOCITIES
from drum_tabber.tab import Bar, Tab

WINDOW = 0.06  # seconds about its slot within which a stroke is snapped
_WINDOWS = (0.12, 0.1, 0.08, WINDOW, WINDOW)  # the same while the beats are still moving
_STROKE_SPREAD = 0.015  # seconds, standard deviation of a stroke about the beats' clock
_TEMPO_SPREAD = 0.004  # seconds, standard deviation of the change from one beat's length to the next
_PATH_SPREAD = 0.05  # seconds, standard deviation of the coarse path's beats
_LEAST_GROOVE = 6  # strokes at a place in the beat before its habit is believed
_JOINT = 0.06  # seconds: passes that meet within are one run


@dataclass(frozen=True)
class PlayedBar:
    """A bar as it is played: its number in the tab (from 1), seconds of its beats and of its end, 0 to 1 how well it
    agrees with what was heard."""

    number: int
    beat_time: tuple[float, ...]
    agreement: float = 0.0

    @property
    def start(self) -> float:
        """Seconds."""
        return self.beat_time[0]

    @property
    def end(self) -> float:
        """Seconds."""
        return self.beat_time[-1]


@dataclass(frozen=True, eq=False)
class TimedTab:
    """A tab with its times: the bars in the order in which they are played, and the strokes, one a stroke of each.

    `hits` (n,) are in order of time, `bar` (n,) is each one's number in the tab from 1, `slot` (n,) from 0, `offset`
    (n,) the seconds by which it comes after its slot on the beats' clock. `feel` says how the slots divide a beat.
    """

    tab: Tab
    bars: tuple[PlayedBar, ...]
    hits: Hits
    bar: NDArray[np.int64]
    slot: NDArray[np.int64]
    offset: Signal
    feel: str = "straight"


@dataclass(frozen=True, eq=False)
class _Strokes:
    """The strokes of the passes as columns (n,): the pass, the slot, the knot before it and how far to the next."""

    played: NDArray[np.int64]
    slot: NDArray[np.int64]
    knot: NDArray[np.int64]
    fraction: Signal
    family: NDArray[np.int64]  # -1 for a drum that the listener doesn't know
    drum: NDArray[np.str_]
    velocity: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Knots:
    """The beats of the passes, and the ends of their runs: seconds, quarters to the next, whether a run goes on."""

    time: Signal
    quarters: Signal
    joined: NDArray[np.bool_]  # with the next knot
    first: NDArray[np.int64]  # knot of each pass


def lay(tab: Tab, evidence: Evidence, passes: Sequence[Pass], feel: str) -> TimedTab:
    """The tab's strokes at the times at which these passes play them."""
    knots = _knots(tab, passes)
    strokes = _strokes(tab, passes, knots, evidence, FEELS[feel])
    time, lag = _settle(knots, strokes, evidence)
    grid = _at(time, strokes)
    expected = grid + lag
    matched = match(strokes.family, _slot_keys(strokes), expected, evidence)
    exact, confidence = _snapped(strokes, expected, matched, evidence)
    ends = np.append(knots.first[1:], len(time))
    bars = []
    for index, one in enumerate(passes):
        n_beats = len(tab.bars[one.bar].divisions)
        bars.append(PlayedBar(one.bar + 1, tuple(time[knots.first[index] : knots.first[index] + n_beats + 1].tolist())))
    agreement = _agreement(bars, strokes.played, confidence * (matched >= 0), evidence)
    bars = [replace(bar, agreement=float(value)) for bar, value in zip(bars, agreement, strict=True)]
    order = np.lexsort((strokes.drum, exact))
    number = np.array([one.bar + 1 for one in passes])[strokes.played]
    hits = Hits(exact[order], strokes.drum[order], strokes.velocity[order], confidence[order])
    return TimedTab(tab, tuple(bars), hits, number[order], strokes.slot[order], (exact - grid)[order], feel)


def _knots(tab: Tab, passes: Sequence[Pass]) -> _Knots:
    time: list[float] = []
    quarters: list[float] = []
    joined: list[bool] = []
    first = []
    for index, one in enumerate(passes):
        bar = tab.bars[one.bar]
        beat = 4 / bar.unit
        if joined and not joined[-1]:
            pass
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
    return _Knots(np.array(time), np.array(quarters), np.array(joined), np.array(first))


def _strokes(tab: Tab, passes: Sequence[Pass], knots: _Knots, evidence: Evidence, feel: Feel) -> _Strokes:
    rows = []
    for index, one in enumerate(passes):
        bar = tab.bars[one.bar]
        beats = felt(slot_beats(bar), feel)
        for stroke in bar.strokes:
            beat = min(int(beats[stroke.slot]), len(bar.divisions) - 1)
            fraction = float(beats[stroke.slot]) - beat
            family = evidence.family_of.get(stroke.drum, -1)
            velocity = VELOCITIES[stroke.dynamic]
            rows.append((index, stroke.slot, knots.first[index] + beat, fraction, family, stroke.drum, velocity))
    columns = zip(*rows, strict=True)
    types = (np.int64, np.int64, np.int64, np.float64, np.int64, "<U2", np.int64)
    return _Strokes(*(np.array(column, kind) for column, kind in zip(columns, types, strict=True)))


def _slot_keys(strokes: _Strokes) -> NDArray[np.int64]:
    """(n,) a number for each slot of each pass, so that strokes of a slot are known to be together."""
    keys = np.stack([strokes.played, strokes.slot], axis=1)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def _at(time: Signal, strokes: _Strokes) -> Signal:
    before, after = time[strokes.knot], time[strokes.knot + 1]
    return np.asarray(before + strokes.fraction * (after - before))


def _settle(knots: _Knots, strokes: _Strokes, evidence: Evidence) -> tuple[Signal, Signal]:
    """The beats' times, and by how much each stroke comes after them by the habit of its place."""
    time, lag = knots.time, np.zeros(len(strokes.slot))
    for window in _WINDOWS:
        expected = _at(time, strokes) + lag
        heard_at, weight = _nearest(strokes.family, expected, evidence, window)
        weight = weight / (1 + ((heard_at - expected) / (2 * _STROKE_SPREAD)) ** 2)  # strays count less (Cauchy)
        time = _smoothed(time, knots, strokes, heard_at - lag, weight)
        lag = _habit(heard_at - _at(time, strokes), weight, time, strokes)
    return time, lag


def _nearest(
    family: NDArray[np.int64], expected: Signal, evidence: Evidence, window: float
) -> tuple[Signal, Signal]:
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


def _smoothed(
    time: Signal, knots: _Knots, strokes: _Strokes, heard_at: Signal, weight: Signal
) -> Signal:
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


def _habit(late: Signal, weight: Signal, time: Signal, strokes: _Strokes) -> Signal:
    """(n,) seconds by which strokes at each place in the beat are habitually late, over those on the beat."""
    length = time[strokes.knot + 1] - time[strokes.knot]
    share = late / length
    place = np.rint(strokes.fraction * 48).astype(int)
    habits = np.zeros(49)
    for one in np.unique(place):
        mine = (place == one) & (weight > 0.1)
        if mine.sum() >= _LEAST_GROOVE:
            habits[one] = np.median(share[mine])
    return np.asarray((habits - habits[0])[place] * (habits[place] != 0) * length)


def match(
    family: NDArray[np.int64], together: NDArray[np.int64], expected: Signal, evidence: Evidence, window: float = WINDOW
) -> NDArray[np.int64]:
    """(n,) the peak of its family that each stroke is, -1 for none.

    A peak is one stroke, unless strokes are `together`; the best pairs are taken first. Only what is likelier heard
    than missed is taken at all.
    """
    matched = np.full(len(family), -1)
    for number, peaks in enumerate(evidence.peaks):
        mine = np.flatnonzero(family == number)
        first = np.searchsorted(peaks.time, expected[mine] - window)
        last = np.searchsorted(peaks.time, expected[mine] + window)
        stroke = np.repeat(mine, last - first)
        peak = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [np.zeros(0, int)])
        peak = peak.astype(np.int64)
        fit = peaks.heard[peak] * closeness(peaks.time[peak] - expected[stroke])
        owner: dict[int, int] = {}
        for pair in np.argsort(-fit, kind="stable").tolist():
            if HEARD * fit[pair] < (1 - HEARD) * evidence.chance[number]:
                break
            one, at = int(stroke[pair]), int(peak[pair])
            if matched[one] < 0 and owner.setdefault(at, int(together[one])) == together[one]:
                matched[one] = at
    return matched


def _snapped(
    strokes: _Strokes, expected: Signal, matched: NDArray[np.int64], evidence: Evidence
) -> tuple[Signal, Signal]:
    """Each stroke's time, and the probability that it was played, given what was heard there."""
    exact, likelihood = expected.copy(), np.zeros(len(expected))
    for number, peaks in enumerate(evidence.peaks):
        mine = np.flatnonzero((strokes.family == number) & (matched >= 0))
        exact[mine] = peaks.time[matched[mine]]
        likelihood[mine] = peaks.heard[matched[mine]] * closeness(exact[mine] - expected[mine]) / evidence.chance[number]
    keys = _slot_keys(strokes)
    found = matched >= 0
    weight = np.bincount(keys[found], minlength=keys.max() + 1)
    late = np.bincount(keys[found], (exact - expected)[found], minlength=keys.max() + 1) / np.maximum(weight, 1)
    exact[~found] += late[keys[~found]]
    return np.maximum(exact, 0), HEARD * likelihood / (HEARD * likelihood + 1 - HEARD)


def _agreement(
    bars: Sequence[PlayedBar], played: NDArray[np.int64], matched: Signal, evidence: Evidence
) -> Signal:
    """(bars,) Dice's coefficient of written and heard strokes, in expectation."""
    written = np.bincount(played, minlength=len(bars)).astype(float)
    both = np.bincount(played, matched, minlength=len(bars))
    heard = np.zeros(len(bars))
    for peaks in evidence.peaks:
        total = np.concatenate([[0], np.cumsum(peaks.heard)])
        for index, bar in enumerate(bars):
            first, last = np.searchsorted(peaks.time, [bar.start - 0.03, bar.end - 0.03])
            heard[index] += total[last] - total[first]
    return np.asarray(2 * both / np.maximum(written + heard, 1e-9))
