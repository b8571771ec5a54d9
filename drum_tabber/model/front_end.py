"""Front ends: what a trunk hears of log-mel frames (batch, frames, mels); some wipe out differences in level.

All are without state: a level is a mean over a bounded window, so a song heard in windows sounds as it does whole.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from drum_tabber.model.spec import ModelSpec
from drum_tabber.sound.features import FLOOR

FRONT_ENDS = ("log_mel", "pcen", "levelled")
_PAST = 100  # frames back that a level is smoothed over
_FADE = 40.0  # frames in which a smoothed level falls to 1/e
_SIDE = 50  # frames on either side that a mean is taken over
_TINY = 1e-6


def heard(mel: Any, spec: ModelSpec) -> Any:
    """What the front end of this spec makes of log-mel frames; raises ValueError for an unknown one."""
    if spec.front_end == "log_mel":
        return mel
    if spec.front_end == "pcen":
        return PerChannelEnergy(name="pcen")(mel)
    if spec.front_end == "levelled":
        return LevelledMel(name="levelled")(mel)
    raise ValueError(f"no front end {spec.front_end!r}; there are {', '.join(FRONT_ENDS)}")


def as_picture(x: Any, spec: ModelSpec) -> Any:
    """Frames (batch, frames, bands) for convolutions in two dimensions: mel bands, and a channel a window."""
    if spec.n_windows == 1:
        return ops.expand_dims(x, -1)
    return keras.layers.Reshape((-1, spec.n_mels // spec.n_windows, spec.n_windows), name="windows")(x)


def reach(spec: ModelSpec) -> int:
    """Frames on either side that the front end looks at."""
    return {"pcen": _PAST, "levelled": _SIDE}.get(spec.front_end, 0)


@keras.saving.register_keras_serializable(package="drum_tabber")
class PerChannelEnergy(keras.layers.Layer):
    """PCEN, `(E / (tiny + M) ** gain + offset) ** power - offset ** power`, gain, offset and power learnt by band.

    E is the band's magnitude, M its smoothed past. Wang et al. 2017, "Trainable frontend for robust and far-field
    keyword spotting"; their recursive smoother is cut off after `_PAST` frames.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (input_shape[-1],)
        # "bias" keeps weight decay off
        self.gain = self.add_weight(shape, keras.initializers.Constant(0.98), name="gain_bias")
        self.offset = self.add_weight(shape, keras.initializers.Constant(math.log(2.0)), name="log_offset_bias")
        self.power = self.add_weight(shape, keras.initializers.Constant(math.log(0.5)), name="log_power_bias")
        self.built = True

    def call(self, mel: Any) -> Any:
        magnitude = (ops.exp(mel) - 1) * FLOOR  # ONNX has no expm1
        fading = np.exp(-np.arange(_PAST, -1, -1) / _FADE)
        level = _smoothed(magnitude, fading, _PAST, 0)
        offset, power = ops.exp(self.offset), ops.exp(self.power)
        evened = magnitude * ops.exp(-self.gain * ops.log(level + _TINY))
        return ops.power(evened + offset, power) - ops.power(offset, power)


@keras.saving.register_keras_serializable(package="drum_tabber")
class LevelledMel(keras.layers.Layer):
    """Log-mel frames less a share, learnt by band, of their own mean over the `_SIDE` frames before and after."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.share = self.add_weight((input_shape[-1],), keras.initializers.Constant(0.5), name="share_bias")
        self.built = True

    def call(self, mel: Any) -> Any:
        return mel - self.share * _smoothed(mel, np.ones(2 * _SIDE + 1), _SIDE, _SIDE)


def _smoothed(x: Any, weights: NDArray[np.float64], before: int, after: int) -> Any:
    """The mean of each band about each frame by these weights; beyond the ends there is nothing to be counted."""
    kernel = ops.convert_to_tensor(weights[:, None, None, None].astype(np.float32), dtype=x.dtype)

    def summed(y: Any) -> Any:
        padded = ops.pad(ops.expand_dims(y, -1), [[0, 0], [before, after], [0, 0], [0, 0]])
        return ops.squeeze(ops.conv(padded, kernel, padding="valid"), -1)

    return summed(x) / summed(ops.ones_like(x[..., :1]))
