"""Hits to slots and tabs, and tabs to hits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import Dynamics, hits_of, on_grid, quantize, to_tab
from drum_tabber.notation.subdivision import STRAIGHT
from drum_tabber.tab import Bar, Stroke, Tab
from drum_tabber.tab.notation import Notation
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
DYNAMICS = Dynamics()
SLOT = 0.125  # seconds, a sixteenth at 120 beats a minute


def grid(n_bars: int = 4, slots_per_beat: int = 4) -> Grid:
    """Bars of 4/4 at 120 beats a minute, from time 0."""
    n_beats = 4 * n_bars
    return Grid.of(Beats(np.array([0.5 * beat for beat in range(n_beats)]), np.arange(n_beats) % 4 + 1), slots_per_beat)


def played(tab: Tab, deviation: float, seed: int = 1) -> Hits:
    """The tab as a human plays it: every hit off by up to `deviation` seconds."""
    hits = hits_of(tab)
    return Hits.of(
        hits.time + np.random.default_rng(seed).uniform(-deviation, deviation, len(hits)), hits.drum, hits.velocity
    )


@st.composite
def tabs(draw: st.DrawFn) -> Tab:
    """A tab of sixteenths, one stroke at most on a row and slot, without grace notes at its very start."""
    n_beats, unit = draw(st.sampled_from([(4, 4), (3, 4), (6, 8)]))
    division = 16 // unit
    notation = Notation(DRUMS)
    bars = []
    for _ in range(draw(st.integers(1, 4))):
        cells = st.tuples(st.integers(2, division * n_beats - 1), st.sampled_from(sorted(notation.rows)))
        choices = {
            cell: draw(st.sampled_from(sorted(notation.rows[cell[1]].values())))
            for cell in draw(st.sets(cells, max_size=9))
        }
        strokes = [
            Stroke(slot, *meaning)
            for (slot, _), meaning in choices.items()
            if meaning.articulation in ("", "flam", "drag")
        ]
        strokes = [one for one in strokes if one.dynamic != "ghost" or one.drum == "SD"]
        bars.append(Bar((division,) * n_beats, unit, (*strokes, Stroke(0, "BD"))))
    return Tab("", 90.0, tuple(bars))


@settings(deadline=None, max_examples=60)
@given(tabs())
def test_a_tab_becomes_hits_and_the_same_tab_again(tab: Tab) -> None:
    hits, clock = hits_of(tab), Grid.of_tab(tab)
    assert to_tab(hits, quantize(hits, clock), clock, DRUMS, DYNAMICS) == tab


def test_human_timing_finds_its_slots() -> None:
    strokes = tuple(Stroke(slot, drum) for slot in range(0, 16, 3) for drum in ("HH", "BD"))
    tab = Tab("", 120.0, (Bar(strokes=strokes),) * 4)
    hits = played(tab, 0.4 * SLOT)
    assert to_tab(hits, quantize(hits, Grid.of_tab(tab)), Grid.of_tab(tab), DRUMS, DYNAMICS) == tab


def test_a_hit_just_before_the_bar_line_belongs_to_the_next_bar() -> None:
    placement = quantize(Hits.of([1.99, 2.01], ["BD", "SD"]), grid())
    assert (placement.bar.tolist(), placement.slot.tolist()) == ([2, 2], [0, 0])


def test_hits_close_together_are_a_flam_or_a_drag() -> None:
    hits = Hits.of([0.47, 0.5, 0.94, 0.97, 1.0], ["SD"] * 5, [50, 100, 40, 50, 120])
    placement = quantize(hits, grid())
    assert placement.shown.tolist() == [False, True, False, False, True]
    assert placement.slot.tolist() == [4, 4, 8, 8, 8]
    bar = to_tab(hits, placement, grid(), DRUMS, DYNAMICS).bars[0]
    assert bar.strokes == (Stroke(4, "SD", "normal", "flam"), Stroke(8, "SD", "accent", "drag"))


def test_fast_single_strokes_are_no_flams() -> None:
    time = np.array([0.055 * stroke for stroke in range(1, 17)])  # sixteenths at 273 beats a minute
    clock = Grid.of(Beats(time[::4], np.array([1, 2, 3, 4])), 4)
    uneven = time + np.where(np.arange(16) % 2, -0.004, 0.004)
    placement = quantize(Hits.of(uneven, ["BD"] * 16), clock)
    assert placement.shown.all()
    assert placement.slot.tolist() == list(range(16))


def test_two_hits_of_one_slot_are_moved_apart_where_there_is_room() -> None:
    hits = Hits.of([0.445, 0.555], ["HH", "HH"])
    placement = quantize(hits, grid())
    assert placement.slot.tolist() in ([3, 4], [4, 5])  # both are as near
    assert placement.shown.all()


def test_the_stronger_stays_where_there_is_no_room() -> None:
    slow = grid(slots_per_beat=1)
    hits = Hits.of([0.0, 0.45, 0.55, 1.0], ["SD"] * 4, [90, 60, 100, 90])
    placement = quantize(hits, slow)
    assert placement.slot.tolist() == [0, 1, 1, 2]
    assert placement.shown.tolist() == [True, False, True, True]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1, 12), st.sampled_from(["BD", "SD", "HH"]), st.integers(1, 127)), max_size=40))
def test_no_two_shown_hits_of_a_drum_share_a_slot(notes: list[tuple[float, str, int]]) -> None:
    times, drums, velocities = map(list, zip(*notes, strict=True)) if notes else ([], [], [])
    hits = Hits.of(times, drums, velocities)
    clock = Grid.of(
        Beats(np.array([1.0, 1.6, 2.3]), np.array([2, 3, 1])), 4, *((min(times), max(times)) if times else ())
    )
    placement = quantize(hits, clock)
    places = list(
        zip(placement.bar.tolist(), placement.slot.tolist(), hits.drum.tolist(), placement.shown.tolist(), strict=True)
    )
    shown = [place for place in places if place[-1]]
    assert len(set(shown)) == len(shown)
    assert {drum for _, _, drum, _ in shown} == set(drums)
    to_tab(hits, placement, clock, DRUMS, DYNAMICS)  # every slot lies in its bar


def test_the_stronger_of_two_drums_on_one_row_is_written() -> None:
    hits = Hits.of([0.0, 0.0, 0.5, 0.5], ["HH", "HO", "HH", "HO"], [90, 60, 60, 90])
    bar = to_tab(hits, quantize(hits, grid()), grid(), DRUMS, DYNAMICS).bars[0]
    assert bar.strokes == (Stroke(0, "HH"), Stroke(4, "HO"))


def test_of_two_alike_on_one_row_the_open_hat_the_bell_and_the_full_snare_are_written() -> None:
    hits = Hits.of([0.0, 0.0, 0.5, 0.5, 1.0, 1.0], ["HH", "HO", "RD", "RB", "SD", "SS"], 90)
    bar = to_tab(hits, quantize(hits, grid()), grid(), DRUMS, DYNAMICS).bars[0]
    assert bar.strokes == (Stroke(0, "HO"), Stroke(4, "RB"), Stroke(8, "SD"))


def test_dynamics() -> None:
    hits = Hits.of([0.0, 0.5, 1.0, 1.5], ["SD", "SD", "SD", "BD"], [40, 41, 116, 10])
    placement = quantize(hits, grid())
    written = to_tab(hits, placement, grid(), DRUMS, DYNAMICS).bars[0]
    assert [stroke.dynamic for stroke in written.strokes] == ["ghost", "normal", "accent", "normal"]
    plain = to_tab(hits, placement, grid(), DRUMS, None).bars[0]
    assert {stroke.dynamic for stroke in plain.strokes} == {"normal"}


def test_no_hits_make_an_empty_tab() -> None:
    clock = grid()
    assert to_tab(Hits(), quantize(Hits(), clock), clock, DRUMS, DYNAMICS) == Tab("", 120.0)
    assert len(hits_of(Tab())) == 0


def test_a_tab_sounds_at_its_own_tempo() -> None:
    hits = hits_of(Tab("", 100.0, (Bar(), Bar(strokes=(Stroke(2, "SD"), Stroke(6, "BD"))))))
    np.testing.assert_allclose(hits.time, [2.4 + 0.3, 2.4 + 0.9])
    assert hits.drum.tolist() == ["SD", "BD"]


def test_grace_notes_sound_before_the_stroke() -> None:
    hits = hits_of(
        Tab("", 120.0, (Bar(strokes=(Stroke(0, "SD", "normal", "flam"), Stroke(4, "SD", "accent", "drag"))),))
    )
    np.testing.assert_allclose(hits.time, [0, 0.44, 0.47, 0.5])  # none before time 0
    assert hits.velocity.tolist() == [96, 60, 60, 120]


def test_a_tab_on_a_grid_sounds_where_the_beats_are() -> None:
    clock = Grid.of(Beats(np.array([1.0, 1.6, 2.4, 3.0]), np.array([1, 2, 3, 4])))
    hits = hits_of(Tab("", 120.0, (Bar(strokes=(Stroke(4, "BD"), Stroke(6, "SD"))),)), clock)
    np.testing.assert_allclose(hits.time, [1.6, 2.0])


def test_many_strokes_close_together_are_a_roll_from_the_first_on() -> None:
    hits = Hits.of(0.5 + 0.04 * np.arange(6), ["SD"] * 6, [70, 60, 60, 60, 60, 90])
    placement = quantize(hits, grid())
    assert placement.shown.tolist() == [True, False, False, False, False, False]
    assert (placement.slot[0], placement.articulation[0]) == (4, "roll")


def test_a_roll_on_the_grid_goes_on_as_fast_as_it_was_played() -> None:
    hits = Hits.of(0.51 + 0.04 * np.arange(6), ["SD"] * 6, [70, 60, 60, 60, 60, 90])
    played = on_grid(hits, quantize(hits, grid()), grid())
    np.testing.assert_allclose(played.time, 0.5 + 0.04 * np.arange(6))
    assert played.velocity.tolist() == hits.velocity.tolist()


def test_an_echo_after_the_stroke_is_no_flam() -> None:
    placement = quantize(Hits.of([0.5, 0.53], ["SD", "SD"], [110, 50]), grid())
    assert placement.shown.tolist() == [True, False]
    assert placement.articulation[0] == ""


def test_hats_and_cymbals_have_no_flams() -> None:
    hits = Hits.of([0.47, 0.5, 0.97, 1.0], ["HH", "HH", "SD", "SD"], [50, 100, 50, 100])
    placement = quantize(hits, grid(), STRAIGHT, DRUMS)
    assert placement.shown.tolist() == [False, True, False, True]
    assert placement.articulation.tolist() == ["", "", "", "flam"]


def test_the_surer_of_two_stays_where_there_is_no_room() -> None:
    hits = Hits.of([0.0, 0.45, 0.55, 1.0], ["SD"] * 4, 90, [1.0, 0.9, 0.3, 1.0])
    placement = quantize(hits, grid(slots_per_beat=1))
    assert placement.shown.tolist() == [True, True, False, True]


def test_a_grace_note_that_misses_the_start_by_microseconds_is_played() -> None:
    tab = Tab(tempo=83.34, bars=(Bar(divisions=(3, 3, 3), unit=16, strokes=(Stroke(1, "SD", "accent", "drag"),)),))
    hits = hits_of(tab)  # its stroke is at 0.059995 s, the first of its grace notes 0.06 s before
    np.testing.assert_allclose(hits.time, [0, 0.03, 0.06], atol=1e-4)


def test_scores_are_read_with_the_dynamics_of_the_settings_page() -> None:
    assert Dynamics() == Dynamics(configs.ACCENT_VELOCITY, configs.GHOST_VELOCITY)
