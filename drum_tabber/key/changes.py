"""When a song changes its key: how probable each key is, step by step, in; stretches of one key each out.

A hidden Markov model over the 24 keys. What a change costs depends on where it leads: songs go up a semitone or a
whole tone for a last chorus, or to the parallel key, and hardly anywhere else, least of all to the relative.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drum_tabber.key.keys import KEYS, Key, Span, relation

# How often the key changes by so many semitones upwards, from mode to mode, in the 656 songs of POP909 to train on.
_COUNTS = {
    ("maj", "maj"): (0, 39, 20, 1, 0, 2, 0, 3, 1, 0, 0, 0),
    ("maj", "min"): (9, 0, 0, 0, 0, 0, 0, 3, 0, 0, 5, 0),
    ("min", "maj"): (10, 1, 1, 0, 2, 10, 1, 0, 0, 0, 0, 0),
    ("min", "min"): (0, 15, 5, 2, 0, 3, 0, 3, 1, 3, 0, 1),
}
_UNSEEN = 1.0  # added to each count
_RELATIVE = 0.01  # to that of the relative key, which no song goes to, and which answers waver towards most
_LEAST = 1e-9  # probability
_EARLY = 1.0  # seconds by which a change is heard before it: the chord that leads to a key is one of its own


def over_time(probability: NDArray[np.floating], step: float, change: float, trust: float) -> tuple[Span, ...]:
    """Spans of one key each from probabilities (steps, 24), by Viterbi's algorithm; steps last `step` seconds.

    A step changes to another key with a probability of `change` in all; `trust` is the power of a step's answer.
    """
    heard = trust * np.log(np.maximum(probability, _LEAST))
    cost = _transitions(change)
    score, came = heard[0], np.zeros(probability.shape, np.int64)
    for index in range(1, len(heard)):
        ways = score[:, None] + cost
        came[index] = ways.argmax(axis=0)
        score = ways.max(axis=0) + heard[index]
    path = [int(score.argmax())]
    for index in range(len(heard) - 1, 0, -1):
        path.append(int(came[index, path[-1]]))
    path.reverse()
    edges = [0, *(index for index in range(1, len(path)) if path[index] != path[index - 1]), len(path)]
    times = [0.0, *(min(edge * step + _EARLY, len(path) * step) for edge in edges[1:])]
    return tuple(Span(times[n], times[n + 1], KEYS[path[edge]]) for n, edge in enumerate(edges[:-1]))


@lru_cache(maxsize=8)
def _transitions(change: float) -> NDArray[np.float64]:
    """Logarithms of the probabilities (24, 24) that a step of the one key is followed by one of the other."""
    counts = np.array([[_count(a, b) for b in KEYS] for a in KEYS])
    shares = change * counts / counts.sum(axis=1, keepdims=True)
    np.fill_diagonal(shares, 1 - change)
    logarithms: NDArray[np.float64] = np.log(shares)
    return logarithms


def _count(before: Key, after: Key) -> float:
    """How often the one key is followed by the other, nought by itself."""
    if before == after:
        return 0.0
    least = _RELATIVE if relation(before, after) == "relative" else _UNSEEN
    return _COUNTS[before.mode, after.mode][(after.tonic - before.tonic) % 12] + least
