"""`python -m drum_tabber key`, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_tonality import RATE, cadence

from drum_tabber import __main__ as commands
from drum_tabber.key import tag
from drum_tabber.sound import audio

ROOT = Path(__file__).parents[1]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.flac"
    audio.write(path, cadence(2), RATE)
    return path


def test_a_song_is_named_in_three_notations(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["key", str(song)]) == 0
    assert capsys.readouterr().out.startswith("D major, Camelot 10B, Open Key 3d, confidence 0.")


def test_a_folder_as_json_and_csv_with_a_bad_song_passed_over(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (song.parent / "bad.mp3").write_bytes(b"ID3 nothing")
    table = song.parent / "keys.csv"
    assert commands.main(["key", str(song.parent), "--json", "-", "--csv", str(table)]) == 1
    printed = capsys.readouterr()
    (row,) = json.loads(printed.out)
    assert (row["key"], row["camelot"], row["open_key"]) == ("D major", "10B", "3d")
    assert row["keys"][0]["start"] == 0 and row["runner_up"] != row["key"]
    assert "bad.mp3" in printed.err and printed.err.count("error: ") == 1
    lines = table.read_text().splitlines()
    assert len(lines) == 2 and lines[0].startswith("song,key,camelot,open_key,confidence,unsure")


def test_the_tag_is_written_where_the_key_is_sure(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["key", str(song), "--tag"]) == 0
    sure = "unsure" not in capsys.readouterr().out
    assert tag.read(song) == ("D" if sure else "")
    assert tag.backup(song).exists() == sure


def test_a_reader_that_has_had_enough_is_no_songs_fault(song: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:
        command = [sys.executable, "-m", "drum_tabber", "key", str(song), str(song)]
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1 and not done.stderr.strip()


def test_a_folder_without_songs_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["key", str(tmp_path)]) == 1
    assert "holds no audio files" in capsys.readouterr().err


def test_silence_has_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audio.write(tmp_path / "hush.wav", 0 * cadence(2), RATE)
    assert commands.main(["key", str(tmp_path / "hush.wav")]) == 1
    assert "hush.wav is silent and has no key" in capsys.readouterr().err
