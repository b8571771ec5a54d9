"""Strokes at exact places to bars of slots: the readers' way to a `Tab`.

A file of notes says where a stroke lies in its beat, as a fraction, and has no columns. Each beat gets the usual
number of slots where these hold its strokes, else as few as do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from drum_tabber.tab import Bar, Section, Stroke
from drum_tabber.tab.notation import Meaning

_USUAL = {1: 16, 2: 8, 4: 4, 8: 2}  # slots a beat, by what note a beat is


def bars_of(meters: Sequence[tuple[int, int]], strokes: Iterable[tuple[int, Fraction, Meaning]]) -> tuple[Bar, ...]:
    """Bars of these meters with strokes, each at a bar (from 1) and a number of beats from its start."""
    found: dict[tuple[int, int], set[tuple[Fraction, Meaning]]] = defaultdict(set)
    for bar, place, meaning in strokes:
        found[bar, int(place)].add((place % 1, meaning))
    bars = []
    for number, (n_beats, unit) in enumerate(meters, start=1):
        beats = [found[number, beat] for beat in range(n_beats)]
        divisions = [_division(unit, (place for place, _ in beat)) for beat in beats]
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


def _division(unit: int, places: Iterable[Fraction]) -> int:
    needed, usual = math.lcm(*(place.denominator for place in places)), _USUAL.get(unit, 1)
    return needed if usual % needed else usual


def sections_at(names: Iterable[tuple[int, str]], tempi: Sequence[float]) -> tuple[Section, ...]:
    """The sections of a tab whose bars have these tempi: where a name stands, and where the tempo changes."""
    named = dict(names)
    changes = {bar: tempo for bar, (before, tempo) in enumerate(pairwise(tempi), start=2) if tempo != before}
    bars = sorted(bar for bar in {*named, *changes} if 1 <= bar <= len(tempi))
    return tuple(Section(named.get(bar, ""), bar, None, changes.get(bar)) for bar in bars)
