"""What the networks of `meter` are fitted to: performances whose beats are known, spoilt as a listener spoils them.

They come in as MIDI or made up; nothing is rendered and no model is asked. Hits are missed, moved, taken for others and
invented; songs are played in swing, and bars lose their last beat, so that meters change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.material import corpora
from drum_tabber.vocabulary import Vocabulary

SWING = (0.57, 0.7)  # where in the beat its off-beats lie
PARTS = (4, 6, 8, 8, 8, 12)  # bars of a part after which the meter changes
THROUGHOUT, BY_PARTS = 0.25, 0.6  # probabilities that all bars are shorter, or those of every other part
NOW_AND_THEN = 0.06  # share of the bars that are shorter else
_AT = 0.1  # of a beat about it and its half, within which a stroke is taken for one on them
_EARLY = 0.03  # seconds by which a stroke may come before its beat

Floats = NDArray[np.float64]


def performances(names: Sequence[str], split: str) -> Iterator[tuple[str, Hits, Beats]]:
    """The layout, hits and beats of the performances of a split that are long enough."""
    vocabulary = Vocabulary.of(configs.DRUMS)
    for corpus in names:
        layout, _, folder = corpus.partition(":")
        for track in corpora.load(layout, folder, vocabulary):
            if track.split == split:
                labels = track.labels()
                if labels.beats is not None and len(labels.hits) >= 30 and len(labels.beats) >= 16:
                    first, last = labels.hits.time[[0, -1]] + (-0.6, 0.1)
                    within = (labels.beats.time >= first) & (labels.beats.time <= last)
                    yield layout, labels.hits, Beats(labels.beats.time[within], labels.beats.place[within])


def spoilt(hits: Hits, rng: np.random.Generator) -> Hits:
    """The hits as they might be heard: soft ones missed, some taken for others or invented, none quite in time."""
    drums = np.unique(hits.drum)
    kept = hits.select(rng.random(len(hits)) > rng.uniform(0, 0.25) * (1.3 - hits.velocity / 127))
    if not len(kept):
        return hits
    drum = np.where(rng.random(len(kept)) < 0.04, rng.choice(drums, len(kept)), kept.drum)
    velocity = kept.velocity + rng.normal(0, 12, len(kept))
    heard = Hits.of(kept.time + rng.normal(0, 0.008, len(kept)), drum, velocity, rng.beta(6, 1, len(kept)))
    n_more = int(len(hits) * rng.uniform(0, 0.06))
    more = Hits.of(rng.uniform(hits.time[0], hits.time[-1], n_more), rng.choice(drums, n_more), 50)
    return Hits.concatenate([heard, more])


def swung(hits: Hits, beat_time: Floats, rng: np.random.Generator) -> Hits:
    """The strokes on the beats and those midway between, which come as late as in swing; others are left out."""
    beat = np.clip(np.searchsorted(beat_time, hits.time, side="right") - 1, 0, len(beat_time) - 2)
    interval = np.diff(beat_time)[beat]
    phase = (hits.time - beat_time[beat]) / interval
    off = np.abs(phase - 0.5) < _AT
    late = np.where(off, (rng.uniform(*SWING) - 0.5) * interval, 0.0)
    kept = off | (np.abs(phase - np.rint(phase)) < _AT)
    return Hits.of((hits.time + late)[kept], hits.drum[kept], hits.velocity[kept], hits.confidence[kept])


def changing(hits: Hits, beats: Beats, rng: np.random.Generator) -> tuple[Hits, Beats]:
    """What is left when bars of three beats and more lose their last one, all of them or some, as the meter changes."""
    starts = np.flatnonzero(beats.place == 1)
    lengths = np.diff(np.append(starts, len(beats)))
    shorter = _shorter(len(starts), rng) & (lengths > 2)
    bar = np.cumsum(beats.place == 1) - 1
    gone = (bar >= 0) & shorter[np.maximum(bar, 0)] & (beats.place == lengths[np.maximum(bar, 0)])
    return without(hits, beats, gone) if len(starts) else (hits, beats)


def _shorter(n_bars: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which of so many bars are shorter."""
    how = rng.random()
    if how < THROUGHOUT:
        return np.ones(n_bars, bool)
    if how < THROUGHOUT + BY_PARTS:
        part = int(rng.choice(PARTS))
        return (np.arange(n_bars) + int(rng.integers(2 * part))) // part % 2 == 1
    return rng.random(n_bars) < NOW_AND_THEN


def without(hits: Hits, beats: Beats, gone: NDArray[np.bool_]) -> tuple[Hits, Beats]:
    """What is left when the beats (beats,) that are `gone` fall away with their strokes and what follows closes up."""
    interval = np.diff(beats.time, append=beats.time[-1] + np.median(np.diff(beats.time)))
    earlier = np.concatenate([[0.0], np.cumsum(np.where(gone, interval, 0.0))])
    beat = np.clip(np.searchsorted(beats.time, hits.time + _EARLY, side="right") - 1, 0, len(beats) - 1)
    kept = ~gone[beat]
    closed = Hits.of((hits.time - earlier[beat])[kept], hits.drum[kept], hits.velocity[kept], hits.confidence[kept])
    return closed, Beats((beats.time - earlier[:-1])[~gone], beats.place[~gone])


def excerpt(beats: Beats, hits: Hits, n_beats: int, rng: np.random.Generator) -> tuple[Beats, Hits]:
    """So many beats, as far as there are any, and the hits about them."""
    first = int(rng.integers(max(1, len(beats) - n_beats)))
    some = slice(first, first + n_beats)
    cut = Beats(beats.time[some], beats.place[some])
    return cut, hits.select((hits.time > cut.time[0] - 0.1) & (hits.time < cut.time[-1] + 0.3))
