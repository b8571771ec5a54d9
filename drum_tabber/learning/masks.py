"""Spectrogram masks for use inside `tf.data`: a band of frequencies or a moment of time set to 0, which is silence.

Two families. Those that vary what a model trains on (`random_masks`) are tensorflow-io's. Where it has no wheel (Python
3.13 and later) TensorFlow makes the same ones, from the same draws in the same order, so a seed gives the same masks
with either. Draws come from the seed of the graph or, outside graphs, from `tf.random.set_seed`. Those that a model
learns to see through before it meets any labels (`riddle`) say what they hid, and depend on the seed given alone.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
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


@dataclass(frozen=True)
class RiddleSpec:
    """What is hidden of a segment: a kind drawn from `kinds` of RIDDLES, a `share` of its cells.

    Hidden frames or bands come in runs of geometric length, `mean_run` on average. `noise` is what is added to cells
    where that is the kind, as standard deviation in the features' unit. Raises ValueError where no runs are so short.
    """

    kinds: tuple[str, ...]
    share: float = 0.15
    mean_run: float = 6.0
    noise: float = 1.4

    def __post_init__(self) -> None:
        if not 0 < self.share < 1 <= min(self.mean_run, self.mean_open_run):
            raise ValueError(f"no runs of {self.mean_run} make a share of {self.share}")

    @property
    def mean_open_run(self) -> float:
        """How long runs that are not hidden are on average."""
        return self.mean_run * (1 - self.share) / self.share


def random_masks(mel: tf.Tensor, spec: MaskSpec) -> tf.Tensor:
    """The spectrogram (frames, mels) with a band, a moment and the treble hidden, each with its probability."""
    if spec.p_treble and spec.first_treble_band < mel.shape[1]:
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


def riddle(mel: tf.Tensor, spec: RiddleSpec, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The spectrogram (frames, mels) with cells hidden, and (frames, mels, 2): what it was, and 1 at hidden cells.

    `seed` is two whole numbers; the same ones hide the same.
    """
    seeds = tf.random.split(seed, 3)
    kind = tf.random.stateless_uniform((), seeds[0], 0, len(spec.kinds), tf.int32)
    hidden = tf.switch_case(
        kind, [lambda kind=kind: RIDDLES[kind](tf.shape(mel), spec, seeds[1]) for kind in spec.kinds]
    )
    noisy = mel + spec.noise * tf.random.stateless_normal(tf.shape(mel), seeds[2])
    is_noise = tf.equal(tf.constant(spec.kinds), "noise")[kind]
    seen = tf.where(hidden, tf.where(is_noise, noisy, 0.0), mel)
    return seen, tf.stack([mel, tf.cast(hidden, mel.dtype)], axis=-1)


def runs(shape: tf.Tensor, spec: RiddleSpec, seed: tf.Tensor) -> tf.Tensor:
    """True in runs along the last axis, (rows, n), each row by itself.

    Hidden runs last `mean_run` on average and open ones so long that `share` is hidden, both geometrically (Zerveas et
    al. 2021, section 3.3).
    """
    seeds = tf.random.split(seed, 2)
    n_rows, n = shape[0], shape[1]
    first_hidden = tf.random.stateless_uniform((n_rows, 1), seeds[0]) < spec.share
    odd = tf.expand_dims(tf.range(n) % 2 == 1, 0)
    mean = tf.where(first_hidden ^ odd, spec.mean_run, spec.mean_open_run)
    chance = tf.random.stateless_uniform(tf.stack([n_rows, n]), seeds[1], minval=1e-7)
    lengths = 1 + tf.floor(tf.math.log(chance) / tf.math.log1p(-1 / mean))
    ends = tf.cumsum(lengths, axis=1)
    places = tf.broadcast_to(tf.range(tf.cast(n, tf.float32)), tf.stack([n_rows, n]))
    n_before = tf.searchsorted(ends, places, side="right")
    return first_hidden ^ (n_before % 2 == 1)


def _runs_in_bands(shape: tf.Tensor, spec: RiddleSpec, seed: tf.Tensor) -> tf.Tensor:
    return tf.transpose(runs(shape[::-1], spec, seed))


def _whole_bands(shape: tf.Tensor, spec: RiddleSpec, seed: tf.Tensor) -> tf.Tensor:
    return tf.broadcast_to(runs(tf.stack([1, shape[1]]), spec, seed), shape)


def _whole_frames(shape: tf.Tensor, spec: RiddleSpec, seed: tf.Tensor) -> tf.Tensor:
    return tf.broadcast_to(tf.transpose(runs(tf.stack([1, shape[0]]), spec, seed)), shape)


def _the_end(shape: tf.Tensor, spec: RiddleSpec, seed: tf.Tensor) -> tf.Tensor:
    n_seen = tf.cast(tf.round((1 - spec.share) * tf.cast(shape[0], tf.float32)), tf.int32)
    return tf.broadcast_to(tf.expand_dims(tf.range(shape[0]) >= n_seen, 1), shape)


def _single_cells(shape: tf.Tensor, spec: RiddleSpec, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, seed) < spec.share


# What each kind hides, (frames, mels) of True: the five of the tab-trained precursor.
RIDDLES: dict[str, Callable[[tf.Tensor, RiddleSpec, tf.Tensor], tf.Tensor]] = {
    "seq": _runs_in_bands,
    "feature": _whole_bands,
    "time": _whole_frames,
    "forecast": _the_end,
    "noise": _single_cells,
}
