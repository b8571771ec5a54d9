"""The figures that a model is judged by: transcribed material in, numbers for people and for JSON out.

A figure is left out where the labels can't give it, never made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from drum_tabber.events import Hits
from drum_tabber.hearing import calibration, evaluate
from drum_tabber.hearing.calibration import Bin
from drum_tabber.hearing.evaluate import Report
from drum_tabber.material.corpora import Groups
from drum_tabber.vocabulary import Vocabulary
from drum_tabber.wording import counted

TOLERANCES = (0.05, 0.02)  # seconds; what follows is judged within the first
PAIRS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # drums that systems of this kind mix up
    "open against closed hat": (("HO",), ("HH",)),
    "ride against crash": (("RD", "RB"), ("CC", "SC", "CH")),
}


@dataclass(frozen=True)
class Judged:
    """A piece with its labels and what was heard in it.

    `condition` names what it shares with others that are judged apart too, where its maker tells. The drums of
    `stood_in` were played by other pieces of the kit, which lacks them: nobody can hear which they are.
    """

    name: str
    reference: Hits
    estimate: Hits
    told_apart: Groups
    has_velocity: bool
    seconds: float
    condition: str = ""
    stood_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """What was measured on one corpus; shares run from 0 to 1, None stands for what its labels can't tell.

    `reports` is by tolerance, of five drums. `absent` holds, for each family, the hits invented in pieces that have
    none, and the minutes of those pieces; `pairs` the share of strokes heard as the right one of two kinds of drums, of
    those heard as either, and how many these are. `velocity` is the mean error, of 127. `bins` are the confidences.
    `conditions` are the figures of the pieces of each condition alone.
    """

    minutes: float
    reports: tuple[Report, ...]
    absent: dict[str, tuple[int, float]]
    pairs: dict[str, tuple[float, int]]
    velocity: float | None
    bins: tuple[Bin, ...]
    conditions: Mapping[str, Figures] = field(default_factory=dict)

    @property
    def calibration_error(self) -> float:
        """How far confidence is off, over all hits."""
        return calibration.error(self.bins)

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        return {
            "minutes": self.minutes,
            "reports": [report.as_dict() for report in self.reports],
            "absent": {name: {"invented": n, "minutes": minutes} for name, (n, minutes) in self.absent.items()},
            "pairs": {name: {"right": share, "n": n} for name, (share, n) in self.pairs.items()},
            "velocity_error": self.velocity,
            "calibration": {"error": self.calibration_error, "bins": [asdict(part) for part in self.bins]},
            "conditions": {name: figures.as_dict() for name, figures in self.conditions.items()},
        }

    def __str__(self) -> str:
        """Tables to print."""
        lines = ["\n\n".join(map(str, self.reports)), ""]
        lines += [
            f"{name}: {n} invented in {minutes:.1f} min without any" for name, (n, minutes) in self.absent.items()
        ]
        lines += [f"{name}: {share:.3f} of {n} right" for name, (share, n) in self.pairs.items()]
        lines += [] if self.velocity is None else [f"velocity: {self.velocity:.1f} of 127 off"]
        total = sum(part.n for part in self.bins)
        lines.append(f"confidence: {self.calibration_error:.3f} off, {total} hits")
        lines += [f"{name}: {figures.in_a_line}" for name, figures in self.conditions.items()]
        return "\n".join(lines)

    @property
    def in_a_line(self) -> str:
        """How many pieces, F by drum within the first tolerance, and the pairs."""
        report = self.reports[0]
        scores = [f"{name} {found.score.f:.3f}" for name, found in report.classes.items()]
        pairs = [f"{name} {share:.1%} of {n}" for name, (share, n) in self.pairs.items()]
        said = "; ".join([", ".join([*scores, f"all {report.overall.score.f:.3f}"]), *pairs])
        return f"{counted(len(report.tracks), 'piece')}, {self.minutes:.1f} min: {said}"


def measure(judged: Sequence[Judged], vocabulary: Vocabulary) -> Figures:
    """The figures of a corpus, as a whole and by condition."""
    names = sorted({piece.condition for piece in judged} - {""})
    apart = {name: _measure([piece for piece in judged if piece.condition == name], vocabulary) for name in names}
    return replace(_measure(judged, vocabulary), conditions=apart)


def _measure(judged: Sequence[Judged], vocabulary: Vocabulary) -> Figures:
    classes = vocabulary.classes(5)
    for told_apart in {piece.told_apart for piece in judged}:
        classes = evaluate.scorable(classes, told_apart)
    references = {piece.name: piece.reference for piece in judged}
    estimates = {piece.name: piece.estimate for piece in judged}
    right = [calibration.right(piece.reference, piece.estimate, classes, TOLERANCES[0]) for piece in judged]
    counted = [np.isin(piece.estimate.drum, list(classes)) for piece in judged]
    sure = [piece.estimate.confidence[mine] for piece, mine in zip(judged, counted, strict=True)]
    is_right = [found[mine] for found, mine in zip(right, counted, strict=True)]
    bins = calibration.reliability(np.concatenate(sure), np.concatenate(is_right))
    return Figures(
        sum(piece.seconds for piece in judged) / 60,
        tuple(evaluate.evaluate(references, estimates, classes, tolerance) for tolerance in TOLERANCES),
        dict(_absent(judged, classes)),
        dict(_pairs(judged)),
        velocity_error(judged),
        tuple(bins),
    )


def _absent(judged: Sequence[Judged], classes: Mapping[str, str]) -> Iterable[tuple[str, tuple[int, float]]]:
    for name in dict.fromkeys(classes.values()):
        codes = [code for code, own in classes.items() if own == name]
        without = [piece for piece in judged if not len(piece.reference.of_drum(*codes))]
        if without:
            invented = sum(len(evaluate.unique(piece.estimate.of_drum(*codes).time)) for piece in without)
            yield name, (invented, sum(piece.seconds for piece in without) / 60)


def _pairs(judged: Sequence[Judged]) -> Iterable[tuple[str, tuple[float, int]]]:
    for name, (one, other) in PAIRS.items():
        # A class that labels don't keep from the other's can't be judged, nor one that they leave out.
        able = [piece for piece in judged if all(_told(piece.told_apart, kind) for kind in (one, other))]
        sides = [_sides(piece, one, other) for piece in able]
        n = sum(len(side) for side in sides)
        if n:
            yield name, (float(np.concatenate(sides).mean()), n)


def _told(groups: Groups, kind: Sequence[str]) -> bool:
    mine = [group for group in groups if {*group} & {*kind}]
    return bool(mine) and all({*group} <= {*kind} for group in mine)


def _sides(piece: Judged, one: Sequence[str], other: Sequence[str]) -> np.ndarray:
    """Of strokes of two kinds that were heard as either, whether it was the right one; those stood in don't count."""
    reference, estimate = (hits.of_drum(*one, *other) for hits in (piece.reference, piece.estimate))
    pairs = evaluate.match(reference.time, estimate.time, TOLERANCES[0])
    played, heard = (np.isin(hits.drum, list(one)) for hits in (reference, estimate))
    same: np.ndarray = played[pairs[:, 0]] == heard[pairs[:, 1]]
    return same[~np.isin(reference.drum[pairs[:, 0]], piece.stood_in)]


def velocity_error(judged: Iterable[Judged]) -> float | None:
    """The mean error of the velocities of hits of the right drum, of 127; None where velocities aren't known."""
    errors = []
    for piece in judged:
        if piece.has_velocity:
            for drum in dict.fromkeys(piece.reference.drum.tolist()):
                played, heard = piece.reference.of_drum(drum), piece.estimate.of_drum(drum)
                pairs = evaluate.match(played.time, heard.time, TOLERANCES[0])
                errors.append(np.abs(played.velocity[pairs[:, 0]] - heard.velocity[pairs[:, 1]].astype(float)))
    joined = np.concatenate([np.zeros(0), *errors])
    return float(joined.mean()) if len(joined) else None
