"""The networks of one-shots: padding makes no difference, the lows do, and answers can be leant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.oneshots import feed, listening, network
from drum_tabber.oneshots.network import NetSpec

SMALL = NetSpec("cnn", n_mels=24, n_classes=5, n_lows=7, filters=(3, 4), latent=6)
Frames = NDArray[np.float32]


def heard(n: int, seed: int = 0) -> Frames:
    """Frames (n, bands) of a made-up sound, its lows the same in each."""
    rng = np.random.default_rng(seed)
    lows = np.broadcast_to(rng.uniform(0, 7, SMALL.n_lows), (n, SMALL.n_lows))
    return np.hstack([rng.uniform(0, 9, (n, SMALL.n_mels)), lows]).astype(np.float32)


def answers(model: Any, frames: Frames, padded_to: int = 0) -> Frames:
    """The logits (classes,) of one sound in a batch padded to so many frames."""
    mel, length = listening.stacked([frames, np.zeros((padded_to, frames.shape[1]), np.float32)])
    return np.asarray(model({"mel": mel, "length": length}, training=False)["label"])[0]


@pytest.mark.parametrize("kind", ["cnn", "cnn_lstm"])
def test_padding_makes_no_difference(kind: Any) -> None:
    model = network.build(NetSpec(kind, n_mels=24, n_classes=5, n_lows=7, filters=(3, 4), latent=6))
    frames = heard(19)
    assert answers(model, frames, 80) == pytest.approx(answers(model, frames), abs=1e-4)


def test_lows_are_heard_where_the_network_takes_them() -> None:
    model = network.build(SMALL)
    model.get_layer("lows").set_weights([np.ones((7, 7), np.float32), np.zeros(7, np.float32)])
    low, high = heard(19), heard(19)
    high[:, SMALL.n_mels :] += 3
    assert np.abs(answers(model, low) - answers(model, high)).max() > 1e-3
    deaf = network.build(NetSpec("cnn", n_mels=24, n_classes=5, filters=(3, 4)))
    assert answers(deaf, heard(19)[:, : SMALL.n_mels]).shape == (5,)


def test_a_shift_moves_every_sound_alike() -> None:
    model, by = network.build(SMALL), np.array([1.0, -2.0, 0.0, 0.5, 0.0], np.float32)
    before = answers(model, heard(19))
    network.shift(model, by)
    assert answers(model, heard(19)) - before == pytest.approx(by, abs=1e-4)


def test_batches_hold_sounds_with_their_lows_in_every_frame() -> None:
    sounds = [heard(n, n) for n in (11, 23)]
    drawn = feed.batches(sounds, np.array([0, 4]), np.array([0.5, 0.5]), 3, 0, SMALL.n_lows)
    inputs, targets, _ = next(iter(drawn.as_numpy_iterator()))
    assert inputs["mel"].shape == (3, 2 * listening.FOLD, 31) and targets["label"].shape == (3, 5)
    for mel, length in zip(inputs["mel"], inputs["length"], strict=True):
        lows = mel[:length, SMALL.n_mels :]
        assert np.all(lows == lows[:1]) and lows.any() and not mel[length:].any()
