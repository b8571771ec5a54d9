"""Made-up strokes and sounds that are none: finite, repeatable, and as long as they should be."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.kits import struck
from drum_tabber.oneshots import outliers, variants

RATE = 22050


@pytest.mark.parametrize("kind", struck.MODELS)
def test_a_stroke_is_the_same_for_the_same_seed_and_another_for_another(kind: str) -> None:
    first, again, other = (struck.strike(kind, np.random.default_rng(seed), RATE) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert len(first) != len(other) or not np.array_equal(first, other)
    assert np.isfinite(first).all() and np.abs(first).max() == pytest.approx(1.0)


def test_a_floor_tom_lies_below_a_tom() -> None:
    def pitch(kind: str) -> float:
        found = []
        for seed in range(8):
            wave = struck.strike(kind, np.random.default_rng(seed), RATE)
            found.append(np.abs(np.fft.rfft(wave, RATE))[20:600].argmax() + 20)
        return float(np.median(found))

    assert pitch("tomf") < pitch("tom")


@pytest.mark.parametrize("kind", [outliers.voices, outliers.noises, outliers.tones])
def test_outliers_are_waves_of_about_a_second(kind: object) -> None:
    waves = list(kind(6, RATE, np.random.default_rng(3)))  # type: ignore[operator]
    assert len(waves) == 6
    for wave in waves:
        assert 0 < len(wave) <= round(outliers.SECONDS * RATE) and np.isfinite(wave).all()


def test_a_variant_is_repeatable_and_different() -> None:
    wave = struck.strike("snr", np.random.default_rng(0), RATE)
    first, again = (variants.varied(wave, RATE, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again) and not np.array_equal(first[: len(wave)], wave[: len(first)])


def test_masking_keeps_bands_and_what_is_given_and_changes_length_by_pace_alone() -> None:
    frames = np.full((31, 17), 5.0, np.float32)
    before = frames.copy()
    masked = [variants.masked(frames, np.random.default_rng(seed)) for seed in range(20)]
    assert np.array_equal(frames, before)
    assert all(out.shape[1] == 17 and out.min() >= 0 for out in masked)
    shortest, longest = 31 / variants.PACES[1], 31 / variants.PACES[0]
    assert all(shortest - 1 <= len(out) <= longest + 1 for out in masked)
    assert len({out.tobytes() for out in masked}) > 15


def test_snares_are_of_several_kinds() -> None:
    """A brush lands softly and a gate shuts at once: what rises late and what ends early are both among them."""
    waves = [np.abs(struck.strike("snr", np.random.default_rng(seed), RATE)) for seed in range(60)]
    energies = [np.cumsum(np.square(wave)) / np.sum(np.square(wave)) for wave in waves]
    middles = np.array([np.searchsorted(energy, 0.5) / RATE for energy in energies])
    assert middles.min() < 0.012 and middles.max() > 0.06
    assert struck.N_KINDS["snr"] > 1
