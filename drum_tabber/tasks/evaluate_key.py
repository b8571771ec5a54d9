"""`python -m drum_tabber evaluate-key`: how well a key model does, beside Krumhansl's profiles.

Judged are POP909's songs that no model of ours is trained on, played by a soundfont, or folders of recordings; whole
songs and pieces of 30 s. Scores are mir_eval's: 1 for the key, 0.5 for a fifth above it, 0.3 for its relative, 0.2 for
its parallel.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
from drum_tabber.errors import SettingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drum_tabber.key.keys import Key, Span
    from drum_tabber.key.tonality import Listener

NEAR = 5.0  # seconds within which a change of key is found
SHIFTS = (-5, -3, -2, -1, 1, 2, 4, 6)  # semitones


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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")


@dataclass
class _Judged:
    """References and answers, song by song; pieces of 30 s; changes of key found; shifts that were followed."""

    references: list[Key] = field(default_factory=list)
    answers: list[Key] = field(default_factory=list)
    krumhansl: list[Key] = field(default_factory=list)
    piece_references: list[Key] = field(default_factory=list)
    piece_answers: list[Key] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    invented: int = 0
    followed: list[bool] = field(default_factory=list)
    right_when_sure: list[bool] = field(default_factory=list)


def run(args: argparse.Namespace) -> None:
    """Print the figures."""
    from tqdm import tqdm

    from drum_tabber.tasks import key

    listener = key.load(args.model or configs.KEY_BUNDLE)
    judged = _Judged()
    songs = list(_songs(args, listener))
    for number, (sound, annotated) in enumerate(tqdm(songs, unit="song", delay=2, leave=False)):
        _judge(judged, listener, sound(), annotated, SHIFTS[number % len(SHIFTS)])
    figures = _figures(judged)
    if not args.no_speed:
        figures["4-minute song, whole process, seconds"] = _seconds(args.model or configs.KEY_BUNDLE)
    for name, value in figures.items():
        print(f"{name:48}{value:>8.3f}" if isinstance(value, float) else f"{name:48}{value:>8}")
    if args.json:
        from drum_tabber.files import replacing

        with replacing(args.json) as part:
            part.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _songs(args: argparse.Namespace, listener: Listener) -> Iterator[tuple[Any, list[Span]]]:
    """What gives a song's samples, and its keys over time."""
    from functools import partial

    from drum_tabber.key import corpus, keys
    from drum_tabber.sound import audio

    spec = listener.bundle.cqt
    if args.pop909:
        if not args.soundfont:
            raise SettingError("POP909 needs a soundfont to be heard: --soundfont FILE, one that isn't trained on")
        if args.soundfont.name in listener.bundle.facts.get("played_by", []):
            raise SettingError(f"{args.soundfont} played the training material; judge with another soundfont")
        for song in corpus.pop909(args.pop909, args.split)[: args.songs]:
            notes = corpus.arrange(song, int(song.name) % 20 == 0, np.random.default_rng(int(song.name)))
            annotated = corpus.spans(song)
            end = max(span.end for span in annotated)
            yield partial(corpus.play, notes, args.soundfont, 0.0, end + 1, spec), annotated
    for named in args.recordings:
        layout, _, folder = named.partition(":")
        for path, key in corpus.recordings(layout, Path(folder)):
            read = partial(audio.read, path, spec.rate, mono=True)
            yield (lambda read=read: read().samples[0]), [keys.Span(0, 1e9, key)]
    if not args.pop909 and not args.recordings:
        raise SettingError("say what to judge: --pop909 DIR --soundfont FILE, or --recordings LAYOUT:DIR")


def _judge(judged: _Judged, listener: Listener, samples: NDArray[np.float32], annotated: list[Span], up: int) -> None:
    from drum_tabber.key import corpus, cqt, keys, tonality

    bundle = listener.bundle
    tuning = cqt.tuning(samples, bundle.cqt)
    magnitude = cqt.transform(samples, bundle.cqt, tuning.semitones)
    heard = listener.of_magnitude(magnitude, tuning)
    judged.references.append(keys.longest(annotated))
    judged.answers.append(heard.key)
    judged.krumhansl.append(tonality.krumhansl(magnitude, bundle.cqt.bins_per_octave))
    if not heard.unsure:
        judged.right_when_sure.append(heard.key == judged.references[-1])
    n_piece = round(bundle.decoding.piece * bundle.cqt.frame_rate)
    for start in range(0, len(magnitude) - n_piece + 1, n_piece):
        seconds = start / bundle.cqt.frame_rate
        if inside := corpus.moved(annotated, seconds, seconds + bundle.decoding.piece):
            judged.piece_references.append(keys.longest(inside))
            judged.piece_answers.append(listener.of_magnitude(magnitude[start : start + n_piece]).key)
    reference, estimate = _changes(annotated), _changes(list(heard.spans))
    judged.found += [any(abs(change - other) <= NEAR for other in estimate) for change in reference]
    judged.invented += sum(not any(abs(change - other) <= NEAR for other in reference) for change in estimate)
    judged.followed.append(listener(_shifted(samples, up)).key == heard.key.transposed(up))


def _changes(annotated: list[Span]) -> list[float]:
    """When the key changes, seconds."""
    return [after.start for before, after in pairwise(annotated) if before.key != after.key]


def _shifted(samples: NDArray[np.float32], up: int) -> NDArray[np.float32]:
    """Played faster, so that it sounds `up` semitones higher."""
    import soxr

    shifted: NDArray[np.float32] = soxr.resample(samples, 2 ** (up / 12) * 1e4, 1e4)
    return shifted


def _figures(judged: _Judged) -> dict[str, Any]:
    from drum_tabber.key import keys

    figures: dict[str, Any] = {"songs": len(judged.references)}
    rows = {"whole songs": (judged.references, judged.answers), "Krumhansl": (judged.references, judged.krumhansl)}
    for name, pair in {**rows, "pieces of 30 s": (judged.piece_references, judged.piece_answers)}.items():
        if pair[0]:
            figures |= {f"{name}, weighted": keys.weighted_score(*pair), f"{name}, exact": keys.accuracy(*pair)}
    figures["shifts followed"] = float(np.mean(judged.followed))
    figures["songs that it is sure of"] = len(judged.right_when_sure) / len(judged.references)
    if judged.right_when_sure:
        figures["of these right"] = float(np.mean(judged.right_when_sure))
    figures["changes of key"] = len(judged.found)
    if judged.found:
        figures[f"found within {NEAR:g} s"] = float(np.mean(judged.found))
    figures["changes invented"] = judged.invented
    return figures


def _seconds(model: str) -> float:
    """Seconds that the command takes for a song of four minutes, 44.1 kHz stereo."""
    from drum_tabber.sound import audio

    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        times = np.arange(240 * 44100) / 44100
        tones = np.sin(2 * np.pi * 220 * times) + np.sin(2 * np.pi * 330 * times)
        audio.write(song, np.tile(0.2 * tones, (2, 1)), 44100)
        begin = time.perf_counter()
        command = [sys.executable, "-m", "drum_tabber", "key", str(song), "--model", model]
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - begin
