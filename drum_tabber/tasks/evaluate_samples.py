"""`python -m drum_tabber evaluate-samples`: F1 by class on packs of one-shots, and how well the unknown is known."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import configs
from drum_tabber.errors import CorpusError
from drum_tabber.files import replacing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="one-shots, as train-samples reads them")
    parser.add_argument("--packs", metavar="NAME,NAME", help="these packs alone (default: those the model held out)")
    parser.add_argument("--unknown", type=Path, action="append", default=[], metavar="DIR", help="no one-shots at all")
    parser.add_argument("--model", metavar="DIR", help=f"the classifier (default: {configs.SAMPLES_BUNDLE})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")


def run(args: argparse.Namespace) -> None:
    """Score the classifier, print the tables, write the JSON file."""
    import numpy as np

    from drum_tabber.oneshots import evaluation, packs
    from drum_tabber.sound import audio
    from drum_tabber.tasks import classify, samples

    bundle = samples.classifier(args.model).bundle
    chosen = set(args.packs.split(",")) if args.packs else set(bundle.facts.get("held_out", []))
    every = [sound for folder in args.folders for sound in packs.files(folder, bundle.classes)]
    sounds = {sound.path: sound for sound in every if not chosen or sound.pack in chosen}
    if not sounds:
        raise CorpusError(f"there is nothing of the packs {', '.join(sorted(chosen))}; name others with --packs")
    heard = classify.heard(list(sounds), args.model)
    best = [heard.classes[index] for index in heard.probabilities.argmax(axis=1)]
    meant = [sounds[path].label for path in heard.paths]
    report = evaluation.report(meant, best)
    print(f"packs: {', '.join(sorted({sound.pack for sound in sounds.values()}))}\n{report}")
    content: dict[str, Any] = report.as_dict()
    hats = evaluation.report([_family(code) for code in meant], [_family(code) for code in best], 0)
    content["families"] = hats.as_dict()["f"]
    print("kick, snare, hats: " + ", ".join(f"{n} {s.f:.3f}" for n, s in hats.scores.items() if n in _FAMILIES))
    if args.unknown:
        others = classify.heard(audio.find(args.unknown), args.model)
        scores = np.concatenate([heard.unknown, others.unknown])
        positive = np.arange(len(scores)) >= len(heard.unknown)
        content["unknown_auroc"] = evaluation.auroc(scores, positive)
        caught = float((others.unknown > heard.unknown_above).mean())
        lost = float((heard.unknown > heard.unknown_above).mean())
        print(
            f"unknown: AUROC {content['unknown_auroc']:.3f} over {len(others.paths)} sounds; at the model's threshold "
            f"{caught:.1%} of them are called unknown, and {lost:.1%} of the one-shots"
        )
    if args.json:
        with replacing(args.json) as part:
            part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


_FAMILIES = ("kick", "snr", "hats")


def _family(code: str) -> str:
    return "hats" if code in ("hhc", "hho", "ped") else code
