"""What a band plays over chords, beats and a kick: bass, power chords, palm mutes, chopped chords, percussion.

Each player takes what is given and draws instrument, pattern and velocities: notes out, for a soundfont to play.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Beats, Hits
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

# General MIDI programs (from 0) that the players choose from; an attack like a drum's is wanted now and then.
CHOPS = (0, 1, 3, 6, 7, 16, 25, 27, 28, 45, 61, 106)
BASSES = (32, 33, 33, 34, 35, 36, 37, 38, 39)
POWER_CHORDS = (29, 30)
MUTED = 28  # palm-muted guitar
# Percussion of General MIDI that is no drum of ours: hand clap, tambourine, cowbell, bongos, congas, agogo, cabasa,
# maracas, claves, wood blocks, triangle. Each row is one player's instrument.
PERCUSSION = ((39,), (54,), (56,), (60, 61), (62, 63, 64), (67, 68), (69,), (70,), (75,), (76, 77), (80, 81))


_THIRDS = {"min": 3, "dim": 3, "hdim": 3}  # semitones by the quality of the chord; others are major


class Chord(NamedTuple):
    """A chord and when it sounds, in seconds: its root's pitch class, and semitones from the root to the third."""

    start: float
    end: float
    root: int
    third: int

    @classmethod
    def named(cls, name: str, start: float, end: float, transpose: int = 0) -> Chord:
        """A chord written as `Bb:min7`, so many semitones higher."""
        root, _, quality = name.partition(":")
        pitch = "C D EF G A B".index(root[0]) + root.count("#") - root.count("b")
        third = next((size for kind, size in _THIRDS.items() if quality.startswith(kind)), 4)
        return cls(start, end, (pitch + transpose) % 12, third)


def bass(chords: Sequence[Chord], hits: Hits, beats: Beats, rng: np.random.Generator) -> list[Note]:
    """The root of each chord, with the kick or on the beats and between them, an octave up now and then."""
    program, channel = int(rng.choice(BASSES)), 3
    kicks = hits.of_drum("BD").time
    with_kick = rng.random() < 0.5 and len(kicks) > 8
    division = int(rng.choice([1, 2, 2]))
    notes = []
    for start, stop, root, _ in chords:
        onsets = kicks if with_kick else subdivided(beats.time, division)
        onsets = onsets[(onsets >= start - 0.03) & (onsets < stop - 0.05)]
        pitch = 28 + (root - 4) % 12
        for onset, following in pairwise([*onsets.tolist(), stop]):
            octave = 12 if rng.random() < 0.1 else 0
            velocity = int(rng.integers(70, 120))
            notes.append(Note(onset, min(following, onset + 1.0), channel, pitch + octave, velocity, program))
    return notes


def power_chords(chords: Sequence[Chord], beats: Beats, rng: np.random.Generator) -> list[Note]:
    """Root and fifth on an electric guitar, some with the third: held, or struck on divisions of the beat."""
    program, channel = int(rng.choice(POWER_CHORDS)), 4
    division = int(rng.choice([1, 2, 4]))
    notes = []
    for start, stop, root, third in chords:
        onsets = subdivided(beats.time, division) if rng.random() < 0.6 else np.array([start])
        onsets = onsets[(onsets >= start - 0.02) & (onsets < stop - 0.05)]
        pitch = 40 + (root - 4) % 12
        for onset, following in pairwise([*onsets.tolist(), stop]):
            velocity = int(rng.integers(80, 120))
            chord = (0, 7, 12) if rng.random() < 0.8 else (0, third, 7)
            notes += [Note(onset, following - 0.01, channel, pitch + step, velocity, program) for step in chord]
    return notes


def chugs(chords: Sequence[Chord], hits: Hits, beats: Beats, rng: np.random.Generator) -> list[Note]:
    """Palm mutes on a low string in eighths, sixteenths or with the kick; each chord rings out where it begins."""
    kicks = hits.of_drum("BD").time
    with_kick = rng.random() < 0.5 and len(kicks) > 8
    onsets = kicks if with_kick else patterned(beats, int(rng.choice([2, 4, 4])), rng)
    notes = []
    for start, stop, root, _ in chords:
        pitch = 40 + (root - 4) % 12
        inside = onsets[(onsets >= start - 0.03) & (onsets < stop - 0.05)]
        for index, (onset, following) in enumerate(pairwise([*inside.tolist(), stop])):
            open_string = index == 0 or rng.random() < 0.1
            velocity = int(rng.integers(85, 125))
            program = POWER_CHORDS[1] if open_string else MUTED
            end = following - 0.01 if open_string else min(following, onset + 0.2)
            notes += [Note(onset, max(end, onset + 0.04), 6, pitch + step, velocity, program) for step in (0, 7)]
    return notes


def chopped_chords(chords: Sequence[Chord], beats: Beats, rng: np.random.Generator) -> list[Note]:
    """Short chords in a pattern of eighths or sixteenths that each bar repeats: stride piano, skank, funk guitar."""
    program, channel = int(rng.choice(CHOPS)), 5
    onsets = patterned(beats, int(rng.choice([2, 2, 3, 4])), rng)
    length = float(rng.uniform(0.05, 0.2))
    notes = []
    for start, stop, root, third in chords:
        pitch = 52 + (root - 4) % 12
        for onset in onsets[(onsets >= start - 0.02) & (onsets < stop - 0.05)]:
            velocity = int(rng.integers(70, 120))
            notes += [
                Note(onset, onset + length, channel, pitch + step, velocity, program) for step in (0, third, 7, 12)
            ]
    return notes


def percussion(beats: Beats, rng: np.random.Generator) -> list[Note]:
    """A percussionist's pattern beside the drums, on an instrument that no drum of ours stands for."""
    instrument = PERCUSSION[int(rng.integers(len(PERCUSSION)))]
    onsets = patterned(beats, int(rng.choice([1, 2, 4, 4])), rng)
    return [
        Note(onset, onset + 0.1, DRUM_CHANNEL, int(rng.choice(instrument)), int(rng.integers(50, 115)), 0)
        for onset in onsets.tolist()
    ]


def patterned(beats: Beats, division: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Times of a random pattern of some divisions of the beat, the same in every four beats."""
    onsets = subdivided(beats.time, division)
    pattern = rng.random(4 * division) < rng.uniform(0.3, 1.0)
    return onsets[pattern[np.arange(len(onsets)) % len(pattern)]] if pattern.any() else onsets


def subdivided(times: NDArray[np.float64], division: int) -> NDArray[np.float64]:
    """Beats and what divides each of them evenly, from the first to the last."""
    places = np.arange(max(0, len(times) - 1) * division + 1) / division
    return np.interp(places, np.arange(len(times)), times) if len(times) else times
