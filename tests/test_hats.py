"""Hats told apart by the strokes around them: habits that are learnt, and the path that they make likeliest."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.hearing import hats
from drum_tabber.hearing.hats import HATS, INTERVALS

CLOSED, OPEN, FOOT = range(3)


def eighths(drums: list[str]) -> Hits:
    return Hits.of(0.25 * np.arange(len(drums)), drums)


def test_what_always_follows_is_likelier_there_than_anywhere() -> None:
    nats = hats.learn([eighths(["HH", "HH", "HO", "HP"] * 50)])
    here = nats[int(np.searchsorted(INTERVALS, 0.25))]
    assert nats.shape == (len(INTERVALS) + 1, 3, 3)
    assert here[OPEN, FOOT] > 1 and here[OPEN, OPEN] < -1 and here[CLOSED, FOOT] < -1


def test_other_drums_and_the_seam_of_two_parts_count_for_nothing() -> None:
    one, other = ["HH", "HO"] * 20, ["HP", "HH"] * 20
    mixed = Hits.concatenate([eighths(one), Hits.of([0.1, 0.35], ["SD", "BD"])])
    np.testing.assert_array_equal(hats.learn([mixed, eighths(other)]), hats.learn([eighths(one), eighths(other)]))


def test_nothing_learnt_says_nothing() -> None:
    np.testing.assert_allclose(hats.learn([]), 0, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_path_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.uniform(0.03, 1.5, 6))
    odds, habits = rng.normal(size=(6, 3)), rng.normal(size=(len(INTERVALS) + 1, 3, 3))
    step = np.searchsorted(INTERVALS, np.diff(time))

    def worth(path: tuple[int, ...]) -> float:
        along = sum(habits[step[i], path[i], path[i + 1]] for i in range(5))
        return float(odds[np.arange(6), list(path)].sum() + along)

    best = max(itertools.product(range(3), repeat=6), key=worth)
    assert tuple(hats.likeliest(time, odds, habits)) == best


def test_a_doubtful_stroke_after_an_open_hat_closes_it() -> None:
    habits = hats.learn([eighths(["HH", "HH", "HO", "HP"] * 50)])
    odds = np.array([[4, 0, 0], [4, 0, 0], [0, 4, 0], [0.2, 0.3, 0.1]])
    assert [HATS[hat] for hat in hats.likeliest(np.linspace(0, 0.75, 4), odds, habits)] == ["HH", "HH", "HO", "HP"]


def test_a_foot_closes_no_hats_that_are_closed() -> None:
    """One eighth that sounds a little more like a foot than like a stick, after a closed hat and after an open one."""
    odds = np.array([[4.0, 0, 0], [0.5, -9, 1.2], [4, 0, 0], [0, 4, 0], [0.5, -9, 1.2]])

    def told(interval: float) -> list[str]:
        time = np.linspace(0, 4 * interval, 5)
        return [HATS[hat] for hat in hats.likeliest(time, odds, hats.by_nature())]

    assert told(0.25) == ["HH", "HH", "HH", "HO", "HP"]
    assert told(0.6) == ["HH", "HP", "HH", "HO", "HP"], "meanwhile the foot may have opened them"


def test_open_hats_must_be_heard_clearly() -> None:
    time = np.linspace(0, 0.75, 4)

    def told(open_by: float) -> list[str]:
        """Strokes that sound open by so many nats, after one that is closed for sure."""
        odds = np.array([[6.0, 0, -9], *[[0, open_by, -9]] * 3])
        return [HATS[hat] for hat in hats.likeliest(time, odds, hats.by_nature())]

    assert told(1.0) == ["HH", "HH", "HH", "HH"]
    assert told(2.0) == ["HH", "HO", "HO", "HO"]


def test_no_strokes() -> None:
    assert hats.likeliest(np.zeros(0), np.zeros((0, 3)), hats.learn([])).tolist() == []
