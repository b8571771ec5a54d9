"""`python -m drum_tabber evaluate`: how well a model hears annotated recordings, or how well files match others."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import configs
from drum_tabber.errors import CorpusError, DrumTabberError, SettingError
from drum_tabber.events import Beats, Hits
from drum_tabber.files import output_file
from drum_tabber.vocabulary import Vocabulary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--corpus", action="append", metavar="LAYOUT:FOLDER", help="such as mdb/mix:/data/mdb (repeatable)"
    )
    parser.add_argument("--split", choices=("train", "validation", "test"), help="only this part of the corpus")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="DIR",
        help="score these files (hits in .csv, .txt, .mid) instead of a model",
    )
    parser.add_argument("--annotations", type=Path, metavar="DIR", help="what --predictions are scored against")
    parser.add_argument(
        "--tolerance", type=_seconds, default=[0.05, 0.02], metavar="S,S", help="seconds (default: 0.05,0.02)"
    )
    parser.add_argument("--classes", type=int, choices=(3, 5, 8), default=5, help="of the vocabulary (default: 5)")
    parser.add_argument(
        "--search", action="store_true", help="also search the confidence above which hits are best believed"
    )
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the figures here too")


def run(args: argparse.Namespace) -> int:
    """Evaluate, print tables and write the JSON file; 1 where a track had to be left out."""
    from drum_tabber.hearing import evaluate

    vocabulary = Vocabulary.of(configs.DRUMS)
    pairs = _files(args, vocabulary) if args.predictions else _corpora(args, vocabulary)
    if not pairs.references and not pairs.beats:
        raise CorpusError(
            "none of these tracks can be read"
            if pairs.n_failed
            else "these annotations hold neither drums nor beats; name others"
        )
    content: dict[str, Any] = {"n_classes": args.classes, "reports": []}
    if pairs.references:
        classes = vocabulary.classes(args.classes)
        for told_apart in pairs.told_apart:
            classes = evaluate.scorable(classes, told_apart)
        if not classes:
            raise CorpusError(f"these annotations can't judge any of {args.classes} classes; try another --classes")
        reports = [evaluate.evaluate(pairs.references, pairs.estimates, classes, seconds) for seconds in args.tolerance]
        content["reports"] = [report.as_dict() for report in reports]
        print("\n\n".join(map(str, reports)))
    if pairs.beats:
        content["beats"] = _beat_scores(pairs.beats)
        print("\n" if pairs.references else "", end="")
        print("beats F {beat:.3f}, downbeats F {downbeat:.3f}, mean of {n_tracks} tracks".format(**content["beats"]))
    if args.search and pairs.references:
        found = evaluate.search_thresholds(pairs.references, pairs.estimates, classes, args.tolerance[0])
        content["thresholds"] = {name: {"confidence": value, "f": score.f} for name, (value, score) in found.items()}
        print("\nbest believed from a confidence of")
        print("\n".join(f"{name:8}{value:8.2f}   F {score.f:.3f}" for name, (value, score) in found.items()))
    if args.json:
        _write_json(args.json, content)
    return 1 if pairs.n_failed else 0


@dataclass
class _Pairs:
    """References and estimates by track, what their corpora tell apart, (reference, estimate) beats, and how many
    tracks could not be read."""

    references: dict[str, Hits] = field(default_factory=dict)
    estimates: dict[str, Hits] = field(default_factory=dict)
    told_apart: set[tuple[tuple[str, ...], ...]] = field(default_factory=set)
    beats: list[tuple[Beats, Beats]] = field(default_factory=list)
    n_failed: int = 0


def _corpora(args: argparse.Namespace, vocabulary: Vocabulary) -> _Pairs:
    """A model's transcriptions of every track with audio; those that can't be read are told and left out."""
    from tqdm import tqdm

    from drum_tabber.tasks import drums

    if not args.corpus:
        raise SettingError("say what to score: --corpus LAYOUT:FOLDER, or --predictions DIR --annotations DIR")
    tracks = list(_tracks(args, vocabulary))
    sensitivity = 1.0 if args.search else None  # a search needs to see the doubtful hits too
    transcriber = drums.transcriber(args.model, sensitivity)
    pairs = _Pairs()
    for name, track in tqdm(tracks, unit="track", delay=2, leave=False):
        try:
            labels = track.labels()
            if not labels.told_apart and labels.beats is None:
                continue
            heard = transcriber.transcribe(track.audio)
        except DrumTabberError as error:
            print(f"left out: {name}: {error}", file=sys.stderr)
            pairs.n_failed += 1
            continue
        if labels.told_apart:
            pairs.references[name], pairs.estimates[name] = labels.hits, heard.hits
            pairs.told_apart.add(labels.told_apart)
        if labels.beats is not None:
            pairs.beats.append((labels.beats, heard.beats))
    return pairs


def _tracks(args: argparse.Namespace, vocabulary: Vocabulary) -> Iterator[tuple[str, Any]]:
    from drum_tabber.tasks import judging

    for corpus in args.corpus:
        layout, tracks = judging.recordings(corpus, args.split, vocabulary)
        yield from ((f"{layout}:{track.name}", track) for track in tracks)


def _files(args: argparse.Namespace, vocabulary: Vocabulary) -> _Pairs:
    """Files of hits against files of hits, joined by the names of their pieces."""
    from drum_tabber.material import corpora

    if not args.annotations:
        raise SettingError("--predictions needs --annotations DIR to score against")
    for folder in (args.predictions, args.annotations):
        if not folder.is_dir():
            raise CorpusError(f"there is no folder {folder}; check the name")
    predictions, annotations = (corpora.find_annotations(folder) for folder in (args.predictions, args.annotations))
    names = sorted(predictions.keys() & annotations.keys())
    if not names:
        raise CorpusError(f"no file in {args.predictions} has the name of one in {args.annotations}; compare the names")
    for files, others in ((predictions, annotations), (annotations, predictions)):
        alone = sorted(path.name for name, path in files.items() if name not in others)
        if alone:
            said = f"notice: not scored, for there is nothing of their name to compare: {', '.join(alone)}"
            print(said, file=sys.stderr)
    read = {name: corpora.read_annotation(annotations[name], vocabulary) for name in names}
    heard = {name: corpora.read_annotation(predictions[name], vocabulary) for name in names}
    return _Pairs(read, heard)


def _beat_scores(pairs: list[tuple[Beats, Beats]]) -> dict[str, float]:
    from drum_tabber.hearing.evaluate import beat_f

    means = [sum(beat_f(*pair, downbeats) for pair in pairs) / len(pairs) for downbeats in (False, True)]
    return {"beat": means[0], "downbeat": means[1], "n_tracks": len(pairs)}


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    from drum_tabber.files import replacing

    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _seconds(text: str) -> list[float]:
    values = [float(part) for part in text.split(",")]
    if not all(0 < value < 1 for value in values):
        raise argparse.ArgumentTypeError(f"tolerances are seconds between 0 and 1, not {text}")
    return values
