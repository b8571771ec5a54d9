"""`tst`: the tab-trained precursor's time-series transformer, for songs of any length."""

from __future__ import annotations

from typing import Any

import keras

from drum_tabber.model.attention import attention_block, folded_attention, folded_reach
from drum_tabber.model.spec import ModelSpec


def reach(spec: ModelSpec) -> int:
    """Frames on either side that an answer depends on at most."""
    return 1 + spec.attention_window + folded_reach(spec, spec.n_encoders - 1)


def trunk(mel: Any, spec: ModelSpec) -> Any:
    """A time-series transformer (Zerveas et al. 2021) without the recordings' length in it.

    Frames are embedded with their neighbours, not alone; the first encoder looks at frames, so that it can tell when
    a stroke begins, and the others at `attention_fold` of them at a time. Distances stand in for learnt positions.
    """
    x = keras.layers.BatchNormalization(name="level")(mel)
    x = keras.layers.Conv1D(spec.d_model, 3, padding="same", activation="silu", name="embed")(x)
    x = attention_block(x, spec, "frame_attention")
    x = folded_attention(x, spec, spec.n_encoders - 1)
    return keras.layers.LayerNormalization(epsilon=1e-5, name="norm")(x)
