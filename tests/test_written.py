"""Tabs as transcriptions: alone, and as their songs play them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scores import PRESENTATION, one_drum

from drum_tabber.alignment.align import PlayedBar, TimedTab
from drum_tabber.events import Hits
from drum_tabber.notation.quantize import hits_of
from drum_tabber.notation.sections import Section
from drum_tabber.notation.written import from_tab, from_timed_tab, sections_of
from drum_tabber.tab import Bar, Stroke, Tab
from drum_tabber.tab import Section as Part

BEAT = Bar(strokes=(Stroke(0, "BD"), Stroke(4, "SD"), Stroke(8, "BD"), Stroke(12, "SD", "accent")))
FILL = Bar(strokes=(Stroke(0, "LT"), Stroke(8, "SD", "normal", "flam")))
TAB = Tab("Song", 120.0, (BEAT, FILL), (Part("Verse", 1), Part("Fill", 2)))


def test_a_tab_alone_keeps_its_hits() -> None:
    song = from_tab(TAB, PRESENTATION)
    assert song.hits == hits_of(TAB)
    assert song.tab == TAB and song.grid.meters == (4, 4)
    assert song.duration == 4.0
    assert song.sections == (Section("Verse", 1, 1), Section("Fill", 2, 1))
    assert song.placement.bar.tolist() == [1, 1, 1, 1, 2, 2, 2]
    assert song.placement.shown.tolist() == [True] * 5 + [False, True]
    assert song.hits_on_grid == song.hits


def test_grace_notes_have_room_at_the_start() -> None:
    song = from_tab(one_drum([Stroke(0, "SD", "normal", "flam")]), PRESENTATION)
    np.testing.assert_allclose(song.hits.time, [2.4 - 0.03, 2.4])


@pytest.mark.parametrize(
    "stroke",
    [Stroke(0, "HO", "normal", "half-open"), Stroke(0, "CC", "normal", "choke"), Stroke(0, "SD", "normal", "roll")],
)
def test_what_has_no_grace_notes_starts_at_once(stroke: Stroke) -> None:
    song = from_tab(one_drum([stroke]), PRESENTATION)
    assert song.hits.time.tolist() == [0.0] and song.duration == 2.4


def test_sections_without_names_are_none() -> None:
    tab = Tab(bars=(BEAT,) * 5, sections=(Part("", 1), Part("Verse", 2), Part("", 3, None, 90.0), Part("End", 5)))
    assert sections_of(tab) == (Section("Verse", 2, 3), Section("End", 5, 1))


def timed(*bars: PlayedBar) -> TimedTab:
    """The tab played so, each stroke 10 ms late."""
    rows = []
    for played, bar in enumerate(bars):
        times = np.interp(np.arange(16) / 4, np.arange(5), bar.beat_time)
        strokes = TAB.bars[bar.number - 1].strokes
        rows += [(times[stroke.slot] + 0.01, stroke.drum, played, stroke.slot) for stroke in strokes]
    rows.sort()
    time, drum, played_in, slot = map(list, zip(*rows, strict=True))
    n = len(rows)
    hits = Hits.of(time, drum, 96, 0.5)
    return TimedTab(
        TAB, bars, hits, np.array(played_in), np.array(slot), np.ones(n, bool), np.full(n, 0.01), "straight"
    )


def bar(number: int, start: float, beat: float = 0.5) -> PlayedBar:
    """A bar that begins at a time."""
    return PlayedBar(number, tuple(start + beat * np.arange(5)))


def test_bars_stand_in_the_order_of_playing_with_rests_in_the_gaps() -> None:
    song = from_timed_tab(
        timed(bar(2, 1.0), bar(1, 3.0), bar(1, 9.1), bar(2, 11.1)), Path("a/b.mp3"), 20.0, PRESENTATION
    )
    assert song.tab.bars == (FILL, BEAT, Bar(), Bar(), BEAT, FILL)
    np.testing.assert_allclose(song.grid.beat_time[song.grid.bar_beat], [1.0, 3.0, 5.0, 7.05, 9.1, 11.1, 13.1])
    assert [(one.name, one.bar) for one in song.sections] == [("Fill", 1), ("Verse", 2), ("Verse", 5), ("Fill", 6)]
    assert song.audio == Path("a/b.mp3") and song.duration == 20.0
    strokes = song.hits.select(song.placement.shown)
    np.testing.assert_allclose(strokes.time[:6], [1.01, 2.01, 3.01, 3.51, 4.01, 4.51])
    assert set(strokes.confidence.tolist()) == {0.5}
    assert len(song.hits) == len(strokes) + 2  # a grace note before each flam
    np.testing.assert_allclose(song.hits_on_grid.time[:3], [1.0, 1.97, 2.0])


def test_title_and_key_stay() -> None:
    made = timed(bar(1, 1.0))
    song = from_timed_tab(
        replace(made, tab=replace(TAB, title="Song", key="A minor")), Path("x.ogg"), 4.0, PRESENTATION
    )
    assert (song.tab.title, song.tab.key) == ("Song", "A minor")


def test_bars_that_overlap_a_little_stay_in_order() -> None:
    song = from_timed_tab(timed(bar(1, 1.0), bar(2, 2.99), bar(1, 2.9995 + 1.99)), Path("x.ogg"), 9.0, PRESENTATION)
    assert len(song.tab.bars) == 3
    assert np.all(np.diff(song.grid.beat_time) > 0)
