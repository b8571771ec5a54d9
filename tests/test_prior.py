"""Shares and leans of classes: rare classes are drawn oftener than they are met, and answered the less often for it."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.oneshots import prior


def test_a_pack_of_many_takes_counts_like_a_few() -> None:
    labels, packs = np.array([0] * 16 + [0, 1]), np.array(["many"] * 16 + ["one", "many"])
    counts = prior.evened(labels, packs)
    assert counts[:16].sum() == pytest.approx(4.0)
    assert counts[16:].tolist() == [1.0, 1.0]


def test_shares_sum_to_one_and_leave_the_unknown_theirs() -> None:
    labels = np.array([-1, 0, 0, 0, 1, -1])
    shares = prior.drawn_shares(labels, np.ones(6))
    assert shares.sum() == pytest.approx(1.0)
    assert shares[labels < 0].sum() == pytest.approx(prior.UNKNOWN_SHARE)
    assert shares[4] > shares[1], "a sound of a rare class is drawn oftener"


def test_answers_lean_towards_what_is_met_oftener_than_it_was_drawn() -> None:
    labels = np.array([0, 0, 1, 3, -1])  # no sound of class 2, none of class 3 that is met
    moved = prior.lean(labels, np.array([0.1, 0.1, 0.2, 0.4, 0.2]), np.array([9.0, 9.0, 2.0, 0.0, 5.0]))
    assert moved.shape == (4,) and moved[2] == 0
    assert moved[0] > moved[1] > moved[3]
    odds = np.log((0.9 / 0.1) / (0.2 / 0.2))
    assert moved[0] - moved[1] == pytest.approx(prior.STRENGTH * odds, rel=1e-5)
    assert moved.sum() == pytest.approx(0.0, abs=1e-6)
