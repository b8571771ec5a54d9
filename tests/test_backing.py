"""Music around drums: what is read from MIDI, what a band plays around the beats."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits
from drum_tabber.rendering import accompaniment, backing

SONG_BEAT = 0.6  # seconds between the beats of the POP909 song made up here, four to a bar
CHORDS = (("C:maj", 0), ("Bb:min7", 10), ("F#:7", 6), ("N", None), ("Db:dim", 1))  # with the roots' pitch classes


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def message(kind: str, ticks: int, **fields: int) -> mido.Message:
    return mido.Message(kind, time=ticks, **fields)


def test_a_band_is_read_without_its_drums(tmp_path: Path) -> None:
    track = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=600_000),  # a tick of 480 lasts 1.25 ms
            message("program_change", 0, channel=2, program=33),
            message("note_on", 480, channel=2, note=40, velocity=90),
            message("note_on", 0, channel=9, note=36, velocity=120),
            message("note_off", 120, channel=9, note=36),
            mido.MetaMessage("set_tempo", tempo=300_000, time=120),
            message("note_on", 480, channel=2, note=40, velocity=0),  # an end as many files have it
            message("program_change", 0, channel=2, program=5),
            message("note_on", 0, channel=2, note=41, velocity=70),
            message("note_on", 480, channel=2, note=41, velocity=71),  # struck again before it ended
            message("note_off", 480, channel=2, note=41),
        ]
    )
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(tmp_path / "band.mid")
    notes = backing.from_midi(tmp_path / "band.mid")
    assert [(note.channel, note.pitch, note.velocity, note.program) for note in notes] == [
        (2, 40, 90, 33),
        (2, 41, 70, 5),
        (2, 41, 71, 5),
    ]
    times = [(note.start, note.end) for note in notes]
    np.testing.assert_allclose(times, [(0.6, 1.2), (1.2, 1.5), (1.5, 1.8)])


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A POP909 song of 20 bars: a melody note on every beat, chords by the bar."""
    folder = tmp_path / "007"
    folder.mkdir()
    n_beats = 80
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="MELODY")])
    for beat in range(n_beats):
        track.append(message("note_on", 0, channel=0, note=60 + beat % 4, velocity=80))
        track.append(message("note_off", 480, channel=0, note=60 + beat % 4))
    tempo = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=round(SONG_BEAT * 1e6))])
    mido.MidiFile(ticks_per_beat=480, tracks=[tempo, track]).save(folder / "007.mid")
    lines = [f"{beat * SONG_BEAT - 1e-5} {float(beat % 2 == 0)} {float(beat % 4 == 0)}" for beat in range(n_beats)]
    (folder / "beat_midi.txt").write_text("\n".join(lines))
    bar = 4 * SONG_BEAT
    chords = [f"{index * bar}\t{(index + 1) * bar}\t{CHORDS[index % 5][0]}" for index in range(n_beats // 4)]
    (folder / "chord_midi.txt").write_text("\n".join(chords) + "\n")
    return folder


def drums_of(beat: float, n_beats: int = 30) -> tuple[Hits, Beats]:
    """Drums whose first downbeat is their second beat, with a kick on every other beat."""
    times = 0.37 + beat * np.arange(float(n_beats))
    return Hits.of(times[::2] + 0.01, ["BD"] * len(times[::2])), Beats(times, (np.arange(n_beats) + 3) % 4 + 1)


@pytest.mark.parametrize(
    ("beat", "beats_a_note"),
    [(0.5, 1), (0.7, 1), (0.3, 2), (1.2, 0.5)],
    ids=["a little faster", "a little slower", "twice as fast", "half as fast"],
)
def test_the_song_s_beats_fall_on_the_drums(song: Path, beat: float, beats_a_note: float) -> None:
    hits, beats = drums_of(beat)
    heard = 0
    for seed in range(6):
        melody = [note for note in backing.from_pop909(song, hits, beats, rng(seed)) if note.channel == 0]
        heard += bool(melody)
        places = np.array([(note.start - beats.time[1]) / beat / beats_a_note for note in melody])
        np.testing.assert_allclose(places, np.arange(len(melody)), atol=1e-4)
        assert all((note.pitch - melody[0].pitch) % 4 == index % 4 for index, note in enumerate(melody) if index < 4)
        assert len(melody) in (0, 28 / beats_a_note)
    assert heard > 2  # each part is left out now and then


def test_the_bass_plays_the_chords_roots_in_the_melody_s_key(song: Path) -> None:
    hits, beats = drums_of(0.6)
    roots = set()
    for seed in range(8):
        notes = backing.from_pop909(song, hits, beats, rng(seed))
        melody, bass = ([note for note in notes if note.channel == channel] for channel in (0, 3))
        if melody:
            transpose = melody[0].pitch - 60  # the part that is played begins with a bar
            roots |= {(note.pitch - transpose) % 12 for note in bass}
            assert all(28 <= note.pitch < 28 + 24 and note.program in accompaniment.BASSES for note in bass)
    assert roots == {root for _, root in CHORDS if root is not None}


def test_a_part_of_a_whole_song_keeps_its_instrument(song: Path) -> None:
    n_programs = set()
    for seed in range(20):
        melody = [note for note in backing.whole_pop909(song, rng(seed)) if note.channel == backing.ROLES["MELODY"][0]]
        n_programs.add(len({note.program for note in melody}))
        assert len(melody) != 1
    assert n_programs == {0, 1}


def test_the_same_draw_gives_the_same_band(song: Path) -> None:
    hits, beats = drums_of(0.6)
    assert backing.from_pop909(song, hits, beats, rng(1)) == backing.from_pop909(song, hits, beats, rng(1))
    assert backing.from_pop909(song, hits, beats, rng(1)) != backing.from_pop909(song, hits, beats, rng(2))


@pytest.mark.parametrize("lost", ["007.mid", "beat_midi.txt", "chord_midi.txt"])
def test_a_folder_that_is_no_song_of_pop909_is_named(song: Path, lost: str) -> None:
    (song / lost).unlink()
    with pytest.raises(CorpusError, match=r"007 isn't a POP909 song: NNN.mid, beat_midi.txt and chord_midi.txt"):
        backing.from_pop909(song, *drums_of(0.6), rng())
