"""Fitting the cymbals: what is taught, and a network that learns to follow the strokes around."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.errors import SettingError
from drum_tabber.events import Hits
from drum_tabber.hearing import cymbals
from drum_tabber.hearing.cymbals import CYMBALS, N_FEATURES, OTHERS, RINGING
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.hearing.tuning import Heard
from tools import fit_cymbals
from tools.fit_cymbals import Examples

DRUMS = (*OTHERS, *RINGING)
SPEC = TargetSpec(DRUMS, 100.0)
HOW = Decoding((RINGING,), dict.fromkeys(DRUMS, 0.4), dict.fromkeys(DRUMS, 0.02))


def song(drum: str, rng: np.random.Generator) -> Heard:
    """One cymbal throughout, of which each stroke by itself sounds like a ride or a crash by chance."""
    frames = np.cumsum(rng.integers(12, 40, 20))
    onset = np.zeros((900, len(DRUMS)), np.float32)
    for frame in frames.tolist():
        other = "CC" if drum == "RD" else "RD"
        onset[frame, DRUMS.index(drum)] = rng.uniform(0.4, 0.9)
        onset[frame, DRUMS.index(other)] = rng.uniform(0.3, 0.8)
    return Heard(onset, np.full_like(onset, 0.5), Hits.of(frames / 100, [drum] * 20), DRUMS)


def songs(seed: int, n: int) -> list[Heard]:
    rng = np.random.default_rng(seed)
    return [song(drum, rng) for drum in ("RD", "CC") * n]


def test_strokes_are_taught_by_what_was_played() -> None:
    time = np.array([0.5, 1.0, 1.5, 2.0])
    aim = fit_cymbals.struck(Hits.of([0.51, 1.04, 1.0, 2.2], ["RD", "CC", "RD", "SC"]), time)
    found = {(row, CYMBALS[column]) for row, column in np.argwhere(aim).tolist()}
    assert found == {(0, "RD"), (1, "CC"), (1, "RD")}


def test_segments_that_lack_a_label_teach_nothing() -> None:
    [one] = songs(1, 1)[:1]
    untold = Heard(one.onset, one.velocity, one.reference, DRUMS[:-1])
    assert len(fit_cymbals.examples([untold], SPEC, HOW).features) == 0
    with pytest.raises(SettingError, match="no segment labels all hats and cymbals"):
        fit_cymbals.fit(fit_cymbals.examples([untold], SPEC, HOW), 0.4, 1)


def test_half_of_the_way_to_rare_cymbals() -> None:
    aim = np.repeat([[0.0, 0, 0, 1, 0], [1, 0, 0, 0, 0]], (399, 99), axis=0)
    lean = fit_cymbals.lean(aim)
    assert lean[CYMBALS.index("RD")] == 0 and lean[CYMBALS.index("CC")] == pytest.approx(np.log(2))


def test_what_strokes_don_t_tell_the_others_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_cymbals, "COMMITTEE", 2)
    train, judge = (fit_cymbals.examples(songs(seed, 12), SPEC, HOW) for seed in (2, 3))
    weights = fit_cymbals.fit(train, 0.4, 40)
    assert np.array(weights.hidden).shape == (N_FEATURES, 2 * fit_cymbals.HIDDEN)
    ride, crash = CYMBALS.index("RD"), CYMBALS.index("CC")
    by_itself = judge.features[:, RINGING.index("RD")] > judge.features[:, RINGING.index("CC")]
    odds = _answers(weights, judge)
    played = judge.struck[:, ride] > 0
    assert np.mean(by_itself == played) < 0.8
    assert np.mean((odds[:, ride] > odds[:, crash]) == played) > 0.9


def _answers(weights: cymbals.Weights, examples: Examples) -> np.ndarray:
    hidden = np.tanh(examples.features @ np.array(weights.hidden) + np.array(weights.bias))
    odds: np.ndarray = hidden @ np.array(weights.out) + examples.features @ np.array(weights.straight)
    return odds + np.array(weights.offset)
