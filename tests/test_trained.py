"""Trained models of every task: what is saved is loaded, and what can't be loaded is named in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import configs
from drum_tabber.errors import BundleError
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.key.bundle import KeyBundle, KeyDecoding
from drum_tabber.key.cqt import CqtSpec
from drum_tabber.oneshots.bundle import SampleBundle
from drum_tabber.oneshots.listening import OneShotSpec
from drum_tabber.sound.features import FeatureSpec
from drum_tabber.trained import TrainedModel, located

FACTS = {"data": ["Gröve, CC BY"], "scores": {"f": 0.5}}


def drums(folder: Path) -> Bundle:
    how = Decoding((("BD",), ("SD", "HH")), {"BD": 0.2}, {"BD": 0.02})
    targets = TargetSpec(("BD", "SD", "HH"), 22050 / 220, 1.7)
    features = FeatureSpec(22050, 220, 1024, 40, 33.3, 9000.0)
    return Bundle(folder, features, targets, {"kind": "crnn"}, 12, tuple(configs.DRUMS[:3]), how, facts=FACTS)


def one_shots(folder: Path) -> SampleBundle:
    spec = OneShotSpec(FeatureSpec(16000, 200, 800, 24, 50.0, 7000.0), 0.7)
    return SampleBundle(folder, spec, ("kick", "snr"), {"kind": "cnn", "filters": [2, 3]}, 0.61, facts=FACTS)


def keys(folder: Path) -> KeyBundle:
    cqt = CqtSpec(22050, 1024, 96, 24, 65.4, 2)
    return KeyBundle(folder, cqt, {"filters": 5, "fold": 3}, 6, KeyDecoding(3, 0.4), facts=FACTS)


@pytest.fixture(params=[drums, one_shots, keys])
def trained(request: pytest.FixtureRequest, tmp_path: Path) -> TrainedModel:
    return request.param(tmp_path / "näme")


def test_what_is_saved_is_loaded(trained: TrainedModel) -> None:
    trained.save()
    assert type(trained).load(str(trained.folder)) == trained
    assert [path.name for path in trained.folder.iterdir()] == ["bundle.json"]
    assert json.loads((trained.folder / "bundle.json").read_text(encoding="utf-8"))["facts"] == FACTS


def test_files_lie_in_the_folder(trained: TrainedModel) -> None:
    assert trained.network == trained.folder / "model.onnx"
    assert trained.weights == trained.folder / "model.weights.h5"


def test_a_folder_without_a_model_is_named(trained: TrainedModel) -> None:
    sentence = rf"näme holds no trained model \(bundle.json is missing\); train one with {trained.remedy}$"
    with pytest.raises(BundleError, match=sentence):
        type(trained).load(trained.folder)


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda said: said.pop(name)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (without("format"), r"bundle.json can't be understood \(KeyError\('format'\)\); train the model anew"),
        (lambda said: said.update(format=2), r"bundle.json has format 2, this version reads 1; train it anew"),
        (lambda said: said.update(task="cooking"), r"bundle.json is a model of cooking, not of .*; name a folder of"),
        (without("facts"), r"bundle.json can't be understood \(KeyError\('facts'\)\)"),
    ],
)
def test_a_contract_that_is_spoiled_is_refused(
    trained: TrainedModel, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    trained.save()
    contract = trained.folder / "bundle.json"
    said = json.loads(contract.read_text(encoding="utf-8"))
    change(said)
    contract.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(BundleError, match=sentence):
        type(trained).load(trained.folder)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1', '"words"'])
def test_a_contract_that_is_none_is_refused(trained: TrainedModel, text: str) -> None:
    trained.save()
    (trained.folder / "bundle.json").write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=r"bundle.json can't be understood .*; train the model anew"):
        type(trained).load(trained.folder)


@pytest.mark.parametrize(
    ("make", "change", "sentence"),
    [
        (drums, without("decoding"), r"KeyError\('decoding'\)"),
        (drums, lambda said: said["features"].update(pitch=1), "pitch"),
        (drums, lambda said: said["targets"].pop("drums"), r"KeyError\('drums'\)"),
        (drums, lambda said: said["decoding"].pop("families"), "families"),
        (one_shots, without("classes"), r"KeyError\('classes'\)"),
        (one_shots, lambda said: said["features"].update(pitch=1), "pitch"),
        (keys, without("step"), r"KeyError\('step'\)"),
        (keys, lambda said: said["cqt"].update(pitch=1), "pitch"),
        (keys, lambda said: said["decoding"].update(pitch=1), "pitch"),
    ],
)
def test_what_a_task_needs_must_be_there(
    make: Callable[[Path], TrainedModel], change: Callable[[dict[str, Any]], object], sentence: str, tmp_path: Path
) -> None:
    trained = make(tmp_path / "model")
    trained.save()
    contract = trained.folder / "bundle.json"
    said = json.loads(contract.read_text(encoding="utf-8"))
    change(said)
    contract.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(BundleError, match=f"bundle.json can't be understood .*{sentence}"):
        type(trained).load(trained.folder)


def test_a_model_of_another_task_is_refused(tmp_path: Path) -> None:
    keys(tmp_path / "one").save()
    with pytest.raises(BundleError, match=r"one/bundle.json is a model of key, not of samples; name a folder"):
        SampleBundle.load(tmp_path / "one")
    with pytest.raises(BundleError, match=r"one/bundle.json is a model of key, not of drums; name a folder"):
        Bundle.load(tmp_path / "one")


def test_a_model_is_looked_for_here_and_then_beside_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert located(configs.MODEL_BUNDLE) == Path(configs.__file__).parent / configs.MODEL_BUNDLE
    (tmp_path / configs.MODEL_BUNDLE).mkdir(parents=True)
    assert located(configs.MODEL_BUNDLE) == Path(configs.MODEL_BUNDLE)
