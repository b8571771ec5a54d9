"""Augmented audio made ahead: tracks in, a folder in the layout "rendered" out, which trains as any corpus does.

Each track becomes a folder of copies: `<track>/0.flac` with its hits and beats as tables, `1.flac` …, and a
`labels.json` that says what the corpus tells apart and to which split the copies belong. Anyone can listen to them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drum_tabber.augmentation.augment import Augmenter, Draw
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats
from drum_tabber.export import columns
from drum_tabber.files import replacing
from drum_tabber.learning.segments import Segment
from drum_tabber.material.corpora.rendered import read_about
from drum_tabber.sound import audio

if TYPE_CHECKING:
    from drum_tabber.material.corpora import Labels, Split, Track


def augmented(track: Track, copy: int, augmenter: Augmenter, sample_rate: int, seed: int = 0) -> Segment:
    """A whole track, augmented if it is for training, as it is otherwise; the same numbers give the same audio.

    Raises CorpusError for a track without audio, AudioError for one that can't be read.
    """
    if track.audio is None:
        raise CorpusError(f"{track.name} has no audio; set KITS_DIRS to render it")
    rng = np.random.default_rng([seed, zlib.crc32(track.name.encode()), copy])
    draw = augmenter.draw(rng) if track.split == "train" else Draw()
    samples = audio.read(track.audio, sample_rate, mono=True).samples[0]
    labels = track.labels()
    samples, hits, beats = draw.apply(samples, sample_rate, labels.hits, labels.beats or Beats())
    hidden = draw.moved(labels.hidden, len(samples) / sample_rate)
    return Segment(samples, hits, None if labels.beats is None else beats, hidden)


def exists(home: Path, copy: int, version: str = "") -> bool:
    """Whether a copy has been written to its track's folder, with the labels of that version."""
    return (home / f"{copy}.hits.csv").exists() and _by_copy(home)["versions"].get(str(copy), "") == version


def write(
    home: Path,
    copy: int,
    split: Split,
    labels: Labels,
    made: Segment,
    sample_rate: int,
    version: str = "",
    kits: Sequence[str] = (),
) -> None:
    """Write one copy into its track's folder; of `labels` only what the corpus tells apart is kept.

    `kits` names those of which it may have been played on any.
    """
    for kind in (".hits.csv", ".beats.csv", ".hidden.csv"):  # of an earlier version
        (home / f"{copy}{kind}").unlink(missing_ok=True)
    about: dict[str, dict[str, Any]] = {"splits": {str(copy): split}, "versions": {str(copy): version}}
    if kits:
        about["kits"] = {str(copy): list(kits)}
    _write_labels(home / "labels.json", labels, about)
    peak = max(1.0, float(np.abs(made.samples).max(initial=0.0)))  # a file holds nothing beyond full scale
    audio.write(home / f"{copy}.flac", made.samples / np.float32(peak), sample_rate)
    if made.beats is not None:
        columns.write_beats(home / f"{copy}.beats.csv", made.beats)
    if len(made.hidden):
        columns.write_spans(home / f"{copy}.hidden.csv", made.hidden)
    columns.write_hits(home / f"{copy}.hits.csv", made.hits)  # last: a copy counts as made when its hits are there


def _write_labels(path: Path, labels: Labels, about: Mapping[str, Mapping[str, Any]]) -> None:
    before = {name: kept for name, kept in _by_copy(path.parent).items() if kept}
    joined = {name: {**before.get(name, {}), **about.get(name, {})} for name in (*before, *about)}
    with replacing(path) as part:
        part.write_text(
            json.dumps({"told_apart": labels.told_apart, "velocity": labels.velocity, **joined}, indent=1) + "\n"
        )


def _by_copy(home: Path) -> dict[str, dict[str, Any]]:
    """What the folder's `labels.json` says of each copy."""
    about = read_about(home)
    return {name: about.get(name, {}) for name in ("splits", "versions", "kits")}
