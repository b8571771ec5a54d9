"""Annotated recordings by the folder layout they come in: corpora in, `Track`s with lazily read labels out.

`LAYOUTS` is the table of layouts, each a module whose `tracks(folder, part, vocabulary)` finds the recordings. Where a
layout holds several recordings of one piece, the part follows the name: `mdb/mix`. No corpus labels everything:
`Labels.told_apart` says which drums are labelled, and how far apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.material.corpora import (
    adtof,
    bands,
    charts,
    enst,
    idmt,
    made_up,
    mdb,
    performances,
    rendered,
    slakh,
    tabbed,
)
from drum_tabber.material.corpora.annotation import find_annotations, piece, read_annotation
from drum_tabber.material.corpora.track import Groups, Labels, Split, Track, split_of
from drum_tabber.vocabulary import Vocabulary

__all__ = [
    "LAYOUTS",
    "Groups",
    "Labels",
    "Layout",
    "Split",
    "Track",
    "find_annotations",
    "layouts",
    "load",
    "named",
    "piece",
    "read_annotation",
    "split_of",
]


@dataclass(frozen=True)
class Layout:
    """How a corpus lies in its folder: what to expect there, how to find it, the parts to choose from (first: default).

    Of one that is `made_up` nothing lies in a folder: a number stands in its place.
    """

    expected: str
    tracks: Callable[[Path, str, Vocabulary], Iterator[Track]]
    parts: tuple[str, ...] = ("",)
    made_up: bool = False


LAYOUTS: dict[str, Layout] = {
    "mdb": Layout(
        "annotations/ with *subclass.txt files, and audio/drum_only or drums/", mdb.tracks, ("drums", "mix", "remix")
    ),
    "groove": Layout("info.csv and the MIDI files that it lists", performances.tracks),
    "egmd": Layout("e-gmd-v1.0.0.csv and the MIDI files that it lists", performances.tracks),
    "enst": Layout("drummer_*/annotation/*.txt and drummer_*/audio/wet_mix", enst.tracks, ("wet_mix", "dry_mix")),
    "idmt": Layout("annotation_xml/*.xml and audio/*.wav", idmt.tracks),
    "slakh": Layout("Track*/metadata.yaml with MIDI/ and mix.flac beside it", slakh.tracks),
    "adtof": Layout("audio/ and annotations/ with files of the same names", adtof.tracks),
    "rendered": Layout("<name>.flac and <name>.hits.csv side by side", rendered.tracks),
    "charts": Layout("folders with notes.mid or notes.chart beside a recording song.*", charts.tracks),
    "midi": Layout("MIDI files with drums on channel 10, alone or each beside its recording", bands.tracks),
    "songs": Layout("songs/ and tabs/ with a sidecar songs/<name>.json for each song", tabbed.tracks),
    "patterns": Layout(
        "the number of songs to make up, such as 400, in the folder's place", made_up.tracks, made_up=True
    ),
}


def load(layout: str, folder: str | Path, vocabulary: Vocabulary) -> list[Track]:
    """All tracks of a corpus, by name. Raises CorpusError where the folder isn't laid out so."""
    name, _, part = layout.partition("/")
    if name not in LAYOUTS or part not in ("", *LAYOUTS[name].parts):
        raise CorpusError(f"there is no corpus layout {layout!r}; there are {', '.join(layouts())}")
    folder, known = Path(folder), LAYOUTS[name]
    if not known.made_up and not folder.is_dir():
        raise CorpusError(f"there is no folder {folder}; give the folder that holds the corpus {name}")
    tracks = sorted(known.tracks(folder, part or known.parts[0], vocabulary), key=lambda track: track.name)
    if not tracks:
        raise CorpusError(
            f"{folder} isn't laid out as {layout}: expected {known.expected}; check the folder or the layout"
        )
    return tracks


def named(corpus: str, vocabulary: Vocabulary, option: str = "--corpus") -> tuple[str, list[Track]]:
    """The layout and all tracks of a corpus as an option names it: LAYOUT:FOLDER. Raises SettingError, CorpusError."""
    layout, colon, folder = corpus.partition(":")
    if not colon:
        raise SettingError(f"{option} needs LAYOUT:FOLDER, such as mdb/mix:/data/mdb, not {corpus!r}")
    return layout, load(layout, folder, vocabulary)


def layouts() -> list[str]:
    """The names that `load` takes."""
    return [f"{name}/{part}".rstrip("/") for name, layout in LAYOUTS.items() for part in layout.parts]
