"""Fit the weights of `trust.py`: `python -m tools.fit_trust --corpus rendered:data/rendered --figures figures.csv`.

The songs are rendered ones, which `python -m drum_tabber prepare --as rendered` makes of MIDI performances. Each is
heard once; stretches of what was heard, some cut or set after another song's bars, meet their own tab, as it is and
with wrong hits, and those of other songs. The figures of every alignment are kept in a file, so that a run that was
broken off goes on. Logistic regression, right and wrong weighing the same, gives the weights to write into `trust.py`;
how well they judge is told by songs that they weren't fitted to.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import configs
from drum_tabber.align import align
from drum_tabber.errors import AlignmentRefused
from drum_tabber.evidence import Evidence
from drum_tabber.tab import Tab
from drum_tabber.targets import Decoding
from drum_tabber.tasks import align as task
from drum_tabber.tasks import bench_align
from drum_tabber.trust import Trust

RIDGE = 2.0  # weight decay of the regression, on standardised figures
FOLDS = 5
STRETCH = (8, 33)  # bars of a song that are taken, from and to less than
FIGURES = [field.name for field in fields(Trust)]

Figures = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Heard:
    """A song as it was heard: onset activations (frames, drums), its tab and where each bar begins (bars + 1,)."""

    name: str
    onset: NDArray[np.float32]
    frame_rate: float
    tab: Tab
    bar_time: NDArray[np.float64]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.onset) / self.frame_rate

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """The activations from `start` to `end` seconds."""
        first, last = (max(0, round(time * self.frame_rate)) for time in (start, end))
        return self.onset[first:last]


def stretch(song: Heard, rng: np.random.Generator) -> Heard:
    """Some bars of a song."""
    n_bars = min(int(rng.integers(*STRETCH)), len(song.tab.bars))
    first = int(rng.integers(len(song.tab.bars) - n_bars + 1))
    start, end = song.bar_time[first] - 0.1, song.bar_time[first + n_bars] + 0.1
    tab = replace(song.tab, bars=song.tab.bars[first : first + n_bars], sections=())
    return replace(song, onset=song.between(start, end), tab=tab)


Case = Callable[[Heard, Heard, np.random.Generator], Heard]


def cut(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """Without a stretch of bars in its midst."""
    n_bars = len(song.tab.bars)
    n_cut = max(1, round(bench_align.CUT * n_bars))
    first = int(rng.integers(1, max(2, n_bars - n_cut)))
    before = song.between(0, song.bar_time[first])
    after = song.between(song.bar_time[min(first + n_cut, n_bars)], song.duration)
    return replace(song, onset=np.concatenate([before, after]))


def introduced(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """After bars of another song."""
    seconds = bench_align.INTRO_BARS * float(np.median(np.diff(song.bar_time)))
    return replace(song, onset=np.concatenate([other.between(0, seconds), song.onset]))


def spoilt(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """With wrong hits in its tab."""
    return replace(song, tab=bench_align.with_wrong_hits(song.tab, rng))


def as_it_is(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """Undisturbed."""
    return song


CASES: dict[str, Case] = {
    "as it is": as_it_is,
    "cut": cut,
    "introduced": introduced,
    "spoilt": spoilt,
}


def main() -> None:
    """Collect figures, fit, print."""
    parser = argparse.ArgumentParser(description="Fit the weights that decide whether a tab belongs to a song.")
    parser.add_argument("--corpus", required=True, action="append", metavar="LAYOUT:FOLDER", help="rendered songs")
    parser.add_argument("--figures", type=Path, required=True, metavar="FILE", help="CSV file that keeps the figures")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    args = parser.parse_args()
    network = task.network(args.model)
    songs = []
    for piece in tqdm(bench_align.load_pieces(args.corpus), desc="hearing", unit="song"):
        heard = network.activations([piece.samples])
        songs.append(Heard(piece.name, heard.onset, heard.frame_rate, piece.tab, piece.bar_time))
    collect(songs, args.figures, network.bundle.targets.drums, network.bundle.decoding)
    report(args.figures)


def collect(songs: Sequence[Heard], path: Path, drums: Sequence[str], decoding: Decoding) -> None:
    """Write the figures of every song in every case, with its own tab and with another's, case by case."""
    done = {tuple(row[:3]) for row in _rows(path)}
    jobs = [(case, own, number) for case in CASES for own in ("own", "other") for number in range(len(songs))]
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        for case, own, number in tqdm(jobs, desc="aligning", unit="tab"):
            song = songs[number]
            if (song.name, case, own) in done:
                continue
            rng = np.random.default_rng(zlib.crc32(f"{song.name} {case}".encode()))
            other, stranger = (songs[(number + step) % len(songs)] for step in _two(len(songs), rng))
            disturbed = CASES[case](stretch(song, rng), other, rng)
            tab = disturbed.tab if own == "own" else stretch(stranger, rng).tab
            evidence = Evidence.of(disturbed.onset, song.frame_rate, drums, decoding)
            writer.writerow([song.name, case, own, *_figures(tab, evidence)])
            stream.flush()


def _two(n_songs: int, rng: np.random.Generator) -> Iterable[int]:
    """How far on in the list two other songs stand."""
    return rng.choice(np.arange(1, n_songs), 2, replace=False).tolist()


def _figures(tab: Tab, evidence: Evidence) -> Iterable[float]:
    """The figures of an alignment; none where no place is found at all."""
    try:
        trust = align(tab, evidence, task.tempi(None)).trust
    except AlignmentRefused:
        return ()
    assert trust is not None
    return astuple(trust)


def _rows(path: Path) -> list[list[str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def report(path: Path) -> None:
    """Fit to all figures and print the weights; print also what weights fitted to other songs say of each case."""
    rows = [row for row in _rows(path) if len(row) > 3]
    names = np.array([row[0] for row in rows])
    figures = np.array([row[3:] for row in rows], np.float64)
    right = np.array([row[2] == "own" for row in rows])
    odds = np.zeros(len(rows))
    for fold in range(FOLDS):
        tested = np.array([zlib.crc32(name.encode()) % FOLDS == fold for name in names])
        weights, bias = fit(figures[~tested], right[~tested])
        odds[tested] = figures[tested] @ weights + bias
    for case in CASES:
        mine = np.array([row[1] == case for row in rows])
        refused = sum(row[1] == case and row[2] == "other" and len(row) == 3 for row in _rows(path))
        accepted = (odds > 0) & mine
        print(
            f"{case:12} right ones accepted {int((accepted & right).sum())} of {int((mine & right).sum())}, "
            f"wrong ones {int((accepted & ~right).sum())} of {int((mine & ~right).sum()) + refused}"
        )
    weights, bias = fit(figures, right)
    print("WEIGHTS = (" + ", ".join(f"{weight:.2f}" for weight in weights) + ")")
    print(f"BIAS = {bias:.2f}")


def fit(figures: Figures, right: NDArray[np.bool_]) -> tuple[Figures, float]:
    """Weights and bias of a logistic regression with ridge, both classes weighing the same."""
    from scipy.optimize import minimize

    centre, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-9
    scaled = (figures - centre) / spread
    share = np.where(right, 0.5 / right.mean(), 0.5 / (1 - right.mean()))

    def loss(free: Figures) -> float:
        odds = scaled @ free[1:] + free[0]
        return float((share * np.logaddexp(0, np.where(right, -odds, odds))).sum() + RIDGE / 2 * (free[1:] ** 2).sum())

    free = minimize(loss, np.zeros(scaled.shape[1] + 1)).x
    weights = free[1:] / spread
    return weights, float(free[0] - (weights * centre).sum())


if __name__ == "__main__":
    main()
