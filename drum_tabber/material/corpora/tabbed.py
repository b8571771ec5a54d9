"""Songs with tabs, where a sidecar says when the tab begins; `tasks.pairs` finds the place of the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from drum_tabber.errors import CorpusError
from drum_tabber.material import songs
from drum_tabber.material.corpora.annotation import all_apart, version_of
from drum_tabber.material.corpora.track import Labels, Track, split_of
from drum_tabber.material.songs import Alignment, Song
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import hits_of
from drum_tabber.vocabulary import Vocabulary


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """The songs of `songs/` that have a tab in `tabs/` and an alignment."""
    for song in songs.load(folder / "songs", folder / "tabs")[0]:
        if song.alignment is not None:
            labels = partial(_labels, song, song.alignment, vocabulary)
            version = version_of(song.tab, also=(song.alignment, song.labels))
            yield Track(song.name, split_of(song.name), song.audio, None, labels, version=version)


def _labels(song: Song, alignment: Alignment, vocabulary: Vocabulary) -> Labels:
    tab = song.read_tab(vocabulary)
    try:
        beat_time = alignment.beat_times(tab)
    except CorpusError as error:
        raise CorpusError(f"{song.tab}: {error}") from error
    divisions = np.array([division for bar in tab.bars for division in bar.divisions])
    meters, units = zip(*(bar.meter for bar in tab.bars), strict=True)
    grid = Grid(beat_time, divisions, meters, units)
    return Labels(hits_of(tab, grid), grid.beats, all_apart(vocabulary), velocity=False)
