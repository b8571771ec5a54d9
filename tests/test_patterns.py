"""Made-up drum parts: repeatable, playable by two hands and two feet, counted right, and rich in what is rare."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.rendering import patterns
from drum_tabber.rendering.patterns import grooves, playing
from drum_tabber.rendering.patterns.grooves import Stroke
from drum_tabber.rendering.patterns.idioms import IDIOMS, MARKS, METERS, Idiom
from drum_tabber.rendering.patterns.playing import Clock, Drummer, Played, playable
from drum_tabber.rendering.studio import Performance

NAMES = [idiom.name for idiom in IDIOMS]
BY_NAME = {idiom.name: idiom for idiom in IDIOMS}
DRUMS = {"BD", "SD", "SS", "HH", "HO", "HP", "HT", "MT", "LT", "CC", "SC", "CH", "RD", "RB"}


@cache
def song(name: str, number: int = 7) -> Performance:
    return patterns.performance(3, number, name)


@cache
def collection() -> tuple[Performance, ...]:
    return tuple(patterns.performance(1, number) for number in range(40))


def gaps(hits: Hits, *drums: str) -> np.ndarray:
    return np.diff(hits.of_drum(*drums).time)


def test_seed_and_number_say_all() -> None:
    one, same, other, elsewhere = (patterns.performance(*key) for key in ((1, 12), (1, 12), (1, 13), (2, 12)))
    assert (one.name, other.name) == ("patterns-00012", "patterns-00013")
    assert one.hits == same.hits and one.beats == same.beats and one.notes is None
    assert one.hits != other.hits and one.hits != elsewhere.hits


@pytest.mark.parametrize("idiom", IDIOMS, ids=lambda idiom: idiom.name)
def test_the_table_holds_bars_of_its_metre(idiom: Idiom) -> None:
    meter = METERS[idiom.meter]
    for text in idiom.bars:
        words = text.split()
        assert not len(words) % 2, text
        for drum, line in zip(words[::2], words[1::2], strict=True):
            assert drum in DRUMS | {"TT"} and set(line) <= set(MARKS), text
            assert len(line) % meter.units == 0 or meter.units % len(line) == 0, f"{line} in {idiom.meter}"
            assert len(line) // meter.units in (1, 2, 3, 4, 6, 8), text
    assert set(idiom.time.split()) <= DRUMS and 40 <= idiom.bpm[0] < idiom.bpm[1] <= 330


@pytest.mark.parametrize("name", NAMES)
def test_every_idiom_plays_what_a_drummer_can(name: str) -> None:
    made = song(name)
    hits = made.hits
    assert set(hits.drum.tolist()) <= DRUMS
    assert 1 <= hits.velocity.min() and hits.velocity.max() <= 127 and hits.time[0] >= 0
    assert 40 <= made.duration <= 100 and len(hits) > 100
    assert gaps(hits, "BD").min(initial=1.0) >= playing.KICK_GAP
    for drum in DRUMS:
        assert gaps(hits, drum).min(initial=1.0) >= playing.SAME_DRUM_GAP
    for time in hits.of_drum("HP").time:
        assert not len(hits.of_drum("HO", "HH").cropped(time - 0.06, time + 0.06))
    hands = hits.select(~np.isin(hits.drum, playing.FEET))
    index = np.searchsorted(hands.time, hands.time + 0.008, side="right") - np.arange(len(hands))
    assert index.max() <= 2


@pytest.mark.parametrize("name", NAMES)
def test_beats_are_counted_as_the_metre_is(name: str) -> None:
    idiom, beats = BY_NAME[name], song(name).beats
    n = {"6/8": 2, "9/8": 3, "12/8": 4, "7/8": 7, "7/8 grouped": 3, "3/4": 3, "5/4": 5, "7/4": 7}.get(idiom.meter, 4)
    assert beats.place.tolist() == np.resize(np.arange(1, n + 1), len(beats)).tolist()
    interval = np.diff(beats.time)
    if idiom.meter == "7/8 grouped":
        assert interval[2::3].mean() == pytest.approx(1.5 * interval[0::3].mean(), rel=0.02)
        return
    assert np.ptp(np.log(interval)) < 0.2  # drift alone
    assert 0.9 * idiom.bpm[0] <= 60 / np.median(interval) <= 1.1 * idiom.bpm[1]


def test_strokes_stand_on_their_beats() -> None:
    """Backbeats of rock fall on 2 and 4, kicks and crashes on 1."""
    place = Counter[tuple[str, int]]()
    for number in range(6):
        made = song("rock", number)
        loud = made.hits.select(made.hits.velocity > 60)
        near = np.abs(loud.time[:, None] - made.beats.time)
        on = near.min(axis=1) < 0.03
        places = made.beats.place[near.argmin(axis=1)][on]
        place.update(zip(loud.drum[on].tolist(), places.tolist(), strict=True))
    assert place["BD", 1] > 2 * place["BD", 2] and place["CC", 1] > 1.5 * place["CC", 2]
    assert place["SD", 2] > 3 * place["SD", 1] and place["SD", 4] > 3 * place["SD", 3]


@pytest.mark.parametrize("name", ["traditional blast", "bomb blast", "hammer blast"])
def test_blast_beats_are_dense(name: str) -> None:
    snares = np.median(gaps(song(name).hits, "SD"))
    assert 60 / BY_NAME[name].bpm[1] / 2 * 0.9 < snares < 0.27
    if name == "bomb blast":
        assert np.median(gaps(song(name).hits, "BD")) < 0.125


def test_double_bass_runs() -> None:
    assert np.median(np.concatenate([gaps(song("metal double bass", n).hits, "BD") for n in range(6)])) < 0.2


def test_ghosts_are_soft_and_many() -> None:
    velocity = np.concatenate([song("ghost funk", number).hits.of_drum("SD").velocity for number in range(5)])
    assert np.mean(velocity <= 45) > 0.45 and np.mean(velocity >= 95) > 0.1
    everywhere = np.concatenate([made.hits.of_drum("SD").velocity for made in collection()])
    assert np.mean(everywhere <= 40) > 0.25


def test_graces_come_before_their_strokes() -> None:
    when, rng = Clock(np.arange(9.0)), np.random.default_rng(0)
    player = Drummer.draw(rng)
    for mark, n in (("f", 2), ("d", 3)):
        for _ in range(50):
            played = playing.play([(Stroke(2.0, "SD", mark), 0.0)], when, player, 1.0, rng)
            steps = np.diff([one.time for one in played])
            assert len(played) == n and np.all((0.0199 <= steps) & (steps <= 0.0351))
            assert max(one.velocity for one in played[:-1]) < played[-1].velocity
            assert played[-1].time == pytest.approx(2.0, abs=0.0251)


def test_swing_delays_what_falls_between_and_no_triplets() -> None:
    when = Clock(np.arange(5.0) * 0.5, swing=2 / 3, pair=1.0)
    assert when(1.5) == 0.75 and when(1.5, swung=True) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert when(2.0, swung=True) == 1.0 and when(1.25, swung=True) < when(1.5, swung=True) < when(1.75, swung=True)


def test_a_third_hand_is_not_there() -> None:
    chord = [Played(1.0, drum, 100) for drum in ("HH", "SD", "CC", "BD")]
    assert [one.drum for one in playable(chord)] == ["BD", "CC", "SD"]
    spread = [Played(1.0, "SD", 100), Played(1.03, "HH", 70), Played(1.06, "HT", 90)]
    assert len(playable(spread)) == 2
    assert len(playable([Played(1.0 + 0.05 * n, "SD", 90) for n in range(20)])) == 20  # a single-stroke roll


def test_feet_have_limits() -> None:
    kicks = [Played(1.0 + 0.04 * n, "BD", 100) for n in range(10)]
    assert np.diff([one.time for one in playable(kicks)]).min() >= playing.KICK_GAP
    foot = Played(2.0, "HP", 80)
    assert foot in playable([foot, Played(2.0, "BD", 90), Played(2.0, "RD", 80)])
    assert foot not in playable([foot, Played(2.01, "HO", 90)])
    assert foot not in playable([foot, Played(1.95, "BD", 90), Played(2.05, "BD", 90)])


def test_the_rare_is_not_rare() -> None:
    counts = Counter(drum for made in collection() for drum in made.hits.drum.tolist())
    share = {drum: counts[drum] / counts.total() for drum in DRUMS}
    least = {"SC": 0.007, "CH": 0.008, "RB": 0.01, "SS": 0.01, "HP": 0.015, "HT": 0.007, "MT": 0.007, "LT": 0.01}
    assert {drum: share[drum] for drum, limit in least.items() if share[drum] < limit} == {}
    assert max(share.values()) < 0.4


def test_some_songs_do_without() -> None:
    """So that silence is learnt of every drum that a fill or an accent could bring in."""
    for drums in ({"HT", "MT", "LT"}, {"SC"}, {"CH"}, {"RD", "RB"}, {"HP"}, {"SS"}):
        without = sum(not drums & set(made.hits.drum.tolist()) for made in collection())
        assert 4 <= without <= 32, drums


def test_drums_sound_beneath_others() -> None:
    """Kicks under cymbals and snares, open hats with crashes: what masks is played."""
    together = Counter[frozenset[str]]()
    for made in collection():
        group = np.cumsum(np.diff(made.hits.time, prepend=-1.0) > 0.02)
        for index in np.unique(group):
            together[frozenset(made.hits.drum[group == index].tolist())] += 1
    n = together.total()
    assert sum(count for drums, count in together.items() if {"BD", "SD"} <= drums and drums & {"RD", "RB"}) > n / 1000
    assert sum(count for drums, count in together.items() if {"CC", "HO"} <= drums) > n / 2000


def test_people_lean_and_drift() -> None:
    spread = [float(np.std(np.diff(made.beats.time))) for made in collection()]
    assert np.median(spread) > 1e-4
    grid = np.concatenate([song("four on the floor", n).hits.of_drum("BD").time for n in (1,)])
    beat = song("four on the floor", 1).beats.time
    off = grid - beat[np.abs(grid[:, None] - beat).argmin(axis=1)]
    assert 0 < np.std(off[np.abs(off) < 0.04]) < 0.02


def test_fills_keep_within_their_length() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        units, division = float(rng.choice([1, 2, 4])), int(rng.choice([2, 3, 4]))
        made = grooves.fill(units, division, rng)
        assert made and all(0 <= stroke.at < units and stroke.drum in DRUMS for stroke in made)


def test_a_made_up_groove_suits_any_metre() -> None:
    rng = np.random.default_rng(0)
    for meter in METERS.values():
        backs = [stroke.at for _ in range(20) for stroke in grooves.made_up(meter, rng) if stroke.mark == "X"]
        assert {0.0, *map(float, meter.backbeats)} <= set(backs) and max(backs) < meter.units
