"""Fit the weights of `trust.py`: `python -m tools.fit_trust --corpus groove:/data/groove --kit /data/drumkits`.

MIDI performances are cut short, brought to like tempi, so that tempo gives none away, and played on kits. Each meets
its own tab, as it is and disturbed, and the tabs of others. Logistic regression on the figures of `Trust`, right and
wrong weighing the same, gives the weights to write there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import configs
from drum_tabber import corpora
from drum_tabber.align import align
from drum_tabber.errors import AlignmentRefused
from drum_tabber.grid import Grid
from drum_tabber.kit import Kit
from drum_tabber.render import RenderOptions, render
from drum_tabber.tasks import align as task
from drum_tabber.tasks import bench_align
from drum_tabber.tasks.bench_align import Piece
from drum_tabber.vocabulary import Vocabulary

SECONDS = (13.0, 60.0)  # of a piece
TEMPI = (90.0, 130.0)
RIDGE = 1.0  # weight decay of the regression, on standardised figures


def main() -> None:
    """Collect figures, fit, print."""
    parser = argparse.ArgumentParser(description="Fit the weights that decide whether a tab belongs to a song.")
    parser.add_argument("--corpus", required=True, metavar="LAYOUT:FOLDER", help="drum performances as MIDI")
    parser.add_argument("--kit", type=Path, required=True, metavar="DIR", help="drum samples")
    parser.add_argument("--kit-name", metavar="NAME", help="one of the kits that the folder's manifest.csv lists")
    parser.add_argument("--pieces", type=int, default=60, help="performances used (default: 60)")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    args = parser.parse_args()
    rng = np.random.default_rng(configs.SEED)
    kit = Kit.load(args.kit, configs.SAMPLE_RATE, args.kit_name)
    pieces = list(_rendered(args.corpus, kit, args.pieces, rng))
    figures, right = _figures(pieces, args, rng)
    weights, bias = fit(figures, right)
    shares = [float(((figures @ weights + bias > 0) == right)[right == kind].mean()) for kind in (True, False)]
    print("WEIGHTS = (" + ", ".join(f"{weight:.2f}" for weight in weights) + ")")
    print(f"BIAS = {bias:.2f}")
    print(
        f"{shares[0]:.1%} of {int(right.sum())} right ones accepted, {shares[1]:.1%} of {int((~right).sum())} refused"
    )


def _rendered(corpus: str, kit: Kit, n_pieces: int, rng: np.random.Generator) -> Iterator[Piece]:
    """Performances of different length, at like tempi, on a kit."""
    layout, _, folder = corpus.partition(":")
    vocabulary = Vocabulary.of(configs.DRUMS)
    tracks = corpora.load(layout, folder, vocabulary)
    for index in rng.permutation(len(tracks)).tolist():
        labels = tracks[index].labels()
        beats = labels.beats
        if n_pieces == 0:
            return
        if beats is None or len(beats) < 32 or len(labels.hits) < 100:
            continue
        n_pieces -= 1
        pace = float(np.median(np.diff(beats.time)) * rng.uniform(*TEMPI) / 60)
        end = float(rng.uniform(*SECONDS))
        hits = labels.hits.moved(lambda time, pace=pace: time / pace).cropped(0, end)
        beats = beats.moved(lambda time, pace=pace: time / pace).cropped(0, end)
        sound = render(hits, kit, rng, options=RenderOptions.draw(rng)).mean(axis=0)
        samples = (0.8 * sound / np.abs(sound).max()).astype(np.float32)
        samples += rng.uniform(0, 0.02) * rng.standard_normal(len(samples)).astype(np.float32)
        grid = Grid.of(beats, 4, float(hits.time[0]), float(hits.time[-1]))
        yield bench_align.piece_of(f"{layout}:{tracks[index].name}", samples, hits, grid, vocabulary)


def _figures(
    pieces: list[Piece], args: argparse.Namespace, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(alignments, figures), and which alignments are of a song's own tab."""
    network = task.network(args.model)
    rows, right = [], []
    for number, piece in enumerate(pieces):
        cases = [(condition.disturb(piece, rng), True) for condition in bench_align.conditions(pieces)]
        others = [pieces[(number + step) % len(pieces)] for step in range(1, 1 + len(cases))]
        for disturbed, own in cases + [(bench_align.with_tab_of(piece, other), False) for other in others]:
            try:
                timed = align(disturbed.tab, bench_align.listen(network, disturbed), task.tempi(None))
            except AlignmentRefused:
                continue
            assert timed.trust is not None
            rows.append(astuple(timed.trust))
            right.append(own)
    return np.array(rows), np.array(right)


def fit(figures: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of a logistic regression with ridge, both classes weighing the same."""
    from scipy.optimize import minimize

    centre, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-9
    scaled = (figures - centre) / spread
    share = np.where(right, 0.5 / right.mean(), 0.5 / (1 - right.mean()))

    def loss(free: NDArray[np.float64]) -> float:
        odds = scaled @ free[1:] + free[0]
        return float((share * np.logaddexp(0, np.where(right, -odds, odds))).sum() + RIDGE / 2 * (free[1:] ** 2).sum())

    free = minimize(loss, np.zeros(scaled.shape[1] + 1)).x
    weights = free[1:] / spread
    return weights, float(free[0] - (weights * centre).sum())


if __name__ == "__main__":
    main()
