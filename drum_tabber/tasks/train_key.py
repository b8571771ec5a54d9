"""`python -m drum_tabber train-key`: a network that hears the key, trained on POP909 and on folders of recordings.

POP909's songs are played by soundfonts, out of tune; others are drawn from their notes, beside made-up songs in idioms
that pop lacks. Recordings carry one key each, and are heard in their middle. Unless KEY_FEED is "audio", spectrograms
are kept in DATA_DIR/key, so a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
from drum_tabber.errors import SettingError

if TYPE_CHECKING:
    from drum_tabber.key.corpus import Labelled
    from drum_tabber.key.cqt import CqtSpec
    from drum_tabber.key.keys import Key
    from drum_tabber.key.sketch import Rolls

IMAGES = "images"  # the layout of spectrograms made ahead
_MIDDLE = 120  # seconds of a recording
_ROUNDS = 160  # steps that a made-up song lasts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--pop909", type=Path, metavar="DIR", help="the folder of POP909's songs")
    parser.add_argument("--soundfont", type=Path, action="append", default=[], metavar="FILE", help="(repeatable)")
    parser.add_argument(
        "--recordings",
        action="append",
        default=[],
        metavar="LAYOUT:DIR",
        help=f"ncs, giantsteps-mtg, giantsteps-key; or {IMAGES}, made with KEY_FEED=images (repeatable)",
    )
    parser.add_argument("--architecture", choices=("equivariant", "allconv"), default="equivariant")
    parser.add_argument("--played", type=int, default=300, metavar="N", help="songs that soundfonts play (300)")
    parser.add_argument("--drawn", type=int, default=350, metavar="N", help="songs drawn from their notes (350)")
    parser.add_argument("--made-up", type=int, default=100, metavar="N", help="rock, modal and blues songs (100)")
    parser.add_argument("--seconds", type=float, default=24.0, metavar="S", help="of each song played (24)")
    parser.add_argument("--batches", type=int, default=800, metavar="N", help="of 32 pieces (800)")
    parser.add_argument("--learning-rate", type=float, default=3e-3, metavar="R", help="at its peak (3e-3)")
    parser.add_argument("--start-from", type=Path, metavar="DIR", help="a key model to go on from, built as that")
    parser.add_argument("--overfit", action="store_true", help="a debug run: the same batch over and over")
    parser.add_argument("--name", default="own", help="of the bundle in MODELS_DIR/key (own)")


def run(args: argparse.Namespace) -> None:
    """Train and write the bundle."""
    from tqdm import tqdm

    from drum_tabber.key.bundle import KeyBundle
    from drum_tabber.key.cqt import CqtSpec
    from drum_tabber.tasks import frameworks

    if not args.pop909 and not args.recordings:
        raise SettingError("say what to train on: --pop909 DIR --soundfont FILE, or --recordings LAYOUT:DIR")
    begun = KeyBundle.load(args.start_from) if args.start_from else None
    frameworks.load()
    from drum_tabber.key import serving, training
    from drum_tabber.key.network import KeyNetSpec

    spec, net = CqtSpec(), KeyNetSpec(args.architecture)
    if args.architecture == "allconv":
        net = replace(net, fold=1, pool=8)
    if begun:
        spec, net = begun.cqt, KeyNetSpec(**begun.net)
    found = _material(args, spec.lower(training.MARGIN), net.fold)
    n_steps = max(1, round(args.seconds * spec.frame_rate / net.fold) // net.pool * net.pool)
    course = training.TrainingSpec(
        args.batches, n_steps=n_steps, learning_rate=args.learning_rate, loss=configs.KEY_LOSS, seed=configs.SEED
    )
    batches = training.Batches(found.played, found.drawn, net, spec, course, overfit=args.overfit)
    with tqdm(total=args.batches, unit="batch") as bar:

        def tell(number: int, loss: float) -> None:
            bar.update()
            bar.set_postfix(loss=f"{loss:.3f}")

        network = training.train(batches, tell, serving.load_model(begun) if begun else None)
    facts = {**(begun.facts if begun else {}), **found.facts, "training": asdict(course)}
    folder = Path(configs.MODELS_DIR) / "key" / args.name
    serving.save_network(KeyBundle(folder, spec, asdict(net), net.step, facts=facts), network)
    print(f"wrote {folder}")


@dataclass(frozen=True)
class _Material:
    """What is learnt from: pieces that sounded, songs to draw, and the facts that the bundle keeps of them."""

    played: list[Labelled]
    drawn: list[Rolls]
    facts: dict[str, Any]


def _material(args: argparse.Namespace, wide: CqtSpec, fold: int) -> _Material:
    from tqdm import tqdm

    from drum_tabber.key import corpus, progressions, sketch

    rng = np.random.default_rng(configs.SEED)
    songs = corpus.pop909(args.pop909, "train") if args.pop909 else []
    rng.shuffle(songs)
    played = [*_played(songs[: args.played], args, wide, fold), *_recorded(args, wide, fold)]
    drawable = songs[::-1][: args.drawn] if fold > 1 else []
    step = fold / wide.frame_rate
    drawn = [sketch.rolls(song, step, rng) for song in tqdm(drawable, unit="song", delay=2, desc="notes")]
    n_made_up = args.made_up if fold > 1 else 0
    facts = {
        "pop909": len({*songs[: args.played], *drawable}),
        "played_by": [path.name for path in args.soundfont],
        "made_up": n_made_up,
        "recordings": [named.partition(":")[0] for named in args.recordings],
    }
    facts |= {"sources": list(configs.DATA_SOURCES)} if configs.DATA_SOURCES else {}
    return _Material(played, drawn + progressions.songs(n_made_up, _ROUNDS, rng), facts)


def _played(songs: list[Path], args: argparse.Namespace, wide: CqtSpec, fold: int) -> Iterator[Labelled]:
    """An excerpt of each song by one of the soundfonts."""
    from tqdm import tqdm

    from drum_tabber.key import feed

    if songs and not args.soundfont:
        raise SettingError("POP909 needs a soundfont to be heard: --soundfont FILE, an .sf2 or .sf3")
    cache = Path(configs.DATA_DIR) / "key"
    for song in tqdm(songs, unit="song", delay=2, desc="played"):
        rng = np.random.default_rng([configs.SEED, int(song.name)])
        font = args.soundfont[int(rng.integers(len(args.soundfont)))]
        name = f"{song.name}-{font.stem}-{args.seconds:g}s-{fold}-{configs.KEY_DETUNED:g}-{configs.SEED}"
        yield feed.fed(configs.KEY_FEED, cache, name, partial(_excerpt, song, font, args.seconds, wide, fold, rng))


def _excerpt(song: Path, font: Path, seconds: float, wide: CqtSpec, fold: int, rng: np.random.Generator) -> Labelled:
    """A place in a song, played out of tune."""
    from drum_tabber.key import corpus

    start, end, notes = corpus.excerpt(song, seconds, rng)
    samples = corpus.play(notes, font, start, end - start, wide)
    off = float(rng.uniform(-configs.KEY_DETUNED, configs.KEY_DETUNED))
    return corpus.labelled(*corpus.detuned(samples, corpus.moved(corpus.spans(song), start, end), off), wide, fold)


def _recorded(args: argparse.Namespace, wide: CqtSpec, fold: int) -> Iterator[Labelled]:
    """The middle two minutes of recordings, and spectrograms that somebody made ahead."""
    from tqdm import tqdm

    from drum_tabber.key import corpus, feed

    cache = Path(configs.DATA_DIR) / "key"
    for named in args.recordings:
        layout, _, folder = named.partition(":")
        if layout == IMAGES:
            yield from feed.images(Path(folder), wide.n_bins)
            continue
        for path, key in tqdm(corpus.recordings(layout, Path(folder)), unit="song", delay=2, desc=layout):
            name = f"{layout}-{path.name}-{fold}"
            yield feed.fed(configs.KEY_FEED, cache, name, partial(_middle, path, key, wide, fold))


def _middle(path: Path, key: Key, wide: CqtSpec, fold: int) -> Labelled:
    from drum_tabber.key import corpus, keys
    from drum_tabber.sound import audio

    samples = audio.read(path, wide.rate, mono=True).samples[0]
    spare = max(0, len(samples) - _MIDDLE * wide.rate) // 2
    return corpus.labelled(samples[spare : len(samples) - spare], [keys.Span(0, 1e9, key)], wide, fold)
