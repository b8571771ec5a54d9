"""Laying a tab over a song: what a listener of known faults hears of a known performance is found again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

import configs
from drum_tabber.alignment import correct, follow
from drum_tabber.alignment.align import TimedTab, accepted, align, align_given, match
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.alignment.trust import WEIGHTS, Trust, chain_of
from drum_tabber.errors import AlignmentRefused
from drum_tabber.hearing.targets import Decoding
from drum_tabber.tab import Bar, Stroke, Tab, TabStyle
from drum_tabber.vocabulary import Vocabulary

DRUMS = ("BD", "SD", "HH", "HO", "LT", "CC")
DECODING = Decoding(
    (("BD",), ("SD",), ("HH", "HO"), ("LT",), ("CC",)), dict.fromkeys(DRUMS, 0.4), dict.fromkeys(DRUMS, 0.05)
)
FRAME_RATE = 80.0  # unlike the search's own rate
TEMPI = (60.0, 200.0)
EXACT = 0.004  # seconds: a third of a frame, for peaks are interpolated

Clock = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def song(seed: int, n_bars: int = 12) -> Tab:
    """A tab with hats and snares of its own, and a bass drum of its own in every bar; a fill in each fourth."""
    rng = np.random.default_rng(seed)
    hats = {Stroke(slot, "HH") for slot in range(0, 16, (2, 4, 1)[seed % 3])}
    snares = {Stroke(slot, "SD") for slot in ((4, 12), (8,), (4, 7, 12))[seed // 3 % 3]}
    bars = []
    for number in range(n_bars):
        strokes = (
            hats | snares | {Stroke(int(slot), "BD") for slot in rng.choice(16, rng.integers(3, 7), replace=False)}
        )
        if number % 4 == 3:
            strokes |= {Stroke(int(slot), "LT") for slot in rng.choice(16, 4, replace=False)}
        if number % 4 == 0:
            strokes = {one for one in strokes if one != Stroke(0, "HH")} | {Stroke(0, "CC")}
        bars.append(Bar.even(strokes=strokes))
    return Tab(bars=tuple(bars))


def performed(tab: Tab, order: Sequence[int], tempo: float, clock: Clock = lambda time: time) -> list[tuple]:  # type: ignore[type-arg]
    """(time, drum, bar from 1, slot) of the bars in this order (indices) at a tempo, then moved by a clock."""
    strokes = []
    for place, index in enumerate(order):
        for one in tab.bars[index].strokes:
            quarters = 4 * place + one.slot / 4
            time = float(clock(np.array([quarters * 60 / tempo]))[0])
            strokes.append((time, one.drum, index + 1, one.slot))
    return strokes


def heard(
    strokes: Sequence[tuple],  # type: ignore[type-arg]
    duration: float,
    seed: int = 0,
    noise: float = 0.05,
    loud: tuple[float, float] = (0.5, 0.95),
) -> Evidence:
    """What a fair listener makes of it: triangles at the strokes, some missed, some invented, and a murmur below."""
    rng = np.random.default_rng(seed)
    frames = np.arange(round(duration * FRAME_RATE))
    onset = rng.uniform(0.001, 0.01, (len(frames), len(DRUMS)))
    invented = [(float(rng.uniform(0, duration)), str(rng.choice(DRUMS))) for _ in range(int(noise * len(strokes)))]
    for time, drum in [(time, drum) for time, drum, *_ in strokes] + invented:
        if rng.random() > noise:
            bump = rng.uniform(*loud) * np.maximum(0, 1 - np.abs(frames - time * FRAME_RATE) / 2)
            column = onset[:, DRUMS.index(drum)]
            np.maximum(column, bump, out=column)
    return Evidence.of(onset.astype(np.float32), FRAME_RATE, DRUMS, DECODING)


def errors(timed: TimedTab, strokes: Sequence[tuple]) -> NDArray[np.float64]:  # type: ignore[type-arg]
    """Seconds by which each stroke performed is off in the answer; inf where it isn't there."""
    found: dict[tuple[int, int, str], list[float]] = {}
    for bar, slot, drum, time in zip(
        timed.bar.tolist(), timed.slot.tolist(), timed.hits.drum.tolist(), timed.hits.time.tolist(), strict=True
    ):
        found.setdefault((bar, slot, drum), []).append(time)
    return np.array(
        [
            min((abs(at - time) for at in found.get((bar, slot, drum), [])), default=np.inf)
            for time, drum, bar, slot in strokes
        ]
    )


@pytest.mark.parametrize(("tempo", "offset"), [(67.0, 0.3), (113.0, 3.21), (176.0, 1.0)])
def test_tempo_and_offset_are_found(tempo: float, offset: float) -> None:
    tab = song(1)
    strokes = performed(tab, range(12), tempo, lambda time: time + offset)
    timed = accepted(align(tab, heard(strokes, 48 * 60 / tempo + offset + 2), TEMPI))
    assert [bar.number for bar in timed.bars] == list(range(1, 13))
    assert np.quantile(errors(timed, strokes), 0.95) < EXACT
    assert timed.bars[0].start == pytest.approx(offset, abs=EXACT)
    assert len(timed.hits) == sum(len(bar.strokes) for bar in tab.bars)


@pytest.mark.parametrize("seed", range(3))
def test_drift_and_human_playing_are_followed(seed: int) -> None:
    tab, rng = song(seed), np.random.default_rng(seed)

    def bend(time: NDArray[np.float64]) -> NDArray[np.float64]:
        return 2 + time + 0.05 * 12 / (2 * np.pi) * np.sin(2 * np.pi * time / 12) + rng.normal(0, 0.008)

    strokes = performed(tab, range(12), 120, bend)
    timed = accepted(align(tab, heard(strokes, 28, seed), TEMPI))
    off = errors(timed, strokes)
    assert (off < 0.03).mean() > 0.95 and np.median(off) < EXACT


def test_a_sudden_change_of_tempo_is_followed() -> None:
    tab = song(5, 16)
    strokes = performed(tab, range(16), 120, lambda time: 1 + np.where(time < 16, time, 16 + (time - 16) / 1.2))
    timed = accepted(align(tab, heard(strokes, 34), TEMPI))
    assert (errors(timed, strokes) < 0.03).mean() > 0.97


@pytest.mark.parametrize(("written", "played", "feel"), [(2, 8 / 3, "swung eighths"), (3, 10 / 3, "swung sixteenths")])
def test_swing_is_found(written: int, played: float, feel: str) -> None:
    shift = {1: 4 / 3 if written == 2 else 1.28, 2: 8 / 3 if written == 2 else 2.0, 3: 10 / 3 if written == 2 else 3.28}
    tab = song(2)
    strokes = [
        ((4 * (bar - 1) + slot // 4 + shift.get(slot % 4, 0) / 4) * 0.5 + 1, drum, bar, slot)
        for _, drum, bar, slot in performed(tab, range(12), 120)
    ]
    timed = accepted(align(tab, heard(strokes, 27), TEMPI))
    assert timed.feel == feel
    assert (errors(timed, strokes) < 0.03).mean() > 0.95


@pytest.mark.parametrize(
    "order",
    [
        [*range(6), *range(2, 12)],  # bars 3 to 6 once more
        [*range(4), *range(8, 12)],  # bars 5 to 8 left out
        list(range(3, 12)),  # the song begins with bar 4
        list(range(9)),  # and ends with bar 9
    ],
)
def test_repeats_and_cuts_are_found(order: list[int]) -> None:
    tab = song(3)
    strokes = performed(tab, order, 105, lambda time: time + 1.5)
    timed = accepted(align(tab, heard(strokes, len(order) * 4 * 60 / 105 + 3), TEMPI))
    assert [bar.number - 1 for bar in timed.bars] == order
    assert (errors(timed, strokes) < 0.03).mean() > 0.97
    left = [(5, 8)] if order[4:5] == [8] else [(1, 3)] if order[0] else [(10, 12)] if len(order) == 9 else []
    assert timed.unplayed == left


def test_an_intro_and_a_break_of_other_music_are_left_alone() -> None:
    toms = tuple(Stroke(slot, "LT") for slot in (0, 3, 6, 8, 9, 11, 13, 14))
    tab, other = song(3), Tab(bars=(Bar.even(strokes=toms),) * 8)
    intro = performed(other, range(8), 96)
    break_at = 20.0 + 6 * 2.4
    strokes = performed(tab, range(12), 100, lambda time: 20 + time + np.where(time >= 6 * 2.4, 11.3, 0))
    between = performed(other, range(4), 96, lambda time: time + break_at + 0.4)
    timed = accepted(align(tab, heard([*intro, *strokes, *between], 63), TEMPI))
    assert [bar.number for bar in timed.bars] == list(range(1, 13))
    assert (errors(timed, strokes) < 0.03).mean() > 0.97


@pytest.mark.parametrize("seed", range(6))
def test_another_songs_tab_is_refused(seed: int) -> None:
    strokes = performed(song(seed), range(12), 112, lambda time: time + 1)
    evidence = heard(strokes, 28, seed)
    accepted(align(song(seed), evidence, TEMPI))
    with pytest.raises(AlignmentRefused, match=r"fit the song|nothing in the song"):
        accepted(align(song(seed + 100), evidence, TEMPI))


def test_bars_told_apart_by_a_drum_of_the_same_family() -> None:
    """Bars differ only in which of their hats are open; four of them are cut."""
    rng = np.random.default_rng(2)
    backbeat = {Stroke(0, "BD"), Stroke(8, "BD"), Stroke(4, "SD"), Stroke(12, "SD")}
    opened = [{*rng.choice(8, 4, replace=False).tolist()} for _ in range(12)]
    bars = [
        Bar.even(strokes=backbeat | {Stroke(2 * eighth, "HO" if eighth in some else "HH") for eighth in range(8)})
        for some in opened
    ]
    tab, order = Tab(bars=tuple(bars)), [*range(5), *range(9, 12)]
    strokes = performed(tab, order, 100, lambda time: time + 1)
    timed = align(tab, heard(strokes, 8 * 2.4 + 2), TEMPI)
    assert [bar.number - 1 for bar in timed.bars] == order


def test_order_says_nothing_of_a_tab_whose_bars_are_alike() -> None:
    beat = song(1).bars[1]
    plain, varied = Tab(bars=(beat,) * 10), song(1, 10)
    for tab, least, most in ((plain, 0.0, 0.01), (varied, 2.0, 6.0)):
        strokes = performed(tab, range(10), 100, lambda time: time + 1)
        trust = align(tab, heard(strokes, 26), TEMPI).trust
        assert trust is not None and least <= trust.order <= most


def test_the_chain_is_the_run_that_agrees_best() -> None:
    tab = song(2, 4)
    timed = align_given(tab, heard(performed(tab, range(4), 100), 11), np.arange(17) * 0.6)
    poor, good = ([replace(bar, agreement=value) for bar in timed.bars] for value in (0.3, 0.8))
    assert chain_of(replace(timed, bars=(*poor[:3], *good))).tolist() == [3, 4, 5, 6]
    assert chain_of(replace(timed, bars=(*good[:2], *poor, *good[2:]))).tolist() == [0, 1, 6, 7]


def test_strokes_before_the_recording_are_left_out() -> None:
    tab = song(5)
    strokes = performed(tab, range(12), 105, lambda time: time - 1.2)
    timed = accepted(align(tab, heard([one for one in strokes if one[0] >= 0], 12 * 4 * 60 / 105), TEMPI))
    lost = sum(one[0] < 0 for one in strokes)
    assert timed.n_outside == lost > 0
    assert len(timed.hits) == len(strokes) - lost


def test_nothing_to_hear_or_to_play_is_refused() -> None:
    silence = Evidence.of(np.full((800, len(DRUMS)), 0.01, np.float32), FRAME_RATE, DRUMS, DECODING)
    with pytest.raises(AlignmentRefused, match="nothing in the song speaks for this tab"):
        align(song(1), silence, TEMPI)
    with pytest.raises(AlignmentRefused, match="no strokes that could be heard"):
        align(Tab(bars=(Bar(),)), silence, TEMPI)


def test_wrong_strokes_have_little_confidence_and_are_corrected() -> None:
    played = song(4)
    wrong, lost = Stroke(7, "LT"), Stroke(8, "SD")
    bars = list(played.bars)
    bars[5] = replace(bars[5], strokes=tuple({*bars[5].strokes, wrong} - {lost}))
    written = replace(played, bars=tuple(bars))
    evidence = heard(performed(played, range(12), 120, lambda time: time + 1), 27, noise=0.0, loud=(0.95, 0.99))
    timed = accepted(align(written, evidence, TEMPI))
    there = (timed.bar == 6) & (timed.slot == 7) & (timed.hits.drum == "LT")
    assert timed.hits.confidence[there] < 0.4 < 0.9 < np.median(timed.hits.confidence)
    found = correct.disagreements(timed, evidence)
    assert found == [correct.Disagreement(6, wrong, False), correct.Disagreement(6, lost, True)]
    assert correct.corrected(written, found) == played
    text = correct.marked(written, found, Vocabulary.of(configs.DRUMS), TabStyle(tuple(configs.TAB_ROWS), 2))
    marks = "? bar 6: LT on beat 2.75 isn't heard\n  ? bar 6: SD on beat 3 is heard, and not written\n"
    assert marks in text.partition("\n 5|")[2].partition("\n 7|")[0]


def test_a_ghost_note_that_is_not_heard_stays() -> None:
    played = song(4)
    bars = list(played.bars)
    bars[5] = replace(bars[5], strokes=(*bars[5].strokes, Stroke(7, "LT", "ghost")))
    written = replace(played, bars=tuple(bars))
    evidence = heard(performed(played, range(12), 120, lambda time: time + 1), 27, noise=0.0, loud=(0.95, 0.99))
    timed = accepted(align(written, evidence, TEMPI))
    assert timed.hits.confidence[(timed.bar == 6) & (timed.slot == 7) & (timed.hits.drum == "LT")] < 0.4
    assert correct.disagreements(timed, evidence) == []


def test_what_is_given_is_honoured() -> None:
    tab = song(6, 4)
    strokes = performed(tab, range(4), 90, lambda time: time + 0.513)
    beats = 0.5 + np.arange(17) * 60 / 90
    evidence = heard(strokes, 13, noise=0.0)
    snapped = align_given(tab, evidence, beats)
    assert errors(snapped, strokes).max() < EXACT
    assert snapped.bars[1].start == beats[4]
    as_given = align_given(tab, evidence, beats, window=0)
    assert errors(as_given, strokes) == pytest.approx(0.013)
    assert np.abs(as_given.offset).max() < 1e-9


def test_odd_meters_and_triplet_bars() -> None:
    rng = np.random.default_rng(8)
    bars = []
    for number in range(14):
        bar = (Bar((4, 4, 4)), Bar((3, 3, 3, 3)), Bar((2,) * 7, 8))[number % 3]
        slots = rng.choice(bar.n_slots, 6, replace=False)
        bars.append(replace(bar, strokes=tuple(Stroke(int(slot), str(rng.choice(DRUMS))) for slot in slots)))
    strokes, quarters = [], 0.0
    for number, bar in enumerate(bars, start=1):
        place = follow.slot_beats(bar) * 4 / bar.unit
        strokes += [((quarters + place[one.slot]) * 60 / 130 + 2, one.drum, number, one.slot) for one in bar.strokes]
        quarters += len(bar.divisions) * 4 / bar.unit
    timed = accepted(align(Tab(bars=tuple(bars)), heard(strokes, quarters * 60 / 130 + 4), TEMPI))
    assert (errors(timed, strokes) < 0.03).mean() > 0.95


def test_a_peak_is_one_stroke_unless_strokes_are_together() -> None:
    evidence = heard([(1.0, "HH", 1, 0)], 2, noise=0.0, loud=(0.9, 0.9))
    assert len(evidence.peaks[2].time) == 1
    expected, family = np.array([0.98, 1.01, 1.01]), np.full(3, 2)
    assert match(family, np.array([0, 1, 1]), expected, evidence).tolist() == [-1, 0, 0]


def test_a_family_struck_elsewhere_is_told_from_the_average_bar() -> None:
    hats, snares = {Stroke(slot, "HH") for slot in range(0, 16, 2)}, {Stroke(4, "SD"), Stroke(12, "SD")}
    played, other = (
        Tab(bars=(Bar.even(strokes=hats | snares | {Stroke(slot, "BD") for slot in slots}),) * 8)
        for slots in ((0, 8), (0, 6, 10, 14))
    )
    evidence = heard(performed(played, range(8), 100, lambda time: time + 1), 22)
    right, wrong = (align(tab, evidence, TEMPI).trust for tab in (played, other))
    assert right is not None and wrong is not None
    assert right.shape > 0.9 > wrong.shape + 0.05
    assert right.probability > 0.5 > wrong.probability


def test_a_drum_of_the_family_that_is_never_heard_speaks_against_a_tab() -> None:
    played = song(1)
    opened = {"HH": "HO", "HO": "HH"}
    other = Tab(
        bars=tuple(
            replace(bar, strokes=tuple(one._replace(drum=opened.get(one.drum, one.drum)) for one in bar.strokes))
            for bar in played.bars
        )
    )
    evidence = heard(performed(played, range(12), 100, lambda time: time + 1), 31)
    right, wrong = (align(tab, evidence, TEMPI).trust for tab in (played, other))
    assert right is not None and wrong is not None
    assert right.named > np.log(0.9) > np.log(0.3) > wrong.named
    assert right.probability > wrong.probability


def test_a_tab_is_complete_as_far_as_the_song_plays_it() -> None:
    tab = song(3)
    strokes = performed(tab, [*range(4), *range(8, 12)], 105, lambda time: time + 1.5)
    trust = align(tab, heard(strokes, 8 * 4 * 60 / 105 + 3), TEMPI).trust
    assert trust is not None and trust.complete == 8 / 12


def test_every_figure_has_its_weight() -> None:
    fitted = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert [*fitted["weights"]] == [field.name for field in fields(Trust)]


def test_the_listener_is_as_clear_as_its_peaks_are_high() -> None:
    strokes = performed(song(1), range(12), 100)
    faint, sure = (heard(strokes, 30, loud=loud).clear for loud in ((0.3, 0.5), (0.9, 0.95)))
    assert 0 < faint < sure - 0.1 < sure <= 1
