"""Soundfonts: what FluidSynth is given and what is made of what it plays."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import mido
import numpy as np
import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.rendering import backing
from drum_tabber.sound import soundfont
from drum_tabber.sound.soundfont import Note

NOTES = [Note(0.25, 0.5, 0, 60, 100, 26), Note(0.25, 0.75, 3, 30, 90, 33), Note(0.5, 1.5, 0, 62, 80, 27)]


@pytest.fixture
def fluidsynth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for FluidSynth: answers `sound.raw` from this folder and keeps the score that it was given."""
    program = tmp_path / "fluidsynth"
    program.write_text(
        '#!/bin/sh\nwhile [ $# -gt 1 ]; do if [ "$1" = -F ]; then out=$2; fi; shift; done\n'
        f'cp "$1" {tmp_path}/score.mid\nexec cat {tmp_path}/sound.raw > "$out"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    (tmp_path / "font.sf2").touch()
    return tmp_path


@pytest.mark.parametrize("n_played", [150, 250])
def test_what_fluidsynth_plays_is_cut_and_filled_to_the_duration(fluidsynth: Path, n_played: int) -> None:
    played = np.random.default_rng(0).normal(size=(n_played, 2)).astype("<f4")
    (fluidsynth / "sound.raw").write_bytes(played.tobytes())
    sound = soundfont.play(NOTES, fluidsynth / "font.sf2", duration=2.0, sample_rate=100)
    assert sound.shape == (2, 200)
    kept = min(n_played, 200)
    np.testing.assert_array_equal(sound[:, :kept], played[:kept].T)
    assert not sound[:, kept:].any()


def test_fluidsynth_is_given_the_notes(fluidsynth: Path) -> None:
    (fluidsynth / "sound.raw").write_bytes(bytes(800))
    soundfont.play(NOTES, fluidsynth / "font.sf2", duration=2.0, sample_rate=100)
    read = backing.from_midi(fluidsynth / "score.mid")
    assert sorted(read, key=lambda note: (note.start, note.channel)) == NOTES
    assert mido.MidiFile(fluidsynth / "score.mid").length == pytest.approx(2.0)


def test_fluidsynth_that_fails_or_is_missing_is_named(fluidsynth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CorpusError, match=r"FluidSynth can't play .*font.sf2: .*No such file"):
        soundfont.play(NOTES, fluidsynth / "font.sf2", 2.0, 100)
    with pytest.raises(
        CorpusError, match=r"there is no soundfont .*lost.sf2: name one in SOUNDFONTS, or set RENDER_MUSIC=0"
    ):
        soundfont.play(NOTES, fluidsynth / "lost.sf2", 2.0, 100)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CorpusError, match="needs FluidSynth: install the package fluidsynth, or set RENDER_MUSIC=0"):
        soundfont.play(NOTES, fluidsynth / "font.sf2", 2.0, 100)


def font(presets: list[tuple[int, int]]) -> bytes:
    """What a soundfont with these presets (program, bank) has in common with all others."""
    headers = b"".join(
        struct.pack("<20sHHHIII", b"a set", program, bank, 0, 0, 0, 0) for program, bank in (*presets, (0, 255))
    )
    return b"RIFF----sfbk" + b"LIST----sdta" + b"phdr----" + b"LIST----pdta" + chunk(headers) + b"pbag----"


def chunk(content: bytes) -> bytes:
    return b"phdr" + struct.pack("<I", len(content)) + content


def test_the_drum_sets_of_a_soundfont(tmp_path: Path) -> None:
    path = tmp_path / "font.sf2"
    path.write_bytes(font([(40, 128), (0, 128), (1, 0), (25, 128), (9, 8)]))
    assert soundfont.drum_presets(path) == (0, 25, 40)


@pytest.mark.parametrize("content", [b"", b"RIFF", font([(0, 128)])[:-60], b"text" + font([(0, 128)])[4:]])
def test_what_is_no_soundfont_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "font.sf2"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"font\.sf2 is no soundfont"):
        soundfont.drum_presets(path)
    with pytest.raises(CorpusError, match=r"there is no soundfont .*gone\.sf2"):
        soundfont.drum_presets(tmp_path / "gone.sf2")
