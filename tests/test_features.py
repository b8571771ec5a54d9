"""Log-mel frames: levels known beforehand, and each frame on its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drum_tabber.sound import features
from drum_tabber.sound.features import FLOOR, FeatureSpec, hann, log_mel, mel_filterbank

SPEC = FeatureSpec(sample_rate=8000, hop_size=70, window_size=256, n_mels=21, fmin=40.0, fmax=3700.0)


def noise(n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(np.float32)


def test_the_frame_rate_is_no_whole_number() -> None:
    assert SPEC.frame_rate == 8000 / 70


@pytest.mark.parametrize("n_samples", [0, 1, 69, 70, 71, 255, 257, 700, 5000])
def test_a_frame_at_every_hop_up_to_the_end(n_samples: int) -> None:
    centres = [sample for sample in range(n_samples) if sample % SPEC.hop_size == 0]
    assert SPEC.n_frames(n_samples) == len(centres)
    assert log_mel(noise(n_samples), SPEC).shape == (len(centres), SPEC.n_mels)


def test_silence_is_zero() -> None:
    assert not log_mel(np.zeros(999, np.float32), SPEC).any()


@pytest.mark.parametrize("k", [4, 30, 90])
def test_a_full_scale_sine_has_magnitude_1_at_its_bin_and_half_beside(k: int) -> None:
    sine = np.sin(2 * np.pi * k / SPEC.window_size * np.arange(2000)).astype(np.float32)
    bands = mel_filterbank(SPEC)
    expected = 0.5 * bands[k - 1] + bands[k] + 0.5 * bands[k + 1]
    magnitudes = np.expm1(log_mel(sine, SPEC)[5]) * FLOOR
    np.testing.assert_allclose(magnitudes, expected, atol=2e-5)  # floats of the logarithm, at full scale
    assert magnitudes.max() > 0.3 * bands[k].max()


def test_twice_the_amplitude_adds_log_2() -> None:
    quiet, loud = (log_mel(factor * noise(3000), SPEC) for factor in (np.float32(0.4), np.float32(0.8)))
    np.testing.assert_allclose(loud - quiet, np.log(2), atol=3e-3)  # FLOOR takes a little off


def test_a_click_is_centred_on_its_frame() -> None:
    samples = np.zeros(4000, np.float32)
    samples[20 * SPEC.hop_size] = 1.0
    energy = log_mel(samples, SPEC).sum(axis=1)
    assert np.argmax(energy) == 20
    np.testing.assert_allclose(energy[20 - 1], energy[20 + 1], rtol=1e-3)
    assert not energy[: 20 - 1 - SPEC.window_size // 2 // SPEC.hop_size].any()


@pytest.mark.parametrize("n_samples", [0, 1, 70, 300, 5000])
def test_two_windows_stand_side_by_side(n_samples: int) -> None:
    both = replace(SPEC, long_window=1024)
    heard = log_mel(noise(n_samples), both)
    assert heard.shape == (SPEC.n_frames(n_samples), both.n_bands) and both.n_bands == 2 * SPEC.n_mels
    np.testing.assert_allclose(heard[:, ::2], log_mel(noise(n_samples), SPEC), atol=1e-6)
    np.testing.assert_allclose(heard[:, 1::2], log_mel(noise(n_samples), replace(SPEC, window_size=1024)), atol=1e-6)
    assert both.band_of(1000.0) == 2 * SPEC.band_of(1000.0)


def test_features_of_a_crop_are_the_crop_of_the_features() -> None:
    samples, first, last = noise(9000), 31, 77
    whole = log_mel(samples, SPEC)
    crop = log_mel(samples[first * SPEC.hop_size : last * SPEC.hop_size], SPEC)
    edge = -(-SPEC.window_size // 2 // SPEC.hop_size) + 1  # frames whose windows reach over an end
    np.testing.assert_allclose(crop[edge:-edge], whole[first + edge : last - edge], atol=1e-5)
    assert not np.allclose(crop[0], whole[first], atol=0.01)


def test_a_long_song_is_worked_through_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = noise(4321)
    whole = log_mel(samples, SPEC)
    monkeypatch.setattr(features, "_BATCH", 13)
    np.testing.assert_allclose(log_mel(samples, SPEC), whole, atol=1e-6)


def test_hann_is_periodic_and_sums_to_two() -> None:
    window = hann(10)
    assert window[0] == 0 and window[1] == pytest.approx(window[9]) and np.argmax(window) == 5
    assert window.sum() == pytest.approx(2)


@pytest.mark.parametrize("spec", [SPEC, FeatureSpec(), FeatureSpec(n_mels=250, fmin=0.0, fmax=22050.0)])
def test_every_band_hears_something_and_weighs_1(spec: FeatureSpec) -> None:
    bands = mel_filterbank(spec)
    assert bands.shape == (spec.window_size // 2 + 1, spec.n_mels)
    assert (bands >= 0).all()
    np.testing.assert_allclose(bands.sum(axis=0), 1, atol=1e-6)
    centres = (bands * np.arange(len(bands))[:, None]).sum(axis=0)
    assert (np.diff(centres) > 0).all()


def test_wide_bands_lie_equally_far_apart_on_the_mel_scale() -> None:
    spec = FeatureSpec(sample_rate=16000, hop_size=100, window_size=8192, n_mels=11, fmin=100.0, fmax=7000.0)
    peaks = np.argmax(mel_filterbank(spec), axis=0) * spec.sample_rate / spec.window_size
    steps = np.diff(2595 * np.log10(1 + peaks / 700))
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.02)  # bins are 2 Hz wide
    assert 100 < peaks[0] and peaks[-1] < 7000
