"""How often each class is heard: labels and packs of training sounds in, shares to draw them by and a lean out.

Training draws rare classes nearly as often as kicks, so that they are learnt at all; a network so taught takes many a
low tom for a taiko. Bayes' rule sets that right afterwards: each logit moves by the logarithm of how much oftener its
class is met than it was drawn (Saerens et al. 2002, Neural Computation 14, 21-41).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNKNOWN_SHARE = 0.2  # of what is drawn is no one-shot at all
POWER = 0.8  # how strongly rich classes are held back: 1 draws every class alike, 0 every sound
TAKES = 0.5  # power of a pack's number of takes that they count by: a hundred of one snare as ten sounds
FLOOR = 0.004  # share of a class that no pack holds
STRENGTH = 0.25  # of the whole way: what others have in their folders is known only so well


def evened(labels: NDArray[np.int_], packs: NDArray[np.str_]) -> NDArray[np.float64]:
    """What each sound counts (sounds,) so that a pack with many takes of one class counts little more than others."""
    named = np.char.add(np.char.add(labels.astype(np.str_), " "), packs)
    _, group, count = np.unique(named, return_inverse=True, return_counts=True)
    return np.asarray(count[group] ** (TAKES - 1.0), np.float64)


def drawn_shares(labels: NDArray[np.int_], weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """How often each sound is drawn (sounds,): rich classes are held back, the unknown have a share of their own.

    `labels` (sounds,) are indices of classes, -1 for what is unknown; `weights` (sounds,) is what each sound counts.
    """
    shares = np.asarray(weights, np.float64).copy()
    for label in np.unique(labels):
        here = labels == label
        shares[here] *= shares[here].sum() ** -POWER
    unknown = labels < 0
    if unknown.any():
        shares[unknown] *= UNKNOWN_SHARE / shares[unknown].sum()
        shares[~unknown] *= (1 - UNKNOWN_SHARE) / shares[~unknown].sum()
    return shares / shares.sum()


def lean(labels: NDArray[np.int_], shares: NDArray[np.floating], met: NDArray[np.floating]) -> NDArray[np.float32]:
    """What to add to each logit (classes,), of mean 0 over the classes taught; those never drawn stay as they are.

    `shares` (sounds,) were drawn by; `met` (sounds,) is what each counts among the sounds that people have.
    """
    known = labels >= 0
    n_classes = int(labels.max()) + 1
    drawn, often = (np.bincount(labels[known], part[known], n_classes) for part in (shares, met))
    taught = drawn > 0
    often = np.maximum(often / max(float(often.sum()), 1e-12), FLOOR)
    moved = STRENGTH * (np.log(often[taught]) - np.log(drawn[taught] / drawn.sum()))
    found = np.zeros(n_classes, np.float32)
    found[taught] = moved - moved.mean()
    return found
