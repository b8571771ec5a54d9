"""The drums' bundle: what is saved is loaded, and what an older one left out. `test_trained` has what all share."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import configs
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.sound.features import FeatureSpec


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(
        tmp_path / "näme",
        FeatureSpec(sample_rate=22050, hop_size=220, window_size=1024, n_mels=40, fmin=33.3, fmax=9000.0),
        TargetSpec(("BD", "SD", "HH", "HO"), 22050 / 220, 1.7, 3.1),
        {"kind": "crnn", "n_mels": 40, "conv_filters": [2, 3]},
        123,
        tuple(configs.DRUMS[:4]),
        Decoding(
            (("BD",), ("SD",), ("HH", "HO")),
            {"BD": 0.2, "SD": 0.25},
            {"BD": 0.02, "SD": 0.03},
            0.7,
            0.8,
            (((0.1, -1.0),),),
            {"BD": (2.0, 0.5)},
        ),
        facts={"settings": {"SEED": 3}, "data": ["Gröve, CC BY"]},
    )


def test_what_is_saved_is_loaded(bundle: Bundle) -> None:
    bundle.save()
    loaded = Bundle.load(str(bundle.folder))
    assert loaded == bundle
    assert loaded.targets.frame_rate == 22050 / 220  # to the last digit
    assert loaded.decoding.families[2] == ("HH", "HO")
    assert sorted(path.name for path in bundle.folder.iterdir()) == ["bundle.json"]


def test_a_bundle_of_before_habits_and_calibration_has_none(bundle: Bundle) -> None:
    bundle.save()
    contract = bundle.folder / "bundle.json"
    said = json.loads(contract.read_text(encoding="utf-8"))
    del said["decoding"]["habits"], said["decoding"]["calibration"]
    contract.write_text(json.dumps(said), encoding="utf-8")
    loaded = Bundle.load(bundle.folder)
    assert loaded.decoding == replace(bundle.decoding, habits=(), calibration={})


def test_the_first_bundles_named_no_task(bundle: Bundle) -> None:
    bundle.save()
    contract = bundle.folder / "bundle.json"
    said = json.loads(contract.read_text(encoding="utf-8"))
    assert said.pop("task") == "drums"
    contract.write_text(json.dumps(said), encoding="utf-8")
    assert Bundle.load(bundle.folder) == bundle


def test_tuning_changes_the_decoding_and_the_scores_alone(bundle: Bundle) -> None:
    how = replace(bundle.decoding, together=0.9)
    tuned = bundle.tuned(how, {"f": 0.8})
    assert tuned == replace(bundle, decoding=how, facts={**bundle.facts, "scores": {"f": 0.8}})
    assert "scores" not in bundle.facts
