"""What the networks of bar lines are fitted to, and that they answer in numpy as they did in Keras."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drum_tabber.errors import SettingError
from drum_tabber.events import Beats, Hits
from drum_tabber.meter import barlines
from tools.fit_barlines import BEATS, excerpts, fit, network, weights_of, write
from tools.performed import SWING, changing, swung, without


def rock(n_beats: int = 96, interval: float = 0.5) -> tuple[Hits, Beats]:
    """Kick and snare by turns, eighths on the hat, a crash with every one."""
    beats = Beats(np.linspace(1, 1 + interval * (n_beats - 1), n_beats), np.arange(n_beats) % 4 + 1)
    hats = np.arange(1, 1 + interval * n_beats, interval / 2)
    drums = Hits.of(beats.time, np.where(beats.place % 2, "BD", "SD"))
    crashes = Hits.of(beats.downbeats, ["CC"] * len(beats.downbeats), 100)
    return Hits.concatenate([drums, crashes, Hits.of(hats, ["HH"] * len(hats), 70)]), beats


def test_beats_that_fall_away_take_their_strokes_with_them() -> None:
    hits, beats = rock()
    shorter, counted = without(hits, beats, beats.place == 4)
    np.testing.assert_allclose(np.diff(counted.time), 0.5)
    assert counted.place.tolist() == [1, 2, 3] * 24
    np.testing.assert_allclose(shorter.of_drum("CC").time, counted.downbeats)
    assert len(shorter.of_drum("SD")) == 24


def test_bars_lose_their_last_beat_throughout_by_parts_or_now_and_then() -> None:
    seen = set()
    for seed in range(40):
        _, counted = changing(*rock(), np.random.default_rng(seed))
        lengths = np.diff(np.append(np.flatnonzero(counted.place == 1), len(counted)))
        assert {*lengths.tolist()} <= {3, 4}
        seen.add("".join(map(str, lengths)))
    assert "3" * 24 in seen
    assert sum("4" * 8 + "3" * 8 + "4" in bars for bars in seen) > 2
    assert sum(bars.count("3") < 4 for bars in seen) > 2


def test_swing_keeps_the_beats_and_delays_what_lies_between() -> None:
    hits, beats = rock()
    late = swung(hits, beats.time, np.random.default_rng(3))
    phase = (late.time - beats.time[0]) / 0.5 % 1
    assert len(late) == len(hits) - 1  # the hat after the last beat belongs to none
    between = phase[(phase > 0.05) & (phase < 0.95)]
    assert len(between) == len(beats) - 1
    assert np.ptp(between) < 1e-9
    assert SWING[0] <= between[0] <= SWING[1]


def test_excerpts_say_where_bars_begin_and_how_long_they_are() -> None:
    found = excerpts([("groove", *rock())], np.random.default_rng(1))
    assert found.features.shape == (16, BEATS[1], barlines.N_FEATURES)
    for there, start, meter in zip(found.there[..., 0], found.start[..., 0], found.meter, strict=True):
        n_beats = int(there.sum())
        assert BEATS[0] * 0.7 <= n_beats <= BEATS[1] and there[:n_beats].all()
        assert not start[n_beats:].any() and not meter[n_beats:].any()
        starts = np.flatnonzero(start)
        for earlier, later in pairwise(starts.tolist()):
            bar = meter[earlier:later]
            assert (bar.sum(axis=1) == 1).all() and bar[0, barlines.METERS.index(later - earlier)] == 1
    with pytest.raises(SettingError, match="no bars to learn from"):
        excerpts([], np.random.default_rng(1))


def test_numpy_answers_as_keras_does_whatever_fills_a_batch_up() -> None:
    nets, rng = [network(6), network(6)], np.random.default_rng(2)
    for net in nets:
        net.set_weights([rng.normal(0, 0.4, weight.shape) for weight in net.get_weights()])
    seen = rng.uniform(0, 1, (1, 50, barlines.N_FEATURES))
    there = (np.arange(50) < 37).astype(np.float32)[None, :, None]
    ours = [weights_of(net) for net in nets]
    weights = {name: np.stack([one[name] for one in ours]) for name in ours[0]}
    start, meter = barlines.answers(seen[0, :37], weights)
    theirs = [net([seen, there], training=False) for net in nets]
    np.testing.assert_allclose(start, np.mean([one["start"] for one in theirs], axis=0)[0, :37, 0], atol=1e-4)
    np.testing.assert_allclose(meter, np.mean([one["meter"] for one in theirs], axis=0)[0, :37], atol=1e-4)


def test_a_fit_learns_and_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    songs = [("midi", *rock(interval=interval)) for interval in (0.4, 0.5, 0.6)] * 4
    train, judge = (excerpts(songs, np.random.default_rng(seed)) for seed in (1, 2))
    one = fit(train, judge, 50, 1)
    write([one, one], tmp_path / "weights.npz")
    with np.load(tmp_path / "weights.npz") as file:
        kept = {name: file[name].astype(np.float64) for name in file.files}
    assert kept["conv_0_kernel"].shape[:2] == (2, 3)
    monkeypatch.setattr(barlines, "_weights", lambda: kept)
    right = []
    for features, there, start in zip(judge.features, judge.there, judge.start, strict=True):
        n_beats = int(there.sum())
        answer, _ = barlines.answers(features[:n_beats].astype(np.float64), kept)
        right.append(((answer > 0) == start[:n_beats, 0]).mean())
    assert np.mean(right) > 0.85  # three quarters of the beats begin no bar
