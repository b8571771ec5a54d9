"""`python -m drum_tabber prepare --listen N`: training examples to hear before anything is trained on them.

Each is a recording just as its spectrogram would be made of it, rendered or augmented: the sound on the left, the sound
with a tick at every label on the right, each drum at its pitch; beside it the hits and beats as tables. Only what hides
parts of spectrograms in training (the masks) can't be heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import configs
from drum_tabber.augmentation import augment
from drum_tabber.errors import CorpusError
from drum_tabber.export import columns
from drum_tabber.learning.segments import Segment
from drum_tabber.sound.filtering import peak_of
from drum_tabber.tasks import playing, prepare
from drum_tabber.tasks.prepare import Shard
from drum_tabber.tasks.sources import Material

FOLDER = "listen"  # of DATA_DIR
_PEAK = 0.9  # of full scale: louder examples are turned down, as far as a file can hold them


@dataclass(frozen=True)
class Example:
    """A training example: what it is a copy of, and its audio with labels."""

    name: str
    copy: int
    segment: Segment


def write(found: Material, n: int) -> Iterator[str]:
    """Write `n` examples drawn by SEED from all that trains, and say of each what it is, as it is ready.

    The same material and settings give the same examples. Raises CorpusError where nothing is left to train on.
    """
    rng = np.random.default_rng(configs.SEED)
    wanted = [shard for shard in prepare.shards(found, "spectrograms") if shard.split == "train"]
    if not wanted:
        raise CorpusError("there is nothing to listen to: all of the material is kept for validation")
    for number in range(n):
        example = _drawn(wanted[int(rng.integers(len(wanted)))], rng)
        path = Path(configs.DATA_DIR) / FOLDER / f"{number + 1:03d}.wav"
        _write(path, example.segment)
        hits, seconds = example.segment.hits, len(example.segment.samples) / configs.SAMPLE_RATE
        yield f"{path}: {example.name}, copy {example.copy}, {seconds:.1f} s, {len(hits)} hits"


def _drawn(shard: Shard, rng: np.random.Generator) -> Example:
    """One of a shard's recordings or performances."""
    if shard.tracks[0].audio is None:
        names = [shard.home(performance) for performance in playing.performances(shard.tracks)]
    else:
        names = [track.name for track in shard.tracks]
    chosen = names[int(rng.integers(len(names)))]
    about: dict[str, list[str]] = {"facts": [], "failed": []}
    for piece in prepare.pieces(shard, about, lambda home, copy, version: home != chosen):
        return Example(piece.home, piece.copy, piece.segment)
    raise CorpusError(f"{chosen} can't be listened to: {'; '.join(about['failed']) or 'it has no hits'}")


def _write(path: Path, made: Segment) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    quiet = made.samples * np.float32(min(1.0, _PEAK / max(peak_of(made.samples), 1e-9)))
    augment.listen(path, quiet, configs.SAMPLE_RATE, made.hits)
    columns.write_hits(path.with_suffix(".hits.csv"), made.hits)
    if made.beats is not None:
        columns.write_beats(path.with_suffix(".beats.csv"), made.beats)
