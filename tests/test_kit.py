"""Kits: attacks measured on sounds whose attack is known, drums told by name and note, folders, mixing, stand-ins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.kits.kit import STAND_INS, Kit, Piece, chosen_by_wealth, load_kits
from drum_tabber.kits.kit_files import NOTES, drum_of
from drum_tabber.kits.sample import Sample, attack_of, level_of, without_strength
from drum_tabber.sound import audio

RATE = 32000
MANIFEST = "path,tier,kit,instrument,articulation,gm,peak_db,seconds,licence,source\n"


def burst(
    seconds: float = 0.3, decay: float = 0.05, silence: float = 0.0, gain: float = 0.5, seed: int = 0
) -> np.ndarray:
    """Decaying noise after a silence."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).uniform(-1, 1, len(time)) * np.exp(-time / decay) * gain
    return np.concatenate([np.zeros(round(silence * RATE)), noise]).astype(np.float32)


def boom(frequency: float, silence: float = 0.0) -> np.ndarray:
    """A decaying sine after a silence."""
    time = np.arange(round(0.4 * RATE)) / RATE
    tone = 0.5 * np.sin(2 * np.pi * frequency * time) * np.exp(-time / 0.1)
    return np.concatenate([np.zeros(round(silence * RATE)), tone]).astype(np.float32)


def save(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.write(path, samples, RATE)


# -------------------------------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize("silence", [0.0, 0.0037, 0.04])
def test_the_attack_is_where_the_sound_begins(silence: float) -> None:
    for sound in (burst(silence=silence), boom(90, silence)):
        assert attack_of(sound, RATE) / RATE == pytest.approx(silence, abs=1e-3)


def test_a_cymbal_that_swells_has_its_attack_at_the_ping() -> None:
    # A stick's ping, then a swell four times as loud.
    ping = burst(0.01, decay=0.003, silence=0.01, gain=0.2)
    swell = burst(0.5, decay=10, gain=0.8) * np.minimum(1, np.arange(round(0.5 * RATE)) / (0.04 * RATE)) ** 2
    sound = np.concatenate([ping, np.zeros(len(swell))]).astype(np.float32)[: len(swell)]
    sound[len(ping) :] += swell[: len(sound) - len(ping)]
    assert attack_of(sound, RATE) / RATE == pytest.approx(0.01, abs=1e-3)


def test_samples_have_one_level_and_keep_little_before_the_attack() -> None:
    loud, soft = (Sample.of(burst(silence=0.2, gain=gain), RATE) for gain in (0.8, 0.02))
    assert loud is not None
    assert soft is not None
    for sample in (loud, soft):
        assert level_of(sample.signal, RATE) == pytest.approx(1, rel=1e-3)
        assert sample.attack <= 0.01 * RATE
        assert sample.signal[-1] == pytest.approx(0, abs=1e-6)
    assert loud.strength[1] - soft.strength[1] == pytest.approx(20 * np.log10(0.8 / 0.02), abs=0.1)


def test_an_offset_is_removed_without_a_click() -> None:
    sample = Sample.of(burst(silence=0.05) + np.float32(0.1), RATE)
    assert sample is not None
    assert np.abs(sample.signal[: sample.attack - 20]).max() < 0.01 * np.abs(sample.signal).max()


def test_silence_is_no_sample() -> None:
    assert Sample.of(np.zeros(0, np.float32), RATE) is None
    assert Sample.of(np.full(1000, 0.3, np.float32), RATE) is None
    assert Sample.of(burst(gain=1e-3), RATE) is None


def test_a_name_tells_strength_before_the_level_does() -> None:
    ghost, hard = (Sample.of(burst(gain=0.9), RATE, "snare_Ghost_2"), Sample.of(burst(gain=0.1), RATE, "snare_FF_1"))
    assert ghost is not None
    assert hard is not None
    assert ghost.strength < hard.strength
    assert without_strength("Snare-Hardest") == "Snare-"
    assert without_strength("floppy tom") == "floppy tom"


# ---------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "note", "code"),
    [
        ("kick", None, "BD"), ("BD 01", None, "BD"), ("BassDrum", None, "BD"), ("snare", 40, "SD"),
        ("SnareRimshot", None, "SD"), ("sidestick", 37, "SS"), ("rim", None, "SS"), ("hihat_closed", None, "HH"),
        ("Hat", None, "HH"), ("hi_hat", 46, "HO"), ("OpenHat", None, "HO"), ("hihat_pedal", None, "HP"),
        ("hihat_open", 48, "HO"), ("tom_low", 45, "MT"), ("tom_low", None, "LT"), ("FloorTom", None, "LT"),
        ("tom", None, "tom"), ("tombourine", 54, None), ("crash", 59, "CC"), ("cymbal_chinese", None, "CH"),
        ("splash", None, "SC"), ("ride", 53, "RB"), ("ride bell", None, "RB"), ("vibra_slap", 58, None),
        ("cowbell", None, None), ("snareOFF_1", None, ""), ("drum_roll", None, ""), ("38", None, "SD"),
        ("", 51, "RD"), ("99", None, None),
    ],
)  # fmt: skip
def test_names_and_notes_tell_the_drum(name: str, note: int | None, code: str | None) -> None:
    assert drum_of(name, note) == code


# -------------------------------------------------------------------------------------------------------------- folders


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A folder as anybody might have it: by folder, by name, by note."""
    folder = tmp_path / "my kit"
    for index, gain in enumerate((0.05, 0.2, 0.8), start=1):
        save(folder / "kick" / f"{index}.wav", burst(gain=gain))
    save(folder / "snare_ff_01.wav", burst(seed=1))
    save(folder / "snare_ff_02.wav", burst(seed=2))
    save(folder / "snare_p_01.wav", burst(seed=3))
    save(folder / "42.wav", burst(0.05))
    save(folder / "toms" / "tom a.wav", boom(80))
    save(folder / "toms" / "tom b.wav", boom(200))
    save(folder / "toms" / "tom c.wav", boom(120))
    save(folder / "empty crash.wav", np.zeros(1000, np.float32))
    save(folder / "cowbell.wav", burst())
    return folder


def test_a_plain_folder_is_a_kit(plain: Path) -> None:
    kit = Kit.load(plain, RATE)
    assert set(kit.pieces) == {"BD", "SD", "HH", "HT", "MT", "LT"}
    assert [piece.name for code in ("HT", "MT", "LT") for piece in kit.pieces[code]] == ["tom b", "tom c", "tom a"]
    (snare,) = kit.pieces["SD"]
    assert snare.samples[0].name == "snare_p_01"
    assert len(snare.samples) == 3


def test_samples_come_at_the_rate_that_is_asked_for(plain: Path) -> None:
    half = Kit.load(plain, RATE // 2)
    assert half.sample_rate == RATE // 2
    assert len(half.pieces["HH"][0].samples[0].signal) == pytest.approx(0.05 * RATE / 2, abs=2)


def test_a_manifest_may_hold_several_kits(tmp_path: Path) -> None:
    rows = [
        "a/k.wav,free,a,kick,,36,,,CC0,",
        "a/s.wav,free,a,snare,,38,,,CC0,",
        "a/h.wav,free,a,hihat_closed,,42,,,CC0,",
        "b/t.wav,free,b,tom,,45,,,MIT,",
        "b/g.wav,free,b,gong,,,,,MIT,",
    ]
    for row in rows:
        save(tmp_path / row.split(",")[0], burst())
    (tmp_path / "manifest.csv").write_text(MANIFEST + "\n".join(rows), encoding="utf-8")
    assert set(Kit.load(tmp_path, RATE, kit="b").pieces) == {"MT"}
    assert Kit.load(tmp_path, RATE, kit="a").licences == {"CC0"}
    assert set(load_kits(tmp_path, RATE)) == {"a"}, "b is no drum set"
    assert set(load_kits(tmp_path, RATE, ["a", "b"])) == {"a", "b"}
    with pytest.raises(CorpusError, match="holds 2 kits; choose one with --kit-name: a, b"):
        Kit.load(tmp_path, RATE)
    with pytest.raises(CorpusError, match="no kit 'c'"):
        Kit.load(tmp_path, RATE, kit="c")


def test_faulty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere is not a folder"):
        Kit.load(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="has no drum samples"):
        Kit.load(tmp_path)
    save(tmp_path / "kick.wav", np.zeros(100, np.float32))
    with pytest.raises(CorpusError, match="silent"):
        Kit.load(tmp_path)


# --------------------------------------------------------------------------------------------------- layers and mixing


def test_stronger_strokes_take_stronger_samples(plain: Path) -> None:
    (kick,) = Kit.load(plain, RATE).pieces["BD"]
    assert kick.layered
    assert [sample.name for sample in kick.layer(0.0)] == ["1", "2"]
    assert [sample.name for sample in kick.layer(1.0)] == ["2", "3"]


def test_repetitions_of_one_strength_serve_every_stroke() -> None:
    takes = [Sample.of(burst(seed=seed), RATE) for seed in range(5)]
    piece = Piece.of("rim", [take for take in takes if take])
    assert not piece.layered
    assert piece.layer(0.0) == piece.layer(1.0) == piece.samples


def named_kit(name: str, *codes: str, n_pieces: int = 1) -> Kit:
    sample = Sample.of(burst(), RATE)
    assert sample is not None
    pieces = tuple(Piece.of(f"{name} {number}", [sample]) for number in range(n_pieces))
    return Kit(name, RATE, dict.fromkeys(codes, pieces), frozenset({f"licence of {name}"}))


def test_mixing_takes_families_whole_and_two_crashes_at_most() -> None:
    kits = [named_kit(name, "BD", "SD", "SS", "HH", "HO", "CC", n_pieces=3) for name in "abc"]
    sources = set()
    for seed in range(20):
        mixed = Kit.mixed(kits, np.random.default_rng(seed))
        assert mixed.pieces["HH"][0].name[0] == mixed.pieces["HO"][0].name[0]
        assert [len(mixed.pieces[code]) for code in ("BD", "SD", "CC")] == [1, 1, 2]
        assert mixed.licences == {f"licence of {name}" for name in mixed.name.split("+")}
        sources.add(mixed.name)
    assert len(sources) > 5
    again = Kit.mixed(kits, np.random.default_rng(19))
    assert {code: mixed.pieces[code][0].name for code in mixed.pieces} == {
        code: again.pieces[code][0].name for code in again.pieces
    }


def test_rich_kits_are_chosen_more_often_but_not_always() -> None:
    sample = Sample.of(burst(), RATE)
    assert sample is not None
    kits = [Kit(str(n), RATE, {"SD": (Piece.of("s", [sample] * n),)}) for n in (1, 12, 400)]
    rng = np.random.default_rng(0)
    chosen = [chosen_by_wealth(kits, ("SD",), rng).name for _ in range(3000)]
    share = {kit.name: chosen.count(kit.name) / 3000 for kit in kits}
    assert share["1"] == pytest.approx(1 / (1 + 2 * 12**0.5), abs=0.02)
    assert share["12"] == pytest.approx(share["400"], abs=0.05), "no more than that"


def test_kits_of_different_rates_do_not_mix() -> None:
    other = Kit("b", RATE // 2, {})
    with pytest.raises(ValueError, match="one sample rate"):
        Kit.mixed([named_kit("a", "BD"), other], np.random.default_rng(0))


def test_missing_drums_have_stand_ins() -> None:
    kit = named_kit("a", "SD", "HH", "MT", "CC")
    assert kit.playing("SD") == kit.pieces["SD"]
    assert kit.playing("HT")[0].semitones > 0 > kit.playing("LT")[0].semitones
    assert kit.playing("SC")[0].decay < np.inf
    with pytest.raises(CorpusError, match="no sample for BD"):
        kit.playing("BD")


def test_a_kick_a_snare_and_hats_can_play_every_drum() -> None:
    assert set(STAND_INS) | {"BD", "SD"} == set(NOTES.values())
    kit = named_kit("a", "BD", "SD", "HH", "CC")
    assert all(kit.playing(code) for code in set(NOTES.values()))


def test_a_kit_is_completed_with_what_it_lacks_alone() -> None:
    small, large = named_kit("small", "BD", "SD", "HH"), named_kit("large", "BD", "SD", "HH", "CC", "RD")
    both = small.completed(large)
    assert [both.pieces[drum][0].name for drum in ("BD", "CC")] == ["small 0", "large 0"]
    assert both.licences == {"licence of small", "licence of large"}
    assert large.completed(small) is large


def test_a_completed_kit_plays_what_the_other_plays_by_a_stand_in() -> None:
    """An open hat may stand in for a ride, but for no bell; the other's ride does."""
    small, large = named_kit("small", "BD", "SD", "HO"), named_kit("large", "BD", "RD")
    assert [piece.name for piece in small.completed(large).playing("RB")] == [large.playing("RB")[0].name]
