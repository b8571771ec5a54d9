"""What every script does around its work: override the settings, and turn whatever goes wrong into a line and a status.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
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
    try:
        return work() or 0
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except (
        BrokenPipeError
    ):  # the reader of our output has had enough (`| head`); Python would complain while closing it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        report(error, name)
        return 1


def report(error: Exception, name: str) -> None:
    """Say on stderr what went wrong with the song or command `name`; raises as `errors.sentence` does."""
    print(f"error: {sentence(error, name)}", file=sys.stderr)
