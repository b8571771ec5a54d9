"""The studio: recordings that a name, a copy and a seed determine, with labels that stay true."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber.augmentation.augment import Augmenter, AugmentSpec
from drum_tabber.events import LOUD_SHARE, LOUD_VELOCITY, Beats, Hits, Spans
from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Sample
from drum_tabber.rendering import studio
from drum_tabber.rendering.render import RenderOptions
from drum_tabber.rendering.studio import (
    LEFT_OUT,
    REORCHESTRATIONS,
    Performance,
    Recording,
    Studio,
    at_tempo,
    chained,
    mixed,
    reorchestrated,
    replayed,
    thinned,
)
from drum_tabber.sound import soundfont
from drum_tabber.sound.soundfont import Note

RATE = 8000
CODES = tuple(row[0] for row in configs.DRUMS)
TIMES = np.arange(0.2, 3.2, 0.25)
PLAYED = Performance(
    "groove",
    Hits.of(TIMES, ["BD", "HH", "SD", "HH"] * 3, 100),
    Beats(np.arange(0.2, 3.2, 0.5), np.array([1, 2, 3, 4, 1, 2])),
)
NOTES = (Note(0.2, 1.0, 0, 60, 90, 3), Note(1.0, 3.9, 1, 64, 80, 4))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def kit(name: str, seed: int) -> Kit:
    signal = rng(seed).normal(0, 1, 800).astype(np.float32) * np.exp(-np.arange(800) / 100).astype(np.float32)
    return Kit(name, RATE, dict.fromkeys(CODES, (Piece.of(name, [Sample(signal, 0, (4, 0.0), name)]),)))


STUDIO = Studio([kit("a", 1), kit("b", 2)], Augmenter(AugmentSpec()), sample_rate=RATE, seed=5)


@pytest.fixture
def band(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """FluidSynth replaced by a constant tone in one channel; the durations that were asked for."""
    asked: list[float] = []

    def play(notes: object, font: Path, duration: float, sample_rate: int) -> np.ndarray:
        asked.append(duration)
        tone = np.sin(np.arange(round(duration * sample_rate)) * 0.3).astype(np.float32)
        return np.stack([tone, 0 * tone])

    monkeypatch.setattr(soundfont, "play", play)
    return asked


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Players who leave no drum out."""
    monkeypatch.setattr(studio, "LEFT_OUT", ())


def same(one: object, other: object) -> bool:
    return np.array_equal(one.samples, other.samples) and one.hits == other.hits and one.beats == other.beats  # type: ignore[attr-defined]


def test_name_copy_and_seed_determine_a_recording() -> None:
    first = STUDIO.record(PLAYED, 1)
    assert same(first, STUDIO.record(PLAYED, 1))
    for other in (
        STUDIO.record(PLAYED, 2),
        STUDIO.record(replace(PLAYED, name="another"), 1),
        replace(STUDIO, seed=6).record(PLAYED, 1),
    ):
        assert not same(first, other)


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize("copy", range(4))
def test_labels_tell_what_sounds(copy: int) -> None:
    made = STUDIO.record(PLAYED, copy)
    assert made.samples.dtype == np.float32 and made.samples.ndim == 1
    assert len(made.hits) == len(PLAYED.hits) and len(made.beats) == len(PLAYED.beats)
    assert made.hits.time.max() < len(made.samples) / RATE
    tempo = PLAYED.hits.time[-1] / made.hits.time[-1]
    assert 0.8 <= tempo <= 1.25
    np.testing.assert_allclose(made.beats.time * tempo, PLAYED.beats.time)
    np.testing.assert_allclose(made.hits.time * tempo, PLAYED.hits.time)
    energy = np.square(made.samples)
    for time in made.hits.time:  # every stroke is louder than the moment before
        at = round(time * RATE)
        assert energy[at : at + 80].sum() > 2 * energy[max(0, at - 80) : at].sum()
    assert np.sqrt(energy.mean()) == pytest.approx(0.08, rel=0.01)


def test_what_judges_is_played_as_it_is_written_on_kits_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "REORCHESTRATIONS", ((1.0, {"SD": "BD"}),))
    monkeypatch.setattr(studio, "LEFT_OUT", ((1.0, ("HH",)),))
    monkeypatch.setattr(studio, "_SPANNED", 0.0)
    assert {"SD", "HH"} <= {*PLAYED.hits.drum.tolist()}
    monkeypatch.setattr(studio, "varied", lambda kit, kits, rng: pytest.fail("a kit was varied"))
    written = replace(STUDIO, as_they_are=True).record(PLAYED).hits.drum
    monkeypatch.setattr(studio, "varied", lambda kit, kits, rng: kit)
    varied = STUDIO.record(PLAYED).hits.drum
    assert not {"SD", "HH"} & {*varied.tolist()}
    assert written.tolist() == PLAYED.hits.drum.tolist()


@pytest.mark.usefixtures("complete")
def test_drums_that_the_kit_lacks_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "REORCHESTRATIONS", ())
    played = replace(PLAYED, hits=Hits.of([0.5, 1.0, 1.5, 2.0], ["BD", "SC", "CH", "SC"]))
    whole = kit("a", 1)
    poor = replace(whole, pieces={code: pieces for code, pieces in whole.pieces.items() if code != "SC"})
    recorded = (replace(STUDIO, kits=[one]).record(played).stood_in for one in (whole, poor))
    assert [*recorded] == [(), ("SC",)]


def test_what_another_piece_plays_is_not_taught() -> None:
    played = Hits.of([0.5, 1.0, 1.5, 2.0], ["BD", "SC", "MT", "CC"])
    made = Recording(np.zeros(3 * RATE, np.float32), played, Beats(), stood_in=("MT", "SC"))
    hits, hidden = made.taught()
    assert hits.drum.tolist() == ["BD", "MT", "CC"]
    assert {*hidden.what.tolist()} == {"SC", "CC", "CH", "RD"}
    assert set(zip(hidden.start.tolist(), hidden.end.tolist(), strict=True)) == {(0.9, 1.1)}
    whole = replace(made, stood_in=()).taught()
    assert whole == (played, Spans())


def test_the_tempo_is_drawn_from_its_range() -> None:
    steady = replace(STUDIO, tempo_factors=(2.0, 2.0)).record(PLAYED)
    np.testing.assert_allclose(steady.beats.time * 2, PLAYED.beats.time)


def test_music_alone_has_no_hits_but_beats(band: list[float]) -> None:
    alone = replace(STUDIO, soundfonts=[Path("a.sf2")], music=1.0, music_alone=1.0)
    made = alone.record(replace(PLAYED, notes=NOTES))
    assert len(made.hits) == 0 and len(made.beats) == 6 and np.abs(made.samples).max() > 0.05
    tone = np.sin(np.arange(len(made.samples)) * 0.3)
    assert abs(np.corrcoef(tone, made.samples)[0, 1]) > 0.98


@pytest.mark.parametrize(
    ("music", "notes", "n_played"), [(1.0, NOTES, 1), (0.0, NOTES, 0), (1.0, None, 0), (1.0, (), 0)]
)
@pytest.mark.usefixtures("complete")
def test_music_is_played_where_there_are_notes_and_luck(
    band: list[float], music: float, notes: tuple[Note, ...] | None, n_played: int
) -> None:
    place = replace(STUDIO, soundfonts=[Path("a.sf2")], music=music, music_alone=0.0, tempo_factors=(1.0, 1.0))
    made = place.record(replace(PLAYED, notes=notes))
    assert len(band) == n_played and len(made.hits) == 12 and made.music == bool(n_played)
    if band:
        assert band[0] == pytest.approx(3.9 + 1.5) == len(made.samples) / RATE


@pytest.mark.parametrize("db", [-8.0, 0.0, 3.0])
def test_drums_stand_above_the_music_by_what_is_asked(db: float) -> None:
    drums, music = (scale * rng(seed).normal(size=44100).astype(np.float32) for seed, scale in ((1, 0.3), (2, 0.01)))
    drums[8192:] = 0  # silence has no say in how loud drums are
    added = mixed(drums, music, db) - drums
    ratio = np.sqrt(np.mean(drums[:8192] ** 2) / np.mean(added**2))
    assert 20 * np.log10(ratio) == pytest.approx(db, abs=0.1)


def test_mixing_with_nothing() -> None:
    sound, silence = rng().normal(size=9000).astype(np.float32), np.zeros(9000, np.float32)
    np.testing.assert_array_equal(mixed(sound, None, 3.0), sound)
    np.testing.assert_array_equal(mixed(silence, sound, 3.0), sound)
    np.testing.assert_array_equal(mixed(sound, silence, 3.0), sound)


def test_another_tempo_moves_everything() -> None:
    fast = at_tempo(replace(PLAYED, notes=NOTES), 1.6)
    np.testing.assert_allclose(fast.hits.time * 1.6, PLAYED.hits.time)
    np.testing.assert_allclose(fast.beats.time * 1.6, PLAYED.beats.time)
    assert fast.notes is not None
    np.testing.assert_allclose([(note.start * 1.6, note.end * 1.6) for note in fast.notes], [(0.2, 1.0), (1.0, 3.9)])
    assert at_tempo(PLAYED, 1.6).notes is None


def test_reorchestrating_exchanges_drums_for_drums_we_know() -> None:
    hits = Hits.of(np.arange(14) / 4, CODES, np.arange(14) + 50)
    seen = set()
    for seed in range(200):
        played = reorchestrated(hits, kit("whole", 1), rng(seed))
        assert len(played) == 14 and set(played.drum.tolist()) <= set(CODES)
        np.testing.assert_array_equal(played.time, hits.time)
        np.testing.assert_array_equal(played.velocity, hits.velocity)
        assert played.drum[0] == "BD"
        seen.add(tuple(played.drum.tolist()))
    assert tuple(CODES) in seen and len(seen) > 10
    named = {code for _, exchange in REORCHESTRATIONS for pair in exchange.items() for code in pair}
    assert named <= set(CODES)


def test_reorchestrating_may_keep_to_a_part_of_the_piece() -> None:
    hits = Hits.of(np.arange(40) / 4, ["HH"] * 40)
    mixtures = [reorchestrated(hits, kit("whole", 1), rng(seed)).drum.tolist() for seed in range(100)]
    parts = [played for played in mixtures if len(set(played)) > 1]
    assert parts and any(set(played) == {"HO"} for played in mixtures)
    assert all(sum(one != other for one, other in pairwise(played)) <= 2 * len(REORCHESTRATIONS) for played in parts)


def test_reorchestrating_keeps_to_what_the_kit_has() -> None:
    hits = Hits.of(np.arange(6) / 4, ["BD", "SD", "HH"] * 2)
    small = Kit("small", RATE, {code: kit("whole", 1).pieces[code] for code in ("BD", "SD", "HH")})
    for seed in range(200):
        assert all(small.plays(code) for code in reorchestrated(hits, small, rng(seed)).drum.tolist())


def test_short_performances_are_chained_in_time() -> None:
    pieces = [replace(PLAYED, name=name) for name in "abcde"]
    first, second = chained(pieces, 8.0)
    assert (first.name, second.name) == ("a+b+c", "d+e")
    assert len(first.hits) == 36 and len(second.hits) == 24
    np.testing.assert_allclose(
        first.beats.time[6:12] - first.beats.time[:6], 3.2
    )  # the last beat ends half a second on
    np.testing.assert_allclose(first.hits.time[12:24] - first.hits.time[:12], 3.2)
    assert first.beats.place.tolist() == [1, 2, 3, 4, 1, 2] * 3


def test_a_band_stays_by_itself() -> None:
    whole = replace(PLAYED, name="b", notes=NOTES)
    assert [piece.name for piece in chained([replace(PLAYED, name="a"), whole, replace(PLAYED, name="c")], 99.0)] == [
        "b",
        "a+c",
    ]


def test_a_performance_lasts_until_its_last_event_has_rung() -> None:
    assert PLAYED.duration == pytest.approx(2.95 + 1.5)
    assert replace(PLAYED, notes=NOTES).duration == pytest.approx(3.9 + 1.5)
    assert Performance("empty", Hits(), Beats()).duration == 1.5


def test_ghosts_range_from_barely_to_clearly_audible() -> None:
    part = Hits.of(np.arange(5.0), ["SD"] * 5, [25, *[112] * 4])
    played = np.array([replayed(part, rng(seed)).velocity[0] for seed in range(400)])
    level = -RenderOptions().velocity_range * (127 - played) / 126
    assert np.quantile(level, 0.05) < -28 and np.quantile(level, 0.95) > -18


def test_other_dynamics_keep_the_order_of_a_drums_strokes_and_how_loud_its_loud_ones_are() -> None:
    part = Hits.of(np.arange(8.0), ["SD"] * 4 + ["BD"] * 4, [100, 90, 60, 20] * 2)
    for seed in range(50):
        other = replayed(part, rng(seed))
        for code in ("SD", "BD"):
            velocity = other.of_drum(code).velocity
            assert np.percentile(velocity, LOUD_SHARE) == pytest.approx(LOUD_VELOCITY, abs=1)
            assert np.all(np.diff(velocity) <= 0)
        assert np.array_equal(other.time, part.time)


def test_drums_are_left_out_for_a_while_or_throughout() -> None:
    hits = Hits.of(np.arange(200) / 4, ["BD", "HH", "SD", "RD", "LT"] * 40, 100)
    parts = [thinned(hits, rng(seed)) for seed in range(200)]
    without = {family: [part for part in parts if not np.isin(part.drum, family).any()] for _, family in LEFT_OUT}
    assert all(without[family] for _, family in LEFT_OUT if np.isin(hits.drum, family).any())
    assert any(len(part) == len(hits) for part in parts)
    fewer = [np.count_nonzero(part.drum == "HH") for part in parts]
    assert any(0 < number < 40 for number in fewer)  # for a while
    assert 0.05 < np.mean([number == 0 for number in fewer]) < 0.15
    assert all(np.isin(part.time, hits.time).all() for part in parts)


def test_something_is_always_left() -> None:
    kicks = Hits.of(np.arange(9) / 4, ["BD"] * 9, 100)
    assert all(len(thinned(kicks, rng(seed))) for seed in range(100))
