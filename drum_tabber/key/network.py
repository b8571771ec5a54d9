"""Networks that hear the key: CQT magnitudes (frames, bins) in; logits of 24 keys for the piece and over time out.

`equivariant` is ours: the same weights look at every pitch, octaves are folded onto a circle of pitch classes, and the
answer's 12 tonics are places on that circle, so music a semitone higher gives the answer a semitone higher by
construction (but for the ends of the range). `allconv` is the precursor's (Korzeniowski and Widmer 2018), which has to
learn each key by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import layers, ops

from drum_tabber.key import keys
from drum_tabber.key.cqt import CqtSpec

N_KEYS = len(keys.KEYS)
PIECE, STEPS = "piece", "steps"  # the outputs: (batch, 24) and (batch, steps, 24) logits


@dataclass(frozen=True)
class KeyNetSpec:
    """What is built: `filters` along pitch, `width` on the circle, `fold` and then `pool` frames in a step (`allconv`
    has 1 and 8); `dilations` say how far the layers that look around look, in steps either side."""

    architecture: Literal["equivariant", "allconv"] = "equivariant"
    filters: int = 16
    width: int = 32
    fold: int = 16
    pool: int = 2
    dropout: float = 0.1
    dilations: tuple[int, ...] = (1, 2, 4)

    @property
    def step(self) -> int:
        """Frames that an answer over time covers."""
        return self.fold * self.pool


def build(spec: KeyNetSpec, cqt: CqtSpec) -> keras.Model:
    """The network; input "cqt" (batch, frames, bins), outputs `PIECE` and `STEPS` by name."""
    heard = keras.Input((None, cqt.n_bins), name="cqt")
    steps = _equivariant(heard, spec, cqt) if spec.architecture == "equivariant" else _allconv(heard, spec)
    piece = layers.GlobalAveragePooling1D(name=PIECE)(steps)
    return keras.Model(heard, {PIECE: piece, STEPS: steps})


@keras.saving.register_keras_serializable("drum_tabber")
class Level(layers.Layer):
    """Magnitudes over their mean in the piece, compressed: the level of a recording doesn't count."""

    def __init__(self, contrast: float = 8.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contrast = contrast

    def call(self, magnitude: Any) -> Any:
        """(batch, frames, bins) in and out; silence stays zero."""
        mean = ops.mean(magnitude, axis=(1, 2), keepdims=True)
        return ops.log(1 + self.contrast * magnitude / (mean + 1e-9))  # ONNX knows no log1p

    def get_config(self) -> dict[str, Any]:
        """What `__init__` takes."""
        return {**super().get_config(), "contrast": self.contrast}


@keras.saving.register_keras_serializable("drum_tabber")
class FoldOctaves(layers.Layer):
    """(batch, steps, bins, channels) to (batch, steps, bins an octave, 3 channels): mean, peak, and mean of the low.

    The last weighs a bin by how low it is, smoothly, so that a semitone changes next to nothing.
    """

    def __init__(self, bins_per_octave: int, n_octaves: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bins_per_octave, self.n_octaves = bins_per_octave, n_octaves

    def call(self, x: Any) -> Any:
        """Fold."""
        n_bins = self.bins_per_octave * self.n_octaves
        low = ops.reshape((1 - ops.arange(n_bins, dtype="float32") / n_bins) ** 3, (1, 1, n_bins, 1))
        shape = (-1, ops.shape(x)[1], self.n_octaves, self.bins_per_octave, x.shape[-1])
        octaves = ops.reshape(x, shape)
        deep = ops.sum(ops.reshape(x * low, shape), axis=2)
        return ops.concatenate([ops.mean(octaves, axis=2), ops.max(octaves, axis=2), deep], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What `__init__` takes."""
        return {**super().get_config(), "bins_per_octave": self.bins_per_octave, "n_octaves": self.n_octaves}


@keras.saving.register_keras_serializable("drum_tabber")
class Wrap(layers.Layer):
    """(batch, steps, places, channels) with the first `n` places repeated at the end: a circle laid out flat."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = n

    def call(self, x: Any) -> Any:
        """Wrap."""
        return ops.concatenate([x, x[:, :, : self.n]], axis=2)

    def get_config(self) -> dict[str, Any]:
        """What `__init__` takes."""
        return {**super().get_config(), "n": self.n}


def _equivariant(heard: Any, spec: KeyNetSpec, cqt: CqtSpec) -> Any:
    per_octave = cqt.bins_per_octave
    per_semitone = per_octave // 12
    x = ops.expand_dims(Level()(layers.AveragePooling1D(spec.fold)(heard)), -1)
    x = layers.Conv2D(spec.filters, (1, per_octave + 1), padding="same", activation="elu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(spec.filters, (1, 5), padding="same", activation="elu")(x)
    x = layers.AveragePooling2D((spec.pool, 1))(x)
    x = layers.BatchNormalization()(FoldOctaves(per_octave, cqt.n_bins // per_octave)(x))
    x = Wrap(per_octave - per_semitone)(x)
    x = layers.Conv2D(spec.width, (1, per_octave), strides=(1, per_semitone), activation="elu")(x)  # tonic by tonic
    for dilation in spec.dilations:
        around = Wrap(11)(layers.Dropout(spec.dropout)(layers.BatchNormalization()(x)))
        around = ops.pad(around, ((0, 0), (dilation, dilation), (0, 0), (0, 0)))
        x = x + layers.Conv2D(spec.width, (3, 12), dilation_rate=(dilation, 1), activation="elu")(around)
    x = layers.Conv2D(2, 1)(layers.BatchNormalization()(x))  # major, minor
    order = [2 * key.tonic + (key.mode == "min") for key in keys.KEYS]
    return ops.take(layers.Reshape((-1, N_KEYS))(x), order, axis=-1)


def _allconv(heard: Any, spec: KeyNetSpec) -> Any:
    x = ops.expand_dims(Level()(heard), -1)
    for number, (channels, sizes) in enumerate(((1, (5, 3)), (2, (3, 3)), (4, (3, 3)), (8, (3, 3)))):
        if number:
            x = layers.Dropout(spec.dropout)(layers.MaxPooling2D(2)(x))
        for size in sizes:
            x = layers.Conv2D(channels * spec.filters, size, padding="same", activation="elu")(x)
            x = layers.BatchNormalization()(x)
    x = layers.BatchNormalization()(layers.Conv2D(N_KEYS, 1, activation="elu")(x))
    return ops.mean(x, axis=2)
