"""What players make of chords and beats, whatever is drawn."""

from __future__ import annotations

import numpy as np
import pytest

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.rendering import accompaniment
from drum_tabber.rendering.accompaniment import Chord
from drum_tabber.sound.soundfont import DRUM_CHANNEL

BEATS = Beats(np.arange(64, dtype=np.float64) * 0.5, np.arange(64) % 4 + 1)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("name", "transpose", "root", "third"),
    [("C:maj", 0, 0, 4), ("Bb:min7", 0, 10, 3), ("F#:7", 6, 0, 4), ("Db:hdim7", -2, 11, 3), ("B:sus4", 1, 0, 4)],
)
def test_a_chord_is_read_from_its_name(name: str, transpose: int, root: int, third: int) -> None:
    assert Chord.named(name, 1.0, 2.0, transpose) == (1.0, 2.0, root, third)


def test_percussion_keeps_a_pattern_on_an_instrument_that_is_no_drum_of_ours() -> None:
    beats = Beats(np.arange(32, dtype=np.float64) * 0.5, np.tile([1, 2, 3, 4], 8))
    ours = {note for row in configs.DRUMS for note in row[4]}
    for seed in range(30):
        notes = accompaniment.percussion(beats, rng(seed))
        assert notes and {note.channel for note in notes} == {DRUM_CHANNEL}
        assert not {note.pitch for note in notes} & ours
        first, second = ({round(note.start % 2, 6) for note in notes if bar <= note.start < bar + 2} for bar in (2, 8))
        assert first == second


def test_chopped_chords_are_short_and_repeat_in_every_four_beats() -> None:
    beats = Beats(np.arange(16, dtype=np.float64) * 0.5, np.tile([1, 2, 3, 4], 4))
    for seed in range(30):
        notes = accompaniment.chopped_chords(
            [Chord.named("C:maj", 0.0, 4.0), Chord.named("F:min", 4.0, 8.0, 2)], beats, rng(seed)
        )
        assert notes and max(note.end - note.start for note in notes) <= 0.2
        assert {(note.pitch - 52) % 12 for note in notes if note.start < 3.9} <= {(0 - 4 + s) % 12 for s in (0, 4, 7)}
        starts = np.unique([round(note.start, 6) for note in notes])
        np.testing.assert_allclose(starts[starts < 1.9] + 2, starts[(starts > 1.99) & (starts < 3.9)])


def test_chugs_go_with_the_kick_or_the_beat() -> None:
    hits = Hits.of(BEATS.time[::2] + 0.013, ["BD"] * 32)
    grid = set(np.round(np.arange(64 * 4) * 0.125, 6)) | set(np.round(hits.time, 6))
    for seed in range(20):
        notes = accompaniment.chugs([Chord(0.0, 16.0, 4, 4), Chord(16.0, 30.0, 7, 3)], hits, BEATS, rng(seed))
        assert notes and {round(note.start, 6) for note in notes} <= grid
        assert any(note.program == accompaniment.MUTED for note in notes)
