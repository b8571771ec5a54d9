"""Scores of classed one-shots, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.oneshots import evaluation


def test_what_is_right_scores_one() -> None:
    report = evaluation.report(["a", "b", "b"], ["a", "b", "b"])
    assert (report.macro_f, report.accuracy, report.confusions) == (1.0, 1.0, ())


def test_f_by_hand() -> None:
    report = evaluation.report(["a", "a", "a", "b"], ["a", "a", "b", "c"])
    assert report.scores["a"].f == pytest.approx(4 / 5)
    assert report.scores["b"].f == 0.0
    assert "c" not in report.scores
    assert report.macro_f == pytest.approx(0.4)
    assert report.confusions == (("a", "b", 1), ("b", "c", 1))


def test_auroc_by_hand() -> None:
    scores, positive = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True])
    assert evaluation.auroc(scores, positive) == pytest.approx(3.5 / 4)
    with pytest.raises(ValueError, match="both kinds"):
        evaluation.auroc(scores, np.ones(4, bool))
