"""Networks that class one-shots: padded log-mel frames and their lengths in; class, "unknown" and a place on a map out.

Each sees where it is (the band, and the logarithm of the time since the attack, as two more channels, after the
precursor), and none looks at padding: every layer's output is blanked beyond the sound's end and pooling counts only
what sounds, so the answer is the same whatever a batch is padded to. "cnn" pools over time; "cnn_lstm" is the
precursor's net of three convolutions and a bidirectional LSTM, with its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from drum_tabber.oneshots import feed
from drum_tabber.oneshots.feed import Lesson

SCALE = 0.125  # brings log-mel frames (0 to about 10) near 1
MOMENTUM = 0.95  # of batch statistics: a small folder is learnt in a hundred steps
OUTPUTS = ("label", "unknown", "latent")


@dataclass(frozen=True)
class NetSpec:
    """A network: its kind, mel bands heard, classes answered, lows heard, channels of each convolution, width of its
    latent.
    """

    kind: Literal["cnn", "cnn_lstm"]
    n_mels: int
    n_classes: int
    n_lows: int = 0
    filters: tuple[int, ...] = (24, 32, 64, 96)
    latent: int = 96
    dropout: float = 0.2


@keras.saving.register_keras_serializable("drum_tabber")
class Blank(layers.Layer):
    """Maps (batch, time, bands, channels) or (batch, time, channels) with zeros beyond a length (batch,)."""

    def call(self, maps: Any, length: Any) -> Any:
        """The same maps, blanked."""
        inside = ops.cast(ops.arange(ops.shape(maps)[1])[None] < length[:, None], maps.dtype)
        return maps * ops.reshape(inside, (-1, ops.shape(maps)[1], *(1,) * (len(maps.shape) - 2)))


@keras.saving.register_keras_serializable("drum_tabber")
class Placed(layers.Layer):
    """Frames (batch, time, mels) as maps of three channels: scaled, and where each cell is in pitch and in time."""

    def call(self, mel: Any) -> Any:
        """(batch, time, mels, 3)."""
        time = ops.log(ops.cast(ops.arange(ops.shape(mel)[1]), mel.dtype) + 1.0) / 4.382 - 0.33
        band = ops.linspace(-1.0, 1.0, mel.shape[2])
        ones = ops.ones_like(mel)
        return ops.stack([mel * SCALE, ones * time[None, :, None], ones * band[None, None, :]], axis=-1)


@keras.saving.register_keras_serializable("drum_tabber")
class SoundingPool(layers.Layer):
    """Frames (batch, time, channels), blank beyond a length (batch,): their mean and their maximum, side by side."""

    def call(self, frames: Any, length: Any) -> Any:
        """(batch, 2 channels)."""
        count = ops.maximum(ops.cast(length, frames.dtype), 1.0)[:, None]
        return ops.concatenate([ops.sum(frames, axis=1) / count, ops.max(frames, axis=1)], axis=-1)


@keras.saving.register_keras_serializable("drum_tabber")
class Inside(layers.Layer):
    """Which frames (batch, time, channels) lie within a length (batch,)."""

    def call(self, frames: Any, length: Any) -> Any:
        """(batch, time), true where they do."""
        return ops.arange(ops.shape(frames)[1])[None] < length[:, None]


def build(spec: NetSpec, name: str | None = None) -> keras.Model:
    """The network, untrained: "label" are logits (batch, classes), "unknown" a logit (batch, 1)."""
    bands, length = _inputs(spec)
    sound = {"cnn": _cnn, "cnn_lstm": _cnn_lstm}[spec.kind](bands[:, :, : spec.n_mels], length, spec)
    if spec.n_lows:
        lows = bands[:, 0, spec.n_mels :] * SCALE  # the same in every frame
        sound = layers.Concatenate()([sound, layers.Dense(spec.n_lows, activation="relu", name="lows")(lows)])
    latent = layers.Dense(spec.latent, activation="relu", name="latent")(layers.Dropout(spec.dropout)(sound))
    dropped = layers.Dropout(spec.dropout)(latent)
    answers = {
        "label": layers.Dense(spec.n_classes, name="label")(dropped),
        "unknown": layers.Dense(1, name="unknown")(dropped),
        "latent": latent,
    }
    return keras.Model({"mel": bands, "length": length}, answers, name=name or spec.kind)


def joined(specs: Sequence[NetSpec]) -> keras.Model:
    """Networks that hear alike as one, the layers `member_0` onwards: its logits are their mean, its latent is all of
    theirs.
    """
    bands, length = _inputs(specs[0])
    heard = {"mel": bands, "length": length}
    each = [build(spec, f"member_{number}")(heard) for number, spec in enumerate(specs)]
    means = {name: layers.Average(name=name)([one[name] for one in each]) for name in ("label", "unknown")}
    latent = layers.Concatenate(name="latent")([one["latent"] for one in each])
    return keras.Model(heard, {**means, "latent": latent}, name="joined")


def _inputs(spec: NetSpec) -> tuple[Any, Any]:
    return keras.Input((None, spec.n_mels + spec.n_lows), name="mel"), keras.Input((), dtype="int32", name="length")


def _cnn(mel: Any, length: Any, spec: NetSpec) -> Any:
    """Patches of 60 ms, then convolutions that halve time and bands; mean and maximum over what sounds."""
    maps = layers.ZeroPadding2D(1)(Blank()(Placed()(mel), length))
    maps = layers.Conv2D(spec.filters[0], 6, strides=4, use_bias=False)(maps)
    length = _halved(_halved(length))
    maps = _finished(maps, length)
    for index, n_filters in enumerate(spec.filters[1:]):
        if index:
            maps = layers.MaxPooling2D(2)(maps)
            length = _halved(length)
        maps = layers.Conv2D(n_filters, 3, padding="same", use_bias=False)(maps)
        maps = _finished(maps, length)
    return SoundingPool()(layers.Reshape((-1, maps.shape[2] * maps.shape[3]))(maps), length)


def _cnn_lstm(mel: Any, length: Any, spec: NetSpec) -> Any:
    """The precursor's: 64 of 4 x 24, 96 of 3 x 7, 128 of 3 x 5, pooled over bands; then a bidirectional LSTM."""
    maps = Blank()(Placed()(mel), length)
    shapes = ((64, (4, 24), (1, 2)), (96, (3, 7), (2, 2)), (128, (3, 5), (2, 1)))
    for index, (n_filters, size, strides) in enumerate(shapes):
        above = size[0] - strides[0]  # so that a pooled frame is the same whatever comes after
        maps = layers.ZeroPadding2D(((above // 2, above - above // 2), (size[1] // 2, (size[1] - 1) // 2)))(maps)
        maps = layers.Conv2D(n_filters, size, strides=strides, use_bias=False)(maps)
        length = _halved(length) if strides[0] == 2 else length
        maps = _finished(maps, length)
        if index:
            maps = layers.MaxPooling2D((1, 2))(maps)
    frames = layers.Reshape((-1, maps.shape[2] * maps.shape[3]))(maps)
    return layers.Bidirectional(layers.LSTM(128))(frames, mask=Inside()(frames, length))


def _finished(maps: Any, length: Any) -> Any:
    return Blank()(layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(maps)), length)


def _halved(length: Any) -> Any:
    return (length + 1) // 2


def shift(network: keras.Model, by: NDArray[np.floating]) -> None:
    """Move the logits of every sound, (classes,), as `prior.lean` says."""
    answers = network.get_layer("label")
    kernel, bias = answers.get_weights()
    answers.set_weights([kernel, bias + by])


@dataclass(frozen=True)
class FitSpec:
    """How a network is taught: rounds over the lesson, sounds a batch, of which a share is `mixed` with others."""

    epochs: int
    learning_rate: float
    seed: int
    mixed: float = 0.0
    batch: int = 32


def fit(network: keras.Model, lesson: Lesson, spec: FitSpec, checkpoint: Path) -> None:
    """Train in place. A stopped run resumes from the folder `checkpoint`, which is gone when training has ended."""
    batches = feed.batches(lesson, spec.batch, spec.seed, spec.mixed)
    steps = max(1, len(lesson.labels) // spec.batch)
    schedule = keras.optimizers.schedules.CosineDecay(
        spec.learning_rate / 20,
        steps * spec.epochs,
        warmup_target=spec.learning_rate,
        warmup_steps=max(1, steps // 2),
    )
    network.compile(
        keras.optimizers.AdamW(schedule, weight_decay=1e-3, clipnorm=1.0),
        loss={
            "label": keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05),
            "unknown": keras.losses.BinaryCrossentropy(from_logits=True),
        },
    )
    resume = keras.callbacks.BackupAndRestore(str(checkpoint))
    network.fit(batches, epochs=spec.epochs, steps_per_epoch=steps, verbose=2, callbacks=[resume])
