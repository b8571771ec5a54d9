"""Four whole-song tabs by drummers, counted by hand; they are not ours to copy, so they lie outside the repository.

Set DRUM_TABBER_REAL_TABS to the folder that holds them. What is said of each is how a drummer plays it: repeats written
out, "repeat 2x" as twice more where its author also writes "repeat 1x", a bar of 32 columns as one bar of 32nds.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import configs
from drum_tabber.tab import Reading, TabStyle, open_text, read, understand, write
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
FOLDER = os.environ.get("DRUM_TABBER_REAL_TABS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="DRUM_TABBER_REAL_TABS names no folder")

SECTIONS = {  # name and bars of each, in order
    "Freedom": [("Intro", 8), ("Verse 1", 4), ("Intro", 8), ("Verse 2", 8), ("", 33), ("Verse 3", 12), ("", 52)],
    "Lithium": [
        ("Intro", 4),  # the guitar's
        ("Verse 1", 16),  # two bars seven times, then the two that end it
        ("Chorus 1", 12),
        ("Verse 1", 16),
        ("Chorus 2", 12),  # four bars twice, then another four
        ("Bridge", 18),
        ("Verse 2", 20),
        ("Chorus 2", 12),
        ("Outro", 19),  # the last is one stroke that rings on
    ],
    "Township Rebellion": [
        ("INTRO", 2),
        ("VERSE 1", 16),
        ("CHORUS", 18),
        ("VERSE 1", 16),
        ("CHORUS", 18),
        ("GUITAR SOLO", 16),
        ("CHORUS", 18),
        ("TEMPO CHANGE", 35),
        ("TEMPO CHANGE", 9),
    ],
    "bombtrack": [
        ("Intro", 8),
        ("Bridge", 1),
        ("Verse 1", 16),
        ("Chorus", 8),
        ("Bridge", 1),
        ("Verse 2", 8),
        ("Chorus", 8),
        ("Guitar Solo", 10),
        ("Chorus", 9),  # another last bar, and one more
    ],
}
BEFORE = {"bombtrack": 8}  # bars before the first section: five and one more of rest, two of rolls


def reading(name: str) -> Reading:
    """One of the tabs, understood."""
    return understand(open_text(Path(FOLDER) / f"{name}.txt"), DRUMS)


def hits(understood: Reading, first: int, n_bars: int) -> Counter[str]:
    """Strokes of each drum in some bars, from 1."""
    bars = understood.tab.bars[first - 1 : first - 1 + n_bars]
    return Counter(stroke.drum for bar in bars for stroke in bar.strokes)


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_have_the_bars_that_are_played(name: str) -> None:
    understood = reading(name)
    starts = [section.bar for section in understood.sections] + [len(understood.tab.bars) + 1]
    lengths = [end - start for start, end in pairwise(starts)]
    assert [(section.name, n) for section, n in zip(understood.sections, lengths, strict=True)] == SECTIONS[name]
    assert starts[0] - 1 == BEFORE.get(name, 0)


@pytest.mark.parametrize("name", SECTIONS)
def test_what_was_understood_can_be_written(name: str) -> None:
    tab = reading(name).tab
    assert read(write(tab, DRUMS, TabStyle(tuple(configs.TAB_ROWS))), DRUMS) == tab


def test_stated_times_fit_the_bars_and_the_tempo() -> None:
    understood = reading("Lithium")
    bar = 240 / 124  # seconds
    assert understood.tab.tempo == 124
    for section in understood.sections:
        assert section.time == pytest.approx((section.bar - 1) * bar, abs=2.2)  # listened off in whole seconds


def test_hits_of_chosen_sections() -> None:
    lithium = reading("Lithium")
    # verse: 15 bars of eighths on the ride, cross-sticks on 2 and 4 of them, a fill of two flams and one on the tom
    assert hits(lithium, 5, 16) == {"RD": 15 * 8, "SS": 15 * 2, "SD": 2, "MT": 1, "BD": 8 + 7 + 6}
    assert hits(lithium, 111 + 18, 1) == {"CC": 1, "BD": 1}
    township = reading("Township Rebellion")
    assert hits(township, 3, 16) == {"SD": 32, "BD": 16 * 5}  # its cowbells have no row
    assert hits(township, 1, 2) == {"CC": 5, "HH": 3, "SD": 2, "BD": 5}
    freedom = reading("Freedom")
    assert hits(freedom, 1, 1) == {"CC": 1, "HH": 7, "SD": 2, "BD": 5}
    assert hits(freedom, 9, 4) == {"CC": 1, "HH": 14 + 3 * 16, "SS": 4 * 5, "BD": 4 * 5}
    assert Counter(bar.meter for bar in freedom.tab.bars) == {(4, 4): 125 - 1 - 4, (2, 4): 1, (3, 4): 4}
    bombtrack = reading("bombtrack")
    assert hits(bombtrack, 1, 8) == {"SD": 32, "BD": 32}
    assert hits(bombtrack, 17, 1) == {"HH": 4, "SD": 1}
    assert [bar.n_slots for bar in bombtrack.tab.bars[58:60]] == [16, 32]


def test_words_on_how_to_play_are_kept() -> None:
    kept = {name: [(note.bar, note.text) for note in reading(name).notes] for name in SECTIONS}
    assert kept["Lithium"] == [(1, "Guitar"), (33, "Crash 1st")]
    assert kept["Freedom"][1:] == [
        (9, "(Closed H.H.) Accent 8th notes on H.H."),
        (53, "Loose H.H."),
        (74, "Closed H.H."),
    ]
    assert [bar for bar, _ in kept["Township Rebellion"]] == [19, 105, 112, 130, 132, 140, 140]
    assert [bar for bar, _ in kept["bombtrack"]] == [9, 18, 43, 59]


def test_nothing_is_left_but_words_and_cowbells() -> None:
    left = [remark for name in SECTIONS for remark in reading(name).unread if remark.fault]
    assert {remark.why.split("'")[1] for remark in left if "no row" in remark.why} == {"cb", "CB", "c1", "c2"}
    others = [remark.text for remark in left if "no row" not in remark.why]
    assert len(others) == 2  # the two rows that end Township Rebellion say in words how it ends
