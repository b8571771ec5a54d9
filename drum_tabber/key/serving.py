"""A trained key network becomes files that run elsewhere: Keras weights and ONNX."""

from __future__ import annotations

import keras
import tensorflow as tf

from drum_tabber.key import network
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.key.network import PIECE, STEPS, KeyNetSpec
from drum_tabber.learning import serving


def load_model(bundle: KeyBundle) -> keras.Model:
    """The bundle's network with its weights; raises BundleError where they are missing or of another shape."""
    model = network.build(KeyNetSpec(**bundle.net), bundle.cqt)
    serving.load_weights(bundle, model)
    return model


def save_network(bundle: KeyBundle, model: keras.Model) -> None:
    """Write the weights and the ONNX file of a trained network, and `bundle.json`, into the bundle's folder."""
    cqt = tf.TensorSpec((None, None, bundle.cqt.n_bins), tf.float32, name="cqt")
    serving.save_files(bundle, model, lambda heard: model(heard, training=False), [cqt], (PIECE, STEPS))
    bundle.save()
