"""A song with a free introduction, from its activations to what is written: no beats there, a heading, times kept.

And what its header says of how it is played.
"""

from __future__ import annotations

import numpy as np

import configs
from drum_tabber.events import BEATS, Beats, Hits, Spans
from drum_tabber.notation.sections import FREE
from drum_tabber.notation.transcription import Presentation, Transcription, notate
from drum_tabber.tab import SWUNG, TabStyle, write
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
RUBATO = np.array([0.31, 0.84, 1.9, 2.23, 2.31, 3.4, 4.77])  # seconds, on no grid
START = 6.0  # of the music in time


def song() -> Transcription:
    """A free introduction and eight bars of rock."""
    beats = Beats(np.linspace(START, START + 15.5, 32), np.arange(32) % 4 + 1)
    backbeat = Hits.of(beats.time, np.where(beats.place % 2, "BD", "SD"))
    hits = Hits.concatenate([Hits.of(RUBATO, ["SD"] * len(RUBATO)), backbeat])
    style = TabStyle(tuple(configs.TAB_ROWS))
    return notate("x", 23.0, hits, beats, Presentation(DRUMS, style), free=Spans.of([0.3], [START], BEATS))


def test_no_beats_are_counted_in_a_free_passage() -> None:
    assert song().beats.time[0] == START


def test_the_tab_says_where_time_is_free() -> None:
    told = song()
    assert told.sections[0].name == FREE
    assert FREE in write(told.tab, DRUMS, TabStyle(tuple(configs.TAB_ROWS)))


def test_the_music_in_time_begins_with_a_bar() -> None:
    told = song()
    first = told.placement.bar[len(RUBATO)]
    assert told.placement.slot[len(RUBATO)] == 0
    assert told.sections[1].bar == first
    assert told.tab.bars[first - 1].meter == (4, 4)


def test_what_is_played_freely_keeps_its_time_even_on_the_grid() -> None:
    np.testing.assert_allclose(song().hits_on_grid.time[: len(RUBATO)], RUBATO)


def test_sixteenths_that_swing_are_said_to() -> None:
    beats = Beats(np.linspace(0, 37.8, 64), np.arange(64) % 4 + 1)
    for second, feel in ((0.15, ""), (0.192, SWUNG)):  # seconds after an eighth
        times = np.concatenate([beats.time + 0.3 * half + late for half in (0, 1) for late in (0, second)])
        hits = Hits.of(np.sort(times), ["HH"] * len(times))
        told = notate("x", 39.0, hits, beats, Presentation(DRUMS, TabStyle(tuple(configs.TAB_ROWS)))).tab
        assert told.feel == feel
        assert (f"\nFeel: {SWUNG}\n" in write(told, DRUMS, TabStyle(tuple(configs.TAB_ROWS)))) == bool(feel)
