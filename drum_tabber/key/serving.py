"""A trained key network becomes files that run elsewhere: Keras weights and ONNX."""

from __future__ import annotations

import os

import keras
import tensorflow as tf

from drum_tabber.files import replacing
from drum_tabber.key import network
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.key.network import PIECE, STEPS, KeyNetSpec

_OPSET = 17


def load_model(bundle: KeyBundle) -> keras.Model:
    """The bundle's network with its weights."""
    model = network.build(KeyNetSpec(**bundle.net), bundle.cqt)
    model.load_weights(bundle.weights)
    return model


def save_network(bundle: KeyBundle, model: keras.Model) -> None:
    """Write the weights and the ONNX file of a trained network, and `bundle.json`, into the bundle's folder."""
    import tf2onnx

    bundle.folder.mkdir(parents=True, exist_ok=True)
    part = bundle.folder / f".part.{bundle.weights.name}"
    model.save_weights(part)
    os.replace(part, bundle.weights)

    def answer(cqt: tf.Tensor) -> dict[str, tf.Tensor]:
        answers = model(cqt, training=False)
        return {name: tf.identity(answers[name], name=name) for name in (PIECE, STEPS)}

    signature = [tf.TensorSpec((None, None, bundle.cqt.n_bins), tf.float32, name="cqt")]
    graph, _ = tf2onnx.convert.from_function(tf.function(answer), signature, opset=_OPSET)
    with replacing(bundle.network) as path:
        path.write_bytes(graph.SerializeToString())
    bundle.save()
