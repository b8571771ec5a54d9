"""A network with a wider front that begins where a trained one ended: it answers the same, and has room to learn more.

Its convolutions have more channels, or it hears through a second window, or both.

After Chen, Goodfellow and Shlens 2016, "Net2Net: Accelerating Learning via Knowledge Transfer". New channels of a
convolution hear everything at random, and what follows doesn't listen to them yet: no copies that would have to drift
apart, and the first gradient that reaches the layer behind tells which of them are worth listening to.
"""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from numpy.typing import NDArray

from drum_tabber.hearing.bundle import Bundle
from drum_tabber.learning import serving
from drum_tabber.model.spec import ModelSpec

Weights = NDArray[np.float32]


def begin_with(begun: Bundle, network: keras.Model, spec: ModelSpec) -> None:
    """Give a network of this spec the bundle's weights; its front may be wider or hear through one window more.

    Raises BundleError where the weights are missing, or of a shape that the network hasn't grown from.
    """
    if not is_wider(spec, ModelSpec.of(begun.model)):
        serving.load_weights(begun, network)
        return
    widen(serving.load_model(begun), network, spec)


def is_wider(spec: ModelSpec, than: ModelSpec) -> bool:
    """Whether all that tells the specs apart is that the first has more convolutional channels or windows."""
    front = ("conv_filters", "n_mels", "n_windows", "dropout")
    others = replace(spec, **{name: getattr(than, name) for name in front}) == than
    pairs = [*zip(spec.conv_filters, than.conv_filters, strict=False), (spec.n_windows, than.n_windows)]
    return (
        others
        and len(spec.conv_filters) == len(than.conv_filters)
        and spec.n_mels * than.n_windows == than.n_mels * spec.n_windows
        and any(wide > narrow for wide, narrow in pairs)
        and all(wide >= narrow for wide, narrow in pairs)
    )


def widen(narrow: keras.Model, wide: keras.Model, spec: ModelSpec) -> None:
    """Give a freshly built network of this spec what a narrower one has learnt, so that both answer alike."""
    learnt = {weight.path: weight.numpy() for weight in narrow.weights}
    for weight in wide.weights:
        own = learnt.get(weight.path)
        if own is None:  # the state of a random generator
            continue
        fresh = weight.numpy()
        if weight.path.startswith("level/"):  # of each band, which lie side by side for all windows
            own = np.repeat(own, len(fresh) // len(own))
        if own.shape != fresh.shape and own.ndim == 2:
            n_bands = fresh.shape[0] // spec.conv_filters[-1]
            fresh, own = (kernel.reshape(n_bands, -1, kernel.shape[-1]) for kernel in (fresh, own))
        weight.assign(_grown(own, fresh).reshape(weight.shape))


def _grown(own: Weights, fresh: Weights) -> Weights:
    """Weights (..., channels in, channels out), or a number a channel (channels out,), of more channels than `own`."""
    grown = fresh.copy()
    n_out = own.shape[-1]
    if own.ndim > 1:
        grown[..., :n_out] = 0.0
        grown[..., : own.shape[-2], :n_out] = own
    else:
        grown[:n_out] = own
    return grown
