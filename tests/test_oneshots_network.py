"""The networks of one-shots: padding makes no difference, the lows do, and answers can be leant."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.errors import BundleError
from drum_tabber.oneshots import feed, listening, network
from drum_tabber.oneshots.bundle import SampleBundle
from drum_tabber.oneshots.classifier import SampleClassifier
from drum_tabber.oneshots.listening import OneShotSpec
from drum_tabber.oneshots.network import NetSpec
from drum_tabber.sound.features import FeatureSpec

SMALL = NetSpec("cnn", n_mels=24, n_classes=5, n_lows=7, filters=(3, 4), latent=6)
Frames = NDArray[np.float32]


def heard(n: int, seed: int = 0) -> Frames:
    """Frames (n, bands) of a made-up sound, its lows the same in each."""
    rng = np.random.default_rng(seed)
    lows = np.broadcast_to(rng.uniform(0, 7, SMALL.n_lows), (n, SMALL.n_lows))
    return np.hstack([rng.uniform(0, 9, (n, SMALL.n_mels)), lows]).astype(np.float32)


def answers(model: Any, frames: Frames, padded_to: int = 0) -> Frames:
    """The logits (classes,) of one sound in a batch padded to so many frames."""
    mel, length = listening.stacked([frames, np.zeros((padded_to, frames.shape[1]), np.float32)])
    return np.asarray(model({"mel": mel, "length": length}, training=False)["label"])[0]


@pytest.mark.parametrize("kind", ["cnn", "cnn_lstm"])
def test_padding_makes_no_difference(kind: Any) -> None:
    model = network.build(NetSpec(kind, n_mels=24, n_classes=5, n_lows=7, filters=(3, 4), latent=6))
    frames = heard(19)
    assert answers(model, frames, 80) == pytest.approx(answers(model, frames), abs=1e-4)


def test_lows_are_heard_where_the_network_takes_them() -> None:
    model = network.build(SMALL)
    model.get_layer("lows").set_weights([np.ones((7, 7), np.float32), np.zeros(7, np.float32)])
    low, high = heard(19), heard(19)
    high[:, SMALL.n_mels :] += 3
    assert np.abs(answers(model, low) - answers(model, high)).max() > 1e-3
    deaf = network.build(NetSpec("cnn", n_mels=24, n_classes=5, filters=(3, 4)))
    assert answers(deaf, heard(19)[:, : SMALL.n_mels]).shape == (5,)


def test_a_shift_moves_every_sound_alike() -> None:
    model, by = network.build(SMALL), np.array([1.0, -2.0, 0.0, 0.5, 0.0], np.float32)
    before = answers(model, heard(19))
    network.shift(model, by)
    assert answers(model, heard(19)) - before == pytest.approx(by, abs=1e-4)


def test_batches_hold_sounds_with_their_lows_in_every_frame() -> None:
    sounds = [heard(n, n) for n in (11, 23)]
    drawn = feed.batches(feed.Lesson(sounds, np.array([0, 4]), np.array([0.5, 0.5]), SMALL.n_lows), 3, 0)
    inputs, targets, _ = next(iter(drawn.as_numpy_iterator()))
    assert inputs["mel"].shape == (3, 2 * listening.FOLD, 31) and targets["label"].shape == (3, 5)
    for mel, length in zip(inputs["mel"], inputs["length"], strict=True):
        lows = mel[:length, SMALL.n_mels :]
        assert np.all(lows == lows[:1]) and lows.any() and not mel[length:].any()


def test_mixtures_are_of_two_sounds_and_two_classes() -> None:
    sounds = [np.full((16, SMALL.n_mels + SMALL.n_lows), level, np.float32) for level in (0.0, 0.0, 5.0)]
    drawn = feed.batches(
        feed.Lesson(sounds, np.array([0, 4, -1]), np.array([0.4, 0.4, 0.2]), SMALL.n_lows), 64, 0, mixed=1.0
    )
    _, targets, counts = next(iter(drawn.as_numpy_iterator()))
    label, known = targets["label"], counts["label"] > 0
    assert label[known].sum(axis=1) == pytest.approx(1.0) and not label[~known].any()
    assert np.all(targets["unknown"][:, 0] == ~known)  # what is unknown is mixed with nothing
    both = (label > 0).sum(axis=1) == 2
    assert both.any() and np.all(label[both].max(axis=1) >= 0.5)


def test_joined_networks_answer_the_mean_of_theirs() -> None:
    joined = network.joined([SMALL, SMALL])
    members = [network.build(SMALL) for _ in range(2)]
    for number, member in enumerate(members):
        joined.get_layer(f"member_{number}").set_weights(member.get_weights())
    each = [answers(member, heard(19)) for member in members]
    assert answers(joined, heard(19)) == pytest.approx(np.mean(each, axis=0), abs=1e-5)
    assert np.abs(each[0] - each[1]).max() > 1e-3


def test_a_joined_classifier_is_saved_and_comes_back(tmp_path: Path) -> None:
    from drum_tabber.oneshots import serving

    spec = OneShotSpec(FeatureSpec(16000, 160, 512, SMALL.n_mels, 30.0, 8000.0), 0.5, True, SMALL.n_lows)
    bundles = []
    for name in ("one", "two"):
        bundles.append(SampleBundle(tmp_path / name, spec, ("kick", "snr", "hhc", "hho", "tom"), asdict(SMALL)))
        bundles[-1].save()
        serving.save_network(bundles[-1], network.build(SMALL))
    model, net = serving.join(bundles)
    both = replace(bundles[0], folder=tmp_path / "both", net=net)
    serving.save_network(both, model)
    both.save()
    each = [SampleClassifier(bundle).answer([heard(19)]) for bundle in (*bundles, SampleBundle.load(both.folder))]
    logits = [np.log(one[0]) - np.log(one[0]).mean() for one in each]
    assert logits[2] == pytest.approx((logits[0] + logits[1]) / 2, abs=1e-4)
    assert each[2][2].shape == (1, 2 * SMALL.latent)
    again, net = serving.join([both, bundles[1]])  # three alike: the two that it was joined from, and one more
    weights = [again.get_layer(f"member_{number}").get_weights() for number in range(len(net["members"]))]
    assert len(weights) == 3 and np.array_equal(weights[1][0], weights[2][0])
    assert not np.array_equal(weights[0][0], weights[1][0])
    with pytest.raises(BundleError, match="don't hear or class alike"):
        serving.join([bundles[0], replace(bundles[1], classes=("a", "b", "c", "d", "e"))])
