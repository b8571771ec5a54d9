"""The networks: log-mel frames (batch, frames, mels) to activations, in `keras.ops` and `keras.layers` alone.

Every model answers {"onset": (batch, frames, drums), "velocity": (batch, frames, drums), "beat": (batch, frames, 2)},
each between 0 and 1; "beat" holds beat and downbeat. Times are kept: frame i out belongs to frame i in. Nothing
reaches further than `context_frames` frames, so a long song can be run in windows that overlap by that much.

Each model is a trunk, which differs, under heads, which don't. Other heads make a `reconstructor` of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from drum_tabber.features import FLOOR, FeatureSpec, hann, mel_filterbank

_A_HEAD, _RECONSTRUCTION = "onset_logit", "reconstruction"  # layers that a trunk ends beneath
_LOUDEST = math.log1p(1 / FLOOR)  # the log-mel of a band at full scale


@dataclass(frozen=True)
class ModelSpec:
    """A network's shape: what it hears, what it answers, how large it is."""

    kind: str
    n_mels: int
    n_drums: int
    conv_filters: tuple[int, ...] = (16, 32, 48, 64)
    d_model: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    n_attention: int = 2
    n_heads: int = 4
    attention_window: int = 64
    attention_fold: int = 4
    dropout: float = 0.1
    n_encoders: int = 4

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> ModelSpec:
        """A spec from what JSON makes of one."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
        return cls(**values)


def build(spec: ModelSpec) -> keras.Model:
    """A fresh network of this shape; raises ValueError for an unknown kind."""
    mel, body = _begin(spec)
    outputs = {
        "onset": keras.layers.Dense(spec.n_drums, bias_initializer=_rare(0.02), name=_A_HEAD)(body),
        "velocity": keras.layers.Dense(spec.n_drums, name="velocity_logit")(body),
        "beat": keras.layers.Dense(2, bias_initializer=_rare(0.05), name="beat_logit")(body),
    }
    outputs = {
        name: keras.layers.Activation("sigmoid", name=name, dtype="float32")(logit) for name, logit in outputs.items()
    }
    return keras.Model(mel, outputs, name=spec.kind)


def reconstructor(spec: ModelSpec) -> keras.Model:
    """The same trunk under a head that answers log-mel frames, (batch, frames, mels) to the same."""
    mel, body = _begin(spec)
    start = keras.initializers.Constant(_LOUDEST / 2)
    answer = keras.layers.Dense(spec.n_mels, bias_initializer=start, name=_RECONSTRUCTION)(body)
    answer = keras.layers.Activation("linear", name="reconstructed", dtype="float32")(answer)
    return keras.Model(mel, answer, name=f"{spec.kind}_reconstructor")


def trunk(network: keras.Model) -> keras.Model:
    """The part of a network or a reconstructor that is beneath its heads, with the very same weights."""
    heads = {_A_HEAD, _RECONSTRUCTION}
    head = next(layer for layer in network.layers if layer.name in heads)
    return keras.Model(network.input, head.input, name="trunk")


def context_frames(spec: ModelSpec) -> int | None:
    """Frames on either side that an output depends on at most; None where it is the whole input (recurrent nets)."""
    if spec.kind == "crnn":
        return None
    if spec.kind == "tst":
        return 1 + spec.attention_window + _folded_reach(spec, spec.n_encoders - 1)
    return len(spec.conv_filters) + sum(spec.dilations) + _folded_reach(spec, spec.n_attention)


def _folded_reach(spec: ModelSpec, n_blocks: int) -> int:
    return spec.attention_fold * (n_blocks * spec.attention_window + 1)


def _begin(spec: ModelSpec) -> tuple[Any, Any]:
    """The input of a network of this kind and what its trunk makes of it."""
    trunks = {"conv_attention": _conv_attention, "crnn": _crnn, "tst": _tst}
    if spec.kind not in trunks:
        raise ValueError(f"no model {spec.kind!r}; there are {', '.join(trunks)}")
    mel = keras.Input((None, spec.n_mels), name="mel")
    return mel, trunks[spec.kind](mel, spec)


def _rare(share: float) -> keras.initializers.Initializer:
    """A bias that starts a sigmoid at the share of frames that are positive (Lin et al. 2017, section 4.1)."""
    return keras.initializers.Constant(math.log(share / (1 - share)))


def _conv_attention(mel: Any, spec: ModelSpec) -> Any:
    """Convolutions that halve the mel axis, dilated convolutions along time, windowed self-attention.

    Attention looks at `attention_fold` frames at a time: it learns how the bar goes, not where a stroke begins, and
    costs a fourth.
    """
    x = _front(mel, spec)
    for index, dilation in enumerate(spec.dilations):
        x = _dilated_block(x, spec, dilation, f"dilated_{index}")
    x = _folded_attention(x, spec, spec.n_attention)
    return keras.layers.LayerNormalization(epsilon=1e-5, name="norm")(x)


def _tst(mel: Any, spec: ModelSpec) -> Any:
    """A time-series transformer (Zerveas et al. 2021) without the recordings' length in it.

    Frames are embedded with their neighbours, not alone; the first encoder looks at frames, so that it can tell when
    a stroke begins, and the others at `attention_fold` of them at a time. Distances stand in for learnt positions.
    """
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = keras.layers.Conv1D(spec.d_model, 3, padding="same", activation="silu", name="embed")(x)
    x = _attention_block(x, spec, "frame_attention")
    x = _folded_attention(x, spec, spec.n_encoders - 1)
    return keras.layers.LayerNormalization(epsilon=1e-5, name="norm")(x)


def _folded_attention(x: Any, spec: ModelSpec, n_blocks: int) -> Any:
    """Adds what `n_blocks` of attention see at `attention_fold` frames a step."""
    if not n_blocks:
        return x
    y = FoldFrames(spec.attention_fold, name="fold")(x)
    y = keras.layers.Dense(spec.d_model, name="fold_in")(y)
    for index in range(n_blocks):
        y = _attention_block(y, spec, f"attention_{index}")
    y = keras.layers.Dense(spec.attention_fold * spec.d_model, name="fold_out")(y)
    return keras.layers.Add(name="context_add")([x, UnfoldFrames(spec.attention_fold, name="unfold")([y, x])])


def _front(mel: Any, spec: ModelSpec) -> Any:
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = ops.expand_dims(x, -1)
    for index, filters in enumerate(spec.conv_filters):
        x = keras.layers.Conv2D(filters, 3, strides=(1, 2), padding="same", use_bias=False, name=f"front_{index}")(x)
        x = keras.layers.BatchNormalization(name=f"front_norm_{index}")(x)
        x = keras.layers.Activation("relu", name=f"front_relu_{index}")(x)
    x = keras.layers.Reshape((-1, x.shape[2] * x.shape[3]), name="bands_to_channels")(x)
    return keras.layers.Dense(spec.d_model, name="front_out")(x)


def _dilated_block(x: Any, spec: ModelSpec, dilation: int, name: str) -> Any:
    y = keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm")(x)
    y = keras.layers.Conv1D(
        spec.d_model, 3, dilation_rate=dilation, padding="same", activation="silu", name=f"{name}_conv"
    )(y)
    y = keras.layers.Dense(spec.d_model, name=f"{name}_mix")(y)
    y = keras.layers.Dropout(spec.dropout, name=f"{name}_drop")(y)
    return keras.layers.Add(name=f"{name}_add")([x, y])


def _attention_block(x: Any, spec: ModelSpec, name: str) -> Any:
    y = keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm")(x)
    y = WindowedSelfAttention(spec.n_heads, spec.attention_window, name=name)(y)
    y = keras.layers.Dropout(spec.dropout, name=f"{name}_drop")(y)
    x = keras.layers.Add(name=f"{name}_add")([x, y])
    y = keras.layers.LayerNormalization(epsilon=1e-5, name=f"{name}_mlp_norm")(x)
    y = keras.layers.Dense(2 * spec.d_model, activation="silu", name=f"{name}_mlp_in")(y)
    y = keras.layers.Dense(spec.d_model, name=f"{name}_mlp_out")(y)
    y = keras.layers.Dropout(spec.dropout, name=f"{name}_mlp_drop")(y)
    return keras.layers.Add(name=f"{name}_mlp_add")([x, y])


def _crnn(mel: Any, spec: ModelSpec) -> Any:
    """The E-GMD precursor's net, mended: time is not pooled, so each frame keeps its own answer."""
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = ops.expand_dims(x, -1)
    for index, filters in enumerate(spec.conv_filters[:3]):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{index}")(x)
        x = keras.layers.BatchNormalization(name=f"conv_norm_{index}")(x)
        x = keras.layers.Activation("relu", name=f"conv_relu_{index}")(x)
        x = keras.layers.MaxPooling2D((1, 2), name=f"conv_pool_{index}")(x)
        x = keras.layers.Dropout(spec.dropout, name=f"conv_drop_{index}")(x)
    x = keras.layers.Reshape((-1, x.shape[2] * x.shape[3]), name="bands_to_channels")(x)
    for index in range(3):
        cell = keras.layers.GRU(spec.d_model, return_sequences=True, dropout=spec.dropout, name=f"gru_{index}")
        x = keras.layers.Bidirectional(cell, name=f"both_ways_{index}")(x)
    return keras.layers.Dense(64, activation="relu", name="dense")(x)


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


@keras.saving.register_keras_serializable(package="drum_tabber")
class LogMel(keras.layers.Layer):
    """`features.log_mel` as a layer: mono samples (batch, n) to log-mel magnitudes (batch, frames, n_mels)."""

    def __init__(self, spec: FeatureSpec | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.spec = spec if isinstance(spec, FeatureSpec) else FeatureSpec(**spec)

    def call(self, samples: Any) -> Any:
        spec = self.spec
        n_samples = ops.shape(samples)[1]
        n_frames = (n_samples + spec.hop_size - 1) // spec.hop_size
        half = spec.window_size // 2
        padded = ops.pad(samples, [[0, 0], [half, spec.window_size + spec.hop_size]])
        padded = padded[:, : (n_frames - 1) * spec.hop_size + spec.window_size]
        real, imaginary = ops.stft(
            padded, spec.window_size, spec.hop_size, spec.window_size, window=hann(spec.window_size), center=False
        )
        magnitude = ops.sqrt(ops.square(real) + ops.square(imaginary))
        return ops.log1p(ops.matmul(magnitude, mel_filterbank(spec)) / FLOOR)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "spec": vars(self.spec)}
