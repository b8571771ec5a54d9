"""A trained network of one-shots becomes the files of its bundle: Keras weights, and ONNX for every machine."""

from __future__ import annotations

import os
from typing import Any

import keras
import tensorflow as tf

from drum_tabber.errors import BundleError
from drum_tabber.files import replacing
from drum_tabber.learning.serving import rename_tensor
from drum_tabber.oneshots import network
from drum_tabber.oneshots.classifier import SampleBundle

_OPSET = 17


def load_network(bundle: SampleBundle) -> keras.Model:
    """The bundle's network with its weights; raises BundleError where they are missing or of another shape."""
    model = network.build(_spec(bundle))
    load_weights(bundle, model)
    return model


def load_weights(bundle: SampleBundle, model: keras.Model) -> None:
    """Give a network the bundle's weights; raises BundleError where they are missing or of another shape."""
    try:
        model.load_weights(bundle.weights)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BundleError(f"{bundle.weights} doesn't hold weights for this model: {reason}") from error


def save_network(bundle: SampleBundle, model: keras.Model) -> None:
    """Write the weights and the ONNX file of a trained network into its bundle's folder."""
    import tf2onnx

    bundle.folder.mkdir(parents=True, exist_ok=True)
    served = network.build(_spec(bundle))  # without the optimizer and its state
    served.set_weights(model.get_weights())
    part = bundle.folder / f".part.{bundle.weights.name}"
    served.save_weights(part)
    os.replace(part, bundle.weights)

    def answer(mel: tf.Tensor, length: tf.Tensor) -> list[tf.Tensor]:
        answers = served({"mel": mel, "length": length}, training=False)
        return [tf.identity(answers[name], name=name) for name in network.OUTPUTS]

    signature = [
        tf.TensorSpec((None, None, bundle.spec.features.n_mels), tf.float32, name="mel"),
        tf.TensorSpec((None,), tf.int32, name="length"),
    ]
    graph, _ = tf2onnx.convert.from_function(tf.function(answer), signature, opset=_OPSET)
    for output, name in zip(graph.graph.output, network.OUTPUTS, strict=True):
        rename_tensor(graph.graph, output.name, name)
    with replacing(bundle.network) as path:
        path.write_bytes(graph.SerializeToString())


def _spec(bundle: SampleBundle) -> network.NetSpec:
    said: dict[str, Any] = dict(bundle.net)
    return network.NetSpec(**{**said, "filters": tuple(said["filters"])})
