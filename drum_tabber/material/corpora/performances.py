"""Groove MIDI and E-GMD: performances on an electronic kit, listed in a CSV table with their official split."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from drum_tabber.material.corpora.annotation import midi_labels, renamed, version_of
from drum_tabber.material.corpora.track import Labels, Track, split_named
from drum_tabber.vocabulary import Vocabulary

# Roland's TD-11 and its like send 55 and 52 for the edges of their two crashes: splash and china never sound.
ROLAND = {"SC": "CC", "CH": "CC"}


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """The folder may be the corpus, or hold it; audio is optional."""
    for table in [*sorted(folder.glob("*.csv")), *sorted(folder.glob("*/*.csv"))]:
        root = table.parent
        with table.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                score = root / (row.get("midi_filename") or "")
                audio = root / (row.get("audio_filename") or "")
                if score.is_file():
                    name = score.relative_to(root).with_suffix("").as_posix()
                    split = split_named(row.get("split", ""), table)
                    labels = partial(_labels, score, vocabulary)
                    recording = audio if audio.is_file() else None
                    yield Track(name, split, recording, score, labels, version=version_of(score))


def _labels(path: Path, vocabulary: Vocabulary) -> Labels:
    labels = midi_labels([path], vocabulary)
    return replace(labels, hits=renamed(labels.hits, ROLAND))
