"""The constant-Q transform against librosa's, and what follows from its definition."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import soxr

from drum_tabber.key import cqt
from drum_tabber.key.cqt import CqtSpec

SPEC = CqtSpec()


def tones(*frequencies: float, seconds: float = 3.0, rate: int = SPEC.rate) -> np.ndarray:
    times = np.arange(round(seconds * rate)) / rate
    return np.sum([np.sin(2 * np.pi * f * times + f) / (1 + n) for n, f in enumerate(frequencies)], axis=0)


def test_magnitudes_are_librosas_within_a_percent() -> None:
    rng = np.random.default_rng(0)
    sound = tones(70, 220, 329.6, 1000, 1900, rate=44100) + 0.05 * rng.normal(size=3 * 44100)
    theirs = np.abs(librosa.cqt(sound, sr=44100, hop_length=2048, fmin=SPEC.fmin, n_bins=120, bins_per_octave=24)).T
    ours = cqt.transform(soxr.resample(sound, 44100, SPEC.rate).astype(np.float32), SPEC)
    assert ours.shape == theirs.shape == (65, 120)
    np.testing.assert_allclose(ours, theirs, atol=0.01 * theirs.max())


def test_a_semitone_is_two_bins() -> None:
    heard = [cqt.transform(tones(f).astype(np.float32), SPEC).mean(axis=0).argmax() for f in (220.0, 233.082)]
    assert heard == [42, 44]  # A3 is 21 semitones above C2


@pytest.mark.parametrize("semitones", [-0.4, -0.13, 0.0, 0.27])
def test_the_tuning_is_found_and_taken_out(semitones: float) -> None:
    chord = [f * 2 ** (semitones / 12) for f in (220.0, 277.183, 329.628)]
    sound = tones(*chord).astype(np.float32)
    found, _ = cqt.tuning(sound, SPEC)
    assert found == pytest.approx(semitones, abs=0.03)
    straight = cqt.transform(tones(220.0, 277.183, 329.628).astype(np.float32), SPEC).mean(axis=0)
    np.testing.assert_allclose(cqt.transform(sound, SPEC, found).mean(axis=0), straight, atol=0.06 * straight.max())


def test_silence_and_nothing() -> None:
    assert cqt.tuning(np.zeros(20000, np.float32), SPEC) == (0, 0)
    assert not cqt.transform(np.zeros(20000, np.float32), SPEC).any()
    assert cqt.transform(np.zeros(0, np.float32), SPEC).shape == (0, 120)


def test_lower_bins_frame_the_same_ones() -> None:
    sound = tones(110, 523).astype(np.float32)
    wide = cqt.transform(sound, SPEC.lower(12))
    np.testing.assert_allclose(wide[:, 12:-12], cqt.transform(sound, SPEC), atol=0.02)
