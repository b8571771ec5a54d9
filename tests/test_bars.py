"""The search for bars, on evidence whose best path is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drum_tabber.meter.bars import Costs, PlacedBar, best_path, search

METERS = (2, 3, 4, 7)
COSTS = Costs(change=3.0, stray=2.0, shares=(-1.0, -1.0, -0.5, -1.5))


def evidence(bars: list[int], reward: float = 1.0) -> NDArray[np.float64]:
    """(beats, meters, ...) nats a beat for the bars of these meters where they stand; others have none."""
    nats = np.zeros((sum(bars), len(METERS)))
    for start, meter in zip(np.cumsum([0, *bars]).tolist(), bars, strict=False):
        nats[start, METERS.index(meter)] = reward * meter
    return nats


def counted(bars: list[int]) -> list[int]:
    """The places of all beats of bars."""
    return [place for meter in bars for place in range(1, meter + 1)]


@pytest.mark.parametrize("bars", [[4] * 5, [3] * 4 + [4] * 4, [4] * 3 + [7] * 2 + [2] * 4, [7]])
def test_bars_that_are_clear_are_found(bars: list[int]) -> None:
    assert search(evidence(bars), METERS, COSTS).tolist() == counted(bars)


def test_a_change_must_be_worth_its_cost() -> None:
    bars = [4] * 4 + [3] * 4 + [4] * 4
    assert search(evidence(bars), METERS, COSTS).tolist() == counted(bars)
    dear = Costs(change=30.0, stray=30.0, shares=COSTS.shares)
    assert search(evidence(bars), METERS, dear).tolist() == counted([4] * 11)


def test_a_pick_up_counts_up_to_the_first_bar() -> None:
    nats = np.concatenate([np.zeros((2, len(METERS))), evidence([4] * 4)])
    assert search(nats, METERS, COSTS).tolist() == [3, 4, *counted([4] * 4)]


def test_a_bar_of_no_meter_stands_between_two_parts() -> None:
    nats = np.concatenate(
        [evidence([4] * 4), np.zeros((1, len(METERS))), evidence([4] * 4)],
    )
    assert search(nats, METERS, COSTS).tolist() == [*counted([4] * 4), 1, *counted([4] * 4)]


def test_a_bar_knows_whether_a_part_begins_with_it() -> None:
    path = best_path(evidence([4] * 3 + [3] * 3), METERS, COSTS)
    assert path == [
        *[PlacedBar(0, 2, True), PlacedBar(4, 2, False), PlacedBar(8, 2, False)],
        *[PlacedBar(12, 1, True), PlacedBar(15, 1, False), PlacedBar(18, 1, False)],
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10))
def test_places_always_count_up_and_no_path_is_better(n_beats: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    nats = rng.normal(0, 3, (n_beats, len(METERS)))
    places = search(nats, METERS, COSTS).tolist()
    assert len(places) == n_beats
    assert all(later in (1, earlier + 1) for earlier, later in pairwise(places))
    path = best_path(nats, METERS, COSTS)
    n_bars = -(-n_beats // 4)
    even = [PlacedBar(4 * bar, 2, bar == 0) for bar in range(n_bars)]
    assert total(nats, path) >= total(nats, even) - 1e-9


def total(nats: NDArray[np.float64], path: list[PlacedBar]) -> float:
    """The score of a path by its definition."""
    score = sum(float(nats[bar.start, bar.meter]) + bar.begins * COSTS.shares[bar.meter] for bar in path)
    for earlier, later in pairwise(path):
        strayed = later.start > earlier.start + METERS[earlier.meter]
        score -= COSTS.change * later.begins + COSTS.stray * strayed
    return score
