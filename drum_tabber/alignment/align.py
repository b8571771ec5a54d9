"""A tab laid over a song: `Tab` and `Evidence` in, `TimedTab` out, a time and a confidence for every stroke.

`follow` finds which bar is played when, `timing` the beats' times, `reading` which bars those are, other music apart;
here each stroke is snapped to the peak that was heard of it. A stroke that wasn't heard stands where the others of its
slot say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber.alignment.evidence import HEARD, Evidence, Signal, closeness
from drum_tabber.alignment.follow import FEELS, READ_AS, STRAIGHT, Pass, Path, Watch, follow
from drum_tabber.alignment.reading import Reading, SongBar, read
from drum_tabber.alignment.timing import WINDOW, Knots, Strokes, at_beats, knots_of, late_by, settle, strokes_of
from drum_tabber.alignment.trust import Trust, chain_of, judge
from drum_tabber.errors import AlignmentRefused
from drum_tabber.events import Hits
from drum_tabber.notation.quantize import Placement
from drum_tabber.tab import Tab

_WORTHY = 0.85  # agreement, over that of the best run of its bars, below which a repeat isn't one
_NOTHING = "nothing in the song speaks for this tab; check that it belongs to this recording"
_EARLY = 0.03  # seconds before the recording at which a stroke is taken for its first moment


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
    n_outside: int = 0  # strokes of these bars that would lie before the recording or after it, which are left out

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


def align(tab: Tab, evidence: Evidence, tempi: tuple[float, float], watch: Watch = iter) -> TimedTab:
    """The tab laid over the song, with no more given than a range of tempi, in quarter notes a minute; `watch` is given
    the steps of each search.

    `accepted` tells whether the tab belongs to the song. Raises AlignmentRefused where none of it can be placed.
    """
    if not any(stroke.drum in evidence.family_of for bar in tab.bars for stroke in bar.strokes):
        raise AlignmentRefused("the tab has no strokes that could be heard; check that it was read rightly")
    return align_along(tab, evidence, follow(tab.bars, evidence, tempi, watch))


def align_along(tab: Tab, evidence: Evidence, path: Path) -> TimedTab:
    """The tab laid over the song along a coarse path. Raises AlignmentRefused where it has no bars."""
    if not path.passes:
        raise AlignmentRefused(_NOTHING)
    knots, strokes = _laid(tab, path, evidence)
    time, habit = settle(knots, strokes, evidence)
    song, first = _song_bars(tab, path.passes, knots, time, evidence.duration)
    reading = read(song, first, tab.bars, evidence, READ_AS[path.feel], habit)
    if max(reading.bars) < 0:
        raise AlignmentRefused(_NOTHING)
    if list(reading.bars) != first:
        path = Path(_passes(song, reading), path.feel, path.nats)
        knots, strokes = _laid(tab, path, evidence)
        time, habit = settle(knots, strokes, evidence)
    timed = _timed(tab, path, time, knots, strokes, late_by(habit, time, strokes), evidence)
    nats = np.array([value for value, bar in zip(reading.nats, reading.bars, strict=True) if bar >= 0])
    return _in_the_recording(_without_strays(replace(timed, trust=judge(timed, nats, evidence))), evidence.duration)


def _laid(tab: Tab, path: Path, evidence: Evidence) -> tuple[Knots, Strokes]:
    """The beats and strokes of a path."""
    knots = knots_of(tab, path.passes)
    return knots, strokes_of(tab, [one.bar for one in path.passes], knots, evidence, FEELS[path.feel])


def _song_bars(
    tab: Tab, passes: Sequence[Pass], knots: Knots, time: Signal, duration: float
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
        Pass(bar, one.beat_time[0], one.quarter) for one, bar in zip(song, reading.bars, strict=True) if bar >= 0
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
    bars = tuple(bar for bar, one in zip(timed.bars, good.tolist(), strict=True) if one)
    kept = _with_hits(timed, good[timed.played])
    return replace(kept, bars=bars, played=(np.cumsum(good) - 1)[kept.played])


def _in_the_recording(timed: TimedTab, duration: float) -> TimedTab:
    """The same without strokes that would lie before the recording or after its end."""
    slots = timed.hits.time - timed.offset
    inside = (slots >= -_EARLY) & (slots <= duration)
    return replace(_with_hits(timed, inside), n_outside=int((~inside).sum()))


def _with_hits(timed: TimedTab, kept: NDArray[np.bool_]) -> TimedTab:
    return replace(
        timed,
        hits=timed.hits.select(kept),
        played=timed.played[kept],
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
    knots = Knots(time, quarters, np.arange(len(time)) < len(time) - 1, first)
    strokes = strokes_of(tab, range(len(tab.bars)), knots, evidence, FEELS[STRAIGHT])
    passes = tuple(Pass(index, float(time[start]), 0.0) for index, start in enumerate(first.tolist()))
    lag = np.zeros(len(strokes.slot))
    return _timed(tab, Path(passes, STRAIGHT, 0.0), time, knots, strokes, lag, evidence, window)


def _timed(
    tab: Tab,
    path: Path,
    time: Signal,
    knots: Knots,
    strokes: Strokes,
    lag: Signal,
    evidence: Evidence,
    window: float = WINDOW,
) -> TimedTab:
    """The result, once the beats have their times."""
    grid = at_beats(time, strokes)
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
    return TimedTab(
        tab,
        tuple(bars),
        Hits(exact[order], strokes.drum[order], strokes.velocity[order], confidence[order]),
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


def _slot_numbers(strokes: Strokes) -> NDArray[np.int64]:
    """(n,) a number for each slot of each pass, so that strokes of a slot are known to be together."""
    keys = np.stack([strokes.played, strokes.slot], axis=1)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


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


def _agreement(bars: Sequence[PlayedBar], strokes: Strokes, peak: NDArray[np.int64], evidence: Evidence) -> Signal:
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
