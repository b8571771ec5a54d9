"""Patterns of beats, how like they are to earlier ones, and what is left when bars are laid over one another."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.meter.rhythm import FAMILIES, folded, in_threes, likeness, patterns

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


def test_folding_averages_over_neighbouring_bars() -> None:
    values = np.arange(12.0)
    np.testing.assert_allclose(folded(values, 4, 1, 1), [2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9])
    np.testing.assert_allclose(folded(values, 4, 9, 9), np.tile([4, 5, 6, 7], 3))


def test_folding_leaves_out_what_is_not_known() -> None:
    values = np.array([np.nan, 1.0, 3.0, np.nan, np.nan])
    np.testing.assert_allclose(folded(values, 2, 5, 5), [3, 1, 3, 1, 3])
    np.testing.assert_allclose(folded(np.full(3, np.nan), 1, 2, 2), 0)


def test_folding_keeps_further_axes() -> None:
    values = np.random.default_rng(1).random((10, 4, 6))
    np.testing.assert_allclose(folded(values, 3, 1, 1)[4, 2, 5], values[[1, 4, 7], 2, 5].mean())


@pytest.mark.parametrize(
    ("phases", "threes"),
    [
        ((0, 1 / 3, 2 / 3), True),
        ((0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6), True),
        ((0, 2 / 3), False),  # swing
        ((0, 1 / 4, 1 / 2, 3 / 4), False),
        ((0, 1 / 4, 1 / 3, 1 / 2), False),
    ],
)
def test_beats_of_three_parts(phases: tuple[float, ...], threes: bool) -> None:
    beats = np.linspace(0.3, 5.9, 9)
    time = (beats[:-1, None] + 0.7 * np.array(phases)).ravel()
    assert in_threes(Hits.of(time, ["HH"] * len(time)), beats) is threes


def test_nothing_is_of_three_parts() -> None:
    assert not in_threes(Hits(), np.arange(9, dtype=np.float64))
    assert not in_threes(Hits.of([1.0], ["BD"]), np.zeros(1))
