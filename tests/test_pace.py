"""Tempi that last are stated, those that a player sways through are not."""

from __future__ import annotations

import numpy as np
import pytest

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.notation.pace import paces
from drum_tabber.notation.transcription import Transcription, notate
from drum_tabber.tab import read, write
from drum_tabber.tasks import drums
from drum_tabber.vocabulary import Vocabulary


def test_a_tempo_that_lasts_is_written() -> None:
    rng = np.random.default_rng(1)
    played = np.repeat([108.0, 135.0, 108.0], [16, 12, 8]) * np.exp(rng.normal(0, 0.01, 36))
    written = paces(played)
    assert np.flatnonzero(np.diff(written)).tolist() == [15, 27]
    np.testing.assert_allclose(written[[0, 20, 30]], [108, 135, 108], rtol=0.01)


@pytest.mark.parametrize(
    "played",
    [
        120 * (1 + 0.05 * np.sin(2 * np.pi * np.arange(40) / 10)),  # to and fro
        np.r_[np.full(16, 120.0), 60.0, 240.0, np.full(16, 120.0)],  # two bars misread
        np.r_[np.full(20, 120.0), np.full(20, 123.0)],  # nobody can tell
        np.full(3, 90.0),
    ],
)
def test_what_does_not_last_or_hardly_differs_is_not(played: np.ndarray) -> None:
    assert len(np.unique(paces(played))) == 1


def test_no_bars_have_no_tempo() -> None:
    assert not len(paces(np.zeros(0)))


def in_two_tempi(n_slow: int, n_fast: int) -> Transcription:
    """So many beats at 120 and at 150, with kicks, snares and hats."""
    intervals = np.repeat([0.5, 0.4], [n_slow, n_fast])
    time = 1.0 + np.concatenate([[0.0], np.cumsum(intervals)])
    beats = Beats(time, np.arange(len(time)) % 4 + 1)
    hits = Hits.concatenate(
        [
            Hits.of(time[:-1], np.where(beats.place[:-1] % 2, "BD", "SD"), 100),
            Hits.of(time[:-1] + intervals / 2, ["HH"] * len(intervals), 90),
        ]
    )
    return notate("two tempi", float(time[-1]) + 1, hits, beats, drums.presentation())


@pytest.mark.parametrize(
    ("n_slow", "n_fast", "head", "stated"),
    [(64, 48, 120, [(17, 150.0)]), (16, 96, 150, [(1, 120.0), (5, 150.0)]), (96, 16, 120, [(25, 150.0)])],
)
def test_a_tab_states_the_tempo_of_most_and_where_it_is_another(
    n_slow: int, n_fast: int, head: float, stated: list[tuple[int, float]]
) -> None:
    song = in_two_tempi(n_slow, n_fast)
    assert song.tab.tempo == head
    assert [(section.bar, section.tempo) for section in song.tab.sections if section.tempo] == stated
    vocabulary = Vocabulary.of(configs.DRUMS)
    again = read(write(song.tab, vocabulary, song.presentation.style), vocabulary)
    assert [*again.tempi()] == [*song.tab.tempi()]
