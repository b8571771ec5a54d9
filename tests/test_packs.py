"""Packs of one-shots: what names, notes and files say together, and which recordings two packs share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.kits import struck
from drum_tabber.kits.sample import Sample
from drum_tabber.oneshots import listening, packs
from drum_tabber.oneshots.listening import OneShotSpec
from drum_tabber.sound import audio, soundfont
from drum_tabber.sound.soundfont import Note
from drum_tabber.tasks import sample_material
from drum_tabber.tasks.sample_material import Heard

RATE = 8000


def hydrogen_kit(folder: Path, layers: dict[str, tuple[str, int | None]]) -> Path:
    """A kit of files, each with its instrument's name and note."""
    rows = []
    for file, (instrument, note) in layers.items():
        audio.write(folder / file, np.full(400, 0.5, np.float32), RATE)
        said = "" if note is None else f"<midiOutNote>{note}</midiOutNote>"
        rows.append(
            f"<instrument><name>{instrument}</name>{said}<layer><filename>{file}</filename><max>1</max></layer>"
            "</instrument>"
        )
    text = f"<drumkit_info><license>CC0</license>{''.join(rows)}</drumkit_info>"
    (folder / "drumkit.xml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("instrument", "note", "file", "label"),
    [
        ("Pedal hat", None, "hihat-open-1.wav", "hho"),
        ("Closed hat", None, "hihat-semi-open-2.wav", None),
        ("Crash 16", None, "crash16_ride2.wav", None),
        ("Tom Low", None, "ft_01.wav", "tomf"),
        ("Tom Low", None, "tom-low-1.wav", None),
        ("Tom Low", 41, "TomLow-0.wav", "tomf"),
        ("Kick", None, "somebody__tom-5.wav", None),
        ("Snare", None, "SN_08.wav", "snr"),
        ("Stick", 37, "stick-rim-9.wav", "rim"),
    ],
)
def test_instrument_and_file_must_agree(
    tmp_path: Path, instrument: str, note: int | None, file: str, label: str | None
) -> None:
    kit = hydrogen_kit(tmp_path, {file: (instrument, note), "kick_1.wav": ("Kick", 36)})
    found = {sound.path.name: sound.label for sound in packs.files(kit)}
    assert found.pop("kick_1.wav") == "kick"
    assert found == ({file: label} if label else {})


def test_in_a_manifest_a_file_knows_floor_toms_and_open_hats(tmp_path: Path) -> None:
    meant = {"TomFloor-Hard.wav": "tomf", "Tom2-Hard.wav": "tom", "hat_open_3.wav": "hho", "hihat 1.wav": "hhc"}
    for file in meant:
        (tmp_path / file).touch()
    rows = [f"{file},kit,{'tom' if 'Tom' in file else 'hihat'},,CC0" for file in meant]
    (tmp_path / "manifest.csv").write_text("\n".join(["path,kit,instrument,gm,licence", *rows]), encoding="utf-8")
    assert {sound.path.name: sound.label for sound in packs.files(tmp_path)} == meant


def test_a_file_of_two_instruments_is_given_once_or_not_at_all(tmp_path: Path) -> None:
    hydrogen_kit(tmp_path / "a", {"block.wav": ("Woodblock Hi", None), "x.wav": ("Kick", None)})
    text = (tmp_path / "a" / "drumkit.xml").read_text(encoding="utf-8")
    again = "<instrument><name>{}</name><layer><filename>{}</filename></layer></instrument></drumkit_info>"
    twice = again.format("Woodblock Lo", "block.wav")
    (tmp_path / "a" / "drumkit.xml").write_text(text.replace("</drumkit_info>", twice), encoding="utf-8")
    assert sorted(sound.label for sound in packs.files(tmp_path / "a")) == ["kick", "wood"]
    other = again.format("Snare", "block.wav")
    (tmp_path / "a" / "drumkit.xml").write_text(text.replace("</drumkit_info>", other), encoding="utf-8")
    assert [sound.label for sound in packs.files(tmp_path / "a")] == ["kick"]


def test_a_soundfont_teaches_what_sounds_in_each_drum_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def play(notes: list[Note], path: Path, seconds: float, rate: int) -> np.ndarray:
        played.extend(notes)
        return np.random.default_rng(0).standard_normal((2, round(seconds * rate))).astype(np.float32)

    played: list[Note] = []
    monkeypatch.setattr(soundfont, "play", play)
    monkeypatch.setattr(soundfont, "drum_presets", lambda path: (0, 2, 16, 24, 25, 40, 41, 48))
    labels = [label for label, _ in packs.from_soundfont(Path("font.sf2"), 1000)]
    taught = {
        (note.program, note.pitch): label
        for note, label in zip(played, labels, strict=True)
        if note.channel == soundfont.DRUM_CHANNEL
    }
    assert taught[0, 38] == taught[40, 38] == "snr"  # a stick's stroke and a brush's
    assert taught[0, 44] == taught[24, 44] == "ped"
    assert taught[2, 38] == "snr" and taught[41, 36] == "kick", "its further sets are like the one they follow"
    unclear = {(24, 52), (25, 44), (40, 39), (40, 40), (41, 40)}  # reversed, a closed hat, slaps, swirls
    assert not unclear & {*taught} and {program for program, _ in taught} == {0, 2, 16, 24, 25, 40, 41}
    strengths = {note.velocity for note in played if (note.program, note.pitch) == (16, 40)}
    assert strengths == {*packs.STRENGTHS} and min(strengths) < 60 < 110 < max(strengths)


@pytest.mark.parametrize(("n", "most", "kept"), [(3, 5, [0, 1, 2]), (9, 5, [0, 2, 4, 6, 8]), (7, 1, [0])])
def test_a_few_of_many_are_spread_evenly(n: int, most: int, kept: list[int]) -> None:
    assert packs.evenly(range(n), most) == kept


def heard(sounds: list[np.ndarray], labels: tuple[str, ...] = ()) -> Heard:
    n = len(sounds)
    lengths = np.array([len(frames) for frames in sounds], np.int32)
    names = np.array(labels or ["kick"] * n)
    return Heard(np.concatenate(sounds).astype(np.float16), lengths, names, names, np.arange(n, dtype=np.int32))


def frames(wave: np.ndarray) -> np.ndarray:
    sample = Sample.of(wave.astype(np.float32), 44100)
    assert sample is not None
    return listening.frames_of(sample, OneShotSpec())


def test_copies_are_found_though_cut_shorter_and_nothing_else() -> None:
    rng = np.random.default_rng(1)
    waves = [struck.strike(kind, rng) for kind in ("kick", "snr", "cym", "tom")]
    train = heard([frames(wave) for wave in waves])
    judge = heard([frames(0.3 * waves[2][:30000]), frames(struck.strike("cym", rng)), frames(0.5 * waves[0])])
    assert sample_material.are_copies(judge, train).tolist() == [True, False, True]


def test_one_recording_under_two_classes_contradicts_itself() -> None:
    rng = np.random.default_rng(2)
    hat, snare = struck.strike("hhc", rng), struck.strike("snr", rng)
    sounds = [frames(wave) for wave in (hat, snare, 0.2 * hat, 0.3 * snare)]
    assert sample_material.contradict(heard(sounds, ("hhc", "snr", "ped", "snr"))).tolist() == [
        True,
        False,
        True,
        False,
    ]
