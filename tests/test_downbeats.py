"""Bar lines and meters, from drums alone and from activations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter.downbeats import places

Integers = NDArray[np.int64]

METERS = (2, 3, 4, 5, 6, 7)
BACKBEATS = {3: (2, 3), 4: (2, 4), 5: (3, 5), 7: (3, 5, 7)}
INTERVAL = 0.5


def clock(n_beats: int) -> NDArray[np.float64]:
    """Even beats."""
    return np.linspace(0, INTERVAL * (n_beats - 1), n_beats)


def band(place: Integers, meter: int, seed: int = 1) -> Hits:
    """A rock beat: kick on one and now and then, backbeats, eighths on the hat, a crash and a fill every four bars."""
    rng = np.random.default_rng(seed)
    notes: list[tuple[float, str]] = []
    bar = 0
    for beat, number in enumerate(place):
        time = INTERVAL * beat
        bar += number == 1
        fill = number == meter and bar % 4 == 0
        notes += [(time + INTERVAL * part / 2, "HH") for part in range(2)]
        if number == 1:
            notes += [(time, "BD"), *([(time, "CC")] if bar % 4 == 1 else [])]
        elif rng.random() < 0.15:
            notes.append((time + INTERVAL / 2, "BD"))
        if number in BACKBEATS[meter]:
            notes.append((time, "SD"))
        if fill:
            notes += [(time + INTERVAL * part / 4, drum) for part, drum in enumerate(("SD", "HT", "MT", "LT"))]
    times, drums = zip(*notes, strict=True)
    return Hits.of(times, list(drums), 100)


def band_of(place: Integers) -> Hits:
    """Kick on one, snare on two, a tom on three, hats on four: bars of any length."""
    drum = np.array(["BD", "SD", "LT", "HH"])[place - 1]
    return Hits.of(INTERVAL * np.arange(len(place)), drum, 100)


def counted(n_beats: int, meter: int, first: int = 1) -> Integers:
    """Places of so many beats."""
    return (np.arange(n_beats) + first - 1) % meter + 1


def heard(place: Integers, low: float = 0.05, high: float = 0.9) -> NDArray[np.float64]:
    """The activation of a listener who knows."""
    return np.where(place == 1, high, low)


@pytest.mark.parametrize("first", [1, 2, 4])
def test_the_drums_alone_tell_the_one_from_the_three(first: int) -> None:
    place = counted(96, 4, first)
    nothing = np.full(96, 0.2)
    np.testing.assert_array_equal(places(clock(96), nothing, band(place, 4), (4,)), place)


def test_the_drums_outvote_an_activation_that_leans_to_the_three() -> None:
    place = counted(96, 4)
    wrong = np.where(place == 3, 0.4, 0.3)
    np.testing.assert_array_equal(places(clock(96), wrong, band(place, 4), METERS), place)


@pytest.mark.parametrize("meter", [3, 4, 5, 7])
def test_meters(meter: int) -> None:
    place = counted(15 * meter, meter)
    time = clock(len(place))
    np.testing.assert_array_equal(places(time, heard(place), band(place, meter), METERS), place)


def test_only_meters_asked_for_are_found() -> None:
    place = counted(60, 5)
    found = places(clock(60), heard(place), band(place, 5), (3, 4))
    starts = np.flatnonzero(found == 1)
    assert np.diff(starts).max() <= 4  # a bar that is broken off may be shorter


def test_one_activation_astray_breaks_no_bar() -> None:
    place = counted(64, 4)
    activation = heard(place)
    activation[[30, 31]] = 0.95
    found = places(clock(64), activation, Hits(), METERS)
    np.testing.assert_array_equal(found, place)


def test_a_bar_that_is_cut_short_for_good() -> None:
    place = np.concatenate([counted(62, 4), counted(64, 4)])
    found = places(clock(126), heard(place), band(place, 4), (4,))
    np.testing.assert_array_equal(found[:52], place[:52])
    np.testing.assert_array_equal(found[-52:], place[-52:])


@pytest.mark.parametrize("n_beats", [1, 2, 5])
def test_few_beats_and_no_hits(n_beats: int) -> None:
    found = places(clock(n_beats), np.full(n_beats, 0.1), Hits(), METERS)
    assert found.shape == (n_beats,)
    assert all(later in (1, earlier + 1) for earlier, later in pairwise(found.tolist()))


def test_a_change_of_meter_is_followed() -> None:
    place = np.concatenate([counted(32, 4), counted(24, 3), counted(32, 4)])
    np.testing.assert_array_equal(places(clock(88), heard(place), band_of(place), METERS), place)


def six_eight(n_bars: int, n_parts: int) -> Hits:
    """Kick, snare and a hat on each of so many parts of two beats, bar by bar."""
    notes = [
        (2 * INTERVAL * bar + INTERVAL * half, drum) for bar in range(n_bars) for half, drum in enumerate(("BD", "SD"))
    ]
    hats = INTERVAL * np.arange(2 * n_bars * n_parts) / n_parts
    times, drums = zip(*notes, strict=True)
    return Hits.concatenate([Hits.of(times, list(drums), 100), Hits.of(hats, ["HH"] * len(hats), 80)])


@pytest.mark.parametrize(("meters", "meter"), [((2,), 2), ((4,), 4), ((2, 3, 4), 4)])
def test_bars_of_two_and_of_four_dotted_beats_are_for_the_meters_to_choose(meters: tuple[int, ...], meter: int) -> None:
    faint = heard(counted(64, 2), 0.1, 0.35)
    found = places(clock(64), faint, six_eight(32, 3), meters)
    np.testing.assert_array_equal(found[8:56], counted(64, meter)[8:56])


def test_bars_of_two_among_bars_of_three() -> None:
    place = np.concatenate([counted(36, 3), counted(16, 2), counted(36, 3)])
    faint = heard(place, 0.1, 0.4)
    np.testing.assert_array_equal(places(clock(88), faint, band_of(place), METERS), place)


@pytest.mark.parametrize("n_twos", [24, 25])
def test_a_part_in_twos_is_counted_in_fours_as_the_rest(n_twos: int) -> None:
    """Kick and snare by turns, each kick a one to the listener; a bar of two that is left over stays."""
    apart = np.concatenate([counted(128, 4), counted(2 * n_twos, 2), counted(128, 4)])
    found = places(clock(len(apart)), heard(apart, 0.01, 0.99), band_of(apart), METERS)
    n_beats = np.diff(np.append(np.flatnonzero(found == 1), len(apart)))
    assert np.unique(n_beats).tolist() == ([2, 4] if n_twos % 2 else [4])
    assert np.count_nonzero(n_beats == 2) == n_twos % 2


def test_a_few_bars_of_four_in_a_song_of_twos_are_twos() -> None:
    apart = np.concatenate([counted(96, 2), counted(16, 4), counted(96, 2)])
    found = places(clock(len(apart)), heard(apart, 0.01, 0.99), band_of(apart), METERS)
    np.testing.assert_array_equal(found, counted(len(apart), 2))


def test_fours_and_twos_are_left_where_only_one_of_them_is_asked_for() -> None:
    apart = np.concatenate([counted(60, 6), counted(4, 2), counted(60, 6), counted(4, 4)])
    found = places(clock(len(apart)), heard(apart, 0.01, 0.99), band_of(np.minimum(apart, 4)), (2, 6))
    np.testing.assert_array_equal(found[60:64], [1, 2, 1, 2])


def test_as_many_beats_in_twos_as_in_fours_are_fours() -> None:
    apart = np.concatenate([counted(80, 4), counted(60, 2), counted(8, 4)])
    found = places(clock(len(apart)), heard(apart, 0.01, 0.99), band_of(apart), METERS)
    np.testing.assert_array_equal(found, counted(len(apart), 4))
