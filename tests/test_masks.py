"""Masks: what they hide, and that tensorflow-io's and ours are the same."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber import masks
from drum_tabber.masks import MaskSpec

N_FRAMES, N_MELS = 37, 11
TENSORFLOW_IO = vars(masks)["tensorflow_io"]  # None where it has no wheel
ALWAYS = MaskSpec(p_frequency=1.0, max_bands=4, p_time=1.0, max_frames=9)


def masked(spec: MaskSpec, seed: int, in_graph: bool = False) -> NDArray[np.float32]:
    tf.random.set_seed(seed)
    function = tf.function(masks.random_masks) if in_graph else masks.random_masks
    hidden: NDArray[np.float32] = function(tf.ones((N_FRAMES, N_MELS)), spec).numpy()
    return hidden


@pytest.mark.skipif(TENSORFLOW_IO is None, reason="tensorflow-io has no wheel for this Python")
@pytest.mark.parametrize("in_graph", [False, True])
def test_tensorflow_io_and_tensorflow_hide_the_same(monkeypatch: pytest.MonkeyPatch, in_graph: bool) -> None:
    theirs = [masked(ALWAYS, seed, in_graph) for seed in range(20)]
    monkeypatch.setattr(masks, "tensorflow_io", None)
    ours = [masked(ALWAYS, seed, in_graph) for seed in range(20)]
    np.testing.assert_array_equal(ours, theirs)
    assert len({mask.tobytes() for mask in ours}) > 10


@pytest.mark.parametrize("library", [TENSORFLOW_IO, None])
def test_whole_bands_and_frames_are_hidden_never_more_than_allowed(
    monkeypatch: pytest.MonkeyPatch, library: object
) -> None:
    monkeypatch.setattr(masks, "tensorflow_io", library)
    widest_band = longest_moment = 0
    for seed in range(60):
        mask = masked(ALWAYS, seed)
        frames, bands = (mask == 0).all(axis=1), (mask == 0).all(axis=0)
        np.testing.assert_array_equal(mask, 1.0 - (frames[:, None] | bands))
        widest_band, longest_moment = (max(widest_band, bands.sum()), max(longest_moment, frames.sum()))
    assert (widest_band, longest_moment) == (4, 9)


def test_probability_0_hides_nothing() -> None:
    assert (masked(MaskSpec(0.0, 4, 0.0, 9), seed=1) == 1).all()


def test_hide_counts_from_the_start_given() -> None:
    hidden = masks.hide(tf.ones((4, 5)), axis=1, start=2, length=2).numpy()
    np.testing.assert_array_equal(hidden, [[1, 1, 0, 0, 1]] * 4)
    hidden = masks.hide(tf.ones((4, 2)), axis=0, start=1, length=1).numpy()
    np.testing.assert_array_equal(hidden, [[1, 1], [0, 0], [1, 1], [1, 1]])
