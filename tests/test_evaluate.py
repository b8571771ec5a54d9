"""Scores: identities, known mistakes, and the figures of the field's own scorer on files in `golden/evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.hearing.evaluate import Score, beat_f, evaluate, n_matched, scorable, search_thresholds, unique
from drum_tabber.material import corpora
from drum_tabber.vocabulary import Vocabulary

GOLDEN = Path(__file__).parent / "golden" / "evaluate"
VOCABULARY = Vocabulary.of(configs.DRUMS)
CLASSES = VOCABULARY.classes(5)
PART = Hits.of([0.5, 1.0, 1.0, 1.5, 2.0, 2.5], ["BD", "SD", "HH", "BD", "CC", "LT"])

times = st.lists(st.integers(0, 3000), max_size=40).map(lambda ms: np.array(ms, np.float64) / 1000)


def scored(reference: Hits, estimate: Hits, tolerance: float = 0.05) -> Score:
    return evaluate({"a": reference}, {"a": estimate}, CLASSES, tolerance).overall.score


class TestEvaluate:
    @pytest.mark.parametrize("n_classes", [3, 5, 8])
    def test_of_itself_is_one(self, n_classes: int) -> None:
        classes = VOCABULARY.classes(n_classes)
        report = evaluate({"a": PART, "b": PART}, {"a": PART, "b": PART}, classes)
        assert list(report.classes) == list(dict.fromkeys(classes.values()))
        assert {one.score.f for one in [*report.classes.values(), report.overall]} == {1.0}
        assert report.mean_track_f == report.mean_cell_f == 1.0
        assert report.overall.interval == (1.0, 1.0)
        assert report.overall.offset == 0.0
        assert report.confusion == {}

    def test_nothing_wanted_and_nothing_heard_is_one(self) -> None:
        report = evaluate({"a": Hits()}, {"a": Hits()}, CLASSES)
        assert report.overall.score.f == 1.0
        assert report.overall.offset is None

    def test_nothing_heard(self) -> None:
        score = scored(PART, Hits())
        assert (score.precision, score.recall, score.f) == (1.0, 0.0, 0.0)

    def test_counts_and_formulas(self) -> None:
        estimate = Hits.of([0.51, 1.0, 1.2, 3.0], ["BD", "SD", "SD", "HH"])
        score = scored(PART, estimate)
        assert score == Score(tp=2, fp=2, fn=4)
        assert (score.precision, score.recall, score.f) == (2 / 4, 2 / 6, 2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))

    def test_the_tolerance_decides(self) -> None:
        late = PART.moved(lambda time: time + 0.03)
        assert scored(PART, late, 0.05).f == 1.0
        assert scored(PART, late, 0.02).f == 0.0

    def test_one_estimate_pairs_with_one_reference(self) -> None:
        assert scored(Hits.of([1.0, 1.04], ["BD", "BD"]), Hits.of([1.02], ["BD"])) == Score(1, 0, 1)

    def test_members_of_a_class_are_one(self) -> None:
        assert scored(Hits.of([1, 2], ["HH", "HP"]), Hits.of([1, 2], ["HO", "HH"])).f == 1.0

    def test_codes_outside_the_classes_are_left_out(self) -> None:
        three = VOCABULARY.classes(3)
        assert evaluate({"a": PART}, {"a": PART.of_drum("BD", "SD", "HH")}, three).overall.score.f == 1.0

    def test_offset_is_estimate_minus_reference(self) -> None:
        report = evaluate({"a": PART}, {"a": PART.moved(lambda time: time + 0.012)}, CLASSES)
        assert report.classes["kick"].offset == pytest.approx(0.012)
        assert report.overall.offset == pytest.approx(0.012)

    def test_confusion_names_what_a_missed_hit_was_heard_as(self) -> None:
        estimate = Hits.of([0.5, 1.0, 1.02, 1.5, 2.0, 2.5], ["SD", "SD", "HH", "BD", "CC", "BD"])
        assert evaluate({"a": PART}, {"a": estimate}, CLASSES).confusion == {"kick": {"snare": 1}, "tom": {"kick": 1}}

    def test_interval_holds_the_score_and_repeats(self) -> None:
        rng = np.random.default_rng(3)
        references = {str(i): Hits.of(np.arange(20.0), ["BD"] * 20) for i in range(12)}
        estimates = {name: hits.select(rng.random(20) < 0.7) for name, hits in references.items()}
        report = evaluate(references, estimates, CLASSES)
        low, high = report.overall.interval
        assert 0 < low < report.overall.score.f < high < 1
        assert evaluate(references, estimates, CLASSES) == report
        assert evaluate(references, estimates, CLASSES, seed=2).overall.interval != report.overall.interval

    def test_tracks_must_correspond(self) -> None:
        with pytest.raises(ValueError, match=r"\['a', 'b'\]"):
            evaluate({"a": PART}, {"b": PART}, CLASSES)

    def test_report_prints_and_dumps(self) -> None:
        report = evaluate({"a": PART}, {"a": PART.moved(lambda time: time + 0.012)}, CLASSES)
        overall = json.loads(json.dumps(report.as_dict()))["overall"]
        assert overall.pop("offset") == pytest.approx(0.012)
        assert overall == {"precision": 1, "recall": 1, "f": 1, "tp": 6, "fp": 0, "fn": 0, "interval": [1, 1]}
        assert "kick       1.000  1.000  1.000   1.000-1.000       2         0       0   +12.0 ms" in str(report)


class TestAgainstTheFieldsScorer:
    """`expected.json` was computed by the scorer that the published figures come from; equality is exact."""

    @pytest.mark.parametrize("tolerance", ["0.05", "0.02"])
    @pytest.mark.parametrize("n_classes", ["5", "3"])
    def test_to_the_last_digit(self, tolerance: str, n_classes: str) -> None:
        expected = json.loads((GOLDEN / "expected.json").read_text())[tolerance][n_classes]
        references, estimates = (
            {
                name: corpora.read_annotation(path, VOCABULARY)
                for name, path in corpora.find_annotations(GOLDEN / kind).items()
            }
            for kind in ("reference", "estimate")
        )
        report = evaluate(references, estimates, VOCABULARY.classes(int(n_classes)), float(tolerance))
        assert {name: figures(one.score) for name, one in report.classes.items()} == expected["classes"]
        assert figures(report.overall.score) == expected["overall"]
        assert report.mean_track_f == expected["mean_track_f"]
        assert report.mean_cell_f == expected["mean_cell_f"]
        assert {name: score.f for name, score in report.tracks.items()} == expected["tracks"]


def figures(score: Score) -> list[float]:
    return [score.tp, score.fp, score.fn, score.precision, score.recall, score.f]


class TestMatching:
    def test_duplicates_within_a_millisecond_are_one(self) -> None:
        np.testing.assert_array_equal(unique(np.array([2.0, 1.0, 1.0, 1.0009, 1.01])), [1.0, 1.01, 2.0])
        assert len(unique(np.zeros(0))) == 0

    @given(times, times, st.sampled_from([0.02, 0.05, 0.3]))
    def test_counts_as_mir_eval_does(self, reference: np.ndarray, estimate: np.ndarray, tolerance: float) -> None:
        reference, estimate = unique(reference), unique(estimate)
        assert n_matched(reference, estimate, tolerance) == len(
            mir_eval.util.match_events(reference, estimate, tolerance)
        )


class TestThresholds:
    def test_finds_the_gap_between_right_and_wrong(self) -> None:
        right = Hits.of(np.arange(10.0), ["BD"] * 10, confidence=0.6)
        wrong = Hits.of(np.arange(10.0) + 0.5, ["BD"] * 10, confidence=0.3)
        threshold, score = search_thresholds({"a": right}, {"a": Hits.concatenate([right, wrong])}, CLASSES)["kick"]
        assert 0.3 < threshold <= 0.6
        assert score == Score(10, 0, 0)

    def test_every_class_has_its_own(self) -> None:
        reference = Hits.of([1, 2], ["BD", "SD"])
        candidates = Hits.of([1, 1.5, 2, 2.5], ["BD", "BD", "SD", "SD"], confidence=[0.9, 0.7, 0.4, 0.2])
        found = search_thresholds({"a": reference}, {"a": candidates}, CLASSES, thresholds=[0.1, 0.3, 0.5, 0.8])
        assert (found["kick"][0], found["snare"][0]) == (0.8, 0.3)


class TestBeats:
    def test_of_themselves_is_one(self) -> None:
        beats = Beats(np.linspace(0, 3.5, 8), np.arange(8) % 4 + 1)
        assert beat_f(beats, beats) == beat_f(beats, beats, downbeats=True) == 1.0

    def test_downbeats_on_the_wrong_beat(self) -> None:
        beats = Beats(np.linspace(0, 3.5, 8), np.arange(8) % 4 + 1)
        wrong = Beats(beats.time, (np.arange(8) + 2) % 4 + 1)
        assert (beat_f(beats, wrong), beat_f(beats, wrong, downbeats=True)) == (1.0, 0.0)

    def test_none(self) -> None:
        beats = Beats(np.arange(3.0), np.arange(3) + 1)
        assert (beat_f(beats, Beats()), beat_f(Beats(), Beats())) == (0.0, 1.0)


class TestScorable:
    def test_groups_within_classes(self) -> None:
        apart = [("BD",), ("SD", "SS"), ("HH", "HO", "HP"), ("HT", "RD")]
        assert set(scorable(CLASSES, apart).values()) == {"kick", "snare", "hihat"}

    def test_unlabelled_drums_are_not_judged(self) -> None:
        assert set(scorable(CLASSES, [("BD",)]).values()) == {"kick"}
