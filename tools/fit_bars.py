"""Fit the weights of `meter/downbeats.py`: `python -m tools.fit_bars --score patterns:900 --kit DIR --kit-name NAME`.

Scores for training are played as `bench grid` plays them, as they stand and with every other eight bars a beat shorter,
and the shipped model hears them. On their true beats the search of `meter/bars.py` looks for the bars; where it finds
others than there are, the weights move from what speaks for its bars towards what speaks for the true ones: a
structured perceptron whose rivals have a margin in hand (Collins, EMNLP 2002; Taskar et al., NIPS 2003), by AdaGrad.
The weights to write into `Weights` are printed: their mean over the second half of the rounds. How rare a meter is
isn't fitted, since made-up songs have more odd ones than there are.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import configs
from drum_tabber.events import Beats
from drum_tabber.hearing.targets import decode
from drum_tabber.kits.kit import Kit
from drum_tabber.meter import bars, downbeats, recall
from drum_tabber.meter.bars import PlacedBar
from drum_tabber.meter.downbeats import WEIGHTS, Weights
from drum_tabber.meter.rhythm import patterns
from drum_tabber.meter.tempo import near
from drum_tabber.odds import log_odds
from drum_tabber.tasks import bench_grid, drums
from drum_tabber.tasks.bench_grid import Case

METERS = (2, 3, 4, 5, 6, 7)
DOUBTED = tuple(meter for meter in METERS if meter != 4)
PLAYED = ("as written", bench_grid.CHANGING)  # of the ways of `bench grid`
MARGIN = 1.0  # nats that a bar which begins where none does is given
RATE = 0.4  # of AdaGrad
MOST = 20.0  # of one step's slope
REACH = 0.05  # seconds around a beat where its activation may peak

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Song:
    """What is known of a song: the beats' patterns, `figures` (beats, meters, ...), the beat with which drums set in,
    places, bars."""

    found: Floats
    figures: Floats
    entry: int
    place: NDArray[np.int64]
    path: list[PlacedBar]


def main() -> None:
    """Render, fit, print the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--score", required=True, metavar="LAYOUT:FOLDER", help="scores to play")
    parser.add_argument("--kit", type=Path, required=True, metavar="DIR", help="drum samples")
    parser.add_argument("--kit-name", metavar="NAME", help="one of the kits that the folder's manifest.csv lists")
    parser.add_argument("--pieces", type=int, default=60, help="of --score, at most (default: 60)")
    parser.add_argument("--rounds", type=int, default=6, help="through all songs (default: 6)")
    args = parser.parse_args()
    transcriber = drums.transcriber()
    songs = [heard(case, transcriber) for case in cases(args, transcriber)]
    print(fit([song for song in songs if song.path], args.rounds, np.random.default_rng(0)))


def cases(args: argparse.Namespace, transcriber: drums.Transcriber) -> Iterator[Case]:
    """Each score for training in each of the ways."""
    kit = Kit.load(args.kit, configs.SAMPLE_RATE, args.kit_name)
    tracks = [track for _, track in bench_grid.tracks([args.score]) if track.split == "train"][: args.pieces]
    for number, track in enumerate(tqdm(tracks, unit="score")):
        if made := bench_grid.score_of(track, transcriber):
            for way in PLAYED:
                rng = np.random.default_rng(number)
                yield bench_grid.performed(way, made[0], bench_grid.WAYS[way](made[1]), kit, rng, transcriber)


def heard(case: Case, transcriber: drums.Transcriber) -> Song:
    """A case as the model hears it, on its true beats."""
    answer = transcriber.network.activations([np.asarray(case.source, np.float32)])
    hits = decode(answer.onset, answer.velocity, transcriber.network.bundle.targets, transcriber.decoding)
    beats = case.truth.beats
    odds = log_odds(near(answer.beat[:, 1].astype(np.float64), beats.time, answer.frame_rate, REACH), downbeats.NEAREST)
    found = patterns(hits, beats.time)
    figures = np.stack([downbeats.bar_figures(found, odds, meter) for meter in METERS], axis=1)
    return Song(found, figures, downbeats.entry(found), beats.place, path_of(beats))


def path_of(beats: Beats) -> list[PlacedBar]:
    """The bars as the search has them; none where there is one that it doesn't look for."""
    starts = np.flatnonzero(beats.place == 1)
    meters = np.diff(starts)
    meters = np.append(meters, max(len(beats) - starts[-1], meters[-1]))
    if starts[0] >= meters[0] or not np.isin(meters, METERS).all():
        return []
    edges = np.flatnonzero(np.diff(meters, prepend=-1, append=-1))  # where parts begin, and the end
    part = np.searchsorted(edges, np.arange(len(meters)), side="right")
    before = np.arange(len(meters)) - edges[part - 1]
    after = edges[part] - 1 - np.arange(len(meters))
    reach = downbeats.REACH
    return [
        PlacedBar(start, METERS.index(meter), min(b, reach), min(a, reach))
        for start, meter, b, a in zip(*(column.tolist() for column in (starts, meters, before, after)), strict=True)
    ]


def fit(songs: list[Song], n_rounds: int, rng: np.random.Generator) -> Weights:
    """The weights by which the search finds the bars of the songs."""
    values = flat(WEIGHTS)
    squares, total, n = np.ones_like(values), np.zeros_like(values), 0
    for number in range(n_rounds):
        for song in (songs[index] for index in rng.permutation(len(songs))):
            weights = named(values)
            known = recalled(song, weights)
            found = rival(song, known, weights)
            slope = np.clip(counted(song, song.path, known) - counted(song, found, known), -MOST, MOST)
            squares += slope**2
            values = values + RATE * slope / np.sqrt(squares)
            if number >= n_rounds // 2:
                total, n = total + values, n + 1
    return named(total / max(1, n))


def recalled(song: Song, weights: Weights) -> Floats:
    """(beats, meters) what the song's own bars say of each bar, once it was read without them."""
    nats = downbeats.nats(song.figures, METERS, song.entry, weights)
    place = bars.search(nats, METERS, downbeats.costs(METERS, weights))
    return recall.recalled(song.found, place, METERS)


def rival(song: Song, known: Floats, weights: Weights) -> list[PlacedBar]:
    """The best path where bars at the wrong places have a margin; `known` is what the song's own bars say."""
    nats = downbeats.nats(song.figures, METERS, song.entry, weights) + weights.recalled * known[:, :, None, None]
    nats[song.place != 1] += MARGIN
    return bars.best_path(nats, METERS, downbeats.costs(METERS, weights))


def counted(song: Song, path: list[PlacedBar], known: Floats) -> Floats:
    """What a path has of all that weights multiply, in the order of `flat`."""
    figures = np.sum([song.figures[bar] for bar in path], axis=0)
    meters = np.array([METERS[bar.meter] for bar in path])
    starts = np.array([bar.start for bar in path])
    n_changes = sum(not bar.before for bar in path) - 1
    doubted = [-float(meters[meters == meter].sum()) for meter in DOUBTED]
    entered = float((starts == song.entry).sum())
    strays = float((starts[1:] > starts[:-1] + meters[:-1]).sum())
    own = float(sum(known[bar.start, bar.meter] for bar in path))
    return np.array([*figures, *doubted, entered, -n_changes, -strays, own])


def flat(weights: Weights) -> Floats:
    """All weights in a row."""
    doubted = (weights.doubted.get(meter, 0.0) for meter in DOUBTED)
    return np.array([*weights.figures, *doubted, weights.entry, weights.change, weights.stray, weights.recalled])


def named(values: Floats) -> Weights:
    """The inverse of `flat`."""
    n_figures = len(downbeats.FIGURES)
    figures, doubted, rest = np.split(values.round(2), [n_figures, n_figures + len(DOUBTED)])
    doubts = dict(zip(DOUBTED, np.maximum(doubted, 0).tolist(), strict=True))
    return Weights(tuple(figures.tolist()), doubts, *rest.tolist())


if __name__ == "__main__":
    main()
