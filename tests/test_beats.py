"""Beats from pulse trains whose beats are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Beats, Hits
from drum_tabber.meter import phases
from drum_tabber.meter.beats import BeatSpec, track

FRAME_RATE = 100.0
SPEC = BeatSpec()
REACH = 0.07  # seconds within which a beat counts as found, as in mir_eval


def steady(bpm: float, meter: int, duration: float = 30.0, start: float = 0.4) -> Beats:
    """Whole bars at a steady tempo."""
    time = np.arange(start, duration, 60 / bpm)
    time = time[: len(time) // meter * meter]
    return Beats(time, np.arange(len(time)) % meter + 1)


def pulses(times: NDArray[np.float64], n_frames: int, frame_rate: float, height: float = 0.9) -> NDArray[np.float64]:
    """A narrow bell at each time, sampled at the frames."""
    frames = np.arange(n_frames)[:, None] / frame_rate
    bells = np.exp(-0.5 * ((frames - times) / 0.015) ** 2)
    return np.asarray(height * bells.max(axis=1, initial=0), np.float64)


def activations(beats: Beats, frame_rate: float = FRAME_RATE, height: float = 0.9) -> NDArray[np.float64]:
    """What a good model would say of these beats."""
    n_frames = round((beats.time[-1] + 1) * frame_rate)
    columns = [pulses(times, n_frames, frame_rate, height) for times in (beats.time, beats.downbeats)]
    return np.stack(columns, axis=1)


def counted(heard: NDArray[np.float64], frame_rate: float, spec: BeatSpec, hits: Hits | None = None) -> Beats:
    """The beats that are tracked."""
    return track(heard, frame_rate, spec, hits).beats


def found(reference: NDArray[np.float64], estimate: NDArray[np.float64]) -> float:
    """F-measure of times that match within REACH."""
    near = np.abs(reference[:, None] - estimate) <= REACH
    return float((near.any(axis=1).sum() + near.any(axis=0).sum()) / sum(near.shape))


@pytest.mark.parametrize("meter", [3, 4])
@pytest.mark.parametrize("bpm", [55.0, 83.0, 120.0, 174.0, 200.0])
def test_steady_pulses(bpm: float, meter: int) -> None:
    beats = steady(bpm, meter)
    tracked = counted(activations(beats), FRAME_RATE, SPEC)
    assert len(tracked) == len(beats)
    np.testing.assert_allclose(tracked.time, beats.time, atol=0.002)  # a fifth of a frame
    np.testing.assert_array_equal(tracked.place, beats.place)


@pytest.mark.parametrize("frame_rate", [44100 / 441, 44100 / 512, 50.0])
def test_any_frame_rate(frame_rate: float) -> None:
    beats = steady(132.0, 4)
    tracked = counted(activations(beats, frame_rate), frame_rate, SPEC)
    np.testing.assert_allclose(tracked.time, beats.time, atol=0.3 / frame_rate)


def test_drifting_tempo() -> None:
    intervals = 0.5 * (1 + 0.15 * np.sin(np.arange(80) / 12))
    time = 0.7 + np.cumsum(intervals)
    beats = Beats(time, np.arange(80) % 4 + 1)
    tracked = counted(activations(beats), FRAME_RATE, SPEC)
    assert found(beats.time, tracked.time) > 0.98
    assert found(beats.downbeats, tracked.downbeats) > 0.95


def test_a_sudden_change_of_tempo() -> None:
    slow, fast = np.arange(0.5, 20, 60 / 90), 20.5 + np.arange(0, 20, 60 / 140)
    time = np.concatenate([slow, fast])
    beats = Beats(time, np.arange(len(time)) % 4 + 1)
    assert found(time, counted(activations(beats), FRAME_RATE, SPEC).time) > 0.95


def test_a_change_of_meter() -> None:
    time = np.arange(0.5, 30, 0.5)
    place = np.concatenate([np.arange(28) % 4, np.arange(len(time) - 28) % 3]) + 1
    time, place = time[:58], place[:58]  # whole bars
    tracked = counted(activations(Beats(time, place)), FRAME_RATE, SPEC)
    np.testing.assert_array_equal(tracked.place, place)


def test_a_pick_up() -> None:
    time = np.arange(0.5, 20.1, 0.6)[:30]
    place = (np.arange(len(time)) + 2) % 4 + 1
    np.testing.assert_array_equal(counted(activations(Beats(time, place)), FRAME_RATE, SPEC).place, place)


def test_noise_and_missing_beats() -> None:
    rng = np.random.default_rng(3)
    beats = steady(104.0, 4, 60.0)
    kept = rng.random(len(beats)) > 0.2
    heard = activations(Beats(beats.time[kept], beats.place[kept]), height=0.7)
    noisy = np.maximum(heard, 0.4 * rng.random(heard.shape) ** 3)
    tracked = counted(noisy, FRAME_RATE, SPEC)
    assert found(beats.time, tracked.time) > 0.95
    assert found(beats.downbeats, tracked.downbeats) > 0.95


@pytest.mark.parametrize(("bpm", "expected"), [(70.0, 70.0), (100.0, 100.0), (200.0, 200.0)])
def test_clear_beats_keep_their_octave_though_weak_ones_lie_between(bpm: float, expected: float) -> None:
    beats = steady(bpm, 4)
    heard = activations(beats)
    between = pulses(beats.time + 30 / bpm, len(heard), FRAME_RATE, height=0.15)
    heard[:, 0] = np.maximum(heard[:, 0], between)
    tempo = 60 / np.median(np.diff(counted(heard, FRAME_RATE, SPEC).time))
    assert tempo == pytest.approx(expected, rel=0.02)


def test_only_tempi_asked_for_are_found() -> None:
    heard = activations(steady(180.0, 4))
    tempo = 60 / np.median(np.diff(counted(heard, FRAME_RATE, BeatSpec(50, 110)).time))
    assert tempo == pytest.approx(90, rel=0.02)


def test_hits_help_where_the_activations_say_nothing() -> None:
    beats = steady(125.0, 4)
    drums = np.array(["BD", "SD", "BD", "SD"])[beats.place - 1]
    crashes = beats.downbeats[::2]
    hats = np.arange(beats.time[0], beats.time[-1], 30 / 125)
    hits = Hits.concatenate(
        [
            Hits.of(beats.time, drums),
            Hits.of(hats, ["HH"] * len(hats), 70),
            Hits.of(crashes, ["CC"] * len(crashes), 120),
        ]
    )
    silent = np.full((round(31 * FRAME_RATE), 2), 0.01)
    tracked = counted(silent, FRAME_RATE, SPEC, hits)
    assert found(beats.time, tracked.time) == 1
    assert found(beats.downbeats, tracked.downbeats) == 1
    assert not len(counted(silent, FRAME_RATE, SPEC))


def test_silence_around_the_music_has_no_beats() -> None:
    beats = steady(120.0, 4, 20.0, start=8.0)
    heard = np.concatenate([activations(beats), np.zeros((1000, 2))])
    tracked = counted(heard, FRAME_RATE, SPEC)
    assert len(tracked) == len(beats)


@pytest.mark.parametrize(("seconds", "n_more"), [(4.0, 3), (1.2, 2), (0.3, 0)])
def test_the_last_bar_is_counted_to_its_end_as_far_as_the_recording_goes(seconds: float, n_more: int) -> None:
    beats = steady(120.0, 4, 20.0)
    last = int(np.flatnonzero(beats.place == 1)[-1])
    heard = activations(Beats(beats.time[: last + 1], beats.place[: last + 1]))
    end = round((beats.time[last] + seconds) * FRAME_RATE)
    heard = np.pad(heard, ((0, max(0, end - len(heard))), (0, 0)))[:end]
    tracked = counted(heard, FRAME_RATE, SPEC)
    assert len(tracked) == last + 1 + n_more
    np.testing.assert_allclose(tracked.time, beats.time[: len(tracked)], atol=0.01)
    np.testing.assert_array_equal(tracked.place, beats.place[: len(tracked)])


def test_what_is_struck_on_fractions_keeps_beats_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """For two bars beats are heard an eighth of a beat late, where nothing that is played has a place."""
    beats = steady(100.0, 4, 40.0)
    astray, interval = beats.time[20:28], 0.6
    heard = activations(beats)
    heard[round((astray[0] - 0.1) * FRAME_RATE) : round((astray[-1] + interval - 0.1) * FRAME_RATE)] = 0.0
    for times, height in ((astray, 0.1), (astray + 0.12 * interval, 0.5)):
        heard[:, 0] = np.maximum(heard[:, 0], pulses(times, len(heard), FRAME_RATE, height))
    eighths = np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats.time)
    played = [(beats.time[::2], "BD"), (beats.time[1::2], "SD"), (eighths, "HH")]
    hits = Hits.concatenate([Hits.of(times, [drum] * len(times), 100) for times, drum in played])
    assert found(beats.time, counted(heard, FRAME_RATE, SPEC, hits).time) == 1
    monkeypatch.setattr(phases, "_WEIGHT", 0.0)
    assert found(beats.time, counted(heard, FRAME_RATE, SPEC, hits).time) < 0.9, "without, they go astray"


@pytest.mark.parametrize("n_frames", [0, 1, 7, 400])
def test_no_beats_at_all(n_frames: int) -> None:
    assert counted(np.zeros((n_frames, 2)), FRAME_RATE, SPEC) == Beats()


def test_two_runs_agree() -> None:
    heard = np.random.default_rng(5).random((3000, 2)) ** 4
    assert counted(heard, FRAME_RATE, SPEC) == counted(heard, FRAME_RATE, SPEC)
