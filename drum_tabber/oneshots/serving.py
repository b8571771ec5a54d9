"""A trained network of one-shots becomes the files of its bundle: Keras weights, and ONNX for every machine."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from drum_tabber.learning import serving
from drum_tabber.oneshots import network
from drum_tabber.oneshots.bundle import SampleBundle


def load_network(bundle: SampleBundle) -> keras.Model:
    """The bundle's network with its weights; raises BundleError where they are missing or of another shape."""
    model = network.build(_spec(bundle))
    serving.load_weights(bundle, model)
    return model


def save_network(bundle: SampleBundle, model: keras.Model) -> None:
    """Write the weights and the ONNX file of a trained network into its bundle's folder."""
    served = network.build(_spec(bundle))  # without the optimizer and its state
    served.set_weights(model.get_weights())

    def answer(mel: tf.Tensor, length: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(served({"mel": mel, "length": length}, training=False))

    mel = tf.TensorSpec((None, None, bundle.spec.n_bands), tf.float32, name="mel")
    serving.save_files(bundle, served, answer, [mel, tf.TensorSpec((None,), tf.int32, name="length")], network.OUTPUTS)


def _spec(bundle: SampleBundle) -> network.NetSpec:
    said: dict[str, Any] = dict(bundle.net)
    return network.NetSpec(**{**said, "filters": tuple(said["filters"])})
