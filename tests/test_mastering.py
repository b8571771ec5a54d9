"""Masters, media and lossy coding: what they do to levels and spectra, and that nothing moves."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.augmentation import coding, mastering

RATE = 44100


def drums(seconds: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(2)
    n = round(seconds * RATE)
    samples = 0.01 * rng.standard_normal(n)
    for at in range(6000, n - 6000, 14000):
        samples[at : at + 6000] += 0.5 * rng.standard_normal(6000) * np.exp(-np.arange(6000) / 900)
    return samples.astype(np.float32)


def crest(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.abs(samples).max() / np.sqrt(np.mean(samples**2))))


CHAIN = {
    "compressed": lambda x: mastering.compressed(x, RATE, -20, 6, 0.002, 0.3),
    "mastered": lambda x: mastering.mastered(x, RATE, -16, 4, 0.4, 8.0),
    "taped": lambda x: mastering.taped(x, RATE, 1, 0.0004, 2.0, 3.0, -50),
    "vinyl": lambda x: mastering.vinyl(x, RATE, 1, 10.0, -45),
    "speaker": lambda x: mastering.small_speaker(x, RATE, 200, 5000, 0),
    "pair": lambda x: mastering.spaced_pair(x, RATE, 0.0008, 0.7),
    "imitated": lambda x: coding.imitated(x, RATE, 12, 12000),
    "mp3": lambda x: coding.mp3(x, RATE, 0.8, 0.5, 1.0),
}


@pytest.mark.parametrize("name", CHAIN)
def test_nothing_moves_by_more_than_a_millisecond(name: str) -> None:
    before = drums()
    after = CHAIN[name](before)
    assert after.dtype == np.float32 and after.shape == before.shape and np.isfinite(after).all()
    n = 2 * len(before)
    lags = np.fft.irfft(np.fft.rfft(after, n) * np.conj(np.fft.rfft(before, n)))
    lag = int(np.argmax(np.abs(lags)))
    assert min(lag, n - lag) <= 0.001 * RATE


@pytest.mark.parametrize("name", CHAIN)
def test_silence_stays_finite(name: str) -> None:
    assert np.abs(CHAIN[name](np.zeros(2 * RATE, np.float32))).max() < 1e-3


def test_no_gain_falls_before_its_stroke() -> None:
    tone = 0.05 * np.sin(np.arange(RATE) * 0.2).astype(np.float32)
    tone[RATE // 2 : RATE // 2 + 3000] *= 18
    pressed = mastering.compressed(tone, RATE, -24, 8, 0.0005, 0.2)
    np.testing.assert_allclose(pressed[: RATE // 2], tone[: RATE // 2], atol=1e-6)
    assert np.abs(pressed[RATE // 2 + 3100 : RATE // 2 + 4000]).max() < 0.5 * 0.05  # the gain pumps


@pytest.mark.parametrize("crest_db", [6.0, 9.0])
def test_a_master_is_as_dense_as_it_is_asked_to_be(crest_db: float) -> None:
    before = drums()
    after = mastering.mastered(before, RATE, -16, 4, 0.4, crest_db)
    assert crest(before) > 15 and crest(after) == pytest.approx(crest_db, abs=0.7)
    assert np.abs(after).max() == pytest.approx(np.abs(before).max(), rel=1e-3)


def test_a_small_speaker_has_neither_lows_nor_highs() -> None:
    power = np.abs(np.fft.rfft(mastering.small_speaker(drums(1.0), RATE, 300, 4000, -40))) ** 2
    inside = power[500:3000].mean()
    assert power[:100].mean() < 0.05 * inside and power[9000:20000].mean() < 0.1 * inside


def test_two_microphones_cancel_what_arrives_upside_down() -> None:
    time = np.arange(RATE) / RATE
    kept, lost = (np.sin(2 * np.pi * hertz * time).astype(np.float32) for hertz in (2000.0, 1000.0))
    gains = [
        np.std(mastering.spaced_pair(tone, RATE, 0.0005, 0.9)[RATE // 2 :]) / np.std(tone) for tone in (kept, lost)
    ]
    assert gains[0] > 1.8 and gains[1] < 0.2


def test_an_imitated_codec_cuts_the_highs_and_adds_the_noise_asked_for() -> None:
    hiss = 0.1 * np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32)
    errors = []
    for snr_db in (30.0, 10.0):
        coded = coding.imitated(hiss, RATE, snr_db, 12000.0)
        power = np.abs(np.fft.rfft(coded, RATE)) ** 2
        assert power[13000:].sum() < 1e-3 * power.sum()
        low = [np.fft.irfft(np.fft.rfft(one)[: 3 * 500], 3 * RATE) for one in (hiss, coded)]
        errors.append(10 * np.log10(np.mean(low[0] ** 2) / np.mean((low[1] - low[0]) ** 2)))
    assert errors[0] == pytest.approx(30, abs=4) and errors[1] < 16


def test_the_codec_touches_its_stretch_alone() -> None:
    before = drums(4.0)
    after = coding.mp3(before, RATE, 0.9, 0.5, 1.0)
    changed = np.flatnonzero(after != before)
    assert changed[0] >= 1.5 * RATE - 1 and changed[-1] <= 2.5 * RATE and len(changed) > 0.8 * RATE
