"""The classifier's answers by a network whose every answer can be told by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import sample_fakes

from drum_tabber.errors import AudioError, BundleError
from drum_tabber.oneshots.bundle import SampleBundle
from drum_tabber.oneshots.classifier import SampleClassifier
from drum_tabber.sound import audio

RATE = 44100


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> SampleClassifier:
    return SampleClassifier(sample_fakes.tiny_bundle(tmp_path_factory.mktemp("bundle")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A low, a middle and a high tone that die away, and a file that is no sound."""
    time = np.arange(RATE // 2) / RATE
    for name, pitch in {"low": 90, "mid": 3000, "high": 9000}.items():
        wave = 0.5 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.1)
        audio.write(tmp_path / f"{name}.wav", wave.astype(np.float32), RATE)
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing")
    return tmp_path


def test_probabilities_are_rows_that_sum_to_one(classifier: SampleClassifier, folder: Path) -> None:
    answer = classifier.predict_proba([folder / f"{name}.wav" for name in ("low", "mid", "high")])
    assert answer.shape == (3, 3)
    assert answer.sum(axis=1) == pytest.approx(1.0)
    assert answer.argmax(axis=1).tolist() == [0, 1, 2]


def test_batch_mates_make_no_difference(classifier: SampleClassifier, folder: Path) -> None:
    paths = [folder / f"{name}.wav" for name in ("low", "mid", "high")]
    together = classifier.predict_proba(paths)
    alone = np.concatenate([classifier.predict_proba([path]) for path in paths])
    assert np.abs(together - alone).max() < 1e-6


def test_a_bad_file_is_passed_over_with_its_reason(classifier: SampleClassifier, folder: Path) -> None:
    paths = [folder / name for name in ("low.wav", "broken.wav", "missing.wav", "high.wav", "low.wav")]
    counted: list[int] = []
    heard = classifier.classify(paths, lambda: counted.append(1))
    assert [path.name for path in heard.paths] == ["low.wav", "high.wav"]
    assert {path.name for path in heard.failures} == {"broken.wav", "missing.wav"}
    assert all(path.name in said for path, said in heard.failures.items())
    assert len(counted) == 4 and len(heard.probabilities) == len(heard.latent) == len(heard.level_db) == 2
    with pytest.raises(AudioError, match="broken"):
        classifier.predict_proba([folder / "broken.wav"])


def test_nothing_to_hear_is_no_error(classifier: SampleClassifier, folder: Path) -> None:
    heard = classifier.classify([folder / "broken.wav"])
    assert heard.labels == [] and heard.probabilities.shape == (0, 3)


def test_ranks_and_labels_follow_the_probabilities(classifier: SampleClassifier, folder: Path) -> None:
    heard = classifier.classify([folder / "high.wav"])
    assert heard.ranked(0)[0] == "hhc" and {*heard.ranked(0)} == {"kick", "snr", "hhc"}
    assert heard.labels == ["hhc" if heard.unknown[0] <= heard.unknown_above else "unknown"]


def test_a_bundle_comes_back_as_it_was_saved(classifier: SampleClassifier) -> None:
    assert SampleBundle.load(classifier.bundle.folder) == classifier.bundle


def test_what_is_no_classifier_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="train-samples"):
        SampleClassifier.load(tmp_path)
    (tmp_path / "bundle.json").write_text(json.dumps({"format": 1, "task": "samples"}))
    with pytest.raises(BundleError, match="can't be understood"):
        SampleClassifier.load(tmp_path)
    sample_fakes.tiny_bundle(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no network")
    with pytest.raises(BundleError, match=r"model\.onnx can't be loaded"):
        SampleClassifier.load(tmp_path)
