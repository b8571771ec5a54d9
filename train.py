#!/usr/bin/env python3
"""Train on tabs laid over songs, and on the corpora of configs.py: `python train.py`. Run it again and it resumes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from drum_tabber import command


def main(arguments: Sequence[str] | None = None) -> int:
    """Train by the settings; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    command.add_set_option(parser)
    options = parser.parse_args(arguments)
    return command.run(lambda: _train(options.set), "train.py")


def _train(assignments: Sequence[str]) -> None:
    command.override_settings(assignments)
    from drum_tabber.tasks import train

    train.run()


if __name__ == "__main__":
    sys.exit(main())
