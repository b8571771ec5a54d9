"""One-shots cut out of a song: solitary strokes alone, the surest first."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.oneshots import cuts, percussion

RATE = 1000


def test_only_solitary_strokes_are_cut_up_to_the_next() -> None:
    hits = Hits.of([0.5, 1.0, 1.01, 1.5, 1.56, 2.5], ["BD", "SD", "HH", "BD", "SD", "BD"], 100, [0.9, 1, 1, 1, 1, 0.5])
    sound = np.arange(8000, dtype=np.float32).reshape(2, 4000)
    found = list(cuts.cuts(hits, sound, RATE))
    assert [cut.drum for cut in found] == ["BD", "BD"]
    by_start = sorted(float(cut.samples[0, 0]) / RATE for cut in found)
    assert by_start == pytest.approx([0.497, 2.497])
    first = min(found, key=lambda cut: float(cut.samples[0, 0]))
    assert first.samples.shape == (2, 500)
    assert found[0].worth >= found[1].worth and not found[0].samples[:, -1].any()


def test_no_more_of_a_drum_than_asked_for() -> None:
    hits = Hits.of(np.arange(1, 9), ["BD"] * 8)
    assert len(list(cuts.cuts(hits, np.ones((1, 10000), np.float32), RATE, most=3))) == 3


def test_every_drum_has_a_class_and_a_name() -> None:
    assert {*cuts.CLASSES} == {*cuts.NAMES} and {*cuts.CLASSES.values()} <= {*percussion.CLASSES}
