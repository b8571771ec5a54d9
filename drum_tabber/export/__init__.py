"""Writers of transcriptions: one table, by the names that a user asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from drum_tabber import midi, tab
from drum_tabber.errors import DrumTabberError
from drum_tabber.export import columns, document, review
from drum_tabber.export.columns import read_hits as read_hits_csv
from drum_tabber.files import replacing
from drum_tabber.transcription import Transcription

__all__ = ["WRITERS", "Writer", "export", "read_hits_csv"]


@dataclass(frozen=True)
class Writer:
    """A format: what a file's name ends in, and the function that writes one."""

    suffix: str
    write: Callable[[Path, Transcription], None]


def _write_tab(path: Path, song: Transcription) -> None:
    with replacing(path) as part:
        text = tab.write(song.tab, song.presentation.vocabulary, song.presentation.style, song.doubts)
        part.write_text(text, encoding="utf-8", newline="\n")


def _write_midi(path: Path, song: Transcription) -> None:
    midi.write(path, song.hits, song.beats, song.presentation.vocabulary, song.title)


def _write_hits(path: Path, song: Transcription) -> None:
    columns.write_hits(path, song.hits, song.placement)


WRITERS = {
    "tab": Writer(".tab.txt", _write_tab),
    "midi": Writer(".mid", _write_midi),
    "csv": Writer(".hits.csv", _write_hits),
    "review": Writer(".review.csv", review.write),
    "json": Writer(".drums.json", document.write),  # <song>.json is its sidecar, which must not be overwritten
}


def export(song: Transcription, folder: Path, name: str, formats: Iterable[str]) -> list[Path]:
    """Write `folder/name` in each format and return the paths. Raises DrumTabberError for a format there isn't."""
    formats = list(formats)
    for unknown in (format_name for format_name in formats if format_name not in WRITERS):
        raise DrumTabberError(f"there is no format {unknown!r}; choose among {', '.join(WRITERS)}")
    paths = [Path(folder) / f"{name}{WRITERS[format_name].suffix}" for format_name in formats]
    for format_name, path in zip(formats, paths, strict=True):
        WRITERS[format_name].write(path, song)
    return paths
