"""What a wrong answer costs in training: labels and logits of 24 keys in, a loss out.

"exact" is cross entropy. The others are the precursor's, after MIREX's score: what MIREX half forgives (a fifth either
side, the relative, the parallel key) costs less. "mirex_v0" is cross entropy against `SOFT` shares of the answer,
"mirex_v1" the binary cross entropy of each key's probability against its weight in `SOFT`, and "mirex_v2" that against
the right key alone, in which a key counts the less the more its weight. (The precursor took a sigmoid of probabilities
in the last two; here they are taken as they are.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from drum_tabber.key.keys import KEYS, relation

Loss = Literal["exact", "mirex_v0", "mirex_v1", "mirex_v2"]
SOFT = {"same": 1.0, "fifth": 0.25, "relative": 0.15, "parallel": 0.1, "other": 0.0}
_LEAST = 1e-7  # probability


def loss(name: Loss) -> Callable[[Any, Any], Any]:
    """A loss of labels (batch,) or (batch, steps), -1 where the key is unknown, and logits with 24 in a last axis."""
    cost = {"exact": _exact, "mirex_v0": _against_shares, "mirex_v1": _against_weights, "mirex_v2": _forgiving}[name]

    def of(label: Any, logits: Any) -> Any:
        label = ops.cast(label, "int32")
        label = label[:, 0] if len(label.shape) == len(logits.shape) and label.shape[-1] == 1 else label
        known = ops.cast(label >= 0, "float32")
        return ops.sum(cost(ops.maximum(label, 0), logits) * known) / (ops.sum(known) + 1e-6)

    return of


def weights() -> NDArray[np.float32]:
    """(24, 24): how far the key of a column is right where that of a row is; fifths count above and below."""
    rows = [[max(SOFT[relation(one, other)], SOFT[relation(other, one)]) for other in KEYS] for one in KEYS]
    return np.array(rows, np.float32)


def _exact(label: Any, logits: Any) -> Any:
    return keras.losses.sparse_categorical_crossentropy(label, logits, from_logits=True)


def _against_shares(label: Any, logits: Any) -> Any:
    shares = weights() / weights().sum(axis=1, keepdims=True)
    return -ops.sum(ops.take(shares, label, axis=0) * ops.log_softmax(logits, axis=-1), axis=-1)


def _against_weights(label: Any, logits: Any) -> Any:
    return ops.mean(_binary(ops.take(weights(), label, axis=0), logits), axis=-1)


def _forgiving(label: Any, logits: Any) -> Any:
    right = np.eye(len(KEYS), dtype=np.float32)
    severity = ops.take(1 - weights() + right, label, axis=0)
    return ops.mean(severity * _binary(ops.take(right, label, axis=0), logits), axis=-1)


def _binary(target: Any, logits: Any) -> Any:
    """Binary cross entropy of each key's probability."""
    sure = ops.clip(ops.softmax(logits, axis=-1), _LEAST, 1 - _LEAST)
    return -(target * ops.log(sure) + (1 - target) * ops.log(1 - sure))
