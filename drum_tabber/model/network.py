"""A network from its spec: the front end, an architecture's trunk, and the heads over it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from drum_tabber.model import context_cnn, conv_attention, crnn, front_end, timefreq_cnn, tst
from drum_tabber.model.spec import ModelSpec
from drum_tabber.sound.features import FLOOR


class _Architecture(NamedTuple):
    """What makes a kind of network: its trunk, mel and spec to (batch, frames, channels), and how far that reaches."""

    trunk: Callable[[Any, ModelSpec], Any]
    reach: Callable[[ModelSpec], int | None]


ARCHITECTURES = {
    "conv_attention": _Architecture(conv_attention.trunk, conv_attention.reach),
    "crnn": _Architecture(crnn.trunk, crnn.reach),
    "tst": _Architecture(tst.trunk, tst.reach),
    "context_cnn": _Architecture(context_cnn.trunk, context_cnn.reach),
    "timefreq_cnn": _Architecture(timefreq_cnn.trunk, timefreq_cnn.reach),
}
_A_HEAD, _RECONSTRUCTION = "onset_logit", "reconstruction"  # layers that a trunk ends beneath
_LOUDEST = math.log1p(1 / FLOOR)  # the log-mel of a band at full scale


def build(spec: ModelSpec) -> keras.Model:
    """A fresh network of this shape; raises ValueError for an unknown kind."""
    mel, body = _begin(spec)
    outputs = {
        "onset": keras.layers.Dense(spec.n_drums, bias_initializer=_rare(0.02), name=_A_HEAD)(body),
        "velocity": keras.layers.Dense(spec.n_drums, name="velocity_logit")(body),
        "beat": keras.layers.Dense(2, bias_initializer=_rare(0.05), name="beat_logit")(body),
    }
    outputs = {
        name: keras.layers.Activation("sigmoid", name=name, dtype="float32")(logit) for name, logit in outputs.items()
    }
    return keras.Model(mel, outputs, name=spec.kind)


def reconstructor(spec: ModelSpec) -> keras.Model:
    """The same trunk under a head that answers log-mel frames, (batch, frames, mels) to the same."""
    mel, body = _begin(spec)
    start = keras.initializers.Constant(_LOUDEST / 2)
    answer = keras.layers.Dense(spec.n_mels, bias_initializer=start, name=_RECONSTRUCTION)(body)
    answer = keras.layers.Activation("linear", name="reconstructed", dtype="float32")(answer)
    return keras.Model(mel, answer, name=f"{spec.kind}_reconstructor")


def trunk(network: keras.Model) -> keras.Model:
    """The part of a network or a reconstructor that is beneath its heads, with the very same weights."""
    heads = {_A_HEAD, _RECONSTRUCTION}
    head = next(layer for layer in network.layers if layer.name in heads)
    return keras.Model(network.input, head.input, name="trunk")


def context_frames(spec: ModelSpec) -> int | None:
    """Frames on either side that an output depends on at most; None where it is the whole input (recurrent nets)."""
    reach = _architecture(spec).reach(spec)
    return None if reach is None else reach + front_end.reach(spec)


def _begin(spec: ModelSpec) -> tuple[Any, Any]:
    """The input of a network of this kind and what its trunk makes of it."""
    architecture = _architecture(spec)
    mel = keras.Input((None, spec.n_mels), name="mel")
    return mel, architecture.trunk(front_end.heard(mel, spec), spec)


def _architecture(spec: ModelSpec) -> _Architecture:
    if spec.kind not in ARCHITECTURES:
        raise ValueError(f"no model {spec.kind!r}; there are {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[spec.kind]


def _rare(share: float) -> keras.initializers.Initializer:
    """A bias that starts a sigmoid at the share of frames that are positive (Lin et al. 2017, section 4.1)."""
    return keras.initializers.Constant(math.log(share / (1 - share)))
