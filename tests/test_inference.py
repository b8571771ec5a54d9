"""Inference: block by block and window by window it answers what it answers for the whole song at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drum_tabber.errors import BundleError
from drum_tabber.hearing import inference
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.inference import Network, frames_of, from_first_sound, windows
from drum_tabber.sound.features import FeatureSpec, log_mel

SPEC = FeatureSpec(sample_rate=8000, hop_size=80, window_size=256, n_mels=7, fmin=40.0, fmax=3900.0)


def noise(n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(np.float32)


def cut(samples: np.ndarray, sizes: Sequence[int]) -> Iterator[np.ndarray]:
    """The samples in blocks of these sizes, over and over."""
    start = index = 0
    while start < len(samples):
        yield samples[start : start + sizes[index % len(sizes)]]
        start, index = start + sizes[index % len(sizes)], index + 1


@pytest.mark.parametrize("n_samples", [0, 1, 79, 80, 81, 255, 256, 257, 4000, 4096, 5003])
@pytest.mark.parametrize("sizes", [(1000,), (1, 2, 300), (79,), (81, 0, 255), (10_000,)])
@pytest.mark.parametrize(
    "spec", [SPEC, replace(SPEC, hop_size=256), replace(SPEC, window_size=129), replace(SPEC, long_window=600)]
)
def test_frames_of_blocks_are_those_of_the_whole(n_samples: int, sizes: tuple[int, ...], spec: FeatureSpec) -> None:
    samples = noise(n_samples)
    parts = list(frames_of(cut(samples, sizes), spec))
    joined = np.concatenate([np.zeros((0, spec.n_bands), np.float32), *parts])
    np.testing.assert_allclose(joined, log_mel(samples, spec), atol=1e-6)


@pytest.mark.parametrize("n_frames", [0, 1, 9, 10, 11, 13, 20, 27, 57])
@pytest.mark.parametrize(("size", "context"), [(10, 3), (10, 10), (4, 11), (7, 0), (100, 5)])
@pytest.mark.parametrize("sizes", [(1,), (5, 17), (100,)])
def test_windows_hold_every_frame_once_with_its_context(
    n_frames: int, size: int, context: int, sizes: tuple[int, ...]
) -> None:
    song = np.arange(n_frames * 2, dtype=np.float32).reshape(n_frames, 2)
    done = 0
    for window, before, n_answered in windows(cut(song, sizes), size, context):
        assert 0 < n_answered <= size
        assert before == min(done, context)
        expected = song[done - before : min(n_frames, done + n_answered + context)]
        np.testing.assert_array_equal(window, expected)
        done += n_answered
    assert done == n_frames


@pytest.fixture(scope="module")
def bundle(convolution_bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:  # type: ignore[no-untyped-def]
    """A network that sees 50 frames either way, and all of them alike."""
    rng = np.random.default_rng(1)
    made: Bundle = convolution_bundle(
        tmp_path_factory.mktemp("net"), rng.normal(0, 0.01, (8, 7, 101)), rng.normal(0, 1, 8)
    )
    return made


@pytest.mark.parametrize("n_samples", [80 * 300, 80 * 256 + 1, 80 * 64, 17])
def test_window_by_window_is_the_song_at_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch, n_samples: int) -> None:
    network, samples = Network(bundle), noise(n_samples)
    onset, velocity, beat = network(log_mel(samples, SPEC))
    assert onset.std(axis=0).min() > 0.01 or n_samples < 80
    monkeypatch.setattr(inference, "WINDOW_FRAMES", 128)
    heard = network.activations(cut(samples, (999,)))
    assert heard.onset.shape == (SPEC.n_frames(n_samples), 3) and heard.beat.shape == (SPEC.n_frames(n_samples), 2)
    np.testing.assert_allclose(heard.onset, onset, atol=1e-5)
    np.testing.assert_allclose(heard.velocity, velocity, atol=1e-3)  # kept as 16-bit floats
    np.testing.assert_allclose(heard.beat, beat, atol=1e-5)
    assert heard.duration == pytest.approx(SPEC.n_frames(n_samples) / 100)


def test_too_little_context_would_be_noticed(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "WINDOW_FRAMES", 128)
    network, samples = Network(bundle), noise(80 * 300)
    whole = network.activations([samples])
    network.bundle = replace(bundle, context=0)
    assert np.abs(network.activations([samples]).onset - whole.onset).max() > 0.01


def test_a_song_sounds_the_same_however_late_it_begins(bundle: Bundle) -> None:
    network, samples = Network(bundle), noise(30 * SPEC.hop_size)

    def heard(n_frames: int) -> np.ndarray:
        """From shortly before the first sound on, after silence of so many frames."""
        silent = np.zeros(n_frames * SPEC.hop_size, np.float32)
        onset = network.activations(cut(np.concatenate([silent, samples]), (1000,))).onset
        assert len(onset) == n_frames + 30 and not onset[: n_frames - 3].any()
        return onset[n_frames - 3 :]

    assert heard(3)[3:].any()
    np.testing.assert_allclose(heard(3), heard(64), atol=1e-5)
    np.testing.assert_allclose(heard(3), heard(700), atol=1e-5)


@pytest.mark.parametrize("sizes", [(1,), (3,), (7, 2), (100,)])
@pytest.mark.parametrize("fold", [1, 4])
def test_silence_is_passed_over_by_the_fold(sizes: tuple[int, ...], fold: int) -> None:
    song = np.concatenate([np.zeros((10, 2)), np.ones((15, 2))]).astype(np.float32)
    n_silent, parts = from_first_sound(cut(song, sizes), fold)
    assert n_silent == 10 // fold * fold
    np.testing.assert_array_equal(np.concatenate([*parts]), song[n_silent:])
    n_silent, parts = from_first_sound(cut(song[:10], sizes), fold)
    assert n_silent + sum(map(len, parts)) == 10


def test_nothing_but_silence_has_as_many_frames(bundle: Bundle) -> None:
    heard = Network(bundle).activations([np.zeros(50 * SPEC.hop_size, np.float32)])
    assert heard.onset.shape == (50, len(bundle.targets.drums)) and not heard.onset.any()
    assert heard.beat.shape == (50, 2)


def test_answers_stand_at_their_frames(convolution_bundle, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    kernel = np.zeros((8, 7, 5))
    kernel[1, 3, 2] = 1.0  # the snare is what the fourth band says now
    kernel[7, 0, 4] = 1.0  # the downbeat is what the first band will say in two frames
    heard = Network(convolution_bundle(tmp_path, kernel, np.zeros(8))).activations([noise(900)])
    mel = log_mel(noise(900), SPEC)
    np.testing.assert_allclose(heard.onset[:, 1], 1 / (1 + np.exp(-mel[:, 3])), atol=1e-5)
    np.testing.assert_allclose(heard.beat[:-2, 1], 1 / (1 + np.exp(-mel[2:, 0])), atol=1e-5)
    assert (heard.onset[:, 0] == 0.5).all() and heard.frame_rate == 100


def test_progress_counts_every_frame(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "WINDOW_FRAMES", 128)
    counted: list[int] = []
    Network(bundle).activations([noise(80 * 300)], counted.append)
    assert counted == [128, 128, 44]


def test_no_audio_at_all(bundle: Bundle) -> None:
    heard = Network(bundle).activations([])
    assert (heard.onset.shape, heard.velocity.shape, heard.beat.shape, heard.duration) == ((0, 3), (0, 3), (0, 2), 0)


def test_a_network_that_is_missing_or_broken_is_named(bundle: Bundle, tmp_path: Path) -> None:
    lost = replace(bundle, folder=tmp_path)
    with pytest.raises(BundleError, match=r"model\.onnx is missing; build it with python -m drum_tabber export "):
        Network(lost)
    lost.network.write_bytes(b"no network")
    with pytest.raises(BundleError, match=r"model\.onnx can't be loaded .*; build it anew"):
        Network(lost)
