"""Rendering: strokes to the sample, levels by velocity, hats and chokes, places in the stereo field, repeatability."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber import midi
from drum_tabber.errors import CorpusError, DrumTabberError
from drum_tabber.events import Beats, Hits
from drum_tabber.export import columns
from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Sample
from drum_tabber.material import corpora
from drum_tabber.rendering.render import BALANCE, RenderOptions, render
from drum_tabber.sound import audio
from drum_tabber.tasks import render as task
from drum_tabber.vocabulary import Vocabulary

RATE = 32000
PLAIN = RenderOptions(hit_gain_spread=0, hit_detune=0, room_level=-np.inf)


def click(name: str = "", length: float = 0.2, attack: int = 37, seed: int = 0) -> Sample:
    """A quiet hiss, one tall sample at the attack, then hiss that does not fade."""
    signal = np.random.default_rng(seed).uniform(-0.01, 0.01, round(length * RATE)).astype(np.float32)
    signal[attack] = 1.0
    return Sample(signal, attack, (4, 0.0), name)


def kit_of(*samples: Sample, codes: tuple[str, ...] = tuple(BALANCE)) -> Kit:
    return Kit("clicks", RATE, dict.fromkeys(codes, (Piece.of("click", samples or [click()]),)))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def peaks(sound: np.ndarray, n: int) -> list[int]:
    """Where the n tallest samples are."""
    return sorted(np.argsort(np.abs(sound).sum(axis=0))[-n:].tolist())


def test_every_attack_falls_on_its_hit() -> None:
    times = [0.0, 0.1234, 0.5, 0.7777]
    sound = render(Hits.of(times, ["BD", "SD", "HT", "BD"], 127), kit_of(), rng(), options=PLAIN)
    assert sound.dtype == np.float32
    assert peaks(sound, 4) == [round(time * RATE) for time in times]


@pytest.mark.parametrize("tuning", [-3.0, 2.5])
def test_attacks_stay_on_their_hits_when_pieces_are_tuned(tuning: float) -> None:
    piece = dataclasses.replace(Piece.of("click", [click(attack=101)]), semitones=tuning)
    sound = render(Hits.of([0.25], ["SD"]), Kit("tuned", RATE, {"SD": (piece,)}), rng(), options=PLAIN)
    assert peaks(sound, 1) == [RATE // 4]


def tone(pitch: float, seconds: float = 1.0) -> Piece:
    """A steady sine."""
    wave = np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)
    return Piece.of(f"{pitch} Hz", [Sample(wave, 0, (4, 0.0), "tone")])


@pytest.mark.parametrize("seed", range(12))
def test_toms_keep_their_order_however_a_kit_is_tuned(seed: int) -> None:
    kit = Kit("toms", RATE, {"HT": (tone(160),), "MT": (tone(130),), "LT": (tone(100),)})
    options = dataclasses.replace(PLAIN, tuning_spread=4.0)
    sound = render(Hits.of([0.0, 1.5, 3.0], ["HT", "MT", "LT"], 100), kit, rng(seed), duration=4.5, options=options)
    strokes = sound.sum(axis=0).reshape(3, -1)[:, : RATE // 2]
    high, mid, low = np.abs(np.fft.rfft(strokes, 8 * RATE)).argmax(axis=1) / 8
    assert high > mid > low
    assert 75 < low < 130


@pytest.mark.parametrize("seed", range(6))
def test_an_open_hat_that_is_damped_on_its_own_still_rings(seed: int) -> None:
    kit = Kit("hats", RATE, {"HO": (tone(3000),), "HH": (tone(3000),)})
    options = dataclasses.replace(PLAIN, damping=1.0)
    sound = render(Hits.of([0.0, 2.0], ["HO", "HH"], 100), kit, rng(seed), duration=3.0, options=options)[0]
    left = [np.abs(sound[round(t * RATE) :][: RATE // 100]).max() for t in (0.0, 0.25, 2.0, 2.25)]
    assert left[1] > 0.3 * left[0]
    assert left[3] / left[2] <= left[1] / left[0] + 0.01


def test_the_room_comes_after_the_stroke() -> None:
    options = dataclasses.replace(PLAIN, room_level=-10)
    dry, roomy = (render(Hits.of([0.1], ["BD"]), kit_of(), rng(), duration=0.5, options=o) for o in (PLAIN, options))
    later = round(0.1 * RATE) + round(0.01 * RATE)
    np.testing.assert_allclose(roomy[:, : later - 40], dry[:, : later - 40], atol=1e-7)
    assert np.square(roomy[:, later:]).sum() > 1.05 * np.square(dry[:, later:]).sum()


@pytest.mark.parametrize("seed", range(4))
def test_mono_is_the_mean_of_both_sides(seed: int) -> None:
    hits = Hits.of(np.arange(30) / 10, ["BD", "SD", "CC"] * 10, rng(5).integers(1, 128, 30))
    options = dataclasses.replace(RenderOptions.draw(rng(seed)), overhead_level=-3.0, room_level=-8.0)
    stereo, mono = (render(hits, kit_of(), rng(seed), options=options, mono=mono) for mono in (False, True))
    assert mono.shape == (1, stereo.shape[1])
    np.testing.assert_allclose(mono[0], stereo.mean(axis=0), atol=1e-5)


def test_the_same_seed_gives_the_same_audio() -> None:
    hits = Hits.of(np.arange(30) / 10, ["BD", "SD", "CC"] * 10, rng(5).integers(1, 128, 30))
    kit = Kit.mixed([kit_of(click("a"), click("b", seed=1)), kit_of(click("c", seed=2))], rng(3))
    options = RenderOptions.draw(rng(4))
    first, second, other = (render(hits, kit, rng(seed), options=options) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first[:, :1000], other[:, :1000])
    assert RenderOptions.draw(rng(4)) == options != RenderOptions.draw(rng(6))


def test_duration_cuts_and_fills() -> None:
    hits = Hits.of([0.1, 0.9, 5.0], ["BD", "SD", "CC"])
    assert render(hits, kit_of(), rng(), duration=1.0).shape == (2, RATE)
    assert render(hits, kit_of(), rng(), duration=9.0).shape == (2, 9 * RATE)
    assert render(hits, kit_of(), rng(), options=PLAIN).shape == (2, 5 * RATE - 37 + round(0.2 * RATE))
    assert render(Hits(), kit_of(), rng()).shape == (2, 0)
    assert not render(Hits(), kit_of(), rng(), duration=1.0).any()


def test_velocity_is_a_scale_of_decibels() -> None:
    hits = Hits.of([0.0, 1.0, 2.0], ["SD"] * 3, [127, 64, 1])
    sound = render(hits, kit_of(), rng(), options=dataclasses.replace(PLAIN, velocity_range=40.0))
    levels = 20 * np.log10(np.linalg.norm(sound[:, [0, RATE, 2 * RATE]], axis=0))
    np.testing.assert_allclose(levels - levels[0], [0, -20, -40], atol=0.1)


def test_no_sample_plays_twice_in_a_row() -> None:
    heights = {name: 1.0 + index / 10 for index, name in enumerate("abc")}
    samples = [dataclasses.replace(click(name), signal=click().signal * height) for name, height in heights.items()]
    sound = render(Hits.of(np.arange(40) / 4, ["SD"] * 40, 100), kit_of(*samples), rng(), options=PLAIN)
    tall = np.round(sound[0, np.arange(40) * RATE // 4] / sound[0].max(), 3)
    assert len(set(tall)) == 3
    assert (np.diff(tall) != 0).all()


def level(sound: np.ndarray, start: float, end: float) -> float:
    return float(np.abs(sound[:, round(start * RATE) : round(end * RATE)]).mean())


@pytest.mark.parametrize("closing", ["HH", "HP"])
def test_a_closing_hat_stops_the_open_one(closing: str) -> None:
    open_hat, shut_hat = (Piece.of("open", [click(length=2.0)]), Piece.of("shut", [click(length=0.01)]))
    kit = Kit("hats", RATE, {"HO": (open_hat,), closing: (shut_hat,)})
    ringing = render(Hits.of([0.0], ["HO"]), kit, rng(), duration=2.0, options=PLAIN)
    choked = render(Hits.of([0.0, 0.5], ["HO", closing]), kit, rng(), duration=2.0, options=PLAIN)
    assert level(ringing, 0.6, 1.0) > 0
    assert level(choked, 0.1, 0.4) == pytest.approx(level(ringing, 0.1, 0.4), rel=1e-5)
    assert level(choked, 0.54, 2.0) == 0


def test_an_open_hat_struck_again_rings_on_unless_it_has_but_one_voice() -> None:
    kit = Kit("hats", RATE, {"HO": (Piece.of("open", [click(length=2.0)]),)})
    hits = Hits.of([0.0, 0.5], ["HO", "HO"], [127, 1])
    free, one_voice = (
        render(hits, kit, rng(), duration=2.0, options=dataclasses.replace(PLAIN, one_voice=one))
        for one in (False, True)
    )
    once = render(Hits.of([0.0], ["HO"], [127]), kit, rng(), duration=2.0, options=PLAIN)
    assert level(free, 0.54, 1.9) > level(once, 0.54, 1.9) > 10 * level(one_voice, 0.54, 1.9) > 0


def test_other_drums_leave_the_open_hat_alone_and_a_hand_can_choke_a_crash() -> None:
    kit = Kit("ring", RATE, {code: (Piece.of(code, [click(length=2.0)]),) for code in ("HO", "CC", "BD")})
    hits = Hits.of([0.0, 0.5], ["CC", "BD"])
    hand = Hits.of([0.3], ["CC"])
    free, choked = (render(hits, kit, rng(), duration=2.0, options=PLAIN, chokes=chokes) for chokes in (None, hand))
    alone = render(hits.of_drum("BD"), kit, rng(), duration=2.0, options=PLAIN)
    assert level(free, 0.4, 0.49) > 0
    assert level(choked, 0.34, 0.49) == 0
    np.testing.assert_allclose(level(choked, 0.5, 2.0), level(alone, 0.5, 2.0), rtol=1e-5)


def test_a_drummer_has_the_hat_on_the_left_and_an_audience_on_the_right() -> None:
    def attack(code: str, width: float) -> np.ndarray:
        options = dataclasses.replace(PLAIN, pan_width=width)
        return render(Hits.of([0.0], [code]), kit_of(), rng(), options=options)[:, 0]

    assert attack("HH", 0.8)[0] > attack("HH", 0.8)[1]
    assert attack("HH", -0.8)[0] < attack("HH", -0.8)[1]
    assert attack("LT", 0.8)[0] < attack("LT", 0.8)[1]
    powers = [np.square(attack("HH", width)).sum() for width in (-0.8, 0, 0.3, 0.8)]
    np.testing.assert_allclose(powers, powers[0], rtol=1e-5)


def test_crashes_are_shared_between_two_pieces() -> None:
    pieces = tuple(Piece.of(name, [click(name)]) for name in ("left", "right"))
    sound = render(Hits.of(np.arange(20) / 4, ["CC"] * 20), Kit("two", RATE, {"CC": pieces}), rng(), options=PLAIN)
    tall = sound[:, np.arange(20) * RATE // 4]
    assert 0 < (tall[0] > tall[1]).sum() < 20


def test_damping_shortens_what_follows_the_attack() -> None:
    ringing, damped = (
        render(
            Hits.of([0.1], ["CC"]), kit_of(click(length=1.0)), rng(), options=dataclasses.replace(PLAIN, decay=decay)
        )
        for decay in (np.inf, 0.1)
    )
    assert peaks(ringing, 1) == peaks(damped, 1)
    assert level(damped, 0.6, 0.7) == pytest.approx(level(ringing, 0.6, 0.7) * np.exp(-5.5), rel=0.1)


def test_a_drum_that_nothing_can_play_is_named() -> None:
    with pytest.raises(CorpusError, match="no sample for BD"):
        render(Hits.of([0.0], ["BD"]), kit_of(codes=("SD", "HH")), rng())


def centroid(sound: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(sound.sum(axis=0))) ** 2
    return float(np.sum(np.fft.rfftfreq(sound.shape[1], 1 / RATE) * power) / power.sum())


def test_soft_strokes_are_duller_and_as_loud_as_before() -> None:
    noise = rng().normal(0, 1, RATE // 5) * np.exp(-np.arange(RATE // 5) / 1000)
    noise[:5] = 0
    noise[5] = 4
    kit = kit_of(Sample(noise.astype(np.float32), 5, (4, 0.0)))

    def stroke(velocity: int, dulling: float) -> np.ndarray:
        options = dataclasses.replace(PLAIN, dulling=dulling, velocity_range=30)
        return render(Hits.of([0.1], ["SD"], velocity), kit, rng(), options=options)

    bright, dull = ([centroid(stroke(velocity, octaves)) for velocity in (10, 64, 127)] for octaves in (0.0, 3.0))
    assert max(bright) - min(bright) < 1
    assert dull[0] < 0.8 * dull[1] < 0.8 * dull[2]
    for velocity in (10, 64, 127):
        plain, toned = (stroke(velocity, octaves) for octaves in (0.0, 3.0))
        assert np.linalg.norm(toned) == pytest.approx(np.linalg.norm(plain), rel=0.02)
        assert peaks(toned, 1) == peaks(plain, 1) == [RATE // 10]


def test_attacks_stay_on_their_hits_in_every_drawn_mix() -> None:
    times = np.arange(1, 9) * 0.5
    hits = Hits.of(times, ["BD", "SD", "HH", "CC"] * 2, [20, 127, 60, 90] * 2)
    for seed in range(25):
        options = dataclasses.replace(RenderOptions.draw(rng(seed)), room_level=-np.inf, overhead_level=-np.inf)
        sound = np.abs(render(hits, kit_of(), rng(seed), duration=5.0, options=options)).sum(axis=0)
        for time in times:
            around = sound[round(time * RATE) - 200 : round(time * RATE) + 200]
            assert int(np.argmax(around)) == 200, (seed, time)


def test_families_move_against_each_other_and_the_rest_of_a_family_moves_along() -> None:
    hits = Hits.of([0.0, 1.0, 2.0, 3.0], ["SD", "HH", "HO", "BD"])
    apart, within = [], []
    for seed in range(60):
        options = dataclasses.replace(PLAIN, balance_spread=13.0)
        sound = render(hits, kit_of(), rng(seed), options=options)
        snare, hat, open_hat, _ = 20 * np.log10(np.linalg.norm(sound[:, [0, RATE, 2 * RATE, 3 * RATE]], axis=0))
        apart.append(hat - snare)
        within.append(open_hat - hat)
    assert min(apart) < -20 and max(apart) > 0
    np.testing.assert_allclose(within, BALANCE["HO"][0] - BALANCE["HH"][0], atol=0.01)


def test_overheads_come_late_and_hear_the_kit_as_it_is() -> None:
    options = dataclasses.replace(PLAIN, overhead_level=0.0)
    hits = Hits.of([0.1], ["SD"])
    dry, wet = (render(hits, kit_of(), rng(), duration=0.5, options=o) for o in (PLAIN, options))
    start = round(0.1 * RATE)
    np.testing.assert_allclose(wet[:, : start + 5], dry[:, : start + 5], atol=1e-7)
    late = np.argmax(np.abs(wet - dry), axis=1) - start
    assert (late >= 0.0003 * RATE - 1).all() and (late <= 0.003 * RATE + 1).all() and late[0] != late[1]


def test_hands_choke_as_many_cymbals_as_the_options_say() -> None:
    kit = Kit("ring", RATE, {code: (Piece.of(code, [click(length=1.5)]),) for code in ("CC", "RD")})

    def still(code: str, share: float) -> float:
        """Share of strokes that have ended after a second."""
        hits = Hits.of(np.arange(40) * 2.0, [code] * 40)
        options = dataclasses.replace(PLAIN, choke_share=share)
        sound = render(hits, kit, rng(), duration=81.0, options=options)
        return float(np.mean([level(sound, time + 1, time + 1.4) == 0 for time in hits.time]))

    assert still("CC", 0.0) == still("RD", 1.0) == 0
    assert still("CC", 1.0) == 1
    assert 0.1 < still("CC", 0.3) < 0.5


def test_a_foot_splash_rings_until_the_next_hat() -> None:
    ringing = dataclasses.replace(Piece.of("splash", [click(length=2.0)]), rings=True)
    kit = Kit("hats", RATE, {"HP": (ringing,), "HH": (Piece.of("shut", [click(length=0.01)]),)})
    sound = render(Hits.of([0.0, 0.5], ["HP", "HH"]), kit, rng(), duration=2.0, options=PLAIN)
    assert level(sound, 0.1, 0.4) > 0 and level(sound, 0.54, 2.0) == 0


def test_a_room_that_absorbs_is_duller() -> None:
    hits = Hits.of([0.1], ["BD"])
    bright, dark = (
        render(
            hits, kit_of(), rng(), duration=1.0, options=dataclasses.replace(PLAIN, room_level=0, room_cutoff=cutoff)
        )
        for cutoff in (np.inf, 1500.0)
    )
    later = round(0.35 * RATE)
    assert centroid(dark[:, later:]) < 0.5 * centroid(bright[:, later:])


# ---------------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A kit folder of kick, snare and hat."""
    for name in ("kick", "snare", "hat"):
        path = tmp_path / "kit" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        audio.write(path, click().signal, RATE)
    return tmp_path


def command(folder: Path, score: Path, *options: str) -> None:
    parser = argparse.ArgumentParser()
    task.add_arguments(parser)
    task.run(parser.parse_args([str(score), "--kit", str(folder / "kit"), *options]))


def test_a_tab_becomes_audio_with_its_hits_and_beats(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score = folder / "groove.txt"
    score.write_text("Tempo: 120\n\nHH|x-x-x-x-|\nSD|--o---o-|\nBD|o---o---|\n  |1+2+3+4+|\n")
    command(folder, score)
    sound = audio.read(folder / "groove.wav")
    (track,) = corpora.load("rendered", folder, Vocabulary.of(configs.DRUMS))
    labels = track.labels()
    assert sound.sample_rate == configs.SAMPLE_RATE
    assert sound.samples.shape[0] == 2
    assert labels.hits.of_drum("SD").time.tolist() == [0.5, 1.5]
    assert labels.beats == Beats(np.arange(4) / 2, np.arange(4) + 1)
    assert "8 hits on kit" in capsys.readouterr().out


@pytest.mark.parametrize("there", ["groove.wav", "groove.hits.csv", "groove.beats.csv"])
def test_what_lies_beside_a_score_is_overwritten_only_when_told(folder: Path, there: str) -> None:
    score = folder / "groove.txt"
    score.write_text("SD|--o---o-|\n  |1+2+3+4+|\n")
    if there.endswith(".wav"):
        audio.write(folder / there, click().signal, RATE)
    else:
        (folder / there).write_text("time,drum\n")
    before = (folder / there).read_bytes()
    with pytest.raises(DrumTabberError, match=f"{there} would be written over; .*--out"):
        command(folder, score)
    assert (folder / there).read_bytes() == before
    command(folder, score, "--out", str(folder / "groove.wav"))
    assert (folder / there).read_bytes() != before


def test_a_rendering_is_made_anew(folder: Path) -> None:
    score = folder / "groove.txt"
    for n_strokes in (1, 2):
        score.write_text(f"SD|{'o-' * n_strokes}{'--' * (4 - n_strokes)}|\n  |1+2+3+4+|\n")
        command(folder, score)
        assert len(columns.read_hits(folder / "groove.hits.csv")) == n_strokes


def test_a_midi_file_renders_as_it_reads(folder: Path) -> None:
    hits, vocabulary = (Hits.of([0.5, 0.75, 1.0], ["BD", "HH", "SD"], [100, 50, 80]), Vocabulary.of(configs.DRUMS))
    midi.write(folder / "groove.mid", hits, Beats(np.arange(4) / 2, np.arange(4) + 1), vocabulary)
    command(folder, folder / "groove.mid", "--out", str(folder / "out.flac"), "--seed", "3")
    np.testing.assert_allclose(columns.read_hits(folder / "out.hits.csv").time, hits.time, atol=1e-3)
    assert (folder / "out.flac").exists()


def test_a_score_without_drums_is_refused(folder: Path) -> None:
    score = folder / "rest.txt"
    score.write_text("SD|--------|\n  |1+2+3+4+|\n")
    with pytest.raises(DrumTabberError, match=r"rest\.txt has no drum hits"):
        command(folder, score)
