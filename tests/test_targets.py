"""Hits to frames and back: the round trip, what is hidden from the loss, and peaks between frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drum_tabber.events import ALL_DRUMS, BEATS, Beats, Hits, Spans
from drum_tabber.hearing.hats import learn
from drum_tabber.hearing.targets import Decoding, TargetSpec, decode, encode, interpolate_peak, pick_peaks
from drum_tabber.odds import log_odds

CODES = ("BD", "SD", "HH", "HO", "CC")
SPEC = TargetSpec(CODES, frame_rate=86.1, width=2.0, beat_width=3.0)
APART = tuple((code,) for code in CODES)
N_FRAMES = 700
FAMILIES = (("BD",), ("SD",), ("HH", "HO"), ("CC",))


def decoding(families: tuple[tuple[str, ...], ...] = FAMILIES, threshold: float = 0.4) -> Decoding:
    return Decoding(families, dict.fromkeys(CODES, threshold), dict.fromkeys(CODES, 0.02))


def targets_of(hits: Hits, spec: TargetSpec = SPEC) -> tuple[np.ndarray, np.ndarray]:
    encoded = encode(hits, None, APART, True, spec, N_FRAMES)
    return encoded["onset"][..., 0], encoded["velocity"][..., 0]


def random_hits(seed: int) -> Hits:
    """Hits between frames; a drum is hit every 60 ms at most, so that its targets don't overlap."""
    rng = np.random.default_rng(seed)
    steps = [np.cumsum(rng.uniform(0.06, 0.5, 14)) for _ in CODES]
    drums = np.repeat(CODES, 14)
    return Hits.of(np.concatenate(steps), drums, rng.integers(1, 128, len(drums)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("width", [1.5, 2.0, 2.5])
def test_decoding_inverts_encoding(seed: int, width: float) -> None:
    hits = random_hits(seed)
    spec = TargetSpec(CODES, SPEC.frame_rate, width)
    found = decode(*targets_of(hits, spec), spec, decoding(tuple((code,) for code in CODES)))
    assert found.drum.tolist() == hits.drum.tolist()
    np.testing.assert_allclose(found.time, hits.time, atol=1e-5)  # 32-bit activations; a frame is 12 ms
    assert np.abs(found.velocity - hits.velocity).max() <= 1


def test_decoding_inverts_encoding_within_families() -> None:
    hits = Hits.of([0.111, 0.3, 0.5137, 0.7, 1.0, 1.0], ["HH", "HO", "HH", "HO", "BD", "CC"], [10, 20, 30, 40, 50, 60])
    found = decode(*targets_of(hits), SPEC, decoding())
    assert found.drum.tolist() == hits.drum.tolist()
    np.testing.assert_allclose(found.time, hits.time, atol=1e-5)
    np.testing.assert_allclose(found.velocity, hits.velocity, atol=1)


def test_targets_are_triangles_around_the_hit() -> None:
    hits = Hits.of([10.25 / SPEC.frame_rate], ["SD"], [64])
    encoded = encode(hits, None, APART, True, SPEC, 30)
    expected = {9: 1 - 1.25 / 2, 10: 1 - 0.25 / 2, 11: 1 - 0.75 / 2, 12: 1 - 1.75 / 2}
    onset = encoded["onset"]
    assert {
        int(frame): pytest.approx(onset[frame, 1, 0], abs=1e-5) for frame in np.flatnonzero(onset[:, 1, 0])
    } == expected
    assert not np.delete(onset, 1, axis=1)[..., 0].any()
    assert (onset[..., 1] == 1).all()
    np.testing.assert_allclose(encoded["velocity"][9:13, 1, 0], 64 / 127)
    np.testing.assert_allclose(encoded["velocity"][:, 1, 1], onset[:, 1, 0])  # velocities count where the hit is


def test_close_hits_share_their_frames_and_never_exceed_1() -> None:
    onset, _ = targets_of(Hits.of(np.array([20.0, 21.5]) / SPEC.frame_rate, ["BD", "BD"]))
    np.testing.assert_allclose(onset[19:25, 0], [0.5, 1.0, 0.75, 0.75, 0.25, 0.0], atol=1e-5)


def test_hits_at_and_beyond_the_ends() -> None:
    hits = Hits.of(
        np.array([-5.0, -1.0, 0.0, 29.5, 31.0, 99.0]) / SPEC.frame_rate, ["BD", "SD", "HH", "HO", "CC", "CC"]
    )
    onset = encode(hits, None, APART, True, SPEC, 30)["onset"][..., 0]
    assert not onset[:, 0].any()
    np.testing.assert_allclose(onset[:2, 1], [0.5, 0.0], atol=1e-5)
    np.testing.assert_allclose(onset[:2, 2], [1.0, 0.5], atol=1e-5)
    np.testing.assert_allclose(onset[-2:, 3], [0.25, 0.75], atol=1e-5)
    np.testing.assert_allclose(onset[-1, 4], 0, atol=1e-5)


class TestWhatIsHidden:
    HITS = Hits.of(np.array([10.0, 20.0]) / SPEC.frame_rate, ["BD", "HH"])
    ENCODED = encode(HITS, None, (("BD",), ("HH", "HO"), ("SD",)), False, SPEC, 30)

    def test_a_drum_in_no_group_is_hidden(self) -> None:
        assert not self.ENCODED["onset"][:, CODES.index("CC"), 1].any()

    def test_a_drum_by_itself_is_shown(self) -> None:
        assert (self.ENCODED["onset"][:, CODES.index("BD"), 1] == 1).all()
        assert (self.ENCODED["onset"][:, CODES.index("SD")] == [0, 1]).all()
        assert self.ENCODED["onset"][10, CODES.index("BD"), 0] == pytest.approx(1)

    @pytest.mark.parametrize("code", ["HH", "HO"])
    def test_members_of_a_group_are_hidden_where_one_was_hit_and_silent_elsewhere(self, code: str) -> None:
        target, weight = np.moveaxis(self.ENCODED["onset"][:, CODES.index(code)], -1, 0)
        assert not target.any()
        assert set(np.flatnonzero(weight == 0)) == {18, 19, 20, 21, 22}
        assert set(weight) == {0.0, 1.0}

    def test_velocities_count_nowhere_if_they_are_not_labelled(self) -> None:
        assert not self.ENCODED["velocity"][..., 1].any()

    def test_a_group_of_one_drum_of_ours_is_a_drum_by_itself(self) -> None:
        encoded = encode(self.HITS, None, (("BD", "XX"),), False, SPEC, 30)
        assert encoded["onset"][10, 0, 0] == pytest.approx(1) and (encoded["onset"][:, 0, 1] == 1).all()

    def test_beats(self) -> None:
        assert not self.ENCODED["beat"].any()
        beats = Beats(np.array([5.0, 12.0]) / SPEC.frame_rate, np.array([4, 1]))
        beat = encode(Hits(), beats, APART, True, SPEC, 30)["beat"]
        assert (beat[..., 1] == 1).all()
        np.testing.assert_allclose(beat[[5, 6, 12], 0, 0], [1, 2 / 3, 1], atol=1e-5)
        assert set(np.flatnonzero(beat[:, 1, 0] > 1e-5)) == {10, 11, 12, 13, 14}


@pytest.mark.parametrize("offset", [-0.49, -0.2, 0.0, 0.1, 0.49])
@pytest.mark.parametrize(("height", "width"), [(1.0, 1.5), (0.3, 2.0), (0.8, 4.5)])
def test_interpolation_is_exact_for_triangles(offset: float, height: float, width: float) -> None:
    frames = np.arange(20)
    triangle = np.maximum(0, height * (1 - np.abs(frames - 9 - offset) / width)).astype(np.float32)
    assert interpolate_peak(triangle, 9) == pytest.approx(9 + offset, abs=1e-5)


@pytest.mark.parametrize(("activation", "frame"), [([0.9, 0.5, 0.1], 0), ([0.1, 0.5, 0.9], 2), ([0.5, 0.5, 0.5], 1)])
def test_a_peak_at_an_end_or_on_a_plain_stays_where_it_is(activation: list[float], frame: int) -> None:
    assert interpolate_peak(np.array(activation, np.float32), frame) == frame


@pytest.mark.parametrize(
    ("activation", "threshold", "gap", "peaks"),
    [
        ([0, 0.5, 0, 0.7, 0], 0.4, 1, [1, 3]),
        ([0, 0.5, 0, 0.7, 0], 0.6, 1, [3]),
        ([0, 0.5, 0, 0.5, 0], 0.5, 2, [1, 3]),
        ([0, 0.5, 0, 0.7, 0], 0.4, 3, [3]),
        ([0, 0.7, 0, 0.5, 0, 0.6], 0.4, 3, [1, 5]),
        ([0.9, 0.1, 0.2, 0.8], 0.4, 1, [0, 3]),
        ([0.1, 0.6, 0.6, 0.1], 0.4, 1, [1]),
        ([], 0.4, 1, []),
    ],
)
def test_peaks(activation: list[float], threshold: float, gap: float, peaks: list[int]) -> None:
    assert pick_peaks(np.array(activation, np.float32), threshold, gap).tolist() == peaks


def bump(n_frames: int, *peaks: tuple[int, int, float]) -> np.ndarray:
    """Activations (n_frames, drums) with peaks of (frame, drum, height), each falling to 0 in two frames."""
    activation = np.zeros((n_frames, len(CODES)), np.float32)
    for frame, drum, height in peaks:
        activation[frame - 1 : frame + 2, drum] = [height / 2, height, height / 2]
    return activation


def heard(activation: np.ndarray, how: Decoding) -> list[tuple[int, str]]:
    found = decode(activation, np.full_like(activation, 0.5), SPEC, how)
    return [(round(time * SPEC.frame_rate), drum) for time, drum in zip(found.time, found.drum.tolist(), strict=True)]


class TestFamilies:
    HH, HO = CODES.index("HH"), CODES.index("HO")

    def test_doubt_between_members_is_one_hit_of_the_likelier(self) -> None:
        activation = bump(40, (10, self.HH, 0.3), (10, self.HO, 0.35))
        assert heard(activation, decoding()) == [(10, "HO")]
        assert heard(activation, decoding(tuple((code,) for code in CODES))) == []

    def test_likelier_is_measured_by_each_members_threshold(self) -> None:
        activation = bump(40, (10, self.HH, 0.3), (10, self.HO, 0.35))
        easier = Decoding(FAMILIES, {**dict.fromkeys(CODES, 0.4), "HH": 0.2}, dict.fromkeys(CODES, 0.02))
        assert heard(activation, easier) == [(10, "HH")]

    @pytest.mark.parametrize(("height", "drums"), [(0.7, ["HH", "HO"]), (0.5, ["HH"])])
    def test_two_that_are_both_sure_are_both_struck(self, height: float, drums: list[str]) -> None:
        activation = bump(40, (10, self.HH, 0.9), (10, self.HO, height))
        assert [drum for _, drum in heard(activation, decoding())] == drums

    def test_refractory_time(self) -> None:
        activation = bump(60, (10, 0, 0.9), (14, 0, 0.8), (30, 0, 0.9))
        late = Decoding(FAMILIES, dict.fromkeys(CODES, 0.4), dict.fromkeys(CODES, 5 / SPEC.frame_rate))
        assert [frame for frame, _ in heard(activation, decoding())] == [10, 14, 30]
        assert [frame for frame, _ in heard(activation, late)] == [10, 30]

    def test_confidence_is_the_activation(self) -> None:
        activation = bump(40, (10, 0, 0.75))
        found = decode(activation, np.full_like(activation, 0.25), SPEC, decoding())
        assert found.confidence.tolist() == pytest.approx([0.75]) and found.velocity.tolist() == [32]

    def test_silence(self) -> None:
        assert decode(np.zeros((0, 5), np.float32), np.zeros((0, 5), np.float32), SPEC, decoding()) == Hits()


def test_sensitivity_moves_thresholds_evenly_in_log_odds() -> None:
    how = Decoding(FAMILIES, {"BD": 0.2, "SD": 0.5}, {"BD": 0.02, "SD": 0.02})

    def log_odds(sensitivity: float) -> np.ndarray:
        values = np.array(list(how.at(sensitivity).thresholds.values()))
        return np.log(values / (1 - values))

    assert dict(how.at(0.5).thresholds) == pytest.approx(dict(how.thresholds))
    np.testing.assert_allclose(log_odds(0.0) - log_odds(1.0), [8.0, 8.0])
    np.testing.assert_allclose(log_odds(0.75), log_odds(0.5) - 2.0)
    assert how.at(0.9).refractory == how.refractory and how.at(0.9).sure < how.sure
    assert how.at(0.1).sure == how.sure, "a deaf ear hears less of the drums, not nothing"


class TestHidden:
    HITS = Hits.of(np.array([10.0, 20.0]) / SPEC.frame_rate, ["SD", "SD"])
    BEATS = Beats(np.array([10.0]) / SPEC.frame_rate, np.array([1]))

    def weights(self, what: str, start: float, end: float) -> dict[str, np.ndarray]:
        span = Spans.of([start / SPEC.frame_rate], [end / SPEC.frame_rate], what)
        encoded = encode(self.HITS, self.BEATS, APART, True, SPEC, 40, span)
        shown = encode(self.HITS, self.BEATS, APART, True, SPEC, 40)
        for name in encoded:
            np.testing.assert_array_equal(encoded[name][..., 0], shown[name][..., 0])  # targets stay as they are
        return {name: array[..., 1] for name, array in encoded.items()}

    def test_silence_weighs_nothing_and_hits_stay(self) -> None:
        onset = self.weights("SD", 8, 16)["onset"][:, 1]
        silent = [
            6,
            7,
            8,
            12,
            13,
            14,
            15,
            16,
            17,
            18,
        ]  # two frames beyond either end; the hit's own target is at 9 to 11
        np.testing.assert_array_equal(np.flatnonzero(onset == 0), silent)

    def test_one_drum_or_all_or_the_beats(self) -> None:
        one, every, pulse = (self.weights(what, 25, 30) for what in ("SD", ALL_DRUMS, BEATS))
        assert one["onset"][:, [0, 2, 3, 4]].all() and not one["onset"][25:31, 1].any() and one["beat"].all()
        assert not every["onset"][25:31].any() and every["onset"][:20].all() and every["beat"].all()
        assert pulse["onset"].all() and not pulse["beat"][25:31].any() and pulse["beat"][:20].all()

    def test_beyond_the_segment_or_of_no_drum(self) -> None:
        for start, end, what in ((-90, -50, "SD"), (100, 200, ALL_DRUMS), (0, 40, "XX")):
            assert self.weights(what, start, end)["onset"].all()
        assert not self.weights(ALL_DRUMS, -90, 300)["onset"][25:].any()

    def test_what_a_corpus_does_not_tell_apart_stays_hidden(self) -> None:
        span = Spans.of([0.0], [0.1], "HH")
        onset = encode(Hits(), None, (("BD",),), False, SPEC, 40, span)["onset"]
        assert onset[:, 0, 1].all() and not onset[:, 1:, 1].any()


class TestHabits:
    """Three hats of one family: closed eighths, an open one, and a stroke that nobody could name by itself."""

    SPEC = TargetSpec(("HH", "HO", "HP"), 100.0)
    HABITS = tuple(
        tuple(map(tuple, rows)) for rows in learn([Hits.of(0.25 * np.arange(80), ["HH", "HO"] * 40)]).tolist()
    )

    def activations(self) -> np.ndarray:
        onset = np.zeros((130, 3), np.float32)
        onset[[25, 75], 0] = 0.8
        onset[50, 1] = 0.8
        onset[100] = [0.41, 0.4, 0.1]
        return onset

    def heard(self, **how: Any) -> Hits:
        decoding = Decoding(
            (self.SPEC.drums,), dict.fromkeys(self.SPEC.drums, 0.3), dict.fromkeys(self.SPEC.drums, 0.03), **how
        )
        velocity = np.broadcast_to(np.array([0.2, 0.4, 0.6], np.float32), (130, 3))
        return decode(self.activations(), velocity, self.SPEC, decoding)

    def test_a_doubtful_hat_goes_with_those_around_it(self) -> None:
        assert self.heard(together=0.9).drum.tolist() == ["HH", "HO", "HH", "HH"]
        found = self.heard(together=0.9, habits=self.HABITS)
        assert found.drum.tolist() == ["HH", "HO", "HH", "HO"]
        assert found.velocity.tolist() == pytest.approx([25, 51, 25, 51], abs=1)
        np.testing.assert_array_equal(found.time, self.heard(together=0.9).time)

    @pytest.mark.parametrize(
        ("at_once", "drum"), [((0.7, 0.1, 0.9), "HH"), ((0.1, 0.9, 0.7), "HO"), ((0.2, 0.1, 0.9), "HP")]
    )
    def test_a_hat_closed_as_it_is_struck_is_the_stick_alone(
        self, at_once: tuple[float, ...], drum: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        onset = np.zeros((130, 3), np.float32)
        onset[50] = at_once
        monkeypatch.setattr(self, "activations", lambda: onset)
        assert self.heard(together=0.6).drum.tolist() == [drum]

    def test_a_network_may_lack_a_drum_of_the_family(self) -> None:
        onset = np.zeros((130, 2), np.float32)
        onset[50] = 0.7, 0.9
        drums = self.SPEC.drums
        decoding = Decoding((drums,), dict.fromkeys(drums, 0.3), dict.fromkeys(drums, 0.03))
        assert decode(onset, onset, TargetSpec(("HH", "HP"), 100.0), decoding).drum.tolist() == ["HH"]

    def test_two_hats_at_once_stay_as_they_are(self) -> None:
        assert self.heard(together=0.4, habits=self.HABITS).drum.tolist() == ["HH", "HO", "HH", "HH", "HO"]


def test_log_odds_know_no_infinity() -> None:
    odds = log_odds([0.0, 0.5, 0.9, 1.0])
    assert odds[1] == 0 and odds[2] == pytest.approx(np.log(9)) and odds[3] == pytest.approx(np.log(999))
    assert odds[0] == pytest.approx(-np.log(999))
