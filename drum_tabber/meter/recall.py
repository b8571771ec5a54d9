"""What each place of the bar is like in this very song, so that bars once read tell how the others are to be read.

A drummer who leaves out a beat, or goes on in another meter, mostly begins his bars as before. In come the beats'
patterns and the place in its bar that each was given; out comes how much liker the beats of any bar are to those that
were read at the same places than to the song's others. A bar says nothing of itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SPREAD = 0.5  # squared strengths by which beats at one place differ
_PRIOR = 1.0  # beats' worth of the song's mean, in what a place is like
_MOST = 3.0  # nats that one beat may say


def recalled(found: Floats, place: Integers, meters: tuple[int, ...]) -> Floats:
    """(beats, meters) nats for a bar of each meter that begins with each beat, by patterns `found` (beats, parts,
    families) and places (beats,) from 1: log-likelihoods of normal distributions about each place's mean, over those of
    their mixture."""
    places = np.arange(1, max(meters) + 1)
    flat = np.sqrt(found.reshape(len(found), -1))
    flat = flat - flat.mean(axis=0)
    at = (place[:, None] == places).astype(np.float64)  # (beats, places)
    counts = at.sum(axis=0)
    others = counts - at + _PRIOR
    means = ((at.T @ flat)[None] - at[:, :, None] * flat[:, None]) / others[:, :, None]
    nats = -np.sum((flat[:, None] - means) ** 2, axis=2) / (2 * _SPREAD)
    mixture = np.log(np.exp(nats - nats.max(axis=1, keepdims=True)) @ counts / counts.sum()) + nats.max(axis=1)
    said = np.clip(nats - mixture[:, None], -_MOST, _MOST)
    padded = np.pad(said, [(0, max(meters)), (0, 0)])
    return np.stack(
        [sum(padded[index : index + len(found), index] for index in range(meter)) for meter in meters], axis=1
    )
