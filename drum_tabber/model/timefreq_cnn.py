"""`timefreq_cnn`: the tab-trained precursor's second network, tall filters beside wide ones over 32 frames.

With CONV_FILTERS 64, 128, 64 and D_MODEL 256 it has the precursor's shape; the tall filters hear what sounds at a
moment, the wide ones how a band swells and fades. Its L2 penalty is the optimizer's weight decay here.
"""

from __future__ import annotations

from typing import Any

import keras

from drum_tabber.model import windowed
from drum_tabber.model.front_end import as_picture
from drum_tabber.model.spec import ModelSpec

_TALL, _WIDE = 30, 12  # bands of the tall filters, frames of the wide ones
_POOLS = (3, 3)  # frames


def reach(spec: ModelSpec) -> int:
    """Frames on either side that an answer depends on: of the window, and of what its first and last taps see."""
    taps = windowed.centres(*_POOLS)
    first, second = _POOLS
    return max(-taps[0], taps[-1]) + _WIDE // 2 + first // 2 + first + second // 2 * first


def trunk(mel: Any, spec: ModelSpec) -> Any:
    """Both kinds of filters of `conv_filters[0]` channels, two more convolutions, and a dense layer of `d_model`."""
    both, merged, mixed = spec.conv_filters[:3]
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = as_picture(x, spec)
    sides = []
    for name, size in (("tall", (1, _TALL)), ("wide", (_WIDE, 1))):
        y = keras.layers.Conv2D(both, size, padding="same", activation="relu", name=name)(x)
        sides.append(windowed.pool(y, _POOLS[0], 3, 1, f"{name}_pool"))
    x = keras.layers.Concatenate(name="sides")(sides)
    x = keras.layers.Dropout(spec.dropout, name="sides_drop")(x)
    x = windowed.convolve(x, merged, 3, _POOLS[0], "merged")
    x = windowed.pool(x, 1, 3, _POOLS[0], "merged_pool")
    x = windowed.convolve(x, mixed, 1, 1, "mixed")
    x = keras.layers.Dropout(spec.dropout, name="mixed_drop")(x)
    x = windowed.pool(x, _POOLS[1], 3, _POOLS[0], "mixed_pool")
    return windowed.flatten(x, windowed.centres(*_POOLS), spec.d_model)
