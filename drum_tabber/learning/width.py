"""Targets of another width than they were made with: a triangle says how far away its hit is, so none is made anew."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def of_width(onset: tf.Tensor, made: float, wanted: float) -> tf.Tensor:
    """Onset targets (..., frames, drums, 2) whose hits fall to zero after `wanted` frames, not `made` (1 or more).

    Exact but for the rounding of the targets, and for hits so near the ends that they are seen in neighbours alone.
    """
    target, weight = tf.unstack(onset, axis=-1)
    distance = tf.where(target > 0, made * (1 - target), tf.fill(tf.shape(target), float("inf")))
    nearest = distance
    for step in range(1, int(wanted) + 1):
        nearest = tf.minimum(nearest, step + tf.minimum(_moved(distance, step), _moved(distance, -step)))
    return tf.stack([tf.maximum(0.0, 1 - nearest / wanted), weight], axis=-1)


def _moved(distance: Any, step: int) -> Any:
    """Distances (..., frames, drums) `step` frames later, with nothing near where none come from."""
    far = tf.fill(tf.shape(distance[..., : abs(step), :]), float("inf"))
    parts = [far, distance[..., :-step, :]] if step > 0 else [distance[..., -step:, :], far]
    return tf.concat(parts, axis=-2)
