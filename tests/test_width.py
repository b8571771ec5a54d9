"""Targets of another width: those that would have been made with it."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.hearing import targets
from drum_tabber.hearing.targets import TargetSpec

tf = pytest.importorskip("tensorflow")

from drum_tabber.learning.width import of_width  # noqa: E402 - it loads TensorFlow


@pytest.mark.parametrize("wanted", [1.0, 1.5, 2.0, 3.0, 3.5])
def test_other_widths_are_those_that_would_have_been_encoded(wanted: float) -> None:
    hits = Hits.of([0.11, 0.153, 0.18, 0.3071, 0.52, 0.548], ["SD", "BD", "BD", "SD", "SD", "SD"])

    def encoded(width: float) -> np.ndarray:
        spec = TargetSpec(("BD", "SD"), 100.0, width)
        return targets.encode(hits, None, [("BD",), ("SD",)], True, spec, 70)["onset"]

    found = of_width(tf.constant(encoded(2.0)[None]), 2.0, wanted).numpy()[0]
    np.testing.assert_allclose(found, encoded(wanted), atol=1e-5)
