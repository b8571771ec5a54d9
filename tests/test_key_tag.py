"""The key in tags: written as each format has it, after the tag was backed up."""

from __future__ import annotations

import json
from pathlib import Path

import mutagen
import numpy as np
import pytest

from drum_tabber.errors import AudioError
from drum_tabber.key import tag
from drum_tabber.key.keys import parse
from drum_tabber.sound import audio


@pytest.mark.parametrize("kind", ["mp3", "flac", "ogg", "wav", "aiff"])
def test_the_tag_holds_the_key_and_the_backup_what_was_there(tmp_path: Path, kind: str) -> None:
    song = tmp_path / f"song.{kind}"
    audio.write(song, np.random.default_rng(0).normal(0, 0.1, 44100).astype(np.float32), 44100)
    before = audio.read(song).samples
    tag.write(song, parse("F# minor"))
    assert tag.read(song) == "F#m"
    assert json.loads(tag.backup(song).read_text()).get("TKEY") is None
    np.testing.assert_array_equal(audio.read(song).samples, before)
    tag.write(song, parse("Bb major"))
    assert tag.read(song) == "Bb"
    assert "F#m" not in tag.backup(song).read_text()


def test_other_fields_stay(tmp_path: Path) -> None:
    song = tmp_path / "song.flac"
    audio.write(song, np.zeros(4410, np.float32), 44100)
    file = mutagen.File(song)
    file["TITLE"] = ["Ein Lied"]
    file.save()
    tag.write(song, parse("C"))
    assert mutagen.File(song)["TITLE"] == ["Ein Lied"]
    assert json.loads(tag.backup(song).read_text())["title"] == ["Ein Lied"]


def test_a_file_without_tags_is_an_error(tmp_path: Path) -> None:
    song = tmp_path / "song.txt"
    song.write_text("la la la")
    with pytest.raises(AudioError, match="no tag for a key"):
        tag.write(song, parse("C"))
