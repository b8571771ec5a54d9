"""The figures of a key model: what is counted, what is refused, and what `verify` makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_tonality import RATE, SHIPPED, cadence

import configs
from drum_tabber import __main__ as commands
from drum_tabber.errors import SettingError
from drum_tabber.key import corpus
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.key.cqt import CqtSpec
from drum_tabber.key.keys import Key, Span
from drum_tabber.key.tonality import Listener
from drum_tabber.sound import audio
from drum_tabber.tasks import key_card, key_figures

C, D = Key(0, "maj"), Key(2, "maj")


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(KeyBundle.load(SHIPPED))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings in the precursor's layout, one of them in the wrong folder."""
    for name, tonic in (("C-maj/one", 0), ("Eb-maj/two", 3), ("A-min/three", 1)):
        audio.write(tmp_path / "ncs" / f"{name}.flac", np.tile(cadence(tonic, 1.5), 2), RATE)
    return tmp_path / "ncs"


def test_songs_pieces_and_changes_are_counted(listener: Listener) -> None:
    samples = np.concatenate([np.tile(cadence(0), 12), np.tile(cadence(2), 6)])
    end = len(samples) / RATE
    spans = [Span(0, 2 * end / 3, C), Span(2 * end / 3, end, D)]
    found = key_figures.measure(
        listener, [(lambda: samples, spans), (lambda: samples[: len(samples) // 2], [Span(0, end / 2, C)])]
    )
    assert found["songs"] == 2 and found["changes of key"] == 1 and found["found within 5 s"] == 1
    assert found["pieces of 30 s, exact"] == found["excerpts of 60 s, exact"] == 1
    assert found["shifts"] == 4 and found["shifts followed"] >= 0.75
    assert found["changes invented"] == 0 and 0 <= found["Krumhansl, weighted"] <= 1


def test_what_played_the_training_cannot_judge(listener: Listener, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"FluidR3_GM.sf2 played the training material"):
        key_figures.songs(listener, tmp_path, tmp_path / "FluidR3_GM.sf2", "test", [])
    with pytest.raises(SettingError, match="say what to judge"):
        key_figures.songs(listener, None, None, "test", [])
    with pytest.raises(SettingError, match="needs a soundfont"):
        key_figures.songs(listener, tmp_path, None, "test", [])


@pytest.mark.usefixtures("page")
def test_what_judges_is_played_once(listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configs.DATA_DIR = str(tmp_path)
    n_played: list[Path] = []

    def play(notes: object, font: Path, start: float, seconds: float, spec: CqtSpec) -> np.ndarray:
        n_played.append(font)
        return np.tile(cadence(0, 0.25), round(seconds))

    monkeypatch.setattr(corpus, "pop909", lambda folder, split: [Path(f"0{n}0") for n in range(5)])
    monkeypatch.setattr(corpus, "spans", lambda song: [Span(0, 5 + int(song.name[1]), C)])
    monkeypatch.setattr(corpus, "arrange", lambda song, drums, rng: [])
    monkeypatch.setattr(corpus, "play", play)
    for _ in range(2):
        songs = key_figures.songs(listener, tmp_path, Path("font.sf2"), "test", [], 2)
        assert [round(len(samples()) / RATE) for samples, _ in songs] == [6, 8]  # the first and the third of five
    assert n_played == [Path("font.sf2")] * 2


def test_recordings_are_scored(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "figures.json"
    assert commands.main(["evaluate-key", "--recordings", f"ncs:{folder}", "--no-speed", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["songs"] == 3 and found["whole songs, exact"] == pytest.approx(2 / 3)
    assert "whole songs, exact" in capsys.readouterr().out


@pytest.mark.usefixtures("page")
def test_verify_brings_the_card_up_to_date(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_figures, "seconds", lambda model: {"4-minute song, whole process, seconds": 1.5})
    card, out = tmp_path / "README.md", tmp_path / "figures.json"
    given = ["--keys-of", f"ncs:{folder}", "--key-card", str(card), "--json", str(out)]
    assert commands.main(["verify", "--no-demo", *given]) == 0
    assert json.loads(out.read_text())["keys"]["songs"] == 3
    text = card.read_text()
    assert "### Recordings (ncs)" in text and "| whole songs |" in text and "seconds: 1.500" in text
    assert str(tmp_path) not in text and text.index("| whole songs |") < text.index("## Limits")


def test_the_card_tells_what_the_bundle_knows() -> None:
    bundle = KeyBundle.load(SHIPPED)
    text = key_card.about(replace(bundle, facts={**bundle.facts, "made_up": 7, "recordings": ["ncs"]}), "abc")
    assert "POP909" in text and "FluidR3_GM.sf2" in text and "batches of 32 pieces" in text
    assert "7 songs made up" in text and "recordings laid out as ncs" in text
    assert configs.KEY_BUNDLE == "models/key/default"
