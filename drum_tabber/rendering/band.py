"""A band: notes of an accompaniment in, stems out, by whoever plays a part: soundfonts, a singer, a guitar, hands.

What is drawn once is who plays; how loud each of them is in a recording is drawn there (`stems.blended`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np

from drum_tabber.events import Beats
from drum_tabber.rendering import accompaniment, backing, foley, guitar, voice
from drum_tabber.rendering.stems import Samples, Stems, loudness
from drum_tabber.sound import soundfont
from drum_tabber.sound.soundfont import Note

_SUNG = 0.6  # probability that a melody is sung, not played
_DOUBLED = 0.35  # that a second voice goes with it
_AMPLIFIED = 0.7  # that electric guitars go through an amplifier of ours, not a soundfont's
_FOLEY = 0.3  # that there are claps or the like; and, by the half of it, swells, and a crowd
_LEVELS = {"voice": 0.13, "harmony": 0.06, "guitar": 0.1}  # RMS; a soundfont's parts keep the balance that they have
_FOLEY_PEAK = 0.25
_PLAYED = 0.08  # RMS that the soundfont's parts have together


def play(
    notes: Sequence[Note],
    soundfonts: Sequence[Path],
    beats: Beats,
    duration: float,
    sample_rate: int,
    rng: np.random.Generator,
) -> Stems:
    """Stems (n,) of an accompaniment by its parts. Raises CorpusError where FluidSynth or a soundfont is missing."""
    parts = backing.parts(notes)
    stems: Stems = {}
    n = round(duration * sample_rate)
    if "melody" in parts and rng.random() < _SUNG:
        stems |= _sung(parts.pop("melody"), duration, sample_rate, rng)
    if "guitar" in parts and rng.random() < _AMPLIFIED:
        sound = guitar.strum(parts.pop("guitar"), guitar.Amplifier.draw(rng), duration, sample_rate, rng)
        stems["guitar"] = _at_level(sound, _LEVELS["guitar"])
    stems |= _by_soundfonts(parts, soundfonts, duration, sample_rate, rng)
    if rng.random() < _FOLEY and len(beats) > 4:
        kind = str(rng.choice(list(foley.STROKES)))
        onsets = accompaniment.patterned(beats, int(rng.choice([1, 2, 2, 4])), rng)
        stems[kind] = np.float32(_FOLEY_PEAK) * foley.play(onsets, kind, n, sample_rate, rng)
    if rng.random() < _FOLEY / 2:
        stems["swells"] = np.float32(_FOLEY_PEAK) * foley.swells(beats, n, sample_rate, rng)
    if rng.random() < _FOLEY / 4:
        stems["crowd"] = np.float32(_FOLEY_PEAK) * foley.crowd(n, sample_rate, rng)
    return stems


def _by_soundfonts(
    parts: dict[str, list[Note]],
    soundfonts: Sequence[Path],
    duration: float,
    sample_rate: int,
    rng: np.random.Generator,
) -> Stems:
    """Each part by a soundfont of its own, in the balance that the notes' velocities ask for."""
    played = {}
    for name, notes in parts.items():
        chosen = soundfonts[int(rng.integers(len(soundfonts)))]
        left, right = soundfont.play(notes, chosen, duration, sample_rate)
        played[name] = (left + right) / 2
    level = loudness(reduce(np.add, played.values())) if played else 0.0
    return {name: sound * np.float32(_PLAYED / level) for name, sound in played.items()} if level else played


def _sung(melody: Sequence[Note], duration: float, sample_rate: int, rng: np.random.Generator) -> Stems:
    """The melody by a singer, and perhaps a third above or below by another."""
    lead = voice.sing(melody, voice.Singer.draw(rng), duration, sample_rate, rng)
    stems = {"voice": _at_level(lead, _LEVELS["voice"])}
    if rng.random() < _DOUBLED:
        step = int(rng.choice([-5, -4, 0, 3, 4, 12]))
        other = [Note(note.start, note.end, 0, note.pitch + step, note.velocity, 0) for note in melody]
        harmony = voice.sing(other, voice.Singer.draw(rng), duration, sample_rate, rng)
        stems["harmony"] = _at_level(harmony, _LEVELS["harmony"])
    return stems


def _at_level(samples: Samples, level: float) -> Samples:
    own = loudness(samples)
    return samples * np.float32(level / own) if own else samples
