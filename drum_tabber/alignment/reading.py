"""Which bar of the tab each bar of a song is, or none: decided anew once the beats are known.

In come the song's bars on the beats' clock (`SongBar`), the tab's bars and what was heard (`Evidence`); out comes a
`Reading`. The search of `follow.py` has to find the beats too, and knows of other music only how often drums are
struck in it, so that it lays a like beat of the tab over any beat. Here other music has a beat of its own, which is
learnt from bar to bar: each place of each family is struck with a probability of its own, whose prior is a beta
distribution. A stretch is the tab's where the tab, which says beforehand what is struck, explains it better than a
beat that has to be learnt. How much of what is written is played, and what the song plays habitually without its being
written, is learnt of the whole song, so that a tab may leave out a drum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drum_tabber.alignment.evidence import Evidence, Signal
from drum_tabber.alignment.follow import GAP_COST, Feel, felt, jump_cost, slot_beats
from drum_tabber.tab import Bar

ROUNDS = 2  # of reading and learning
PLACES = 4  # of a beat, in which the beat of other music may be struck
USUAL = (0.4, 0.1, 0.25, 0.1)  # how often a family strikes there before anything is known, by the place in the beat
FIRM = 1.0  # bars that this knowledge is worth
OTHER_COST = 4.0  # nats for each bar of other music: most of what a song plays is in its tab
PLAYED = 0.95  # share of the written strokes that are played, before anything is known
FIRMLY = 10.0  # strokes that this knowledge is worth
EXTRA = 0.03  # how often a place is struck where nothing is written, before anything is known
FIRM_EXTRA = 4.0  # bars that this knowledge is worth
_SUREST = 0.98  # limit of the share that is played
_NEVER = -1e9


@dataclass(frozen=True)
class SongBar:
    """A bar of the song: seconds of its beats and of its end, the unit of a beat, whether the next follows at once."""

    beat_time: tuple[float, ...]
    unit: int
    joined: bool = True

    @property
    def quarter(self) -> float:
        """Seconds that a quarter lasts on average."""
        return (self.beat_time[-1] - self.beat_time[0]) / (len(self.beat_time) - 1) * self.unit / 4


@dataclass(frozen=True)
class Reading:
    """For each bar of the song the index of the tab's bar that it is, -1 for none; how many nats more speak for it than
    for the first reading, as the search counts them."""

    bars: tuple[int, ...]
    gain: float


@dataclass(frozen=True, eq=False)
class _Kind:
    """The song's bars of one meter (rows), and what is heard in them: nats of each family at each place (rows, places,
    families), and of the strokes of each of the tab's bars."""

    rows: NDArray[np.int64]
    heard: Signal
    usual: Signal  # (places, 1)
    written: tuple[_Written, ...]


@dataclass(frozen=True, eq=False)
class _Written:
    """A bar of the tab in all bars of the song of its meter: which different bar it is; nats of its strokes (rows, n)
    and their families (n,), of its drums within their families (rows,); which places it leaves open (places, families).
    """

    number: int
    nats: Signal
    family: NDArray[np.int64]
    told: Signal
    open: NDArray[np.bool_]


def read(
    song: Sequence[SongBar], first: Sequence[int], bars: Sequence[Bar], evidence: Evidence, feel: Feel, habit: Signal
) -> Reading:
    """The likeliest reading. `first` is one to begin with, the index of the tab's bar or -1 for each bar of the song;
    `habit` (places,) the share of a beat by which strokes at each place of it, in equal steps from 0 to 1, are late."""
    different = {bar: number for number, bar in enumerate(dict.fromkeys(bars))}
    which = np.array([different[bar] for bar in bars])
    kinds = list(_kinds(song, list(different), evidence, feel, habit))
    edges = np.rint(np.array([(one.beat_time[0], one.beat_time[-1]) for one in song]) * evidence.frame_rate).astype(int)
    silent = np.diff(evidence.rest[np.clip(edges, 0, evidence.n_frames)], axis=1)[:, 0]
    region = _regions(kinds, silent)
    plain = np.full((len(song), len(different)), _NEVER)
    for kind in kinds:
        for one in kind.written:
            plain[kind.rows, one.number] = silent[kind.rows] + one.nats.sum(axis=1) + one.told
    found = tuple(first)
    for _ in range(ROUNDS):
        learnt = [_learnt(kind, found, which) for kind in kinds]
        played = np.sum([one[0] for one in learnt], axis=0)
        share = np.minimum((FIRMLY * PLAYED + played[0]) / (FIRMLY + played[1]), _SUREST)
        nats = np.full((len(song), len(different)), _NEVER)
        for kind, (_, extra) in zip(kinds, learnt, strict=True):
            for one in kind.written:
                nats[kind.rows, one.number] = silent[kind.rows] + _nats(kind, one, share, extra)
        found = _best(song, (plain + _offset(nats, plain, found, which))[:, which], region)
    worth = [_worth(plain, reading, which) for reading in (first, found)]
    return Reading(found, worth[1] - worth[0])


def _worth(plain: Signal, reading: Sequence[int], which: NDArray[np.int64]) -> float:
    """Nats of a reading, but for what its tempo and its gaps cost."""
    rows = [row for row, bar in enumerate(reading) if bar >= 0]
    total = float(plain[rows, which[[reading[row] for row in rows]]].sum())
    return total - jump_cost(len(which)) * _jumps(reading, len(which))


def _offset(nats: Signal, plain: Signal, reading: Sequence[int], which: NDArray[np.int64]) -> Signal:
    """(song's bars, 1) nats that what is learnt adds to each: to the bar of the tab that it is, or may be."""
    now = np.array([which[bar] if bar >= 0 else int(row.argmax()) for bar, row in zip(reading, nats, strict=True)])
    return np.take_along_axis(nats - plain, now[:, None], axis=1)


def _kinds(
    song: Sequence[SongBar], different: Sequence[Bar], evidence: Evidence, feel: Feel, habit: Signal
) -> Iterator[_Kind]:
    meters = [(len(one.beat_time) - 1, one.unit) for one in song]
    for meter in dict.fromkeys(meters):
        rows = np.array([row for row, one in enumerate(meters) if one == meter])
        beat_time = np.array([song[row].beat_time for row in rows.tolist()])
        places = felt(np.arange(meter[0] * PLACES) / PLACES, feel)
        heard = _at(_clock(beat_time, places, habit), evidence)[:, :, : len(evidence.families)]
        written = []
        for number, bar in enumerate(different):
            if (len(bar.divisions), bar.unit) == meter:
                written.append(_written(number, bar, beat_time, evidence, feel, habit))
        yield _Kind(rows, heard, np.resize(USUAL, len(places))[:, None], tuple(written))


def _written(number: int, bar: Bar, beat_time: Signal, evidence: Evidence, feel: Feel, habit: Signal) -> _Written:
    beats = slot_beats(bar)
    played = felt(beats, feel)
    known = sorted({(float(played[one.slot]), c) for one in bar.strokes for c in evidence.columns_of.get(one.drum, ())})
    place, column = np.array([place for place, _ in known]), np.array([column for _, column in known], np.int64)
    nats = _at(_clock(beat_time, place, habit), evidence)[:, np.arange(len(column)), column]
    of_family = column < len(evidence.families)
    open_ = np.ones((len(bar.divisions) * PLACES, len(evidence.families)), bool)
    nearest = np.rint(beats * PLACES).astype(int) % len(open_)
    for one in bar.strokes:
        if one.drum in evidence.family_of:
            open_[nearest[one.slot], evidence.family_of[one.drum]] = False
    return _Written(number, nats[:, of_family], column[of_family], nats[:, ~of_family].sum(axis=1), open_)


def _clock(beat_time: Signal, beats: Signal, habit: Signal) -> Signal:
    """(bars, n) seconds of places (n,), in beats as they are played, in bars with these beats."""
    beat = np.minimum(beats.astype(int), beat_time.shape[1] - 2)
    fraction = beats - beat
    late = habit[np.rint(fraction * (len(habit) - 1)).astype(int)]
    return np.asarray(beat_time[:, beat] + (fraction + late) * np.diff(beat_time, axis=1)[:, beat])


def _at(time: Signal, evidence: Evidence) -> Signal:
    """(..., columns) nats of strokes at these times (...)."""
    frame = np.rint(time * evidence.frame_rate).astype(int)
    inside = (frame >= 0) & (frame < evidence.n_frames)
    heard = evidence.stroke[np.clip(frame, 0, evidence.n_frames - 1)]
    return np.where(inside[..., None], heard, evidence.silence)


def _learnt(kind: _Kind, reading: Sequence[int], which: NDArray[np.int64]) -> tuple[Signal, Signal]:
    """(2, families) written strokes that are played and all of them; (places, families) how often a place is struck
    where nothing is written."""
    n_families = kind.heard.shape[2]
    strokes = np.zeros((2, n_families))
    struck, bars = np.zeros((2, *kind.heard.shape[1:]))
    now = np.array([which[reading[row]] if reading[row] >= 0 else -1 for row in kind.rows.tolist()])
    for one in kind.written:
        mine = np.flatnonzero(now == one.number)
        odds = PLAYED * np.exp(one.nats[mine])
        for row in odds / (1 - PLAYED + odds):
            strokes += [np.bincount(one.family, row, n_families), np.bincount(one.family, minlength=n_families)]
        heard = np.exp(kind.heard[mine])
        struck += np.sum(heard / (1 + heard), axis=0) * one.open
        bars += len(mine) * one.open
    return strokes, (FIRM_EXTRA * EXTRA + struck) / (FIRM_EXTRA + bars)


def _nats(kind: _Kind, one: _Written, share: Signal, extra: Signal) -> Signal:
    """(rows,) nats of the song's bars as this one, given what is learnt."""
    share = share[one.family]
    strokes = np.log(1 - share + share * np.exp(one.nats)).sum(axis=1)
    unwritten = np.log(1 - extra + extra * np.exp(kind.heard))[:, one.open].sum(axis=1)
    return np.asarray(strokes + unwritten + one.told)


def _regions(kinds: Sequence[_Kind], silent: Signal) -> Signal:
    """(n + 1, n + 1) nats of the song's bars from the first to before the last, were they other music."""
    n = len(silent)
    table = np.zeros((n + 1, n + 1))
    total = np.zeros(n)
    of_row = {row: (kind, index) for kind in kinds for index, row in enumerate(kind.rows.tolist())}
    struck = [np.zeros((n, *kind.heard.shape[1:])) for kind in kinds]
    count = [np.zeros(n) for _ in kinds]
    numbers = {id(kind): number for number, kind in enumerate(kinds)}
    for last in range(n):
        kind, index = of_row[last]
        number = numbers[id(kind)]
        seen, bars = struck[number][: last + 1], count[number][: last + 1, None, None]
        struck_here = (FIRM * kind.usual + seen) / (FIRM + bars)
        odds = struck_here * np.exp(kind.heard[index])
        total[: last + 1] += np.log(1 - struck_here + odds).sum(axis=(1, 2)) + silent[last] - OTHER_COST
        seen += odds / (1 - struck_here + odds)
        count[number][: last + 1] += 1
        table[: last + 1, last + 1] = total[: last + 1]
    return np.maximum(table, 0)


def _jumps(reading: Sequence[int], n_bars: int) -> int:
    """How often the song leaves the tab's order."""
    played = [-1, *(bar for bar in reading if bar >= 0), n_bars]
    return sum(after != before + 1 for before, after in pairwise(played))


def _best(song: Sequence[SongBar], nats: Signal, region: Signal) -> tuple[int, ...]:
    """The best reading, by the nats of each bar of the song as each of the tab's and of stretches of other music."""
    n, n_bars = nats.shape
    jump = jump_cost(n_bars)
    late = np.where(np.arange(n_bars) == 0, 0.0, jump)  # to begin after the tab does
    early = np.where(np.arange(n_bars) == n_bars - 1, 0.0, jump)  # to end before it does
    score = np.full((n + 1, n_bars), _NEVER)  # by the song's bar before which the tab's ends
    ended = np.full(n + 1, _NEVER)  # the best of them
    source = np.zeros((n, n_bars, 2), np.int64)  # which bar of the tab came before, and where it ended
    for here in range(n):
        apart = 0.0 if here and song[here - 1].joined else jump + GAP_COST
        options = [(np.concatenate([[_NEVER], score[here, :-1]]) - apart, here, np.arange(n_bars) - 1)]
        options.append((region[0, here] - late, 0, np.full(n_bars, -1)))
        leaps = ended[: here + 1] + region[: here + 1, here] - jump - GAP_COST
        leaps[here] += GAP_COST if here and song[here - 1].joined else 0.0
        start = int(leaps.argmax())
        options.append((np.full(n_bars, leaps[start]), start, np.full(n_bars, int(score[start].argmax()))))
        value = np.stack([option[0] for option in options])
        chosen = value.argmax(axis=0)
        score[here + 1] = value.max(axis=0) + nats[here]
        ended[here + 1] = score[here + 1].max()
        for number, (_, before, bars) in enumerate(options):
            mine = chosen == number
            source[here, mine] = np.stack([np.full(n_bars, before), bars], axis=1)[mine]
    tail = region[:, n][:, None] - np.where(np.arange(n + 1) < n, GAP_COST, 0.0)[:, None] * (early > 0)
    final = score - early + tail
    end, bar = np.unravel_index(int(final.argmax()), final.shape)
    found = [-1] * n
    here, index = int(end), int(bar)
    while index >= 0:
        found[here - 1] = index
        here, index = source[here - 1, index].tolist()
    return tuple(found)
