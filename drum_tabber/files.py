"""Whole files or none: write beside the target, then rename."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from drum_tabber.errors import DrumTabberError

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
        raise DrumTabberError(f"can't write {path}: {reason}; choose another folder or free some space") from error
    finally:
        with suppress(OSError):  # where there is no such folder, there is no such file
            part.unlink()
