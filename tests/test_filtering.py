"""Filters: their cutoffs, several at once, and convolution by blocks against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.sound.filtering import (
    Section,
    convolved,
    energies,
    filtered,
    high_pass,
    low_pass,
    peak_of,
    rms,
    shelf,
)

RATE = 32000


def decibels(*sections: Section) -> NDArray[np.float64]:
    """Gain at every hertz."""
    impulse = np.zeros(RATE, np.float32)
    impulse[0] = 1
    return 20 * np.log10(np.abs(np.fft.rfft(filtered(impulse, *sections))) + 1e-12)


def test_filters_do_what_they_say() -> None:
    low, high = decibels(low_pass(500.0, RATE)), decibels(high_pass(500.0, RATE))
    assert low[0] == pytest.approx(0, abs=0.01) and low[500] == pytest.approx(-3, abs=0.2) and low[8000] < -20
    assert high[0] < -80 and high[500] == pytest.approx(-3, abs=0.6) and high[8000] == pytest.approx(0, abs=0.6)
    shelved = decibels(shelf(500.0, RATE, 4.0, -6.0))
    assert shelved[0] == pytest.approx(4, abs=0.01) and -6 < shelved[15000] < -5
    both = decibels(low_pass(2000.0, RATE), shelf(500.0, RATE, 4.0, -6.0))
    np.testing.assert_allclose(both[::97], (decibels(low_pass(2000.0, RATE)) + shelved)[::97], atol=0.02)


def test_channels_are_filtered_each_by_itself() -> None:
    sound = np.random.default_rng(1).standard_normal((2, 300), np.float32)
    both = filtered(sound, high_pass(90.0, RATE))
    np.testing.assert_array_equal(both[1], filtered(sound[1], high_pass(90.0, RATE)))
    assert both.dtype == np.float32


@pytest.mark.parametrize(("n", "m"), [(1000, 1), (1000, 300), (300, 1000), (200_000, 5000), (200_000, 30_000), (1, 7)])
def test_convolution_by_blocks_is_convolution(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    samples, response = rng.standard_normal(n, np.float32), rng.standard_normal(m, np.float32)
    found = convolved(samples, response)
    size = n + m
    expected = np.fft.irfft(np.fft.rfft(samples, 2 * size) * np.fft.rfft(response, 2 * size))[:n]
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.sqrt(m))
    assert found.dtype == np.float32 and len(found) == n


def test_nothing_comes_of_nothing() -> None:
    nothing = np.zeros(0, np.float32)
    assert len(convolved(nothing, np.ones(5, np.float32))) == 0
    assert rms(nothing) == peak_of(nothing) == 0


@pytest.mark.parametrize("n", [5, 4096, 10_001])
def test_levels(n: int) -> None:
    samples = np.random.default_rng(n).standard_normal(n).astype(np.float32)
    assert rms(samples) == pytest.approx(np.sqrt(np.mean(samples.astype(float) ** 2)), rel=1e-5)
    assert peak_of(samples) == np.abs(samples).max()
    np.testing.assert_allclose(energies(samples, 5)[0], np.sum(samples[:5] ** 2), rtol=1e-5)
