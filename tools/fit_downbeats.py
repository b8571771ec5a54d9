"""Fit `meter/downbeats.py`: `python -m tools.fit_downbeats --corpus groove:data/groove --corpus patterns:1600`.

Performances whose beats are known come in as MIDI or made up; nothing is rendered. Each is spoilt as a listener spoils
it: hits missed, moved, taken for others and invented. From every bar of it the folded patterns of its beats are taken,
turned by chance, and the network learns which of them is the first: a softmax over the beats of a bar, by L-BFGS.
Several networks of different starts are joined, so that no one fit's toss decides. Bars for training and for validation
come from the corpora's own splits; the shares of bars that are rightly turned are printed by corpus and meter.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from tqdm import tqdm

import configs
from drum_tabber.errors import SettingError
from drum_tabber.events import Beats, Hits
from drum_tabber.files import replacing
from drum_tabber.material import corpora
from drum_tabber.meter import downbeats
from drum_tabber.meter.rhythm import patterns
from drum_tabber.vocabulary import Vocabulary

HIDDEN = 24
DECAY = 5e-5  # of the squared weights
COMMITTEE = 4  # networks that are fitted from different starts, and whose mean is taken
COPIES = 4  # of each performance for training, each spoilt otherwise
CUT = 0.15  # share of the copies whose bars all lose their last beat, as bars do where the meter changes
BARS = 8  # taken from each copy
STEADY = 0.98  # share of the bars that must have the usual meter
_EARLY = 0.03  # seconds by which a stroke may come before its beat
METERS = range(2, 8)
WIDEST = max(METERS)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars to learn from: features (bars, WIDEST, features), zero beyond each one's meter, and where the first is."""

    features: Floats
    meter: NDArray[np.int64]
    first: NDArray[np.int64]
    corpus: NDArray[np.str_]

    @property
    def closed(self) -> Floats:
        """(bars, WIDEST) minus infinity where the bar has no such beat, else 0."""
        return np.where(np.arange(WIDEST) < self.meter[:, None], 0.0, -np.inf)


class Network(NamedTuple):
    """One hidden layer: `hidden` (features, hidden), `bias` (hidden,) and `out` (hidden,)."""

    hidden: Floats
    bias: Floats
    out: Floats


def main() -> None:
    """Fit, print how well it does, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--corpus", action="append", required=True, metavar="LAYOUT:FOLDER", help="with MIDI or made up"
    )
    parser.add_argument("--iterations", type=int, default=100, help="of L-BFGS (default: 100)")
    parser.add_argument("--join", type=Path, metavar="FILE", help="weights of an earlier fit, which count as much")
    parser.add_argument("--out", type=Path, default=Path(downbeats.__file__).with_suffix(".npz"), help="the weights")
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    material = {split: _bars(args.corpus, split, rng) for split in ("train", "validation")}
    members = [
        fit(material["train"], args.iterations, rng) for _ in tqdm(range(COMMITTEE), desc="networks", leave=False)
    ]
    network = joined(members)
    if args.join:
        network = joined([network, read(args.join)])
    right = _score(network, material["validation"]).argmax(axis=1) == material["validation"].first
    for corpus, meter in sorted({*zip(material["validation"].corpus, material["validation"].meter, strict=True)}):
        which = (material["validation"].corpus == corpus) & (material["validation"].meter == meter)
        print(f"{corpus:10} {meter} beats: {right[which].mean():.3f} of {which.sum()} bars")
    write(network, args.out)


def joined(members: Sequence[Network]) -> Network:
    """The mean of networks, as one."""
    hidden, bias, out = zip(*members, strict=True)
    return Network(np.concatenate(hidden, axis=1), np.concatenate(bias), np.concatenate(out) / len(members))


def write(network: Network, out: Path) -> None:
    """Write a network."""
    with replacing(out) as part, part.open("wb") as file:
        np.savez_compressed(file, **{name: values.astype("f2") for name, values in network._asdict().items()})


def read(path: Path) -> Network:
    """The network that `write` wrote."""
    with np.load(path) as file:
        return Network(*(file[name].astype(np.float64) for name in Network._fields))


def fit(bars: Bars, iterations: int, rng: np.random.Generator) -> Network:
    """The network that gives the first beats of bars the greatest probability."""
    n_weights = (downbeats.N_FEATURES + 2) * HIDDEN
    number = np.arange(len(bars.first))

    def loss(weights: Floats) -> tuple[float, Floats]:
        hidden, bias, out = network_of(weights, downbeats.N_FEATURES)
        active = np.tanh(bars.features @ hidden + bias)
        score = active @ out + bars.closed
        probability = np.exp(score - score.max(axis=1, keepdims=True))
        probability /= probability.sum(axis=1, keepdims=True)
        nats = -np.log(probability[number, bars.first] + 1e-12).mean()
        error = probability.copy()
        error[number, bars.first] -= 1
        error /= len(number)
        back = error[..., None] * out * (1 - active**2)
        slopes = (
            np.tensordot(bars.features, back, axes=((0, 1), (0, 1))),
            back.sum(axis=(0, 1)),
            np.tensordot(error, active, axes=2),
        )
        slope = np.concatenate([part.ravel() for part in slopes])
        return nats + DECAY * float(weights @ weights), slope + 2 * DECAY * weights

    start = rng.normal(0, 0.1, n_weights)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return network_of(found.x, downbeats.N_FEATURES)


def network_of(weights: Floats, n_features: int) -> Network:
    """The network of weights in one row."""
    n_hidden = len(weights) // (n_features + 2)
    hidden, bias, out = np.split(weights, [n_features * n_hidden, (n_features + 1) * n_hidden])
    return Network(hidden.reshape(-1, n_hidden), bias, out)


def _score(network: Network, bars: Bars) -> Floats:
    active = np.tanh(bars.features @ network.hidden + network.bias)
    return np.asarray(active @ network.out + bars.closed, np.float64)


def _bars(names: list[str], split: str, rng: np.random.Generator) -> Bars:
    """The bars of a split of all corpora."""
    columns: dict[str, list[object]] = defaultdict(list)
    for corpus, hits, beats in tqdm([*performances(names, split)], desc=split, delay=2, leave=False):
        whole = _meter(beats)
        for _ in range(COPIES if split == "train" else 1) if whole else ():
            meter, played, counted = whole, hits, beats
            if whole >= 4 and rng.random() < CUT:
                meter, played, counted = whole - 1, *cut(hits, beats, whole)
            heard = spoilt(played, rng) if split == "train" else played
            before, after = rng.integers(downbeats.REACH + 1, size=2).tolist()
            features = downbeats.features(patterns(heard, counted.time), meter, before, after)
            ones = np.flatnonzero(counted.place == 1)[:-1]
            for one in rng.choice(ones, min(BARS, len(ones)), replace=False).tolist():
                first = int(rng.integers(meter))
                if 0 <= one - first:
                    bar = np.zeros((WIDEST, downbeats.N_FEATURES))
                    bar[:meter] = features[one - first]
                    for name, value in (("bar", bar), ("meter", meter), ("first", first), ("corpus", corpus)):
                        columns[name].append(value)
    if not columns:
        raise SettingError(f"these corpora hold no bars for {split}; name one with such a split, such as patterns:400")
    return Bars(*(np.array(columns[name]) for name in ("bar", "meter", "first", "corpus")))


def performances(names: list[str], split: str) -> Iterator[tuple[str, Hits, Beats]]:
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


def _meter(beats: Beats) -> int:
    """The beats of nearly all bars; 0 where there is no such number."""
    lengths = np.diff(np.flatnonzero(beats.place == 1)).tolist()
    if len(lengths) < 2:
        return 0
    meter, count = Counter(lengths).most_common(1)[0]
    return meter if meter in METERS and count >= STEADY * len(lengths) else 0


def cut(hits: Hits, beats: Beats, meter: int) -> tuple[Hits, Beats]:
    """What is left when every bar loses its last beat, of `meter`, and what follows closes up."""
    gone = beats.place == meter
    interval = np.diff(beats.time, append=beats.time[-1] + np.median(np.diff(beats.time)))
    earlier = np.concatenate([[0.0], np.cumsum(np.where(gone, interval, 0.0))])
    beat = np.clip(np.searchsorted(beats.time, hits.time + _EARLY, side="right") - 1, 0, len(beats) - 1)
    kept = ~gone[beat]
    closed = Hits.of((hits.time - earlier[beat])[kept], hits.drum[kept], hits.velocity[kept], hits.confidence[kept])
    return closed, Beats((beats.time - earlier[:-1])[~gone], beats.place[~gone])


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


if __name__ == "__main__":
    main()
