"""`train-key` on recordings and on images made ahead: a bundle comes out, and what is wrong is said first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_tonality import RATE, cadence

import configs
from drum_tabber import __main__ as commands
from drum_tabber.key import sketch
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.sound import audio
from drum_tabber.tasks import train_key

pytestmark = pytest.mark.usefixtures("page")


def test_nothing_to_train_on_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["train-key"]) == 1
    assert "say what to train on" in capsys.readouterr().err
    assert commands.main(["train-key", "--recordings", "ncs:x", "--start-from", str(tmp_path)]) == 1
    assert "holds no trained model" in capsys.readouterr().err


def test_notes_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configs.DATA_DIR = str(tmp_path)
    read: list[Path] = []

    def rolls(song: Path, step: float, rng: np.random.Generator) -> sketch.Rolls:
        read.append(song)
        return sketch.Rolls(rng.random((4, 3, 128)).astype(np.float32), np.array([-1, 7, 7]))

    monkeypatch.setattr(sketch, "rolls", rolls)
    first, again, other = (train_key._rolls(Path(name), 0.5) for name in ("001", "001", "002"))
    assert read == [Path("001"), Path("002")]
    np.testing.assert_array_equal(first.strength, again.strength)
    np.testing.assert_array_equal(first.key, again.key)
    assert not np.array_equal(first.strength, other.strength)


@pytest.mark.slow
def test_recordings_then_their_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, tonic in (("C-maj/one", 0), ("Eb-maj/two", 3)):
        audio.write(tmp_path / "songs" / f"{name}.flac", np.tile(cadence(tonic, 1.5), 3), RATE)
    configs.DATA_DIR, configs.MODELS_DIR = str(tmp_path / "data"), str(tmp_path / "models")
    configs.KEY_FEED, configs.KEY_LOSS = "images", "mirex_v1"
    common = ["--batches", "1", "--made-up", "0", "--piece", "12"]
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
    assert not list((tmp_path / "data" / "key").glob("*.weights.h5"))  # nothing to go on from


@pytest.mark.slow
def test_a_batch_that_is_not_learnt_by_heart_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audio.write(tmp_path / "songs" / "C-maj" / "one.flac", np.tile(cadence(0), 3), RATE)
    configs.DATA_DIR, configs.MODELS_DIR = str(tmp_path / "data"), str(tmp_path / "models")
    given = ["--recordings", f"ncs:{tmp_path / 'songs'}", "--made-up", "0", "--piece", "12", "--overfit"]
    assert commands.main(["train-key", *given, "--batches", "1"]) == 1
    assert "error: the loss of one batch is" in capsys.readouterr().err
    assert train_key._overfitted(0.01) == 0
    assert "known by heart: its loss is 0.0100" in capsys.readouterr().out
