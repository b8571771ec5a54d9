"""A trained network of one-shots becomes the files of its bundle: Keras weights, and ONNX for every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

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
    """Trained networks as one whose logits are the mean of theirs, and its `net`.

    Raises BundleError where they don't hear or class alike.
    """
    for other in bundles[1:]:
        if (other.spec, other.classes) != (bundles[0].spec, bundles[0].classes):
            raise BundleError(
                f"{other.folder} and {bundles[0].folder} don't hear or class alike; train both under the same settings"
            )
    if any("members" in bundle.net for bundle in bundles):
        raise BundleError("a joined classifier can't be joined again; name those that it was joined from")
    model = network.joined([_spec(bundle.net) for bundle in bundles])
    for number, bundle in enumerate(bundles):
        model.get_layer(f"member_{number}").set_weights(load_network(bundle).get_weights())
    return model, {"kind": "joined", "members": [dict(bundle.net) for bundle in bundles]}


def _built(bundle: SampleBundle) -> keras.Model:
    members = [_spec(net) for net in bundle.net.get("members", [bundle.net])]
    return network.joined(members) if "members" in bundle.net else network.build(members[0])


def _spec(net: Mapping[str, Any]) -> network.NetSpec:
    return network.NetSpec(**{**net, "filters": tuple(net["filters"])})
