"""A tab laid over a song: `Tab` and `Evidence` in, `TimedTab` out, a time and a confidence for every stroke.

`follow` finds which bar is played when; here the beats get their times, by least squares under a tempo that moves
smoothly (the random walk of Cemgil, Kappen, Desain & Honing, "On tempo tracking", 2000, whose Kalman smoother this is),
every place in the beat gets its habitual lead or lag, and each stroke is snapped to the peak that was heard of it. A
stroke that wasn't heard stands where the others of its slot say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber.errors import AlignmentRefused
from drum_tabber.events import Hits
from drum_tabber.evidence import HEARD, Evidence, Signal, closeness
from drum_tabber.follow import FEELS, STRAIGHT, Feel, Pass, Path, felt, follow, slot_beats
from drum_tabber.quantize import VELOCITIES, Placement
from drum_tabber.reading import Reading, SongBar, read
from drum_tabber.tab import Tab
from drum_tabber.trust import Trust, chain_of, judge

WINDOW = 0.06  # seconds about its slot within which a stroke is snapped
_WINDOWS = (0.12, 0.1, 0.08, WINDOW, WINDOW)  # the same while the beats are still moving
_STROKE_SPREAD = 0.015  # seconds, standard deviation of a stroke about the beats' clock
_TEMPO_SPREAD = 0.004  # seconds, standard deviation of the change from one beat's length to the next
_PATH_SPREAD = 0.05  # seconds, standard deviation of the coarse path's beats
_LEAST_GROOVE = 6  # strokes at a place in the beat before its habit is believed
_HABITS = 48  # places in the beat that have habits
_FEEL_COST = 3.0  # nats, of any feel but straight
_WORTHY = 0.85  # agreement, over that of the best run of its bars, below which a repeat isn't one
_JOINT = 0.06  # seconds: passes that meet within are one run


@dataclass(frozen=True)
class PlayedBar:
    """A bar as it is played: its number in the tab (from 1), seconds of its beats and of its end, and from 0 to 1 how
    well what is written agrees with what was heard."""

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
    """A tab with its times: the bars in the order in which the song plays them, and every stroke of each.

    The columns belong together: `hits` (n,) in order of time; `played` (n,) which of `bars` each belongs to; `slot`
    (n,) its column in the bar; `heard` (n,) whether it was snapped to something heard; `offset` (n,) the seconds by
    which it comes after its slot on the beats' clock. `feel` says how the slots divide a beat, `trust` how far to
    believe it all.
    """

    tab: Tab
    bars: tuple[PlayedBar, ...]
    hits: Hits
    played: NDArray[np.int64]
    slot: NDArray[np.int64]
    heard: NDArray[np.bool_]
    offset: Signal
    feel: str
    trust: Trust | None = None  # None where the place of the tab was given

    @property
    def bar(self) -> NDArray[np.int64]:
        """(n,) the number of each hit's bar in the tab, from 1."""
        return np.array([bar.number for bar in self.bars], np.int64)[self.played]

    @property
    def placement(self) -> Placement:
        """Bar and slot of each hit, as the writers take them."""
        n = len(self.hits)
        return Placement(self.bar, self.slot, np.ones(n, bool), np.full(n, "", "<U8"))

    @property
    def unplayed(self) -> list[tuple[int, int]]:
        """The stretches of the tab, first and last bar, that the song doesn't play."""
        played = {bar.number for bar in self.bars}
        return _stretches(number for number in range(1, len(self.tab.bars) + 1) if number not in played)


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


def align(tab: Tab, evidence: Evidence, tempi: tuple[float, float]) -> TimedTab:
    """The tab laid over the song, with no more given than a range of tempi, in quarter notes a minute.

    `accepted` tells whether the tab belongs to the song. Raises AlignmentRefused where none of it can be placed.
    """
    if not any(stroke.drum in evidence.family_of for bar in tab.bars for stroke in bar.strokes):
        raise AlignmentRefused("the tab has no strokes that could be heard; check that it was read rightly")
    return align_along(tab, evidence, follow(tab.bars, evidence, tempi))


def align_along(tab: Tab, evidence: Evidence, paths: Sequence[Path]) -> TimedTab:
    """The tab laid over the song along the best of several coarse paths. Raises AlignmentRefused where there is none."""
    found = [one for one in (_read(tab, path, evidence) for path in paths) if one.path.passes]
    if not found:
        raise AlignmentRefused("nothing in the song speaks for this tab; check that the two belong together")
    best = max(found, key=lambda one: one.path.nats)
    knots, strokes = _laid(tab, best.path, evidence)
    time, habit = _settle(knots, strokes, evidence)
    timed = _timed(tab, best.path, time, knots, strokes, _lag(habit, time, strokes), evidence)
    return _without_strays(replace(timed, trust=judge(timed, best.path.nats, best.gain, evidence)))


class _Read(NamedTuple):
    """A path whose bars were decided anew, and the nats a bar by which it is likelier than other music."""

    path: Path
    gain: float


def _read(tab: Tab, path: Path, evidence: Evidence) -> _Read:
    knots, strokes = _laid(tab, path, evidence)
    time, habit = _settle(knots, strokes, evidence)
    song, first = _song_bars(tab, path.passes, knots, time, evidence.duration)
    reading = read(song, first, tab.bars, evidence, FEELS[path.feel], habit)
    cost = 0.0 if path.feel == STRAIGHT else _FEEL_COST
    return _Read(Path(_passes(song, reading), path.feel, reading.nats - cost), (reading.gain - cost) / len(song))


def _laid(tab: Tab, path: Path, evidence: Evidence) -> tuple[_Knots, _Strokes]:
    """The beats and strokes of a path."""
    knots = _knots(tab, path.passes)
    return knots, _strokes(tab, [one.bar for one in path.passes], knots, evidence, FEELS[path.feel])


def _song_bars(
    tab: Tab, passes: Sequence[Pass], knots: _Knots, time: Signal, duration: float
) -> tuple[list[SongBar], list[int]]:
    """All bars of the song on the beats' clock: those of the passes, and in the gaps more like those before them."""
    song: list[SongBar] = []
    first_reading: list[int] = []
    for index, (one, first) in enumerate(zip(passes, knots.first.tolist(), strict=True)):
        bar = tab.bars[one.bar]
        last = first + len(bar.divisions)
        here = SongBar(tuple(time[first : last + 1].tolist()), bar.unit, True)
        if not index:
            song += _filled(here, 0.0, here.beat_time[0])
        first_reading += [-1] * (len(song) - len(first_reading)) + [one.bar]
        song.append(here)
        following = knots.first[index + 1] if index + 1 < len(passes) else None
        if following != last:
            song += _filled(here, here.beat_time[-1], duration if following is None else float(time[following]))
            song[-1] = replace(song[-1], joined=False)
    return song, first_reading + [-1] * (len(song) - len(first_reading))


def _filled(bar: SongBar, start: float, end: float) -> list[SongBar]:
    """Bars like this one, that much before or after it, as many as begin or end between these times."""
    beats = np.array(bar.beat_time)
    length = beats[-1] - beats[0]
    shifts = np.arange(1, 1 + max(0, int((end - start) / length + 0.9))) * length
    if end <= beats[0]:
        return [SongBar(tuple((beats - shift).tolist()), bar.unit, True) for shift in shifts[::-1].tolist()]
    shifts = shifts[: max(0, int((end - start) / length + 0.1))]
    return [SongBar(tuple((beats + shift).tolist()), bar.unit, True) for shift in shifts.tolist()]


def _passes(song: Sequence[SongBar], reading: Reading) -> tuple[Pass, ...]:
    return tuple(
        Pass(bar, one.beat_time[0], one.quarter)
        for one, bar in zip(song, reading.bars, strict=True)
        if bar >= 0
    )


def _without_strays(timed: TimedTab) -> TimedTab:
    """The same without what was laid over other music: runs of bars played elsewhere, too, and much better there."""
    chain = chain_of(timed)
    agreement = np.array([bar.agreement for bar in timed.bars])
    good = np.isin(np.arange(len(agreement)), chain)
    fresh = [index > 0 and bar.number != timed.bars[index - 1].number + 1 for index, bar in enumerate(timed.bars)]
    run = np.cumsum(fresh)
    for number in np.unique(run).tolist():
        mine = run == number
        good[mine] |= good[mine].any() or agreement[mine].mean() >= _WORTHY * agreement[chain].mean()
    kept = good[timed.played]
    return replace(
        timed,
        bars=tuple(bar for bar, one in zip(timed.bars, good.tolist(), strict=True) if one),
        hits=timed.hits.select(kept),
        played=(np.cumsum(good) - 1)[timed.played[kept]],
        slot=timed.slot[kept],
        heard=timed.heard[kept],
        offset=timed.offset[kept],
    )


def accepted(timed: TimedTab) -> TimedTab:
    """The same; raises AlignmentRefused where it isn't trusted."""
    reason = timed.trust and timed.trust.doubt()
    if reason:
        raise AlignmentRefused(reason)
    return timed


def align_given(tab: Tab, evidence: Evidence, beat_time: ArrayLike, window: float = WINDOW) -> TimedTab:
    """The tab with its beats where they are known to be: (beats + 1,) seconds of every beat and of the end.

    Strokes are snapped within `window` seconds of their slots, with 0 not at all; nothing is refused.
    """
    first = np.cumsum([0, *(len(bar.divisions) for bar in tab.bars)])[:-1]
    time = np.asarray(beat_time, np.float64)
    quarters = np.array([4 / bar.unit for bar in tab.bars for _ in bar.divisions] + [1.0])
    knots = _Knots(time, quarters, np.arange(len(time)) < len(time) - 1, first)
    strokes = _strokes(tab, range(len(tab.bars)), knots, evidence, FEELS[STRAIGHT])
    passes = tuple(Pass(index, float(time[start]), 0.0) for index, start in enumerate(first.tolist()))
    lag = np.zeros(len(strokes.slot))
    return _timed(tab, Path(passes, STRAIGHT, 0.0), time, knots, strokes, lag, evidence, window)


def _timed(
    tab: Tab,
    path: Path,
    time: Signal,
    knots: _Knots,
    strokes: _Strokes,
    lag: Signal,
    evidence: Evidence,
    window: float = WINDOW,
) -> TimedTab:
    """The result, once the beats have their times."""
    grid = _at(time, strokes)
    together = _slot_numbers(strokes)
    peak = match(strokes.family, together, grid + lag, evidence, window)
    exact, confidence = _snapped(strokes.family, together, grid + lag, peak, evidence)
    bars = [
        PlayedBar(one.bar + 1, tuple(time[start : start + len(tab.bars[one.bar].divisions) + 1].tolist()))
        for one, start in zip(path.passes, knots.first.tolist(), strict=True)
    ]
    agreement = _agreement(bars, strokes, peak, evidence)
    bars = [replace(bar, agreement=value) for bar, value in zip(bars, agreement.tolist(), strict=True)]
    order = np.lexsort((strokes.drum, exact))
    hits = Hits(exact[order], strokes.drum[order], strokes.velocity[order], confidence[order])
    return TimedTab(
        tab,
        tuple(bars),
        hits,
        strokes.played[order],
        strokes.slot[order],
        (peak >= 0)[order],
        (exact - grid)[order],
        path.feel,
    )


def _stretches(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Rising numbers as runs, each its first and its last."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _knots(tab: Tab, passes: Sequence[Pass]) -> _Knots:
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
    return _Knots(np.array(time), np.array(quarters), np.array(joined), np.array(first))


def _strokes(tab: Tab, bars: Iterable[int], knots: _Knots, evidence: Evidence, feel: Feel) -> _Strokes:
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
    return _Strokes(
        np.array(played, np.int64),
        np.array(slot, np.int64),
        np.array(knot, np.int64),
        np.array(fraction, np.float64),
        np.array(families, np.int64),
        np.array(drum, "<U2"),
        np.array(velocity, np.int64),
    )


def _slot_numbers(strokes: _Strokes) -> NDArray[np.int64]:
    """(n,) a number for each slot of each pass, so that strokes of a slot are known to be together."""
    keys = np.stack([strokes.played, strokes.slot], axis=1)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


def _at(time: Signal, strokes: _Strokes) -> Signal:
    before, after = time[strokes.knot], time[strokes.knot + 1]
    return np.asarray(before + strokes.fraction * (after - before))


def _settle(knots: _Knots, strokes: _Strokes, evidence: Evidence) -> tuple[Signal, Signal]:
    """The beats' times, and the habits of the places in the beat."""
    time, lag, habit = knots.time, np.zeros(len(strokes.slot)), np.zeros(_HABITS + 1)
    for window in _WINDOWS:
        expected = _at(time, strokes) + lag
        heard_at, weight = _nearest(strokes.family, expected, evidence, window)
        weight = weight / (1 + ((heard_at - expected) / (2 * _STROKE_SPREAD)) ** 2)  # strays count less (Cauchy)
        time = _smoothed(time, knots, strokes, heard_at - lag, weight)
        habit = _habit(heard_at - _at(time, strokes), weight, time, strokes)
        lag = _lag(habit, time, strokes)
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


def _smoothed(time: Signal, knots: _Knots, strokes: _Strokes, heard_at: Signal, weight: Signal) -> Signal:
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
    """(_HABITS + 1,) shares of a beat by which strokes at each place in it are habitually later than those on it."""
    share = late / (time[strokes.knot + 1] - time[strokes.knot])
    place = np.rint(strokes.fraction * _HABITS).astype(int)
    habit = np.zeros(_HABITS + 1)
    for one in np.unique(place):
        mine = (place == one) & (weight > 0.1)
        if mine.sum() >= _LEAST_GROOVE:
            habit[one] = np.median(share[mine])
    return np.where(habit != 0, habit - habit[0], 0.0)


def _lag(habit: Signal, time: Signal, strokes: _Strokes) -> Signal:
    """(n,) seconds by which each stroke comes after its place, by its habit."""
    length = time[strokes.knot + 1] - time[strokes.knot]
    return np.asarray(habit[np.rint(strokes.fraction * _HABITS).astype(int)] * length)


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
    family: NDArray[np.int64],
    together: NDArray[np.int64],
    expected: Signal,
    peak: NDArray[np.int64],
    evidence: Evidence,
) -> tuple[Signal, Signal]:
    """Each stroke's time, and the probability that it was played, given what was heard about its slot."""
    exact, likelihood = expected.copy(), np.zeros(len(expected))
    for number, peaks in enumerate(evidence.peaks):
        mine = np.flatnonzero((family == number) & (peak >= 0))
        exact[mine] = peaks.time[peak[mine]]
        height = peaks.heard[peak[mine]] * closeness(exact[mine] - expected[mine])
        likelihood[mine] = height / evidence.chance[number]
    found = peak >= 0
    n_slots = int(together.max(initial=-1)) + 1
    n_found = np.bincount(together[found], minlength=n_slots)
    late = np.bincount(together[found], (exact - expected)[found], minlength=n_slots) / np.maximum(n_found, 1)
    exact[~found] += late[together[~found]]
    return np.maximum(exact, 0), HEARD * likelihood / (HEARD * likelihood + 1 - HEARD)


def _agreement(bars: Sequence[PlayedBar], strokes: _Strokes, peak: NDArray[np.int64], evidence: Evidence) -> Signal:
    """(bars,) Dice's coefficient of written and heard strokes: twice what is both, over the sum of the two."""
    both, heard = np.zeros(len(bars)), np.zeros(len(bars))
    edges = np.array([[bar.start, bar.end] for bar in bars]).reshape(-1, 2) - WINDOW / 2
    for number, peaks in enumerate(evidence.peaks):
        mine = (strokes.family == number) & (peak >= 0)
        both += np.bincount(strokes.played[mine], peaks.heard[peak[mine]], minlength=len(bars))
        total = np.concatenate([[0], np.cumsum(peaks.heard)])
        first, last = np.searchsorted(peaks.time, edges).T
        heard += total[last] - total[first]
    written = np.bincount(strokes.played[strokes.family >= 0], minlength=len(bars))
    return np.asarray(2 * both / np.maximum(written + heard, 1e-9))
