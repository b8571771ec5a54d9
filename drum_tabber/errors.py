"""The one family of errors that a user may see: each message says what, where, what was expected and what to do."""

from __future__ import annotations

import os
import sys

DEBUG = "DRUM_TABBER_DEBUG"  # in the environment: anything but empty shows the traceback of what we didn't foresee


class DrumTabberError(Exception):
    """A fault in what was given to us. Scripts print its message on one line and exit with status 1."""


class AudioError(DrumTabberError):
    """An audio file can't be read or written."""


class SettingError(DrumTabberError):
    """A setting has an unknown name or a value outside its range."""


class BundleError(DrumTabberError):
    """A trained model's folder is missing, incomplete or of another version."""


class CorpusError(DrumTabberError):
    """A corpus, kit or song folder isn't laid out as expected."""


class AlignmentRefused(DrumTabberError):  # noqa: N818 - a refusal is no fault
    """A tab doesn't belong to a song: the message says why."""


class TabError(DrumTabberError):
    """A tab can't be understood: the place (`file:line:column`), the line itself and a caret under the fault.

    Line 0 is the file as a whole.
    """

    def __init__(self, message: str, path: str = "<tab>", line: int = 1, column: int = 1, text: str = "") -> None:
        self.path, self.line, self.column, self.text = path, line, column, text
        where = f"{path}:{line}:{column}: {message}" if line else f"{path}: {message}"
        super().__init__(where if not text else f"{where}\n  {text}\n  {' ' * (column - 1)}^")


def sentence(error: Exception, name: str) -> str:
    """What went wrong with the song or command `name`; with `DEBUG` set, the unforeseen is raised."""
    if isinstance(error, DrumTabberError):
        return str(error)
    if os.environ.get(DEBUG):
        raise error
    if isinstance(error, MemoryError):
        return f"{name}: not enough memory; close other programs"
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("drum_tabber"):
        return (
            f"the package {error.name} isn't installed for this Python ({sys.executable}): activate the environment "
            "that you installed into, or run pip install -r requirements.txt"
        )
    if isinstance(error, OSError) and error.strerror:
        reason = "a file has that name" if isinstance(error, FileExistsError | NotADirectoryError) else error.strerror
        where = error.filename or "output"
        return f"{name}: {where}: {reason}; choose another place, or check the disk and its permissions"
    reason = " ".join(f"{type(error).__name__} {error}".split())
    return f"{name}: {reason}; this is our fault: please report it with what {DEBUG}=1 shows"
