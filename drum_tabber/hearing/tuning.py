"""Thresholds and refractory times, tuned on validation material and never on what judges the model.

References are read back from the very targets that validation batches carry, so any corpus and any feed will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.hearing import calibration, hats
from drum_tabber.hearing.evaluate import Score, n_matched
from drum_tabber.hearing.hats import HATS
from drum_tabber.hearing.targets import Decoding, TargetSpec, decode
from drum_tabber.vocabulary import Vocabulary

Floats = NDArray[np.float32]
TOLERANCE = 0.05  # seconds
THRESHOLDS = np.round(np.concatenate([np.arange(0.04, 0.2, 0.02), np.arange(0.2, 0.9, 0.05)]), 3)
REFRACTORY = (0.02, 0.03, 0.045, 0.06)  # seconds
ALONE, TOGETHER = (0.5, 0.7, 1.4, 2.0), (0.85, 0.92, 1.08, 1.17)  # factors on the thresholds of a family, tried in turn
HABITS = (0.2, 0.35, 0.5, 0.7)  # weights of the strokes around a hat, over what is heard of it
CONFUSABLE = ("hihat", "cymbal")  # families that are told apart like the members of one: open hats ring like cymbals
_DEFAULT_REFRACTORY = 0.03


@dataclass(frozen=True)
class Heard:
    """What the model said of one segment, "onset" and "velocity" (frames, drums), and the hits that are in it."""

    onset: Floats
    velocity: Floats
    reference: Hits
    labelled: tuple[str, ...]


def untuned(vocabulary: Vocabulary) -> Decoding:
    """Where tuning starts: one threshold for all, and what rings in one family."""
    alone = tuple(drums for name, drums in vocabulary.families.items() if name not in CONFUSABLE)
    ringing = tuple(drum for name, drums in vocabulary.families.items() if name in CONFUSABLE for drum in drums)
    return Decoding(
        (*alone, ringing),
        dict.fromkeys(vocabulary.codes, 0.3),
        dict.fromkeys(vocabulary.codes, _DEFAULT_REFRACTORY),
    )


def listen(model: Any, batches: Iterable[Any], spec: TargetSpec) -> list[Heard]:
    """What a Keras model says of every segment of some (mel, targets) batches, beside what was played there.

    What the targets hide is taken for silence: neither found nor invented.
    """
    exact = Decoding(
        tuple((drum,) for drum in spec.drums), dict.fromkeys(spec.drums, 0.5), dict.fromkeys(spec.drums, 0.0)
    )
    heard = []
    for mel, targets in batches:
        answers = model(mel, training=False)
        packed, loudness = np.asarray(targets["onset"]), np.asarray(targets["velocity"])
        for segment in range(len(packed)):
            labelled = np.flatnonzero(packed[segment, ..., 1].any(axis=0))
            heard.append(
                Heard(
                    np.asarray(answers["onset"][segment]) * packed[segment, ..., 1],
                    np.asarray(answers["velocity"][segment]),
                    decode(packed[segment, ..., 0] * packed[segment, ..., 1], loudness[segment, ..., 0], spec, exact),
                    tuple(spec.drums[column] for column in labelled),
                )
            )
    return heard


def tune(
    heard: Iterable[Heard], spec: TargetSpec, decoding: Decoding, families: Mapping[str, tuple[str, ...]]
) -> tuple[Decoding, dict[str, Any]]:
    """The decoding that serves the segments best, and its F-measures by `families` of drums and by drum.

    A segment has a say in every family of which it labels a drum; families and drums that none labels have no F.

    A family's threshold and refractory time are those of its best F-measure; then each member's threshold moves
    alone, which shifts doubtful hits between the members, while that helps the members' own F-measures, and all of
    them together once more. Then the strokes around a hat get a say in which it was, if that helps, and confidences
    become probabilities.
    """
    segments = list(heard)
    for family in decoding.families:
        labelled = [segment for segment in segments if set(family) & set(segment.labelled)]
        if not labelled:
            continue
        decoding = _best_of_family(labelled, spec, decoding, family)
        decoding = _shared_out(labelled, spec, decoding, family)
    decoding = _with_habits(segments, spec, decoding)
    decoding = _with_calibration(segments, spec, decoding, families)
    return decoding, judge(segments, spec, decoding, families)


def judge(
    segments: Sequence[Heard], spec: TargetSpec, decoding: Decoding, families: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """F-measures over all segments: "f" of all hits, by "family" of drums and by "drum"; what none labels is absent."""
    scores = {name: _scores(segments, spec, decoding, drums) for name, drums in families.items()}
    of_drum = {drum: _scores(segments, spec, decoding, (drum,)) for drum in spec.drums}
    return {
        "f": _total(score for of_family in scores.values() for score in of_family).f,
        "family": {name: _total(found).f for name, found in scores.items() if found},
        "drum": {drum: _total(found).f for drum, found in of_drum.items() if found},
    }


def worth(scores: Sequence[Score]) -> float:
    """What tuning maximises: the F-measure over all segments and the segments' mean F-measure, half each.

    The mean makes an invented hit dear where the drum isn't played at all, which is most songs for a tom or a china.
    """
    return (_total(scores).f + float(np.mean([score.f for score in scores]))) / 2 if scores else 1.0


def describe(scores: Mapping[str, Any]) -> str:
    """The scores in a line."""
    parts = [f"{name} {value:.3f}" for name, value in (scores["family"] | scores["drum"]).items()]
    return f"F {scores['f']:.3f}; " + ", ".join(parts)


def _best_of_family(segments: list[Heard], spec: TargetSpec, decoding: Decoding, family: tuple[str, ...]) -> Decoding:
    """The best threshold and refractory time that all members share.

    Hits are decoded once a refractory time, at the lowest threshold; a higher one keeps those of enough confidence.
    """
    best, chosen = -1.0, decoding
    lowest = float(THRESHOLDS.min())
    for gap in REFRACTORY:
        alone = replace(_with(decoding, family, lowest, gap), families=(family,))
        candidates = [decode(segment.onset, segment.velocity, spec, alone).of_drum(*family) for segment in segments]
        for threshold in THRESHOLDS.tolist():
            scores = [
                _score(segment.reference.of_drum(*family), found.select(found.confidence >= threshold))
                for segment, found in zip(segments, candidates, strict=True)
            ]
            if (reached := worth(scores)) > best:
                best, chosen = reached, _with(decoding, family, threshold, gap)
    return chosen


def _shared_out(segments: list[Heard], spec: TargetSpec, decoding: Decoding, family: tuple[str, ...]) -> Decoding:
    """The same with the members' thresholds moved, each by itself for their own sake, then all for the family's."""

    def worths(trial: Decoding, *groups: tuple[str, ...]) -> list[float]:
        alone = replace(trial, families=(family,))
        found = [decode(segment.onset, segment.velocity, spec, alone) for segment in segments]
        pairs = [(segment.reference, hits) for segment, hits in zip(segments, found, strict=True)]
        return [worth([_score(said.of_drum(*group), hits.of_drum(*group)) for said, hits in pairs]) for group in groups]

    def of_all(trial: Decoding) -> float:
        return worths(trial, family)[0]

    def of_each(trial: Decoding) -> float:
        together, *each = worths(trial, family, *((drum,) for drum in family))
        return together + float(np.mean(each))

    alone = [((drum,), factor) for drum in family for factor in ALONE] if len(family) > 1 else []
    decoding = _moved(decoding, alone, of_each)
    return _moved(decoding, [(family, factor) for factor in TOGETHER], of_all)


def _moved(
    decoding: Decoding, moves: Iterable[tuple[tuple[str, ...], float]], reached: Callable[[Decoding], float]
) -> Decoding:
    """The decoding after those moves, thresholds of some drums times a factor, that reach more than those before."""
    best = reached(decoding)
    for drums, factor in moves:
        moved = {drum: round(float(np.clip(decoding.thresholds[drum] * factor, 0.02, 0.95)), 3) for drum in drums}
        trial = replace(decoding, thresholds={**decoding.thresholds, **moved})
        if (value := reached(trial)) > best:
            best, decoding = value, trial
    return decoding


def _with_habits(segments: list[Heard], spec: TargetSpec, decoding: Decoding) -> Decoding:
    """The same with what hats do by nature, and with the habits of the segments in the best weight."""
    judges = [segment for segment in segments if {*HATS} <= {*segment.labelled}]
    if not judges or not {*HATS} <= {drum for family in decoding.families for drum in family}:
        return decoding
    habits = hats.learn(segment.reference for segment in judges)

    ringing = tuple(family for family in decoding.families if set(family) & {*HATS})

    def reached(trial: Decoding) -> float:
        alone = replace(trial, families=ringing)
        pairs = [(each.reference, decode(each.onset, each.velocity, spec, alone)) for each in judges]
        return float(
            np.mean([_total(_score(said.of_drum(drum), hits.of_drum(drum)) for said, hits in pairs).f for drum in HATS])
        )

    nature = hats.by_nature()
    tables = [nature, *(nature + weight * habits for weight in HABITS)]
    trials = [
        replace(decoding, habits=tuple(tuple(map(tuple, rows)) for rows in np.round(table, 3).tolist()))
        for table in tables
    ]
    return max(trials, key=reached)


def _with_calibration(
    segments: list[Heard], spec: TargetSpec, decoding: Decoding, families: Mapping[str, tuple[str, ...]]
) -> Decoding:
    """The same with a line for each family of drums that the segments label, fitted to the hits that are decoded."""
    found = [decode(segment.onset, segment.velocity, spec, decoding) for segment in segments]
    lines: dict[str, tuple[float, float]] = {}
    for drums in families.values():
        classes = dict.fromkeys(drums, drums[0])
        judged = [
            (segment.reference, hits.of_drum(*drums))
            for segment, hits in zip(segments, found, strict=True)
            if set(drums) <= set(segment.labelled)
        ]
        sure = np.concatenate([np.zeros(0), *(hits.confidence for _, hits in judged)])
        right = [calibration.right(reference, hits, classes, TOLERANCE) for reference, hits in judged]
        fitted = calibration.line(sure, np.concatenate([np.zeros(0, bool), *right]))
        lines |= dict.fromkeys(drums, fitted) if fitted else {}
    return replace(decoding, calibration=lines)


def _scores(segments: Iterable[Heard], spec: TargetSpec, decoding: Decoding, drums: tuple[str, ...]) -> list[Score]:
    """Hits found, invented and missed on some drums of a family, as one class, in each segment that labels them."""
    family = next(family for family in decoding.families if drums[0] in family)
    alone = replace(decoding, families=(family,))
    scores = []
    for segment in segments:
        if set(drums) & set(segment.labelled):
            found = decode(segment.onset, segment.velocity, spec, alone)
            scores.append(_score(segment.reference.of_drum(*drums), found.of_drum(*drums)))
    return scores


def _score(expected: Hits, found: Hits) -> Score:
    n_right = n_matched(expected.time, found.time, TOLERANCE)
    return Score(n_right, len(found) - n_right, len(expected) - n_right)


def _total(scores: Iterable[Score]) -> Score:
    return sum(scores, Score())


def _with(decoding: Decoding, family: tuple[str, ...], threshold: float, gap: float) -> Decoding:
    return replace(
        decoding,
        thresholds={**decoding.thresholds, **dict.fromkeys(family, threshold)},
        refractory={**decoding.refractory, **dict.fromkeys(family, gap)},
    )
