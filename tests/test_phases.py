"""Where in the beat strokes fall, and what that says for the beats."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter import phases

TIME: NDArray[np.float64] = np.arange(16, dtype=np.float64) * 0.5 + 1


def hats(time: NDArray[np.float64]) -> Hits:
    """Sure strokes."""
    return Hits.of(time, ["HH"] * len(time))


def test_strokes_on_the_beat_say_more_than_strokes_between_its_parts() -> None:
    on, half, nowhere = (phases.said(TIME, hats(TIME[:-1] + late)).sum() for late in (0.0, 0.25, 0.21))
    assert on > half > 0 > nowhere


def test_each_beat_is_judged_by_what_is_struck_in_it() -> None:
    said = phases.said(TIME, hats(np.array([0.2, 3.0, 3.25, 5.71, 9.9])))
    assert np.flatnonzero(said).tolist() == [4, 9]
    assert said[4] > 0 > said[9]


def test_a_stroke_that_is_half_sure_says_half() -> None:
    sure = hats(TIME[3:4])
    half = Hits(sure.time, sure.drum, sure.velocity, sure.confidence / 2)
    assert phases.said(TIME, half).sum() == pytest.approx(phases.said(TIME, sure).sum() / 2)


def test_beats_are_judged_as_in_the_search() -> None:
    table = phases.nats(np.array([50, 60]), 100.0)
    for frame in (0, 10, 25, 33):
        assert phases.said(TIME, hats(np.array([2.0 + frame / 100]))).sum() == pytest.approx(table[frame, 0])
