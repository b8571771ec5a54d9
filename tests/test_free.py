"""Free passages: no beats are counted where there are none, and bars set in again where the music does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import BEATS, Beats, Hits, Spans
from drum_tabber.meter.free import filled, passages, set_in, within

Floats = NDArray[np.float64]


def wandering(n_beats: int, seed: int = 3) -> Floats:
    """Intervals that nobody could count."""
    return np.asarray(0.6 * np.exp(np.random.default_rng(seed).normal(0, 0.2, n_beats)), np.float64)


def song() -> tuple[Floats, Floats, float]:
    """Times of beats after a free introduction, what was heard on them, and when the introduction ends."""
    intervals = np.concatenate([wandering(16), np.full(48, 0.5)])
    heard = np.concatenate([np.full(16, 0.2), np.full(49, 0.7)])
    time = 0.4 + np.concatenate([[0.0], np.cumsum(intervals)])
    return time, heard, float(time[16])


def struck(time: Floats) -> Hits:
    """A snare on every beat."""
    return Hits.of(time, ["SD"] * len(time))


def test_an_introduction_out_of_time_is_free() -> None:
    time, heard, end = song()
    free = passages(time, heard, struck(time))
    assert len(free) == 1
    assert free.what.tolist() == [BEATS]
    assert free.start[0] == time[0]
    early = Hits.concatenate([Hits.of([0.1], ["CC"]), struck(time)])
    assert passages(time, heard, early).start[0] == 0.1
    assert abs(free.end[0] - end) < 1.3  # two beats


def test_a_few_beats_between_two_passages_belong_to_them() -> None:
    def n_passages(between: int) -> int:
        intervals = np.concatenate([wandering(20), np.full(between, 0.5), wandering(20, 5), np.full(40, 0.5)])
        time = np.concatenate([[0.0], np.cumsum(intervals)])
        heard = np.full(len(time), 0.2)
        heard[20 : 20 + between] = heard[40 + between :] = 0.9
        return len(passages(time, heard, struck(time)))

    assert n_passages(6) == 1
    assert n_passages(40) == 2


def test_a_player_who_is_sure_is_never_free() -> None:
    time, _, _ = song()
    assert not len(passages(time, np.full(len(time), 0.8), struck(time)))


def test_drift_and_human_playing_are_in_time() -> None:
    rng = np.random.default_rng(1)
    intervals = 0.5 * (1 + 0.1 * np.sin(np.arange(80) / 8)) * np.exp(rng.normal(0, 0.015, 80))
    time = np.cumsum(intervals)
    assert not len(passages(time, np.full(80, 0.1), struck(time)))


def test_beats_that_were_divided_evenly_hide_no_free_passage() -> None:
    time, heard, _ = song()
    halves = np.interp(np.arange(2 * len(time) - 1) / 2, np.arange(len(time)), time)
    assert len(passages(halves, np.interp(halves, time, heard), struck(time))) == 1


def test_few_beats_are_never_free() -> None:
    time = np.array([0.0, 0.5, 1.6, 1.8])
    assert not len(passages(time, np.zeros(4), struck(time)))


def test_bars_begin_where_the_beats_set_in_again() -> None:
    beats = Beats(np.arange(10.0, 18.0, 0.5), np.arange(16) % 4 + 1)
    laid = filled(beats, Spans.of([0.7], [10.0], BEATS))
    assert laid.time[0] == 0.7
    assert np.all(np.diff(laid.time) > 0.4)
    assert laid.place[np.searchsorted(laid.time, 10.0)] == 1
    np.testing.assert_array_equal(laid.time[-16:], beats.time)


def test_a_pick_up_after_a_passage_is_a_bar_of_its_own() -> None:
    beats = Beats(np.arange(5.0, 9.5, 0.5), np.array([4, 1, 2, 3, 4, 1, 2, 3, 4]))
    laid = filled(beats, Spans.of([1.0], [5.0], BEATS))
    assert laid.place[-9:].tolist() == [1, 1, 2, 3, 4, 1, 2, 3, 4]


def test_a_beat_alone_before_the_first_bar_line_belongs_to_the_passage() -> None:
    beats = Beats(np.array([0.0, 0.5, 6.0, 6.5, 7.0, 7.5, 8.0]), np.array([1, 2, 4, 1, 2, 3, 4]))
    kept, free = set_in(beats, Spans.of([1.0], [6.0], BEATS))
    assert kept.time.tolist() == [0.0, 0.5, 6.5, 7.0, 7.5, 8.0] and free.end.tolist() == [6.5]
    for places in ([1, 2, 3, 4, 1, 2, 3], [1, 2, 1, 2, 3, 4, 1]):
        again = Beats(beats.time, np.array(places))
        kept, free = set_in(again, Spans.of([1.0], [6.0], BEATS))
        assert kept.time.tolist() == beats.time.tolist() and free.end.tolist() == [6.0]


def test_without_passages_nothing_changes() -> None:
    beats = Beats(np.arange(5.0), np.arange(5) % 4 + 1)
    assert filled(beats, Spans()) is beats
    assert not within(beats.time, Spans()).any()
