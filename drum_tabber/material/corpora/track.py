"""The nouns of a corpus: a `Track`, one recording or performance, and its `Labels`, what is known of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans

Split = Literal["train", "validation", "test"]
Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Labels:
    """What is known of a recording.

    `beats` is None where beats aren't labelled. `told_apart` groups drum codes: a group of one is a drum labelled by
    itself; of a group of several it is known that one of them was hit, not which, and the hits carry the first code;
    a code in no group isn't labelled at all. `velocity` tells whether the hits' velocities mean anything. In the spans
    of `hidden` there may be more than is labelled: `unmapped` counts the notes that were heard there and are none of
    our drums, and `left_out` the strokes that were labelled and are not believed, both by what they are.
    """

    hits: Hits
    beats: Beats | None
    told_apart: Groups
    velocity: bool
    hidden: Spans = field(default_factory=Spans)
    unmapped: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Track:
    """One recording or performance: `audio`, `midi` or both, and `labels()`, which reads the annotation when called.

    Tracks of one `piece` belong in one split ("" for the track's own name); another `version` has other labels; `note`
    may say in words where they come from, `kits` which drums were sampled to render it.
    """

    name: str
    split: Split
    audio: Path | None
    midi: Path | None
    labels: Callable[[], Labels]
    piece: str = ""
    version: str = ""
    note: str = ""
    kits: tuple[str, ...] = ()


def split_of(name: str) -> Split:
    """A lasting split by name for corpora without one of their own: a tenth for testing, a tenth for validation."""
    return ("test", "validation", *["train"] * 8)[zlib.crc32(name.encode()) % 10]  # type: ignore[return-value]


def split_named(name: str, where: Path) -> Split:
    """The split that a corpus gives in the file `where`. Raises CorpusError for one that there isn't."""
    if name not in get_args(Split):
        raise CorpusError(f"{where} names a split {name!r}; expected train, validation or test")
    return name  # type: ignore[return-value]
