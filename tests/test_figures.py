"""Figures: counted by hand on a few strokes; what labels can't tell is left out."""

from __future__ import annotations

import json

import pytest

import configs
from drum_tabber.events import Hits
from drum_tabber.tasks.figures import Judged, measure, velocity_error
from drum_tabber.vocabulary import Vocabulary

TABLE = Vocabulary.of(configs.DRUMS)
APART = tuple((code,) for code in TABLE.codes)
FIVE = tuple(TABLE.families.values())


def judged(reference: Hits, estimate: Hits, name: str = "one", **more: object) -> Judged:
    how: dict[str, object] = {"told_apart": APART, "has_velocity": True, "seconds": 30.0} | more
    return Judged(name, reference, estimate, **how)  # type: ignore[arg-type]


PLAYED = Hits.of([1, 2, 3, 4, 5, 6], ["HO", "HH", "HO", "HH", "RD", "CC"], [100, 50, 100, 50, 60, 60])
HEARD = Hits.of([1, 2, 3, 4, 5, 6, 7], ["HO", "HH", "HH", "HP", "CC", "SC", "HT"], [90, 50, 90, 40, 60, 60, 9], 0.75)


def test_kinds_that_are_mixed_up() -> None:
    found = measure([judged(PLAYED, HEARD)], TABLE)
    assert found.pairs["open against closed hat"] == pytest.approx((2 / 3, 3))  # the pedal is neither
    assert found.pairs["ride against crash"] == (0.5, 2)  # a splash is one of the crashes


def test_a_drum_that_another_stood_in_for_is_in_no_pair() -> None:
    found = measure([judged(PLAYED, HEARD, stood_in=("CC", "HH"))], TABLE)
    assert found.pairs["ride against crash"] == (0.0, 1)  # the crash, which was right, is left out
    assert found.pairs["open against closed hat"] == (0.5, 2)
    assert found.reports[0].overall.score.tp == 6  # it was struck all the same


def test_conditions_are_judged_together_and_apart() -> None:
    pieces = [
        judged(PLAYED, HEARD, "one", condition="alone"),
        judged(PLAYED, PLAYED, "two", condition="with music", seconds=90.0),
        judged(PLAYED, Hits(), "three"),
    ]
    found = measure(pieces, TABLE)
    assert found.minutes == 2.5 and found.reports[0].overall.score.tp == 12
    assert list(found.conditions) == ["alone", "with music"]
    apart = found.conditions["alone"]
    assert apart == measure([judged(PLAYED, HEARD)], TABLE)
    assert "alone: 1 piece, 0.5 min: " in str(found) and "ride against crash 50.0% of 2" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["conditions"]["with music"]["minutes"] == 1.5


def test_drums_invented_where_nobody_plays_them() -> None:
    other = judged(Hits.of([1.0], ["LT"]), Hits.of([1.0, 2.0], ["LT", "LT"]), "two", seconds=90.0)
    found = measure([judged(PLAYED, HEARD), other], TABLE)
    assert found.minutes == 2
    assert found.absent["tom"] == (1, 0.5)
    assert found.absent["kick"] == (0, 2) and found.absent["cymbal"] == (0, 1.5)


def test_velocities_of_hits_of_the_right_drum() -> None:
    assert velocity_error([judged(PLAYED, HEARD)]) == pytest.approx((10 + 0) / 2)
    assert velocity_error([judged(PLAYED, HEARD, has_velocity=False)]) is None


def test_confidences_are_those_of_five_drums() -> None:
    found = measure([judged(PLAYED, HEARD)], TABLE)
    assert [(part.n, part.confidence) for part in found.bins] == [(7, 0.75)]
    assert found.calibration_error == pytest.approx(6 / 7 - 0.75)


def test_labels_that_tell_families_alone_judge_families_alone() -> None:
    found = measure([judged(PLAYED, HEARD, told_apart=FIVE)], TABLE)
    assert found.pairs == {}
    assert found.reports[0].overall.score.tp == 6


def test_everything_is_printed_and_kept() -> None:
    found = measure([judged(PLAYED, HEARD)], TABLE)
    text, content = str(found), json.loads(json.dumps(found.as_dict()))
    assert "tom: 1 invented in 0.5 min without any" in text and "within 20 ms" in text
    assert "open against closed hat: 0.667 of 3 right" in text
    assert content["reports"][0]["overall"]["tp"] == 6 and content["velocity_error"] == 5
