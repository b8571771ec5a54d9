"""What every script does around its work: override the settings, and turn whatever goes wrong into a line and a status.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable

import configs
from drum_tabber import settings
from drum_tabber.errors import DrumTabberError

DEBUG = "DRUM_TABBER_DEBUG"  # in the environment: anything but empty shows the traceback of what we didn't foresee
INTERRUPTED = 130  # exit status after Ctrl-C, as shells have it


def add_set_option(parser: argparse.ArgumentParser) -> None:
    """The option `--set NAME=VALUE`, repeatable."""
    text = "override a setting of configs.py, such as SENSITIVITY=0.7 (repeatable)"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=text)


def override_settings(assignments: Iterable[str]) -> None:
    """Override the settings page from the environment and from `NAME=VALUE` assignments. Raises SettingError."""
    settings.override(configs, assignments, {name: value for name, value in os.environ.items() if name != DEBUG})


def run(work: Callable[[], int | None], name: str) -> int:
    """The exit status of some work: its own, or 1 after one line on stderr about what stopped it."""
    for stream in (sys.stdout, sys.stderr):  # names of files may hold what can't be encoded
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = work() or 0
        sys.stdout.flush()  # where a full disk shows
        return status
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has had enough (`| head`)
        _drop_output()
        return 1
    except Exception as error:
        report(error, name)
        if isinstance(error, OSError):
            _drop_output()
        return 1


def _drop_output() -> None:
    """Send what is still to be printed nowhere: Python would complain when it closes a stdout that can't be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report(error: Exception, name: str) -> None:
    """Say on stderr what went wrong with the song or command `name`; with `DEBUG` set, the unforeseen is raised."""
    if isinstance(error, DrumTabberError):
        sentence = str(error)
    elif os.environ.get(DEBUG):
        raise error
    elif isinstance(error, MemoryError):
        sentence = f"{name}: not enough memory; close other programs"
    elif isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("drum_tabber"):
        sentence = (
            f"the package {error.name} isn't installed for this Python ({sys.executable}): activate the environment "
            "that you installed into, or run pip install -r requirements.txt"
        )
    elif isinstance(error, OSError) and error.strerror:
        sentence = f"{name}: {error.filename or 'output'}: {error.strerror}; check the disk and the permissions"
    else:
        reason = " ".join(f"{type(error).__name__} {error}".split())
        sentence = f"{name}: {reason}; this is our fault: please report it with what {DEBUG}=1 shows"
    print(f"error: {sentence}", file=sys.stderr)
