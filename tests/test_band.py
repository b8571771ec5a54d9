"""Guitars, hands and the band of them all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.events import Beats
from drum_tabber.rendering import accompaniment, backing, band, foley
from drum_tabber.rendering.guitar import Amplifier, strum
from drum_tabber.sound import soundfont
from drum_tabber.sound.soundfont import Note

RATE = 22050
BEATS = Beats(np.arange(64, dtype=np.float64) * 0.5, np.arange(64) % 4 + 1)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def chord(start: float, end: float, program: int = 30) -> list[Note]:
    return [Note(start, end, 4, pitch, 110, program) for pitch in (40, 47)]


def power(samples: np.ndarray) -> np.ndarray:
    return np.abs(np.fft.rfft(samples * np.hanning(len(samples)), RATE)) ** 2


def test_a_drive_makes_overtones_and_the_cabinet_keeps_them_below_its_edge() -> None:
    clean, driven = (
        power(strum(chord(0.1, 1.9), Amplifier(drive_db=db, high=4500), 2.0, RATE, rng())[RATE // 2 : RATE])
        for db in (-20.0, 40.0)
    )
    assert driven[1000:4000].sum() / driven.sum() > 3 * clean[1000:4000].sum() / clean.sum()
    assert driven[7000:].sum() < 1e-3 * driven.sum()


def test_palm_mutes_are_short_and_begin_on_time() -> None:
    muted, open_ = (
        strum(chord(0.5, 1.4, program), Amplifier(drive_db=0.0), 1.6, RATE, rng())
        for program in (accompaniment.MUTED, 30)
    )
    late = slice(round(0.9 * RATE), round(1.3 * RATE))
    assert np.abs(muted[late]).max() < 0.02 < np.abs(open_[late]).max()
    for sound in (muted, open_):
        loud = np.flatnonzero(np.abs(sound) > 0.05)[0] / RATE
        assert 0.5 <= loud < 0.505


def test_strings_sound_at_their_pitch() -> None:
    one = [Note(0.0, 1.5, 4, 45, 110, 30)]
    spectrum = power(strum(one, Amplifier(drive_db=-20.0), 1.5, RATE, rng())[:RATE])
    assert abs(int(np.argmax(spectrum)) / 110 - round(int(np.argmax(spectrum)) / 110)) < 0.03


@pytest.mark.parametrize("kind", foley.STROKES)
def test_hands_play_on_their_onsets(kind: str) -> None:
    onsets = np.arange(0.5, 5, 0.9)
    sound = foley.play(onsets, kind, 6 * RATE, RATE, rng(1))
    for onset in onsets:
        at = round(onset * RATE)
        before, after = sound[at - 1200 : at - 500], sound[at - 200 : at + 1500]
        assert np.mean(after**2) > 20 * np.mean(before**2)


def test_a_shaker_is_brighter_than_a_clap() -> None:
    clap, shaker = (power(foley.play(np.array([0.2]), kind, RATE, RATE, rng())) for kind in ("clap", "shaker"))
    hertz = np.arange(len(clap))
    assert (hertz * shaker).sum() / shaker.sum() > 1.5 * (hertz * clap).sum() / clap.sum()


def test_risers_grow_until_a_downbeat() -> None:
    sound = sum(np.abs(foley.swells(BEATS, 32 * RATE, RATE, rng(seed))) for seed in range(8))
    assert isinstance(sound, np.ndarray) and len(sound) == 32 * RATE and sound.max() > 0.1
    assert np.isfinite(foley.crowd(3 * RATE, RATE, rng())).all()


def test_the_melody_is_the_part_of_one_note_at_a_time() -> None:
    lead = [Note(0.5 * i, 0.5 * i + 0.4, 2, 62 + i % 5, 90, 65) for i in range(30)]
    keys = [Note(i, i + 0.9, 1, pitch, 80, 0) for i in range(30) for pitch in (60, 64, 67)]
    low = [Note(i, i + 0.5, 3, 33, 80, 33) for i in range(30)]
    parts = backing.parts([*lead, *keys, *low, *chord(1, 2), Note(0, 1, 9, 39, 80, 0)])
    assert parts["melody"] == lead and parts["bass"] == low and parts["chords"] == keys
    assert {"guitar", "percussion"} < set(parts)
    assert "melody" not in backing.parts(keys + low)


def test_a_band_has_stems_of_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    def play(notes: object, font: Path, duration: float, sample_rate: int) -> np.ndarray:
        return rng().normal(0, 0.3, (2, round(duration * sample_rate))).astype(np.float32)

    monkeypatch.setattr(soundfont, "play", play)
    lead = [Note(0.5 * i, 0.5 * i + 0.4, 2, 62 + i % 5, 90, 65) for i in range(12, 30)]
    notes = [*lead, *chord(1, 2), *[Note(i, i + 0.5, 3, 33, 80, 33) for i in range(16)]]
    names = set()
    for seed in range(12):
        stems = band.play(notes, [Path("a.sf2")], BEATS, 16.0, RATE, rng(seed))
        names |= set(stems)
        assert all(len(sound) == 16 * RATE and np.isfinite(sound).all() for sound in stems.values())
        assert "bass" in stems and ("voice" in stems) != ("melody" in stems) and "guitar" in stems
    assert {"voice", "melody", "harmony", "guitar", "bass"} <= names and names & set(foley.STROKES)
