"""Made-up songs in idioms that pop lacks: rock, modal and blues progressions as piano rolls with their key.

A song goes round and round one progression in one key. Chords are degrees: semitones above the tonic, and a kind.
Mixolydian and Lydian songs count as major, Dorian and Phrygian ones as minor, as annotators call them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from drum_tabber.key.keys import Key, Mode
from drum_tabber.key.sketch import N_PARTS, N_PITCHES, Rolls

_KINDS = {"": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7, 12), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "dim": (0, 3, 6)}


class _Idiom(NamedTuple):
    """Progressions of (semitones, kind) chords, and the scale that is sung above them."""

    mode: Mode
    scale: tuple[int, ...]
    progressions: tuple[tuple[tuple[int, str], ...], ...]


_BLUES = tuple((root, "7") for root in (0, 5, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7))
_MINOR_BLUES = tuple((root, "7" if root == 7 else "m7") for root, _ in _BLUES)
IDIOMS = {
    "rock": _Idiom(
        "maj",
        (0, 2, 4, 7, 9),
        (
            ((0, "5"), (10, "5"), (5, "5"), (0, "5")),
            ((0, ""), (5, ""), (7, ""), (5, "")),
            ((0, ""), (10, ""), (5, ""), (0, "")),
            ((0, "5"), (5, "5"), (10, "5"), (5, "5")),
        ),
    ),
    "minor rock": _Idiom(
        "min",
        (0, 3, 5, 7, 10),
        (
            ((0, "5"), (3, "5"), (5, "5"), (0, "5")),
            ((0, "m"), (10, ""), (8, ""), (10, "")),
            ((0, "5"), (8, "5"), (10, "5"), (0, "5")),
        ),
    ),
    "blues": _Idiom("maj", (0, 3, 4, 5, 7, 9, 10), (_BLUES,)),
    "minor blues": _Idiom("min", (0, 3, 5, 6, 7, 10), (_MINOR_BLUES,)),
    "mixolydian": _Idiom(
        "maj",
        (0, 2, 4, 5, 7, 9, 10),
        (((0, ""), (10, "")), ((0, ""), (7, "m"), (5, ""), (0, "")), ((0, "7"), (10, ""))),
    ),
    "lydian": _Idiom("maj", (0, 2, 4, 6, 7, 9, 11), (((0, ""), (2, "")), ((0, ""), (2, ""), (0, ""), (11, "m")))),
    "dorian": _Idiom("min", (0, 2, 3, 5, 7, 9, 10), (((0, "m7"), (5, "7")), ((0, "m"), (10, ""), (5, ""), (0, "m")))),
    "phrygian": _Idiom("min", (0, 1, 3, 5, 7, 8, 10), (((0, "m"), (1, "")), ((0, "m"), (1, ""), (10, "m"), (0, "m")))),
}


def song(idiom: str, key: Key, n_steps: int, rng: np.random.Generator) -> Rolls:
    """A song of so many steps in an idiom of the key's mode: melody, answers, chords and bass, as `sketch` has them."""
    mode, scale, progressions = IDIOMS[idiom]
    if mode != key.mode:
        raise ValueError(f"{idiom} is {mode}, not {key.mode}")
    chords = progressions[int(rng.integers(len(progressions)))]
    hold = int(rng.integers(2, 5))  # steps a chord
    strength = np.zeros((N_PARTS, n_steps, N_PITCHES), np.float32)
    for step in range(n_steps):
        root, kind = chords[step // hold % len(chords)]
        fades = np.exp(-0.3 * (step % hold))
        for pitch in _KINDS[kind]:
            strength[2, step, 48 + (key.tonic + root) % 12 + pitch] = fades
        strength[3, step, 36 + (key.tonic + root) % 12] = 1.0
        for note in rng.choice(len(scale), int(rng.integers(1, 4))):
            strength[0, step, 60 + key.tonic + scale[note]] = rng.uniform(0.2, 1.0)
        if rng.random() < 0.3:
            strength[1, step, 72 + (key.tonic + root + _KINDS[kind][1]) % 12] = rng.uniform(0.2, 0.8)
    return Rolls(strength, np.full(n_steps, key.index))


def songs(n: int, n_steps: int, rng: np.random.Generator) -> list[Rolls]:
    """Songs in all idioms by turns, in keys drawn at random."""
    made = []
    for number in range(n):
        idiom = list(IDIOMS)[number % len(IDIOMS)]
        made.append(song(idiom, Key(int(rng.integers(12)), IDIOMS[idiom].mode), n_steps, rng))
    return made
