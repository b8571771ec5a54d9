"""The figures that a key model is judged by: songs of known key in, a table of numbers out, and what `verify` shows.

Judged are POP909's songs that no model of ours is trained on, played by a soundfont, or folders of recordings: whole
songs, pieces of 30 s, minutes from the middle and the same minutes played higher and lower. Scores are mir_eval's: 1
for the key, 0.5 for a fifth above it, 0.3 for its relative, 0.2 for its parallel.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
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

Figures = dict[str, float | int]
Song = tuple[Callable[[], "NDArray[np.float32]"], "list[Span]"]  # what gives its samples, and its keys over time
NEAR = 5.0  # seconds within which a change of key is found
PIECE = 30.0  # seconds that a song is cut into
EXCERPT = 60.0  # seconds from its middle
SHIFTS = ((-5, 4), (-3, 2), (-2, 6), (-1, 3), (1, 5), (-4, -6))  # semitones; a song takes one pair


@dataclass
class _Judged:
    """References and answers of songs, of pieces and of excerpts; changes of key found; shifts that were followed."""

    references: list[Key] = field(default_factory=list)
    answers: list[Key] = field(default_factory=list)
    krumhansl: list[Key] = field(default_factory=list)
    pieces: list[tuple[Key, Key]] = field(default_factory=list)
    excerpts: list[tuple[Key, Key]] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    invented: int = 0
    followed: list[bool] = field(default_factory=list)
    right_when_sure: list[bool] = field(default_factory=list)


def songs(
    listener: Listener, pop909: Path | None, font: Path | None, split: Any, recordings: Sequence[str], n: int = 1000
) -> list[Song]:
    """What may judge a model: songs of POP909's `split`, at most `n`, and recordings as LAYOUT:DIR.

    Fewer songs than there are lie evenly among them: the first dozen to test have twice their share of changes of key.
    Raises SettingError where nothing is named, and for a soundfont that played what the model was trained on.
    """
    if not pop909 and not recordings:
        raise SettingError("say what to judge: --pop909 DIR --soundfont FILE, or --recordings LAYOUT:DIR")
    if pop909 and not font:
        raise SettingError("POP909 needs a soundfont to be heard: --soundfont FILE, one that isn't trained on")
    if font and font.name in listener.bundle.facts.get("played_by", []):
        raise SettingError(f"{font} played the training material; judge with another soundfont")
    played = [*_played(listener, pop909, font, split)] if pop909 and font else []
    found = played if n >= len(played) else [played[number * len(played) // n] for number in range(n)]
    return found + [song for named in recordings for song in _recorded(listener, named)]


def _played(listener: Listener, pop909: Path, font: Path, split: Any) -> Iterator[Song]:
    from drum_tabber.key import corpus

    for song in corpus.pop909(pop909, split):
        yield partial(_play, song, font, listener), corpus.spans(song)


def _play(song: Path, font: Path, listener: Listener) -> NDArray[np.float32]:
    """The song as a soundfont plays it, which DATA_DIR/key/judged keeps; every second one has drums."""
    from drum_tabber.key import corpus
    from drum_tabber.sound import audio

    path = Path(configs.DATA_DIR) / "key" / "judged" / f"{song.name}-{font.stem}.flac"
    if not path.exists():
        notes = corpus.arrange(song, int(song.name) // 10 % 2 == 0, np.random.default_rng(int(song.name)))
        end = max(span.end for span in corpus.spans(song))
        audio.write(path, corpus.play(notes, font, 0.0, end + 1, listener.spec), listener.spec.rate)
    return _read(path, listener.spec.rate)


def _recorded(listener: Listener, named: str) -> Iterator[Song]:
    from drum_tabber.key import corpus, keys

    layout, _, folder = named.partition(":")
    for path, key in corpus.recordings(layout, Path(folder)):
        yield partial(_read, path, listener.spec.rate), [keys.Span(0, 1e9, key)]


def _read(path: Path, rate: int) -> NDArray[np.float32]:
    from drum_tabber.sound import audio

    return audio.read(path, rate, mono=True).samples[0]


def measure(listener: Listener, material: Iterable[Song]) -> Figures:
    """The figures over songs, by name."""
    from tqdm import tqdm

    judged = _Judged()
    for number, (samples, annotated) in enumerate(tqdm(material, unit="song", delay=2, leave=False)):
        _judge(judged, listener, samples(), annotated, SHIFTS[number % len(SHIFTS)])
    return _figures(judged)


def _judge(
    judged: _Judged, listener: Listener, samples: NDArray[np.float32], annotated: list[Span], shifts: Iterable[int]
) -> None:
    from drum_tabber.key import corpus, cqt, keys, tonality

    spec = listener.spec
    tuning = cqt.tuning(samples, spec)
    magnitude = cqt.transform(samples, spec, tuning.semitones)
    heard = listener.of_magnitude(magnitude, tuning)
    judged.references.append(keys.longest(annotated))
    judged.answers.append(heard.key)
    own = magnitude[:, listener.margin : listener.margin + listener.bundle.cqt.n_bins]
    judged.krumhansl.append(tonality.krumhansl(own, spec.bins_per_octave))
    if not heard.unsure:
        judged.right_when_sure.append(heard.key == judged.references[-1])
    n_piece = round(PIECE * spec.frame_rate)
    for start in range(0, len(magnitude) - n_piece + 1, n_piece):
        at = start / spec.frame_rate
        if inside := corpus.moved(annotated, at, at + PIECE):
            judged.pieces.append((keys.longest(inside), listener.of_magnitude(magnitude[start : start + n_piece]).key))
    reference, estimate = _changes(annotated), _changes(list(heard.spans))
    judged.found += [any(abs(change - other) <= NEAR for other in estimate) for change in reference]
    judged.invented += sum(not any(abs(change - other) <= NEAR for other in reference) for change in estimate)
    _judge_excerpt(judged, listener, samples, annotated, shifts)


def _judge_excerpt(
    judged: _Judged, listener: Listener, samples: NDArray[np.float32], annotated: list[Span], shifts: Iterable[int]
) -> None:
    """A minute from the middle, as it is and moved by so many semitones."""
    from drum_tabber.key import corpus, keys

    rate = listener.spec.rate
    start = max(0.0, len(samples) / rate - EXCERPT) / 2
    excerpt = samples[round(start * rate) : round((start + EXCERPT) * rate)]
    inside = corpus.moved(annotated, start, start + EXCERPT)
    if not inside:
        return
    heard = listener(excerpt).key
    judged.excerpts.append((keys.longest(inside), heard))
    judged.followed += [listener(corpus.detuned(excerpt, [], up)[0]).key == heard.transposed(up) for up in shifts]


def _changes(annotated: list[Span]) -> list[float]:
    """When the key changes, seconds."""
    return [after.start for before, after in pairwise(annotated) if before.key != after.key]


def _figures(judged: _Judged) -> Figures:
    from drum_tabber.key import keys

    figures: Figures = {"songs": len(judged.references)}
    rows = {
        "whole songs": list(zip(judged.references, judged.answers, strict=True)),
        "Krumhansl": list(zip(judged.references, judged.krumhansl, strict=True)),
        f"pieces of {PIECE:g} s": judged.pieces,
        f"excerpts of {EXCERPT:g} s": judged.excerpts,
    }
    for name, pairs in rows.items():
        if pairs:
            told = tuple(zip(*pairs, strict=True))
            figures |= {f"{name}, weighted": keys.weighted_score(*told), f"{name}, exact": keys.accuracy(*told)}
    if judged.followed:
        figures |= {"shifts": len(judged.followed), "shifts followed": float(np.mean(judged.followed))}
    figures["songs that it is sure of"] = len(judged.right_when_sure) / len(judged.references)
    if judged.right_when_sure:
        figures["of these right"] = float(np.mean(judged.right_when_sure))
    figures["changes of key"] = len(judged.found)
    if judged.found:
        figures[f"found within {NEAR:g} s"] = float(np.mean(judged.found))
    return {**figures, "changes invented": judged.invented}


def seconds(model: str) -> Figures:
    """Seconds by the clock and of processors that the command takes for a song of four minutes, 44.1 kHz stereo."""
    from drum_tabber.sound import audio

    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        times = np.arange(240 * 44100) / 44100
        tones = np.sin(2 * np.pi * 220 * times) + np.sin(2 * np.pi * 330 * times)
        audio.write(song, np.tile(0.2 * tones, (2, 1)), 44100)
        begin, before = time.perf_counter(), os.times()
        command = [sys.executable, "-m", "drum_tabber", "key", str(song), "--model", model]
        subprocess.run(command, check=True, capture_output=True)
        took, after = time.perf_counter() - begin, os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return {"4-minute song, whole process, seconds": took, "of processors": busy}


def table(figures: Figures) -> str:
    """Figures to print."""
    return "\n".join(
        f"{name:48}{value:>8.3f}" if isinstance(value, float) else f"{name:48}{value:>8}"
        for name, value in figures.items()
    )


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """What `verify` takes for keys."""
    group = parser.add_argument_group("keys")
    group.add_argument("--pop909", type=Path, metavar="DIR", help="score the key model on POP909's songs to test")
    group.add_argument("--soundfont", type=Path, metavar="FILE", help="that plays them, and played no training")
    group.add_argument("--key-songs", type=int, default=1000, metavar="N", help="of POP909 at most (all)")
    group.add_argument("--keys-of", action="append", default=[], metavar="LAYOUT:DIR", help="recordings of known key")
    group.add_argument("--key-card", type=Path, metavar="FILE", help="bring the key model's card up to date")


def verify(args: argparse.Namespace) -> dict[str, Any]:
    """Score the key model on what `verify` was given, print, bring its card up to date; the figures for JSON."""
    if not args.pop909 and not args.keys_of:
        return {}
    from drum_tabber.tasks import key, key_card

    listener = key.load(configs.KEY_BUNDLE)
    found = measure(listener, songs(listener, args.pop909, args.soundfont, "test", args.keys_of, args.key_songs))
    found |= seconds(configs.KEY_BUNDLE)
    print(f"\nkeys\n{table(found)}", flush=True)
    if args.key_card:
        played = [f"songs of POP909 never trained on, played by {args.soundfont.stem}"] if args.pop909 else []
        heard = [f"recordings ({named.partition(':')[0]})" for named in args.keys_of]
        key_card.write(args.key_card, listener.bundle, found, ", and ".join(played + heard))
    return {"keys": found}
