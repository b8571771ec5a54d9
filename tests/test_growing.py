"""A widened network answers what the narrow one did, and learns with what it has more."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

import configs
from drum_tabber import model
from drum_tabber.errors import BundleError
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.learning import growing, serving
from drum_tabber.model import ModelSpec

NARROW = ModelSpec("conv_attention", 16, 3, (2, 3), 8, (1, 2), 1, 2, 8, 2, 0.0)
WIDE = replace(NARROW, conv_filters=(5, 4))
TWO_WINDOWS = replace(NARROW, n_mels=32, n_windows=2)


def trained(spec: ModelSpec) -> keras.Model:
    """A network whose weights and running means are all other than fresh ones'."""
    network, rng = model.build(spec), np.random.default_rng(0)
    network.set_weights([weight + rng.uniform(0.1, 0.5, weight.shape) for weight in network.get_weights()])
    return network


def test_a_widened_network_answers_alike_and_hears_with_its_new_channels() -> None:
    narrow, wide = trained(NARROW), model.build(WIDE)
    growing.widen(narrow, wide, WIDE)
    mel = np.random.default_rng(1).uniform(0, 8, (2, 40, 16)).astype(np.float32)
    for name, answer in narrow(mel, training=False).items():
        np.testing.assert_allclose(wide(mel, training=False)[name], answer, atol=1e-5)
    before = {weight.path: weight.numpy() for weight in wide.trainable_weights}
    wide.compile("adam", "mse")
    answers = {name: 1 - np.asarray(answer) for name, answer in narrow(mel, training=False).items()}
    for _ in range(2):  # the first step opens the way to the new channels, the second goes it
        wide.train_on_batch(mel, answers)
    moved = {weight.path: np.abs(weight.numpy() - before[weight.path]) for weight in wide.trainable_weights}
    first, second = (next(d for path, d in moved.items() if f"front_{layer}/kernel" in path) for layer in (0, 1))
    assert (second[:, :, 2:, :3] > 0).any(), "old channels listen to new ones"
    assert (first[..., 2:] > 0).any(), "which learn"


def test_a_network_that_hears_through_a_second_window_answers_alike_whatever_that_shows() -> None:
    narrow, wide = trained(NARROW), model.build(TWO_WINDOWS)
    growing.widen(narrow, wide, TWO_WINDOWS)
    rng = np.random.default_rng(1)
    mel, other = rng.uniform(0, 8, (2, 2, 40, 16)).astype(np.float32)
    both = np.stack([mel, other], axis=-1).reshape(2, 40, 32)
    for name, answer in narrow(mel, training=False).items():
        np.testing.assert_allclose(wide(both, training=False)[name], answer, atol=1e-5)


@pytest.mark.parametrize(
    ("other", "is_one"),
    [
        (WIDE, True),
        (NARROW, False),
        (TWO_WINDOWS, True),
        (replace(TWO_WINDOWS, n_mels=16), False),
        (replace(NARROW, n_mels=32), False),
        (replace(NARROW, conv_filters=(5, 2)), False),
        (replace(NARROW, conv_filters=(2, 3, 4)), False),
        (replace(WIDE, d_model=16), False),
    ],
)
def test_only_a_wider_front_is_grown_into(other: ModelSpec, is_one: bool) -> None:
    assert growing.is_wider(other, NARROW) is is_one


def test_the_shipped_model_grows_wider_and_into_nothing_else() -> None:
    shipped = Bundle.load(configs.MODEL_BUNDLE)
    spec = ModelSpec.of(shipped.model)
    wide = replace(spec, conv_filters=(*spec.conv_filters[:-1], spec.conv_filters[-1] + 8))
    network, mel = model.build(wide), np.random.default_rng(1).uniform(0, 8, (1, 60, spec.n_mels)).astype(np.float32)
    growing.begin_with(shipped, network, wide)
    for name, answer in serving.load_model(shipped)(mel, training=False).items():
        np.testing.assert_allclose(network(mel, training=False)[name], answer, atol=1e-4)
    other = replace(spec, d_model=spec.d_model + 8)
    with pytest.raises(BundleError, match="doesn't hold weights for this model"):
        growing.begin_with(shipped, model.build(other), other)
