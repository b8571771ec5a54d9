"""Where in the beat drums are struck: moments from hits, and what a moment says for a beat."""

from __future__ import annotations

import numpy as np

from drum_tabber.events import Hits
from drum_tabber.meter.phases import moments, nats

RATE = 100.0


def test_strokes_together_are_one_moment_at_their_mean_time() -> None:
    hits = Hits.of([0.50, 0.52, 1.0, 9.0], ["BD", "HH", "SD", "SD"], 100, [0.9, 0.9, 0.4, 1.0])
    found = moments(hits, 200, RATE)
    assert np.flatnonzero(found).tolist() == [51, 100], "what lies beyond the frames is left out"
    assert found[51] == 0.9 and found[100] == 0.4
    assert not moments(Hits(), 200, RATE).any()


def test_fractions_of_the_beat_speak_for_it_and_places_between_them_against_it() -> None:
    interval = 96
    (said,) = nats(np.array([interval]), RATE).T
    assert len(said) == interval
    on = [0, interval // 4, interval // 2, 3 * interval // 4]
    assert said[on].min() > 0.3 and said[0] == said.max()
    between = [interval // 8, 3 * interval // 8, 7 * interval // 8]
    assert said[between].max() < -0.5
    assert said[-1] > 0.3, "a stroke meant for the next beat may come early"


def test_a_moment_anywhere_in_a_beat_says_nothing_on_average() -> None:
    """The likelihood is one of places: over a beat, its ratio to that of even places has the mean 1."""
    intervals = np.array([30, 60, 120])
    ratio = np.exp(nats(intervals, RATE) / 0.7)
    for column, interval in enumerate(intervals.tolist()):
        assert abs(ratio[:interval, column].mean() - 1) < 0.02
        assert not nats(intervals, RATE)[interval:, column].any(), "what lies after the beat says nothing of it"


def test_quick_beats_learn_little_from_places() -> None:
    said = nats(np.array([20, 120]), RATE)
    assert np.abs(said[:20, 0]).max() < np.abs(said[:, 1]).max()
