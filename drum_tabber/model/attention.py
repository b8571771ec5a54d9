"""Windowed self-attention, also over several frames at a time: layers, and blocks made of them."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from drum_tabber.model.spec import ModelSpec


def folded_reach(spec: ModelSpec, n_blocks: int) -> int:
    """Frames on either side that `folded_attention` looks at."""
    return spec.attention_fold * (n_blocks * spec.attention_window + 1)


def folded_attention(x: Any, spec: ModelSpec, n_blocks: int) -> Any:
    """Adds what `n_blocks` of attention see at `attention_fold` frames a step."""
    if not n_blocks:
        return x
    y = FoldFrames(spec.attention_fold, name="fold")(x)
    y = keras.layers.Dense(spec.d_model, name="fold_in")(y)
    for index in range(n_blocks):
        y = attention_block(y, spec, f"attention_{index}")
    y = keras.layers.Dense(spec.attention_fold * spec.d_model, name="fold_out")(y)
    return keras.layers.Add(name="context_add")([x, UnfoldFrames(spec.attention_fold, name="unfold")([y, x])])


def attention_block(x: Any, spec: ModelSpec, name: str) -> Any:
    y = keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm")(x)
    y = WindowedSelfAttention(spec.n_heads, spec.attention_window, name=name)(y)
    y = keras.layers.Dropout(spec.dropout, name=f"{name}_drop")(y)
    x = keras.layers.Add(name=f"{name}_add")([x, y])
    y = keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_mlp_norm")(x)
    y = keras.layers.Dense(2 * spec.d_model, activation="silu", name=f"{name}_mlp_in")(y)
    y = keras.layers.Dense(spec.d_model, name=f"{name}_mlp_out")(y)
    y = keras.layers.Dropout(spec.dropout, name=f"{name}_mlp_drop")(y)
    return keras.layers.Add(name=f"{name}_mlp_add")([x, y])


@keras.saving.register_keras_serializable(package="drum_tabber")
class FoldFrames(keras.layers.Layer):
    """Every `fold` frames as one: (batch, frames, channels) to (batch, ceil(frames / fold), fold * channels)."""

    def __init__(self, fold: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fold = fold

    def call(self, x: Any) -> Any:
        n_groups = (ops.shape(x)[1] + self.fold - 1) // self.fold
        padded = ops.pad(x, [[0, 0], [0, n_groups * self.fold - ops.shape(x)[1]], [0, 0]])
        return ops.reshape(padded, (-1, n_groups, self.fold * x.shape[-1]))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "fold": self.fold}


@keras.saving.register_keras_serializable(package="drum_tabber")
class UnfoldFrames(FoldFrames):
    """The inverse of FoldFrames, [folded, like]: cut to as many frames as `like` (batch, frames, any) has."""

    def call(self, inputs: Any) -> Any:
        folded, like = inputs
        frames = ops.reshape(folded, (-1, ops.shape(folded)[1] * self.fold, folded.shape[-1] // self.fold))
        return frames[:, : ops.shape(like)[1]]


@keras.saving.register_keras_serializable(package="drum_tabber")
class WindowedSelfAttention(keras.layers.Layer):
    """Multi-head self-attention in which each frame sees `window` frames back and ahead, (batch, frames, channels).

    Frames are cut into blocks of `window`; a block's queries meet the keys of its own and both neighbouring blocks,
    under a band mask (Beltagy et al. 2020, "Longformer"). A learnt bias per head and distance says how far apart two
    frames are, so the answer depends on distances alone and never on where the song was cut. Cost and memory grow
    with frames x window instead of frames squared.
    """

    def __init__(self, n_heads: int, window: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_heads, self.window = n_heads, window

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = input_shape[-1]
        assert channels is not None and channels % self.n_heads == 0
        self.in_kernel = self.add_weight((channels, 3 * channels), "glorot_uniform", name="in_kernel")
        self.in_bias = self.add_weight((3 * channels,), "zeros", name="in_bias")
        self.out_kernel = self.add_weight((channels, channels), "glorot_uniform", name="out_kernel")
        self.distance_bias = self.add_weight((2 * self.window + 1, self.n_heads), "zeros", name="distance_bias")
        self.built = True

    def call(self, x: Any) -> Any:
        window, heads, channels = self.window, self.n_heads, x.shape[-1]
        size = channels // heads
        n_frames = ops.shape(x)[1]
        n_blocks = (n_frames + window - 1) // window
        joined = ops.matmul(x, self.in_kernel) + self.in_bias
        joined = ops.pad(joined, [[0, 0], [window, n_blocks * window - n_frames + window], [0, 0]])
        blocks = ops.reshape(joined, (-1, n_blocks + 2, window, 3, heads, size))
        query = blocks[:, 1:-1, :, 0]
        around = ops.concatenate([blocks[:, :-2], blocks[:, 1:-1], blocks[:, 2:]], axis=2)
        key, value = around[:, :, :, 1], around[:, :, :, 2]
        scores = ops.einsum("bnqhd,bnkhd->bnhqk", query, key) / math.sqrt(size)
        scores = scores + self._bias(scores.dtype)
        scores = scores + self._outside(n_blocks, n_frames, scores.dtype)
        attended = ops.einsum("bnhqk,bnkhd->bnqhd", ops.softmax(scores, axis=-1), value)
        attended = ops.reshape(attended, (-1, n_blocks * window, channels))[:, :n_frames]
        return ops.matmul(attended, self.out_kernel)

    def _bias(self, dtype: Any) -> Any:
        """Bias by distance (heads, window, 3 * window), minus a large number outside the band."""
        distance = np.arange(3 * self.window)[None, :] - self.window - np.arange(self.window)[:, None]
        inside = np.abs(distance) <= self.window
        index = np.clip(distance + self.window, 0, 2 * self.window)
        bias = ops.transpose(ops.take(self.distance_bias, index, axis=0), (2, 0, 1))
        return ops.cast(ops.where(inside[None], bias, -1e4), dtype)

    def _outside(self, n_blocks: Any, n_frames: Any, dtype: Any) -> Any:
        """A large negative number at keys before the first or after the last frame, (n_blocks, 1, 1, 3 * window)."""
        start = ops.expand_dims(ops.arange(n_blocks), 1) * self.window - self.window
        place = start + ops.expand_dims(ops.arange(3 * self.window), 0)
        outside = ops.logical_or(place < 0, place >= n_frames)
        return ops.cast(ops.where(outside, -1e4, 0.0), dtype)[:, None, None, :]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_heads": self.n_heads, "window": self.window}
