"""`python -m drum_tabber train-key`: a network that hears the key, trained on POP909 and on folders of recordings.

POP909's songs are played by soundfonts once and kept in DATA_DIR/key, so a stopped run goes on where it was; others are
drawn from their notes. Recordings carry one key each, and are heard in their middle.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import configs
from drum_tabber.errors import SettingError

if TYPE_CHECKING:
    from drum_tabber.key.corpus import Labelled
    from drum_tabber.key.cqt import CqtSpec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--pop909", type=Path, metavar="DIR", help="the folder of POP909's songs")
    parser.add_argument("--soundfont", type=Path, action="append", default=[], metavar="FILE", help="(repeatable)")
    parser.add_argument(
        "--recordings", action="append", default=[], metavar="LAYOUT:DIR", help="ncs, giantsteps-mtg, giantsteps-key"
    )
    parser.add_argument("--architecture", choices=("equivariant", "allconv"), default="equivariant")
    parser.add_argument("--played", type=int, default=300, metavar="N", help="songs that soundfonts play (300)")
    parser.add_argument("--drawn", type=int, default=350, metavar="N", help="songs drawn from their notes (350)")
    parser.add_argument("--seconds", type=float, default=24.0, metavar="S", help="of each song played (24)")
    parser.add_argument("--batches", type=int, default=800, metavar="N", help="of 32 pieces (800)")
    parser.add_argument("--overfit", action="store_true", help="a debug run: the same batch over and over")
    parser.add_argument("--name", default="own", help="of the bundle in MODELS_DIR/key (own)")


def run(args: argparse.Namespace) -> None:
    """Train and write the bundle."""
    from tqdm import tqdm

    from drum_tabber.key import corpus, sketch
    from drum_tabber.key.cqt import CqtSpec
    from drum_tabber.tasks import frameworks

    if not args.pop909 and not args.recordings:
        raise SettingError("say what to train on: --pop909 DIR --soundfont FILE, or --recordings LAYOUT:DIR")
    frameworks.load()
    from drum_tabber.key import serving, training
    from drum_tabber.key.bundle import KeyBundle
    from drum_tabber.key.network import KeyNetSpec

    spec, net = CqtSpec(), KeyNetSpec(args.architecture)
    if args.architecture == "allconv":
        net = replace(net, fold=1, pool=8)
    wide = spec.lower(training.MARGIN)
    rng = np.random.default_rng(configs.SEED)
    songs = corpus.pop909(args.pop909, "train") if args.pop909 else []
    rng.shuffle(songs)
    cache = Path(configs.DATA_DIR) / "key"
    played = [*_played(songs[: args.played], args, wide, net.fold, cache), *_recorded(args, wide, net.fold)]
    step = net.fold / spec.frame_rate
    drawn = songs[::-1][: args.drawn] if net.fold > 1 else []
    sketched = [sketch.rolls(song, step, rng) for song in tqdm(drawn, unit="song", delay=2, desc="notes")]
    n_steps = max(1, round(args.seconds / step) // net.pool * net.pool)
    course = training.TrainingSpec(args.batches, n_steps=n_steps, seed=configs.SEED)
    batches = training.Batches(played, sketched, net, spec, course, overfit=args.overfit)
    with tqdm(total=args.batches, unit="batch") as bar:

        def tell(number: int, loss: float) -> None:
            bar.update()
            bar.set_postfix(loss=f"{loss:.3f}")

        network = training.train(batches, tell)
    facts = {"pop909": len({*songs[: args.played], *drawn}), "played_by": [path.name for path in args.soundfont]}
    facts |= {"recordings": args.recordings, "training": asdict(course)}
    folder = Path(configs.MODELS_DIR) / "key" / args.name
    serving.save_network(KeyBundle(folder, spec, asdict(net), net.step, facts=facts), network)
    print(f"wrote {folder}")


def _played(songs: list[Path], args: argparse.Namespace, wide: CqtSpec, fold: int, cache: Path) -> Iterator[Labelled]:
    """An excerpt of each song by one of the soundfonts, played once."""
    from tqdm import tqdm

    from drum_tabber.files import replacing
    from drum_tabber.key import corpus

    if songs and not args.soundfont:
        raise SettingError("POP909 needs a soundfont to be heard: --soundfont FILE, an .sf2 or .sf3")
    for song in tqdm(songs, unit="song", delay=2, desc="played"):
        rng = np.random.default_rng([configs.SEED, int(song.name)])
        font = args.soundfont[int(rng.integers(len(args.soundfont)))]
        kept = cache / f"{song.name}-{font.stem}-{args.seconds:g}s-{fold}-{configs.SEED}.npz"
        if not kept.exists():
            start, end, notes = corpus.excerpt(song, args.seconds, rng)
            samples = corpus.play(notes, font, start, end - start, wide)
            piece = corpus.labelled(samples, corpus.moved(corpus.spans(song), start, end), wide, fold)
            with replacing(kept) as part:
                np.savez(part, magnitude=piece.magnitude, key=piece.key)
        with np.load(kept) as held:
            yield corpus.Labelled(held["magnitude"], held["key"])


def _recorded(args: argparse.Namespace, wide: CqtSpec, fold: int) -> Iterator[Labelled]:
    """The middle two minutes of recordings."""
    from tqdm import tqdm

    from drum_tabber.key import corpus, keys
    from drum_tabber.sound import audio

    for named in args.recordings:
        layout, _, folder = named.partition(":")
        for path, key in tqdm(corpus.recordings(layout, Path(folder)), unit="song", delay=2, desc=layout):
            samples = audio.read(path, wide.rate, mono=True).samples[0]
            spare = max(0, len(samples) - 120 * wide.rate) // 2
            yield corpus.labelled(samples[spare : len(samples) - spare], [keys.Span(0, 1e9, key)], wide, fold)
