"""What the windowed networks of the tab-trained precursor become when every frame has an answer.

It cut a window of 32 frames about each frame and pooled it along time, so that neighbours worked out the same numbers
again. Slid over the song instead, a pooling of `size` frames keeps every frame, and what follows looks `size` times as
far apart ("à trous", Shensa 1992; Long et al. 2015, section 3.1): the same answers but for the windows' padded edges.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

FRAMES = 32  # of the precursor's window: 16 before the frame, it, and 15 after it
BEFORE = 16


@keras.saving.register_keras_serializable(package="drum_tabber")
class DilatedMax(keras.layers.Layer):
    """The greatest of `size` frames, `dilation` apart and centred, (batch, frames, bands, channels) not below 0."""

    def __init__(self, size: int, dilation: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.dilation = size, dilation

    def call(self, x: Any) -> Any:
        side = self.size // 2 * self.dilation
        n_frames = ops.shape(x)[1]
        padded = ops.pad(x, [[0, 0], [side, side], [0, 0], [0, 0]])
        greatest = padded[:, :n_frames]
        for step in range(1, self.size):
            greatest = ops.maximum(greatest, padded[:, step * self.dilation : step * self.dilation + n_frames])
        return greatest

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "dilation": self.dilation}


@keras.saving.register_keras_serializable(package="drum_tabber")
class PadFrames(keras.layers.Layer):
    """Silent frames before and after, (batch, frames, channels)."""

    def __init__(self, before: int, after: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.before, self.after = before, after

    def call(self, x: Any) -> Any:
        return ops.pad(x, [[0, 0], [self.before, self.after], [0, 0]])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "before": self.before, "after": self.after}


def pool(x: Any, n_frames: int, n_bands: int, dilation: int, name: str) -> Any:
    """A pooling of `n_frames` x `n_bands` that keeps every frame; `dilation` is the product of those before it."""
    x = keras.layers.MaxPooling2D((1, n_bands), padding="same", name=name)(x)
    return DilatedMax(n_frames, dilation, name=f"{name}_frames")(x) if n_frames > 1 else x


def convolve(x: Any, filters: int, size: int, dilation: int, name: str) -> Any:
    """A square convolution with batch normalisation and ReLU, its frames `dilation` apart."""
    x = keras.layers.Conv2D(
        filters, size, dilation_rate=(dilation, 1), padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    x = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
    return keras.layers.Activation("relu", name=f"{name}_relu")(x)


def centres(*sizes: int) -> list[int]:
    """Where the window's frames lie after poolings of these sizes, counted from the frame that it is cut about."""
    frames = [float(frame - BEFORE) for frame in range(FRAMES)]
    for size in sizes:
        frames = [sum(frames[start : start + size]) / size for start in range(0, len(frames) - size + 1, size)]
    return [round(frame) for frame in frames]


def flatten(x: Any, taps: list[int], n_units: int) -> Any:
    """The dense layer over a whole window: frames at `taps`, evenly apart, with all their bands."""
    x = keras.layers.Reshape((-1, x.shape[2] * x.shape[3]), name="bands_to_channels")(x)
    x = PadFrames(-taps[0], taps[-1], name="window")(x)
    apart = taps[1] - taps[0]
    x = keras.layers.Conv1D(n_units, len(taps), dilation_rate=apart, use_bias=False, name="dense")(x)
    x = keras.layers.BatchNormalization(name="dense_norm")(x)
    return keras.layers.Activation("relu", name="dense_relu")(x)
