"""Whole files or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum_tabber.errors import DrumTabberError
from drum_tabber.files import replacing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "song.tab.txt"
    with replacing(target) as part:
        part.write_text("new")
        assert part.parent == target.parent and part.suffix == ".txt" and not target.exists()
    assert target.read_text() == "new"
    assert names(target.parent) == ["song.tab.txt"]


def test_what_was_there_stays_when_it_does_not(tmp_path: Path) -> None:
    target = tmp_path / "song.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(target) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["song.txt"]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentence = r"can't write .*file/song\.txt: .*; choose another folder"
    with pytest.raises(DrumTabberError, match=sentence), replacing(tmp_path / "file" / "song.txt") as part:
        part.write_text("x")


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    sentence = r"can't write .*song\.txt: No space left on device"
    with pytest.raises(DrumTabberError, match=sentence), replacing(tmp_path / "song.txt") as part:
        part.write_text("half")
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == []


def test_a_block_that_writes_nothing_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(DrumTabberError, match="No such file"), replacing(tmp_path / "song.txt"):
        pass
