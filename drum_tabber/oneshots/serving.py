"""A trained network of one-shots becomes the files of its bundle: Keras weights, and ONNX for every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber.errors import BundleError
from drum_tabber.learning import serving
from drum_tabber.oneshots import network
from drum_tabber.oneshots.bundle import SampleBundle


def load_network(bundle: SampleBundle) -> keras.Model:
    """The bundle's network with its weights; raises BundleError where they are missing or of another shape."""
    model = _built(bundle)
    serving.load_weights(bundle, model)
    return model


def save_network(bundle: SampleBundle, model: keras.Model) -> None:
    """Write the weights and the ONNX file of a trained network into its bundle's folder."""
    served = _built(bundle)  # without the optimizer and its state
    served.set_weights(model.get_weights())

    def answer(mel: tf.Tensor, length: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(served({"mel": mel, "length": length}, training=False))

    mel = tf.TensorSpec((None, None, bundle.spec.n_bands), tf.float32, name="mel")
    serving.save_files(bundle, served, answer, [mel, tf.TensorSpec((None,), tf.int32, name="length")], network.OUTPUTS)


def join(bundles: Sequence[SampleBundle]) -> tuple[keras.Model, dict[str, Any]]:
    """Trained networks as one whose logits are the mean of theirs, and its `net`; those joined before count one by one.

    Raises BundleError where they don't hear or class alike.
    """
    for other in bundles[1:]:
        if (other.spec, other.classes) != (bundles[0].spec, bundles[0].classes):
            raise BundleError(
                f"{other.folder} and {bundles[0].folder} don't hear or class alike; train both under the same settings"
            )
    members = [member for bundle in bundles for member in _members(bundle)]
    model = network.joined([_spec(net) for net, _ in members])
    for number, (_, weights) in enumerate(members):
        model.get_layer(f"member_{number}").set_weights(weights)
    return model, {"kind": "joined", "members": [net for net, _ in members]}


def _members(bundle: SampleBundle) -> list[tuple[dict[str, Any], list[NDArray[Any]]]]:
    """The networks of a classifier, each its `net` and weights: one, or all that it was joined from."""
    model = load_network(bundle)
    if "members" not in bundle.net:
        return [(dict(bundle.net), model.get_weights())]
    return [
        (dict(net), model.get_layer(f"member_{number}").get_weights())
        for number, net in enumerate(bundle.net["members"])
    ]


def _built(bundle: SampleBundle) -> keras.Model:
    members = [_spec(net) for net in bundle.net.get("members", [bundle.net])]
    return network.joined(members) if "members" in bundle.net else network.build(members[0])


def _spec(net: Mapping[str, Any]) -> network.NetSpec:
    return network.NetSpec(**{**net, "filters": tuple(net["filters"])})
