"""Bars as notes with values: rhythms with known spellings, and what holds of every bar."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum_tabber.export.engraving import Group, Voice, beamed_beats, engrave
from drum_tabber.tab import Bar, Stroke


def spelled(voice: Voice) -> str:
    """A voice in letters: `8` an eighth, `8.` dotted, `r8` a rest, `(r8)` a hidden one, `3:2[…]` a tuplet."""
    return " | ".join(map(_spelled_group, voice))


def _spelled_group(group: Group) -> str:
    notes = []
    for note in group.notes:
        value = f"{note.value.base}{'.' * note.value.dots}"
        notes.append(value if note.strokes else f"(r{value})" if note.hidden else f"r{value}")
    inside = " ".join(notes)
    return f"{group.tuplet[0]}:{group.tuplet[1]}[{inside}]" if group.tuplet else inside


def bar_of(hands: str, feet: str = "", divisions: tuple[int, ...] = (4, 4, 4, 4), unit: int = 4) -> Bar:
    """A bar with a snare wherever `hands` has an x and a bass drum wherever `feet` has one."""
    rows = ((hands, "SD"), (feet, "BD"))
    strokes = [Stroke(slot, drum) for row, drum in rows for slot, mark in enumerate(row) if mark == "x"]
    return Bar(divisions, unit, tuple(strokes))


@pytest.mark.parametrize(
    ("hands", "spelling"),
    [
        ("x---x---x---x---", "4 | 4 | 4 | 4"),
        ("x-x-xxxxx--xxx--", "8 8 | 16 16 16 16 | 8. 16 | 16 8."),
        ("--x---xx-x-x-xx-", "r8 8 | r8 16 16 | r16 8 16 | r16 16 8"),
        ("---xx-----------", "r8. 16 | 4 | r2"),
        ("x--------------x", "4 | r4 | r4 | r8. 16"),
    ],
)
def test_sixteenths(hands: str, spelling: str) -> None:
    assert spelled(engrave(bar_of(hands))[0]) == spelling


def test_triplets_stand_beside_sixteenths() -> None:
    hands, _ = engrave(bar_of("xxxx-x--x--x---", divisions=(3, 3, 4, 5)))
    assert spelled(hands) == "3:2[8 8 8] | 3:2[4 8] | r8 8 | 5:4[r16 4]"


def test_a_finer_beat_is_written_as_coarsely_as_it_is_played() -> None:
    bar = bar_of("x-----x--x--x-x-x-xxxxxx", divisions=(6, 6, 6, 6))
    assert spelled(engrave(bar)[0]) == "4 | 8 8 | 3:2[8 8 8] | 6:4[16 16 16 16 16 16]"


def test_eighths_go_in_threes_in_compound_metres() -> None:
    bar = bar_of("x-x-x-x---x-", "x-----------", divisions=(2,) * 6, unit=8)
    hands, feet = engrave(bar)
    assert spelled(hands) == "8 8 8 | 4 8"
    assert spelled(feet) == "4. | (r4.)"


@pytest.mark.parametrize(
    ("meter", "beats"),
    [((4, 4), [1] * 4), ((3, 2), [1] * 3), ((6, 8), [3, 3]), ((5, 8), [2, 3]), ((7, 8), [2, 2, 3]), ((4, 8), [2, 2])],
)
def test_which_beats_share_a_beam(meter: tuple[int, int], beats: list[int]) -> None:
    assert beamed_beats(*meter) == beats


def test_rests_of_the_feet_are_shown_where_nothing_else_tells() -> None:
    hands, feet = engrave(bar_of("x-x-------------", "x---------x---x-"))
    assert spelled(hands) == "8 8 | r4 | r2"
    assert spelled(feet) == "4 | (r4) | r8 8 | r8 8"


def test_a_voice_that_rests_all_bar_long_is_empty() -> None:
    assert engrave(bar_of("", "x---------------"))[0] == ()
    assert engrave(Bar()) == ((), ())


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    """Bars of all metres and divisions, with any strokes."""
    beats, unit = draw(st.sampled_from([(4, 4), (3, 4), (5, 4), (6, 8), (9, 8), (12, 8), (5, 8), (7, 8), (2, 2)]))
    even = draw(st.booleans())
    division = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 12])
    divisions = (draw(division),) * beats if even else tuple(draw(division) for _ in range(beats))
    places = st.tuples(st.integers(0, sum(divisions) - 1), st.sampled_from(["SD", "HH", "BD", "HP"]))
    return Bar(divisions, unit, tuple(Stroke(*place) for place in draw(st.sets(places, max_size=12))))


@given(bars())
def test_every_stroke_sounds_once_and_at_its_time(bar: Bar) -> None:
    begins = [
        Fraction(beat, bar.unit) + Fraction(part, bar.unit * division)
        for beat, division in enumerate(bar.divisions)
        for part in range(division)
    ]
    seen: list[int] = []
    for voice in engrave(bar):
        at = Fraction(0)
        for group in voice:
            scale = Fraction(group.tuplet[1], group.tuplet[0]) if group.tuplet else Fraction(1)
            for note in group.notes:
                assert at == begins[note.slot]
                assert all(bar.strokes[index].slot == note.slot for index in note.strokes)
                seen += note.strokes
                at += note.value.length * scale
        assert not voice or at == Fraction(*bar.meter)
    assert sorted(seen) == list(range(len(bar.strokes)))
