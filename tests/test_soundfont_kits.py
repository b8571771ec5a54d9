"""Soundfonts' drum presets: what is made of what FluidSynth plays, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.kits import soundfont_kits
from drum_tabber.kits.distinct import distinct
from drum_tabber.kits.kit import Kit
from drum_tabber.kits.kit_files import NOTES
from drum_tabber.sound import soundfont
from drum_tabber.sound.soundfont import Note

RATE = 8000


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """FluidSynth replaced: every note rings at a pitch of its own; four presets, two of them alike, and an orchestra.

    Set 3 has a bass drum and a high tom of its own. What was asked to play is listed.
    """
    asked: list[Path] = []

    def play(notes: list[Note], font: Path, duration: float, sample_rate: int) -> np.ndarray:
        asked.append(font)
        sound = np.zeros((2, round(duration * sample_rate)), np.float32)
        time = np.arange(4000) / sample_rate
        for note in notes:
            own = note.program == 25 or (note.program == 3 and note.pitch in (36, 50))
            start, pitch = round(note.start * sample_rate), 20 * note.pitch + (10 * note.program if own else 0)
            wave = np.cos(2 * np.pi * pitch * time) * np.exp(-8 * time)
            if note.pitch != 53:  # this soundfont has no ride bell
                sound[:, start : start + 4000] += (note.velocity / 127 * wave).astype(np.float32)
        return sound

    monkeypatch.setattr(soundfont, "play", play)
    monkeypatch.setattr(soundfont, "drum_presets", lambda path: (0, 3, 8, 25, 48))
    return asked


def test_presets_become_kits(played: list[Path]) -> None:
    kits = [*soundfont_kits.sampled(Path("some.sf2"), RATE)]
    assert [kit.name for kit in kits] == ["some standard", "some room", "some 808", "some set 3"]
    standard, _, electronic, _ = kits
    assert {*standard.pieces} == {*NOTES.values()} - {"RB"}
    assert all(piece.layered and len(piece.samples) == 4 for pieces in standard.pieces.values() for piece in pieces)
    assert len(standard.pieces["BD"]) == 2
    for kit, offset in ((standard, 0), (electronic, 250)):
        (china,) = kit.pieces["CH"]
        spectrum = np.abs(np.fft.rfft(china.samples[-1].signal, RATE))
        assert abs(int(np.argmax(spectrum)) - (20 * 52 + offset)) <= 2


def test_of_a_preset_what_it_alone_has_is_kept(played: list[Path], tmp_path: Path) -> None:
    font = tmp_path / "some.sf2"
    font.write_bytes(b"a")
    *kits, other = soundfont_kits.kept(font, RATE, tmp_path)
    assert [kit.name for kit in kits] == ["some standard", "some 808"]
    assert other.name == "some set 3"
    names = {code: [piece.name for piece in pieces] for code, pieces in other.pieces.items()}
    assert names == {
        "BD": ["note 36"],
        "HT": ["note 50"],
        "MT": ["note 45", "note 47"],
        "LT": ["note 41", "note 43"],
    }, "a whole set of toms, though two of the three were heard before, but no bass drum again"


def signals(kits: list[Kit]) -> dict[tuple[str, str, str, int], np.ndarray]:
    return {
        (kit.name, code, piece.name, index): sample.signal
        for kit in kits
        for code, pieces in kit.pieces.items()
        for piece in pieces
        for index, sample in enumerate(piece.samples)
    }


def test_sampled_presets_are_kept_and_read_back(played: list[Path], tmp_path: Path) -> None:
    font = tmp_path / "some.sf2"
    font.write_bytes(b"a")
    first = soundfont_kits.kept(font, RATE, tmp_path / "kept")
    n_played = len(played)
    again = soundfont_kits.kept(font, RATE, tmp_path / "kept")
    assert n_played == 4 == len(played), "the second time nothing is played"
    truth, one, two = signals([*distinct(soundfont_kits.sampled(font, RATE))]), signals(first), signals(again)
    assert truth.keys() == one.keys() == two.keys()
    for name, signal in truth.items():
        np.testing.assert_array_equal(one[name], two[name])
        np.testing.assert_allclose(one[name], signal, atol=1e-3 * np.abs(signal).max())
    assert [sample.strength for sample in first[0].pieces["SD"][0].samples] == [
        sample.strength for sample in again[0].pieces["SD"][0].samples
    ]


def test_another_soundfont_rate_or_a_broken_file_is_sampled_anew(played: list[Path], tmp_path: Path) -> None:
    font = tmp_path / "some.sf2"
    font.write_bytes(b"a")
    soundfont_kits.kept(font, RATE, tmp_path)
    one = len(played)
    font.write_bytes(b"ab")
    soundfont_kits.kept(font, RATE, tmp_path)
    soundfont_kits.kept(font, RATE // 2, tmp_path)
    assert len(played) == 3 * one
    for file in tmp_path.glob("*.npz"):
        file.write_bytes(file.read_bytes()[:1000])
    assert signals(soundfont_kits.kept(font, RATE, tmp_path))
    assert len(played) == 4 * one
