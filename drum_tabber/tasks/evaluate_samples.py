"""`python -m drum_tabber evaluate-samples`: F1 by class on packs of one-shots, and how well the unknown is known."""

from __future__ import annotations

import argparse
from pathlib import Path

import configs
from drum_tabber.files import output_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="one-shots, as train-samples reads them")
    parser.add_argument("--packs", metavar="NAME,NAME", help="these packs alone (default: those the model held out)")
    parser.add_argument("--unknown", type=Path, action="append", default=[], metavar="DIR", help="no one-shots at all")
    parser.add_argument("--model", metavar="DIR", help=f"the classifier (default: {configs.SAMPLES_BUNDLE})")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the figures here too")


def run(args: argparse.Namespace) -> None:
    """Score the classifier, print the tables, write the JSON file."""
    from drum_tabber.sound import audio
    from drum_tabber.tasks import sample_figures, samples

    bundle = samples.classifier(args.model).bundle
    packs = [name.strip() for name in (args.packs or "").split(",") if name.strip()]
    sounds = sample_figures.judged(args.folders, bundle, packs)
    others = audio.find(args.unknown) if args.unknown else []
    figures = sample_figures.measure(sounds, others, args.model)
    print(f"packs: {', '.join(sorted({sound.pack for sound in sounds}))}\n{figures}")
    if args.json:
        sample_figures.write_json(args.json, figures)
