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
from drum_tabber.errors import DEBUG, sentence

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
    """Say on stderr what went wrong with the song or command `name`; raises as `errors.sentence` does."""
    print(f"error: {sentence(error, name)}", file=sys.stderr)
