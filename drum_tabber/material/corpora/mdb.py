"""MDB Drums (Southall et al. 2017), as published or flat: drums alone, with their bands, or mixed anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from drum_tabber.material.corpora.annotation import (
    CYMBALS,
    HATS,
    MDB_CLASSES,
    MDB_SUBCLASSES,
    TOMS,
    piece,
    read_beats,
    text_labels,
    version_of,
)
from drum_tabber.material.corpora.track import Groups, Labels, Track
from drum_tabber.vocabulary import Vocabulary

SUBCLASSES_APART: Groups = (*((code,) for code in ("BD", "SD", "SS", *HATS, "LT", *CYMBALS)), ("HT", "MT"))
CLASSES_APART: Groups = (("BD",), ("SD",), HATS, TOMS, CYMBALS)


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """Flat is `annotations/<name>.subclass.txt` beside the folders `drums`, `mix` and `remix`."""
    root = folder / "MDB Drums" if (folder / "MDB Drums").is_dir() else folder
    audio_dir = root / {"drums": "audio/drum_only", "mix": "audio/full_mix"}.get(part, "")
    audio_dir = audio_dir if audio_dir.is_dir() and audio_dir != root else root / part
    audio = {piece(path): path for path in sorted(audio_dir.glob("*.*"))}
    annotations = [*root.glob("annotations/subclass/*.txt"), *root.glob("annotations/*.subclass.txt")]
    annotations = annotations or [*root.glob("annotations/class/*.txt"), *root.glob("annotations/*.class.txt")]
    for path in annotations:
        name = piece(path)
        if name in audio:
            beats = [*root.glob(f"annotations/beats/*_{name}_*.beats"), *root.glob(f"annotations/{name}.beats.txt")]
            labels = partial(_labels, path, beats[0] if beats else None, vocabulary)
            yield Track(name, "test", audio[name], None, labels, version=version_of(path, *beats[:1]))


def _labels(path: Path, beats: Path | None, vocabulary: Vocabulary) -> Labels:
    subclasses = "subclass" in path.name
    codes, apart = (MDB_SUBCLASSES, SUBCLASSES_APART) if subclasses else (MDB_CLASSES, CLASSES_APART)
    return replace(text_labels(path, codes, apart, vocabulary), beats=read_beats(beats) if beats else None)
