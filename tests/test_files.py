"""Whole files or none."""

from __future__ import annotations

from pathlib import Path

import pytest

import configs
from drum_tabber.__main__ import main
from drum_tabber.errors import DrumTabberError
from drum_tabber.files import STDOUT, check_place, output_file, output_folder, replacing, spare


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


def test_a_place_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    for name in ("there.csv", "new.csv", "deep/er/new.csv"):
        assert output_file(str(tmp_path / name)) == tmp_path / name
    assert output_folder(str(tmp_path / "deep" / "er")) == tmp_path / "deep" / "er"
    assert output_file("-") == STDOUT
    assert names(tmp_path) == ["there.csv"]


def test_a_place_that_cannot_be_written_to_is_named_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DrumTabberError, match=r"can't write to .*file: a file has that name; choose another folder$"):
        output_folder(str(tmp_path / "file"))
    with pytest.raises(DrumTabberError, match=r"can't write to .*new: a file has the name .*/file; choose another pl"):
        output_file(str(tmp_path / "file" / "new"))

    def refuse(dir: Path) -> None:
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(DrumTabberError, match=r"can't write to .*new: Permission denied; --set A_DIR$"):
        check_place(tmp_path / "new", "--set A_DIR", folder=True)


@pytest.mark.parametrize(
    "words",
    [
        ["align", "tab.txt", "song.ogg", "--out"],
        ["check", "song.ogg", "--out"],
        ["classify", "a.wav", "-o"],
        ["classify", "a.wav", "--sort"],
        ["evaluate", "--json"],
        ["export", "--out"],
        ["key", "song.ogg", "--csv"],
        ["kit", "shots", "--out"],
        ["map", "shots", "--out"],
        ["render", "tab.txt", "--kit", "shots", "--out"],
        ["tab", "tab.txt", "--out"],
    ],
)
def test_commands_ask_before_they_work(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main([*words, str(tmp_path / "file" / "new")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: can't write to {tmp_path / 'file' / 'new'}: a file has the name")
    assert "; choose another " in said and said.count("\n") == 1


@pytest.mark.parametrize("command", ["prepare", "train-samples", "train-key"])
def test_training_asks_before_it_works(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for name in ("DATA_DIR", "MODELS_DIR"):
        monkeypatch.setattr(configs, name, str(tmp_path / "file"))
    assert main([command]) == 1
    assert "a file has that name; choose another folder with --set " in capsys.readouterr().err


def test_a_name_that_is_too_long_is_blamed(tmp_path: Path) -> None:
    with pytest.raises(DrumTabberError, match="a shorter name"), replacing(tmp_path / f"{'n' * 300}.txt") as part:
        part.write_text("never")


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    song, other = tmp_path / "song.ogg", tmp_path / "other.csv"
    for path in (song, other):
        path.write_text("mine")
    spare([None, other, tmp_path / "new.csv"], [song, tmp_path / "gone.ogg"])
    with pytest.raises(DrumTabberError, match="is read and would be written over"):
        spare([other, tmp_path / "." / "song.ogg"], [song])
