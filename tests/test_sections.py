"""Sections are found where the groove changes, and named by what comes again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

import configs
from drum_tabber.notation.sections import FREE, IN_TIME, LEAST_BARS, REST, Section, find, numbered, with_free
from drum_tabber.tab import Bar, Stroke, Tab
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)


def bar(time: str, kick: tuple[int, ...], *more: Stroke) -> Bar:
    """A bar of eighths on one drum, a backbeat, and some kicks."""
    eighths = [Stroke(slot, time) for slot in range(0, 16, 2)]
    return Bar(strokes=(*eighths, Stroke(4, "SD"), Stroke(12, "SD"), *(Stroke(slot, "BD") for slot in kick), *more))


VERSE = bar("HH", (0, 8))
CHORUS = bar("HO", (0, 6, 8, 10))
BRIDGE = bar("RD", (0, 10))
FILL = Bar(strokes=tuple(Stroke(slot, "SD" if slot < 8 else "LT") for slot in range(16)))


def crashed(first: Bar) -> Bar:
    """The bar with a crash on its first beat."""
    return replace(first, strokes=(*first.strokes, Stroke(0, "CC")))


def phrase(groove: Bar, n_bars: int = 8) -> list[Bar]:
    """A groove that a crash begins and a fill ends."""
    return [crashed(groove), *[groove] * (n_bars - 2), FILL]


SONG = [phrase(one) for one in (VERSE, CHORUS, VERSE, CHORUS, BRIDGE, CHORUS)]
EXPECTED = [("Verse 1", 1), ("Chorus 1", 9), ("Verse 2", 17), ("Chorus 2", 25), ("Bridge", 33), ("Chorus 3", 41)]


def found(bars: list[Bar]) -> list[tuple[str, int]]:
    """Name and first bar of each section."""
    return [(section.name, section.bar) for section in numbered(find(Tab("", 120.0, tuple(bars)), DRUMS))]


def test_a_song_in_six_parts() -> None:
    assert found([one for part in SONG for one in part]) == EXPECTED


def test_parts_are_found_though_no_two_bars_are_alike() -> None:
    rng = np.random.default_rng(3)
    bars = []
    for one in (one for part in SONG for one in part):
        kept = [stroke for stroke in one.strokes if rng.random() > 0.06]
        spare = [slot for slot in range(16) if not any((s.slot, s.drum) == (slot, "BD") for s in kept)]
        bars.append(Bar(strokes=(*kept, Stroke(int(rng.choice(spare)), "BD"))))
    assert found(bars) == EXPECTED


def test_one_groove_is_one_section_whatever_its_fills() -> None:
    assert found(phrase(VERSE) * 3) == [("Groove", 1)]


def test_without_a_chorus_that_comes_back_parts_have_letters() -> None:
    bars = [*phrase(VERSE), *phrase(CHORUS, 16), *phrase(VERSE)]
    assert found(bars) == [("Part A", 1), ("Part B", 9), ("Part A", 25)]


def test_a_song_of_many_parts_has_letters() -> None:
    others = [bar("HP", ()), bar("CC", (0, 4, 8, 12)), bar("RB", (2, 14)), bar("RD", (0, 3, 6, 10, 12))]
    bars = [*phrase(VERSE, 4), *phrase(CHORUS, 4), *phrase(VERSE, 4), *phrase(CHORUS, 4)]
    bars += [one for other in others for one in phrase(other, 8)]
    assert [name.split()[0] for name, _ in found(bars)] == ["Part"] * 7 + ["Outro"]


def test_a_short_lead_in_and_an_end_that_comes_once() -> None:
    silence = Bar()
    bars = [silence] * 2 + [one for part in SONG[:4] for one in part] + [silence] * 4
    assert found(bars)[0] == ("Intro", 1) and found(bars)[1] == ("Verse 1", 3)
    assert found(bars)[-1] == ("Rest", 35)


def test_a_song_has_one_intro() -> None:
    bars = [bar("RD", (0,))] * 2 + phrase(BRIDGE) + [one for part in SONG[:4] for one in part]
    assert [name for name, _ in found(bars)].count("Intro") == 1
    assert found(bars)[0] == ("Intro", 1)


def test_silence_is_a_rest_and_leaves_the_names_of_what_is_played() -> None:
    first, *others = ([*part] for part in SONG)
    silence = [crashed(Bar()), *[Bar()] * 9]
    named = found([*first, *silence, *(one for part in others for one in part)])
    assert named == [EXPECTED[0], ("Rest", 9), *((name, bar + 10) for name, bar in EXPECTED[1:])]


def test_sections_follow_on_one_another_and_cover_the_tab() -> None:
    rng = np.random.default_rng(5)
    bars = [bar(str(rng.choice(["HH", "RD", "CC"])), tuple(rng.integers(0, 16, 1).tolist())) for _ in range(37)]
    sections = find(Tab("", 120.0, tuple(bars)), DRUMS)
    assert sections[0].bar == 1 and sum(section.n_bars for section in sections) == 37
    for one, after in pairwise(sections):
        assert one.bar + one.n_bars == after.bar


def test_a_few_bars_have_no_sections() -> None:
    assert found([VERSE] * (LEAST_BARS - 1)) == [] == found([])


def filling(n_bars: int, first: int, last: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Of so many bars those from `first` to `last`, counted from 1."""
    return (np.arange(1, n_bars + 1) >= first) & (np.arange(1, n_bars + 1) <= last)


def test_a_free_passage_is_a_section_and_what_it_interrupts_goes_on() -> None:
    parts = (Section("Verse", 1, 8), Section("Chorus", 9, 8))
    told = with_free(parts, [filling(16, 4, 6)])
    assert told == (Section("Verse", 1, 3), Section(FREE, 4, 3), Section(IN_TIME, 7, 2), Section("Chorus", 9, 8))


def test_parts_that_a_free_passage_covers_leave_no_gap_in_the_numbers() -> None:
    names = ("Verse", "Chorus", REST, "Verse", "Chorus", REST)
    parts = tuple(Section(name, 1 + 8 * number, 8) for number, name in enumerate(names))
    told = numbered(with_free(parts, [filling(48, 1, 8)]))
    assert [part.name for part in told] == [FREE, "Chorus 1", REST, "Verse", "Chorus 2", REST]


def test_a_free_introduction_stands_before_the_first_section() -> None:
    parts = (Section("Intro", 1, 4), Section("Verse", 5, 12))
    assert with_free(parts, [filling(16, 1, 4)]) == (Section(FREE, 1, 4), Section("Verse", 5, 12))


def test_a_free_passage_over_a_bar_line_between_sections_ends_in_the_later() -> None:
    parts = (Section("Verse", 1, 8), Section("Chorus", 9, 8))
    told = with_free(parts, [filling(16, 7, 10)])
    assert told == (Section("Verse", 1, 6), Section(FREE, 7, 4), Section("Chorus", 11, 6))


def test_a_short_song_says_where_time_begins() -> None:
    assert with_free((), [filling(6, 1, 2)]) == (Section(FREE, 1, 2), Section(IN_TIME, 3, 4))


def test_no_free_passage_changes_nothing() -> None:
    parts = (Section("Verse", 1, 8), Section("Chorus", 9, 8))
    assert with_free(parts, []) == parts
    assert with_free((), []) == ()
    assert with_free(parts, [filling(16, 0, 0)]) == parts
