"""Confidences that are probabilities: fitted to hits that are known to be right or wrong, and judged on others.

A network's activation says which hit is surer than which, not how sure. Platt's method (1999, "Probabilistic outputs
for support vector machines") makes it the probability that a drum of the hit's family was struck there: a straight
line in log-odds for each family, fitted where thresholds are tuned. `targets.calibrated` applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.files import replacing
from drum_tabber.hearing.evaluate import match
from drum_tabber.odds import log_odds

FEWEST = 50  # hits from which a line is fitted
N_BINS = 10


@dataclass(frozen=True)
class Bin:
    """Hits of about one confidence: how many, their mean confidence, the share of them that is right."""

    n: int
    confidence: float
    right: float


def right(reference: Hits, estimate: Hits, classes: Mapping[str, str], tolerance: float) -> NDArray[np.bool_]:
    """Whether each estimated hit pairs with a reference hit of its class, (n,); codes outside `classes` never do."""
    found = np.zeros(len(estimate), bool)
    for name in dict.fromkeys(classes.values()):
        codes = [code for code, own in classes.items() if own == name]
        mine = np.flatnonzero(np.isin(estimate.drum, codes))
        pairs = match(reference.of_drum(*codes).time, estimate.time[mine], tolerance)
        found[mine[pairs[:, 1]]] = True
    return found


def line(confidence: NDArray[np.float64], is_right: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Slope and offset from the log-odds of confidences (n,) to those of being right; None for fewer than `FEWEST`.

    Right hits aim a little below 1 and wrong ones above 0, as Platt has it, so that no fit runs away.
    """
    from scipy.optimize import minimize

    if len(confidence) < FEWEST:
        return None
    odds, n_right = log_odds(confidence), int(is_right.sum())
    aim = np.where(is_right, (n_right + 1) / (n_right + 2), 1 / (len(is_right) - n_right + 2))

    def entropy(values: NDArray[np.float64]) -> float:
        said = values[0] * odds + values[1]
        return float(np.mean(np.logaddexp(0, said) - aim * said))

    slope, offset = minimize(entropy, [1.0, 0.0], bounds=[(0.0, None), (None, None)]).x
    return round(float(slope), 3), round(float(offset), 3)


def reliability(confidence: NDArray[np.float64], is_right: NDArray[np.bool_]) -> list[Bin]:
    """Hits in `N_BINS` equal steps of confidence, empty ones left out."""
    step = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    return [
        Bin(int(mine.sum()), float(confidence[mine].mean()), float(is_right[mine].mean()))
        for mine in (step == index for index in range(N_BINS))
        if mine.any()
    ]


def pooled(parts: Iterable[Sequence[Bin]]) -> list[Bin]:
    """The bins of several materials together."""
    steps: dict[int, list[Bin]] = {}
    for each in (each for bins in parts for each in bins):
        steps.setdefault(min(int(each.confidence * N_BINS), N_BINS - 1), []).append(each)
    return [_joined(steps[step]) for step in sorted(steps)]


def _joined(bins: Sequence[Bin]) -> Bin:
    counts = [part.n for part in bins]
    sure = np.average([part.confidence for part in bins], weights=counts)
    return Bin(sum(counts), float(sure), float(np.average([part.right for part in bins], weights=counts)))


def error(bins: Sequence[Bin]) -> float:
    """The expected calibration error (Naeini et al. 2015): how far confidence is off, the mean over hits."""
    total = sum(part.n for part in bins)
    return sum(part.n * abs(part.confidence - part.right) for part in bins) / total if total else 0.0


def draw(curves: Mapping[str, Sequence[Bin]], path: Path) -> None:
    """Write the reliability plot of some material as a PNG: how often hits are right, over how sure they were."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    for name, bins in curves.items():
        label = f"{name}: {error(bins):.3f} off, {sum(part.n for part in bins)} hits"
        axes.plot([part.confidence for part in bins], [part.right for part in bins], marker="o", label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share of hits that are right")
    axes.legend(loc="upper left", fontsize="small")
    with replacing(path) as part:
        figure.savefig(part, format="png", dpi=120)
