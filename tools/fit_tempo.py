"""Fit the network of `tempo.py`: `python -m tools.fit_tempo --corpus groove:data/groove --corpus patterns:1600`.

Performances whose beats are known come in as MIDI or made up; nothing is rendered and no model is asked. Excerpts of
each, some of them swung, are spoilt as a listener spoils them, their beats are taken for those of a level by chance,
and the network learns which of the candidates that follow are the right ones: a softmax over the candidates, by
L-BFGS; several networks of different starts are joined. The shares of excerpts that are brought to the right level are
printed by corpus.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from tqdm import tqdm

from drum_tabber.errors import SettingError
from drum_tabber.events import Beats, Hits
from drum_tabber.files import replacing
from drum_tabber.meter import tempo
from tools.performed import excerpt, performances, spoilt, swung

HIDDEN = 24
DECAY = 2e-4  # of the squared weights
COPIES = {"patterns": 6, "groove": 8}  # excerpts of each performance; of others 8
BEATS = (12, 64)  # beats of an excerpt
TEMPI = (30.0, 330.0)  # beats a minute of candidates
FASTER = 0.08  # standard deviation of the octaves by which an excerpt is played faster or slower
SWUNG = 0.25  # share of the excerpts that are played in swing, whatever they were
SAME = 0.012  # seconds by which the right beats may differ
COMMITTEE = 6  # networks that are fitted from different starts, and whose mean is taken
LEVELS = (0, 0, 0, 1, 4, 5, 2, 3, 7)  # where the tracker is: 0 the right level, n the n-th of `tempo.others`

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Choices:
    """Candidates (all, features), the excerpt of each, and which are right."""

    features: Floats
    excerpt: NDArray[np.int64]
    right: NDArray[np.bool_]
    corpus: NDArray[np.str_]


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
    parser.add_argument("--iterations", type=int, default=400, help="of L-BFGS (default: 400)")
    parser.add_argument("--out", type=Path, default=Path(tempo.__file__).with_suffix(".npz"), help="the weights")
    args = parser.parse_args()
    rng = np.random.default_rng(2)
    train, validation = (choices(performances(args.corpus, split), rng) for split in ("train", "validation"))
    members = [fit(train, args.iterations, rng) for _ in tqdm(range(COMMITTEE), desc="networks", leave=False)]
    network = joined(members)
    for corpus in sorted({*validation.corpus.tolist()}):
        print(f"{corpus:10} {accuracy(network, validation, corpus):.3f} of the excerpts at the right level")
    write(network, args.out)


def choices(performances: Iterable[tuple[str, Hits, Beats]], rng: np.random.Generator) -> Choices:
    """The candidates of excerpts of performances."""
    columns: dict[str, list[object]] = defaultdict(list)
    n_excerpts = 0
    for corpus, hits, beats in tqdm([*performances], desc="levels", delay=2, leave=False):
        for _ in range(COPIES.get(corpus, 8)):
            played = swung(hits, beats.time, rng) if rng.random() < SWUNG else hits
            time, found = heard(beats.time, played, rng)
            candidates = _candidates(time, rng)
            right = [_same(one, time) for one in candidates]
            if len(found) < len(time) // 2 or not any(right):
                continue
            for one, is_right in zip(candidates, right, strict=True):
                for name, value in (("features", tempo.features(one, found)), ("right", is_right)):
                    columns[name].append(value)
                columns["excerpt"].append(n_excerpts)
                columns["corpus"].append(corpus)
            n_excerpts += 1
    if not columns:
        raise SettingError("these corpora hold no beats to learn levels from; name one that does, such as patterns:400")
    return Choices(*(np.array(columns[name]) for name in ("features", "excerpt", "right", "corpus")))


def heard(time: Floats, hits: Hits, rng: np.random.Generator) -> tuple[Floats, Hits]:
    """Some beats and the hits about them as they are heard, a little faster or slower."""
    n_beats = int(np.exp(rng.uniform(*np.log(BEATS))))
    beats, inside = excerpt(Beats(time, np.ones(len(time), np.int64)), hits, n_beats, rng)
    factor = float(2 ** rng.normal(0, FASTER))
    spoiled = spoilt(inside, rng).moved(lambda when: when * factor) if len(inside) > 1 else Hits()
    return beats.time * factor, spoiled


def _candidates(time: Floats, rng: np.random.Generator) -> list[Floats]:
    """What the right beats are chosen from, after the tracker has found them or those of another level."""
    level = int(rng.choice(LEVELS))
    tracked = time if level == 0 or level > len(tempo.others(time)) else tempo.others(time)[level - 1]
    tracked = tracked + rng.normal(0, 0.006, len(tracked))
    if len(tracked) < 8:
        tracked = time
    possible = [tracked, *tempo.others(tracked)]
    return [one for one in possible if TEMPI[0] <= 60 / np.median(np.diff(one)) <= TEMPI[1]]


def _same(one: Floats, time: Floats) -> bool:
    """Whether a candidate's beats are those of the excerpt, as far as they go."""
    if abs(np.log2(np.median(np.diff(one)) / np.median(np.diff(time)))) > 0.1:
        return False
    return float(np.median(np.abs(one - time[np.abs(time - one[:, None]).argmin(axis=1)]))) < SAME


def fit(found: Choices, iterations: int, rng: np.random.Generator) -> Network:
    """The network that gives the right candidates of excerpts the greatest probability."""
    starts = np.flatnonzero(np.diff(found.excerpt, prepend=-1))
    n_excerpts = len(starts)

    def loss(weights: Floats) -> tuple[float, Floats]:
        hidden, bias, out = network_of(weights, tempo.N_FEATURES)
        active = np.tanh(found.features @ hidden + bias)
        score = active @ out
        score -= np.maximum.reduceat(score, starts)[found.excerpt]
        likelihood = np.exp(score)
        chosen = np.where(found.right, likelihood, 0)
        total, good = np.add.reduceat(likelihood, starts), np.add.reduceat(chosen, starts) + 1e-12
        nats = float((np.log(total) - np.log(good)).mean())
        error = (likelihood / total[found.excerpt] - chosen / good[found.excerpt]) / n_excerpts
        back = error[:, None] * out * (1 - active**2)
        slope = np.concatenate([(found.features.T @ back).ravel(), back.sum(axis=0), error @ active])
        return nats + DECAY * float(weights @ weights), slope + 2 * DECAY * weights

    start = rng.normal(0, 0.1, (tempo.N_FEATURES + 2) * HIDDEN)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return network_of(best.x, tempo.N_FEATURES)


def network_of(weights: Floats, n_features: int) -> Network:
    """The network of weights in one row."""
    n_hidden = len(weights) // (n_features + 2)
    hidden, bias, out = np.split(weights, [n_features * n_hidden, (n_features + 1) * n_hidden])
    return Network(hidden.reshape(-1, n_hidden), bias, out)


def joined(members: Sequence[Network]) -> Network:
    """The mean of networks, as one."""
    hidden, bias, out = zip(*members, strict=True)
    return Network(np.concatenate(hidden, axis=1), np.concatenate(bias), np.concatenate(out) / len(members))


def write(network: Network, out: Path) -> None:
    """Write a network."""
    with replacing(out) as part, part.open("wb") as file:
        np.savez_compressed(file, **{name: values.astype("f2") for name, values in network._asdict().items()})


def accuracy(network: Network, found: Choices, corpus: str) -> float:
    """The share of a corpus's excerpts whose best candidate is a right one."""
    score = np.tanh(found.features @ network.hidden + network.bias) @ network.out
    right = [
        bool(found.right[which][score[which].argmax()])
        for excerpt in np.unique(found.excerpt[found.corpus == corpus]).tolist()
        for which in [np.flatnonzero(found.excerpt == excerpt)]
    ]
    return float(np.mean(right))


if __name__ == "__main__":
    main()
