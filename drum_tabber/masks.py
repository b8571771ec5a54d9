"""Spectrogram masks for use inside `tf.data`: a band of frequencies or a moment of time set to 0, which is silence.

The masks are tensorflow-io's. Where it has no wheel (Python 3.13 and later) TensorFlow makes the same ones, from the
same draws in the same order, so a seed gives the same masks with either. Draws come from the seed of the graph or,
outside graphs, from `tf.random.set_seed`.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import tensorflow as tf

try:
    # Its native decoders no longer load, which it warns about; the masks are Python and need none of them.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow_io
except ImportError:
    tensorflow_io = None


@dataclass(frozen=True)
class MaskSpec:
    """How often (probability) and how widely, at most, mel bands, frames and the treble are hidden."""

    p_frequency: float = 0.0
    max_bands: int = 0
    p_time: float = 0.0
    max_frames: int = 0
    p_treble: float = 0.0
    first_treble_band: int = 0


def random_masks(mel: tf.Tensor, spec: MaskSpec) -> tf.Tensor:
    """The spectrogram (frames, mels) with a band, a moment and the treble hidden, each with its probability."""
    if spec.p_treble:
        mel = treble_mask(mel, spec.p_treble, spec.first_treble_band)
    mel = frequency_mask(mel, _sometimes(spec.p_frequency, spec.max_bands))
    return time_mask(mel, _sometimes(spec.p_time, spec.max_frames))


def frequency_mask(mel: tf.Tensor, max_bands: tf.Tensor | int) -> tf.Tensor:
    """The spectrogram (frames, mels) with 0 to `max_bands` neighbouring mel bands set to 0."""
    if tensorflow_io is not None:
        return tensorflow_io.audio.freq_mask(mel, max_bands + 1)
    return hide(mel, 1, *draw_span(tf.shape(mel)[1], max_bands))


def time_mask(mel: tf.Tensor, max_frames: tf.Tensor | int) -> tf.Tensor:
    """The spectrogram (frames, mels) with 0 to `max_frames` neighbouring frames set to 0."""
    if tensorflow_io is not None:
        return tensorflow_io.audio.time_mask(mel, max_frames + 1)
    return hide(mel, 0, *draw_span(tf.shape(mel)[0], max_frames))


def treble_mask(mel: tf.Tensor, probability: float, first_band: int) -> tf.Tensor:
    """The log-mel spectrogram (frames, mels) with all above some band, at least `first_band`, faint: by 40 to 80 dB.

    So sounds whatever was once sampled at 22 kHz or coded at a low bit rate, which real recordings often were.
    """
    n_bands = tf.shape(mel)[1]
    cutoff = tf.random.uniform((), first_band, n_bands, tf.int32)
    cutoff = tf.where(tf.random.uniform(()) < probability, cutoff, n_bands)
    drop = tf.random.uniform((), 40.0, 80.0) * (math.log(10) / 20)
    above = tf.expand_dims(tf.range(n_bands) >= cutoff, 0)
    return tf.where(above, tf.maximum(mel - drop, 0.0), mel)


def draw_span(size: tf.Tensor | int, longest: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor]:
    """A random (start, length) within `size`, as tensorflow-io draws it: the length first, up to `longest`."""
    length = tf.random.uniform((), 0, longest + 1, tf.int32)
    return tf.random.uniform((), 0, size - length, tf.int32), length


def hide(mel: tf.Tensor, axis: int, start: tf.Tensor | int, length: tf.Tensor | int) -> tf.Tensor:
    """The spectrogram (frames, mels) with `length` frames (axis 0) or bands (axis 1) from `start` set to 0."""
    index = tf.range(tf.shape(mel)[axis])
    hidden = tf.expand_dims((index >= start) & (index < start + length), 1 - axis)
    return tf.where(hidden, tf.zeros((), mel.dtype), mel)


def _sometimes(probability: float, longest: int) -> tf.Tensor:
    return tf.where(tf.random.uniform(()) < probability, longest, 0)
