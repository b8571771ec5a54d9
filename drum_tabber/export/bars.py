"""Bars on their way to files of notes and back: strokes at exact places to bars of slots, the readers' way to a `Tab`.

A file of notes says where a stroke lies in its beat, as a fraction, and has no columns. Beats of triplets, or of
sextuplets, make all of their bar such where that holds its strokes; else each beat gets the usual number of slots where
these hold its strokes, and as few as do where they don't.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from drum_tabber.meter.grid import Grid
from drum_tabber.tab import Bar, Section, Stroke, Tab
from drum_tabber.tab.collision import settled
from drum_tabber.tab.notation import Meaning
from drum_tabber.vocabulary import Vocabulary

MOST_BARS = 5000  # of a song

_DIVISIONS = (1, 2, 3, 4, 6, 8, 12, 16, 5, 7, 9, 10, 11, 24, 32, 48)  # of a beat, on which strokes are looked for
_NEAR = 0.05  # seconds
_TRIPLE = (3, 6)  # slots a beat that bars have throughout
_USUAL = {1: 16, 2: 8, 4: 4, 8: 2}  # slots a beat, by what note a beat is


def place_of(beats: float, tolerance: float) -> Fraction | None:
    """The simplest part of a beat that lies within a tolerance of a number of beats; None where there is none."""
    for division in _DIVISIONS:
        parts = round(beats * division)
        if abs(parts / division - beats) <= tolerance:
            return Fraction(parts, division)
    return None


def bars_of(meters: Sequence[tuple[int, int]], strokes: Iterable[tuple[int, Fraction, Meaning]]) -> tuple[Bar, ...]:
    """Bars of these meters with strokes, each at a bar (from 1) and a number of beats from its start."""
    found: dict[tuple[int, int], set[tuple[Fraction, Meaning]]] = defaultdict(set)
    for bar, place, meaning in strokes:
        found[bar, int(place)].add((place % 1, meaning))
    bars = []
    for number, (n_beats, unit) in enumerate(meters, start=1):
        beats = [found[number, beat] for beat in range(n_beats)]
        divisions = _divisions(unit, [math.lcm(*(place.denominator for place, _ in beat)) for beat in beats])
        starts = [sum(divisions[:beat]) for beat in range(n_beats)]
        bars.append(
            Bar(
                tuple(divisions),
                unit,
                tuple(
                    Stroke(start + int(place * division), *meaning)
                    for start, division, beat in zip(starts, divisions, beats, strict=True)
                    for place, meaning in beat
                ),
            )
        )
    return tuple(bars)


def _divisions(unit: int, needed: Sequence[int]) -> list[int]:
    """The slots of a bar's beats, which need so many."""
    for triple in _TRIPLE:
        if triple in needed and not any(triple % division for division in needed):
            return [triple] * len(needed)
    usual = _USUAL.get(unit, 1)
    return [division if usual % division else usual for division in needed]


def from_recording(grid: Grid, tab: Tab) -> tuple[Grid, Tab]:
    """Both without the beats of the first bar that rest before the recording begins: what is left is a pick-up.

    What begins within `_NEAR` of the recording begins with it: else a beat would have to lead in, in no time.
    """
    n_beats = grid.meters[0] if tab.bars else 1
    played = min((stroke.slot for stroke in tab.bars[0].strokes), default=math.inf) if tab.bars else 0
    gone = 0
    while gone < n_beats - 1 and grid.beat_time[gone + 1] < _NEAR and grid.beat_slot[gone + 1] <= played:
        gone += 1
    times = grid.beat_time[gone:].copy()
    times[0] = 0.0 if abs(times[0]) < _NEAR else times[0]
    meters = (grid.meters[0] - gone, *grid.meters[1:])
    begun = replace(grid, beat_time=times, divisions=grid.divisions[gone:], meters=meters)
    if not gone:
        return begun, tab
    first, slots = tab.bars[0], int(grid.beat_slot[gone])
    strokes = tuple(stroke._replace(slot=stroke.slot - slots) for stroke in first.strokes)
    bars = (replace(first, divisions=first.divisions[gone:], strokes=strokes), *tab.bars[1:])
    return begun, replace(tab, bars=bars)


def legible(tab: Tab, vocabulary: Vocabulary) -> tuple[Tab, dict[tuple[str, str], list[int]]]:
    """The same with one stroke in each row and slot, as a tab in text has room for, and the bars (from 1) in which a
    drum gives way to another, by the two."""
    bars = []
    given: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, bar in enumerate(tab.bars, start=1):
        kept, ways = settled(bar.strokes, vocabulary)
        bars.append(replace(bar, strokes=kept))
        for way in sorted(ways):
            given[way].append(number)
    return replace(tab, bars=tuple(bars)), given


def sections_at(names: Iterable[tuple[int, str]], tempi: Sequence[float]) -> tuple[Section, ...]:
    """The sections of a tab whose bars have these tempi: where a name stands, and where the tempo changes."""
    named = dict(names)
    changes = {bar: tempo for bar, (before, tempo) in enumerate(pairwise(tempi), start=2) if tempo != before}
    bars = sorted(bar for bar in {*named, *changes} if 1 <= bar <= len(tempi))
    return tuple(Section(named.get(bar, ""), bar, None, changes.get(bar)) for bar in bars)
