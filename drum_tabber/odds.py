"""Probabilities as log-odds, in which evidence adds up."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

NEAREST = 1e-3  # to 0 and to 1 that a probability is taken to be: nothing is surer than a thousand to one


def log_odds(probability: ArrayLike, nearest: float = NEAREST) -> NDArray[np.float64]:
    """log(p / (1 - p)), in nats, of probabilities that are taken to be no nearer than `nearest` to 0 or 1."""
    sure = np.clip(np.asarray(probability, np.float64), nearest, 1 - nearest)
    return np.asarray(np.log(sure / (1 - sure)), np.float64)
