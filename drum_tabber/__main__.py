"""`python -m drum_tabber COMMAND`: everything that is neither training nor transcribing.

Each command is a module of `drum_tabber.tasks` with `add_arguments(parser)` and `run(args)`, imported when called.
"""

from __future__ import annotations

import argparse
import importlib
import sys

from drum_tabber import command

COMMANDS = {
    "align": "lay a tab over its song: the time of every stroke",
    "check": "see and hear whether a tab lies right on its song",
    "evaluate": "score a model on annotated recordings, or files against files",
    "tab": "show what is understood of a drum tab in any dialect",
    "render": "play a tab or a MIDI file on a drum kit, to audio",
    "key": "hear the key of songs, now and over time",
    "train-key": "train a key model",
    "evaluate-key": "score a key model",
    "prepare": "render and augment training material ahead",
    "bench": "measure speed and memory",
    "verify": "compute every published figure anew",
    "classify": "tell which percussion one-shots are, and sort them",
    "kit": "build drum kits for samplers from one-shots",
    "map": "lay one-shots out by how they sound, to click and hear",
    "generate": "cut raw recordings into clean chunks to train on",
    "archive": "pack raw or clean recordings into a zip, or unpack them",
    "train-samples": "train a classifier of one-shots",
    "evaluate-samples": "score a classifier of one-shots on packs it has not heard",
    "export": "build a trained model's SavedModel for servers",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    lines = [f"  {name:18}{text}" for name, text in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m drum_tabber",
        description="Drum Tabber's other commands. Each answers to --help.",
        epilog="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    if not arguments:
        parser.print_help()
        return 0
    name = parser.parse_args(arguments[:1]).command
    return command.run(lambda: _run(name, arguments[1:]), name)


def _run(name: str, arguments: list[str]) -> int | None:
    task = importlib.import_module(f"drum_tabber.tasks.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"python -m drum_tabber {name}", description=COMMANDS[name])
    task.add_arguments(parser)
    command.add_set_option(parser)
    args = parser.parse_args(arguments)
    command.override_settings(args.set)
    status: int | None = task.run(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
