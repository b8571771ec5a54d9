"""Strokes that fall together on one row and slot, which have room for one: which it is.

The louder goes before. Of two alike it is the open hat and the bell, for nobody opens a hat or looks for the bell
without meaning to; and the snare itself, for a stick laid across its head is the quieter of the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from drum_tabber.tab.notation import Dynamic
from drum_tabber.tab.score import Stroke
from drum_tabber.vocabulary import Vocabulary

_LOUDNESS: dict[Dynamic, int] = {"ghost": 0, "normal": 1, "accent": 2}
_FULL = "snare"  # the family whose row's first drum goes before


def rank(drum: str, loudness: int, vocabulary: Vocabulary) -> tuple[int, bool]:
    """What is greatest for the drum that is kept; how loud is counted in any way."""
    row, family = vocabulary.by_code[drum].row, vocabulary.by_code[drum].family
    return loudness, (drum == vocabulary.rows[row][0]) == (family == _FULL)


def settled(strokes: Iterable[Stroke], vocabulary: Vocabulary) -> tuple[tuple[Stroke, ...], set[tuple[str, str]]]:
    """The strokes of a bar that are kept, and which drums give way to which others."""
    cells: dict[tuple[int, str], list[Stroke]] = defaultdict(list)
    for stroke in strokes:
        cells[stroke.slot, vocabulary.by_code[stroke.drum].row].append(stroke)
    kept, ways = [], set()
    for cell in cells.values():
        kept.append(max(cell, key=lambda stroke: rank(stroke.drum, _LOUDNESS[stroke.dynamic], vocabulary)))
        ways |= {(stroke.drum, kept[-1].drum) for stroke in cell if stroke.drum != kept[-1].drum}
    return tuple(kept), ways
