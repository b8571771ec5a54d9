"""Whole files or none: write beside the target, then rename. And whether a place can be written to, before any work."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from drum_tabber.errors import DrumTabberError

STDOUT = Path("-")  # the name by which an option asks to print
CHECKED = ".check"  # ends the names of folders that hold a song made to be checked, which is no song of its own


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it becomes `path` when the block ends well and vanishes when it does not.

    Raises DrumTabberError, naming `path`, where the folder can't be written or the disk is full.
    """
    path = Path(path)
    part = path.with_name(f".{os.getpid()}.{path.name}")  # ends as `path` does: some writers insist on it
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        os.replace(part, path)
    except IsADirectoryError as error:
        raise DrumTabberError(f"can't write {path}: a folder has that name; move it or choose another --out") from error
    except OSError as error:
        reason = error.strerror or str(error)
        too_long = error.errno == errno.ENAMETOOLONG
        way_out = (
            "give what it is named after a shorter name" if too_long else "choose another folder or free some space"
        )
        raise DrumTabberError(f"can't write {path}: {reason}; {way_out}") from error
    finally:
        with suppress(OSError):  # where there is no such folder, there is no such file
            part.unlink()


def as_text(name: str) -> str:
    """A file's name as text: what of its bytes is none is replaced."""
    return os.fsencode(name).decode("utf-8", "replace")


def check_place(path: Path, way_out: str, folder: bool = False) -> None:
    """Raise DrumTabberError now, not after minutes of work, where a file or a folder can't be written; make nothing."""
    path = Path(path)
    there = next((place for place in (path, *path.parents) if place.exists()), Path())
    if there == path and not folder and not path.is_dir():
        there = path.parent
    if obstacle := _obstacle(there, path):
        raise DrumTabberError(f"can't write to {path}: {obstacle}; {way_out}")


def _obstacle(there: Path, path: Path) -> str:
    """Why nothing can be written into `there`, on the way to a path; "" where it can."""
    if not there.is_dir():
        return "a file has that name" if there == path else f"a file has the name {there}"
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def spare(outputs: Iterable[Path | None], inputs: Iterable[Path]) -> None:
    """Raise DrumTabberError, before anything is written, where an output is one of the files that are read."""
    kept = [path for path in inputs if path.is_file()]
    for output in outputs:
        if output is not None and output.is_file() and any(output.samefile(path) for path in kept):
            raise DrumTabberError(f"{output} is read and would be written over; choose another name or place for it")


def output_file(text: str) -> Path:
    """The type of an option that names a file to write, or `STDOUT`. Raises DrumTabberError where that fails."""
    path = Path(text)
    if path != STDOUT:
        check_place(path, "choose another place")
    return path


def output_folder(text: str) -> Path:
    """The type of an option that names a folder to write into. Raises DrumTabberError where that fails."""
    path = Path(text)
    check_place(path, "choose another folder", folder=True)
    return path
