"""Which bar of the tab each bar of a song is, or none: decided anew once the beats are known.

In come the song's bars on the beats' clock (`SongBar`), the tab's bars and what was heard (`Evidence`); out comes a
`Reading`. The search of `follow.py` has to find the beats too, and knows of other music only how often drums are
struck in it, so that it lays a like beat of the tab over any beat. Here other music has a beat of its own, which is
learnt from bar to bar: each place of each family is struck with a probability of its own, whose prior is a beta
distribution. A stretch is the tab's where the tab, which says beforehand what is struck, explains it better than a
beat that has to be learnt. How much of what is written is played at each place, what the song plays habitually without
its being written, and as which drum of its family each drum is heard, is learnt of the whole song: a tab may leave out
a drum, and a listener may take a china for a ride.

The search can only ask whether a stroke is heard near a moment, against the song's mean; here the beats say where a
stroke would be, so that each slot speaks for itself: one that is heard and not written speaks against a bar as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from drum_tabber.alignment.evidence import Evidence, Signal, closeness
from drum_tabber.alignment.follow import GAP_COST, Feel, felt, jump_cost, slot_beats
from drum_tabber.alignment.timing import WINDOW
from drum_tabber.tab import Bar

ROUNDS = 2  # of reading and learning
PLACES = 4  # of a beat, in which the beat of other music may be struck
USUAL = (0.4, 0.1, 0.25, 0.1)  # how often a family strikes there before anything is known, by the place in the beat
FIRM = 1.0  # bars that this knowledge is worth
OTHER_COST = 4.0  # nats for each bar of other music: most of what a song plays is in its tab
PLAYED = 0.95  # share of the written strokes that are played, before anything is known
FIRMLY = 10.0  # strokes that this knowledge is worth
EXTRA = 0.03  # how often a place is struck where nothing is written, before anything is known
LEFT_OUT = 0.6  # how much oftener where it is written in all other bars: listener and writer take habits for granted
FIRM_EXTRA = 4.0  # bars that this knowledge is worth
# How much what is heard at a place (0: nothing) says that it is struck, nats: 0.7 of what was measured on rendered
# songs, for their strokes are heard and missed together.
SAYS = ((0.0, 0.05, 0.25, 0.95), (-1.9, -1.0, 0.0, 3.8))
FIRM_SHARE = 12.0  # strokes at a place that what is known of all strokes of a family is worth
CONFUSED = 0.3  # share of the strokes heard as any drum of the family, before anything is known
FIRM_DRUM = 5.0  # strokes of a drum that this knowledge is worth
# How much more it counts which drum is heard than the shares say, for activations of neighbours shade into one another
# even where the listener is sure: of 0, 0.5, 1, 1.5, 2 and 3 the more the better in rendered songs with cuts.
TOLD = 2.5
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
    """For each bar of the song the index of the tab's bar that it is, -1 for none, and the nats that speak for it, as
    the search counts them: none for none."""

    bars: tuple[int, ...]
    nats: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class _Kind:
    """The song's bars of one meter (rows): at each place of them the log-likelihood ratio of a stroke of each family
    over none (rows, places, families), how well each drum is heard there (rows, places, drums), and how often a place
    is usually struck (places, 1). The places are all those where the tab's bars of this meter have slots."""

    rows: NDArray[np.int64]
    struck: Signal
    drums: Signal
    usual: Signal
    written: tuple[_Written, ...]


@dataclass(frozen=True, eq=False)
class _Written:
    """A bar of the tab: which different bar it is, where it has strokes of each family (places, families) and of each
    drum (places, drums), and in all bars of the song of its meter the nats that the search gives it (rows,)."""

    number: int
    strokes: NDArray[np.bool_]
    drums: NDArray[np.bool_]
    plain: Signal


def read(
    song: Sequence[SongBar], first: Sequence[int], bars: Sequence[Bar], evidence: Evidence, feel: Feel, habit: Signal
) -> Reading:
    """The likeliest reading. `first` is one to begin with, the index of the tab's bar or -1 for each bar of the song;
    `habit` (places,) the share of a beat by which strokes at each place of it, in equal steps from 0 to 1, are late."""
    different = {bar: number for number, bar in enumerate(dict.fromkeys(bars))}
    which = np.array([different[bar] for bar in bars])
    kinds = list(_kinds(song, list(different), evidence, feel, habit))
    region = _regions(kinds, OTHER_COST * _inside(song, evidence.duration))
    joined = np.array([one.joined for one in song[:-1]], bool)
    found = tuple(first)
    for _ in range(ROUNDS):
        learnt = _learn(kinds, found, which, evidence.usual)
        nats = np.full((len(song), len(different)), _NEVER)
        for number, kind in enumerate(kinds):
            for different_bar, value in _nats(number, kind, learnt, np.concatenate(evidence.usual)):
                nats[kind.rows, different_bar] = value
        found = _likeliest(nats[:, which], region, joined)
    plain = np.full((len(song), len(different)), _NEVER)
    for kind in kinds:
        for one in kind.written:
            plain[kind.rows, one.number] = one.plain
    worth = [float(plain[row, which[bar]]) if bar >= 0 else 0.0 for row, bar in enumerate(found)]
    return Reading(found, tuple(worth))


def _kinds(
    song: Sequence[SongBar], different: Sequence[Bar], evidence: Evidence, feel: Feel, habit: Signal
) -> Iterator[_Kind]:
    edges = np.rint(np.array([(one.beat_time[0], one.beat_time[-1]) for one in song]) * evidence.frame_rate).astype(int)
    silent = np.diff(evidence.rest[np.clip(edges, 0, evidence.n_frames)], axis=1)[:, 0]
    meters = [(len(one.beat_time) - 1, one.unit) for one in song]
    for meter in dict.fromkeys(meters):
        rows = np.array([row for row, one in enumerate(meters) if one == meter])
        own = [(number, bar) for number, bar in enumerate(different) if (len(bar.divisions), bar.unit) == meter]
        places = np.unique(np.concatenate([np.arange(meter[0]), *(slot_beats(bar).round(4) for _, bar in own)]))
        clock = _clock(np.array([song[row].beat_time for row in rows.tolist()]), felt(places, feel), habit)
        struck, drums = _heard(clock, evidence)
        usual = np.array(USUAL)[np.rint(places * PLACES).astype(int) % PLACES]
        written = []
        for number, bar in own:
            at = np.searchsorted(places, slot_beats(bar).round(4))
            marks = np.zeros((len(places), evidence.stroke.shape[1]), bool)
            for one in bar.strokes:
                marks[at[one.slot], list(evidence.columns_of.get(one.drum, ()))] = True
            place, column = np.nonzero(marks)
            plain = silent[rows] + _at(clock[:, place], evidence)[:, np.arange(len(column)), column].sum(axis=1)
            strokes, own_drums = np.split(marks, [len(evidence.families)], axis=1)
            written.append(_Written(number, strokes, own_drums, plain))
        yield _Kind(rows, struck, drums, usual[:, None], tuple(written))


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


def _heard(clock: Signal, evidence: Evidence) -> tuple[Signal, Signal]:
    """(..., families) log-likelihood ratio of a stroke over none at each of these times (...), and (..., drums) how
    well each drum is heard there. A peak counts for the nearest time alone; nothing is known outside the song."""
    order = np.argsort(clock, axis=None, kind="stable")
    time = clock.reshape(-1)[order]
    struck, drums = np.zeros((len(time), len(evidence.families))), []
    for family, peaks in enumerate(evidence.peaks):
        nearest = np.searchsorted((time[1:] + time[:-1]) / 2, peaks.time)
        distance = np.abs(peaks.time - time[nearest])
        fit = np.where(distance <= WINDOW, peaks.heard * closeness(distance), 0.0)
        rising = np.argsort(fit, kind="stable")  # the best of a place comes last and stays
        level, share = np.zeros(len(time)), np.zeros((len(time), peaks.share.shape[1]))
        level[nearest[rising]], share[nearest[rising]] = fit[rising], peaks.share[rising]
        struck[:, family] = np.interp(level, *SAYS)
        drums.append(level[:, None] * share)
    struck[(time < 0) | (time > evidence.duration)] = 0.0
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return struck[back].reshape(*clock.shape, -1), np.concatenate(drums, axis=1)[back].reshape(*clock.shape, -1)


@dataclass(frozen=True, eq=False)
class _Learnt:
    """What a reading teaches: how often written and other strokes sound (places, families) in each kind of bar, and as
    which drum of its family each drum that is written is heard (drums, drums), all but 0 between families."""

    share: list[Signal]
    extra: list[Signal]
    heard_as: Signal


def _learn(
    kinds: Sequence[_Kind], reading: Sequence[int], which: NDArray[np.int64], usual: Sequence[Signal]
) -> _Learnt:
    family = np.repeat(np.arange(len(usual)), [len(one) for one in usual])
    same = family[:, None] == family
    prior = np.where(same, CONFUSED * np.concatenate(usual) + (1 - CONFUSED) * np.eye(len(family)), 0.0)
    heard_as = FIRM_DRUM * prior
    counts = []
    for kind in kinds:
        played, written, struck, bars = np.zeros((4, *kind.struck.shape[1:]))
        now = np.array([which[reading[row]] if reading[row] >= 0 else -1 for row in kind.rows.tolist()])
        for one in kind.written:
            mine = np.flatnonzero(now == one.number)
            odds = np.exp(kind.struck[mine])
            played += (PLAYED * odds / (1 - PLAYED + PLAYED * odds)).sum(axis=0) * one.strokes
            struck += (EXTRA * odds / (1 - EXTRA + EXTRA * odds)).sum(axis=0) * ~one.strokes
            written += len(mine) * one.strokes
            bars += len(mine) * ~one.strokes
            heard_as += np.einsum("pd,rpk->dk", one.drums.astype(float), kind.drums[mine]) * same
        counts.append((played, written, struck, bars))
    total = np.sum([[one[0].sum(axis=0), one[1].sum(axis=0)] for one in counts], axis=0)
    usually = (FIRMLY * PLAYED + total[0]) / (FIRMLY + total[1])
    return _Learnt(
        [np.minimum((FIRM_SHARE * usually + one[0]) / (FIRM_SHARE + one[1]), _SUREST) for one in counts],
        [_extra(*one[1:]) for one in counts],
        heard_as / heard_as.sum(axis=1, keepdims=True),
    )


def _extra(written: Signal, struck: Signal, bars: Signal) -> Signal:
    """How often a place is struck in bars where nothing is written, by how often it is written and was struck there."""
    habit = written / (written + bars + FIRM_EXTRA)
    return (FIRM_EXTRA * (EXTRA + LEFT_OUT * habit) + struck) / (FIRM_EXTRA + bars)


def _nats(number: int, kind: _Kind, learnt: _Learnt, usual: Signal) -> Iterator[tuple[int, Signal]]:
    """Each of the tab's bars of this kind, and the nats of the song's bars (rows,) as that, given what is learnt."""
    share, extra = learnt.share[number], learnt.extra[number]
    odds = np.exp(kind.struck)
    written, open_ = np.log(1 - share + share * odds), np.log(1 - extra + extra * odds)
    ratio = kind.drums @ (learnt.heard_as / np.maximum(usual, 1e-3)).T
    level = kind.drums @ (learnt.heard_as > 0).T
    told = level * np.log(np.where(level > 0, ratio / np.maximum(level, 1e-9), 1.0))
    for one in kind.written:
        nats = np.where(one.strokes, written, open_).sum(axis=(1, 2))
        yield one.number, nats + TOLD * told[:, one.drums].sum(axis=1)


def _inside(song: Sequence[SongBar], duration: float) -> Signal:
    """(n,) share of each of the song's bars that is recorded: beats go on beyond both ends."""
    edges = np.array([(one.beat_time[0], one.beat_time[-1]) for one in song])
    return np.diff(np.clip(edges, 0.0, duration))[:, 0] / np.diff(edges)[:, 0]


def _regions(kinds: Sequence[_Kind], cost: Signal) -> Signal:
    """(n + 1, n + 1) nats of the song's bars from the first to before the last, were they other music, which has a
    `cost` (n,)."""
    n = len(cost)
    table = np.full((n + 1, n + 1), _NEVER)
    np.fill_diagonal(table, 0.0)
    total = np.zeros(n)
    of_row = {row: (number, index) for number, kind in enumerate(kinds) for index, row in enumerate(kind.rows.tolist())}
    struck = [np.zeros((n, *kind.struck.shape[1:])) for kind in kinds]
    count = [np.zeros(n) for _ in kinds]
    for last in range(n):
        number, index = of_row[last]
        seen, bars = struck[number][: last + 1], count[number][: last + 1, None, None]
        rate = (FIRM * kinds[number].usual + seen) / (FIRM + bars)
        odds = rate * np.exp(kinds[number].struck[index])
        total[: last + 1] += np.log(1 - rate + odds).sum(axis=(1, 2)) - cost[last]
        seen += odds / (1 - rate + odds)
        count[number][: last + 1] += 1
        table[: last + 1, last + 1] = total[: last + 1]
    return table


def _likeliest(nats: Signal, region: Signal, joined: NDArray[np.bool_]) -> tuple[int, ...]:
    """What each bar of the song is likeliest to be, a bar of the tab or -1, by the nats of each as each of the tab's
    and of stretches of other music; `joined` (n - 1,) tells which bars the next follows at once.

    Every bar is judged by itself, over all readings of the song (forward-backward algorithm, Rabiner 1989): a cut whose
    place can't be heard comes to lie amidst the places where it may be. The best reading puts it at either end of them.
    """
    n, n_bars = nats.shape
    before = _readings(nats, region, joined)
    after = _readings(nats[::-1, ::-1], region[::-1, ::-1].T, joined[::-1])[::-1, ::-1]
    to_end = region[:, n][:, None] - _late(n_bars)[::-1]
    share = np.exp(before[1:] + after[:-1] - nats - logsumexp(before + to_end))
    bar = share.argmax(axis=1)
    return tuple(np.where(share.max(axis=1) > 1 - share.sum(axis=1), bar, -1).tolist())


def _readings(nats: Signal, region: Signal, joined: NDArray[np.bool_]) -> Signal:
    """(n + 1, bars) nats of all readings of the song's bars before each that end with each bar of the tab."""
    n, n_bars = nats.shape
    jump = jump_cost(n_bars)
    follows = np.concatenate([[False], joined])  # at once on the bar before
    begun = region[0][:, None] - _late(n_bars)
    score, ended = np.full((n + 1, n_bars), _NEVER), np.full(n + 1, _NEVER)
    for here in range(n):
        next_bar = np.concatenate([[_NEVER], score[here, :-1]]) - (0.0 if follows[here] else jump + GAP_COST)
        leaps = ended[: here + 1] + region[: here + 1, here] - jump - GAP_COST
        leaps[here] += GAP_COST * follows[here]
        other = np.full(n_bars, logsumexp(leaps))
        score[here + 1] = nats[here] + logsumexp([begun[here], next_bar, other], axis=0)
        ended[here + 1] = logsumexp(score[here + 1])
    return score


def _late(n_bars: int) -> Signal:
    """(bars,) nats that it costs to begin with each bar of the tab: a jump where it isn't the first."""
    return np.where(np.arange(n_bars) > 0, jump_cost(n_bars), 0.0)
