"""How each beat is divided: sixteenths, thirty-seconds, triplets or sextuplets, straight or swung, by all its hits.

Hits and a grid come in. A Viterbi search over the beats weighs how near the hits lie to each division's slots against
the division's complexity and against changes: dear within a bar, cheaper at a bar line, dearest from a passage that is
at home in twos to one in threes, so that a song that swings is written alike throughout. Swing is one number for a
song, where the off-beat lies in the beat or in its halves; `Feel` holds both, and maps what was played to what is
written. A song of triplets throughout, all three of them played, is written in 6/8, 9/8 or 12/8, and bars of five or
seven fast beats in eighths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter.grid import Grid

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TRIPLETS, SEXTUPLETS = 3, 6
SWINGS = (0.58, 0.60, 0.62, 0.64, 2 / 3, 0.69)  # where a swung off-beat may lie in its beat, or sixteenth in its eighth
FAST = 190.0  # beats a minute from which bars of five or seven are taken for eighths
ODD = (5, 7)  # beats of such bars

_SPREAD = 0.015  # seconds, standard deviation of good playing about its grid
_STRAY = 0.02  # share of hits that belong to no grid
_COSTS = {TRIPLETS: 0.5, SEXTUPLETS: 2.0}  # nats that a division must explain a beat better before it is believed
_FINER_COST = 2.0  # the same of slots half as long as usual
_SWITCH_COST, _BAR_COST = 5.0, 4.0  # nats for another division within a bar, and from the bar line on
_FOREIGN_COST = 1.0  # nats a beat that is divided otherwise than is at home in its passage
_FEEL_COST = 10.0  # nats for a passage of another feel
_SWING_COST = 6.0  # nats for a song that swings otherwise than by triplets
_ON, _HALF, _THIRD = 0.45, 0.25, 0.2  # share of the hits on the beat, midway, and on each third; others share the rest
_COMPOUND, _FILLED = 0.9, 0.3  # share of the beats of a song in 12/8 that are triplets, and whose second is played


@dataclass(frozen=True)
class Feel:
    """Where swung notes are played: the third triplet in its beat, the second sixteenth in its eighth."""

    triplet: float = 2 / 3
    sixteenth: float = 0.5

    def written(self, phase: Floats, division: Integers) -> Floats:
        """Places in the beat, 0 to 1, as they are written; `division` is that of each one's beat."""
        triple = np.interp(phase, (0, self.triplet, 1), (0, 2 / 3, 1))
        half = np.floor(phase * 2) / 2
        duple = half + np.interp(phase - half, (0, self.sixteenth / 2, 0.5), (0, 0.25, 0.5))
        return np.where(division % TRIPLETS == 0, triple, duple)

    def played(self, division: int) -> Floats:
        """(division + 1,) places in the beat at which its slots and the next beat are played."""
        place = np.arange(division + 1) / division
        if division % TRIPLETS == 0:
            return np.interp(place, (0, 2 / 3, 1), (0, self.triplet, 1))
        half = np.floor(place * 2) / 2
        return half + np.interp(place - half, (0, 0.25, 0.5), (0, self.sixteenth / 2, 0.5))


STRAIGHT = Feel()


def subdivide(hits: Hits, grid: Grid, stated: bool = False) -> tuple[Grid, Feel]:
    """The grid with the divisions of its beats that fit the hits best, and how the hits swing.

    A grid that begins with triplets is left as it is. Where its meters are `stated`, no 12/8 is made of 4/4.
    """
    grid = _odd_bars(grid)
    usual = int(grid.divisions[0])
    if not len(hits) or usual % TRIPLETS == 0:
        return grid, STRAIGHT
    known = _Hits.of(hits, grid)
    feel = _feel(known, grid, usual)
    divided = grid.divided(_divisions(known, grid, feel, usual))
    dotted = not stated and _is_compound(divided, known)
    return (compound(divided, known) if dotted else divided), feel


@dataclass(frozen=True, eq=False)
class _Hits:
    """The hits as the search needs them: each one's beat (index), place in it (0 to 1), the beat's length and a weight.

    That falls with the square of the confidence, for what was invented lies anywhere.
    """

    beat: Integers
    phase: Floats
    length: Floats
    weight: Floats

    @classmethod
    def of(cls, hits: Hits, grid: Grid) -> _Hits:
        beat = np.clip(np.searchsorted(grid.beat_time, hits.time, side="right") - 1, 0, len(grid.divisions) - 1)
        length = np.diff(grid.beat_time)[beat]
        return cls(beat, (hits.time - grid.beat_time[beat]) / length, length, np.clip(hits.confidence**2, 0.05, 1))

    def nats(self, division: int, feel: Feel, n_beats: int) -> Floats:
        """(beats,) log-likelihood of the hits of each beat that has `division` slots; 0 for a beat without hits."""
        offset = self.phase[:, None] - feel.played(division)
        slot = np.abs(offset).argmin(axis=1)
        distance = offset[np.arange(len(slot)), slot] * self.length
        near = np.exp(-0.5 * (distance / _SPREAD) ** 2) / (_SPREAD * np.sqrt(2 * np.pi))
        share = slot_shares(division)[slot % division]
        likelihood = np.log((1 - _STRAY) * near * share + _STRAY / self.length) * self.weight
        return np.asarray(np.bincount(self.beat, likelihood, minlength=n_beats), np.float64)


def slot_shares(division: int) -> Floats:
    """(division,) how the hits of a beat are shared out among its slots."""
    place = np.arange(division) / division
    shares = np.zeros(division)
    shares[0] = _ON
    shares[np.isclose(place, 0.5) & (division % TRIPLETS != 0)] = _HALF
    shares[(np.isclose(place, 1 / 3) | np.isclose(place, 2 / 3)) & (shares == 0)] = _THIRD
    rest = shares == 0
    shares[rest] = (1 - shares.sum()) / max(1, rest.sum())
    return shares / shares.sum()


def _odd_bars(grid: Grid) -> Grid:
    """The grid with its bars of five or seven fast beats in eighths, of half as many slots."""
    paces = 60 * np.array(grid.meters) / np.diff(grid.beat_time[grid.bar_beat])
    eighths = [pace > FAST and meter in ODD for pace, meter in zip(paces.tolist(), grid.meters, strict=True)]
    units = [8 if odd else unit for odd, unit in zip(eighths, grid.units, strict=True)]
    odd = np.repeat(eighths, grid.meters)
    return grid.in_units(units).divided(np.where(odd & (grid.divisions % 2 == 0), grid.divisions // 2, grid.divisions))


def _feel(known: _Hits, grid: Grid, usual: int) -> Feel:
    """The swing of the song: the best of `SWINGS` for triplets, and for sixteenths those or none."""
    n_beats = len(grid.divisions)

    def nats(division: int, feel: Feel = STRAIGHT) -> Floats:
        return known.nats(division, feel, n_beats) - _COSTS.get(division, 0.0 if division == usual else _FINER_COST)

    def with_triplets(place: float) -> float:
        """Beats may be straight as well."""
        better = np.maximum(nats(TRIPLETS, Feel(triplet=place)) - nats(usual), 0).sum()
        return float(better) - _SWING_COST * (place != STRAIGHT.triplet)

    triplet = max(SWINGS, key=with_triplets)
    if usual % 4:
        return Feel(triplet)
    triple = np.maximum(nats(TRIPLETS, Feel(triplet)), nats(SEXTUPLETS))

    def with_sixteenths(place: float) -> float:
        """No sixteenth of the song is straight if they swing."""
        feel = Feel(sixteenth=place)
        fits = np.max([nats(usual, feel), nats(2 * usual, feel), triple], axis=0).sum()
        return float(fits) - _SWING_COST * (place != STRAIGHT.sixteenth)

    return Feel(triplet, max((STRAIGHT.sixteenth, *SWINGS), key=with_sixteenths))


def _divisions(known: _Hits, grid: Grid, feel: Feel, usual: int) -> Integers:
    """(beats,) the best divisions; halves of the usual slots stand for thirty-seconds.

    A state is a passage's feel, by the division that is at home in it, and the division of the beat.
    """
    divisions = np.array([usual, TRIPLETS, SEXTUPLETS, 2 * usual])
    n_beats = len(grid.divisions)
    costs = [0.0, _COSTS[TRIPLETS], _COSTS[SEXTUPLETS], _FINER_COST]
    nats = np.stack([known.nats(division, feel, n_beats) for division in divisions.tolist()], axis=1) - costs
    triple = divisions % TRIPLETS == 0
    scores = np.concatenate([nats - _FOREIGN_COST * triple, nats - _FOREIGN_COST * ~triple], axis=1)
    starts = np.isin(np.arange(n_beats), grid.bar_beat)
    costs_of = {start: _switches(len(divisions), _BAR_COST if start else _SWITCH_COST) for start in (False, True)}
    best, back = scores[0], []
    for score, start in zip(scores[1:], starts[1:].tolist(), strict=True):
        led = best[:, None] - costs_of[start]
        back.append(led.argmax(axis=0))
        best = led.max(axis=0) + score
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    chosen = divisions[np.array(path[::-1]) % len(divisions)]
    halved = grid.divisions != usual  # bars of eighths: half as many slots a beat
    return np.where(halved, np.where(chosen % TRIPLETS == 0, TRIPLETS, np.maximum(1, chosen // 2)), chosen)


def _switches(n_divisions: int, cost: float) -> Floats:
    """(2 * divisions, 2 * divisions) nats from each state to each: `cost` for another division in the same feel."""
    division = np.tile(np.arange(n_divisions), 2)
    feel = np.repeat([0, 1], n_divisions)
    within = np.where(division[:, None] == division, 0.0, cost)
    return np.where(feel[:, None] == feel, within, _FEEL_COST)


def _is_compound(grid: Grid, known: _Hits) -> bool:
    """Whether a song is one of dotted beats: triplets nearly throughout, of which the second is often played."""
    filled = np.unique(known.beat)
    triple = grid.divisions[filled] % TRIPLETS == 0
    second = np.unique(known.beat[np.abs(known.phase - 1 / 3) < 0.08])
    return (
        len(filled) > 0
        and all(meter in (2, 3, 4) for meter in grid.meters)
        and float(triple.mean()) >= _COMPOUND
        and len(second) >= _FILLED * len(filled)
    )


def compound(grid: Grid, known: _Hits) -> Grid:
    """The same bars in eighths, three to each beat; beats without triplets become sextuplets."""
    divisions = np.where(grid.divisions % TRIPLETS == 0, grid.divisions, SEXTUPLETS)
    time = np.interp(np.arange(len(divisions) * TRIPLETS + 1) / TRIPLETS, np.arange(len(divisions) + 1), grid.beat_time)
    meters = tuple(TRIPLETS * meter for meter in grid.meters)
    return Grid(time, np.repeat(divisions // TRIPLETS, TRIPLETS), meters, (8,) * len(meters))
