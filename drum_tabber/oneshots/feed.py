"""Batches of one-shots for training, as a `tf.data` pipeline: drawn evenly by class, each varied anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber.oneshots import listening
from drum_tabber.oneshots.variants import masked, retuned

Columns = dict[str, NDArray[Any]]
MIXING = 0.3  # both parameters of the beta distribution that says how much of the second sound is in a mixture


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is taught: `sounds` as frames (n, bands), `labels` (sounds,) indices of classes, -1 for what is unknown, and
    `shares` (sounds,) how often each sound is drawn. The last `n_lows` numbers of a frame are its lows."""

    sounds: Sequence[NDArray[np.floating]]
    labels: NDArray[np.int_]
    shares: NDArray[np.floating]
    n_lows: int


def batches(lesson: Lesson, size: int, seed: int, mixed: float = 0.0) -> tf.data.Dataset:
    """Endless batches of so many sounds: inputs by name, targets by name, and how much each target counts.

    All are padded alike. A share `mixed` of the sounds is a mixture of two, and their targets as well.
    """
    sounds, labels, n_lows = lesson.sounds, lesson.labels, lesson.n_lows
    n_classes, n_bands = int(labels.max()) + 1, sounds[0].shape[1]
    longest = -(-max(map(len, sounds)) // listening.FOLD) * listening.FOLD

    def generate() -> Iterator[tuple[Columns, Columns, Columns]]:
        rng = np.random.default_rng(seed)
        while True:
            chosen = rng.choice(len(labels), size, p=lesson.shares)
            mel = np.zeros((size, longest, n_bands), np.float32)
            length = np.zeros(size, np.int32)
            for row, index in enumerate(chosen):
                heard, low = np.split(np.asarray(sounds[index], np.float32), [n_bands - n_lows], axis=1)
                frames = masked(heard, rng)
                frames = np.hstack([frames, np.broadcast_to(retuned(low[0], rng), (len(frames), n_lows))])
                mel[row, : len(frames)] = frames
                length[row] = len(frames)
            known = (labels[chosen] >= 0).astype(np.float32)
            label = np.eye(n_classes, dtype=np.float32)[labels[chosen]] * known[:, None]
            if mixed:
                _mix((mel, length, label), _partners(known > 0, mixed, rng), rng)
            targets = {"label": label, "unknown": 1 - known[:, None]}
            yield {"mel": mel, "length": length}, targets, {"label": known, "unknown": np.ones(size, np.float32)}

    def signature(width: int | None = None) -> tf.TensorSpec:
        return tf.TensorSpec((size,) if width is None else (size, width), tf.float32)

    inputs = {"mel": tf.TensorSpec((size, longest, n_bands), tf.float32), "length": tf.TensorSpec((size,), tf.int32)}
    targets = {"label": signature(n_classes), "unknown": signature(1)}
    counts = {"label": signature(), "unknown": signature()}
    feed = tf.data.Dataset.from_generator(generate, output_signature=(inputs, targets, counts))
    return feed.prefetch(4)


def _partners(known: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """(sounds,) with which sound each is mixed, itself where with none; a share of those of a class is, with one."""
    other = rng.permutation(len(known))
    both = (rng.random(len(known)) < share) & known & known[other]
    return np.where(both, other, np.arange(len(known)))


def _mix(columns: tuple[NDArray[Any], ...], other: NDArray[np.int64], rng: np.random.Generator) -> None:
    """Mix sounds with their partners, in place (mixup, Zhang et al. 2018, arXiv 1710.09412).

    `columns` are frames (sounds, n, bands), their numbers (sounds,), and labels (sounds, classes).
    """
    mel, length, label = columns
    first = rng.beta(MIXING, MIXING, len(mel))
    first = np.maximum(first, 1 - first).astype(np.float32)
    mel[:] = first[:, None, None] * mel + (1 - first)[:, None, None] * mel[other]
    label[:] = first[:, None] * label + (1 - first)[:, None] * label[other]
    length[:] = np.maximum(length, length[other])
