"""Patterns of beats, and how like they are to earlier ones."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.meter.rhythm import FAMILIES, likeness, patterns

BEATS = np.array([1.0, 1.5, 2.1, 2.6, 3.0])
KICK, SNARE, HATS = 0, 1, 2


def test_each_hit_stands_in_its_beat_part_and_family() -> None:
    hits = Hits.of([1.0, 1.25, 1.75, 1.95, 2.6], ["BD", "SD", "HH", "HO", "SS"], [100, 50, 100, 127, 100])
    found = patterns(hits, BEATS)
    assert found.shape == (5, 4, len(FAMILIES))
    assert found[0, 0, KICK] == 1
    assert found[0, 2, SNARE] == 0.5
    assert found[1, 1, HATS] == 1  # 1.75 is 0.42 of a beat of 0.6 s
    assert found[1, 3, HATS] == 1
    assert found[3, 0, SNARE] == 1
    assert found.sum() == pytest.approx(4.5)


def test_a_hit_just_ahead_of_a_beat_belongs_to_it_and_the_doubtful_count_less() -> None:
    found = patterns(Hits.of([2.09], ["BD"], 100, 0.4), BEATS)
    assert found[2, 0, KICK] == pytest.approx(0.4)
    assert found.sum() == pytest.approx(0.4)


@pytest.mark.parametrize("times", [[], [0.2], [9.0]])
def test_what_lies_outside_the_beats_is_left_out(times: list[float]) -> None:
    assert not patterns(Hits.of(times, ["BD"] * len(times)), BEATS).any()


def test_a_bar_of_three_is_like_itself_three_beats_ago() -> None:
    time = np.linspace(0, 14.5, 30)
    drums = np.array(["BD", "SD", "HT"])[np.arange(30) % 3]
    found = patterns(Hits.of(time, drums, 100), time)
    assert np.isnan(likeness(found, 3)[:3]).all()
    np.testing.assert_allclose(likeness(found, 3)[3:], 1)
    np.testing.assert_allclose(likeness(found, 2)[2:], 0)


def test_silence_is_like_nothing() -> None:
    assert np.isnan(likeness(np.zeros((6, 4, 6)), 2)).all()
