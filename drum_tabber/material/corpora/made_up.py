"""Songs that nobody wrote: the pattern generator's, as many as the number that stands in the folder's place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from drum_tabber.material.corpora.annotation import all_apart
from drum_tabber.material.corpora.track import Labels, Split, Track
from drum_tabber.rendering import patterns
from drum_tabber.vocabulary import Vocabulary

_SEED = 1  # of all of them: their numbers alone tell them apart


def tracks(count: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """So many songs, every twelfth for validation."""
    for number in range(int(str(count)) if str(count).isdecimal() else 0):
        split: Split = "validation" if number % 12 == 11 else "train"
        yield Track(f"patterns-{number:05d}", split, None, None, partial(_labels, number, vocabulary))


def _labels(number: int, vocabulary: Vocabulary) -> Labels:
    song = patterns.performance(_SEED, number)
    return Labels(song.hits.of_drum(*vocabulary.codes), song.beats, all_apart(vocabulary), velocity=True)
