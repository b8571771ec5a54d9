"""Labels of what was heard: sure hits are taught, doubtful ones hidden with their family, the rest is silence."""

from __future__ import annotations

import numpy as np

from drum_tabber.hearing import targets
from drum_tabber.hearing.inference import Activations
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.material import heard

SPEC = TargetSpec(("BD", "HH", "HO"), 100.0)
DECODING = Decoding(
    (("BD",), ("HH", "HO")), dict.fromkeys(SPEC.drums, 0.5), dict.fromkeys(SPEC.drums, 0.03), calibration={}
)


def activations(*peaks: tuple[int, str, float]) -> Activations:
    onset = np.zeros((300, 3), np.float32)
    for frame, drum, height in peaks:
        for away, share in ((-1, 0.5), (0, 1.0), (1, 0.5)):
            onset[frame + away, SPEC.drums.index(drum)] = height * share
    return Activations(onset, np.full_like(onset, 0.7), np.zeros((300, 2), np.float32), 100.0)


def test_sure_hits_are_taught_and_doubtful_ones_hidden() -> None:
    labels = heard.labels_of(activations((50, "BD", 0.97), (100, "BD", 0.6), (150, "HO", 0.95)), SPEC, DECODING, 0.9)
    assert list(zip(np.round(labels.hits.time, 3), labels.hits.drum, strict=True)) == [(0.5, "BD"), (1.5, "HO")]
    assert not labels.velocity and labels.beats is None and labels.told_apart == (("BD",), ("HH",), ("HO",))
    where = zip(np.round(labels.hidden.start, 2), np.round(labels.hidden.end, 2), labels.hidden.what, strict=True)
    assert sorted(where) == [(0.95, 1.05, "BD"), (1.45, 1.55, "HH")]


def test_what_is_doubtful_has_no_weight_and_silence_has() -> None:
    labels = heard.labels_of(activations((50, "BD", 0.97), (100, "BD", 0.3)), SPEC, DECODING, 0.9)
    encoded = targets.encode(labels.hits, None, labels.told_apart, False, SPEC, 300, labels.hidden)
    kick = encoded["onset"][:, 0]
    assert kick[50, 0] == 1 and kick[50, 1] == 1
    assert not kick[97:104, 1].any(), "below the threshold, but it may be a hit"
    assert kick[200].tolist() == [0, 1] and kick[60].tolist() == [0, 1]
    assert not encoded["velocity"][..., 1].any() and not encoded["beat"][..., 1].any()


def test_a_song_without_anything_is_silence() -> None:
    labels = heard.labels_of(activations(), SPEC, DECODING, 0.9)
    assert len(labels.hits) == len(labels.hidden) == 0
