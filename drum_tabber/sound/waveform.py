"""A recording in outline: how far it swings, many times a second; what pictures of it are drawn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.sound import audio

RATE = 100  # points a second


def read(path: Path) -> NDArray[np.float32]:
    """(n, 2) the least and the greatest sample of each hundredth of a second, read in blocks. Raises AudioError."""
    sample_rate = audio.info(path).sample_rate
    parts = [np.zeros((0, 2), np.float32)]
    n_points, done, rest = 0, 0, np.zeros(0, np.float32)  # `done` samples, in so many points; `rest` isn't yet
    for block in audio.stream(path, sample_rate):
        rest = np.concatenate([rest, block])
        n_whole = (done + len(rest)) * RATE // sample_rate
        if n_whole > n_points:
            starts = -(-np.arange(n_points, n_whole + 1) * sample_rate // RATE) - done
            parts.append(_swing(rest[: starts[-1]], starts[:-1]))
            n_points, done, rest = n_whole, done + int(starts[-1]), rest[starts[-1] :]
    if len(rest):
        parts.append(_swing(rest, np.zeros(1, np.int64)))
    return np.concatenate(parts)


def _swing(samples: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.stack([np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)], axis=1)
