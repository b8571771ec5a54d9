"""Serving: whoever runs a trained network, Keras, onnxruntime or TensorFlow, hears the same."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from drum_tabber import model
from drum_tabber.errors import BundleError
from drum_tabber.hearing import inference
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.inference import Network
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.learning import serving
from drum_tabber.model import ModelSpec
from drum_tabber.sound.features import FeatureSpec, log_mel

FEATURES = FeatureSpec(sample_rate=8000, hop_size=70, window_size=256, n_mels=13, fmin=40.0, fmax=3900.0)
ATTENTION = ModelSpec("conv_attention", 13, 5, (2, 3), 8, (1, 2), 1, 2, 4, 4, 0.5)
SPECS = {
    "conv_attention": ATTENTION,
    "tst": replace(ATTENTION, kind="tst", n_encoders=3),
    "crnn": replace(ATTENTION, kind="crnn"),
    "context_cnn": replace(ATTENTION, kind="context_cnn", conv_filters=(6, 8)),
    "timefreq_cnn": replace(ATTENTION, kind="timefreq_cnn", conv_filters=(4, 8, 6)),
    "pcen": replace(ATTENTION, n_attention=0, front_end="pcen"),
    "levelled": replace(ATTENTION, n_attention=0, front_end="levelled"),
}
OFTEN = ("conv_attention", "tst")
WINDOWED = [pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow) for name in SPECS if name != "crnn"]


def noise(n_samples: int) -> np.ndarray:
    return np.random.default_rng(n_samples).uniform(-1, 1, n_samples).astype(np.float32)


@pytest.fixture(scope="module", params=[*WINDOWED, pytest.param("crnn", marks=pytest.mark.slow)])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A network trained for one step, so that it has an optimizer, with random weights."""
    spec = SPECS[request.param]
    codes = ("BD", "SD", "HH", "HO", "CC")
    bundle = Bundle(
        tmp_path_factory.mktemp("bundles") / "deep" / request.param,
        FEATURES,
        TargetSpec(codes, FEATURES.frame_rate),
        asdict(spec),
        model.context_frames(spec) or 50,
        (),
        Decoding((codes,), {}, {}),
    )
    network = model.build(spec)
    network.compile("adam", loss=dict.fromkeys(["onset", "velocity", "beat"], "mse"))
    network.optimizer.build(network.trainable_variables)
    rng = np.random.default_rng(1)
    for weight in network.trainable_variables:
        weight.assign(rng.normal(0, 0.4, weight.shape))
    serving.save_network(bundle, network)
    return bundle


@pytest.mark.parametrize("n_samples", [5000, 70 * 29])
def test_onnx_says_what_keras_says(bundle: Bundle, n_samples: int) -> None:
    reference = serving.activations(bundle, noise(n_samples))
    onset, velocity, beat = Network(bundle)(log_mel(noise(n_samples), FEATURES))
    assert reference["onset"].std() > 0.01
    for said, name in ((onset, "onset"), (velocity, "velocity"), (beat, "beat")):
        np.testing.assert_allclose(said, reference[name], atol=1e-4)


@pytest.mark.parametrize("bundle", WINDOWED, indirect=True)
def test_window_by_window_is_the_song_at_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = noise(70 * 501 + 3)
    reference = serving.activations(bundle, samples)
    monkeypatch.setattr(inference, "WINDOW_FRAMES", 128)
    heard = Network(bundle).activations(np.array_split(samples, 7))
    np.testing.assert_allclose(heard.onset, reference["onset"], atol=1e-5)
    np.testing.assert_allclose(heard.beat, reference["beat"], atol=1e-5)


def test_the_saved_model_takes_a_batch_of_waveforms(bundle: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "old").touch()
    serving.save_saved_model(bundle, folder)
    assert not (folder / "old").exists() and [path.name for path in tmp_path.iterdir()] == ["saved"]
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    for n_samples in (2100, 3001):
        waveforms = np.stack([noise(n_samples), noise(n_samples)[::-1]])
        answers = serve(waveform=tf.constant(waveforms))
        for index in range(2):
            reference = serving.activations(bundle, waveforms[index])
            for name, answer in answers.items():
                np.testing.assert_allclose(answer[index], reference[name], atol=1e-4)


def test_a_bundle_holds_the_network_and_not_the_optimizer(bundle: Bundle) -> None:
    import h5py

    n_values = sum(int(np.prod(weight.shape)) for weight in serving.load_model(bundle).weights)
    with h5py.File(bundle.weights) as file:
        sizes: list[int] = []
        file.visititems(lambda _, item: sizes.append(item.size) if isinstance(item, h5py.Dataset) else None)
    assert sum(sizes) == n_values
    assert sorted(path.name for path in bundle.folder.iterdir()) == ["model.onnx", "model.weights.h5"]


def test_training_can_start_from_a_bundle(bundle: Bundle) -> None:
    network = model.build(ModelSpec.of(bundle.model))
    serving.load_weights(bundle, network)
    for one, other in zip(network.get_weights(), serving.load_model(bundle).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("bundle", ["conv_attention"], indirect=True)
def test_weights_that_are_missing_or_of_another_shape_are_named(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"model\.weights\.h5 doesn't hold weights for this model"):
        serving.load_model(replace(bundle, folder=tmp_path))
    with pytest.raises(BundleError, match=r"model\.weights\.h5 doesn't hold weights for this model"):
        serving.load_model(replace(bundle, model={**bundle.model, "d_model": 12}))
