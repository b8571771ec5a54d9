"""Augmenting: labels stay on the attacks whatever is done to the audio, and a draw can be repeated."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from drum_tabber.augmentation import effects
from drum_tabber.augmentation.augment import Augmenter, AugmentSpec, Draw, listen
from drum_tabber.errors import SettingError
from drum_tabber.events import Beats, Hits, Spans

RATE = 44100
SECONDS = 3.0
TIMES = np.arange(0.15, 2.9, 0.23)
MILLISECOND = 1e-3
EVERY_EFFECT = [field.name for field in fields(AugmentSpec) if field.name.startswith("p_")]


def clicks() -> NDArray[np.float32]:
    """A short burst at every time, over the faint hiss that any recording has."""
    rng = np.random.default_rng(5)
    samples = 1e-4 * rng.standard_normal(round(SECONDS * RATE))
    burst = rng.standard_normal(1500) * np.exp(-np.arange(1500) / 250)
    burst[0] = 2.0
    for time in TIMES:
        start = round(time * RATE)
        samples[start : start + len(burst)] += 0.3 * burst
    return samples.astype(np.float32)


def labels() -> tuple[Hits, Beats]:
    return Hits.of(TIMES, ["BD", "SD"] * (len(TIMES) // 2)), Beats(TIMES, np.arange(len(TIMES)) % 3 + 1)


def attack_near(samples: NDArray[np.float32], time: float) -> float:
    """Where the energy of the second difference, 16 samples wide, first reaches a quarter of its peak around `time`."""
    start = round((time - 0.045) * RATE)
    bent = np.diff(samples[start : start + round(0.09 * RATE)], 2)
    energy = np.convolve(bent**2, np.ones(16))
    return (start + 2 + int(np.argmax(energy > 0.25 * energy.max()))) / RATE


def spec_of(name: str, folder: Path) -> AugmentSpec:
    return AugmentSpec(**{name: 1.0}, background_noise_dir=str(folder))  # type: ignore[arg-type]


@pytest.fixture
def noise_dir(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "crowd.wav", 0.1 * np.random.default_rng(1).standard_normal(RATE // 2), RATE // 2)
    return tmp_path


@pytest.mark.parametrize("name", EVERY_EFFECT)
def test_every_effect_keeps_attacks_on_their_labels(name: str, noise_dir: Path) -> None:
    augmenter = Augmenter(spec_of(name, noise_dir))
    for seed in range(3):
        draw = augmenter.draw(np.random.default_rng(seed))
        assert draw != Draw()
        samples, hits, beats = draw.apply(clicks(), RATE, *labels())
        inside = (hits.time > 0.05) & (hits.time < len(samples) / RATE - 0.05)
        assert len(hits) == len(TIMES) and inside.sum() >= len(TIMES) - 2
        np.testing.assert_allclose(beats.time, hits.time)
        found = [attack_near(samples, time) for time in hits.time[inside]]
        np.testing.assert_allclose(found, hits.time[inside], atol=MILLISECOND)
        assert samples.dtype == np.float32 and len(samples) == pytest.approx(SECONDS * RATE / draw.speed, abs=1)


@pytest.mark.parametrize("name", EVERY_EFFECT)
def test_a_draw_is_plain_data_that_repeats_the_same_audio(name: str, noise_dir: Path) -> None:
    draw = Augmenter(spec_of(name, noise_dir)).draw(np.random.default_rng(9))
    stored = json.loads(json.dumps(asdict(draw)))
    again = Draw(**{**stored, "effects": tuple(map(tuple, stored["effects"]))})
    assert again == draw
    samples = clicks()
    np.testing.assert_array_equal(again.apply(samples, RATE, *labels())[0], draw.apply(samples, RATE, *labels())[0])
    np.testing.assert_array_equal(samples, clicks())  # what was given is left as it was


@pytest.mark.parametrize(
    "change", [Draw(time_stretch=0.8), Draw(varispeed=0.8), Draw(time_stretch=0.64, varispeed=1.25)]
)
def test_changing_speed_divides_times_by_it(change: Draw) -> None:
    hits, beats = labels()
    samples, moved_hits, moved_beats = change.apply(clicks(), RATE, hits, beats)
    np.testing.assert_array_equal(moved_hits.time, hits.time / change.speed)
    np.testing.assert_array_equal(moved_beats.time, beats.time / change.speed)
    assert len(samples) == pytest.approx(SECONDS * RATE / 0.8, abs=1)


def test_varispeed_moves_the_pitch_and_time_stretch_keeps_it() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)

    def pitch(samples: NDArray[np.float32]) -> float:
        return float(np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))))) * RATE / len(samples)

    assert pitch(effects.varispeed(tone, RATE, 1.1)) == pytest.approx(1100, abs=2)
    assert pitch(effects.stretch(tone, RATE, 1.1)) == pytest.approx(1000, abs=2)


def test_a_shift_rolls_audio_and_labels_and_beats_keep_their_places() -> None:
    hits, beats = labels()
    samples, moved_hits, moved_beats = Draw(shift=0.5).apply(clicks(), RATE, hits, beats)
    half = SECONDS / 2
    np.testing.assert_array_equal(samples, np.roll(clicks(), round(half * RATE)))
    np.testing.assert_allclose(moved_hits.time, np.sort((hits.time + half) % SECONDS))
    place_of = dict(zip(np.round((beats.time + half) % SECONDS, 9), beats.place, strict=True))
    assert [place_of[time] for time in np.round(moved_beats.time, 9)] == moved_beats.place.tolist()


def test_the_same_seed_draws_the_same_and_another_seed_another() -> None:
    augmenter = Augmenter(AugmentSpec(p_time_stretch=0.5, p_eq=0.5, p_room=0.5, p_noise=0.5, p_gain=0.5))
    first, again, other = ([augmenter.draw(rng) for _ in range(8)] for rng in map(np.random.default_rng, [3, 3, 4]))
    assert first == again != other


def test_all_at_once_still_gives_finite_audio(noise_dir: Path) -> None:
    spec = AugmentSpec(**dict.fromkeys(EVERY_EFFECT, 1.0), background_noise_dir=str(noise_dir))  # type: ignore[arg-type]
    draw = Augmenter(spec).draw(np.random.default_rng(0))
    for samples in (clicks(), np.zeros(RATE, np.float32)):
        assert np.isfinite(draw.apply(samples, RATE, *labels())[0]).all()


def test_neighbouring_filters_at_once_are_the_same_as_one_after_the_other() -> None:
    spec = AugmentSpec(p_room=1.0, p_spaced_pair=1.0, p_eq=1.0, p_band_limit=1.0, p_gain=1.0, p_polarity=1.0)
    for seed in range(3):
        draw = Augmenter(spec).draw(np.random.default_rng(seed))
        assert all(effects.linear(name) for name, _ in draw.effects) and len(draw.effects) >= 12
        expected = clicks()
        for name, parameters in draw.effects:
            expected = effects.apply(name, expected, RATE, **parameters)
        found = draw.apply(clicks(), RATE, *labels())[0]
        np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())
        assert np.linalg.norm(found - expected) < 1e-3 * np.linalg.norm(expected)


@pytest.mark.parametrize("sample_rate", [16000, 22050, 32000, 44100, 48000])
@pytest.mark.parametrize("compression", [0.5, 0.7, 0.9])
def test_mp3_comes_back_without_the_codecs_delay(sample_rate: int, compression: float) -> None:
    hiss = 0.2 * np.random.default_rng(3).standard_normal(sample_rate).astype(np.float32)
    coded = effects.apply("mp3", hiss, sample_rate, compression=compression)
    assert len(coded) == len(hiss)
    lags = np.fft.irfft(np.fft.rfft(coded, 2 * sample_rate) * np.conj(np.fft.rfft(hiss, 2 * sample_rate)))
    assert np.argmax(lags) == 0


def test_noise_lies_at_the_level_asked_for() -> None:
    samples = clicks()
    noisy = effects.apply("noise", samples, RATE, seed=1, snr_db=20.0, darkness=0.5, hum_hz=50.0)
    ratio = np.mean(samples**2) / np.mean((noisy - samples) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(20.0, abs=0.05)


def test_compression_narrows_the_range_between_loud_and_soft() -> None:
    tone = np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)
    loud_then_soft = np.concatenate([tone, 0.1 * tone]).astype(np.float32)
    pressed = effects.apply(
        "compression", loud_then_soft, RATE, threshold_db=-20.0, ratio=4.0, attack=0.005, release=0.2
    )
    loud, soft = (np.abs(part).max() for part in (pressed[RATE // 2 : RATE], pressed[-RATE // 4 :]))
    assert 20 * np.log10(loud / soft) == pytest.approx(5.0, abs=0.5)  # 20 dB above the threshold, by 4


def test_a_noise_folder_without_audio_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"BACKGROUND_NOISE_DIR .* holds no audio"):
        Augmenter(AugmentSpec(p_background_noise=0.5, background_noise_dir=str(tmp_path)))


def test_listening_adds_ticks_on_the_right_alone(tmp_path: Path) -> None:
    hits, _ = labels()
    listen(tmp_path / "heard.wav", clicks(), RATE, hits)
    heard, rate = soundfile.read(tmp_path / "heard.wav", dtype="float32")
    assert rate == RATE and heard.shape == (round(SECONDS * RATE), 2)
    np.testing.assert_allclose(heard[:, 0], clicks(), atol=1e-4)
    ticks = np.abs(heard[:, 1] - heard[:, 0])
    assert all(ticks[round(time * RATE) + 5 :][:200].max() > 0.1 for time in TIMES)
    assert ticks[: round(TIMES[0] * RATE) - 1].max() < 1e-3


def test_spans_move_with_the_audio_and_are_rolled_over_the_seam() -> None:
    spans = Spans.of([1.0, 3.0], [2.0, 3.5], ["SD", "BD"])
    assert Draw(time_stretch=1.25, varispeed=0.8).moved(spans, 4.0) == spans
    assert Draw(varispeed=2.0).moved(spans, 2.0) == Spans.of([0.5, 1.5], [1.0, 1.75], ["SD", "BD"])
    rolled = Draw(shift=0.375).moved(spans, 4.0).cropped(0.0, 4.0)
    whole = sorted(zip(rolled.start.tolist(), rolled.end.tolist(), rolled.what.tolist(), strict=True))
    assert whole == [(0.5, 1.0, "BD"), (2.5, 3.5, "SD")]
    seam = Draw(shift=0.625).moved(spans, 4.0).cropped(0.0, 4.0)  # the snare's lies across the end
    assert sorted(zip(seam.start.tolist(), seam.end.tolist(), strict=True)) == [(0.0, 0.5), (1.5, 2.0), (3.5, 4.0)]
