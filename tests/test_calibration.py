"""Calibration: lines that are put in are found, the error is what it is defined to be, and the plot is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.hearing import calibration
from drum_tabber.hearing.calibration import Bin
from drum_tabber.hearing.targets import Decoding, believed, calibrated
from drum_tabber.odds import log_odds

CLASSES = {"BD": "kick", "HH": "hihat", "HO": "hihat"}


def test_a_hit_is_right_where_its_class_was_struck_and_only_once() -> None:
    reference = Hits.of([1.0, 2.0, 3.0], ["HH", "BD", "HO"])
    estimate = Hits.of([1.02, 1.03, 2.0, 3.04, 3.2], ["HO", "HH", "HH", "HO", "BD"])
    assert calibration.right(reference, estimate, CLASSES, 0.05).tolist() == [True, False, False, True, False]


def test_drums_outside_the_classes_are_never_right() -> None:
    hits = Hits.of([1.0, 2.0], ["CC", "BD"])
    assert calibration.right(hits, hits, CLASSES, 0.05).tolist() == [False, True]


@pytest.mark.parametrize(("slope", "offset"), [(2.5, 0.6), (0.7, -1.0)])
def test_the_line_that_made_hits_right_is_found(slope: float, offset: float) -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.3, 0.97, 40_000)
    chance = 1 / (1 + np.exp(-(slope * log_odds(confidence) + offset)))
    found = calibration.line(confidence, rng.random(40_000) < chance)
    assert found == pytest.approx((slope, offset), abs=0.1)


def test_few_hits_make_no_line_and_all_right_ones_no_certainty() -> None:
    assert calibration.line(np.full(calibration.FEWEST - 1, 0.5), np.ones(calibration.FEWEST - 1, bool)) is None
    sure = calibration.line(np.linspace(0.5, 0.9, 200), np.ones(200, bool))
    assert sure is not None
    hits = Hits.of([1.0], ["BD"], confidence=[0.7])
    assert 0.9 < calibrated(hits, Decoding((("BD",),), {}, {}, calibration={"BD": sure})).confidence[0] < 1


def test_calibrating_changes_the_drums_that_have_a_line() -> None:
    hits = Hits.of([1.0, 1.1, 1.2], ["BD", "HH", "BD"], [10, 20, 30], [0.5, 0.6, 0.8])
    decoding = Decoding((("BD",), ("HH",)), {}, {}, calibration={"BD": (2.0, 0.0)})
    found = calibrated(hits, decoding)
    np.testing.assert_allclose(found.confidence, [0.5, 0.6, 16 / 17])
    assert found.velocity.tolist() == [10, 20, 30] and found.time.tolist() == [1.0, 1.1, 1.2]


def test_what_is_unlikely_is_not_believed() -> None:
    hits = Hits.of([1.0, 1.1, 1.2], ["CC", "HH", "CC"], confidence=[0.4, 0.1, 0.6])
    decoding = Decoding((("CC",), ("HH",)), {}, {}, calibration={"CC": (5.0, 0.0)}, least=0.2)
    assert believed(hits, decoding).time.tolist() == [1.2]
    assert len(believed(hits, replace(decoding, calibration={}))) == 3, "nobody knows how likely they are"
    assert decoding.at(0.9).least < 0.2 < decoding.at(0.1).least


def test_the_error_is_the_mean_distance_of_confidence_and_truth() -> None:
    confidence = np.array([0.91, 0.95, 0.25, 0.21, 1.0])
    bins = calibration.reliability(confidence, np.array([True, False, False, False, True]))
    assert [part.n for part in bins] == [2, 3]
    assert [part.confidence for part in bins] == pytest.approx([0.23, 2.86 / 3])
    assert [part.right for part in bins] == pytest.approx([0, 2 / 3])
    assert calibration.error(bins) == pytest.approx((2 * 0.23 + 2.86 - 2) / 5)
    assert calibration.error([]) == 0


def test_materials_are_pooled_as_if_they_were_one() -> None:
    rng = np.random.default_rng(2)
    confidence, right = rng.random(500), rng.random(500) < 0.5
    parts = [calibration.reliability(confidence[part::3], right[part::3]) for part in range(3)]
    whole, joined = calibration.reliability(confidence, right), calibration.pooled(parts)
    assert [part.n for part in joined] == [part.n for part in whole]
    for name in ("confidence", "right"):
        assert [getattr(part, name) for part in joined] == pytest.approx([getattr(part, name) for part in whole])


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    calibration.draw({"made up": [Bin(3, 0.4, 0.5), Bin(4, 0.9, 0.8)]}, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
