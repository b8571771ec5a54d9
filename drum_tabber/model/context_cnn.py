"""`context_cnn`: the tab-trained precursor's first network, two pairs of convolutions over 32 frames about each frame.

With CONV_FILTERS 32, 64 and D_MODEL 512 it has the precursor's shape. Dropout is off when the model is used, which
the precursor's was not, and sigmoids come once, in the heads.
"""

from __future__ import annotations

from typing import Any

import keras

from drum_tabber.model import windowed
from drum_tabber.model.front_end import as_picture
from drum_tabber.model.spec import ModelSpec

_POOLS = (5, 3)  # frames and bands


def reach(spec: ModelSpec) -> int:
    """Frames on either side that an answer depends on: of the window, and of what its first and last taps see."""
    taps = windowed.centres(*_POOLS)
    first, second = _POOLS
    return max(-taps[0], taps[-1]) + 2 + first // 2 + 2 * first + second // 2 * first


def trunk(mel: Any, spec: ModelSpec) -> Any:
    """Two pairs of convolutions of `conv_filters[0]` and `[1]` channels, each pooled; a dense layer of `d_model`."""
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = as_picture(x, spec)
    dilation = 1
    for pair, (filters, size) in enumerate(zip(spec.conv_filters[:2], _POOLS, strict=True)):
        for index in range(2):
            x = windowed.convolve(x, filters, 3, dilation, f"pair_{pair}_{index}")
        x = keras.layers.Dropout(spec.dropout, name=f"pair_{pair}_drop")(x)
        x = windowed.pool(x, size, size, dilation, f"pair_{pair}_pool")
        dilation *= size
    return windowed.flatten(x, windowed.centres(*_POOLS), spec.d_model)
