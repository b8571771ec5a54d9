"""Bars and slots over beats: seconds to places and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drum_tabber.events import Beats
from drum_tabber.meter.grid import Grid
from drum_tabber.tab import Bar, Section, Tab


def beats(time: list[float], place: list[int]) -> Beats:
    """Beats from lists."""
    return Beats(np.array(time, np.float64), np.array(place, np.int64))


STEADY = beats([1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0], [1, 2, 3, 4, 1, 2, 3])


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """A grid over uneven beats in changing meters, with a pick-up and mixed divisions."""
    meters = draw(st.lists(st.integers(1, 7), min_size=1, max_size=5))
    place = np.concatenate([np.arange(1, meter + 1) for meter in meters])[draw(st.integers(0, meters[0] - 1)) :]
    intervals = draw(st.lists(st.floats(0.2, 1.5), min_size=len(place), max_size=len(place)))
    grid = Grid.of(Beats(np.cumsum(intervals), place), 4, draw(st.floats(0, 2)), draw(st.floats(3, 20)))
    divisions = st.lists(st.integers(1, 12), min_size=len(grid.divisions), max_size=len(grid.divisions))
    return grid.divided(draw(divisions))


@settings(deadline=None)
@given(grids(), st.lists(st.floats(-5, 30), min_size=1, max_size=20))
def test_times_become_places_and_times_again(grid: Grid, times: list[float]) -> None:
    bars, slots = grid.locate(times)
    np.testing.assert_allclose(grid.time_of(bars, slots), times, atol=1e-9)
    assert bars.min() >= 1
    assert bars.max() <= grid.n_bars


@settings(deadline=None)
@given(grids())
def test_whole_slots_become_times_and_the_same_slots_again(grid: Grid) -> None:
    along = np.arange(grid.bar_slot[-1])
    bars, slots = grid.place(along)
    np.testing.assert_allclose(grid.locate_along(grid.time_of(bars, slots)), along, atol=1e-9)
    assert all(
        0 <= slot < sum(grid.bar_divisions(bar)) for bar, slot in zip(bars.tolist(), slots.tolist(), strict=True)
    )


def test_slots_lie_evenly_between_beats() -> None:
    grid = Grid.of(beats([0.0, 0.4, 1.0, 1.5], [1, 2, 3, 1]), slots_per_beat=4)
    np.testing.assert_allclose(grid.time_of([1, 1, 1, 1], [0, 1, 4, 6]), [0, 0.1, 0.4, 0.7])
    np.testing.assert_allclose(grid.time_of([2], [0]), [1.5])


def test_bars_count_from_one_and_slots_from_zero() -> None:
    bars, slots = Grid.of(STEADY).locate([1.0, 1.25, 2.9999999999, 3.0, 4.5])
    np.testing.assert_array_equal(bars, [1, 1, 1, 2, 2])
    np.testing.assert_allclose(slots, [0, 2, 16, 0, 12], atol=1e-6)


def test_a_pick_up_is_the_end_of_bar_one() -> None:
    grid = Grid.of(beats([1.0, 1.5, 2.0], [3, 4, 1]))
    assert grid.meters == (4, 4)
    np.testing.assert_allclose(grid.time_of([1, 1, 2], [0, 8, 0]), [0, 1.0, 2.0])


def test_hits_before_and_after_the_beats_have_bars_too() -> None:
    grid = Grid.of(STEADY, 4, start=-2.2, end=9.1)
    bars, _ = grid.locate([-2.2, 1.0, 9.1])
    np.testing.assert_array_equal(bars, [1, 3, 7])
    assert grid.beat_time[0] <= -2.2
    assert grid.beat_time[-1] > 9.1


def test_a_hit_just_ahead_of_the_first_beat_adds_no_bar() -> None:
    assert Grid.of(STEADY, 4, start=0.95).beat_time[0] == 1.0
    assert Grid.of(STEADY, 4, start=0.90).beat_time[0] == -1.0


def test_changing_meters() -> None:
    grid = Grid.of(beats([*np.arange(10) * 0.5], [1, 2, 3, 4, 1, 2, 3, 1, 2, 3]))
    assert grid.meters == (4, 3, 3)
    assert grid.beats == beats([*np.arange(10) * 0.5], [1, 2, 3, 4, 1, 2, 3, 1, 2, 3])


@pytest.mark.parametrize(("place", "first"), [(1, 2.0), (3, 1.0)])
def test_a_single_beat(place: int, first: float) -> None:
    grid = Grid.of(beats([2.0], [place]))
    assert grid.meters == (4,)
    assert grid.beat_time[0] == first
    assert grid.tempo == 120


def test_no_beats() -> None:
    grid = Grid.of(Beats(), 4, start=3.3, end=7.0)
    np.testing.assert_allclose(grid.time_of([1, 2], [0, 0]), [3.3, 5.3])
    assert grid.n_bars == 2
    assert Grid.of(Beats()).n_bars == 1


def test_the_grid_of_a_tab() -> None:
    tab = Tab("", 90.0, (Bar.even(16), Bar.even(12, (6, 8)), Bar((3, 4, 2))))
    grid = Grid.of_tab(tab, start=1.0)
    quarter = 60 / 90
    np.testing.assert_allclose(grid.time_of([1, 2, 3, 3], [0, 0, 0, 4]) - 1.0, np.array([0, 4, 7, 8.25]) * quarter)
    assert grid.tempo == pytest.approx(90)
    assert (grid.meters, grid.units) == ((4, 6, 3), (4, 8, 4))
    assert grid.bar_divisions(3) == (3, 4, 2)


def test_divisions_must_fit_the_beats() -> None:
    with pytest.raises(ValueError, match="3 divisions for 8 beats"):
        Grid.of(STEADY).divided([4, 4, 4])


def test_sections_of_a_tab_change_the_tempo() -> None:
    tab = Tab("", 60.0, (Bar(), Bar.even(12, (6, 8)), Bar()), (Section("fast", 2, None, 120.0), Section("on", 3)))
    np.testing.assert_allclose(Grid.of_tab(tab, 1.0).beat_time[[0, 4, 10, 14]], [1.0, 5.0, 6.5, 8.5])


def test_beats_of_another_note_change_the_tempo_only() -> None:
    grid = Grid.of(STEADY)
    eighths = grid.in_units([8] * grid.n_bars)
    np.testing.assert_array_equal(eighths.beat_time, grid.beat_time)
    assert eighths.tempo == pytest.approx(grid.tempo / 2)
    with pytest.raises(ValueError, match="1 units for 2 bars"):
        grid.in_units([8])


@pytest.mark.parametrize(
    ("bpm", "written"), [(111.9, 112.0), (132.5, 132.5), (89.76, 90.0), (89.74, 89.7), (60.0, 60.0)]
)
def test_a_tempo_is_written_as_a_whole_number_where_nobody_could_tell(bpm: float, written: float) -> None:
    grid = Grid.of(Beats(np.arange(16) * 60 / bpm, np.arange(16) % 4 + 1))
    assert grid.written_tempo == written
    assert grid.tempo == pytest.approx(bpm)  # which files of notes are written by
