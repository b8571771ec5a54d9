"""`conv_attention`: convolutions over the spectrogram, dilated ones along time, attention over the bar."""

from __future__ import annotations

from typing import Any

import keras

from drum_tabber.model.attention import folded_attention, folded_reach
from drum_tabber.model.front_end import as_picture
from drum_tabber.model.spec import ModelSpec


def reach(spec: ModelSpec) -> int:
    """Frames on either side that an answer depends on at most."""
    return len(spec.conv_filters) + sum(spec.dilations) + folded_reach(spec, spec.n_attention)


def trunk(mel: Any, spec: ModelSpec) -> Any:
    """Convolutions that halve the mel axis, dilated convolutions along time, windowed self-attention.

    Attention looks at `attention_fold` frames at a time: it learns how the bar goes, not where a stroke begins, and
    costs a fourth.
    """
    x = _front(mel, spec)
    for index, dilation in enumerate(spec.dilations):
        x = _dilated_block(x, spec, dilation, f"dilated_{index}")
    x = folded_attention(x, spec, spec.n_attention)
    return keras.layers.LayerNormalization(epsilon=1e-5, name="norm")(x)


def _front(mel: Any, spec: ModelSpec) -> Any:
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = as_picture(x, spec)
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
