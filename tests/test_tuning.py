"""Tuning: it finds the threshold and the refractory time that made-up activations ask for."""

from __future__ import annotations

import numpy as np
import pytest

import configs
from drum_tabber.events import Hits
from drum_tabber.hearing import tuning
from drum_tabber.hearing.targets import Decoding, TargetSpec, calibrated, encode
from drum_tabber.hearing.tuning import Heard
from drum_tabber.vocabulary import Vocabulary

CODES = ("BD", "HH", "HO")
SPEC = TargetSpec(CODES, frame_rate=100.0, width=2.0)
START = Decoding((("BD",), ("HH", "HO")), dict.fromkeys(CODES, 0.3), dict.fromkeys(CODES, 0.03))
FAMILIES = {"kick": ("BD",), "hihat": ("HH", "HO")}
N_FRAMES = 300
APART = tuple((code,) for code in CODES)


def activation(hits: Hits) -> np.ndarray:
    """Triangles as high as each hit's confidence."""
    summed = np.zeros((N_FRAMES, len(CODES)), np.float32)
    for index in range(len(hits)):
        one = hits.select(slice(index, index + 1))
        summed += one.confidence[0] * encode(one, None, APART, True, SPEC, N_FRAMES)["onset"][..., 0]
    return summed


def heard(said: Hits, reference: Hits, labelled: tuple[str, ...] = CODES) -> Heard:
    onset = activation(said)
    return Heard(onset, np.full_like(onset, 0.5), reference, labelled)


def hits(times: list[float], drum: str, confidence: float) -> Hits:
    return Hits.of(times, [drum] * len(times), confidence=confidence)


TRUE = hits([0.2, 0.7, 1.2, 1.7], "BD", 0.2)


def test_a_threshold_between_weak_hits_and_noise_is_found() -> None:
    said = Hits.concatenate([TRUE, hits([0.45, 0.95, 1.45, 2.5], "BD", 0.09)])
    tuned, scores = tuning.tune([heard(said, TRUE)], SPEC, START, FAMILIES)
    assert 0.09 < tuned.thresholds["BD"] <= 0.2
    assert (scores["f"], scores["family"]["kick"], scores["drum"]["BD"]) == (1, 1, 1)


def test_thresholds_are_found_between_those_of_the_grid() -> None:
    strokes, noise = hits([0.2, 0.7, 1.2, 1.7], "BD", 0.495), hits([0.45, 0.95, 1.45, 2.5], "BD", 0.47)
    weak = hits([2.2, 2.3, 2.4, 2.6, 2.7], "BD", 0.43)
    tuned, scores = tuning.tune([heard(Hits.concatenate([strokes, noise, weak]), strokes)], SPEC, START, FAMILIES)
    assert not np.any((tuning.THRESHOLDS > 0.47) & (tuning.THRESHOLDS <= 0.495))
    assert 0.47 < tuned.thresholds["BD"] <= 0.495
    assert scores["family"]["kick"] == 1


def test_a_refractory_time_that_swallows_echoes_is_found() -> None:
    echoes = hits([0.24, 0.74, 1.24, 1.74], "BD", 0.19)
    tuned, scores = tuning.tune([heard(Hits.concatenate([TRUE, echoes]), TRUE)], SPEC, START, FAMILIES)
    assert tuned.refractory["BD"] == 0.045
    assert scores["family"]["kick"] == 1


def test_doubtful_hits_are_shifted_between_the_members_of_a_family() -> None:
    closed, opened = hits([0.2, 0.7, 1.2], "HH", 0.5), hits([1.7, 2.2], "HO", 0.5)
    drowned = hits([1.7, 2.2], "HH", 0.55)
    tuned, scores = tuning.tune(
        [heard(Hits.concatenate([closed, opened, drowned]), Hits.concatenate([closed, opened]))], SPEC, START, FAMILIES
    )
    assert tuned.thresholds["HO"] < tuned.thresholds["HH"]
    assert scores["drum"]["HH"] == scores["drum"]["HO"] == scores["family"]["hihat"] == 1


def test_segments_that_lack_a_label_have_no_say() -> None:
    said = Hits.concatenate([TRUE, hits([0.45, 0.95, 1.45, 2.5], "BD", 0.09)])
    unlabelled = heard(hits(np.arange(0.1, 2.9, 0.1).tolist(), "BD", 0.8), Hits(), ("HH", "HO"))
    assert tuning.tune([heard(said, TRUE), unlabelled], SPEC, START, FAMILIES) == tuning.tune(
        [heard(said, TRUE)], SPEC, START, FAMILIES
    )


def test_a_segment_that_labels_a_part_of_a_family_has_a_say_in_it() -> None:
    said = Hits.concatenate([hits([0.2, 0.7, 1.2], "HH", 0.2), hits([0.45, 0.95], "HH", 0.09)])
    tuned, scores = tuning.tune([heard(said, hits([0.2, 0.7, 1.2], "HH", 0.2), ("HH",))], SPEC, START, FAMILIES)
    assert 0.09 < tuned.thresholds["HH"] <= 0.2
    assert scores == {"f": 1, "family": {"hihat": 1}, "drum": {"HH": 1}}


def test_a_family_that_nobody_labels_keeps_where_it_started() -> None:
    tuned, _ = tuning.tune([heard(TRUE, TRUE, ("BD",))], SPEC, START, FAMILIES)
    assert {drum: tuned.thresholds[drum] for drum in ("HH", "HO")} == {"HH": 0.3, "HO": 0.3}


def test_listening_reads_references_back_from_the_targets_of_batches() -> None:
    first = Hits.of([0.213, 0.7], ["BD", "HO"], [100, 40])
    second = Hits.of([1.1], ["HH"], [70])
    encoded = [encode(first, None, APART, True, SPEC, N_FRAMES), encode(second, None, APART, True, SPEC, N_FRAMES)]
    targets = {name: np.stack([one[name] for one in encoded]) for name in encoded[0]}
    mel = np.random.default_rng(0).random((2, N_FRAMES, 7), np.float32)

    def network(frames: np.ndarray, training: bool) -> dict[str, np.ndarray]:
        assert not training
        return {"onset": frames[..., :3], "velocity": frames[..., 3:6]}

    one, other = tuning.listen(network, [(mel, targets)], SPEC)
    for segment, expected, index in ((one, first, 0), (other, second, 1)):
        assert segment.reference.drum.tolist() == expected.drum.tolist()
        np.testing.assert_allclose(segment.reference.time, expected.time, atol=1e-5)
        np.testing.assert_array_equal(segment.onset, mel[index, :, :3])
        assert segment.labelled == CODES


def test_what_is_hidden_from_the_loss_is_hidden_from_tuning() -> None:
    played = Hits.of([0.2, 1.0], ["BD", "HH"])
    encoded = encode(played, None, (("BD",), ("HH", "HO")), False, SPEC, N_FRAMES)
    targets = {name: target[None] for name, target in encoded.items()}

    def network(frames: np.ndarray, training: bool) -> dict[str, np.ndarray]:
        answer = activation(Hits.of([0.2, 1.0], ["BD", "HO"], confidence=0.9))[None]
        return {"onset": answer, "velocity": answer}

    [segment] = tuning.listen(network, [(np.zeros((1, N_FRAMES, 7)), targets)], SPEC)
    assert segment.reference.drum.tolist() == ["BD"]
    assert segment.onset[20, 0] > 0.8 and not segment.onset[98:103, 1:].any()
    assert tuning.tune([segment], SPEC, START, FAMILIES)[1]["f"] == 1


def test_a_drum_that_is_nowhere_labelled_is_not_counted_as_labelled() -> None:
    encoded = encode(TRUE, None, (("BD",),), True, SPEC, N_FRAMES)
    targets = {name: target[None] for name, target in encoded.items()}
    answers = {"onset": np.zeros((1, N_FRAMES, 3)), "velocity": np.zeros((1, N_FRAMES, 3))}
    [segment] = tuning.listen(lambda mel, training: answers, [(np.zeros((1, N_FRAMES, 7)), targets)], SPEC)
    assert segment.labelled == ("BD",)


def test_tuning_starts_from_one_threshold_for_all_and_looks_for_what_rings_together() -> None:
    table = Vocabulary.of(configs.DRUMS)
    untuned = tuning.untuned(table)
    assert set(untuned.thresholds) == set(untuned.refractory) == set(table.codes)
    assert set(untuned.thresholds.values()) == {0.3} and set(untuned.refractory.values()) == {0.03}
    assert sorted(drum for family in untuned.families for drum in family) == sorted(table.codes)
    assert (*table.families["hihat"], *table.families["cymbal"]) in untuned.families
    assert table.families["tom"] in untuned.families


def test_the_scores_are_said_in_a_line() -> None:
    line = tuning.describe({"f": 0.5, "family": {"BD": 0.75}, "drum": {"HO": 1 / 3}})
    assert line == "F 0.500; BD 0.750, HO 0.333"


def test_confidences_become_probabilities() -> None:
    """Of a hundred strokes that are heard alike, seven in ten are there."""
    times = np.arange(0.1, 2.9, 0.1)
    segments = []
    for shift in range(10):
        said = hits(times.tolist(), "BD", 0.5)
        segments.append(heard(said, said.select((np.arange(len(times)) + shift) % 10 < 7), ("BD",)))
    tuned, _ = tuning.tune(segments, SPEC, START, FAMILIES)
    assert set(tuned.calibration) == {"BD"}
    assert calibrated(hits([1.0], "BD", 0.5), tuned).confidence[0] == pytest.approx(0.7, abs=0.02)


def test_hats_get_habits_where_they_help() -> None:
    """Every second stroke is open and can't be told by itself: some closed ones sound more open."""
    codes = ("BD", "HH", "HO", "HP")
    spec = TargetSpec(codes, frame_rate=100.0)
    start = Decoding((("BD",), ("HH", "HO", "HP")), dict.fromkeys(codes, 0.3), dict.fromkeys(codes, 0.03))
    times, drums = np.arange(0.1, 2.9, 0.25), ["HH", "HO"] * 6
    played = Hits.of(times, drums)
    onset = np.zeros((N_FRAMES, 4), np.float32)
    for index, frame in enumerate(np.rint(100 * times).astype(int)):
        onset[frame, 1:] = [0.45, 0.44, 0.0] if index % 2 else [0.45, 0.46, 0.0] if index in (4, 8) else [0.7, 0.1, 0.0]
    segment = Heard(onset, np.full_like(onset, 0.5), played, codes)
    tuned, scores = tuning.tune([segment] * 3, spec, start, {"hihat": ("HH", "HO", "HP")})
    assert tuned.habits
    assert scores["drum"]["HO"] == scores["drum"]["HH"] == 1
