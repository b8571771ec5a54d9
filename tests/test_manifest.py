"""Manifests as spreadsheets and people write them: read alike by kits and packs, faults in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.kits import kit_files, manifest
from drum_tabber.kits.manifest import Row
from drum_tabber.oneshots import packs

READERS: list[Callable[[Path], object]] = [kit_files.listing, packs.files]


def folder(path: Path, text: str, encoding: str = "utf-8", files: str = "kick.wav splash.wav") -> Path:
    """A folder with a manifest and, empty, the files that it names."""
    for name in files.split():
        (path / name).touch()
    (path / "manifest.csv").write_bytes(text.encode(encoding))
    return path


def rows(path: Path) -> list[Row]:
    return list(manifest.read(path / "manifest.csv"))


def test_rows_have_a_note_and_a_licence_or_none(tmp_path: Path) -> None:
    text = 'gm,path,kit,instrument,licence,seconds\n36,kick.wav,a,kick,"CC-BY, Ann",0.4\n,splash.wav,b,splash,,0.9\n'
    kick = Row(tmp_path / "kick.wav", "a", "kick", 36, "CC-BY, Ann")
    assert rows(folder(tmp_path, text)) == [kick, Row(tmp_path / "splash.wav", "b", "splash", None, "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end_gives_the_same(tmp_path: Path, encoding: str, end: str) -> None:
    lines = ["path,kit,instrument,gm,licence", "kick.wav,Café,kick,36,© José", ""]
    (row,) = rows(folder(tmp_path, end.join(lines), encoding))
    assert (row.kit, row.licence) == ("Café", "© José")
    assert [*kit_files.listing(tmp_path)] == ["Café"]
    assert [sound.licence for sound in packs.files(tmp_path)] == ["© José"]


def test_spreadsheets_notes_empty_rows_and_empty_cells_are_understood(tmp_path: Path) -> None:
    text = "path,kit,instrument,gm\nkick.wav,a,,36.0,,\n\n,,,\nsplash.wav,a,,55.0\nkick.wav,a,kick\n"
    assert [row.note for row in rows(folder(tmp_path, text))] == [36, 55, None]
    assert [entry.drum for entry in kit_files.listing(tmp_path)["a"]] == ["BD", "SC", "BD"]
    assert {sound.label for sound in packs.files(tmp_path)} == {"kick", "cym"}
    assert {sound.licence for sound in packs.files(tmp_path)} == {""}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("column", manifest.NEEDED)
def test_a_missing_column_is_named(tmp_path: Path, read: Callable[[Path], object], column: str) -> None:
    header = ",".join(name for name in manifest.NEEDED if name != column)
    with pytest.raises(CorpusError, match=rf"manifest\.csv has no column '{column}'; its first line must name path, "):
        read(folder(tmp_path, f"{header}\nkick.wav,a,kick,36\n"))


@pytest.mark.parametrize("text", ["", "path;kit;instrument;gm\nkick.wav;a;kick;36\n"])
def test_what_is_no_table_has_no_column(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"no column 'path'; .* with commas between them"):
        rows(folder(tmp_path, text))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("kick.wav,a,kick,low", "has the gm 'low'; give a whole number from 0 to 127, or leave it empty"),
        ("kick.wav,a,kick,36.5", "has the gm '36.5'; give a whole number"),
        ("kick.wav,a,kick,nan", "has the gm 'nan'; give a whole number"),
        ("kick.wav,a,kick,inf", "has the gm 'inf'; give a whole number"),
        ("kick.wav,a,kick,128", "has the gm '128'; give a whole number"),
        ("kick.wav,a,kick,-1", "has the gm '-1'; give a whole number"),
        (",a,kick,36", "has no path; fill it in or delete the row"),
        ("kick.wav,,kick,36", "has no kit; fill it in or delete the row"),
        ("kick.wav", "has no kit; fill it in or delete the row"),
        ("kick.wav,a,kick,36,CC0, Ann", "has more cells than the first line names; put a text with commas in quotes"),
        ("gone.wav,a,kick,36,CC0", "names gone.wav, which is no file in "),
        ("gone.wav,a,gong,,CC0", "names gone.wav, which is no file in "),
        (".,a,kick,36,CC0", "names ., which is no file in "),
    ],
)
def test_a_row_at_fault_is_told_by_its_number(
    tmp_path: Path, read: Callable[[Path], object], row: str, fault: str
) -> None:
    text = f"path,kit,instrument,gm,licence\nkick.wav,a,kick,36,CC0\n\n{row}\n"
    with pytest.raises(CorpusError, match=re.escape(f"row 4 of {tmp_path / 'manifest.csv'} {fault}")) as refusal:
        read(folder(tmp_path, text))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["path,kit\0", f"path,kit,instrument,gm,licence\nkick.wav,a,kick,36,{'x' * 200_000}"])
def test_what_is_no_text_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"can't read .*manifest\.csv: .*; save it as CSV in UTF-8"):
        rows(folder(tmp_path, text))
