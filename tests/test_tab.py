"""The grammar of tabs: what is written is read back, what others write is read, and faults are shown in their place."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import configs
from drum_tabber.errors import TabError
from drum_tabber.tab import (
    EMPTY,
    SWUNG,
    Bar,
    Section,
    Stroke,
    Tab,
    TabStyle,
    layout,
    load,
    read,
    signature,
    understand,
    words,
    write,
)
from drum_tabber.tab.line import without_number
from drum_tabber.tab.meter import MOST_BEATS, UNITS, meter_of
from drum_tabber.tab.notation import Meaning, Notation
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
STYLE = TabStyle(tuple(configs.TAB_ROWS))
NOTATION = Notation(DRUMS)

BEAT = """\
Title: Beat
Tempo: 132.5 BPM
Meter: 4/4

HH = hi-hat closed: x; hi-hat open: o
SD = snare: o, O accent, g ghost
BD = bass drum: o

HH|x-x-x-x-x-x-x-o-|x---------------|
SD|----o-------O--g|----------------|
BD|o-------o-o-----|o---------------|
  |1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|
"""


def strokes_of(tab: Tab, drum: str) -> list[tuple[int, int]]:
    """Bar and slot of a drum's strokes."""
    return [(number, one.slot) for number, bar in enumerate(tab.bars, 1) for one in bar.strokes if one.drum == drum]


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    """A bar of any meter and mixture of divisions, with at most one stroke on each row and slot."""
    n_beats, unit = draw(st.sampled_from([(4, 4), (3, 4), (2, 4), (5, 4), (6, 8), (7, 8), (12, 8), (1, 2)]))
    even = st.sampled_from([1, 2, 3, 4, 6, 8, 12]).map(lambda division: [division] * n_beats)
    mixed = st.lists(st.sampled_from([1, 2, 3, 4, 5, 6, 8]), min_size=n_beats, max_size=n_beats)
    divisions = tuple(draw(even | mixed))
    cells = st.tuples(st.integers(0, sum(divisions) - 1), st.sampled_from(sorted(NOTATION.rows)))
    strokes = []
    for slot, row in draw(st.sets(cells, max_size=12)):
        strokes.append(Stroke(slot, *draw(st.sampled_from(sorted(NOTATION.rows[row].values())))))
    return Bar(divisions, unit, tuple(strokes))


NAMES = ["Verse 1", "Chorus", "Pre-Chorus 2", "Outro", "Part C", "Break", "Groove", "Chorus x2", "Solo (0:32)", "Fill"]
TITLES = (
    st.sampled_from(NAMES)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
    | st.sampled_from(
        ["|x--|", "x = ghost", "  Verse  1 ", "Tempo: 90", "repeat x2", "&amp;", "HH|", "4/4", "0:32", "same as above"]
    )
)
TEMPI = st.integers(2000, 40000).map(lambda hundredths: hundredths / 100)
STAMPS = st.integers(0, 5_999_999).map(lambda milliseconds: milliseconds / 1000)


def _phrases(n_bars: int) -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """A few phrases of so many bars: the first, the one after the last, how often each is played."""
    phrase = st.tuples(st.integers(0, n_bars - 1), st.integers(1, 4), st.sampled_from([1, 2, 3, 8]))
    return st.lists(phrase.map(lambda one: (one[0], one[0] + one[1], one[2])), min_size=1, max_size=5)


@st.composite
def tabs(draw: st.DrawFn) -> Tab:
    """A tab of a few bars, in sections or not."""
    content: tuple[Bar, ...] = tuple(draw(st.lists(bars(), max_size=7)))
    again = draw(st.booleans())
    if content and again:  # phrases that come again
        content = tuple(bar for start, end, times in draw(_phrases(len(content))) for bar in content[start:end] * times)
    starts = draw(st.sets(st.integers(1, max(len(content), 1)))) if content else set()
    sections = (Section(draw(TITLES), bar, draw(st.none() | STAMPS), draw(st.none() | TEMPI)) for bar in sorted(starts))
    key, feel = draw(st.sampled_from(["", "A minor", "Gb major"])), draw(st.sampled_from(["", SWUNG]))
    return Tab(draw(TITLES), draw(TEMPI), content, tuple(sections), key, feel)


@settings(deadline=None, max_examples=80)
@given(tabs(), st.integers(1, 5), st.integers(40, 120), st.booleans(), st.booleans(), st.data())
def test_what_is_written_is_read_back(
    tab: Tab, bars_per_line: int, width: int, fold: bool, numbered: bool, data: st.DataObject
) -> None:
    style = TabStyle(STYLE.rows, bars_per_line, width, fold, numbered)
    strokes = [(number, stroke.slot) for number, bar in enumerate(tab.bars, 1) for stroke in bar.strokes]
    doubts = data.draw(st.sets(st.sampled_from(strokes))) if strokes else set()
    assert read(write(tab, DRUMS, style, doubts), DRUMS) == tab


@pytest.mark.parametrize("n_slots", [8, 12, 16, 24, 32, 48])
def test_bars_of_other_widths(n_slots: int) -> None:
    tab = Tab("", 90.0, (Bar.even(n_slots, strokes=[Stroke(n_slots - 1, "SD")]),))
    assert read(write(tab, DRUMS, STYLE), DRUMS) == tab


def test_a_written_tab() -> None:
    hats = [Stroke(slot, "HH") for slot in range(0, 14, 2)] + [Stroke(14, "HO")]
    snare = [Stroke(4, "SD"), Stroke(12, "SD", "accent"), Stroke(15, "SD", "ghost")]
    kick = [Stroke(slot, "BD") for slot in (0, 8, 10)]
    first = Bar.even(strokes=[*hats, *snare, *kick])
    tab = Tab("Beat", 132.5, (first, Bar.even(strokes=[Stroke(0, "HH"), Stroke(0, "BD")])))
    assert write(tab, DRUMS, STYLE) == BEAT
    assert read(BEAT, DRUMS) == tab


def test_a_tempo_is_told_in_the_beats_of_its_meter() -> None:
    bars = (Bar.even(12, (12, 8), [Stroke(0, "BD")]), Bar.even(16, (4, 4), [Stroke(0, "BD")]))
    tab = Tab(
        "", 217.4, (bars[0], bars[0], bars[1], bars[0]), (Section("", 3, None, 150.0), Section("", 4, None, 210.0))
    )
    text = write(tab, DRUMS, STYLE)
    assert [line for line in text.splitlines() if line.startswith("Tempo")] == [
        "Tempo: 217.4 BPM (dotted quarter = 144.9)",
        "Tempo: 150 BPM",
        "Tempo: 210 BPM (dotted quarter = 140)",
    ]
    assert read(text, DRUMS) == tab and not understand(text, DRUMS).unread


def test_lines_hold_what_the_style_allows() -> None:
    tab = Tab("", 100.0, (Bar(strokes=(Stroke(3, "BD"),)),) * 9)
    for width, longest in ((80, 3 + 4 * 17), (60, 3 + 3 * 17), (10, 3 + 17)):
        lines = write(tab, DRUMS, TabStyle(STYLE.rows, 4, width, fold=False)).splitlines()
        assert max(len(line) for line in lines if "|" in line) == longest


def test_counts_tell_the_number_of_their_first_bar() -> None:
    played = [Bar(strokes=(Stroke(n % 16, "BD"), Stroke(n // 16, "SD"))) for n in (0, 1, 1, 1, *range(2, 98))]
    tab, style = Tab("", 100.0, tuple(played)), TabStyle(STYLE.rows, numbered=True)
    lines = write(tab, DRUMS, style).splitlines()
    below = lines[lines.index("                    |_______x3_______|") + 1]
    assert below == "SD |o---------------|o---------------|"
    counts = [line.partition("|")[0] for line in lines if line.endswith("4e+a|")]
    assert counts[:3] == ["  1", "  5", "  9"] and counts[-1] == " 97"
    assert read("\n".join(lines), DRUMS) == tab
    assert write(replace(tab, bars=tab.bars[:8]), DRUMS, style).endswith("\n 5|" + "1e+a2e+a3e+a4e+a|" * 4 + "\n")


@pytest.mark.parametrize(
    ("line", "read_as"),
    [
        (" 12|1+2+|1+2+|", "   |1+2+|1+2+|"),
        ("123|:1e+a2e+a:|", "   |:1e+a2e+a:|"),
        ("12|x-1-x---|x---|", "12|x-1-x---|x---|"),
        ("12|1st time|", "12|1st time|"),
        ("5|" + "1" * 15000, "5|" + "1" * 15000),
    ],
)
def test_a_number_is_taken_off_a_count_alone(line: str, read_as: str) -> None:
    assert without_number(line) == read_as


def test_the_line_that_signs_a_tab_is_read_over() -> None:
    signed = signature.signed(BEAT)
    assert read(signed, DRUMS) == read(BEAT, DRUMS) and not understand(signed, DRUMS).unread
    assert signature.is_signed(signed) and signature.is_signed(signed.replace("\n", "\r\n").rstrip())
    assert not signature.is_signed(BEAT) and not signature.is_signed(signed.replace("o---", "oo--", 1))


def test_repeated_bars_and_phrases_are_written_once() -> None:
    one, two, other = (Bar(strokes=(Stroke(slot, "BD"),)) for slot in (0, 2, 4))
    tab = Tab("", 100.0, (one, one, one, other, *(one, two) * 3, other, other))
    lines = write(tab, DRUMS, STYLE).splitlines()
    assert [line for line in lines if "_" in line] == [
        "  |_______x3_______|",
        "  |________________x3_______________|",
    ]
    assert sum(line.count("1e+a2e+a") for line in lines) == 6
    assert read("\n".join(lines), DRUMS) == tab


@pytest.mark.parametrize(
    ("played", "written"),
    [("AAABAABAAAAC", "3A B A A B A 3A C"), ("AABAABAABAAB", "4AAB"), ("CABABABABC", "C 4AB C"), ("ABABABAB", "4AB")],
)
def test_phrases_are_of_as_many_bars_as_drummers_count(played: str, written: str) -> None:
    bars = [Bar(strokes=(Stroke(2 * "ABC".index(name), "BD"),)) for name in played]
    phrases = [phrase for line in layout.lines(bars, (), STYLE) for phrase in line.phrases]
    found = [(phrase.plays, played[phrase.first : phrase.first + phrase.n_bars]) for phrase in phrases]
    assert " ".join(f"{plays if plays > 1 else ''}{names}" for plays, names in found) == written


def test_what_is_longer_than_a_line_and_comes_again_stands_between_repeat_signs() -> None:
    content = [Bar(strokes=(Stroke(slot, "BD"), Stroke(0, "HH"))) for slot in range(6)]
    tab = Tab("", 100.0, (content[5], *content[:5] * 3, content[0], content[1]))
    doubts = {(2 + 5 * time, 0) for time in range(3)} | {(3, 1)}
    text = write(tab, DRUMS, STYLE, doubts)
    blocks = [block.splitlines() for block in text.split("\n\n") if "|" in block]
    opening, closing = blocks[1], blocks[2]
    assert all(line.startswith(("HH|:", "BD|:")) for line in opening[:2]) and opening[2].startswith("  |:1e+a")
    assert opening[3] == " ?|:?" + "---------------|" + "|".join(["-" * 16] * 3) + "|"
    assert closing[0].endswith(":| x3") and closing[1].endswith(":|") and closing[2].endswith("4e+a:|")
    assert read(text, DRUMS) == tab
    assert not understand(text, DRUMS).unread  # the legend of the doubts among the rest


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_repeats_over_lines_are_read_back(data: st.DataObject) -> None:
    """Bodies longer than a line, with bars folded within them, before and after other bars and each other."""
    pool = [
        Bar(strokes=tuple(Stroke(slot, code) for slot in range(n, 16, 4))) for n, code in enumerate(["BD", "SD", "HH"])
    ]
    some = st.lists(st.sampled_from([*pool, Bar()]), min_size=2, max_size=12)
    played: list[Bar] = []
    for _ in range(data.draw(st.integers(1, 3))):
        played += data.draw(some) * data.draw(st.integers(1, 4))
    starts = sorted(data.draw(st.sets(st.integers(1, len(played)), max_size=2)))
    tab = Tab("", 100.0, tuple(played), tuple(Section("Verse", bar) for bar in starts))
    width = data.draw(st.integers(40, 90))
    text = write(
        tab, DRUMS, TabStyle(STYLE.rows, data.draw(st.integers(1, 4)), width, numbered=data.draw(st.booleans()))
    )
    assert read(text, DRUMS) == tab
    assert all(len(line) <= width for line in text.splitlines() if "|" in line)


@pytest.mark.parametrize(
    ("text", "played"),
    [
        ("B|:o---|-o--|\n\nB|--o-|---o:|", "01230123"),
        ("B|:o---|-o--|\n\nB|--o-|---o:| x3", "012301230123"),
        ("B|o---|\n\nB|:-o--|--o-|\n\nB|---o:| x3\n\nB|o---| x2", "012312312300"),
        ("  |_x2_|\nB|:o---|-o--|\n\n       |_x2_|\nB|--o-|---o:|", "001233001233"),
        ("B|:o---:| x3\n\nB|-o--:| x2", "00011"),
    ],
)
def test_repeats_over_lines(text: str, played: str) -> None:
    assert kicks(text) == played


def test_no_repeat_goes_over_the_beginning_of_a_section() -> None:
    bar = Bar(strokes=(Stroke(0, "BD"),))
    tab = Tab("", 100.0, (bar,) * 8, (Section("Verse 1", 1, 4.0), Section("Chorus", 5)))
    text = write(tab, DRUMS, STYLE)
    assert "[Verse 1] 0:04\n  |_______x4_______|\n" in text and "[Chorus]\n  |_______x4_______|\n" in text
    assert read(text, DRUMS) == tab


def test_rows_stand_in_the_order_asked_for_and_only_where_used() -> None:
    strokes = [Stroke(0, "BD"), Stroke(0, "CC"), Stroke(2, "LT")]
    text = write(Tab("", 100.0, (Bar(strokes=tuple(strokes)),)), DRUMS, TabStyle(tuple(reversed(STYLE.rows))))
    assert [line[:2] for line in text.splitlines() if "|" in line] == ["BD", "LT", "CC", "  "]
    assert "snare" not in text


def test_a_tab_without_drums_says_so() -> None:
    text = write(Tab("Silence", 120.0), DRUMS, STYLE)
    assert EMPTY in text
    assert read(text, DRUMS) == Tab("Silence", 120.0)


def test_a_change_of_meter_starts_a_block_that_says_so() -> None:
    tab = Tab("", 120.0, (Bar.even(16), Bar.even(12, (6, 8)), Bar.even(14, (7, 8)), Bar.even(12, (3, 4))))
    text = write(tab, DRUMS, STYLE)
    assert [line for line in text.splitlines() if "Meter" in line] == [
        "Meter: 4/4",
        "Meter: 6/8",
        "Meter: 7/8",
        "Meter: 3/4",
    ]
    assert read(text, DRUMS) == tab


@pytest.mark.parametrize("unit", UNITS)
def test_every_meter_that_scores_may_have_is_read_back(unit: int) -> None:
    for beats in (1, 5, 32, 33, MOST_BEATS):
        tab = Tab("", 120.0, (Bar((1,) * beats, unit, (Stroke(0, "BD"),)), Bar()))
        assert read(write(tab, DRUMS, STYLE), DRUMS) == tab


def test_what_is_no_meter_is_none() -> None:
    for text in ("Meter: 0/4", "Meter: 65/4", "Meter: 4/5", "Meter: 4/0"):
        assert words.meter(text) is None
        with pytest.raises(ValueError, match=f"there is no meter of {text[7:]}"):
            meter_of(*map(int, text[7:].split("/")))


def test_what_a_row_cannot_show_is_written_as_the_nearest() -> None:
    tab = Tab(
        "",
        120.0,
        (Bar(strokes=(Stroke(1, "HO", "ghost"), Stroke(2, "SD", "ghost", "flam"), Stroke(3, "SS", "normal", "drag"))),),
    )
    nearest = (Stroke(1, "HO"), Stroke(2, "SD", "normal", "flam"), Stroke(3, "SS"))
    assert read(write(tab, DRUMS, STYLE), DRUMS).bars[0].strokes == nearest


def test_two_strokes_of_one_cell_are_refused() -> None:
    with pytest.raises(ValueError, match="two strokes share slot 1 of row HH"):
        write(Tab("", 120.0, (Bar(strokes=(Stroke(1, "HH"), Stroke(1, "HO"))),)), DRUMS, STYLE)


@pytest.mark.parametrize(
    ("rows", "kept", "why"),
    [
        (("HH|x---|", "OH|x---|"), Stroke(0, "HO"), "HH gives way to HO in one slot"),
        (("OH|x---|", "HH|x---|"), Stroke(0, "HO"), "HH gives way to HO in one slot"),
        (("HH|X---|", "OH|x---|"), Stroke(0, "HH", "accent"), "HO gives way to HH in one slot"),
        (("RD|x---|", "RB|x---|"), Stroke(0, "RB"), "RD gives way to RB in one slot"),
        (("SS|x---|", "SD|o---|"), Stroke(0, "SD"), "SS gives way to SD in one slot"),
    ],
)
def test_of_two_rows_that_become_one_the_louder_is_kept_or_what_is_meant(
    rows: tuple[str, ...], kept: Stroke, why: str
) -> None:
    reading = understand("\n".join([*rows, "BD|o---|", "  |1e+a|"]), DRUMS)
    assert reading.tab.bars[0].strokes == (Stroke(0, "BD"), kept)
    assert why in [repair.why for repair in reading.repairs]


def test_a_stroke_outside_its_bar_is_refused() -> None:
    with pytest.raises(ValueError, match="16 slots"):
        Bar(strokes=(Stroke(16, "BD"),))


def test_the_precursors_tabs() -> None:
    tab = read(
        """
Verse 1:
                       a note line
C2|x---------------|----------------|
C |----------------|x---------------|
HH|-xxxXxxx-xXwxo-o|O--------xxssXxx|
S |--------d-------|f-------r-------|
B |o---------------|o--o--x-o---X---|
  |1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|
HH|x\u2014\u2014\u2014----\u2014-------|
  |1e+a2e+a3e+a4e+a|
""",
        DRUMS,
    )
    assert len(tab.bars) == 3
    assert strokes_of(tab, "CC") == [(1, 0), (2, 0)]
    assert strokes_of(tab, "HO") == [(1, 11), (1, 13), (1, 15), (2, 0)]
    assert strokes_of(tab, "HP") == [(2, 11), (2, 12)]
    assert strokes_of(tab, "BD") == [(1, 0), (2, 0), (2, 3), (2, 6), (2, 8), (2, 12)]
    assert strokes_of(tab, "SS") == [(2, 8)]
    assert Stroke(8, "SD", "normal", "drag") in tab.bars[0].strokes
    assert Stroke(0, "SD", "normal", "flam") in tab.bars[1].strokes
    assert strokes_of(tab, "HH")[-1] == (3, 0)


@pytest.mark.parametrize(
    ("count", "row", "divisions", "slots"),
    [
        ("1e+a2te3e+a4e+a", "o---ooo----o---", (4, 3, 4, 4), [0, 4, 5, 6, 11]),
        ("1+2+3+4+", "oo--o---", (2, 2, 2, 2), [0, 1, 4]),
        ("1 + 2 + ", "oo--o---", (4, 4), [0, 1, 4]),
        ("1tq3tq", "ooo-o-", (3, 3, 3, 3), [0, 2, 4, 8]),
        ("1ts+a2ts+ts", "-o-o-o-o--o", (12, 6), [2, 6, 12, 14, 17]),
        ("123", "-o-", (1, 1, 1), [1]),
        ("1nnn2nnn", "-o----o-", (4, 4), [1, 6]),
    ],
)
def test_counts(count: str, row: str, divisions: tuple[int, ...], slots: list[int]) -> None:
    bar = read(f"B |{row}|\n  |{count}|\n", DRUMS).bars[0]
    assert bar.divisions == divisions
    assert [stroke.slot for stroke in bar.strokes] == slots


def test_the_count_may_stand_above_or_be_missing() -> None:
    above = "  |1e+a2e+a|\nS |----o---|\n  |1e+a2e+a|\nS |o-------|\n"
    assert strokes_of(read(above, DRUMS), "SD") == [(1, 4), (2, 0)]
    assert read("Meter: 2/4\n\nS |----o---|\n", DRUMS).bars == (Bar.even(8, (2, 4), [Stroke(4, "SD")]),)


def test_a_legend_goes_before_the_tables() -> None:
    legend = "c = china\nC1: ride cymbal\n@ - flam\nX = accented double note\n"
    bar = read(f"{legend}c |x-------|\nC1|--x-----|\nS |@-----X-|\n  |1+2+3+4+|\n", DRUMS).bars[0]
    assert set(bar.strokes) == {
        Stroke(0, "CH"),
        Stroke(2, "RD"),
        Stroke(0, "SD", "normal", "flam"),
        Stroke(6, "SD", "accent", "drag"),
    }


def test_a_row_for_the_bell_alone() -> None:
    assert read("RB|x-X-|\nRD|-xb-|\n  |1+2+|\n", DRUMS).bars[0].strokes == (
        Stroke(0, "RB"),
        Stroke(1, "RD"),
        Stroke(2, "RB", "accent"),
    )


@pytest.mark.parametrize("line", ["Tempo: 87.5", "tempo = 87.5 bpm", "BPM 87.5", "play it at 87.5bpm"])
def test_tempo_lines(line: str) -> None:
    assert read(f"{line}\nB |o---|\n", DRUMS).tempo == 87.5


@pytest.mark.parametrize(
    ("line", "tempo"),
    [
        ("Tempo: dotted quarter = 60", 90.0),
        ("q. = 60", 90.0),
        ("\u2669. = 60", 90.0),
        ("quarter note = 60", 60.0),
        ("BPM = 180 (eighth notes)", 90.0),
        ("180 bpm (8ths)", 90.0),
        ("half = 60", 120.0),
        ("16th notes at 120 bpm", 120.0),
    ],
)
def test_tempi_are_quarters_whatever_note_a_line_counts(line: str, tempo: float) -> None:
    assert words.tempo(line) == tempo


@pytest.mark.parametrize(
    ("line", "tempo"),
    [
        ("12/8, 60 bpm", 60),
        ("12/8 60bpm", 60),
        ("60 bpm, 12/8", 60),
        ("12/8 dotted quarter = 40", 60),
        ("12/8 bpm 60", 60),
    ],
)
def test_a_meter_and_a_tempo_on_one_line(line: str, tempo: float) -> None:
    found = read(f"{line}\nHH|xxxxxxxxxxxx|\nBD|o-----o-----|\n", DRUMS)
    assert found.tempo == tempo
    assert found.bars[0].meter == (12, 8)


@pytest.mark.parametrize("line", ["played on 12/8/2006", "1/4 of it at 120 bpm", "4/4 and 3/4 bars"])
def test_fractions_that_are_no_meter(line: str) -> None:
    assert words.meter(line) is None


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("SD|o---|o--|\n  |1234|1234|\n", (1, 12), "bar 2 has 3 columns here and 4 on line 2"),
        ("SD|o---|\n  |1234|1234|\n", (1, 9), "1 bars here and 2 on line 2"),
        ("SD|o---|----|\n  |1234|\n", (2, 9), "1 bars here and 2 on line 1"),
        ("\nSD|o--?|\n  |1234|\n", (2, 7), "'\\?' means nothing on this row"),
        ("SD|o---| fast\n  |1234|\n", (1, 10), "nothing after it"),
        ("QQ|o---|\n  |1234|\n", (1, 1), "no drum is called 'QQ'"),
        ("SD|o-----|\n", (1, 4), "6 columns don't divide into 4 beats"),
        ("SD|o-----|\n  |1te2ts|\n", (2, 4), "doesn't fill whole beats"),
    ],
)
def test_faults_are_shown_in_their_place(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(TabError, match=message) as caught:
        read(text, DRUMS, "song.txt")
    line, column = place
    assert (caught.value.line, caught.value.column) == place
    first, shown, caret = str(caught.value).split("\n")
    assert first.startswith(f"song.txt:{line}:{column}: ")
    assert shown == "  " + text.splitlines()[line - 1]
    assert caret.index("^") == column + 1


@pytest.mark.parametrize("text", ["", "Dear all,\nhere is | no tab.\n"])
def test_prose_is_no_tab(text: str) -> None:
    with pytest.raises(TabError, match="there is no tab here"):
        read(text, DRUMS)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "beat.txt"
    path.write_text(BEAT, encoding="utf-8-sig")
    assert load(path, DRUMS) == read(BEAT, DRUMS)
    with pytest.raises(TabError, match=r"missing\.txt"):
        load(tmp_path / "missing.txt", DRUMS)
    path.write_bytes("Title: Caf\xe9\r\nHH|x\u2013x-|\r\n".encode("cp1252"))
    assert load(path, DRUMS) == Tab("Caf\xe9", 120.0, (Bar.even(4, strokes=[Stroke(0, "HH"), Stroke(2, "HH")]),))
    path.write_bytes(b"caf\xe9|\x00")
    with pytest.raises(TabError, match="UTF-8"):
        load(path, DRUMS)


def test_every_character_of_the_notation_has_one_meaning() -> None:
    for row, characters in NOTATION.rows.items():
        assert len(set(characters.values())) == len(characters), row
        for symbol, meaning in characters.items():
            assert NOTATION.symbol(meaning) == symbol
            assert DRUMS.by_code[meaning.drum].row == row
    assert NOTATION.nearest(Meaning("CC", "accent", "choke")) == Meaning("CC", "normal", "choke")


# ------------------------------------------------------------------------------------- what drummers write: structure


def kicks(text: str) -> str:
    """The slots of the kick, a digit for each bar as it is played: where it hits first, or `-`."""
    starts = [[one.slot for one in bar.strokes if one.drum == "BD"] for bar in understand(text, DRUMS).tab.bars]
    return "".join(str(slots[0]) if slots else "-" for slots in starts)


@pytest.mark.parametrize(
    ("text", "played"),
    [
        ("B|o---|-o--|", "01"),
        ("B|o---|-o--| x3", "010101"),
        ("B|o---|-o--| (2x)", "0101"),
        ("B|o---|-o--| repeat x2", "0101"),
        ("S|----|----| repeat\nB|o---|-o--|   3x", "010101"),
        ("B|o---|-o--|\nx2", "0101"),
        ("B|o---|-o--|\n(play 2 times)", "0101"),
        ("B|:o---|-o--:|--o-|", "01012"),
        ("B|o---|:-o--|--o-:|---o|", "012123"),
        ("B|:o---|-o--:| x3", "010101"),
        ("  |_______x2________|\nB |o-------|-o------|--o-----|", "01012"),
        ("           |--repeat x3--|\nB |o-------|-o----------|", "0111"),
        ("   _______x2________\nB |o-------|-o------|--o-----|", "01012"),
        ("  |--x2--|--x3--|\nB |o-----|-o----|", "00111"),
        ("B|o-------|\n  _________________\n |1.      |2.      |\nB|-o------|--o-----|", "0102"),
        ("           |1.      |2.      |\nB |o-------|-o------|--o-----|", "0102"),
        ("B|o-------|\n |1.3.    |2.      |\nB|-o------|--o-----|\n |4.      |\nB|---o----|", "01020103"),
        ("B|o---|-%--|--o-|", "002"),
        ("S|o---|-%-|o---|\nB|o---|-%-|-o--|", "001"),
        ("Verse\nB|o---|\nChorus\nB|-o--|\n\nRepeat Verse", "010"),
        ("Verse 1\nB|o---|\nChorus\nB|-o--|\nVerse 2\nsame as verse 1", "010"),
        ("Verse 1\nB|o---|\nVerse 2: same as Verse 1 x2", "000"),
        ("Intro\nB|o---|-o--|\nRepeat Intro for Chorus\nVerse\nB|--o-|\nRepeat Chorus", "0101201"),
        ("Verse 1\nB|o---|-o--|\nRepeat Verse 1 (last measure different)\nB|--o-|\nB|---o|", "01023"),
        ("Verse\nB|o---|-o--|\nRepeat Verse (last measure different plus one measure)\nB|--o-|---o|", "01023"),
        ("Verse (x2)\nB|o---|-o--|", "0101"),
        ("Verse\nB|o---|\nChorus\nB|-o--|\nVerse\n\nChorus", "0101"),
        ("Repeat Verse 7\nB|o---|", "0"),
    ],
)
def test_repeats(text: str, played: str) -> None:
    assert kicks(text + "\n") == played


def test_an_author_who_repeats_once_counts_what_follows_the_first_time() -> None:
    assert kicks("B|o---| repeat 3x\n") == "000"
    text = "B|o---| repeat 3x\n\nB|-o--| repeat 1x\n"
    assert kicks(text) == "000011"
    assert [remark.why for remark in understand(text, DRUMS).repairs] == [
        "taken for 4 times in all, since the author also writes 'repeat 1x'",
        "taken for 2 times in all, since the author also writes 'repeat 1x'",
    ]


def test_sections_are_kept_as_facts() -> None:
    text = """
Tempo: 124
>>Intro (guitar) - 0'00''
  |----------------|
  |1 + 2 + 3 + 4 + |
[Verse 1] (0:32)
B |o---------------|o---------------|
Tempo change: 90
B |o---------------|
Repeat verse 1 - 1:02
"""
    reading = understand(text, DRUMS)
    assert reading.tab.tempo == 124 and reading.tempo_stated
    assert reading.sections == (
        Section("Intro", 1, 0.0),
        Section("Verse 1", 2, 32.0),
        Section("Tempo change", 4, None, 90.0),
        Section("Verse 1", 5, 62.0),
    )
    assert [*reading.tab.tempi()] == [124, 124, 124, 90, 90, 90]
    assert not reading.unread
    assert [(note.bar, note.text) for note in reading.notes] == [(1, "guitar")]


def test_words_on_how_to_play_are_kept_with_their_bars() -> None:
    text = """\
Tempo: 100, loose hats
Verse (Closed H.H.)
  |--repeat 1x softly--|  crescendo  bye
HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|
let ring
SD|----o-------o---|----o-------o---| x2 ghost notes
Chorus
                    Crash 1st
ride on chorus
HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|
Chorus, like verse but with ride
"""
    reading = understand(text, DRUMS)
    assert [(note.bar, note.line, note.column, note.text) for note in reading.notes] == [
        (1, 1, 13, "loose hats"),
        (1, 2, 8, "Closed H.H."),
        (1, 3, 16, "softly"),
        (3, 3, 27, "crescendo bye"),
        (1, 5, 1, "let ring"),
        (1, 6, 42, "ghost notes"),
        (8, 8, 21, "Crash 1st"),
        (7, 9, 1, "ride on chorus"),
        (9, 11, 20, "but with ride"),
    ]
    assert [(section.name, section.bar) for section in reading.sections] == [("Verse", 1), ("Chorus", 7), ("Chorus", 9)]
    assert [remark.line for remark in (*reading.repairs, *reading.unread) if remark.line != 3] == [5]


def test_words_between_rows_that_cannot_be_one_block_part_them() -> None:
    twice = understand("HH|x---|\nride on verse\nHH|x---|\n", DRUMS)
    assert len(twice.tab.bars) == 2 and [(note.bar, note.line) for note in twice.notes] == [(2, 2)]
    assert [note.bar for note in understand("HH|x---|\n\nlet it ring\n", DRUMS).notes] == [0]  # behind the last


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("Title: A\nSong: B\nHH|x---|\n", 2, "the title stands above"),
        ("C = crash, let = it be\nHH|x---|\n", 1, "'it be' explains nothing that is known"),
        ("Tempo: 90, for Ann\nHH|x---|\n", 1, "words beside a tempo or a meter"),
        ("HH|x---| x2 for Ann\n", 1, "a row ends with a bar line, and nothing after it: this is left out"),
    ],
)
def test_words_beside_what_is_understood_are_left_with_a_reason(text: str, line: int, why: str) -> None:
    assert [(remark.line, remark.why, remark.fault) for remark in understand(text, DRUMS).unread] == [
        (line, why, False)
    ]


# ------------------------------------------------------------------------------------------ what drummers write: rows


def drums(text: str) -> list[tuple[int, str, str, str]]:
    """The strokes of the first bar that a text is understood to have."""
    return [tuple(stroke) for stroke in understand(text, DRUMS).tab.bars[0].strokes]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("row", "drum"),
    [
        *((label, "BD") for label in ("BD", "B", "K", "Kd", "b", "B1", "Bass", "Kick drum")),
        *((label, "SD") for label in ("SD", "S", "SN", "s", "Snare", "S.D.")),
        *((label, "HH") for label in ("HH", "H", "Hh", "h", "hh", "Hi-hat", "H.H.")),
        *((label, "HP") for label in ("Hf", "FH", "hf", "HF")),
        *((label, "HT") for label in ("T1", "HT", "sT", "st", "Ht", "High tom")),
        *((label, "MT") for label in ("T", "t", "T2", "MT", "mT", "mt", "Mt")),
        *((label, "LT") for label in ("FT", "F", "Ft", "f", "F1", "LT", "T3", "Floor Tom")),
        *((label, "CC") for label in ("CC", "C", "Cr", "C1", "C4", "c", "Crash 1")),
        *((label, "RD") for label in ("R", "RD", "Rd", "RC", "Rc", "r", "Ride")),
        *((label, "SC") for label in ("Sp", "SP", "SC", "sp", "Splash")),
        *((label, "CH") for label in ("Ch", "CH", "China")),
        ("RB", "RB"),
    ],
)
def test_labels(row: str, drum: str) -> None:
    assert [stroke[1] for stroke in drums(f"{row}|x---|\n")] == [drum] or drum in ("SD", "HT", "MT", "LT")
    assert [stroke[1] for stroke in drums(f" {row:10}|X-------|--------|\n")] == [drum]


@pytest.mark.parametrize(
    ("row", "strokes"),
    [
        ("HH|xXow|", "HH HH+ HO HO:half-open"),
        ("HH|gOWs|", "HHg HO+ HO+:half-open HP"),
        ("SD|oOgf|", "SD SD+ SDg SD:flam"),
        ("SD|odxo|", "SD SD:drag SS SD"),
        ("SD|o@or|", "SD SS SD SS"),
        ("SD|ozZo|", "SD SD:roll SD+:roll SD"),
        ("SD|orrr|", "SD SD:roll SD:roll SD:roll"),
        ("SD|roll|", "SD:roll SD:roll SD:roll SD:roll"),
        ("SD|x-X-|", "SD SD+"),
        ("CC|xX#b|", "CC CC+ CC:choke CC"),
        ("HH|x-#-|", "HH HH:choke"),
        ("RD|xbx-|", "RD RB RD"),
        ("b |b-bB|", "BD BD BD+"),
        ("s |s-s-|", "SD SD"),
        ("c |x-C-|", "CC CC+"),
        ("T1|of--|", "HT HT:flam"),
        ("HH|oo-o|", "HH HH HH"),
    ],
)
def test_characters(row: str, strokes: str) -> None:
    signs = {"normal": "", "accent": "+", "ghost": "g"}
    found = [f"{drum}{signs[dynamic]}{':' * bool(how)}{how}" for _, drum, dynamic, how in drums(f"{row}\n")]
    assert " ".join(found) == strokes


def test_a_legend_may_be_about_characters_of_one_drum() -> None:
    legend = "h = hi-hat\n    O = strike hi-hat open\nhf= foot hi-hat\nc1 = cow-bell\no = double note\n@ = flam\n"
    reading = understand(f"{legend}h |x-O-|\nhf|x---|\ns |@o--|\nc1|xxxx|\n", DRUMS)
    assert set(reading.tab.bars[0].strokes) == {
        Stroke(0, "HH"),
        Stroke(2, "HO"),
        Stroke(0, "HP"),
        Stroke(0, "SD", "normal", "flam"),
        Stroke(1, "SD", "normal", "drag"),
    }
    assert [remark.why for remark in reading.unread] == ["'c1' is a cow-bell, for which the table of drums has no row"]


@pytest.mark.parametrize(
    ("text", "meters"),
    [
        ("B|o---------------|", [(4, 4)]),
        ("B|o-------|", [(4, 4)]),
        ("B|o---------------|o-------|", [(4, 4), (2, 4)]),
        ("B|o---------------|o-------------------------------|", [(4, 4), (4, 4)]),
        ("B|o--o--o--o--|", [(4, 4)]),
        ("B|o-o-o-o-o-o-|", [(3, 4)]),
        ("6/8 time\nB|o-----o-----|", [(6, 8)]),
        ("7/8\nB|o-----o-------|", [(7, 8)]),
        ("B|o-----o-------|", [(7, 8)]),
        ("B|o-----|\n |123456|", [(6, 8)]),
        ("H|x---------------| 3 |o-----------|\nS|----------------|---|------------|\n"
         "B|o---------------| 4 |------------|", [(4, 4), (3, 4)]),
    ],
)  # fmt: skip
def test_meters(text: str, meters: list[tuple[int, int]]) -> None:
    assert [bar.meter for bar in understand(text + "\n", DRUMS).tab.bars] == meters


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("HH:x-x-x-x-:o---x---:", "':' taken for bar lines"),
        ("HH: x-x-x-x-\nSD: ----o-o-", "':' taken for a bar line"),
        ("HH|x\u2013x\u2013x\u2013x\u2013|o---x---|", "dashes put into plain characters"),
        ("HH\t|x-x-x-x-|o---x---|", "tabs put into plain characters"),
        ("HH|x-x-x-x-&#124;o---x---|", "HTML entities put into plain characters"),
        ("HH x-x-x-x-|o---x---|", "a missing bar line put before the row"),
        ("HH|x-x-x-x-|o---x---", "a row ends with a bar line, and nothing after it: read as if it did"),
        ("HH|x-x-x-x-|o---x--|\nSD|--------|--------|\nBD|--------|--------|", "rests put at its end"),
        ("HH|x-x-x-x-o---x---|\nSD|--------|--------|\nBD|--------|--------|", "bar lines put where line 2"),
        ("HH|x-x-x-x|-o---x---|\nSD|--------|--------|\nBD|--------|--------|", "bar lines put where line 2"),
        ("HH|x---:x---:x---:x---|", ""),
        ("HH|x-x-x-x-|o---x---|\n\nSD|--------|--------|\n\nBD|--------|--------|\n", "rows of a block stand apart"),
    ],
)
def test_repairs(text: str, why: str) -> None:
    reading = understand(text + "\n", DRUMS)
    assert sum(len(bar.strokes) for bar in reading.tab.bars) in (4, 6)
    assert why in " ".join(remark.why for remark in reading.repairs)
    assert not reading.unread


@pytest.mark.parametrize(
    ("text", "divisions"),
    [
        ("HH|xxx xxx xxx xxx|\nSD|    o       o  |", (3, 3, 3, 3)),
        ("HH|x-x- x-x- x-x- x-x-|\nSD|---- o--- ---- o---|", (4, 4, 4, 4)),
        ("HH|x-x- x-x- x-x-|\nSD|---- o--- ----|\n  |1e+a 2e+a 3e+a|", (4, 4, 4)),
        ("HH|xx xx xx xx|\nSD|-- o- -- o-|", (2, 2, 2, 2)),
    ],
)
def test_spaces_between_beats_are_no_columns(text: str, divisions: tuple[int, ...]) -> None:
    reading = understand(text + "\n", DRUMS)
    assert [bar.divisions for bar in reading.tab.bars] == [divisions]
    starts = [*accumulate(divisions, initial=0)]
    snares = [stroke.slot for stroke in reading.tab.bars[0].strokes if stroke.drum == "SD"]
    assert snares == [starts[beat] for beat in (1, 3) if beat < len(divisions)]
    assert [remark.why for remark in reading.repairs] == ["spaces between the beats left out"]
    assert not reading.faults and not reading.unread


def test_spaces_that_are_rests_stay_columns() -> None:
    text = "HH|x x x x x x x x |\nSD|    o       o   |\n"
    assert [bar.divisions for bar in understand(text, DRUMS).tab.bars] == [(4, 4, 4, 4)]
    assert [bar.n_slots for bar in understand("HH|xx xx xx|\n", DRUMS).tab.bars] == [8]
    text = "HH|x x x x x x x x|\nSD|    o       o  |\n  |1 + 2 + 3 + 4 +|\n"
    (bar,) = understand(text, DRUMS).tab.bars
    assert bar.divisions == (4, 4, 4, 4), "the last beat lacks the space that ends the others"
    assert [stroke.slot for stroke in bar.strokes if stroke.drum == "SD"] == [4, 12]


def test_the_strings_of_a_guitar_are_left_and_the_drums_below_are_read() -> None:
    strings = "".join(f"{string}|--0-1-3---------|\n" for string in "eBGDAE")
    reading = understand(f"{strings}\nHH|x-x-x-x-x-x-x-x-|\n B|o-------o-------|\n", DRUMS)
    assert len(reading.tab.bars) == 1 and len(reading.tab.bars[0].strokes) == 10
    assert [remark.line for remark in reading.unread] == [1, 2, 3, 4, 5, 6]
    assert "a string of a guitar is no drum" in reading.unread[0].why


def test_counts_may_start_mid_system_or_have_no_bar_lines() -> None:
    late = "S |----------------|------------f---|\n                   |1e+a2e+a3e+a4e+a|\n"
    assert [bar.divisions for bar in read(late, DRUMS).bars] == [(4, 4, 4, 4)] * 2
    bare = "S |--o--o|----o---|\n   1te2te 1+2+3+4+\n"
    assert [bar.divisions for bar in read(bare, DRUMS).bars] == [(3, 3), (2, 2, 2, 2)]


def test_every_line_that_is_left_has_its_place_and_reason() -> None:
    text = "Tabbed by me\nHH|x---| \nQQ|x---|\n  oh yeah\n   |x---|\n"
    assert [(remark.line, remark.column, remark.why[:32]) for remark in understand(text, DRUMS).unread] == [
        (1, 1, "words that are no part of the dr"),
        (3, 1, "no drum is called 'QQ'; say whic"),
        (4, 1, "words that are no part of the dr"),
        (5, 5, "a row without a label: which dru"),
    ]


# -------------------------------------------------------------------------------------- what drummers write: whole tabs


def test_a_wrapped_legend_is_one_entry() -> None:
    """Signs that are explained on a second line are not guessed from their use: here x is a side stick."""
    signs = ("z roll", "Z accent roll", "g ghost", "d drag", "D accent drag")
    head = f"SD = snare: {', '.join(signs)};\n     side stick: x\n\n"
    bar = read(f"{head}SD|zZgx|\n  |1234|\n", DRUMS).bars[0]
    assert [(stroke.drum, stroke.dynamic, stroke.articulation) for stroke in bar.strokes] == [
        ("SD", "normal", "roll"),
        ("SD", "accent", "roll"),
        ("SD", "ghost", ""),
        ("SS", "normal", ""),
    ]


def test_a_legend_drawn_as_bars() -> None:
    text = """\
C |-Crash-Cymbal----|
t |-Small-Tom-------|
F |-Floor-Tom-------|
Hf/FH|-Hi-hat w/foot|
|-X-| Strike loose hi-hat, or hit crash hard
|-o-| Open hi-hat
|-o-| Hit
|-@-| Snare rim

C |X---|
H |-Xo-|
t |o---|
S |---@|
Hf|--x-|
"""
    reading = understand(text, DRUMS)
    assert set(reading.tab.bars[0].strokes) == {
        Stroke(0, "CC", "accent"),
        Stroke(0, "HT"),
        Stroke(1, "HO", "normal", "half-open"),
        Stroke(2, "HO"),
        Stroke(2, "HP"),
        Stroke(3, "SS"),
    }
    assert not reading.unread


def test_a_legend_in_a_frame_and_one_on_a_single_line() -> None:
    framed = "  ________________\n | Q1  Ride cymbal  |\n |__________________|\n\nQ1|x---|\n"
    assert drums(framed) == [(0, "RD", "normal", "")]
    assert drums("Z = Bass drum QQ = Hi-Hat (open) Y- Snare\n\nZ |o---|\nQQ|-x--|\n") == [
        (0, "BD", "normal", ""),
        (1, "HO", "normal", ""),
    ]
    assert drums("SD: o hit, x rim click, g ghost\nSD|xg--|\n") == [(0, "SS", "normal", ""), (1, "SD", "ghost", "")]


@pytest.mark.parametrize(
    ("text", "divisions", "slots"),
    [
        ("B|o---o-o-|\n  1 + 2 + \n", (4, 4), [0, 4, 6]),
        ("B|o-oo-o|\n  1tl2tl\n", (3, 3), [0, 2, 3, 5]),
        ("B|o-oo-o|\n |1ta2ta|\n", (3, 3), [0, 2, 3, 5]),
        ("B|o--o--o-oo--|\n  1..2..3..4..\n", (3, 3, 3, 3), [0, 3, 6, 8, 9]),
        ("  1---2---\nB|o-----o-|\n", (4, 4), [0, 6]),
        ("  1---2---|1---2---\nB|o-----o-|o-------|\n", (4, 4), [0, 6]),
        ("B|o-o-o-o-o-o-|\n |1-2-3-4-5-6-|\n", (2,) * 6, [0, 2, 4, 6, 8, 10]),
        ("B|o--o----|\n |1 e & a 2 e & a|\n", (4, 4), [0, 3]),
        ("Cnt|1e+a2e+a|\nB  |o-------|\n", (4, 4), [0]),
    ],
)
def test_counts_of_other_authors(text: str, divisions: tuple[int, ...], slots: list[int]) -> None:
    bar = understand(text, DRUMS).tab.bars[0]
    assert bar.divisions == divisions
    assert [stroke.slot for stroke in bar.strokes] == slots


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("S | ----o--- |\nB | o---o--- |\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("S |-----o---|\nB |-o---o---|\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("S-----o---|\nB-o---o---|\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("S: ----o---|\nB: o---o---|\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("|S|----o---|\n|B|o---o---|\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("S |--|--|o-|--||\nB |o-|--|o-|--||\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("S : ----o--- :\nB : o---o--- :\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("S.D. |----o---|\nB.D. |o---o---|\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("Snare  ||----o---||\nBass   ||o---o---||\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("Sn- |    o   |\nBd- |o   o   |\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
        ("S |----*---|\nB |*---*---|\n", [(0, "BD"), (4, "BD"), (4, "SD")]),
    ],
)
def test_one_beat_in_other_layouts(text: str, hits: list[tuple[int, str]]) -> None:
    bars = understand(text, DRUMS).tab.bars
    assert [bar.n_slots for bar in bars] == [8]
    assert [(stroke.slot, stroke.drum) for stroke in bars[0].strokes] == hits


def test_a_row_that_is_too_long_keeps_its_place() -> None:
    """A margin is what all rows have: one long row is cut, not shifted."""
    text = "H |x-x-x-x-x-x-x-x-|\nS |----o-------o----|\nB |o-------o-------|\n"
    assert strokes_of(understand(text, DRUMS).tab, "SD") == [(1, 4), (1, 12)]


def test_brackets_are_ghost_notes() -> None:
    assert drums("S|-(o)-o--|\n") == [(2, "SD", "ghost", ""), (5, "SD", "normal", "")]


def test_two_rows_of_one_label() -> None:
    text = "C|x---|\nT|o---|\nT|-o--|\nB|o---|\n"
    assert len(understand(text, DRUMS).tab.bars) == 1
    assert len(understand("S|o---|\nS|-o--|\n", DRUMS).tab.bars) == 2


def test_frames_and_gaps_are_no_bars() -> None:
    text = "|----------------------|\nH|x---| |x---|\nB|o---| |-o--|\n"
    assert kicks(text) == "01"


def test_what_stays_uncounted_follows_the_last_count_of_its_width() -> None:
    text = "B|o--o--o--o--|\n  1..2..3..4..\n\nB|o-----o-----|\n"
    assert [bar.divisions for bar in understand(text, DRUMS).tab.bars] == [(3, 3, 3, 3)] * 2


@pytest.mark.parametrize(
    ("text", "played"),
    [
        ("B||:o---|-o--:||", "0101"),
        ("B|o---|-o--|   x 3", "010101"),
        ("B|o---|-o-- x2", "0101"),
        ("B      |o-------|-o------|--o-|---o|\n               |---x2---|", "01123"),
        ("B|o---|-o--| <-- repeat 4 times", "01010101"),
        ("B|o---|-o--|\n\nRepeat 3x\n\nB|--o-|", "0101012"),
        ("B|o---|\n\nB|-o--|\n(Repeat above 2 more times)", "0111"),
        ("B|o---|\n\n(4x)\nB|-o--|", "01111"),
        ("Intro\n(4x)\nB|o---|\n\nB|-o--|", "00001"),
        ("Main beat: (play 4x)\nB|o---|\nFill 1\nB|-o--|\n\nMain beat x2\nFill 1", "00001001"),
        ("  <---x3--->\nB|o---------|", "000"),
        ("Verse 1\nB|o---|\nChorus\nB|-o--|\nChorus (same as before)", "011"),
        ("Verse 1\nB|o---|\nChorus\nB|-o--|\nthen repeat verse 1 and chorus", "0101"),
        ("Verse\nB|o---|\nChorus\nB|-o--|\nSame as verse, but with crash", "010"),
        ("A\nB|o---|\nB\nB|-o--|\nC\nB|--o-|\n\nOrder: A B A A C", "01002"),
        ("ABAA\n\nA:\nB|o---|\n\n[B]\nB|-o--|", "0100"),
        ("Structure: Verse, Chorus, Verse\n\nVerse\nB|o---|\nChorus (2x)\nB|-o--|", "0110"),
        ("B|o---|-o--|\n1st time:\nB|--o-|\n2nd time:\nB|---o|", "012013"),
        ("B|o---|\n\nFirst ending\nB|-o--|\n\nsecond ending\nB|--o-|\n\nB|---o|", "01023"),
    ],
)
def test_repeats_of_other_authors(text: str, played: str) -> None:
    assert kicks(text + "\n") == played


@pytest.mark.parametrize(
    "words",
    ["1st time        2nd time", "Order: 1 1 2", "repeat first two bars", "Structure: A B", "2nd ending\n\nVerse:"],
)
def test_words_that_may_be_an_order_are_faults(words: str) -> None:
    reading = understand(f"B|o---|\n\n{words}\n\nB|-o--|\n", DRUMS)
    assert [remark.line for remark in reading.unread if remark.fault] == [3]


def test_an_order_of_sections_names_them_all_or_is_left() -> None:
    for order in ("Verse: ABAA", "A B A B\nB A B A"):
        reading = understand(f"A\nB|o---|\nB\nB|-o--|\n\n{order}\n", DRUMS)
        assert kicks(f"A\nB|o---|\nB\nB|-o--|\n\n{order}\n") == "01"
        assert {remark.why for remark in reading.unread if remark.fault} == {
            f"this may say {'which sections it plays' if 'Verse' in order else 'what is played how often'}, "
            "and is not understood"
        }
    chords = understand("[A]\nB|o---|\n[B]\nB|-o--|\nA D A\n", DRUMS)
    assert not any(remark.fault for remark in chords.unread)


def test_an_order_that_names_a_section_too_many_is_played_without_it() -> None:
    text = "A\nB|o---|\nB\nB|-o--|\n\nOrder: A B C A B C\n"
    reading = understand(text, DRUMS)
    assert kicks(text) == "0101"
    faults = [(remark.line, remark.column, remark.why) for remark in reading.unread if remark.fault]
    assert faults == [(6, 12, "there is no section 'C': it is left out of the order")]


def test_sections_of_an_order_keep_their_names_and_the_first_its_time() -> None:
    text = "Section: A\nTime: 0:10\nB|o---|\n[B]\nB|-o--|\n\nOrder: A B A\n"
    assert understand(text, DRUMS).sections == (Section("A", 1, 10.0), Section("B", 2), Section("A", 3))


@pytest.mark.parametrize("name", ["A", "ABAA", "first ending", "Second time"])
def test_sections_named_like_orders_and_endings_are_read_back(name: str) -> None:
    tab = Tab("ABA", 90.0, (Bar.even(strokes=(Stroke(0, "BD"),)),) * 3, (Section("A", 1), Section(name, 3)))
    assert read(write(tab, DRUMS, TabStyle(tuple(configs.TAB_ROWS))), DRUMS) == tab


def test_rows_whose_rests_are_spaces_follow_their_count() -> None:
    rows = ["HH  x x x x x x x x", "SD      o       o", "BD  o         o"]
    count = "    1 + 2 + 3 + 4 +"
    for lines in ([*rows, count], [count, *rows]):
        reading = understand("\n".join(lines), DRUMS)
        assert [[one.slot for one in reading.tab.bars[0].strokes if one.drum == drum] for drum in ("BD", "SD")] == [
            [0, 10],
            [4, 12],
        ]
        assert reading.tab.bars[0].divisions == (4, 4, 4, 4)
        assert sum(remark.fault for remark in reading.repairs) == 3
    twice = understand("\n".join([count + " " + count.strip(), "BD  o       o         o"]), DRUMS)
    assert [[one.slot for one in bar.strokes] for bar in twice.tab.bars] == [[0, 8], [2]]
    alone = understand("\n".join(rows), DRUMS)
    assert not alone.tab.bars
    assert [remark.line for remark in alone.unread if remark.fault] == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "-" * 20_000,
        "a " * 9_000,
        "B|" + "o|" * 9_000,
        "B|" + "o---|" * 3_500,
        "B|" + "%" * 19_000 + "x|",
        "B [" + "-" * 19_000,
        "1." + " " * 19_000 + "x",
        " " * 19_000 + "x",
        "  |" + "x2|" * 3_000 + "\nB |" + "o-|" * 3_000,
        "B|" + "o" * 9_000 + "|\n |" + "1" * 9_000 + "|",
        "B|o---|\n" + "x99\n" * 2_000,
        "Verse\nB|o---|\n" + "Repeat Verse x9\n" * 1_000,
        "la la la\n" * 3_000,
    ],
    ids=lambda text: text[:12],
)
def test_odd_texts_take_no_longer_than_their_length_allows(text: str) -> None:
    """A quadratic way through 20,000 characters would take minutes, and repeats of repeats would fill the memory."""
    start = time.process_time()
    assert len(understand(text + "\n", DRUMS).tab.bars) <= 5_000
    assert time.process_time() - start < 20


def test_the_key_stands_in_the_header() -> None:
    tab = Tab("Beat", 90.0, (Bar(strokes=(Stroke(0, "BD"),)),), key="F# minor")
    text = write(tab, DRUMS, STYLE)
    assert text.startswith("Title: Beat\nTempo: 90 BPM\nMeter: 4/4\nKey: F# minor\n\n")
    reading = understand(text, DRUMS)
    assert reading.tab == tab and not reading.repairs and not reading.unread
    assert "Key" not in write(understand(text.replace("F# minor", "x = hit"), DRUMS).tab, DRUMS, STYLE)


def test_a_tempo_amid_the_bars_needs_no_heading() -> None:
    bars = (Bar(strokes=(Stroke(0, "BD"),)),) * 4
    tab = Tab("", 120.0, bars, (Section("", 3, None, 80.0),))
    text = write(tab, DRUMS, STYLE)
    assert "Tempo: 80 BPM" in text.splitlines() and "Section" not in text
    assert understand(text, DRUMS).sections == tab.sections
