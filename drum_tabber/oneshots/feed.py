"""Batches of one-shots for training, as a `tf.data` pipeline: drawn evenly by class, each varied anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber.oneshots import listening
from drum_tabber.oneshots.variants import masked, retuned

Columns = dict[str, NDArray[Any]]
MIXING = 0.3  # both parameters of the beta distribution that says how much of the second sound is in a mixture


def batches(
    sounds: Sequence[NDArray[np.floating]],
    labels: NDArray[np.int_],
    shares: NDArray[np.floating],
    size: int,
    seed: int,
    n_lows: int,
    mixed: float = 0.0,
) -> tf.data.Dataset:
    """Endless batches: inputs by name, targets by name, and how much each target counts.

    `labels` (sounds,) are indices of classes, -1 for what is unknown; `shares` (sounds,) say how often each sound is
    drawn; the last `n_lows` numbers of a frame are its lows. All batches are padded alike. A share `mixed` of the
    sounds is a mixture of two, and their targets as well.
    """
    n_classes, n_bands = int(labels.max()) + 1, sounds[0].shape[1]
    longest = -(-max(map(len, sounds)) // listening.FOLD) * listening.FOLD

    def generate() -> Iterator[tuple[Columns, Columns, Columns]]:
        rng = np.random.default_rng(seed)
        while True:
            chosen = rng.choice(len(labels), size, p=shares)
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
                _mix(mel, length, label, known, mixed, rng)
            targets = {"label": label, "unknown": 1 - known[:, None]}
            yield {"mel": mel, "length": length}, targets, {"label": known, "unknown": np.ones(size, np.float32)}

    def signature(width: int | None = None) -> tf.TensorSpec:
        return tf.TensorSpec((size,) if width is None else (size, width), tf.float32)

    inputs = {"mel": tf.TensorSpec((size, longest, n_bands), tf.float32), "length": tf.TensorSpec((size,), tf.int32)}
    targets = {"label": signature(n_classes), "unknown": signature(1)}
    counts = {"label": signature(), "unknown": signature()}
    feed = tf.data.Dataset.from_generator(generate, output_signature=(inputs, targets, counts))
    return feed.prefetch(4)


def _mix(
    mel: NDArray[np.float32],
    length: NDArray[np.int32],
    label: NDArray[np.float32],
    known: NDArray[np.float32],
    share: float,
    rng: np.random.Generator,
) -> None:
    """Mix some of the sounds of a class with others, in place (mixup, Zhang et al. 2018, arXiv 1710.09412)."""
    other = rng.permutation(len(mel))
    both = (rng.random(len(mel)) < share) & (known > 0) & (known[other] > 0)
    first = rng.beta(MIXING, MIXING, len(mel))
    first = np.where(both, np.maximum(first, 1 - first), 1.0).astype(np.float32)
    mel[:] = first[:, None, None] * mel + (1 - first)[:, None, None] * mel[other]
    label[:] = first[:, None] * label + (1 - first)[:, None] * label[other]
    length[:] = np.where(both, np.maximum(length, length[other]), length)
