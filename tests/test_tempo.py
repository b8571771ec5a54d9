"""Half against double: beats tracked at the wrong level are brought to that which drummers count."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter.steady import divided
from drum_tabber.meter.tempo import N_FEATURES, chosen, features, near, others, sets_in

Floats = NDArray[np.float64]

FRAME_RATE = 100.0
TEMPI = (40.0, 300.0)


def steady(bpm: float, n_beats: int = 64) -> Floats:
    """Even beats from 1 s on."""
    return np.linspace(1, 1 + (n_beats - 1) * 60 / bpm, n_beats)


def rock(time: Floats) -> Hits:
    """Kick on 1 and 3, snare on 2 and 4, eighths on the hat."""
    hats = divided(time, 2)
    beat = np.arange(len(time))
    return Hits.concatenate(
        [
            Hits.of(time, np.where(beat % 2, "SD", "BD"), 110),
            Hits.of(hats, ["HH"] * len(hats), 80),
        ]
    )


def activations(time: Floats, between: float = 0.3) -> Floats:
    """(frames, 2): clear beats, and something on the eighths."""
    heard = np.full((round((time[-1] + 2) * FRAME_RATE), 2), 0.01)
    heard[np.rint((time[:-1] + np.diff(time) / 2) * FRAME_RATE).astype(int), 0] = between
    heard[np.rint(time * FRAME_RATE).astype(int), 0] = 0.9
    heard[np.rint(time[::4] * FRAME_RATE).astype(int), 1] = 0.9
    return heard


@pytest.mark.parametrize("bpm", [92.0, 120.0, 138.0])
@pytest.mark.parametrize("level", ["as it is", "double", "half", "half, off", "between"])
def test_the_level_of_a_backbeat_is_found_from_any_other(bpm: float, level: str) -> None:
    time = steady(bpm)
    tracked = {
        "as it is": time,
        "double": divided(time, 2),
        "half": time[::2],
        "half, off": time[1::2],
        "between": divided(time, 2)[1::2],
    }[level]
    found = chosen(tracked, activations(time), FRAME_RATE, rock(time), TEMPI)
    assert np.median(np.diff(found)) == pytest.approx(60 / bpm)
    assert np.abs(found - time[:, None]).min(axis=0).max() < 1e-6


def waltz(bpm: float) -> tuple[Floats, Hits, Floats]:
    """Beats in three: kick on one, snare on two and three, a ride throughout; and what is heard of them."""
    time = steady(bpm, 96)
    drums = np.array(["BD", "SD", "SD"])[np.arange(96) % 3]
    heard = np.full((round((time[-1] + 2) * FRAME_RATE), 2), 0.01)
    heard[np.rint(time * FRAME_RATE).astype(int), 0] = 0.6
    heard[np.rint(time[::3] * FRAME_RATE).astype(int), 1] = 0.5
    return time, Hits.concatenate([Hits.of(time, drums, 90), Hits.of(time, ["RD"] * 96, 70)]), heard


@pytest.mark.parametrize("deaf", [False, True])
def test_a_fast_waltz_of_which_whole_bars_were_tracked_is_counted_in_three(
    deaf: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drums alone would do as the triplets of a slow beat."""
    time, hits, heard = waltz(160)
    if deaf:
        monkeypatch.setattr("drum_tabber.meter.tempo._THIRDS", 0.0)
        monkeypatch.setattr("drum_tabber.meter.tempo._ONES", 0.0)
    found = chosen(time[::3], heard, FRAME_RATE, hits, TEMPI)
    assert np.median(np.diff(found)) == pytest.approx(60 / 160 * (3 if deaf else 1))


def test_tempi_that_are_not_asked_for_are_not_chosen() -> None:
    time = steady(120.0)
    found = chosen(divided(time, 2), activations(time), FRAME_RATE, rock(time), (130.0, 300.0))
    assert np.median(np.diff(found)) == pytest.approx(0.25)


@pytest.mark.parametrize(("n_beats", "kept"), [(8, True), (9, True), (24, False)])
def test_few_beats_are_left_at_the_level_that_was_tracked(n_beats: int, kept: bool) -> None:
    """In four seconds of a song nothing comes again after eight beats, but much after eight halves of them."""
    time = steady(222.0, n_beats)
    found = chosen(time, activations(time[::2]), FRAME_RATE, rock(time[::2]), TEMPI)
    assert (len(found) == n_beats) == kept


def test_without_drums_nothing_is_changed() -> None:
    time = steady(200.0, 30)
    assert chosen(time, activations(time), FRAME_RATE, Hits(), TEMPI) is time


def test_parts_of_beats() -> None:
    np.testing.assert_allclose(divided(np.array([1.0, 2.0, 4.0]), 2), [1, 1.5, 2, 3, 4])


def test_features_of_a_backbeat() -> None:
    time = steady(110.0)
    figures = features(time, rock(time))
    assert figures.shape == (N_FEATURES,)
    np.testing.assert_allclose(figures[:5], 0, atol=1e-9)  # the usual tempo
    turns = figures[29:53].reshape(4, 6)
    np.testing.assert_allclose(turns[0, :2], 1)  # kick and snare by turns
    assert features(time[::2], rock(time))[0] == pytest.approx(-1)  # an octave down


def test_features_do_not_depend_on_when_a_song_begins() -> None:
    time = steady(97.0)
    later = rock(time).moved(lambda when: when + 7.3)
    np.testing.assert_allclose(features(time, rock(time)), features(time + 7.3, later), atol=1e-6)


def test_other_levels_hold_half_and_double_and_what_lies_between() -> None:
    time = steady(120.0, 33)
    paces = {round(60 / float(np.median(np.diff(other))), 3) for other in others(time)}
    assert paces == {240.0, 360.0, 120.0, 60.0, 40.0, 180.0, 80.0}


def test_the_greatest_activation_nearby() -> None:
    ramp = np.arange(100) / 100
    np.testing.assert_allclose(near(ramp, np.array([0.5, 0.0, 5.0]), FRAME_RATE, 0.03), [0.53, 0.03, 0.99])


def test_a_count_keeps_its_beat_where_the_snare_falls_between() -> None:
    """A part in double time: kicks on the beats, snares between, which a tracker takes for beats."""
    time = steady(140, 128)
    between = divided(time, 2)[1::2]
    fast = slice(40, 72)
    tracked = np.concatenate([time[: fast.start], between[fast], time[fast.stop + 1 :]])
    rest = np.delete(np.arange(len(time)), np.s_[fast])
    snares = np.concatenate([time[rest[rest % 2 == 1]], between[fast]])
    kicks = np.concatenate([time[rest[rest % 2 == 0]], time[fast]])
    hats = divided(time, 2)
    parts = [Hits.of(np.sort(at), [drum] * len(at), 100) for at, drum in ((kicks, "BD"), (snares, "SD"), (hats, "HH"))]
    found = chosen(tracked, activations(tracked), FRAME_RATE, Hits.concatenate(parts), TEMPI)
    np.testing.assert_allclose(found, time, atol=1e-6)


def test_a_stretch_at_twice_the_tempo_is_counted_as_the_rest() -> None:
    time = steady(120, 96)
    tracked = np.unique(np.concatenate([time, divided(time[24:49], 2)]))
    found = chosen(tracked, activations(time), FRAME_RATE, rock(time), TEMPI)
    np.testing.assert_allclose(found, time, atol=1e-6)


def test_a_beat_that_is_lost_in_a_break_is_counted_on() -> None:
    time = steady(120, 96)
    played = rock(time)
    played = played.select((played.time < time[40] + 0.1) | (played.time > time[48] - 0.1))
    tracked = np.concatenate([time[:41], time[41:48] + 0.12 * (-1.0) ** np.arange(7), time[48:]])
    found = chosen(tracked, activations(time), FRAME_RATE, played, TEMPI)
    np.testing.assert_allclose(found, time, atol=1e-6)


@pytest.mark.parametrize(
    ("first", "on"), [(1.0, True), (1.25, False), (0.5, True), (0.25, False), (40.0, True), (40.75, False)]
)
def test_the_drums_set_in_on_a_beat_or_between(first: float, on: bool) -> None:
    time = steady(120, 48)
    assert sets_in(time, Hits.of([first - 0.2, first, 50.0], ["HH", "BD", "BD"])) is on


def test_without_kick_and_crash_the_drums_set_in_nowhere() -> None:
    assert not sets_in(steady(120, 48), Hits.of([1.0], ["SD"]))


def drums(**struck: Floats) -> Hits:
    """Strokes on each drum, by its code."""
    return Hits.concatenate([Hits.of(np.sort(at), [drum] * len(at), 100) for drum, at in struck.items()])


def test_a_count_that_slips_must_be_much_the_better() -> None:
    """Half of the song in double time, where the listener hears a beat in each snare."""
    time = steady(140, 128)
    between = divided(time, 2)[1::2]
    tracked = np.concatenate([time[:40], between[40:104], time[105:]])
    snares = np.concatenate([time[1:40:2], between[40:104], time[105::2]])
    played = drums(BD=time, SD=snares, HH=divided(time, 2))
    found = chosen(tracked, activations(tracked), FRAME_RATE, played, TEMPI)
    np.testing.assert_allclose(found, time, atol=1e-6)


def test_where_strokes_speak_for_either_count_the_drums_set_in_on_the_beat() -> None:
    time = steady(140, 128)
    eighths = divided(time, 2)
    between = eighths[1::2]
    tracked = np.concatenate([time[:64], between[64:]])
    found = chosen(tracked, activations(eighths), FRAME_RATE, drums(BD=eighths, SD=between), (100.0, 200.0))
    assert np.abs(found - time[:, None]).min(axis=0).max() < 1e-6


def test_every_part_that_slips_is_mended() -> None:
    """Two of them, with a rest between over which nobody could count."""
    one = steady(140, 96)
    other = one + one[-1] + 4.2
    parts = []
    for time in (one, other):
        between = divided(time, 2)[1::2]
        parts.append(np.concatenate([time[:40], between[40:56], time[57:]]))
    played = Hits.concatenate([rock(one), rock(other)])
    tracked = np.concatenate(parts)
    found = chosen(tracked, activations(np.concatenate([one, other])), FRAME_RATE, played, TEMPI)
    for time in (one, other):
        assert np.abs(found - time[:, None]).min(axis=1).max() < 1e-6
