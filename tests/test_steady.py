"""One pulse throughout a song: stretches at another level, and counts that slip by half a beat."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter import steady
from drum_tabber.meter.steady import divided, levelled

Floats = NDArray[np.float64]

TIME: Floats = np.arange(96, dtype=np.float64) * 0.4 + 1


def parted(*parts: Floats) -> Floats:
    """Beats of several parts, those that they share once."""
    return np.unique(np.round(np.concatenate(parts), 9))


@pytest.mark.parametrize("parts", [2, 3])
@pytest.mark.parametrize("where", [slice(0, 25), slice(36, 61), slice(72, 97)])
def test_a_faster_stretch_is_counted_as_the_rest(parts: int, where: slice) -> None:
    time = parted(TIME[: where.start + 1], divided(TIME[where], parts), TIME[where.stop - 1 :])
    np.testing.assert_allclose(levelled(time), TIME)


@pytest.mark.parametrize("parts", [2, 3])
def test_a_slower_stretch_is_counted_as_the_rest(parts: int) -> None:
    np.testing.assert_allclose(levelled(parted(TIME[:31], TIME[30:61:parts], TIME[60:])), TIME)


def test_the_level_is_that_of_most_of_the_song() -> None:
    time = parted(divided(TIME[:65], 2), TIME[64:])
    np.testing.assert_allclose(levelled(time), divided(TIME, 2))


def test_another_tempo_is_left_alone() -> None:
    time = np.concatenate([TIME, TIME[-1] + np.arange(1, 33) * 0.4 * 0.7])
    np.testing.assert_array_equal(levelled(time), time)


@pytest.mark.parametrize("time", [np.zeros(0), np.array([1.0]), np.array([1.0, 1.5]), TIME])
def test_what_keeps_its_tempo_stays(time: Floats) -> None:
    np.testing.assert_array_equal(levelled(time), time)
    assert steady.find_slips(time) == []


def slipped(first: int, last: int) -> Floats:
    """The beats, of which those from `first` to `last` were counted half a beat late."""
    return np.concatenate([TIME[:first], TIME[first:last] + 0.2, TIME[last + 1 :]])


def test_a_count_that_slips_and_comes_back() -> None:
    time = slipped(30, 60)
    (found,) = steady.find_slips(time)
    assert found.n == 2
    kept, off = (found.mended(time, count) for count in found.counts)
    np.testing.assert_allclose(kept, TIME)
    np.testing.assert_allclose(off, divided(TIME, 2)[1::2])


def test_a_count_that_slips_by_hurrying() -> None:
    """As where a tracker takes three and a half beats for four."""
    hurried = np.linspace(TIME[40], TIME[40] + 3.5 * 0.4, 5)
    time = np.concatenate([TIME[:40], hurried, TIME[44:80] + 0.2])
    (found,) = steady.find_slips(time)
    assert found.n == 1
    np.testing.assert_allclose(found.mended(time, found.counts[0]), TIME[:80], atol=1e-6)


def test_a_new_tempo_is_no_slip() -> None:
    assert steady.find_slips(np.concatenate([TIME, TIME[-1] + 0.6 + np.arange(32) * 0.5])) == []
    assert steady.find_slips(np.concatenate([TIME, TIME[-1] + 8.2 + np.arange(32) * 0.4])) == [], "nor a long rest"


def eighths(time: Floats) -> Hits:
    """Strokes on every beat and between."""
    at = divided(time, 2)
    return Hits.of(at, ["HH"] * len(at))


def test_a_count_that_is_lost_goes_on() -> None:
    """Nothing is struck in a break, where a tracker's beats wander."""
    wandered = np.linspace(TIME[40], TIME[52], 12) + 0.08 * np.sin(np.arange(12))
    time = np.concatenate([TIME[:40], wandered[1:-1], TIME[52:]])
    silent = eighths(TIME)
    silent = silent.select((silent.time < TIME[40]) | (silent.time > TIME[52]))
    np.testing.assert_allclose(steady.bridged(time, silent), TIME)
    np.testing.assert_allclose(steady.bridged(time, eighths(TIME)), TIME)  # and the strokes may say so, too


def test_a_part_at_another_tempo_keeps_it() -> None:
    part = np.linspace(TIME[40], TIME[52], 10)
    time = np.concatenate([TIME[:40], part, TIME[53:]])
    np.testing.assert_array_equal(steady.bridged(time, eighths(time)), time)


def parted_by(n_beats: float) -> Floats:
    """Beats that are lost for so many beats, in which others were found."""
    n_found = round(n_beats) - 1
    end = TIME[40] + n_beats * 0.4
    between = np.linspace(TIME[40], end, n_found + 2)[1:-1] + 0.1 * (-1.0) ** np.arange(n_found)
    return np.concatenate([TIME[:41], between, end + np.arange(40) * 0.4])


def test_a_hole_is_filled() -> None:
    np.testing.assert_allclose(steady.bridged(np.delete(TIME, [41, 42, 43]), Hits()), TIME)


@pytest.mark.parametrize(
    ("n_beats", "bridged"), [(6.0, True), (6.2, True), (4.25, False), (6.4, False), (14.35, False), (17.0, False)]
)
def test_what_a_count_would_miss_is_not_bridged(n_beats: float, bridged: bool) -> None:
    """By half a beat, or over many bars."""
    time = parted_by(n_beats)
    intervals = np.diff(steady.bridged(time, Hits()))
    assert bool(np.ptp(intervals) < 0.05) is bridged


def test_each_gap_is_bridged_by_itself() -> None:
    time = np.delete(np.arange(160) * 0.4 + 1, [41, 42, 90, 91, 92])
    np.testing.assert_allclose(steady.bridged(time, Hits()), np.arange(160) * 0.4 + 1)


@pytest.mark.parametrize("time", [np.zeros(0), np.array([1.0]), np.array([1.0, 1.5]), TIME])
def test_there_may_be_nothing_to_bridge(time: Floats) -> None:
    np.testing.assert_array_equal(steady.bridged(time, Hits()), time)


def test_a_fast_stretch_keeps_the_beat_that_it_shares_with_the_rest() -> None:
    """Five half beats, at the song's beginning and at its end."""
    fast = np.arange(5) * 0.2
    head = np.concatenate([TIME[0] - 1.0 + fast, TIME])
    np.testing.assert_allclose(levelled(head), [0.2, 0.6, *TIME])
    tail = np.concatenate([TIME, TIME[-1] + 0.2 + fast])
    np.testing.assert_allclose(levelled(tail)[: len(TIME)], TIME)


def test_a_run_a_quarter_of_a_beat_off_is_counted_by_itself() -> None:
    """Nobody knows what count it is in; what follows it is judged by it alone."""
    parts = [TIME[:40], TIME[41:60] + 0.25 * 0.4, TIME[61:] + 0.75 * 0.4]
    (found,) = steady.find_slips(np.concatenate(parts))
    assert (found.first, found.last, found.n) == (40, len(np.concatenate(parts)) - 1, 1)


def test_a_beat_that_was_found_twice_is_one() -> None:
    time = np.concatenate([TIME[:41], TIME[40:60] + 0.04, TIME[60:] + 0.2])
    (found,) = steady.find_slips(time)
    assert min(np.diff(found.mended(time, count)).min() for count in found.counts) > 0.3
