"""What the shipped networks of bar lines say: probabilities of bars, of patterns that they were not fitted to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter import barlines
from drum_tabber.meter.rhythm import patterns

BEATS = np.linspace(1, 21, 41)


def patterns_of(meter: int) -> NDArray[np.float64]:
    """A kick on the one, snares that answer it, hats throughout."""
    answers = {3: ("BD", "SD", "SD"), 4: ("BD", "SD", "BD", "SD"), 5: ("BD", "RD", "SD", "RD", "SD")}[meter]
    drums = np.array(answers)[np.arange(len(BEATS)) % meter]
    crashes = Hits.of(BEATS[::meter], ["CC"] * len(BEATS[::meter]), 100)
    hats = Hits.of(BEATS, ["HH"] * len(BEATS), 80)
    return patterns(Hits.concatenate([Hits.of(BEATS, drums, 100), crashes, hats]), BEATS)


@pytest.mark.parametrize("meter", [3, 4, 5])
def test_bars_of_their_meter_are_likeliest(meter: int) -> None:
    nats = barlines.nats(patterns_of(meter), barlines.METERS)
    assert nats.shape == (41, len(barlines.METERS))
    inner = nats[8:32, barlines.METERS.index(meter)]
    first = (-8) % meter
    assert (inner[first::meter] > np.delete(inner, np.s_[first::meter]).max()).all()
    assert nats.max() <= 1e-9


def test_likeness_to_beats_before_and_after_is_seen() -> None:
    seen = barlines.features(patterns_of(4))
    assert seen.shape == (41, barlines.N_FEATURES)
    likeness = seen[:, -2 * len(barlines.LAGS) :].reshape(41, len(barlines.LAGS), 2)
    fourth = barlines.LAGS.index(4)
    np.testing.assert_allclose(likeness[4:37, fourth], 1)
    np.testing.assert_allclose(likeness[:4, fourth, 0], 0.5)  # nobody knows
    np.testing.assert_allclose(likeness[37:, fourth, 1], 0.5)
    assert (likeness[4:37, barlines.LAGS.index(1), 0] < 0.6).all()


def test_a_meter_that_the_networks_do_not_know_is_judged_by_its_beginning() -> None:
    found = patterns_of(4)
    assert np.isfinite(barlines.nats(found, (4, 9))).all()


@pytest.mark.parametrize("n_beats", [0, 1, 3])
def test_few_beats(n_beats: int) -> None:
    assert barlines.nats(np.zeros((n_beats, 4, 6)), (3, 4)).shape == (n_beats, 2)
