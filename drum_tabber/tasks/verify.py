"""`python -m drum_tabber verify`: every figure that is published, computed anew by one command.

The demo is transcribed by `transcribe.py` as a process of its own, twice; the tab that it writes is read back and
held against the tab that the demo was played from. Corpora are transcribed and scored, music without drums is listened
to, and both go into the model card. What the model was trained on is refused before anything is measured. The
classifier of one-shots is judged in `sample_figures`, the key model in `key_figures`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.errors import CorpusError
from drum_tabber.files import output_file
from drum_tabber.tasks import key_figures, sample_figures
from drum_tabber.tasks.judging import SHARDS, Material, Silent, material, silent
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.hearing.bundle import Bundle
    from drum_tabber.tab import Tab
    from drum_tabber.tasks.drums import Transcriber
    from drum_tabber.tasks.figures import Figures

DEMO = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--corpus",
        action="append",
        default=[],
        metavar="LAYOUT:FOLDER",
        help=f"labelled recordings to score too, or {SHARDS}:FOLDER for segments made ahead (repeatable)",
    )
    parser.add_argument("--split", choices=("train", "validation", "test"), help="only this part of the corpora")
    parser.add_argument(
        "--drumless",
        action="append",
        default=[],
        metavar="FOLDER",
        help="recordings without drums, or midi:FOLDER for MIDI files whose drums are left out (repeatable)",
    )
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    parser.add_argument("--no-demo", action="store_true", help="leave the demo out")
    parser.add_argument("--card", type=Path, metavar="FILE", help="bring the figures of this model card up to date")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw how far confidences are right, as a PNG")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the figures here too")
    sample_figures.add_verify_arguments(parser)
    key_figures.add_verify_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the figures; the exit status is 1 where two runs of the demo differ. Raises CorpusError for a leak."""
    from drum_tabber.hearing.bundle import Bundle
    from drum_tabber.material.provenance import Provenance
    from drum_tabber.tasks import drums

    model = args.model or configs.MODEL_BUNDLE
    bundle = Bundle.load(model)
    known = Provenance.read(bundle.facts.get("trained_on", {}))
    judges = [material(corpus, args.split, bundle, known) for corpus in args.corpus]
    quiet = [silent(folder, known) for folder in args.drumless]
    if (judges or quiet) and not known.tracks:
        print("notice: this model doesn't say which tracks it was trained on, so leaks can't be ruled out\n")
    same = args.no_demo or _verify_demo(model)
    transcriber = drums.transcriber(model)
    found = {each.name: _measured(each, transcriber) for each in judges}
    if len(found) > 1:
        print(f"\nconfidence in all of these: {_pooled_error(found):.3f} off", flush=True)
    drumless = _drumless([piece for pieces in quiet for piece in pieces], transcriber) if quiet else None
    _keep(args, bundle, found, drumless, {**sample_figures.verify(args), **key_figures.verify(args)})
    return 0 if same else 1


def _measured(material: Material, transcriber: Transcriber) -> Figures:
    from drum_tabber.tasks import figures

    measured = figures.measure(list(material.judged(transcriber)), Vocabulary.of(configs.DRUMS))
    print(f"\n{material.name}\n{measured}", flush=True)
    return measured


def _pooled_error(found: Mapping[str, Figures]) -> float:
    """How far confidence is off over all corpora."""
    from drum_tabber.hearing import calibration

    return calibration.error(calibration.pooled(figures.bins for figures in found.values()))


@dataclass(frozen=True)
class _Drumless:
    """What was invented in music without drums."""

    n_hits: int
    minutes: float
    n_pieces: int
    n_empty: int


def _drumless(pieces: Sequence[Silent], transcriber: Transcriber) -> _Drumless:
    from tqdm import tqdm

    n_hits, n_empty, seconds, n_heard = 0, 0, 0.0, 0
    rate = transcriber.network.bundle.features.sample_rate
    for piece in tqdm(pieces, unit="piece", delay=2, leave=False):
        heard = transcriber.network.activations(piece.blocks(rate))
        if heard.duration:
            hits = transcriber.notate(piece.name, heard).hits
            n_hits, seconds, n_heard = n_hits + len(hits), seconds + heard.duration, n_heard + 1
            n_empty += not len(hits)
    if not n_heard:
        raise CorpusError("the music without drums is all silence; name other files")
    found = _Drumless(n_hits, seconds / 60, n_heard, n_empty)
    print(
        f"\nmusic without drums: {found.n_hits / found.minutes:.2f} hits a minute invented in {found.minutes:.1f} min"
    )
    print(f"{found.n_empty} of {found.n_pieces} pieces left empty", flush=True)
    return found


def _keep(
    args: argparse.Namespace,
    bundle: Bundle,
    found: Mapping[str, Figures],
    drumless: _Drumless | None,
    others: Mapping[str, Any],
) -> None:
    """Write the card, the plot and the JSON file that were asked for."""
    from drum_tabber.files import replacing
    from drum_tabber.hearing import calibration
    from drum_tabber.tasks import model_card

    weights = hashlib.sha256(bundle.weights.read_bytes()).hexdigest()[:12] if bundle.weights.is_file() else "none"
    if args.card:
        blocks = {name: model_card.block(name, figures, weights) for name, figures in found.items()}
        if len(found) > 1:
            blocks["confidence"] = model_card.confidence_block(_pooled_error(found), found, weights)
        if drumless:
            facts = (drumless.n_hits, drumless.minutes, drumless.n_pieces, drumless.n_empty)
            blocks["music without drums"] = model_card.drumless_block(*facts, weights)
        model_card.write(args.card, bundle, blocks, weights)
    if args.plot:
        calibration.draw({name: figures.bins for name, figures in found.items()}, args.plot)
    if args.json:
        content: dict[str, Any] = {name: figures.as_dict() for name, figures in found.items()}
        content |= {**({"drumless": vars(drumless)} if drumless else {}), **others}
        with replacing(args.json) as part:
            part.write_text(json.dumps({"weights": weights, **content}, indent=1) + "\n", encoding="utf-8")


def right_slots(played: Tab, heard: Tab, classes: Mapping[str, str]) -> tuple[int, int, int]:
    """Strokes on the right slot and drum, strokes played and strokes heard; bars may be numbered from another start.

    `classes` merges drums: codes of one class count as one.
    """
    ours, theirs = _strokes(heard, classes), _strokes(played, classes)
    longest = max(len(played.bars), len(heard.bars))
    shifted = ({(bar + shift, *rest) for bar, *rest in ours} for shift in range(-longest, longest + 1))
    return max((len(strokes & theirs) for strokes in shifted), default=0), len(theirs), len(ours)


def _strokes(tab: Tab, classes: Mapping[str, str]) -> set[tuple[int, float, str]]:
    return {
        (number, stroke.slot / bar.n_slots, classes[stroke.drum])
        for number, bar in enumerate(tab.bars)
        for stroke in bar.strokes
    }


def _verify_demo(model: str) -> bool:
    from drum_tabber import tab

    vocabulary = Vocabulary.of(configs.DRUMS)
    with tempfile.TemporaryDirectory() as folder:
        seconds = [_transcribe(Path(folder) / str(number), model) for number in range(2)]
        files = [{path.name: path.read_bytes() for path in (Path(folder) / str(n)).iterdir()} for n in range(2)]
        heard = tab.read(files[0][f"{DEMO}.tab.txt"].decode(), vocabulary)
    played = tab.load(Path(configs.TABS_DIR) / f"{DEMO}.txt", vocabulary)
    print(f"demo, whole process: {min(seconds):.1f} s")
    print(f"two runs: {'identical bytes' if files[0] == files[1] else 'DIFFERENT bytes'}")
    for name, classes in (("every drum", {code: code for code in vocabulary.codes}), ("five", vocabulary.classes(5))):
        right, n_played, n_heard = right_slots(played, heard, classes)
        print(
            f"demo's tab, {name}: {right / n_played:.1%} of {n_played} hits on the right slot, {n_heard - right} others"
        )
    return files[0] == files[1]


def _transcribe(out: Path, model: str) -> float:
    """Seconds that `transcribe.py` takes for the demo."""
    song = Path(configs.SONGS_DIR) / f"{DEMO}.ogg"
    command = [sys.executable, "transcribe.py", str(song), "--out", str(out), "--model", model, "--quiet"]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start
