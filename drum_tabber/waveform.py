"""A recording in outline: how far it swings, many times a second; what pictures of it are drawn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber import audio

RATE = 100  # points a second


def read(path: Path) -> NDArray[np.float32]:
    """(n, 2) the least and the greatest sample of each hundredth of a second, read in blocks. Raises AudioError."""
    sample_rate = audio.info(path).sample_rate
    ends: list[NDArray[np.float32]] = []
    done, rest = 0, np.zeros(0, np.float32)
    for block in audio.stream(path, sample_rate):
        samples = np.concatenate([rest, block])
        n_points = (done + len(samples)) * RATE // sample_rate - len(ends) if len(samples) else 0
        starts = -(-np.arange(len(ends), len(ends) + n_points + 1) * sample_rate // RATE) - done
        if n_points > 0:
            ends += list(_swing(samples[: starts[-1]], starts[:-1]))
            rest, done = samples[starts[-1] :], done + int(starts[-1])
        else:
            rest = samples
    if len(rest):
        ends += list(_swing(rest, np.zeros(1, np.int64)))
    return np.array(ends, np.float32).reshape(-1, 2)


def _swing(samples: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.stack([np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)], axis=1)
