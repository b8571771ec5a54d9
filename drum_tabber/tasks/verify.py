"""`python -m drum_tabber verify`: the figures that the README claims, computed anew on the demo and on given corpora.

The demo is transcribed by `transcribe.py` as a process of its own, twice; the tab that it writes is read back and
held against the tab that the demo was played from.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.tab import Tab

DEMO = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--corpus", action="append", default=[], metavar="LAYOUT:FOLDER", help="recordings to score too"
    )
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")


def run(args: argparse.Namespace) -> int:
    """Print the figures; the exit status is 1 where two runs differ."""
    same = _verify_demo(args.model or configs.MODEL_BUNDLE)
    for corpus in args.corpus:
        print(f"\n{corpus}")
        _evaluate(corpus, args.model)
    return 0 if same else 1


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


def _evaluate(corpus: str, model: str | None) -> None:
    from drum_tabber.tasks import evaluate

    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    evaluate.run(parser.parse_args(["--corpus", corpus, *(["--model", model] if model else [])]))
