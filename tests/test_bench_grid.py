"""The figures of `bench grid`, on transcriptions whose faults are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drum_tabber.events import Beats, Hits
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.transcription import Transcription, notate
from drum_tabber.tab import Bar, Stroke, Tab
from drum_tabber.tasks import drums
from drum_tabber.tasks.bench_grid import CHANGING, WAYS, judge, meter_of, place_of, tapped, together

N_BEATS = 64


def song(shift: int = 0, pace: int = 1, late: float = 0.0) -> Transcription:
    """A backbeat at 120, its bars `shift` beats off, its beats `pace` times as fast; every hit `late` seconds late."""
    time = 0.5 * np.arange(N_BEATS, dtype=np.float64)
    hits = Hits.of(
        np.concatenate([time, time + 0.25]) + late, [*np.where(np.arange(N_BEATS) % 2, "SD", "BD"), *["HH"] * N_BEATS]
    )
    beat_time = 0.5 / pace * np.arange(N_BEATS * pace, dtype=np.float64)
    beats = Beats(beat_time, (np.arange(len(beat_time)) + shift) % 4 + 1)
    return notate("", 32.0, hits, beats, drums.presentation())


def test_the_truth_is_right() -> None:
    figures = judge(song(), song())
    assert (figures.beats, figures.downbeats, figures.octave) == (1, 1, True)
    assert figures.right == figures.in_beat == figures.heard == 2 * N_BEATS


def test_bars_that_begin_on_the_three() -> None:
    figures = judge(song(), song(shift=2))
    assert (figures.beats, figures.downbeats) == (1, 0)
    assert figures.right == 0
    assert figures.in_beat == figures.heard


def test_double_tempo() -> None:
    figures = judge(song(), song(pace=2))
    assert not figures.octave
    assert figures.right < figures.heard / 2
    assert figures.beats == pytest.approx(2 / 3, abs=0.02)


def test_hits_that_were_not_heard_do_not_count() -> None:
    figures = judge(song(), song(late=0.06))
    assert figures.heard == 0


def test_places_in_the_bar_and_in_the_beat() -> None:
    where = place_of(song())
    first = song().hits.time.argsort(kind="stable")[:4]
    np.testing.assert_allclose(where[first], np.array([[0, 0], [1 / 8, 0.5], [1 / 4, 0], [3 / 8, 0.5]]))


def test_dotted_beats_are_tapped() -> None:
    grid = Grid.of_tab(Tab("", 90.0, (Bar.even(12, (6, 8)), Bar())))
    beats = tapped(grid)
    assert beats.place.tolist() == [1, 2, 1, 2, 3, 4]
    np.testing.assert_allclose(beats.time[:3], [0, 1, 2])


def test_a_song_is_in_the_meter_of_most_bars() -> None:
    assert meter_of(Grid.of_tab(Tab("", 90.0, (Bar.even(12, (6, 8)), Bar(), Bar())))) == "in 4/4"
    assert meter_of(Grid.of_tab(Tab("", 90.0, (Bar(), Bar.even(12, (6, 8)), Bar.even(12, (6, 8)))))) == "in 6/8"


def test_ways_of_playing() -> None:
    bars = (Bar(strokes=(Stroke(0, "BD"), Stroke(2, "HH"), Stroke(3, "SD"), Stroke(12, "SD"))),) * 16
    score = Tab("", 120.0, bars)
    swung = WAYS["swung"](score)
    assert {bar.divisions for bar in swung.bars} == {(3, 3, 3, 3)}
    assert swung.bars[0].strokes == (Stroke(0, "BD"), Stroke(2, "HH"), Stroke(9, "SD"))
    meters = [len(bar.divisions) for bar in WAYS[CHANGING](score).bars]
    assert meters == [4] * 8 + [3] * 8
    assert WAYS["as written"](score) == replace(score)


def test_songs_together_with_and_without_those_whose_meter_changes() -> None:
    right, wrong = judge(song(), song()), judge(song(), song(shift=2))
    assert together({"swung": [right], CHANGING: [wrong]}) == {f"all but {CHANGING}": [right], "all": [right, wrong]}
    assert together({"mdb/drums": [right], "mdb/mix": [wrong]}) == {"all": [right, wrong]}
