"""`python -m drum_tabber evaluate-key`: how well a key model does, beside Krumhansl's profiles."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import configs
from drum_tabber.files import output_file
from drum_tabber.tasks import key_figures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--pop909", type=Path, metavar="DIR", help="the folder of POP909's songs")
    parser.add_argument("--soundfont", type=Path, metavar="FILE", help="one that the model wasn't trained on")
    parser.add_argument(
        "--recordings", action="append", default=[], metavar="LAYOUT:DIR", help="ncs, giantsteps-mtg, giantsteps-key"
    )
    parser.add_argument("--split", choices=("test", "validation"), default="test", help="of POP909 (test)")
    parser.add_argument("--songs", type=int, default=1000, metavar="N", help="of POP909 at most (all)")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.KEY_BUNDLE})")
    parser.add_argument("--no-speed", action="store_true", help="leave out the time that a song of 4 minutes takes")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the figures here too")


def run(args: argparse.Namespace) -> None:
    """Print the figures."""
    from drum_tabber.files import replacing
    from drum_tabber.tasks import key

    model = args.model or configs.KEY_BUNDLE
    listener = key.load(model)
    songs = key_figures.songs(listener, args.pop909, args.soundfont, args.split, args.recordings, args.songs)
    figures = key_figures.measure(listener, songs)
    figures |= {} if args.no_speed else key_figures.seconds(model)
    print(key_figures.table(figures))
    if args.json:
        with replacing(args.json) as part:
            part.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
