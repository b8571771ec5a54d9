"""`crnn`: convolutions and recurrent layers, as the E-GMD precursor has them."""

from __future__ import annotations

from typing import Any

import keras

from drum_tabber.model.front_end import as_picture
from drum_tabber.model.spec import ModelSpec


def reach(spec: ModelSpec) -> None:
    """None: a recurrent net depends on its whole input."""


def trunk(mel: Any, spec: ModelSpec) -> Any:
    """The E-GMD precursor's net, mended: time is not pooled, so each frame keeps its own answer."""
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = as_picture(x, spec)
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
