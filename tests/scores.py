"""Tabs that tests of writers and readers of scores are made of: any meter, any division, any way of playing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from hypothesis import strategies as st

import configs
from drum_tabber.notation.quantize import Dynamics
from drum_tabber.notation.transcription import Presentation
from drum_tabber.tab import Bar, Section, Stroke, Tab, TabStyle
from drum_tabber.tab.notation import Dynamic, Notation
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
PRESENTATION = Presentation(DRUMS, TabStyle(tuple(configs.TAB_ROWS)), 4, Dynamics())
NOTATION = Notation(DRUMS)
METERS = [(4, 4), (3, 4), (2, 4), (5, 4), (7, 4), (6, 8), (5, 8), (7, 8), (9, 8), (12, 8), (1, 2), (2, 2), (3, 16)]
NAMES = st.text(st.characters(codec="latin-1", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@st.composite
def bars(draw: st.DrawFn, articulations: Sequence[str] | None = None) -> Bar:
    """A bar of any meter and mixture of divisions, at most one stroke on each row and slot; some ways of playing."""
    n_beats, unit = draw(st.sampled_from(METERS))
    even = st.sampled_from([1, 2, 3, 4, 6, 8, 12]).map(lambda division: [division] * n_beats)
    mixed = st.lists(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9]), min_size=n_beats, max_size=n_beats)
    divisions = tuple(draw(even | mixed))
    cells = st.tuples(st.integers(0, sum(divisions) - 1), st.sampled_from(sorted(NOTATION.rows)))
    strokes = []
    for slot, row in draw(st.sets(cells, max_size=12)):
        meanings = [one for one in NOTATION.rows[row].values() if articulations is None or one[2] in articulations]
        strokes.append(Stroke(slot, *draw(st.sampled_from(sorted(meanings)))))
    return Bar(divisions, unit, tuple(strokes))


@st.composite
def even_tabs(draw: st.DrawFn) -> Tab:
    """A tab of bars that are straight or in triplets throughout, and of which a stroke in some beat tells which."""
    content = []
    for division in draw(st.lists(st.sampled_from([3, 4, 6]), min_size=1, max_size=4)):
        n_beats = draw(st.sampled_from([2, 3, 4]))
        telling = draw(st.integers(0, n_beats - 1)) * division + 1
        slots = draw(st.sets(st.integers(0, n_beats * division - 1), max_size=6)) | {telling}
        strokes = [Stroke(slot, draw(st.sampled_from(["BD", "SD", "HH"]))) for slot in slots]
        content.append(Bar.even(n_beats * division, (n_beats, 4), strokes))
    return Tab("Even", 100.0, tuple(content))


@st.composite
def tabs(draw: st.DrawFn, articulations: Sequence[str] | None = None) -> Tab:
    """A tab of a few bars, in sections or not, some with a tempo of their own."""
    tempi = st.integers(4000, 30000).map(lambda hundredths: hundredths / 100)
    content = tuple(draw(st.lists(bars(articulations), min_size=1, max_size=6)))
    starts = draw(st.sets(st.integers(1, len(content))))
    sections = tuple(Section(draw(NAMES), bar, None, draw(st.none() | tempi)) for bar in sorted(starts))
    return Tab(draw(NAMES), draw(tempi), content, sections)


Music = tuple[
    str,
    list[tuple[int, int]],
    list[set[tuple[Fraction, str, Dynamic, str]]],
    dict[int, str],
    list[float],
]


def music(tab: Tab) -> Music:
    """What a tab says, but for its columns: title, meters, strokes at parts of beats, sections' names, bars' tempi."""
    meters = [bar.meter for bar in tab.bars]
    strokes = []
    for bar in tab.bars:
        places = [Fraction(beat) + Fraction(slot, n) for beat, n in enumerate(bar.divisions) for slot in range(n)]
        strokes.append({(places[stroke.slot], *stroke.meaning) for stroke in bar.strokes})
    names = {section.bar: section.name for section in tab.sections if section.name}
    return tab.title, meters, strokes, names, [round(tempo, 2) for tempo in tab.tempi()]


def one_drum(strokes: Iterable[Stroke], n_slots: int = 16) -> Tab:
    """A tab of one bar."""
    return Tab("One", 100.0, (Bar.even(n_slots, strokes=strokes),))
