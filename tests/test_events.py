"""Hits and beats: columns in order of time, never changed in place."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.events import ALL_DRUMS, DEFAULT_VELOCITY, LOUD_SHARE, LOUD_VELOCITY, Beats, Hits, Spans

HITS = Hits.of([2.0, 0.5, 1.0], ["SD", "BD", "HH"], [100, 1, 60], [0.9, 0.2, 0.5])
BEATS = Beats(np.array([0.5, 1.0, 1.5, 2.0]), np.array([3, 1, 2, 3]))


def test_columns_are_sorted_together() -> None:
    assert HITS.time.tolist() == [0.5, 1.0, 2.0]
    assert HITS.drum.tolist() == ["BD", "HH", "SD"]
    assert HITS.velocity.tolist() == [1, 60, 100]
    assert HITS.confidence.tolist() == [0.2, 0.5, 0.9]


def test_the_order_given_makes_no_difference_even_at_one_moment() -> None:
    assert Hits.of([1.0, 1.0, 0.0], ["SD", "BD", "HH"]) == Hits.of([0.0, 1.0, 1.0], ["HH", "BD", "SD"])


def test_one_velocity_serves_all_and_stays_within_midi() -> None:
    assert Hits.of([0.0, 1.0], ["BD", "SD"]).velocity.tolist() == [DEFAULT_VELOCITY] * 2
    assert Hits.of([0.0, 1.0, 2.0], ["BD"] * 3, [-5.0, 63.6, 300]).velocity.tolist() == [1, 64, 127]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 times for 3 drums"):
        Hits.of([0.0, 1.0], ["BD", "SD", "HH"])


def test_a_drum_that_is_no_code_is_refused_not_cut_short() -> None:
    with pytest.raises(ValueError, match="'snare' is no drum's code: that has 2 letters"):
        Hits.of([0.0, 1.0], ["BD", "snare"])


def test_parts_are_joined_in_order_of_time() -> None:
    parts = [HITS.select(slice(1, None)), Hits(), HITS.select(slice(0, 1))]
    assert Hits.concatenate(parts) == HITS
    assert Hits.concatenate([Hits(), Hits()]) == Hits()
    assert Hits.concatenate(iter(parts)) == HITS  # an iterator can be read but once


def test_equality_looks_at_every_column() -> None:
    assert HITS != Hits.of(HITS.time, HITS.drum, HITS.velocity)
    assert HITS != Hits.of(HITS.time, HITS.drum, 90, HITS.confidence)
    assert HITS != Hits.of(HITS.time, ["BD"] * 3, HITS.velocity, HITS.confidence)
    assert HITS != "BD"


def test_drums_are_picked_and_renamed() -> None:
    assert HITS.of_drum("SD", "BD").drum.tolist() == ["BD", "SD"]
    assert len(HITS.of_drum("CC")) == 0
    renamed = HITS.renamed({"BD": "LT", "SD": "SS"})
    assert (renamed.drum.tolist(), renamed.velocity.tolist()) == (["LT", "SS"], [1, 100])


def test_renaming_keeps_the_order_among_simultaneous_hits() -> None:
    together = Hits.of([1.0, 1.0], ["BD", "SD"], [10, 20]).renamed({"BD": "SS", "SD": "CC"})
    assert together == Hits.of([1.0, 1.0], ["CC", "SS"], [20, 10])


def test_a_clock_moves_everything_even_backwards() -> None:
    backwards = HITS.moved(lambda time: 2.0 - time)
    assert backwards == Hits.of(2.0 - HITS.time, HITS.drum, HITS.velocity, HITS.confidence)
    assert backwards.drum.tolist() == ["SD", "HH", "BD"]
    assert HITS.time.tolist() == [0.5, 1.0, 2.0]
    assert BEATS.moved(lambda time: 2 * time) == Beats(2 * BEATS.time, BEATS.place)


def test_a_crop_takes_its_start_and_leaves_its_end() -> None:
    cropped = HITS.cropped(0.5, 2.0)
    assert (cropped.time.tolist(), cropped.drum.tolist()) == ([0.0, 0.5], ["BD", "HH"])
    assert BEATS.cropped(1.0, 2.0) == Beats(np.array([0.0, 0.5]), np.array([1, 2]))


def test_downbeats_are_the_first_in_their_bars() -> None:
    assert BEATS.downbeats.tolist() == [1.0]
    assert len(BEATS) == 4 and len(Beats()) == 0


class TestSpans:
    SPANS = Spans.of([0.0, 2.0, 2.5], [1.0, 4.0, 3.0], ["BD", ALL_DRUMS, "BD"])

    def test_a_crop_keeps_what_lies_inside(self) -> None:
        cropped = self.SPANS.cropped(0.5, 3.5)
        assert cropped == Spans.of([0.0, 1.5, 2.0], [0.5, 3.0, 2.5], ["BD", ALL_DRUMS, "BD"])
        assert len(self.SPANS.cropped(1.0, 2.0)) == 0

    def test_seconds_count_overlaps_once(self) -> None:
        assert [self.SPANS.seconds(what) for what in ("BD", "SD", "beats")] == [3.0, 2.0, 0.0]
        assert Spans.of([0.0, 1.0], [5.0, 2.0], "beats").seconds("beats") == 5.0

    def test_about_a_time_lies_as_much_on_either_side(self) -> None:
        assert Spans.about([1.0], 0.25, "SD") == Spans.of([0.75], [1.25], "SD")

    def test_none_and_none_are_none(self) -> None:
        assert Spans.concatenate([]) == Spans() == Spans.concatenate([Spans(), Spans()])


def test_levelled_velocities_are_those_of_any_gain_and_count_from_each_drums_loud_strokes() -> None:
    velocity = np.array([100, 40, 96, 30, 104, 90, 20, 98, 35, 99])
    part = Hits.of(np.arange(20.0), ["SD", "BD"] * 10, np.repeat(velocity, 2) - np.tile([0, 15], 10))
    softer = Hits.of(part.time, part.drum, part.velocity - 4)
    levelled = part.levelled()
    assert levelled == softer.levelled() == levelled.levelled()
    for code in ("SD", "BD"):
        own = levelled.of_drum(code).velocity
        assert np.percentile(own, LOUD_SHARE) == pytest.approx(LOUD_VELOCITY, abs=1)
        assert np.array_equal(np.diff(own), np.diff(velocity))
