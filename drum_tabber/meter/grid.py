"""The grid: bars and slots laid over the beats, as the clock that quantising and aligning share.

Beats come in; a `Grid` maps seconds to (bar, slot) and back. Bars count from 1, slots from 0 within their bar; a slot
may be a fraction (3.4 is between the fourth and the fifth). Between beats the clock runs evenly, before the first and
after the last it goes on at the pace of the nearest beats. A pick-up is the end of bar 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber.events import Beats
from drum_tabber.tab import Bar, Tab

DEFAULT_INTERVAL = 0.5  # seconds a beat lasts where fewer than two beats are known
DEFAULT_METER = 4  # beats a bar where no whole bar is known
_SAME_BPM = 0.25  # beats a minute: a song's tempo is known no better, and no player keeps to it any closer
_EDGE_BEATS = 8  # beats whose median interval carries on beyond the first and the last beat


@dataclass(frozen=True, eq=False)
class Grid:
    """Bars over time.

    `beat_time` (n + 1,) seconds of every beat and of the end of the last bar, `divisions` (n,) slots in each beat,
    `meters` beats in each bar, `units` what note a beat of each bar is (4 a quarter).
    """

    beat_time: NDArray[np.float64]
    divisions: NDArray[np.int64]
    meters: tuple[int, ...]
    units: tuple[int, ...]

    @classmethod
    def of(cls, beats: Beats, slots_per_beat: int = 4, start: float | None = None, end: float | None = None) -> Grid:
        """The grid of these beats, of whole bars, holding also the times `start` and `end` (seconds, None: the beats').

        Bar 1 is the one that holds the first beat or `start`, whichever is earlier; half a slot before its bar line
        still belongs to it. Without beats bar 1 begins at `start`, with beats of `DEFAULT_INTERVAL`.
        """
        time = beats.time if len(beats) else np.array([start or 0.0])
        place = beats.place if len(beats) else np.array([1])
        start, end = (time[0] if start is None else start, time[-1] if end is None else end)
        before, after = _paces(time)
        meters = _meters(place)
        n_ahead = int(place[0]) - 1
        n_behind = sum(meters) - n_ahead - len(time)  # the closing bar line is still to come
        needed_ahead = (time[0] - start) / before - 0.5 / slots_per_beat
        while n_ahead < needed_ahead:
            meters.insert(0, meters[0])
            n_ahead += meters[0]
        needed_behind = (end - time[-1]) / after - 1 + 0.5 / slots_per_beat
        while n_behind < needed_behind:
            meters.append(meters[-1])
            n_behind += meters[-1]
        beat_time = np.concatenate(
            [time[0] - before * np.arange(n_ahead, 0, -1), time, time[-1] + after * np.arange(1, n_behind + 2)]
        )
        divisions = np.full(len(beat_time) - 1, slots_per_beat, np.int64)
        return cls(beat_time, divisions, tuple(meters), (4,) * len(meters))

    @classmethod
    def of_tab(cls, tab: Tab, start: float = 0.0) -> Grid:
        """The grid of a tab at its own tempi, bar 1 beginning at `start` seconds."""
        bars = tab.bars or (Bar(),)
        tempi = [*tab.tempi()] or [tab.tempo]
        beats = [240 / bar.unit / tempo for bar, tempo in zip(bars, tempi, strict=True) for _ in bar.divisions]
        divisions = np.array([division for bar in bars for division in bar.divisions])
        meters, units = zip(*(bar.meter for bar in bars), strict=True)
        return cls(start + np.cumsum([0.0, *beats]), divisions, meters, units)

    @property
    def n_bars(self) -> int:
        """Bars in the grid."""
        return len(self.meters)

    @property
    def bar_beat(self) -> NDArray[np.int64]:
        """(n_bars + 1,) index of each bar's first beat, and of the end."""
        return np.concatenate([[0], np.cumsum(self.meters)]).astype(np.int64)

    @property
    def beat_slot(self) -> NDArray[np.int64]:
        """(n + 1,) slots from the start of the grid to each beat."""
        return np.concatenate([[0], np.cumsum(self.divisions)]).astype(np.int64)

    @property
    def bar_slot(self) -> NDArray[np.int64]:
        """(n_bars + 1,) slots from the start of the grid to each bar."""
        return self.beat_slot[self.bar_beat]

    @property
    def tempo(self) -> float:
        """The median pace, quarter notes a minute."""
        quarters = np.repeat(np.array(self.units), self.meters) / 4
        return float(60 / np.median(np.diff(self.beat_time) * quarters))

    @property
    def written_tempo(self) -> float:
        """The tempo as a drummer writes it: see `as_written`."""
        return as_written(self.tempo)

    @property
    def beats(self) -> Beats:
        """All beats of the grid, also those before and after the beats it was made of."""
        place = np.concatenate([np.arange(1, meter + 1) for meter in self.meters])
        return Beats(self.beat_time[:-1], place)

    def divided(self, divisions: ArrayLike) -> Grid:
        """The same beats with other numbers of slots, one for each beat."""
        divisions = np.asarray(divisions, np.int64)
        if divisions.shape != self.divisions.shape:
            raise ValueError(f"{len(divisions)} divisions for {len(self.divisions)} beats")
        return replace(self, divisions=divisions)

    def in_units(self, units: Sequence[int]) -> Grid:
        """The same bars with beats that are other notes, a number for each bar (8 an eighth)."""
        if len(units) != self.n_bars:
            raise ValueError(f"{len(units)} units for {self.n_bars} bars")
        return replace(self, units=tuple(units))

    def bar_divisions(self, bar: int) -> tuple[int, ...]:
        """Slots in each beat of a bar."""
        first, last = self.bar_beat[bar - 1 : bar + 1]
        return tuple(self.divisions[first:last].tolist())

    def locate(self, times: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Bar and slot of each time; outside the grid the slot counts on from its first or last bar."""
        along = self.locate_along(times)
        bars = np.clip(np.searchsorted(self.bar_slot, along, side="right"), 1, self.n_bars)
        return bars, along - self.bar_slot[bars - 1]

    def time_of(self, bars: ArrayLike, slots: ArrayLike) -> NDArray[np.float64]:
        """Seconds at which each place sounds; the inverse of `locate`."""
        along = self.bar_slot[np.asarray(bars, np.int64) - 1] + np.asarray(slots, np.float64)
        return _along(along, self.beat_slot, self.beat_time)

    def locate_along(self, times: ArrayLike) -> NDArray[np.float64]:
        """Slots from the start of the grid to each time."""
        return _along(times, self.beat_time, self.beat_slot)

    def place(self, along: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The bar and the slot within it of each whole number of slots from the start of the grid."""
        along = np.asarray(along, np.int64)
        bars = np.searchsorted(self.bar_slot, along, side="right")
        return bars, along - self.bar_slot[bars - 1]


def as_written(bpm: float) -> float:
    """A tempo as a drummer writes it: a whole number where it lies so near that nobody could tell, else to a tenth."""
    whole = round(bpm)
    return float(whole) if abs(bpm - whole) <= _SAME_BPM else round(bpm, 1)


def _meters(place: NDArray[np.int64]) -> list[int]:
    """Beats of each bar that the places make up; bars that are cut short at either end are made whole."""
    starts = np.flatnonzero(place == 1)
    whole = np.diff(starts).tolist()
    usual = Counter(whole).most_common(1)[0][0] if whole else max(DEFAULT_METER, int(place.max()))
    if not len(starts):
        return [max(usual, int(place[0]) - 1 + len(place))]
    pick_up = [int(place[0]) - 1 + int(starts[0])] if starts[0] else []
    return [*pick_up, *whole, max(whole[-1] if whole else usual, len(place) - int(starts[-1]))]


def _paces(time: NDArray[np.float64]) -> tuple[float, float]:
    """Seconds between beats before the first and after the last."""
    if len(time) < 2:
        return DEFAULT_INTERVAL, DEFAULT_INTERVAL
    intervals = np.diff(time)
    return float(np.median(intervals[:_EDGE_BEATS])), float(np.median(intervals[-_EDGE_BEATS:]))


def _along(x: ArrayLike, xs: ArrayLike, ys: ArrayLike) -> NDArray[np.float64]:
    """Straight lines through the points (xs, ys), the first and the last carried on beyond the ends."""
    x, xs, ys = (np.asarray(values, np.float64) for values in (x, xs, ys))
    index = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
    left, right = xs[index], xs[index + 1]
    return ys[index] + (x - left) / (right - left) * (ys[index + 1] - ys[index])
