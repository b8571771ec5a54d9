"""A trained Keras model becomes files that run elsewhere: ONNX for this machine, a SavedModel for servers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from drum_tabber import model
from drum_tabber.errors import BundleError
from drum_tabber.files import replacing
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.trained import TrainedModel

_OPSET = 17


def load_model(bundle: Bundle) -> keras.Model:
    """The bundle's network with its weights; raises BundleError where they are missing or of another shape."""
    network = _build(bundle)
    load_weights(bundle, network)
    return network


def load_weights(trained: TrainedModel, network: keras.Model) -> None:
    """Give a network a model's weights, of any task; raises BundleError where they are missing or of another shape."""
    try:
        network.load_weights(trained.weights)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BundleError(f"{trained.weights} doesn't hold weights for this model: {reason}") from error


def save_network(bundle: Bundle, network: keras.Model) -> None:
    """Write the weights and the ONNX file of a trained network into its bundle's folder."""
    served = _build(bundle)
    served.set_weights(network.get_weights())
    mel = tf.TensorSpec((1, None, bundle.features.n_bands), tf.float32, name="mel")
    save_files(bundle, served, lambda heard: served(heard, training=False), [mel], ("onset", "velocity", "beat"))


def save_files(
    trained: TrainedModel,
    network: keras.Model,
    answer: Callable[..., Mapping[str, tf.Tensor]],
    heard: Sequence[tf.TensorSpec],
    outputs: Sequence[str],
) -> None:
    """Write the weights and the ONNX file of a network of any task into its folder.

    The file takes what is `heard`, by name, and answers the `outputs` of those that `answer` gives.
    """
    import tf2onnx

    trained.folder.mkdir(parents=True, exist_ok=True)
    part = trained.folder / f".part.{trained.weights.name}"
    network.save_weights(part)
    os.replace(part, trained.weights)

    def named(*inputs: tf.Tensor) -> list[tf.Tensor]:
        answers = answer(*inputs)
        return [tf.identity(answers[name], name=name) for name in outputs]

    graph, _ = tf2onnx.convert.from_function(tf.function(named), heard, opset=_OPSET)
    for output, name in zip(graph.graph.output, outputs, strict=True):
        rename_tensor(graph.graph, output.name, name)
    with replacing(trained.network) as path:
        path.write_bytes(graph.SerializeToString())


def save_saved_model(bundle: Bundle, folder: Path) -> None:
    """Write a SavedModel: "waveform" (batch, n) at the bundle's sample rate in, activations by name out."""
    network = load_model(bundle)
    listen = model.LogMel(bundle.features)

    class Server(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        @tf.function(input_signature=[tf.TensorSpec((None, None), tf.float32, name="waveform")])
        def serve(self, waveform: tf.Tensor) -> dict[str, tf.Tensor]:
            return dict(self.network(listen(waveform), training=False))

    server = Server()
    part = folder.with_name(f".{folder.name}.part")
    tf.saved_model.save(server, str(part), signatures={"serving_default": server.serve})
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)


def activations(bundle: Bundle, samples: np.ndarray) -> dict[str, np.ndarray]:
    """What the Keras model says of mono samples (n,): the reference that ONNX and SavedModel are held against."""
    mel = model.LogMel(bundle.features)(samples[None])
    return {name: np.asarray(value)[0] for name, value in load_model(bundle)(mel, training=False).items()}


def _build(bundle: Bundle) -> keras.Model:
    """The bundle's network as it serves: no optimizer, no dropout and its random state, 32-bit whatever trained it."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return model.build(replace(model.ModelSpec.of(bundle.model), dropout=0.0))
    finally:
        keras.config.set_dtype_policy(policy)


def rename_tensor(graph: object, old: str, new: str) -> None:
    """Give a tensor of an ONNX graph another name everywhere."""
    for node in graph.node:  # type: ignore[attr-defined]
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new
    for output in graph.output:  # type: ignore[attr-defined]
        if output.name == old:
            output.name = new
