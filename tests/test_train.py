"""Training from end to end: a song with its tab in, a bundle out, and a tab out of that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import configs
import train
import transcribe
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.sound import audio
from drum_tabber.sound.features import FeatureSpec
from drum_tabber.tasks import prepare, sources, specs
from drum_tabber.tasks import train as task

RATE = 8000
TINY = {
    "SAMPLE_RATE": RATE,
    "HOP_SIZE": 80,
    "WINDOW_SIZE": 256,
    "N_MELS": 12,
    "FMIN": 40.0,
    "FMAX": 3900.0,
    "MODEL": "conv_attention",
    "CONV_FILTERS": [2],
    "D_MODEL": 8,
    "N_HEADS": 2,
    "DILATIONS": [1, 2],
    "N_ATTENTION": 1,
    "ATTENTION_WINDOW": 5,
    "N_ENCODERS": 2,
    "PRETRAIN_EPOCHS": 2,
    "BATCH_SIZE": 2,
    "SEGMENT_SECONDS": 2.5,
    "EPOCHS": 2,
    "STEPS_PER_EPOCH": 3,
    "WARMUP_STEPS": 1,
    "RUN_NAME": "tiny",
    "DATA_SOURCES": ["made up here"],
    "WORKERS": 1,
}
TAB = """
HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|
SD|----o-------o---|----o-------o---|----o-------o---|----o-------o---|
BD|o-------o-------|o-------o-------|o-------o-------|o-------o-o-----|
  |1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|
"""


@pytest.fixture(autouse=True)
def settings(page: None, tmp_path: Path) -> None:
    """A song of ten seconds with its tab, a tiny model, all folders the test's own."""
    for name in ("songs", "tabs"):
        (tmp_path / name).mkdir()
    rng = np.random.default_rng(0)
    samples = 0.01 * rng.standard_normal(10 * RATE)
    burst = np.exp(-np.arange(500) / 100)
    for slot in range(64):
        at = round((1.0 + slot * 0.125) * RATE)
        samples[at : at + 500] += 0.1 * (slot % 2 == 0) * rng.standard_normal(500) * burst
        samples[at : at + 500] += 0.5 * (slot % 8 == 0) * np.sin(np.arange(500) * 0.08) * burst
    audio.write(tmp_path / "songs" / "song.wav", samples.astype(np.float32), RATE)
    about = {"alignment_info": {"BPM": 120, "first drum note onset": 1.0}}
    (tmp_path / "songs" / "song.json").write_text(json.dumps(about))
    (tmp_path / "tabs" / "song.txt").write_text(TAB)
    for name, value in TINY.items():
        setattr(configs, name, value)
    for name in ("SONGS_DIR", "TABS_DIR", "DATA_DIR", "TRAINING_DIR", "MODELS_DIR"):
        setattr(configs, name, str(tmp_path / name.removesuffix("_DIR").lower()))


@pytest.mark.slow
@pytest.mark.parametrize("feed", ["audio", "spectrograms"])
def test_a_song_with_its_tab_becomes_a_model_that_transcribes(
    feed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(["--set", f"FEED={feed}"]) == 0
    printed = capsys.readouterr().out
    assert "validation: F " in printed and f"wrote {tmp_path / 'models' / 'drums' / 'tiny'}" in printed
    assert "notice: no track is left for validation" in printed
    assert "songs: 1 for training, 0.2 min, 49 hits (HH 32, BD 9, SD 8)" in printed
    assert "  song, as its sidecar says: train, " in printed and "up to 2 epochs of " in printed

    bundle = Bundle.load(tmp_path / "models" / "drums" / "tiny")
    assert bundle.features == FeatureSpec(RATE, 80, 256, 12, 40.0, 3900.0)
    assert bundle.targets.drums == tuple(row[0] for row in configs.DRUMS)
    assert bundle.facts["settings"]["D_MODEL"] == 8 and bundle.facts["data"] == ["made up here"]
    assert 0 <= bundle.facts["scores"]["f"] <= 1
    assert set(bundle.decoding.thresholds) == set(bundle.targets.drums)

    song = str(tmp_path / "songs" / "song.wav")
    given = ["--model", str(bundle.folder), "--out", str(tmp_path / "out"), "--formats", "tab,json"]
    assert transcribe.main([song, *given]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["song.drums.json", "song.tab.txt"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tst", "conv_attention"])
def test_training_begins_with_songs_that_have_no_labels(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [f"MODEL={kind}", "SELF_SUPERVISED=True", f"UNLABELLED_DIRS={tmp_path / 'songs'}", "FEED=audio"]
    assignments = [word for assignment in given for word in ("--set", assignment)]
    assert train.main(assignments) == 0
    printed = capsys.readouterr().out
    trunk = tmp_path / "training" / "tiny" / "pretraining" / "trunk.weights.h5"
    assert "pre-training on unlabelled songs: 1, 0.0 h; 1 to judge by" in printed
    assert "notice: so few unlabelled songs leave none to judge by" in printed
    assert f"training begins with {trunk}" in printed and "validation: F " in printed
    bundle = Bundle.load(tmp_path / "models" / "drums" / "tiny")
    assert bundle.model["kind"] == kind and bundle.facts["settings"]["SELF_SUPERVISED"]

    made = trunk.stat().st_mtime_ns
    assert train.main([*assignments, "--set", f"UNLABELLED_DIRS={tmp_path / 'gone'}"]) == 0  # it is there already
    assert trunk.stat().st_mtime_ns == made and "pre-training on" not in capsys.readouterr().out
    assert train.main([*assignments, "--set", "PRETRAIN_MASK_SHARE=0.4"]) == 1
    assert "was pre-trained with masks share 0.15, not 0.4" in capsys.readouterr().err
    shutil.rmtree(trunk.parent)
    assert train.main(assignments) == 1
    assert (
        "tiny began without a self-supervised start; choose another RUN_NAME, or remove it" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("nowhere", "nowhere; name folders that hold songs in UNLABELLED_DIRS"),
        ("tabs", "tabs holds no songs; name folders that do in UNLABELLED_DIRS"),
    ],
)
def test_a_folder_without_unlabelled_songs_is_named(
    folder: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--set", "SELF_SUPERVISED=True", "--set", f"UNLABELLED_DIRS={tmp_path / folder}"]
    assert train.main(given) == 1
    assert capsys.readouterr().err.strip().endswith(sentence)
    assert not (tmp_path / "training").exists() and not (tmp_path / "data").exists()


def test_an_untrained_bundle_says_what_the_settings_say(tmp_path: Path) -> None:
    bundle = task.empty_bundle()
    assert bundle.folder == tmp_path / "models" / "drums" / "tiny"
    assert bundle.features.n_mels == 12 and bundle.model["n_mels"] == 12 * bundle.model["n_windows"] == 24
    assert bundle.model["conv_filters"] == (2,) and bundle.context > 5 * configs.ATTENTION_FOLD
    assert bundle.facts["settings"]["EPOCHS"] == 2
    bundle.save()
    assert Bundle.load(bundle.folder).targets == bundle.targets


def test_midi_cannot_be_trained_on_as_audio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "midi").mkdir()
    (tmp_path / "midi" / "a.mid").touch()
    status = train.main(["--set", "FEED=audio", "--set", f"CORPORA=midi:{tmp_path / 'midi'}"])
    assert status == 1
    assert "error: a is MIDI alone and must be rendered first" in capsys.readouterr().err


def test_epochs_are_no_longer_than_the_material_is_worth(tmp_path: Path) -> None:
    configs.FEED, configs.STEPS_PER_EPOCH, configs.EPOCHS, configs.WARMUP_STEPS = "audio", 200, 5, 300
    fed, judge = task._material(sources.material())
    assert fed.n_segments == judge.n_segments == 4  # ten seconds in segments of two and a half
    spec = task._fitting(specs.training_spec(), fed)
    assert (spec.steps_per_epoch, spec.warmup_steps) == (task.PASSES * 4 // configs.BATCH_SIZE, 6)
    configs.STEPS_PER_EPOCH = 3
    assert task._fitting(specs.training_spec(), fed).steps_per_epoch == 3


@pytest.mark.parametrize("feed", ["spectrograms", "rendered"])
def test_what_is_fed_is_what_the_songs_are_now(
    feed: Literal["spectrograms", "rendered"], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A song that is gone is not trained on any more, and a corrected tab is made anew."""
    configs.FEED = feed
    shutil.copy(tmp_path / "songs" / "song.wav", tmp_path / "songs" / "other.wav")
    shutil.copy(tmp_path / "songs" / "song.json", tmp_path / "songs" / "other.json")
    shutil.copy(tmp_path / "tabs" / "song.txt", tmp_path / "tabs" / "other.txt")
    both = task._material(sources.material())[0].n_segments
    (tmp_path / "tabs" / "other.txt").unlink()
    (tmp_path / "songs" / "other.json").unlink()
    (tmp_path / "tabs" / "song.txt").write_text(TAB.replace("BD|o-------o", "BD|o-o-----o"))
    capsys.readouterr()
    assert task._material(sources.material())[0].n_segments == both // 2
    assert "50 hits (HH 32, BD 10, SD 8)" in capsys.readouterr().out
    found = sources.material()
    assert prepare.make(feed, found).failures == ()
