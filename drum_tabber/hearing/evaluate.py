"""How well hits were heard: precision, recall and F-measure per class, and what the mistakes are.

Conventions, which are those of MIREX and ADTOF: an estimated hit counts where it can be paired one to one with a
reference hit of its class at most `tolerance` seconds away (maximum matching, by mir_eval); hits of one class within a
millisecond are one hit; counts are summed over tracks before a score is taken from them; nothing expected and nothing
found scores 1. Classes come as a dictionary from drum code to class name (`Vocabulary.classes`): hits on codes outside
it are left out on both sides. Offsets are estimate minus reference, in seconds: positive is late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import mir_eval
import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Beats, Hits
from drum_tabber.wording import counted

Times = NDArray[np.float64]

DUPLICATE = 1e-3  # seconds: hits of one class this close are the same hit
N_BOOTSTRAP = 1000
THRESHOLDS = np.linspace(0.02, 0.98, 49)


@dataclass(frozen=True)
class Score:
    """Counts of hits found (`tp`), invented (`fp`) and missed (`fn`)."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """The share of estimated hits that are right."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        """The share of reference hits that were found."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f(self) -> float:
        """The harmonic mean of precision and recall."""
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0


@dataclass(frozen=True)
class ClassReport:
    """One class over all tracks: its score, the F-measure's 95 % interval and the median offset (None: no pairs)."""

    score: Score
    interval: tuple[float, float]
    offset: float | None


@dataclass(frozen=True)
class Report:
    """The evaluation of some tracks at one tolerance.

    `overall` sums the classes; `mean_track_f` averages the F-measures of the tracks, `mean_cell_f` those of every class
    in every track (ADTOF's "mean F"). `confusion[a][b]` counts missed hits of class `a` beside an invented hit of `b`.
    """

    tolerance: float
    classes: dict[str, ClassReport]
    overall: ClassReport
    mean_track_f: float
    mean_cell_f: float
    tracks: dict[str, Score]
    confusion: dict[str, dict[str, int]]

    def as_dict(self) -> dict[str, Any]:
        """Everything as a dictionary that JSON can hold, with the scores worked out."""
        return asdict(self) | {
            "classes": {name: _worked_out(report) for name, report in self.classes.items()},
            "overall": _worked_out(self.overall),
            "tracks": {name: {"f": score.f, **asdict(score)} for name, score in self.tracks.items()},
        }

    def __str__(self) -> str:
        """The report as a table to print."""
        lines = [
            f"{len(self.classes)} classes, {counted(len(self.tracks), 'track')}, within {1000 * self.tolerance:g} ms",
            f"{'':10}{'P':>6}{'R':>7}{'F':>7}   {'95 %':13}{'found':>6}{'invented':>10}{'missed':>8}{'offset':>11}",
        ]
        lines += [_line(name, report) for name, report in [*self.classes.items(), ("overall", self.overall)]]
        lines.append(f"mean F of tracks {self.mean_track_f:.3f}, of classes within tracks {self.mean_cell_f:.3f}")
        mistaken = [(n, a, b) for a, row in self.confusion.items() for b, n in row.items()]
        lines += [f"{n} x {a} heard as {b}" for n, a, b in sorted(mistaken, key=lambda item: -item[0])]
        return "\n".join(lines)


def evaluate(
    references: Mapping[str, Hits],
    estimates: Mapping[str, Hits],
    classes: Mapping[str, str],
    tolerance: float = 0.05,
    seed: int = 1,
) -> Report:
    """Score the estimated hits of every track, by name, against the reference.

    Intervals come from drawing as many tracks again with replacement, `N_BOOTSTRAP` times; `seed` fixes the draws.
    Raises ValueError where a track lacks its counterpart or there is no track.
    """
    if not references or set(references) != set(estimates):
        raise ValueError(f"every track needs a reference and an estimate: {sorted(set(references) ^ set(estimates))}")
    names = list(dict.fromkeys(classes.values()))
    tracks = {
        name: _compare(references[name], estimates[name], classes, names, tolerance) for name in sorted(references)
    }
    counts = np.array([[[s.tp, s.fp, s.fn] for s in track.scores.values()] for track in tracks.values()])
    draws = np.random.default_rng(seed).integers(len(tracks), size=(N_BOOTSTRAP, len(tracks)))

    def report(which: slice, offsets: list[Times]) -> ClassReport:
        chosen = counts[:, which].sum(axis=1)
        joined = np.concatenate(offsets)
        total = Score(*map(int, chosen.sum(axis=0)))
        return ClassReport(
            total, _interval(chosen[draws].sum(axis=1)), float(np.median(joined)) if len(joined) else None
        )

    totals = {name: sum(track.scores.values(), Score()) for name, track in tracks.items()}
    return Report(
        tolerance,
        {name: report(slice(i, i + 1), [t.offsets[name] for t in tracks.values()]) for i, name in enumerate(names)},
        report(slice(None), [offsets for track in tracks.values() for offsets in track.offsets.values()]),
        float(np.mean([score.f for score in totals.values()])),
        float(np.mean([score.f for track in tracks.values() for score in track.scores.values()])),
        totals,
        _confusion(tracks.values(), tolerance),
    )


def search_thresholds(
    references: Mapping[str, Hits],
    candidates: Mapping[str, Hits],
    classes: Mapping[str, str],
    tolerance: float = 0.05,
    thresholds: Sequence[float] | Times = THRESHOLDS,
) -> dict[str, tuple[float, Score]]:
    """For each class the confidence from which hits are best believed, and the score over all tracks that it gives.

    `candidates` holds, per track, hits picked with as low a threshold as will be considered. Of thresholds that do
    equally well, the middle one is taken.
    """
    best = {}
    for name in dict.fromkeys(classes.values()):
        codes = [code for code, drum_class in classes.items() if drum_class == name]
        pairs = [
            (unique(hits.of_drum(*codes).time), candidates[track].of_drum(*codes)) for track, hits in references.items()
        ]
        scores = [
            sum((_score_above(*pair, threshold, tolerance) for pair in pairs), Score()) for threshold in thresholds
        ]
        highest = max(score.f for score in scores)
        equals = [i for i, score in enumerate(scores) if score.f == highest]
        middle = equals[len(equals) // 2]
        best[name] = (float(thresholds[middle]), scores[middle])
    return best


def beat_f(reference: Beats, estimate: Beats, downbeats: bool = False) -> float:
    """mir_eval's F-measure of beats, or of downbeats, within 70 ms; the first seconds count as all others do."""
    times = [beats.downbeats if downbeats else beats.time for beats in (reference, estimate)]
    if not all(map(len, times)):
        return float(len(times[0]) == len(times[1]))
    return float(mir_eval.beat.f_measure(*times))


def scorable(classes: Mapping[str, str], told_apart: Iterable[Sequence[str]]) -> dict[str, str]:
    """The classes that labels can judge, by code: no group of drums that they leave undecided may straddle a class."""
    groups = [set(group) for group in told_apart]
    members: dict[str, set[str]] = {}
    for code, name in classes.items():
        members.setdefault(name, set()).add(code)
    judged = {
        name
        for name, codes in members.items()
        if any(group & codes for group in groups) and all(group <= codes for group in groups if group & codes)
    }
    return {code: name for code, name in classes.items() if name in judged}


def unique(times: Times) -> Times:
    """Sorted times without those that follow another by a millisecond or less."""
    times = np.sort(times)
    return times[np.diff(times, prepend=-np.inf) > DUPLICATE]


def match(reference: Times, estimate: Times, tolerance: float) -> NDArray[np.int64]:
    """Indices (pairs, 2) of times that pair one to one within the tolerance, as many as can; mir_eval's matching."""
    pairs = mir_eval.util.match_events(reference, estimate, tolerance) if len(reference) and len(estimate) else []
    return np.array(pairs, np.int64).reshape(-1, 2)


def n_matched(reference: Times, estimate: Times, tolerance: float) -> int:
    """How many sorted times pair one to one within the tolerance.

    Taking the earliest partner that is left is a maximum matching, as all windows have one width: the count is
    mir_eval's at a fraction of its time.
    """
    count = i = j = 0
    references, lows, highs = (len(reference), (reference - tolerance).tolist(), (reference + tolerance).tolist())
    times = estimate.tolist()
    while i < references and j < len(times):
        if times[j] < lows[i]:
            j += 1
        elif times[j] > highs[i]:
            i += 1
        else:
            count, i, j = count + 1, i + 1, j + 1
    return count


@dataclass(frozen=True)
class _Track:
    """One track compared, by class: scores, offsets of the pairs, and the times of hits missed and invented."""

    scores: dict[str, Score]
    offsets: dict[str, Times]
    missed: dict[str, Times]
    invented: dict[str, Times]


def _compare(reference: Hits, estimate: Hits, classes: Mapping[str, str], names: list[str], tolerance: float) -> _Track:
    track = _Track({}, {}, {}, {})
    for name in names:
        codes = [code for code, drum_class in classes.items() if drum_class == name]
        wanted, heard = (unique(reference.of_drum(*codes).time), unique(estimate.of_drum(*codes).time))
        matched = match(wanted, heard, tolerance)
        track.scores[name] = Score(len(matched), len(heard) - len(matched), len(wanted) - len(matched))
        track.offsets[name] = heard[matched[:, 1]] - wanted[matched[:, 0]]
        track.missed[name] = np.delete(wanted, matched[:, 0])
        track.invented[name] = np.delete(heard, matched[:, 1])
    return track


def _confusion(tracks: Iterable[_Track], tolerance: float) -> dict[str, dict[str, int]]:
    confusion: dict[str, dict[str, int]] = {}
    for track in tracks:
        for a, missed in track.missed.items():
            for b, invented in track.invented.items():
                if a != b and (n := n_matched(missed, invented, tolerance)):
                    row = confusion.setdefault(a, {})
                    row[b] = row.get(b, 0) + n
    return confusion


def _score_above(reference: Times, candidates: Hits, threshold: float, tolerance: float) -> Score:
    heard = unique(candidates.time[candidates.confidence >= threshold])
    tp = n_matched(reference, heard, tolerance)
    return Score(tp, len(heard) - tp, len(reference) - tp)


def _interval(counts: NDArray[np.int64]) -> tuple[float, float]:
    """The middle 95 % of the F-measures of drawn (n, 3) counts."""
    low, high = np.quantile([Score(*row).f for row in counts.tolist()], (0.025, 0.975))
    return float(low), float(high)


def _worked_out(report: ClassReport) -> dict[str, Any]:
    score = report.score
    return {"precision": score.precision, "recall": score.recall, "f": score.f, **asdict(score)} | {
        "interval": list(report.interval),
        "offset": report.offset,
    }


def _line(name: str, report: ClassReport) -> str:
    score, (low, high) = report.score, report.interval
    if score == Score():
        return f"{name:8}{'none played, none heard':>24}"
    offset = "" if report.offset is None else f"{1000 * report.offset:+.1f} ms"
    return (
        f"{name:8}{score.precision:8.3f}{score.recall:7.3f}{score.f:7.3f}   {low:.3f}-{high:.3f}  "
        f"{score.tp:6}{score.fp:10}{score.fn:8}{offset:>11}"
    )
