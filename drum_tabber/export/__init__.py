"""Writers of transcriptions, and readers of scores: a table of each, by the names that a user asks for."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from drum_tabber import midi, tab
from drum_tabber.errors import DrumTabberError
from drum_tabber.export import (
    alphatex,
    chart,
    columns,
    document,
    midifile,
    musicxml,
    musicxml_tab,
    page,
    picture,
    review,
)
from drum_tabber.export.bars import legible
from drum_tabber.export.columns import read_hits as read_hits_csv
from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription
from drum_tabber.tab import Tab, signature
from drum_tabber.vocabulary import Vocabulary
from drum_tabber.wording import meant

__all__ = ["READERS", "WRITERS", "Writer", "check", "check_targets", "export", "legible", "read_hits_csv", "targets"]


@dataclass(frozen=True)
class Writer:
    """A format: what a file's name ends in, the function that writes one, and one that raises where it never could.

    Where others name files likewise, `mark` is a pattern that is found in ours alone. Where people correct what we
    wrote, `is_ours` tells whether a text is still as we wrote it.
    """

    suffix: str
    write: Callable[[Path, Transcription], None]
    check: Callable[[], None] = lambda: None
    mark: bytes = b""
    is_ours: Callable[[str], bool] | None = None


def _write_tab(path: Path, song: Transcription) -> None:
    with replacing(path) as part:
        shown = song.presentation
        plain, _ = legible(song.tab, shown.vocabulary)
        text = tab.write(plain, shown.vocabulary, shown.style, song.doubts)
        part.write_text(signature.signed(text), encoding="utf-8", newline="\n")


def _write_hits(path: Path, song: Transcription) -> None:
    columns.write_hits(path, song.hits, song.placement)


WRITERS = {
    "tab": Writer(".tab.txt", _write_tab, is_ours=signature.is_signed),
    "midi": Writer(".mid", midifile.write, mark=midi.BEATS_TEXT.pattern.encode()),
    "csv": Writer(".hits.csv", _write_hits),
    "review": Writer(".review.csv", review.write),
    "json": Writer(".drums.json", document.write),  # <song>.json is its sidecar, which must not be overwritten
    "musicxml": Writer(".musicxml", musicxml.write, mark=musicxml.SOFTWARE.encode()),
    "alphatex": Writer(".atex", alphatex.write, mark=alphatex.MADE_BY.encode()),
    "chart": Writer(".chart", chart.write, mark=chart.CHARTER.encode()),
    "png": Writer(".drums.png", picture.write_png, picture.check),  # <song>.png may be its cover
    "pdf": Writer(".drums.pdf", picture.write_pdf, picture.check),
    "html": Writer(".html", page.write, mark=rb'name="generator" content="Drum Tabber"'),
}

READERS: dict[str, Callable[[Path, Vocabulary], Tab]] = {  # of what isn't a tab's text, by what a file's name ends in
    ".mid": midifile.read,
    ".midi": midifile.read,
    ".musicxml": musicxml_tab.read,
    ".xml": musicxml_tab.read,
    ".chart": lambda path, vocabulary: chart.read(path),
}


def export(
    song: Transcription,
    folder: Path,
    name: str,
    formats: Iterable[str],
    on_notice: Callable[[str], object] = lambda said: None,
) -> list[Path]:
    """Write `folder/name` in each format and return the paths.

    A tab that is there already and isn't as we wrote it is copied to another name; `on_notice` hears of that. Raises
    DrumTabberError for a format there isn't, as `check_targets` does, and for one that can't be written once the others
    are.
    """
    formats = list(dict.fromkeys(formats))
    _check_names(formats)  # and no more: what is already heard is worth writing in the other formats
    check_targets(folder, name, formats)
    paths = targets(folder, name, formats)
    failure: DrumTabberError | None = None
    for format_name, path in zip(formats, paths, strict=True):
        try:
            writer = WRITERS[format_name]
            if writer.is_ours and (kept := _keep_corrected(path, writer.is_ours)):
                on_notice(f"notice: {path} isn't as Drum Tabber wrote it; what was there is kept as {kept}")
            writer.write(path, song)
        except DrumTabberError as error:
            failure = failure or error
    if failure:
        raise failure
    return paths


def _keep_corrected(path: Path, is_ours: Callable[[str], bool]) -> Path | None:
    """A copy of a file that somebody wrote or corrected, None where there is none. Raises DrumTabberError."""
    names = (path.with_name(f"{path.name}.bak{number if number > 1 else ''}") for number in count(1))
    try:
        if not path.is_file() or is_ours(path.read_text(encoding="utf-8", errors="replace")):
            return None
        kept = next(each for each in names if not each.exists())
        shutil.copy2(path, kept)
    except OSError as error:
        reason = error.strerror or error
        raise DrumTabberError(f"can't keep what is in {path}: {reason}; choose another folder with --out") from error
    return kept


def check_targets(folder: Path, name: str, formats: Iterable[str]) -> None:
    """Raise DrumTabberError where somebody else's file would be written over; what we wrote may be."""
    formats = list(formats)
    for format_name, path in zip(formats, targets(folder, name, formats), strict=True):
        mark = WRITERS[format_name].mark
        if mark and path.is_file() and not re.search(mark, path.read_bytes()):
            raise DrumTabberError(
                f"{path} is not Drum Tabber's and would be written over; move it, or choose another folder with --out"
            )


def targets(folder: Path, name: str, formats: Iterable[str]) -> list[Path]:
    """Where `export` writes each format."""
    return [Path(folder) / f"{name}{WRITERS[format_name].suffix}" for format_name in formats]


def check(formats: Iterable[str]) -> None:
    """Raise DrumTabberError for the first format that there isn't, or whose package isn't installed."""
    formats = list(formats)
    _check_names(formats)
    for format_name in formats:
        WRITERS[format_name].check()


def _check_names(formats: Iterable[str]) -> None:
    """Raise DrumTabberError for the first format that there isn't."""
    for unknown in (format_name for format_name in formats if format_name not in WRITERS):
        hint = meant(unknown, WRITERS) or f"; choose among {', '.join(WRITERS)}"
        raise DrumTabberError(f"there is no format {unknown!r}{hint}")
