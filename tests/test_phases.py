"""Where in the beat drums are struck: moments from hits, and what a moment says for a beat."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter.phases import moments, nats, said

RATE = 100.0
TIME: NDArray[np.float64] = np.arange(16, dtype=np.float64) * 0.5 + 1


def test_strokes_together_are_one_moment_at_their_mean_time() -> None:
    hits = Hits.of([0.50, 0.52, 1.0, 9.0], ["BD", "HH", "SD", "SD"], 100, [0.9, 0.9, 0.4, 1.0])
    found = moments(hits, 200, RATE)
    assert np.flatnonzero(found).tolist() == [51, 100], "what lies beyond the frames is left out"
    assert found[51] == 0.9 and found[100] == 0.4
    assert not moments(Hits(), 200, RATE).any()


def test_fractions_of_the_beat_speak_for_it_and_places_between_them_against_it() -> None:
    interval = 96
    (found,) = nats(np.array([interval]), RATE).T
    assert len(found) == interval
    on = [0, interval // 4, interval // 2, 3 * interval // 4]
    assert found[on].min() > 0.3 and found[0] == found.max()
    between = [interval // 8, 3 * interval // 8, 7 * interval // 8]
    assert found[between].max() < -0.5
    assert found[-1] > 0.3, "a stroke meant for the next beat may come early"


def test_a_moment_anywhere_in_a_beat_says_nothing_on_average() -> None:
    """The likelihood is one of places: over a beat, its ratio to that of even places has the mean 1."""
    intervals = np.array([30, 60, 120])
    ratio = np.exp(nats(intervals, RATE) / 0.7)
    for column, interval in enumerate(intervals.tolist()):
        assert abs(ratio[:interval, column].mean() - 1) < 0.02
        assert not nats(intervals, RATE)[interval:, column].any(), "what lies after the beat says nothing of it"


def test_quick_beats_learn_little_from_places() -> None:
    found = nats(np.array([20, 120]), RATE)
    assert np.abs(found[:20, 0]).max() < np.abs(found[:, 1]).max()


def hats(time: NDArray[np.float64]) -> Hits:
    """Sure strokes."""
    return Hits.of(time, ["HH"] * len(time))


def test_strokes_on_the_beat_say_more_than_strokes_between_its_parts() -> None:
    on, half, nowhere = (said(TIME, hats(TIME[:-1] + late)).sum() for late in (0.0, 0.25, 0.21))
    assert on > half > 0 > nowhere


def test_each_beat_is_judged_by_what_is_struck_in_it() -> None:
    found = said(TIME, hats(np.array([0.2, 3.0, 3.25, 5.71, 9.9])))
    assert np.flatnonzero(found).tolist() == [4, 9]
    assert found[4] > 0 > found[9]


def test_a_stroke_that_is_half_sure_says_half() -> None:
    sure = hats(TIME[3:4])
    half = Hits(sure.time, sure.drum, sure.velocity, sure.confidence / 2)
    assert said(TIME, half).sum() == pytest.approx(said(TIME, sure).sum() / 2)


def test_beats_are_judged_as_in_the_search() -> None:
    table = nats(np.array([50, 60]), 100.0)
    for frame in (0, 10, 25, 33):
        assert said(TIME, hats(np.array([2.0 + frame / 100]))).sum() == pytest.approx(table[frame, 0])


def test_a_stroke_just_ahead_of_a_beat_is_its_own() -> None:
    assert np.flatnonzero(said(TIME, hats(TIME[5:6] - 0.01))).tolist() == [5]
    assert np.flatnonzero(said(TIME, hats(TIME[5:6] - 0.03))).tolist() == [4]
