"""The transcriber's word and the classifier's: each counts by how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.oneshots import cuts, hearsay, percussion

CLASSES = percussion.CLASSES


def likely(code: str, share: float) -> np.ndarray:
    rest = (1 - share) / (len(CLASSES) - 1)
    return np.array([share if name == code else rest for name in CLASSES], np.float32)


def test_a_prior_sums_to_one_and_prefers_the_class_then_its_kin() -> None:
    prior = hearsay.prior("HH", 0.7, CLASSES)
    at = {code: float(prior[CLASSES.index(code)]) for code in ("hhc", "hho", "ped", "kick")}
    assert prior.sum() == pytest.approx(1, abs=1e-5)
    assert at["hhc"] == pytest.approx(0.7) and at["hhc"] > at["hho"] == at["ped"] > at["kick"] > 0


@pytest.mark.parametrize(("confidence", "share", "said"), [(0.95, 0.5, "snr"), (0.3, 0.95, "clp"), (0.6, 0.04, "snr")])
def test_the_surer_of_the_two_has_its_way(confidence: float, share: float, said: str) -> None:
    both = hearsay.combined("SD", confidence, likely("clp", share), CLASSES)
    assert CLASSES[int(both.argmax())] == said and both.sum() == pytest.approx(1, abs=1e-5)


def test_without_a_word_from_the_transcriber_the_classifier_is_followed() -> None:
    both = hearsay.combined("??", 0.9, likely("cow", 0.4), CLASSES)
    assert CLASSES[int(both.argmax())] == "cow"


def test_every_drum_has_a_class_a_name_and_a_ring() -> None:
    assert {*hearsay.CLASSES} == {*cuts.NAMES} == {*cuts.RINGS}
    assert {*hearsay.CLASSES.values()} <= {*CLASSES}
