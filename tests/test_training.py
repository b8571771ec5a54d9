"""Training: what the losses count, that a model learns, that a run resumes, that the averaged weights are kept."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from drum_tabber import model
from drum_tabber.events import Beats, Hits
from drum_tabber.hearing.targets import Decoding, TargetSpec, decode, encode
from drum_tabber.learning import training
from drum_tabber.learning.training import KeepBest, TrainingSpec
from drum_tabber.model import ModelSpec

CODES = ("BD", "SD", "HH")
N_FRAMES, N_MELS = 24, 6
ATTENTION = ModelSpec("conv_attention", N_MELS, 3, (2,), 8, (1,), 1, 2, 2, 4, 0.0)
TARGETS = TargetSpec(CODES, frame_rate=100.0)
SPEC = TrainingSpec(
    epochs=2,
    steps_per_epoch=3,
    learning_rate=0.01,
    warmup_steps=2,
    weight_decay=0.01,
    ema=0.9,
    positive_weight=2.0,
    velocity_loss=0.3,
    beat_loss=0.5,
    patience=5,
)
Batch = tuple[np.ndarray, dict[str, np.ndarray]]


def batch(n_frames: int = N_FRAMES) -> Batch:
    """Two segments whose bands say plainly which drum is struck."""
    segments = []
    for times, drums in (([0.05, 0.1, 0.18], ["BD", "HH", "SD"]), ([0.03, 0.15], ["SD", "BD"])):
        hits = Hits.of(times, drums, [100, 50, 70][: len(times)])
        beats = Beats(np.array(times), np.arange(len(times)) + 1)
        segments.append(encode(hits, beats, tuple((code,) for code in CODES), True, TARGETS, n_frames))
    targets = {name: np.stack([segment[name] for segment in segments]) for name in segments[0]}
    mel = 5 * np.repeat(targets["onset"][..., 0], 2, axis=-1)
    return mel, targets


def forever(limit: int | None = None) -> Iterator[Batch]:
    """The same batch over and over; a fault after `limit` of them."""
    given = 0
    while limit is None or given < limit:
        yield batch()
        given += 1
    raise RuntimeError("the power went out")


def feed(limit: int | None = None) -> tf.data.Dataset:
    signature = tf.nest.map_structure(lambda array: tf.TensorSpec(array.shape, tf.float32), batch())
    return tf.data.Dataset.from_generator(lambda: forever(limit), output_signature=signature)


def validation() -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors(batch())


def compiled(spec: TrainingSpec = SPEC, shape: ModelSpec = ATTENTION, eagerly: bool = False) -> keras.Model:
    """A fresh network; a few steps are sooner done `eagerly` than compiled."""
    keras.utils.set_random_seed(3)
    network = model.build(shape)
    training.compile_model(network, spec, on_gpu=False)
    network.run_eagerly = eagerly
    return network


def packed(target: Any, weight: Any) -> np.ndarray:
    return np.stack([np.asarray(target, np.float32), np.asarray(weight, np.float32)], axis=-1)


class TestLosses:
    ANSWER = np.array([[[0.1, 0.6, 0.3], [0.8, 0.5, 0.2]]], np.float32)  # one segment, two frames, three drums

    def test_onsets_are_summed_over_drums_and_averaged_over_frames(self) -> None:
        target = np.array([[[0, 1, 0], [1, 0, 0.5]]])
        found = training.onset_loss(3.0)(packed(target, np.ones_like(target)), self.ANSWER)
        log = np.log
        first = -log(0.9) - 3 * log(0.6) - log(0.7)
        second = -3 * log(0.8) - log(0.5) - 2 * (0.5 * log(0.2) + 0.5 * log(0.8))
        np.testing.assert_allclose(found, [(first + second) / 2], rtol=1e-5)

    def test_a_focus_minds_what_is_far_off(self) -> None:
        target, answer = np.array([[[1.0, 0.0, 0.5]]]), np.array([[[0.9, 0.6, 0.5]]], np.float32)
        plain = [
            float(training.onset_loss(1.0, focus)(packed(target, np.eye(3)[[[column]]]), answer)[0])
            for focus in (0.0, 2.0)
            for column in range(3)
        ]
        weights = [after / before for before, after in zip(plain[:3], plain[3:], strict=True)]
        np.testing.assert_allclose(weights, [0.1**2, 0.6**2, 0.0], atol=1e-4)

    def test_velocities_are_averaged_over_hits(self) -> None:
        target, weight = np.zeros((1, 2, 3)), np.zeros((1, 2, 3))
        target[0, 1], weight[0, 1] = [0.5, 0.5, 0.9], [1.0, 0.5, 0.0]
        found = training.squared_error(packed(target, weight), self.ANSWER)
        np.testing.assert_allclose(found, [(0.3**2 + 0) / 1.5], rtol=1e-4)

        found = training.absolute_error(packed(target, weight), self.ANSWER)
        np.testing.assert_allclose(found, [(0.3 + 0) / 1.5], rtol=1e-4)

    @pytest.mark.parametrize("error", [training.squared_error, training.absolute_error])
    def test_no_hits_no_velocity_loss(self, error: Any) -> None:
        assert error(packed(np.ones((1, 2, 3)), np.zeros((1, 2, 3))), self.ANSWER).numpy() == [0]

    LOSSES = (training.onset_loss(2.0), training.onset_loss(2.0, 1.5), training.squared_error, training.absolute_error)

    @pytest.mark.parametrize("loss", LOSSES)
    def test_what_is_hidden_has_no_gradient(self, loss: Any) -> None:
        rng = np.random.default_rng(0)
        weight = rng.integers(0, 2, (4, 5, 3))
        answer = tf.constant(rng.uniform(0.1, 0.9, (4, 5, 3)), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(answer)
            value = tf.reduce_sum(loss(packed(rng.integers(0, 2, (4, 5, 3)), weight), answer))
        gradient = tape.gradient(value, answer).numpy()
        np.testing.assert_array_equal(gradient != 0, weight == 1)

    def test_certainty_that_is_wrong_costs_much_but_no_infinity(self) -> None:
        target = np.array([[[0, 1, 0]]])
        wrong = training.onset_loss(1.0)(
            packed(target, np.ones_like(target)), np.array([[[0.0, 0.0, 0.0]]], np.float32)
        )
        assert 10 < wrong.numpy()[0] < 20


def test_the_schedule_warms_up_and_decays_to_zero() -> None:
    rate = compiled(replace(SPEC, epochs=5, steps_per_epoch=20, warmup_steps=10)).optimizer._learning_rate
    values = [float(rate(step)) for step in (0, 5, 10, 55, 100)]
    np.testing.assert_allclose(values, [0, 0.005, 0.01, 0.005, 0], atol=1e-6)


def test_biases_and_norms_don_t_decay() -> None:
    optimizer = compiled().optimizer
    network = compiled()
    decaying = {variable.path for variable in network.trainable_variables if optimizer._use_weight_decay(variable)}
    assert "front_0/kernel" in decaying
    assert not [path for path in decaying if path.endswith(("bias", "gamma", "beta"))]


@pytest.mark.parametrize(
    ("kind", "front_end", "loss"),
    [
        ("conv_attention", "log_mel", "cross_entropy"),
        ("conv_attention", "pcen", "focal"),
        ("tst", "levelled", "cross_entropy"),
        ("context_cnn", "log_mel", "cross_entropy"),
        ("timefreq_cnn", "log_mel", "cross_entropy"),
        pytest.param("crnn", "log_mel", "cross_entropy", marks=pytest.mark.slow),
    ],
)
def test_a_step_moves_the_weights_and_lowers_the_loss(kind: str, front_end: str, loss: str) -> None:
    shape = replace(ATTENTION, kind=kind, front_end=front_end, conv_filters=(4,) if kind == "crnn" else (4, 4, 4))
    network = compiled(replace(SPEC, warmup_steps=0, ema=0.0, loss=loss), shape, eagerly=True)
    before = [weight.numpy() for weight in network.trainable_variables]
    mel, targets = batch(8)
    losses = [float(network.train_on_batch(mel, targets)[0]) for _ in range(4)]
    assert losses[-1] < losses[0] and np.isfinite(losses).all()
    unmoved = [
        weight.path
        for weight, old in zip(network.trainable_variables, before, strict=True)
        if np.array_equal(weight, old)
    ]
    assert unmoved == []


@pytest.mark.slow
def test_a_run_that_broke_off_ends_as_one_that_did_not(tmp_path: Path) -> None:
    whole = compiled()
    training.fit(whole, feed(), validation(), SPEC, tmp_path / "whole")
    broken = compiled()
    with pytest.raises(Exception, match="the power went out"):
        training.fit(broken, feed(limit=4), validation(), SPEC, tmp_path / "broken")
    resumed = compiled()
    best = training.fit(resumed, feed(), validation(), SPEC, tmp_path / "broken")

    for one, other in zip(whole.trainable_variables, resumed.trainable_variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-5, err_msg=one.path)
    with (tmp_path / "broken" / "log.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1"]
    records = [json.loads((tmp_path / run / "best.json").read_text()) for run in ("whole", "broken")]
    assert records[0] == pytest.approx(records[1], rel=1e-4)
    assert best.is_file() and list((tmp_path / "broken" / "logs").rglob("events*"))


@pytest.mark.slow
def test_a_run_that_is_over_stays_as_it_is(tmp_path: Path) -> None:
    spec = replace(SPEC, epochs=1)
    best = training.fit(compiled(spec), feed(), validation(), spec, tmp_path)
    kept = best.read_bytes()
    assert training.fit(compiled(spec), feed(), validation(), spec, tmp_path) == best
    assert best.read_bytes() == kept


def test_the_best_weights_are_the_averaged_ones(tmp_path: Path) -> None:
    spec = replace(SPEC, epochs=1, ema=0.5, weight_decay=0.0, warmup_steps=0)
    network = compiled(spec, eagerly=True)
    watched = _Weights("front_0/kernel")
    swap, best = keras.callbacks.SwapEMAWeights(), KeepBest(tmp_path, 5)
    network.fit(feed(), validation_data=validation(), steps_per_epoch=3, verbose=0, callbacks=[watched, best, swap])
    average = watched.seen[1]  # Keras begins to average after the first step
    for weights in watched.seen[2:]:
        average = 0.5 * average + 0.5 * weights
    fresh = compiled(spec)
    fresh.load_weights(best.weights)
    kernel = next(weight.numpy() for weight in fresh.trainable_variables if weight.path == "front_0/kernel")
    np.testing.assert_allclose(kernel, average, atol=1e-5)
    assert np.abs(kernel - watched.seen[-1]).max() > 1e-4


class _Weights(keras.callbacks.Callback):
    """Watches one weight before training and after every step."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.seen = path, list[np.ndarray]()

    def look(self) -> None:
        weight = next(weight for weight in self.model.trainable_variables if weight.path == self.path)
        self.seen.append(weight.numpy())

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.look()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.look()


class TestKeepBest:
    def keeper(self, folder: Path, patience: int = 2) -> KeepBest:
        best = KeepBest(folder, patience)
        inputs = keras.Input((1,))
        best.set_model(keras.Model(inputs, keras.layers.Dense(1, name="only")(inputs)))
        best.model.stop_training = False
        return best

    def validate(self, best: KeepBest, epoch: int, loss: float) -> bool:
        """One epoch in which the only weight is the epoch's number; whether training is to go on."""
        best.model.get_layer("only").kernel.assign([[float(epoch)]])
        best.on_test_end({"loss": loss})
        best.on_epoch_end(epoch)
        return not best.model.stop_training

    def test_the_best_is_kept_and_patience_ends(self, tmp_path: Path) -> None:
        best = self.keeper(tmp_path)
        going = [self.validate(best, epoch, loss) for epoch, loss in enumerate([0.5, 0.3, 0.4, 0.2, 0.25, 0.2])]
        assert going == [True] * 5 + [False]
        best.model.load_weights(best.weights)
        assert best.model.get_layer("only").kernel.numpy() == [[3.0]]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["best.json", "best.weights.h5"]

    def test_a_resumed_run_compares_with_the_best_there_was(self, tmp_path: Path) -> None:
        first = self.keeper(tmp_path)
        self.validate(first, 0, 0.3)
        self.validate(first, 1, 0.35)
        second = self.keeper(tmp_path)
        assert not self.validate(second, 2, 0.4)
        second.model.load_weights(second.weights)
        assert second.model.get_layer("only").kernel.numpy() == [[0.0]]


@pytest.mark.slow
def test_one_bar_is_learnt_by_heart() -> None:
    spec = replace(SPEC, epochs=1, steps_per_epoch=300, warmup_steps=20, ema=0.0, weight_decay=0.0)
    network = compiled(spec)
    mel, targets = batch()
    for _ in range(300):
        network.train_on_batch(mel, targets)
    answers = network(mel, training=False)
    how = Decoding(tuple((code,) for code in CODES), dict.fromkeys(CODES, 0.5), dict.fromkeys(CODES, 0.03))
    for index in range(2):
        found = decode(np.asarray(answers["onset"][index]), np.asarray(answers["velocity"][index]), TARGETS, how)
        played = decode(targets["onset"][index, ..., 0], targets["velocity"][index, ..., 0], TARGETS, how)
        assert found.drum.tolist() == played.drum.tolist()
        np.testing.assert_allclose(found.time, played.time, atol=0.005)
        assert np.abs(found.velocity - played.velocity).max() < 25


def test_a_mean_of_weights_lies_between_what_a_run_began_and_ended_with() -> None:
    network = model.build(ATTENTION)
    before = network.get_weights()
    network.set_weights([weights + 1 for weights in before])
    after = network.get_weights()
    training.average(network, before, 0.4)
    for mean, old, new in zip(network.get_weights(), before, after, strict=True):
        np.testing.assert_allclose(mean, 0.4 * old + 0.6 * new, rtol=1e-6)
    training.average(network, before, 1.0)
    assert all(np.array_equal(mean, old) for mean, old in zip(network.get_weights(), before, strict=True))
