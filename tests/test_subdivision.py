"""How beats are divided: tabs are played, and their divisions found again."""

from __future__ import annotations

import numpy as np
import pytest

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import Dynamics, hits_of, quantize, to_tab
from drum_tabber.notation.subdivision import STRAIGHT, SWINGS, Feel, slot_shares, subdivide
from drum_tabber.tab import Bar, Stroke, Tab
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
SHUFFLE = tuple(Stroke(slot, "HH") for slot in (0, 2, 3, 5, 6, 8, 9, 11))
EIGHTHS = tuple(Stroke(slot, "HH") for slot in range(0, 16, 2))


def played(tab: Tab, deviation: float = 0.008, feel: Feel = STRAIGHT) -> Hits:
    """The tab as a drummer plays it in this feel, each hit off by `deviation` seconds in the mean."""
    hits, clock = hits_of(tab), Grid.of_tab(tab)
    beat = np.searchsorted(clock.beat_time, hits.time + 1e-6) - 1
    interval = np.diff(clock.beat_time)[beat]
    phase = (hits.time - clock.beat_time[beat]) / interval
    swung = np.interp(phase, (0, 2 / 3, 1), (0, feel.triplet, 1))
    half = np.floor(phase * 2 + 1e-6) / 2
    quick = half + np.interp(phase - half, (0, 0.25, 0.5), (0, feel.sixteenth / 2, 0.5))
    phase = np.where(clock.divisions[beat] == 3, swung, quick)
    noise = np.random.default_rng(3).normal(0, deviation, len(hits))
    return Hits.of(clock.beat_time[beat] + phase * interval + noise, hits.drum, hits.velocity)


def clock_of(tab: Tab, hits: Hits, slots: int = 4) -> Grid:
    """The beats of a tab, without its divisions."""
    return Grid.of(Grid.of_tab(tab).beats, slots, float(hits.time[0]), float(hits.time[-1]))


def written(tab: Tab, hits: Hits) -> Tab:
    """What becomes of a tab that was played."""
    grid, feel = subdivide(hits, clock_of(tab, hits))
    return to_tab(hits, quantize(hits, grid, feel), grid, DRUMS, Dynamics())


def test_triplets_are_found_and_sixteenths_left_alone() -> None:
    tab = Tab("", 120.0, (*[Bar((3, 3, 3, 3), strokes=SHUFFLE)] * 4, *[Bar(strokes=EIGHTHS)] * 4))
    assert written(tab, played(tab)) == tab


def test_a_song_that_swings_is_written_so_throughout() -> None:
    sparse = tuple(Stroke(3 * beat, "BD") for beat in range(4))
    vague = (*sparse, Stroke(2, "HH"))  # one swung hat a bar: not enough for a feel of its own
    bars = (*[Bar((3, 3, 3, 3), strokes=SHUFFLE)] * 4, *[Bar((3, 3, 3, 3), strokes=vague)] * 2) * 2
    tab = Tab("", 110.0, bars)
    assert written(tab, played(tab, feel=Feel(triplet=0.62))) == tab


@pytest.mark.parametrize(("confidence", "straight"), [(0.65, False), (0.95, True)])
def test_doubtful_hits_say_little(confidence: float, straight: bool) -> None:
    """A bar in which sixteenths are heard between the triplets of a song: they count if they are sure."""
    tab = Tab("", 110.0, (Bar((3, 3, 3, 3), strokes=SHUFFLE),) * 8)
    sure = played(tab)
    bar = clock_of(tab, sure).beat_time[16:21]
    extra = np.interp(np.arange(16) / 4, np.arange(5), bar)[[1, 2, 5, 6, 7, 9, 10, 11, 13, 14, 15]]
    doubtful = Hits.of(extra, ["HH"] * len(extra), 90, [confidence] * len(extra))
    grid, _ = subdivide(Hits.concatenate([sure, doubtful]), clock_of(tab, sure))
    assert bool((grid.divisions[16:20] % 3 > 0).any()) == straight
    assert not (np.delete(grid.divisions, np.s_[16:20]) % 3).any()


@pytest.mark.parametrize("place", SWINGS)
def test_swing_of_any_size_is_written_as_triplets(place: float) -> None:
    tab = Tab("", 130.0, (Bar((3, 3, 3, 3), strokes=SHUFFLE),) * 8)
    hits = played(tab, feel=Feel(triplet=place))
    _, feel = subdivide(hits, clock_of(tab, hits))
    assert feel.triplet == pytest.approx(place, abs=0.025)
    assert feel.sixteenth == STRAIGHT.sixteenth
    assert written(tab, hits) == tab


def test_swung_sixteenths_stay_sixteenths() -> None:
    tab = Tab("", 90.0, (Bar(strokes=tuple(Stroke(slot, "HH") for slot in range(16))),) * 8)
    hits = played(tab, feel=Feel(sixteenth=0.64))
    assert written(tab, hits) == tab
    assert subdivide(hits, clock_of(tab, hits))[1].sixteenth > 0.6


def test_a_run_of_thirty_seconds_and_one_of_sextuplets() -> None:
    fast = Bar((4, 4, 8, 4), strokes=tuple(Stroke(slot, "SD") for slot in range(8, 16)))
    six = Bar((4, 4, 4, 6), strokes=tuple(Stroke(slot, "LT") for slot in range(12, 18)))
    tab = Tab("", 80.0, (Bar(strokes=EIGHTHS), fast, Bar(strokes=EIGHTHS), six, Bar(strokes=EIGHTHS)))
    assert written(tab, played(tab, 0.003)) == tab


def test_beats_that_fit_all_keep_sixteenths() -> None:
    tab = Tab("", 120.0, (Bar(strokes=tuple(Stroke(slot, "BD") for slot in range(0, 16, 4))),) * 4)
    hits = played(tab, 0.0)
    grid, feel = subdivide(hits, clock_of(tab, hits))
    assert set(grid.divisions.tolist()) == {4}
    assert feel == STRAIGHT


def test_a_song_of_full_triplets_is_in_twelve_eight() -> None:
    strokes = (*(Stroke(slot, "HH") for slot in range(12)), Stroke(3, "SD"), Stroke(9, "SD"), Stroke(0, "BD"))
    tab = Tab("", 60.0, (Bar((3, 3, 3, 3), strokes=strokes),) * 6)
    found = written(tab, played(tab))
    assert {bar.meter for bar in found.bars} == {(12, 8)}
    assert [[(one.slot, one.drum) for one in bar.strokes] for bar in found.bars] == [
        [(one.slot, one.drum) for one in bar.strokes] for bar in tab.bars
    ]


def test_seven_fast_beats_are_eighths() -> None:
    time = np.arange(70) * 60 / 240
    hits = Hits.of(time, ["HH"] * len(time))
    grid, _ = subdivide(hits, Grid.of(Beats(time, np.arange(70) % 7 + 1)))
    assert set(zip(grid.meters, grid.units, strict=True)) == {(7, 8)}
    assert set(grid.divisions.tolist()) == {2}
    assert grid.tempo == pytest.approx(120)


def test_seven_slow_beats_are_quarters() -> None:
    time = np.arange(70) * 60 / 120
    grid, _ = subdivide(Hits.of(time, ["HH"] * len(time)), Grid.of(Beats(time, np.arange(70) % 7 + 1)))
    assert set(zip(grid.meters, grid.units, strict=True)) == {(7, 4)}


@pytest.mark.parametrize("slots_per_beat", [3, 6, 12])
def test_a_grid_with_triplets_is_left_as_it_is(slots_per_beat: int) -> None:
    clock = Grid.of(Beats(np.linspace(0, 3.5, 8), np.arange(8) % 4 + 1), slots_per_beat)
    grid, feel = subdivide(Hits.of([0.1], ["BD"]), clock)
    assert (grid.divisions == slots_per_beat).all()
    assert feel == STRAIGHT


@pytest.mark.parametrize("division", [1, 2, 3, 4, 6, 8, 12])
def test_shares_of_the_slots_sum_to_one_and_the_beat_has_most(division: int) -> None:
    shares = slot_shares(division)
    assert shares.sum() == pytest.approx(1)
    assert shares.argmax() == 0
    assert (shares > 0).all()


def test_a_feel_leaves_beats_and_halves_where_they_are() -> None:
    feel = Feel(0.6, 0.62)
    np.testing.assert_allclose(feel.written(np.array([0.0, 0.6, 1.0]), np.array([3, 3, 3])), [0, 2 / 3, 1])
    np.testing.assert_allclose(
        feel.written(np.array([0.0, 0.31, 0.5, 0.81, 1.0]), np.full(5, 4)), [0, 0.25, 0.5, 0.75, 1]
    )
