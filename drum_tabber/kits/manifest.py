"""The `manifest.csv` of a folder of drum samples in, its rows out, as people and spreadsheets write them.

Its first line names the columns path (from the manifest's own folder), kit, instrument, gm (a General MIDI note, or
nothing) and, if it likes, licence; others are left alone. Rows count as in a spreadsheet, the first line as the first.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drum_tabber.errors import CorpusError
from drum_tabber.tab import spelling

NEEDED = ("path", "kit", "instrument", "gm")
HIGHEST_NOTE = 127  # of MIDI


@dataclass(frozen=True)
class Row:
    """A file that is there, its kit, the instrument's name (perhaps "") and note, and the licence ("" if unsaid)."""

    path: Path
    kit: str
    instrument: str
    note: int | None
    licence: str


def read(manifest: Path) -> Iterator[Row]:
    """The rows of a manifest. Raises CorpusError where it can't be read, and at the first row that is at fault."""
    header, *rows = _cells(manifest) or [[]]
    if missing := [name for name in NEEDED if name not in header]:
        raise CorpusError(
            f"{manifest} has no column {missing[0]!r}; its first line must name {', '.join(NEEDED)} and may name "
            "licence, with commas between them"
        )
    for number, row in enumerate(rows, start=2):
        if any(map(str.strip, row)):  # spreadsheets keep empty rows as commas
            yield _row(f"row {number} of {manifest}", manifest.parent, header, row)


def _cells(manifest: Path) -> list[list[str]]:
    try:
        text, _ = spelling.decode(manifest.read_bytes())
        return list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise CorpusError(f"can't read {manifest}: {reason}; save it as CSV in UTF-8") from error


def _row(place: str, folder: Path, header: list[str], cells: list[str]) -> Row:
    if any(map(str.strip, cells[len(header) :])):
        raise CorpusError(f"{place} has more cells than the first line names; put a text with commas in quotes")
    named = dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))  # a short row lacks its last cells
    for column in ("path", "kit"):
        if not named[column].strip():
            raise CorpusError(f"{place} has no {column}; fill it in or delete the row")
    path = folder / named["path"]
    if not path.is_file():
        raise CorpusError(
            f"{place} names {named['path']}, which is no file in {folder}; put it there or delete the row"
        )
    return Row(path, named["kit"], named["instrument"], _note(place, named["gm"]), named.get("licence", ""))


def _note(place: str, text: str) -> int | None:
    """A General MIDI note, which spreadsheets may write as 55.0."""
    if not text.strip():
        return None
    try:
        note = float(text)
    except ValueError:
        note = -1.0
    if not (note.is_integer() and 0 <= note <= HIGHEST_NOTE):
        raise CorpusError(
            f"{place} has the gm {text!r}; give a whole number from 0 to {HIGHEST_NOTE}, or leave it empty"
        )
    return int(note)
