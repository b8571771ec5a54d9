"""What a wrong answer costs: known values, and that what MIREX half forgives costs less."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.key import losses
from drum_tabber.key.keys import KEYS, parse
from drum_tabber.key.losses import Loss

C = parse("C major").index
NAMES: tuple[Loss, ...] = ("exact", "mirex_v0", "mirex_v1", "mirex_v2")


def cost(name: Loss, label: int, sure_of: str, logit: float = 6.0) -> float:
    logits = np.zeros((1, 24), np.float32)
    logits[0, parse(sure_of).index] = logit
    return float(losses.loss(name)(np.array([label]), logits))


def test_weights_are_the_precursors() -> None:
    row = dict(zip(map(str, KEYS), losses.weights()[C].tolist(), strict=True))
    said = {name: round(weight, 3) for name, weight in row.items() if weight}
    assert said == {"C major": 1, "G major": 0.25, "F major": 0.25, "A minor": 0.15, "C minor": 0.1}


def test_exact_is_cross_entropy() -> None:
    assert cost("exact", C, "C major") == pytest.approx(-np.log(np.exp(6) / (np.exp(6) + 23)), rel=1e-4)


@pytest.mark.parametrize("name", NAMES[1:])
def test_near_keys_cost_less(name: Loss) -> None:
    ways = [cost(name, C, answer) for answer in ("C major", "F major", "A minor", "C minor", "Gb major")]
    assert ways == sorted(ways) and len(set(ways)) == 5
    assert cost("exact", C, "F major") == pytest.approx(cost("exact", C, "Gb major"))


@pytest.mark.parametrize("name", NAMES)
def test_unknown_keys_cost_nothing(name: Loss) -> None:
    logits = np.random.default_rng(0).normal(size=(2, 3, 24)).astype(np.float32)
    of = losses.loss(name)
    label = np.array([[3, -1, -1], [-1, 7, -1]])
    alone = [float(of(np.array([[key]]), logits[None, row, at])) for row, at, key in ((0, 0, 3), (1, 1, 7))]
    assert float(of(label, logits)) == pytest.approx(np.mean(alone), rel=1e-4)
    assert float(of(np.full((2, 3), -1), logits)) == 0
