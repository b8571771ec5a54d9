"""The figures that a classifier of one-shots is judged by: packs and sounds that are no percussion in, numbers out.

Judged are the packs that the model held out, without what a pack that it learnt from has too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
from drum_tabber.errors import CorpusError
from drum_tabber.files import replacing

if TYPE_CHECKING:
    from drum_tabber.oneshots.bundle import SampleBundle
    from drum_tabber.oneshots.classifier import Verdicts
    from drum_tabber.oneshots.evaluation import Report
    from drum_tabber.oneshots.packs import Labelled

FAMILIES = ("kick", "snr", "hats")
N_TIMED = 1000  # one-shots that the time is taken for


@dataclass(frozen=True)
class SampleFigures:
    """How classes and families are told, the share of each pack that is right, the area under the ROC curve of
    "unknown" with the shares called so of what is none and of what is one, over so many; seconds for N_TIMED files.
    """

    report: Report
    families: Report
    packs: dict[str, float]
    unknown: tuple[float, float, float, int] | None = None
    seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        said: dict[str, Any] = self.report.as_dict()
        said |= {
            "families": self.families.as_dict()["f"],
            "packs": {name: round(s, 4) for name, s in self.packs.items()},
        }
        if self.unknown:
            said |= dict(
                zip(("unknown_auroc", "unknown_caught", "one_shots_lost", "n_unknown"), self.unknown, strict=True)
            )
        return said | ({} if self.seconds is None else {"seconds_1000": round(self.seconds, 1)})

    def __str__(self) -> str:
        """Tables to print."""
        of_family = self.families.scores
        lines = [str(self.report), "kick, snare, hats: " + ", ".join(
            f"{name} {of_family[name].f:.3f}" for name in FAMILIES if name in of_family
        )]  # fmt: skip
        lines.append("right by pack: " + ", ".join(f"{name} {share:.3f}" for name, share in self.packs.items()))
        if self.unknown:
            area, caught, lost, n = self.unknown
            lines.append(
                f"unknown: AUROC {area:.3f} over {n} sounds; at the model's threshold {caught:.1%} of them are called "
                f"unknown, and {lost:.1%} of the one-shots"
            )
        if self.seconds is not None:
            lines.append(f"{N_TIMED} one-shots, whole process: {self.seconds:.1f} s")
        return "\n".join(lines)


def judged(folders: Iterable[Path], bundle: SampleBundle, packs: Sequence[str] = ()) -> list[Labelled]:
    """The sounds of the packs named, or of those that the model held out. Raises CorpusError where there are none."""
    from drum_tabber.oneshots import packs as all_packs

    chosen = {*packs} or {*bundle.facts.get("held_out", [])}
    learnt = {*bundle.facts.get("learnt_elsewhere", [])}
    every = {sound.path: sound for folder in folders for sound in all_packs.files(folder, bundle.classes)}
    sounds = [sound for sound in every.values() if not chosen or sound.pack in chosen]
    if not sounds:
        raise CorpusError(f"there is nothing of the packs {', '.join(sorted(chosen))}; name others with --packs")
    return [sound for sound in sounds if f"{sound.pack}/{sound.path.name}" not in learnt]


def measure(sounds: Sequence[Labelled], others: Sequence[Path], model: str | None) -> SampleFigures:
    """The figures over labelled one-shots, and over files that are none."""
    from drum_tabber.oneshots import evaluation
    from drum_tabber.tasks import classify

    meant = {sound.path: sound for sound in sounds}
    heard = classify.heard(list(meant), model)
    best = [heard.classes[index] for index in heard.probabilities.argmax(axis=1)]
    told = [meant[path].label for path in heard.paths]
    right: dict[str, list[bool]] = defaultdict(list)
    for path, code in zip(heard.paths, best, strict=True):
        right[meant[path].pack].append(code == meant[path].label)
    families = evaluation.report([_family(code) for code in told], [_family(code) for code in best], 0)
    shares = {pack: float(np.mean(flags)) for pack, flags in sorted(right.items())}
    unknown = _unknown(heard, classify.heard(list(others), model)) if others else None
    return SampleFigures(evaluation.report(told, best), families, shares, unknown)


def _unknown(heard: Verdicts, others: Verdicts) -> tuple[float, float, float, int]:
    from drum_tabber.oneshots import evaluation

    scores = np.concatenate([heard.unknown, others.unknown])
    area = evaluation.auroc(scores, np.arange(len(scores)) >= len(heard.unknown))
    caught, lost = (float((part.unknown > heard.unknown_above).mean()) for part in (others, heard))
    return area, caught, lost, len(others.paths)


def _family(code: str) -> str:
    return "hats" if code in ("hhc", "hho", "ped") else code


def seconds(model: str | None) -> float:
    """Seconds that a process takes to class N_TIMED made-up one-shots."""
    from drum_tabber.kits import struck
    from drum_tabber.sound import audio

    rng, kinds = np.random.default_rng(0), list(struck.MODELS)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(N_TIMED):
            wave = np.float32(0.5) * struck.strike(kinds[number % len(kinds)], rng)
            audio.write(Path(folder) / f"{number}.wav", wave, 44100)
        command = [sys.executable, "-m", "drum_tabber", "classify", "-d", folder, "-o", f"{folder}/out.csv"]
        start = time.perf_counter()
        subprocess.run([*command, "--model", model or configs.SAMPLES_BUNDLE], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """What `verify` takes for one-shots."""
    group = parser.add_argument_group("one-shots")
    group.add_argument(
        "--samples", type=Path, action="append", default=[], metavar="DIR", help="score the classifier on these folders"
    )
    group.add_argument("--no-percussion", type=Path, action="append", default=[], metavar="DIR", help="no one-shots")
    group.add_argument("--samples-card", type=Path, metavar="FILE", help="bring this classifier's card up to date")


def verify(args: argparse.Namespace) -> dict[str, Any]:
    """Score the classifier on what `verify` was given, print, bring its card up to date; the figures for JSON."""
    if not args.samples:
        return {}
    from dataclasses import replace

    from drum_tabber.sound import audio
    from drum_tabber.tasks import sample_card, samples

    bundle = samples.classifier().bundle
    figures = measure(judged(args.samples, bundle), audio.find(args.no_percussion) if args.no_percussion else [], None)
    figures = replace(figures, seconds=seconds(None))
    print(f"\none-shots of packs never heard\n{figures}", flush=True)
    if args.samples_card:
        weights = hashlib.sha256(bundle.network.read_bytes()).hexdigest()[:12]  # what is served; Keras' may be left out
        sample_card.write(args.samples_card, bundle, figures, weights)
    return {"one-shots": figures.as_dict()}


def write_json(path: Path, figures: SampleFigures) -> None:
    """The figures as a JSON file."""
    with replacing(path) as part:
        part.write_text(json.dumps(figures.as_dict(), indent=1) + "\n", encoding="utf-8")


def measured_on(weights: str) -> str:
    """For which weights figures were measured, and when."""
    return f"Measured on {date.today().isoformat()} for the weights `{weights}`."
