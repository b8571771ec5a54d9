"""Preparing: what is asked for is made, once, in shares that add up."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber import audio, corpora, midi
from drum_tabber.corpora import split_of
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.events import Beats, Hits
from drum_tabber.tasks import prepare
from drum_tabber.tasks.prepare import Part
from drum_tabber.vocabulary import Vocabulary

RATE = 8000
DRUMS = Vocabulary.of(configs.DRUMS)
NAMES = {split: [name for name in map(str, range(60)) if split_of(name) == split] for split in ("train", "validation")}


@pytest.fixture(autouse=True)
def settings(page: None, tmp_path: Path) -> None:
    """No songs, no augmentation, everything below the test's own folder."""
    for name in ("songs", "tabs"):
        (tmp_path / name).mkdir()
    configs.SONGS_DIR, configs.TABS_DIR = str(tmp_path / "songs"), str(tmp_path / "tabs")
    configs.DATA_DIR = str(tmp_path / "data")
    configs.SAMPLE_RATE, configs.FMAX, configs.RENDER_COPIES = RATE, 3900.0, 1
    for name in vars(configs):
        if name.startswith("P_"):
            setattr(configs, name, 0.0)


@pytest.fixture
def band(tmp_path: Path) -> Path:
    """MIDI files, one for validation and two for training, each a bar of drums; and a kit of four clicks."""
    folder = tmp_path / "midi"
    beats = Beats(np.arange(4.0) * 0.5, np.arange(4) + 1)
    for name in (NAMES["validation"][0], *NAMES["train"][:2]):
        folder.mkdir(exist_ok=True)
        midi.write(folder / f"{name}.mid", Hits.of([0.0, 0.5, 1.0, 1.25], ["BD", "SD", "BD", "HH"], 90), beats, DRUMS)
    rng = np.random.default_rng(0)
    for name in ("kick", "snare", "hihat_closed", "crash"):
        noise = rng.normal(0, 0.3, 900) * np.exp(-np.arange(900) / 150)
        audio.write(tmp_path / "kit" / f"{name}.wav", noise.astype(np.float32), RATE)
    configs.CORPORA, configs.KITS_DIR = [f"midi:{folder}"], str(tmp_path / "kit")
    return folder


@pytest.mark.parametrize(("text", "part"), [("1/1", Part(0, 1)), ("3/4", Part(2, 4)), ("4/4", Part(3, 4))])
def test_parts(text: str, part: Part) -> None:
    assert Part.of(text) == part


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/", "a/2", "1/0", "-1/2", ""])
def test_parts_that_are_none(text: str) -> None:
    with pytest.raises(SettingError, match="--part needs I/N such as 1/2, not '"):
        Part.of(text)


def test_nothing_to_train_on() -> None:
    with pytest.raises(CorpusError, match=r"there is nothing to train on: put tabs in .*tabs and songs in .*songs"):
        prepare.tracks()


def test_a_corpus_without_a_layout() -> None:
    configs.CORPORA = ["somewhere"]
    with pytest.raises(SettingError, match=r"CORPORA needs layout:folder, such as .*, not 'somewhere'"):
        prepare.tracks()


def test_songs_for_validation_are_chosen_by_name(band: Path) -> None:
    assert sorted(track.split for track in prepare.tracks()) == ["train", "train", "validation"]
    configs.VALIDATION_SONGS = NAMES["train"][:1]
    chosen = {track.name: track.split for track in prepare.tracks()}
    assert chosen[NAMES["train"][0]] == "validation" and chosen[NAMES["train"][1]] == "train"
    configs.VALIDATION_SONGS = ["nobody"]
    with pytest.raises(SettingError, match="VALIDATION_SONGS names 'nobody', which no song or corpus has"):
        prepare.tracks()


def test_midi_alone_needs_a_kit(band: Path) -> None:
    configs.KITS_DIR = ""
    with pytest.raises(SettingError, match="set KITS_DIR to a folder of drum samples"):
        prepare.make("rendered")


def test_performances_are_chained_within_their_split(band: Path) -> None:
    found = {split: prepare.performances(prepare.tracks(), split) for split in ("train", "validation")}
    assert [performance.name for performance in found["train"]] == ["+".join(sorted(NAMES["train"][:2]))]
    assert [len(performance.hits) for performances in found.values() for performance in performances] == [8, 4]


def test_rendered_audio_is_a_corpus(band: Path) -> None:
    configs.RENDER_COPIES = 2
    prepare.run(Namespace(kind="rendered", part="1/1"))
    folder = Path(configs.DATA_DIR) / "rendered"
    tracks = corpora.load("rendered", folder, DRUMS)
    assert sorted((track.split, len(track.labels().hits)) for track in tracks) == [
        ("train", 8),
        ("train", 8),
        ("validation", 4),
    ]
    for track in tracks:
        labels, seconds = track.labels(), audio.length(track.audio)  # type: ignore[arg-type]
        assert labels.velocity and labels.beats is not None and len(labels.beats) >= 4
        assert seconds is not None and labels.hits.time.max() < seconds < 8


def test_what_is_there_is_left_alone_and_shares_add_up(band: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "PERFORMANCE_SECONDS", 1.0)  # no chaining
    monkeypatch.setattr(prepare, "PERFORMANCES_A_SHARD", 1)
    folder = Path(configs.DATA_DIR) / "rendered"

    def made() -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.flac")}

    prepare.make("rendered", Part(1, 2))
    second = made()
    prepare.make("rendered", Part(0, 2))
    both = made()
    assert (len(second), len(both)) == (1, 3) and second.items() <= both.items()
    next(iter(folder.rglob("*.flac"))).write_bytes(b"mine")
    mine = made()
    prepare.make("rendered")
    assert made() == mine
