"""Hits on the grid: from performed times to bars and slots, to a `Tab`, and from a tab back to hits.

`subdivision.py` has chosen the slots of each beat; here `quantize` gives every hit a slot, `to_tab` writes them down;
`hits_of` is the way back. One drum plays at most once in a slot: a second hit there is moved to a free neighbour,
becomes the grace note of a flam or drag or part of a roll, or is not shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber.events import DEFAULT_VELOCITY, Hits
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.subdivision import STRAIGHT, Feel
from drum_tabber.tab import Bar, Stroke, Tab
from drum_tabber.tab.collision import rank
from drum_tabber.tab.notation import GRACES, Dynamic, Meaning, Notation
from drum_tabber.vocabulary import Vocabulary

FLAM = 0.05  # seconds: two hits of one drum closer than this are one stroke with a grace note

_FLAM_SLOTS = 0.6  # closer than this in slots, too, so that fast single strokes stay apart
_GRACES = ("", *GRACES)  # a stroke's articulation, by the grace notes before it
_ROLL = 4  # strokes so close that they are a roll
_GRACE_OFFSETS = {"flam": (-0.03,), "drag": (-0.06, -0.03)}  # seconds from the main stroke
EARLIEST = -0.001  # seconds: a grace note that misses time 0 by less is played at it, not left out
GRACE_LEVEL = 0.5  # velocity of a grace note, of its main stroke's
VELOCITIES: dict[Dynamic, int] = {"ghost": 30, "normal": DEFAULT_VELOCITY, "accent": 120}
_GHOSTED = "snare"  # the family that has ghost notes
_GRACED = ("snare", "tom")  # the families that have flams, drags and rolls; elsewhere what is so close is one stroke


@dataclass(frozen=True, eq=False)
class Placement:
    """Where each hit is written, aligned with the hits: `bar` (n,) from 1, `slot` (n,) from 0, whether it is `shown` in
    the tab, and `articulation` (n,), "flam" where a hidden hit just before is its grace note."""

    bar: NDArray[np.int64]
    slot: NDArray[np.int64]
    shown: NDArray[np.bool_]
    articulation: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.bar)

    def select(self, which: NDArray[np.bool_]) -> Placement:
        """Those of the hits that a mask picks."""
        return Placement(self.bar[which], self.slot[which], self.shown[which], self.articulation[which])


@dataclass(frozen=True)
class Dynamics:
    """Velocities (MIDI 1-127): at least `accent` is an accent, at most `ghost` a ghost note on the snare."""

    accent: int = 116
    ghost: int = 40


def quantize(hits: Hits, grid: Grid, feel: Feel = STRAIGHT, vocabulary: Vocabulary | None = None) -> Placement:
    """A slot of the grid for each hit, as it is written in this feel; of hits that must share a drum's slot the
    strongest is shown.

    Hits of one drum less than `FLAM` apart are one stroke: a flam or a drag where the strongest has others before it,
    a roll from four on. With a `vocabulary` only the drums have these that a drummer plays them on.
    """
    exact = _written(hits, grid, feel)
    n_slots = int(grid.bar_slot[-1])
    along = np.clip(np.rint(exact), 0, n_slots - 1).astype(np.int64)
    shown = np.ones(len(hits), bool)
    articulation = np.full(len(hits), "", "<U8")
    for drum in np.unique(hits.drum).tolist():
        graced = vocabulary is None or vocabulary.by_code[drum].family in _GRACED
        own = np.flatnonzero(hits.drum == drum)
        strokes = []
        for stroke in _with_grace_notes(own.tolist(), hits.time, exact):
            main = _main(stroke, hits)
            strokes.append(main)
            shown[stroke], shown[main] = False, True
            along[stroke] = along[main]
            if graced:
                articulation[main] = "roll" if len(stroke) >= _ROLL else _GRACES[min(2, stroke.index(main))]
        shown[_part(strokes, exact, along, hits.velocity * hits.confidence, n_slots)] = False
    bars, slots = grid.place(along)
    return Placement(bars, slots, shown, articulation)


def _written(hits: Hits, grid: Grid, feel: Feel) -> NDArray[np.float64]:
    """(hits,) slots from the start of the grid to where each hit is written, between slots where it is off."""
    beat = np.clip(np.searchsorted(grid.beat_time, hits.time, side="right") - 1, 0, len(grid.divisions) - 1)
    exact = grid.locate_along(hits.time)
    division = grid.divisions[beat]
    phase = (exact - grid.beat_slot[beat]) / division
    inside = (phase >= 0) & (phase <= 1)
    return np.where(inside, grid.beat_slot[beat] + feel.written(phase, division) * division, exact)


def _main(stroke: list[int], hits: Hits) -> int:
    """The hit that counts: the first of a roll, else the strongest."""
    return stroke[0] if len(stroke) >= _ROLL else max(stroke, key=lambda hit: (hits.velocity[hit], hit))


def _with_grace_notes(hits: Sequence[int], time: NDArray[np.float64], exact: NDArray[np.float64]) -> list[list[int]]:
    """The hits of one drum, grouped into strokes of those closer than `FLAM` and than their slots."""
    strokes = [[hits[0]]]
    for hit in hits[1:]:
        last = strokes[-1][-1]
        if time[hit] - time[last] < FLAM and exact[hit] - exact[last] < _FLAM_SLOTS:
            strokes[-1].append(hit)
        else:
            strokes.append([hit])
    return strokes


def _part(
    strokes: Sequence[int],
    exact: NDArray[np.float64],
    along: NDArray[np.int64],
    strength: NDArray[np.float64],
    n_slots: int,
) -> list[int]:
    """Part the strokes of one drum that fell on one slot: move one to a free neighbour in `along`, or hide the weaker.

    Returns the strokes to hide.
    """
    hidden = []
    taken = {-1, n_slots, *along[strokes].tolist()}
    kept = strokes[0]
    for stroke in strokes[1:]:
        if along[stroke] > along[kept]:
            kept = stroke
            continue
        slot = along[stroke] = along[kept]
        moves = [(kept, slot - 1), (stroke, slot + 1)]
        costs = {move: abs(exact[move[0]] - move[1]) for move in moves if move[1] not in taken}
        hit, to = min(costs, key=costs.__getitem__, default=(stroke, slot))
        if costs.get((hit, to), 1.0) < 1:
            along[hit] = to
            taken.add(to)
            kept = stroke
        else:
            weaker, kept = sorted((kept, stroke), key=lambda one: float(strength[one]))
            hidden.append(weaker)
    return hidden


def to_tab(hits: Hits, placement: Placement, grid: Grid, vocabulary: Vocabulary, dynamics: Dynamics | None) -> Tab:
    """The untitled tab of placed hits, up to the last bar that has any; without `dynamics` all strokes are alike.

    Where two drums share a row and slot (an open and a closed hat, say) one is written, as `collision.rank` has it, and
    what a row has no character for as the nearest that it has.
    """
    notation = Notation(vocabulary)
    ranks = [rank(*hit, vocabulary) for hit in zip(hits.drum.tolist(), hits.velocity.tolist(), strict=True)]
    strokes: dict[tuple[int, int, str], int] = {}
    for hit in np.flatnonzero(placement.shown).tolist():
        place = (int(placement.bar[hit]), int(placement.slot[hit]), vocabulary.by_code[str(hits.drum[hit])].row)
        strokes[place] = max(strokes.get(place, hit), hit, key=ranks.__getitem__)
    bars: dict[int, list[Stroke]] = defaultdict(list)
    for (bar, slot, _), hit in strokes.items():
        drum = str(hits.drum[hit])
        dynamic = _dynamic(int(hits.velocity[hit]), drum, vocabulary, dynamics)
        meaning = notation.nearest(Meaning(drum, dynamic, str(placement.articulation[hit])))
        bars[bar].append(Stroke(slot, *meaning))
    numbers = range(1, max(bars, default=0) + 1)
    written = (Bar(grid.bar_divisions(bar), grid.units[bar - 1], tuple(bars[bar])) for bar in numbers)
    return Tab("", grid.written_tempo, tuple(written))


def hits_of(tab: Tab, grid: Grid | None = None) -> Hits:
    """The hits that a tab asks for, on `grid`, or at the tab's own tempo from time 0.

    Velocities follow the dynamics, grace notes precede flams and drags. Grace notes before time 0 are left out.
    """
    return placed(tab, grid or Grid.of_tab(tab))[0]


def placed(
    tab: Tab, grid: Grid, times: ArrayLike | None = None, confidences: ArrayLike = 1.0
) -> tuple[Hits, Placement]:
    """The hits that a tab asks for and where each is written; grace notes are not shown, as `quantize` has it.

    `times` and `confidences` (strokes,) are those of the strokes, bar by bar, None: as the grid has it.
    """
    strokes = [stroke for bar in tab.bars for stroke in bar.strokes]
    bars = [number for number, bar in enumerate(tab.bars, start=1) for _ in bar.strokes]
    if times is None:
        times = grid.time_of(bars, [stroke.slot for stroke in strokes])
    confidences = np.broadcast_to(np.asarray(confidences, np.float64), len(strokes))
    rows: list[tuple[float, str, float, float, int, int, bool, str]] = []
    for time, number, stroke, sure in zip(
        np.asarray(times, np.float64).tolist(), bars, strokes, confidences.tolist(), strict=True
    ):
        velocity = VELOCITIES[stroke.dynamic]
        articulation = stroke.articulation if stroke.articulation in _GRACES else ""
        rows.append((time, stroke.drum, velocity, sure, number, stroke.slot, True, articulation))
        graces = (time + offset for offset in _GRACE_OFFSETS.get(stroke.articulation, ()))
        weak = velocity * GRACE_LEVEL
        played = (max(0.0, grace) for grace in graces if grace > EARLIEST)
        rows += [(grace, stroke.drum, weak, sure, number, stroke.slot, False, "") for grace in played]
    rows.sort(key=lambda row: row[:2])
    columns = list(map(list, zip(*rows, strict=True))) if rows else [[]] * 8
    where, slots, shown, articulations = columns[4:]
    placement = Placement(
        np.array(where, np.int64), np.array(slots, np.int64), np.array(shown, bool), np.array(articulations, "<U8")
    )
    return Hits.of(*columns[:4]), placement


def on_grid(hits: Hits, placement: Placement, grid: Grid) -> Hits:
    """The hits where they are written: on their slots, grace notes just before their strokes, a roll's strokes as fast
    after its first as they were played; others aren't shown."""
    times = grid.time_of(placement.bar, placement.slot)
    kept = placement.shown.copy()
    for main in np.flatnonzero(placement.shown & (placement.articulation != "")).tolist():
        own = (hits.drum == hits.drum[main]) & (placement.bar == placement.bar[main])
        own &= (placement.slot == placement.slot[main]) & ~placement.shown
        if placement.articulation[main] == "roll":
            rest = own & (hits.time >= hits.time[main])
            times[rest] += hits.time[rest] - hits.time[main]
            kept[rest] = True
            continue
        offsets = _GRACE_OFFSETS[str(placement.articulation[main])]
        graces = np.flatnonzero(own & (hits.time <= hits.time[main]))[-len(offsets) :]
        times[graces] += offsets[len(offsets) - len(graces) :]
        kept[graces] = times[graces] > EARLIEST
        times[graces] = np.maximum(times[graces], 0)
    return Hits.of(times[kept], hits.drum[kept], hits.velocity[kept], hits.confidence[kept])


def _dynamic(velocity: int, drum: str, vocabulary: Vocabulary, dynamics: Dynamics | None) -> Dynamic:
    if dynamics is None:
        return "normal"
    if velocity >= dynamics.accent:
        return "accent"
    return "ghost" if velocity <= dynamics.ghost and vocabulary.by_code[drum].family == _GHOSTED else "normal"
