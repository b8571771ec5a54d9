"""What a stroke cut out of a song is: the transcriber's drum and the classifier's probabilities in, a class out.

The transcriber heard the stroke in its bar, the classifier the stroke by itself, often with other instruments in it.
The first is the prior: its drum's class has the hit's confidence, kindred classes share most of the rest. The second
is the likelihood, softened, for in a mix it is surer than it should be. Bayes' rule combines the two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
CLASSES: dict[str, str] = {
    "BD": "kick", "SD": "snr", "SS": "rim", "HH": "hhc", "HO": "hho", "HP": "ped", "HT": "tom", "MT": "tom",
    "LT": "tomf", "CC": "cym", "SC": "cym", "CH": "cym", "RD": "rid", "RB": "rid",
}  # fmt: skip
# Classes that transcribers take for one another.
KIN: tuple[tuple[str, ...], ...] = (
    ("hhc", "hho", "ped"), ("tom", "tomf", "kick"), ("cym", "rid", "hho"), ("snr", "rim", "clp", "stick"),
)  # fmt: skip
KIN_SHARE = 0.8  # of what the transcriber's class leaves, its kin have
SUREST = 0.95  # no transcriber is surer than that
SOFTNESS = 0.5  # the power that a classifier's probabilities are raised to


def prior(drum: str, confidence: float, classes: Sequence[str]) -> Floats:
    """How likely each class is (classes,) for a hit that the transcriber took for a drum."""
    own = CLASSES.get(drum)
    if own not in classes:
        return np.full(len(classes), 1 / len(classes), np.float32)
    left = 1 - min(float(confidence), SUREST)
    kin = {code for group in KIN if own in group for code in group if code in classes} - {own}
    share = left * KIN_SHARE / max(1, len(kin))
    rest = (left - share * len(kin)) / max(1, len(classes) - 1 - len(kin))
    return np.array([1 - left if code == own else share if code in kin else rest for code in classes], np.float32)


def combined(drum: str, confidence: float, likely: Floats, classes: Sequence[str]) -> Floats:
    """Both words together: how likely each class is (classes,), summing to 1."""
    weighed = prior(drum, confidence, classes) * np.maximum(likely, 1e-6) ** SOFTNESS
    return np.asarray(weighed / weighed.sum(), np.float32)
