"""The networks: shapes, reach, batches, saving; and that the front end in Keras is the one in numpy."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from drum_tabber import model
from drum_tabber.model import (
    FoldFrames,
    LevelledMel,
    LogMel,
    ModelSpec,
    PerChannelEnergy,
    UnfoldFrames,
    WindowedSelfAttention,
    context_frames,
    trunk,
)
from drum_tabber.model.windowed import DilatedMax, centres
from drum_tabber.sound.features import FLOOR, FeatureSpec, log_mel

FEATURES = FeatureSpec(sample_rate=8000, hop_size=70, window_size=256, n_mels=13, fmin=40.0, fmax=3900.0)
ATTENTION = ModelSpec(
    kind="conv_attention",
    n_mels=13,
    n_drums=5,
    conv_filters=(2, 3),
    d_model=8,
    dilations=(1, 2),
    n_attention=2,
    n_heads=2,
    attention_window=3,
    attention_fold=4,
    dropout=0.5,
)
RECURRENT = replace(ATTENTION, kind="crnn", conv_filters=(2, 3, 4))
TRANSFORMER = replace(ATTENTION, kind="tst", n_encoders=3)
CONTEXT = replace(ATTENTION, kind="context_cnn", conv_filters=(6, 8))
TIMEFREQ = replace(ATTENTION, kind="timefreq_cnn", conv_filters=(4, 8, 6))
PCEN, LEVELLED = (replace(ATTENTION, n_attention=0, front_end=name) for name in ("pcen", "levelled"))
SPECS = {
    "conv_attention": ATTENTION,
    "crnn": RECURRENT,
    "tst": TRANSFORMER,
    "context_cnn": CONTEXT,
    "timefreq_cnn": TIMEFREQ,
}
WINDOWED = ["conv_attention", "tst", "context_cnn", "timefreq_cnn"]
SHAPES = {"onset": 5, "velocity": 5, "beat": 2}


def mel(n_frames: int, n_batch: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 11, (n_batch, n_frames, 13)).astype(np.float32)


@pytest.fixture(scope="module", params=[*WINDOWED, pytest.param("crnn", marks=pytest.mark.slow)])
def network(request: pytest.FixtureRequest) -> keras.Model:
    """A network whose every weight is random, so that none is without effect."""
    keras.utils.set_random_seed(1)
    network = model.build(SPECS[request.param])
    rng = np.random.default_rng(1)
    for weight in network.weights:
        if "seed" not in weight.path:
            spread = (
                rng.uniform(0.5, 1.5, weight.shape) if "variance" in weight.path else rng.normal(0, 0.4, weight.shape)
            )
            weight.assign(spread)
    return network


@pytest.mark.parametrize("n_frames", [9, 18])
def test_an_answer_for_every_frame_between_0_and_1(network: keras.Model, n_frames: int) -> None:
    answers = {name: np.asarray(answer) for name, answer in network(mel(n_frames, 3)).items()}
    assert {name: answer.shape for name, answer in answers.items()} == {
        name: (3, n_frames, width) for name, width in SHAPES.items()
    }
    for answer in answers.values():
        assert answer.dtype == np.float32 and 0 < answer.min() < answer.max() < 1


def test_a_batch_is_answered_as_its_members_alone(network: keras.Model) -> None:
    together = network(mel(10, 3))
    for index in range(3):
        alone = network(mel(10, 3)[index : index + 1])
        for name in SHAPES:
            np.testing.assert_allclose(alone[name][0], together[name][index], atol=1e-5)


def test_dropout_belongs_to_training(network: keras.Model) -> None:
    frames = mel(10)
    first, second = (np.asarray(network(frames, training=False)["onset"]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, network(frames)["onset"])
    assert np.abs(network(frames, training=True)["onset"] - network(frames, training=True)["onset"]).max() > 0.01


def test_weights_are_saved_and_loaded(network: keras.Model, tmp_path: Path) -> None:
    network.save_weights(tmp_path / "net.weights.h5")
    fresh = model.build(SPECS[network.name])
    assert not np.allclose(fresh(mel(10))["onset"], network(mel(10))["onset"], atol=0.01)
    fresh.load_weights(tmp_path / "net.weights.h5")
    for name in SHAPES:
        np.testing.assert_array_equal(fresh(mel(10))[name], network(mel(10))[name])


def test_the_whole_model_is_saved_and_loaded(network: keras.Model, tmp_path: Path) -> None:
    network.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(loaded(mel(10))["onset"], network(mel(10))["onset"])


def test_how_far_each_reaches() -> None:
    assert context_frames(ATTENTION) == 2 + (1 + 2) + 4 * (2 * 3 + 1)
    assert context_frames(TRANSFORMER) == 1 + 3 + 4 * (2 * 3 + 1)
    assert context_frames(RECURRENT) is None
    assert context_frames(CONTEXT) == 9 + 2 + 2 + 10 + 5
    assert context_frames(TIMEFREQ) == 12 + 6 + 1 + 3 + 3
    assert context_frames(PCEN) == 2 + 3 + 4 + 100
    assert context_frames(LEVELLED) == 2 + 3 + 4 + 50


@pytest.mark.parametrize("network", WINDOWED, indirect=True)
def test_nothing_reaches_further_than_the_context(network: keras.Model) -> None:
    context = context_frames(SPECS[network.name])
    assert context is not None
    frames = mel(128, 1)
    changed = frames.copy()
    changed[0, 70] = 30  # louder than all: what pools takes its greatest
    moved = np.flatnonzero(np.abs(network(changed)["onset"] - network(frames)["onset"])[0].max(axis=1) > 1e-6)
    assert 70 - context <= moved.min() < 70 - 8  # further than the convolutions' five frames
    assert 70 + 8 < moved.max() <= 70 + context


@pytest.mark.parametrize("network", WINDOWED, indirect=True)
def test_a_window_with_context_is_answered_as_in_the_song(network: keras.Model) -> None:
    frames, context = mel(192, 1), 36  # the least multiple of the fold that holds the context
    whole = np.asarray(network(frames)["beat"])
    window = np.asarray(network(frames[:, 64 - context : 100 + context])["beat"])
    np.testing.assert_allclose(window[:, context : context + 36], whole[:, 64:100], atol=1e-5)
    assert np.abs(window[:, :4] - whole[:, 64 - context : 64 - context + 4]).max() > 1e-4


@pytest.mark.parametrize("spec", [PCEN, LEVELLED], ids=["pcen", "levelled"])
def test_a_front_end_hears_a_window_with_context_as_in_the_song(spec: ModelSpec) -> None:
    network, context = model.build(spec), context_frames(spec)
    assert context is not None and context <= 120
    frames = mel(400, 1)
    whole = np.asarray(network(frames)["onset"])
    window = np.asarray(network(frames[:, 120:360])["onset"])
    np.testing.assert_allclose(window[:, 120:160], whole[:, 240:280], atol=1e-5)


def test_energy_by_channel_wipes_out_levels() -> None:
    """A band that is ten times as loud for long sounds the same; its logarithm doesn't."""
    layer, rng = PerChannelEnergy(), np.random.default_rng(0)
    magnitude = rng.uniform(0.01, 0.02, (1, 300, 3))
    soft, loud = (np.log1p(gain * magnitude / FLOOR).astype(np.float32) for gain in (1.0, 10.0))
    heard = np.asarray(layer(soft))
    np.testing.assert_allclose(layer(loud), heard, rtol=0.1)
    assert heard.shape == soft.shape and heard.min() > 0 and np.abs(loud / soft - 1).min() > 0.2


def test_energy_by_channel_is_the_formula() -> None:
    layer = PerChannelEnergy()
    frames = mel(150, 1)
    heard = np.asarray(layer(frames))
    magnitude = np.expm1(frames[0].astype(np.float64)) * FLOOR
    weights = np.exp(-np.arange(101) / 40)
    for frame in (0, 30, 149):
        past = magnitude[max(0, frame - 100) : frame + 1][::-1]
        level = (weights[: len(past), None] * past).sum(axis=0) / weights[: len(past)].sum()
        expected = (magnitude[frame] / (1e-6 + level) ** 0.98 + 2) ** 0.5 - 2**0.5
        np.testing.assert_allclose(heard[0, frame], expected, rtol=1e-3, atol=1e-5)


def test_a_levelled_band_is_lowered_by_its_mean() -> None:
    steady = np.full((1, 220, 3), 4.0, np.float32)
    np.testing.assert_allclose(LevelledMel()(steady), 2.0, rtol=1e-5)


def test_an_unknown_front_end_is_refused() -> None:
    with pytest.raises(ValueError, match="no front end 'mfcc'; there are log_mel, pcen, levelled"):
        model.build(replace(ATTENTION, front_end="mfcc"))


@pytest.mark.parametrize("sizes", [(5, 3), (3, 3)])
def test_a_window_slid_over_the_song_answers_as_the_window_alone(sizes: tuple[int, int]) -> None:
    """Pooling every 32 frames and taking what is left is looking at the centres of what keeps every frame."""
    frames = np.abs(np.random.default_rng(1).normal(size=(1, 96, 4, 1))).astype(np.float32)
    slid, dilation = frames, 1
    for size in sizes:
        slid = np.asarray(DilatedMax(size, dilation)(slid))
        dilation *= size
    taps = centres(*sizes)
    for frame in (16, 40, 79):
        window = frames[0, frame - 16 : frame + 16]
        for size in sizes:
            n = len(window) // size
            window = window[: n * size].reshape(n, size, 4, 1).max(axis=1)
        np.testing.assert_array_equal(slid[0, [frame + tap for tap in taps]], window)


def test_the_recurrent_net_keeps_frames_and_batches_apart_and_reaches_everywhere() -> None:
    network, frames = model.build(RECURRENT), mel(9, 3)
    together = network(frames)
    assert {name: tuple(answer.shape) for name, answer in together.items()} == {
        name: (3, 9, width) for name, width in SHAPES.items()
    }
    frames[1, -1] = 0
    changed = network(frames)
    np.testing.assert_allclose(changed["onset"][::2], together["onset"][::2], atol=1e-6)
    assert np.abs(changed["onset"][1, 0] - together["onset"][1, 0]).max() > 1e-6


def test_no_attention() -> None:
    spec = replace(ATTENTION, n_attention=0, attention_fold=7)
    assert model.build(spec)(mel(9))["beat"].shape == (2, 9, 2)
    assert not any("fold" in layer.name for layer in model.build(spec).layers)


def test_a_transformer_of_one_layer_looks_at_frames_alone() -> None:
    network = model.build(replace(TRANSFORMER, n_encoders=1))
    assert network(mel(9))["beat"].shape == (2, 9, 2)
    assert not any("fold" in layer.name for layer in network.layers)


@pytest.mark.parametrize("kind", [*WINDOWED, pytest.param("crnn", marks=pytest.mark.slow)])
def test_a_trunk_is_the_same_under_any_heads(kind: str) -> None:
    """Its weights are those of the network that it was taken from, and all but the heads'."""
    network, other = model.build(SPECS[kind]), model.reconstructor(SPECS[kind])
    assert other(mel(9)).shape == (2, 9, 13)
    for whole, n_heads in ((network, 3), (other, 1)):
        assert len(trunk(whole).weights) == len(whole.weights) - 2 * n_heads
    before = {name: np.asarray(answer) for name, answer in network(mel(9)).items()}
    heads = [weight.numpy() for weight in network.weights[-6:]]
    trunk(network).set_weights(trunk(other).get_weights())
    np.testing.assert_array_equal(trunk(network)(mel(9)), trunk(other)(mel(9)))
    assert np.abs(network(mel(9))["onset"] - before["onset"]).max() > 1e-4
    for weight, head in zip(network.weights[-6:], heads, strict=True):
        assert "logit" in weight.path
        np.testing.assert_array_equal(weight, head)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        ValueError, match="no model 'rnn'; there are conv_attention, crnn, tst, context_cnn, timefreq_cnn"
    ):
        model.build(replace(ATTENTION, kind="rnn"))


def test_a_spec_survives_json() -> None:
    assert ModelSpec.of(json.loads(json.dumps(asdict(ATTENTION)))) == ATTENTION


def test_hits_are_rare_from_the_start() -> None:
    spec = replace(ATTENTION, dropout=0.0)
    answers = model.build(spec)(np.zeros((2, 33, 13), np.float32))
    np.testing.assert_allclose(np.mean(answers["onset"]), 0.02, atol=0.02)
    np.testing.assert_allclose(np.mean(answers["beat"]), 0.05, atol=0.05)


@pytest.mark.parametrize("n_frames", [1, 8, 11])
def test_folding_and_unfolding(n_frames: int) -> None:
    frames = mel(n_frames)
    folded = np.asarray(FoldFrames(4)(frames))
    assert folded.shape == (2, -(-n_frames // 4), 4 * 13)
    np.testing.assert_array_equal(folded[:, 0, : 13 * min(4, n_frames)], frames[:, :4].reshape(2, -1))
    np.testing.assert_array_equal(UnfoldFrames(4)([folded, frames[..., :2]]), frames)


@pytest.mark.parametrize("n_frames", [1, 3, 17, 20])
def test_windowed_attention_is_attention_under_a_band(n_frames: int) -> None:
    """Held against all pairs of frames at once, in numpy."""
    heads, window, channels = 2, 5, 6
    layer = WindowedSelfAttention(heads, window)
    x = np.random.default_rng(0).normal(size=(3, n_frames, channels)).astype(np.float32)
    layer.build(x.shape)
    rng = np.random.default_rng(2)
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape))
    into, bias, out, distances = (np.asarray(weight) for weight in layer.weights)
    joined = (x @ into + bias).reshape(3, n_frames, 3, heads, channels // heads)
    query, key, value = (joined[:, :, index].transpose(0, 2, 1, 3) for index in range(3))
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(channels // heads)
    apart = np.arange(n_frames)[None, :] - np.arange(n_frames)[:, None]
    scores = scores + distances[np.clip(apart + window, 0, 2 * window)].transpose(2, 0, 1)
    scores = np.where(np.abs(apart) <= window, scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    expected = (shares @ value).transpose(0, 2, 1, 3).reshape(3, n_frames, channels) @ out
    np.testing.assert_allclose(layer(x), expected, atol=1e-4)


@pytest.mark.parametrize("n_samples", [1, 69, 70, 71, 255, 256, 257, 2100, 4567])
@pytest.mark.parametrize("spec", [FEATURES, replace(FEATURES, long_window=600)], ids=["one window", "two windows"])
def test_the_front_end_in_keras_is_the_one_in_numpy(n_samples: int, spec: FeatureSpec) -> None:
    samples = np.random.default_rng(n_samples).uniform(-1, 1, (2, n_samples)).astype(np.float32)
    heard = np.asarray(LogMel(spec)(samples))
    assert heard.shape == (2, spec.n_frames(n_samples), spec.n_bands)
    for index in range(2):
        np.testing.assert_allclose(heard[index], log_mel(samples[index], spec), atol=1e-4)


@pytest.mark.parametrize("kind", ["conv_attention", "context_cnn"])
def test_two_windows_are_two_channels_of_a_picture(kind: str) -> None:
    network = model.build(replace(SPECS[kind], n_mels=26, n_windows=2))
    heard = network(np.random.default_rng(0).uniform(0, 9, (2, 9, 26)).astype(np.float32))
    assert heard["onset"].shape == (2, 9, 5)
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    assert first.kernel.shape[2] == 2 and first.input.shape[2] == 13


def test_the_front_end_s_config_makes_it_again() -> None:
    layer = LogMel(FEATURES)
    again = LogMel.from_config(json.loads(json.dumps(layer.get_config())))
    assert again.spec == FEATURES and not again.trainable_weights
