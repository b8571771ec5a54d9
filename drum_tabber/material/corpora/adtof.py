"""ADTOF (Zehren et al. 2021) and whatever is laid out like it: audio, and annotations of five classes beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from drum_tabber import midi
from drum_tabber.material.corpora.annotation import (
    CYMBALS,
    HATS,
    TOMS,
    common_labels,
    midi_labels,
    renamed,
    text_labels,
    version_of,
)
from drum_tabber.material.corpora.track import Groups, Labels, Track, split_of
from drum_tabber.sound.audio import EXTENSIONS
from drum_tabber.vocabulary import Vocabulary

APART: Groups = (("BD",), ("SD", "SS"), HATS, TOMS, CYMBALS)
CODES = {code: group[0] for group in APART for code in group}


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """Audio in `audio`, annotations as text (`time note`) or MIDI below `annotations`, the aligned ones first."""
    audio = {path.stem: path for path in sorted(folder.glob("audio/**/*.*")) if path.suffix.lower() in EXTENSIONS}
    kinds = (folder / "annotations" / name for name in ("aligned_drum", "aligned_midi", "midi", "."))
    found = ([path for path in kind.glob("*.*") if path.stem in audio] for kind in kinds)
    for path in next(filter(None, found), []):
        score = path if path.suffix.lower() in midi.EXTENSIONS else None
        labels = partial(_labels, path, vocabulary)
        yield Track(path.stem, split_of(path.stem), audio[path.stem], score, labels, version=version_of(path))


def _labels(path: Path, vocabulary: Vocabulary) -> Labels:
    if path.suffix.lower() in midi.EXTENSIONS:
        labels = midi_labels([path], vocabulary, channel=None)
    else:
        labels = text_labels(path, common_labels(vocabulary), APART, vocabulary)
    return replace(labels, hits=renamed(labels.hits, CODES), beats=None, told_apart=APART, velocity=False)
