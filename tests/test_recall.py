"""What a song's own bars say of the others, on beats whose places are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drum_tabber.meter import bars, downbeats
from drum_tabber.meter.recall import recalled

METERS = (2, 3, 4)


def played(place: NDArray[np.int64]) -> NDArray[np.float64]:
    """(beats, 4, 6) patterns that differ from place to place: another drum on each."""
    found = np.zeros((len(place), 4, 6))
    found[np.arange(len(place)), 0, place - 1] = 1.0
    return found


def counted(lengths: list[int]) -> NDArray[np.int64]:
    return np.concatenate([np.arange(1, length + 1) for length in lengths])


def test_bars_that_begin_as_the_others_do_are_liked() -> None:
    truth = counted([4] * 6 + [3] * 3)
    nats = recalled(played(truth), truth, METERS)
    assert nats.shape == (len(truth), len(METERS))
    assert nats[4, METERS.index(4)] > 1
    assert nats[5, METERS.index(4)] < -1
    assert nats[24, METERS.index(3)] > nats[24, METERS.index(4)]  # its fourth beat is another one


def test_a_beat_says_nothing_of_itself() -> None:
    found, place = played(counted([4] * 6)), counted([4] * 6)
    found[9] = 0
    found[9, 3, 5] = 1.0  # what is played nowhere else
    read_as_first = place.copy()
    read_as_first[9] = 1
    as_first, as_second = (recalled(found, read, METERS)[9] for read in (read_as_first, place))
    assert (as_first <= as_second).all()  # it isn't liker the first beats for having been taken for one


def test_a_part_that_was_read_wrong_is_read_right_in_the_light_of_the_others() -> None:
    truth = counted([4] * 8 + [3] * 3)
    found, read = played(truth), counted([4] * 11)[: len(truth)]
    costs = bars.Costs(change=4.9, stray=7.2, shares=(-3.5, -2.7, -0.2))
    weak = np.zeros((len(truth), len(METERS), 4, 4))  # nothing else is known but that one bar began the song
    weak[0] = 1.0
    assert bars.search(weak, METERS, costs).tolist() == read.tolist()
    nats = weak + downbeats.own(found, read, METERS, downbeats.WEIGHTS)
    assert bars.search(nats, METERS, costs).tolist() == truth.tolist()
