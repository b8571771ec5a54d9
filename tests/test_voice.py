"""The singer: pitch where the notes are, formants where vowels have them, hiss where an s is, silence between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drum_tabber.rendering import voice
from drum_tabber.rendering.voice import Singer, sing
from drum_tabber.sound.soundfont import Note

RATE = 32000
PLAIN = Singer(vibrato=0.0, breath_db=-80.0, consonants=0.0, slide=0.01)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def note(start: float, end: float, pitch: int = 45) -> Note:
    return Note(start, end, 0, pitch, 100, 0)


def spectrum(samples: np.ndarray) -> np.ndarray:
    """Power by hertz, a second long."""
    return np.abs(np.fft.rfft(samples * np.hanning(len(samples)), RATE)) ** 2


def only(monkeypatch: pytest.MonkeyPatch, consonant: str) -> None:
    monkeypatch.setattr(voice, "CONSONANTS", {consonant: voice.CONSONANTS[consonant]})


def test_the_voice_sings_the_note_s_pitch() -> None:
    sound = sing([note(0.2, 1.2)], PLAIN, 1.5, RATE, rng())
    power = spectrum(sound[round(0.3 * RATE) : round(1.1 * RATE)])
    harmonics = [power[round(110 * k) - 6 : round(110 * k) + 7].sum() for k in range(1, 9)]
    between = [power[round(110 * (k + 0.5)) - 6 : round(110 * (k + 0.5)) + 7].sum() for k in range(1, 9)]
    assert sum(harmonics) > 30 * sum(between)


@pytest.mark.parametrize("size", [1.0, 1.3])
def test_vowels_have_their_formants_and_small_singers_higher_ones(size: float) -> None:
    singer = replace(PLAIN, size=size, tilt_db=0.0)
    time = np.array([0.3])
    for vowel in "aeiou":
        word = voice._Syllable(0.0, 1.0, 110.0, 1.0, vowel, "")
        tract = voice._formants([word], singer, time, 512, RATE)[0]
        first = voice.VOWELS[vowel][0][0] * size
        bins = np.arange(513) * RATE / 1024
        below = bins < 1.35 * first
        assert bins[below][np.argmax(tract[below])] == pytest.approx(first, abs=RATE / 1024)


def test_it_is_silent_between_notes_and_before_them() -> None:
    sound = sing([note(0.5, 1.0), note(2.0, 2.4)], PLAIN, 3.0, RATE, rng())
    for start, end in ((0.0, 0.4), (1.1, 1.9), (2.5, 3.0)):
        assert np.abs(sound[round(start * RATE) : round(end * RATE)]).max() < 1e-3
    assert np.sqrt(np.mean(sound[round(0.6 * RATE) : round(0.9 * RATE)] ** 2)) > 0.03


@pytest.mark.parametrize(("consonant", "low", "high"), [("s", 4500, 11000), ("sh", 2200, 7000), ("k", 1200, 4500)])
def test_consonants_are_noise_in_their_band(
    monkeypatch: pytest.MonkeyPatch, consonant: str, low: int, high: int
) -> None:
    only(monkeypatch, consonant)
    noise = voice._noise(consonant, RATE, rng())
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert power[low:high].sum() > 0.85 * power.sum()


def test_an_s_lies_where_its_syllable_begins_and_a_hissing_singer_has_more_of_it() -> None:
    notes = [note(0.5 * beat, 0.5 * beat + 0.35) for beat in range(1, 12)]
    bright = []
    for hiss in (-20.0, 0.0, 10.0):
        sound = sing(notes, replace(PLAIN, consonants=1.0, hiss_db=hiss), 6.5, RATE, rng(1))
        high = np.abs(np.diff(sound, 2))
        near = np.mean([high[round((one.start - 0.05) * RATE) : round((one.start + 0.05) * RATE)] for one in notes])
        middle = np.mean([high[round((one.start + 0.15) * RATE) : round((one.start + 0.25) * RATE)] for one in notes])
        bright.append(near / middle)
    assert bright[0] < bright[1] < bright[2] and bright[2] > 3


def test_plosives_come_after_a_silence() -> None:
    held = np.full(RATE, 0.1, np.float32)
    word = voice._Syllable(0.5, 0.9, 110.0, 1.0, "a", "t")
    voice._articulate(held, [replace_start(word, 0.3), word], PLAIN, RATE, rng())
    at = round(0.5 * RATE)
    before = held[at - round(0.035 * RATE) : at]
    assert np.abs(before).min() < 0.02 and np.abs(held[at - 300 : at + 300]).max() > 0.11


def replace_start(word: voice._Syllable, start: float) -> voice._Syllable:
    return replace(word, start=start, consonant="")


def test_the_same_draw_sings_the_same_and_another_singer_otherwise() -> None:
    notes = [note(0.1, 0.6, 60), note(0.6, 1.2, 62)]
    first, again, other = (sing(notes, Singer.draw(rng(seed)), 1.5, RATE, rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_nothing_to_sing() -> None:
    np.testing.assert_array_equal(sing([], PLAIN, 0.5, RATE, rng()), np.zeros(RATE // 2))
    assert len(sing([note(0.1, 0.11)], PLAIN, 0.5, RATE, rng())) == RATE // 2


def test_any_singer_at_any_note_is_finite() -> None:
    notes = [note(0.3 * beat, 0.3 * beat + 0.25, 20 + 9 * beat) for beat in range(12)]
    for seed in range(6):
        sound = sing(notes, Singer.draw(rng(seed)), 3.8, RATE, rng(seed))
        assert np.isfinite(sound).all() and 0.01 < np.abs(sound).max() < 6 and sound.dtype == np.float32


def test_what_is_known_every_hop_is_joined_by_straight_lines() -> None:
    values = np.random.default_rng(2).standard_normal(7)
    expected = np.interp(np.arange(23), np.arange(-1, 6) * 5, values)
    np.testing.assert_allclose(voice._every_sample(values, 5, 23), expected, atol=1e-6)
