"""`train-key` on recordings and on images made ahead: a bundle comes out, and what is wrong is said first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_tonality import RATE, cadence

import configs
from drum_tabber import __main__ as commands
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.sound import audio

pytestmark = pytest.mark.usefixtures("page")


def test_nothing_to_train_on_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["train-key"]) == 1
    assert "say what to train on" in capsys.readouterr().err
    assert commands.main(["train-key", "--recordings", "ncs:x", "--start-from", str(tmp_path)]) == 1
    assert "holds no trained model" in capsys.readouterr().err


@pytest.mark.slow
def test_recordings_then_their_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, tonic in (("C-maj/one", 0), ("Eb-maj/two", 3)):
        audio.write(tmp_path / "songs" / f"{name}.flac", np.tile(cadence(tonic, 1.5), 3), RATE)
    configs.DATA_DIR, configs.MODELS_DIR = str(tmp_path / "data"), str(tmp_path / "models")
    configs.KEY_FEED, configs.KEY_LOSS = "images", "mirex_v1"
    common = ["--batches", "1", "--made-up", "0", "--seconds", "12"]
    assert commands.main(["train-key", "--recordings", f"ncs:{tmp_path / 'songs'}", *common, "--name", "one"]) == 0
    images = tmp_path / "data" / "key" / "images"
    assert [path.parent.name for path in sorted(images.glob("*/*.png"))] == ["C-maj", "Eb-maj"]
    one = tmp_path / "models" / "key" / "one"
    given = ["--recordings", f"images:{images}", *common, "--start-from", str(one), "--name", "two"]
    assert commands.main(["train-key", *given]) == 0
    bundle = KeyBundle.load(tmp_path / "models" / "key" / "two")
    assert bundle.network.is_file() and bundle.weights.is_file()
    assert bundle.facts["recordings"] == ["images"] and bundle.facts["training"]["loss"] == "mirex_v1"
    assert "wrote" in capsys.readouterr().out
