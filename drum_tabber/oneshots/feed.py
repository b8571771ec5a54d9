"""Batches of one-shots for training, as a `tf.data` pipeline: drawn evenly by class, each varied anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber.oneshots import listening
from drum_tabber.oneshots.variants import masked

Columns = dict[str, NDArray[Any]]
UNKNOWN_SHARE = 0.2  # of a batch that is no one-shot at all
POWER = 0.6  # how strongly rich classes are held back: 1 draws every class alike, 0 every sound


def batches(
    sounds: Sequence[NDArray[np.floating]],
    labels: NDArray[np.int_],
    weights: NDArray[np.floating],
    size: int,
    seed: int,
) -> tf.data.Dataset:
    """Endless batches: inputs by name, targets by name, and how much each target counts.

    `labels` (sounds,) are indices of classes, -1 for what is unknown. All batches are padded alike.
    """
    n_classes, n_mels = int(labels.max()) + 1, sounds[0].shape[1]
    longest = -(-max(map(len, sounds)) // listening.FOLD) * listening.FOLD
    shares = drawn_shares(labels, weights)

    def generate() -> Iterator[tuple[Columns, Columns, Columns]]:
        rng = np.random.default_rng(seed)
        while True:
            chosen = rng.choice(len(labels), size, p=shares)
            mel = np.zeros((size, longest, n_mels), np.float32)
            length = np.zeros(size, np.int32)
            for row, index in enumerate(chosen):
                frames = masked(np.asarray(sounds[index], np.float32), rng)
                mel[row, : len(frames)] = frames
                length[row] = len(frames)
            known = (labels[chosen] >= 0).astype(np.float32)
            label = np.eye(n_classes, dtype=np.float32)[labels[chosen]] * known[:, None]
            targets = {"label": label, "unknown": 1 - known[:, None]}
            yield {"mel": mel, "length": length}, targets, {"label": known, "unknown": np.ones(size, np.float32)}

    def signature(width: int | None = None) -> tf.TensorSpec:
        return tf.TensorSpec((size,) if width is None else (size, width), tf.float32)

    inputs = {"mel": tf.TensorSpec((size, longest, n_mels), tf.float32), "length": tf.TensorSpec((size,), tf.int32)}
    targets = {"label": signature(n_classes), "unknown": signature(1)}
    counts = {"label": signature(), "unknown": signature()}
    feed = tf.data.Dataset.from_generator(generate, output_signature=(inputs, targets, counts))
    return feed.prefetch(4)


def drawn_shares(labels: NDArray[np.int_], weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """How often each sound is drawn (sounds,): rich classes are held back, the unknown have a share of their own."""
    shares = np.asarray(weights, np.float64).copy()
    for label in np.unique(labels):
        here = labels == label
        shares[here] *= shares[here].sum() ** -POWER
    unknown = labels < 0
    if unknown.any():
        shares[unknown] *= UNKNOWN_SHARE / shares[unknown].sum()
        shares[~unknown] *= (1 - UNKNOWN_SHARE) / shares[~unknown].sum()
    return shares / shares.sum()
