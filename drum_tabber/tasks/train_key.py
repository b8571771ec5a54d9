"""`python -m drum_tabber train-key`: a network that hears the key, trained on POP909 and on folders of recordings.

POP909's songs are played by soundfonts, out of tune; others are drawn from their notes, beside made-up songs in idioms
that pop lacks. Recordings carry one key each, and are heard in their middle. Unless KEY_FEED is "audio", spectrograms
are kept in DATA_DIR/key; what was learnt is kept there too, so a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
from drum_tabber.errors import SettingError
from drum_tabber.files import replacing

if TYPE_CHECKING:
    import keras

    from drum_tabber.key.corpus import Labelled
    from drum_tabber.key.cqt import CqtSpec
    from drum_tabber.key.keys import Key
    from drum_tabber.key.network import KeyNetSpec
    from drum_tabber.key.sketch import Rolls
    from drum_tabber.key.training import Batches, TrainingSpec

IMAGES = "images"  # the layout of spectrograms made ahead
_MIDDLE = 120  # seconds of a recording
_ROUNDS = 160  # steps that a made-up song lasts
_BY_HEART = 0.05  # the loss, of the piece and of its steps, that one batch learnt by heart is below


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
    parser.add_argument("--played", type=int, default=200, metavar="N", help="songs that soundfonts play (200)")
    parser.add_argument("--takes", type=int, default=1, metavar="N", help="of each, by other bands (1)")
    parser.add_argument("--drawn", type=int, default=1000, metavar="N", help="songs drawn from their notes (all)")
    parser.add_argument("--made-up", type=int, default=100, metavar="N", help="rock, modal and blues songs (100)")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="of each song played (60)")
    parser.add_argument("--piece", type=float, default=48.0, metavar="S", help="seconds learnt at once (48)")
    parser.add_argument("--batches", type=int, default=1200, metavar="N", help="of 16 pieces (1200)")
    parser.add_argument("--learning-rate", type=float, default=3e-3, metavar="R", help="at its peak (3e-3)")
    parser.add_argument("--start-from", type=Path, metavar="DIR", help="a key model to go on from, built as that")
    parser.add_argument("--overfit", action="store_true", help="a debug run: the same batch over and over")
    parser.add_argument("--name", default="own", help="of the bundle in MODELS_DIR/key (own)")


def run(args: argparse.Namespace) -> int:
    """Train and write the bundle; the exit status is 1 where a debug run doesn't overfit."""
    from drum_tabber.key.bundle import KeyBundle
    from drum_tabber.key.cqt import CqtSpec
    from drum_tabber.tasks import frameworks, specs

    specs.check_places("DATA_DIR", "MODELS_DIR")
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
    n_steps = max(1, round(args.piece * spec.frame_rate / net.fold) // net.pool * net.pool)
    course = training.TrainingSpec(
        args.batches, n_steps=n_steps, learning_rate=args.learning_rate, loss=configs.KEY_LOSS, seed=configs.SEED
    )
    batches = training.Batches(found.played, found.drawn, net, spec, course, overfit=args.overfit)
    state = Path(configs.DATA_DIR) / "key" / f"{args.name}-{_digest(found.facts, course, net, args)}.weights.h5"
    network, loss = _trained(batches, serving.load_model(begun) if begun else None, state)
    facts = {**(begun.facts if begun else {}), **found.facts, "training": asdict(course)}
    folder = Path(configs.MODELS_DIR) / "key" / args.name
    serving.save_network(KeyBundle(folder, spec, asdict(net), net.step, facts=facts), network)
    state.unlink(missing_ok=True)
    print(f"wrote {folder}")
    return _overfitted(loss) if args.overfit else 0


def _trained(batches: Batches, begun: keras.Model | None, state: Path) -> tuple[keras.Model, float]:
    """A network and the loss of its last batch; a run of the same kind that was stopped goes on from `state`."""
    from tqdm import tqdm

    from drum_tabber.key import training

    last = float("inf")
    with tqdm(total=batches.training.n_batches, unit="batch") as bar:

        def tell(n_done: int, loss: float) -> None:
            nonlocal last
            last = loss
            bar.update(n_done - bar.n)
            bar.set_postfix(loss=f"{loss:.3f}")

        return training.train(batches, tell, begun, state), last


def _digest(facts: dict[str, Any], course: TrainingSpec, net: KeyNetSpec, args: argparse.Namespace) -> str:
    """Eight digits that differ where runs do, but for their length: one goes on from where its own like was stopped."""
    said = repr((facts, replace(course, n_batches=0), net, args.seconds, args.takes, args.start_from, args.overfit))
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def _overfitted(loss: float) -> int:
    """Say whether one batch was learnt by heart; the exit status."""
    if loss < _BY_HEART:
        print(f"the batch is known by heart: its loss is {loss:.4f}")
        return 0
    print(f"error: the loss of one batch is {loss:.4f}, not below {_BY_HEART}: it can't be learnt", file=sys.stderr)
    return 1


@dataclass(frozen=True)
class _Material:
    """What is learnt from: pieces that sounded, songs to draw, and the facts that the bundle keeps of them."""

    played: list[Labelled]
    drawn: list[Rolls]
    facts: dict[str, Any]


def _material(args: argparse.Namespace, wide: CqtSpec, fold: int) -> _Material:
    from tqdm import tqdm

    from drum_tabber.key import corpus, progressions

    rng = np.random.default_rng(configs.SEED)
    songs = corpus.pop909(args.pop909, "train") if args.pop909 else []
    rng.shuffle(songs)
    played = [*_played(songs[: args.played], args, wide, fold), *_recorded(args, wide, fold)]
    drawable = songs[::-1][: args.drawn] if fold > 1 else []
    drawn = [_rolls(song, fold / wide.frame_rate) for song in tqdm(drawable, unit="song", delay=2, desc="notes")]
    n_made_up = args.made_up if fold > 1 else 0
    facts = {
        "pop909": len({*songs[: args.played], *drawable}),
        "played_by": [path.name for path in args.soundfont],
        "made_up": n_made_up,
        "recordings": [named.partition(":")[0] for named in args.recordings],
    }
    facts |= {"sources": list(configs.DATA_SOURCES)} if configs.DATA_SOURCES else {}
    return _Material(played, drawn + progressions.songs(n_made_up, _ROUNDS, rng), facts)


def _rolls(song: Path, step: float) -> Rolls:
    """The song's notes; they take a tenth of a second to read, and are kept."""
    from drum_tabber.key import sketch

    path = Path(configs.DATA_DIR) / "key" / "notes" / f"{song.name}-{1000 * step:.0f}ms-{configs.SEED}.npz"
    if path.exists():
        with np.load(path) as held:
            return sketch.Rolls(held["strength"], held["key"])
    made = sketch.rolls(song, step, np.random.default_rng([configs.SEED, int(song.name)]))
    with replacing(path) as part:
        np.savez_compressed(part, strength=made.strength, key=made.key)
    return made


def _played(songs: list[Path], args: argparse.Namespace, wide: CqtSpec, fold: int) -> Iterator[Labelled]:
    """Excerpts of each song, each by one of the soundfonts."""
    from tqdm import tqdm

    from drum_tabber.key import feed

    if songs and not args.soundfont:
        raise SettingError("POP909 needs a soundfont to be heard: --soundfont FILE, an .sf2 or .sf3")
    cache = Path(configs.DATA_DIR) / "key"
    takes = [(song, take) for take in range(args.takes) for song in songs]
    for song, take in tqdm(takes, unit="take", delay=2, desc="played"):
        rng = np.random.default_rng([configs.SEED, int(song.name), take])
        font = args.soundfont[int(rng.integers(len(args.soundfont)))]
        name = f"{song.name}-{take}-{font.stem}-{args.seconds:g}s-{fold}-{configs.KEY_DETUNED:g}-{configs.SEED}"
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
