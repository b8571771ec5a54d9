"""`python -m drum_tabber key`: the key of songs, printed, as JSON or CSV, or written into their tags."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.errors import AudioError, sentence
from drum_tabber.files import STDOUT, output_file, replacing, spare

if TYPE_CHECKING:
    from drum_tabber.key.tonality import Listener, Tonality


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("songs", nargs="+", metavar="SONG", help="audio files, or folders that are searched through")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.KEY_BUNDLE})")
    parser.add_argument(
        "--json", type=output_file, metavar="FILE", help="write all that is heard, keys over time too; - prints it"
    )
    parser.add_argument("--csv", type=output_file, metavar="FILE", help="write a table; - prints it")
    parser.add_argument(
        "--tag", action="store_true", help="write the key into the song's tag, which is backed up first"
    )


def run(args: argparse.Namespace) -> int:
    """Print and write what is heard; the exit status is 1 where a song can't be read, which is reported."""
    from tqdm import tqdm

    from drum_tabber.key import tag
    from drum_tabber.sound import audio

    songs = audio.find(args.songs)
    if not songs:
        raise AudioError(f"{args.songs[0]} holds no audio files; name a song, or a folder with songs")
    spare([args.json, args.csv], songs)
    heard: dict[Path, Tonality] = {}
    failures = 0
    listener = load(args.model or configs.KEY_BUNDLE)
    progress = tqdm(songs, unit="song", delay=2, leave=False)
    for song in progress:
        try:
            heard[song] = listen(listener, song)
            if args.tag and heard[song].unsure:
                progress.write(f"notice: {song} keeps its tag, for its key is unsure", file=sys.stderr)
            elif args.tag:
                tag.write(song, heard[song].key)
            if STDOUT not in (args.json, args.csv):
                progress.write(line(song, heard[song], len(songs) > 1))
        except BrokenPipeError:
            raise
        except Exception as error:
            progress.clear()
            print(f"error: {sentence(error, str(song))}", file=sys.stderr)
            failures += 1
    if not heard:
        return 1  # and what was written before stays
    rows = [row(song, tonality) for song, tonality in heard.items()]
    _deliver(args.json, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    _deliver(args.csv, _table(rows))
    return 1 if failures else 0


def load(folder: str) -> Listener:
    """The key model of a bundle."""
    from drum_tabber.key.bundle import KeyBundle
    from drum_tabber.key.tonality import Listener

    return Listener(KeyBundle.load(folder))


def listen(listener: Listener, song: Path) -> Tonality:
    """What is heard of a file; raises AudioError where it can't be read or is silent."""
    from drum_tabber.sound import audio

    samples = audio.read(song, listener.bundle.cqt.rate, mono=True).samples[0]
    if not samples.any():
        raise AudioError(f"{song} is silent and has no key; leave it out")
    return listener(samples)


def line(song: Path, tonality: Tonality, named: bool) -> str:
    """What is printed of a song."""
    key, other = tonality.key, tonality.runner_up
    doubt = ", unsure" if tonality.unsure else ""
    said = f"{key}, Camelot {key.camelot}, Open Key {key.open_key}, confidence {tonality.confidence:.2f}{doubt}"
    said += f"; next {other} ({other.camelot}); tuning {100 * tonality.tuning:+.0f} cents"
    if len(tonality.spans) > 1:
        said += "; " + ", ".join(f"{span.key} from {_clock(span.start)}" for span in tonality.spans)
    return f"{song}: {said}" if named else said


def row(song: Path, tonality: Tonality) -> dict[str, Any]:
    """What is written of a song."""
    key, other = tonality.key, tonality.runner_up
    return {
        "song": str(song),
        "key": str(key),
        "camelot": key.camelot,
        "open_key": key.open_key,
        "confidence": round(tonality.confidence, 3),
        "unsure": tonality.unsure,
        "runner_up": str(other),
        "runner_up_confidence": round(float(tonality.probability[other.index]), 3),
        "tuning_cents": round(100 * tonality.tuning, 1),
        "keys": [
            {"start": round(span.start, 2), "end": round(span.end, 2), "key": str(span.key)} for span in tonality.spans
        ],
    }


def _table(rows: list[dict[str, Any]]) -> str:
    """The rows as CSV, without keys over time."""
    text = io.StringIO()
    names = [name for name in (rows[0] if rows else {}) if name != "keys"]
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _deliver(target: Path | None, text: str) -> None:
    if target == STDOUT:
        print(text, end="")
    elif target:
        with replacing(target) as part:
            part.write_text(text, encoding="utf-8")


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
