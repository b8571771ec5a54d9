"""MIDI files: written and read back, and those of others."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import configs
from drum_tabber import midi
from drum_tabber.errors import DrumTabberError
from drum_tabber.events import Beats, Hits
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)


def save(path: Path, *tracks: list[mido.Message | mido.MetaMessage], ticks_per_beat: int = 480) -> Path:
    """A MIDI file of these messages, whose times are ticks since the one before."""
    file = mido.MidiFile(type=1, ticks_per_beat=ticks_per_beat)
    file.tracks += [mido.MidiTrack(track) for track in tracks]
    file.save(path)
    return path


def note(number: int, time: int = 0, velocity: int = 100, channel: int = 9) -> mido.Message:
    """The beginning of a note."""
    return mido.Message("note_on", note=number, time=time, velocity=velocity, channel=channel)


def meter(numerator: int, denominator: int, time: int = 0) -> mido.MetaMessage:
    """A time signature."""
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, time=time)


def tempo(microseconds: int, time: int = 0) -> mido.MetaMessage:
    """A tempo, microseconds a quarter note."""
    return mido.MetaMessage("set_tempo", tempo=microseconds, time=time)


@st.composite
def songs(draw: st.DrawFn) -> tuple[Hits, Beats]:
    """Hits anywhere, and beats of uneven tempo in whole bars of changing meter, perhaps after a pick-up."""
    meters = draw(st.lists(st.integers(2, 7), max_size=6))
    place = np.concatenate([np.arange(1, meter + 1) for meter in meters]) if meters else np.zeros(0, np.int64)
    place = place[draw(st.integers(0, meters[0] - 1)) :] if meters else place
    intervals = draw(st.lists(st.floats(0.25, 1.2), min_size=len(place), max_size=len(place)))
    start = draw(st.sampled_from([0.0, 0.3, 7.7]))
    time = start + np.concatenate([[0.0], np.cumsum(intervals)])[:-1] if len(place) else np.zeros(0)
    notes = draw(st.lists(st.tuples(st.floats(0, 15), st.sampled_from(DRUMS.codes), st.integers(1, 127)), max_size=20))
    times, drums, velocities = map(list, zip(*notes, strict=True)) if notes else ([], [], [])
    return Hits.of(times, drums, velocities), Beats(time, place.astype(np.int64))


@settings(deadline=None, max_examples=60)
@given(songs())
def test_performed_times_and_beats_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, song: tuple[Hits, Beats]
) -> None:
    hits, beats = song
    path = tmp_path_factory.mktemp("midi") / "song.mid"
    midi.write(path, hits, beats, DRUMS)
    score = midi.read(path, DRUMS)
    np.testing.assert_allclose(score.beats.time, beats.time, atol=1e-5)
    np.testing.assert_array_equal(score.beats.place, beats.place)
    for code in DRUMS.codes:
        written, found = hits.of_drum(code), score.hits.of_drum(code)
        np.testing.assert_allclose(found.time, written.time, atol=1e-3)
        if np.all(np.diff(written.time) > 2e-3):  # closer notes may change places
            np.testing.assert_array_equal(found.velocity, written.velocity)


def test_bars_keep_their_meters_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    beats = Beats(np.array([0.6 * beat for beat in range(1, 12)]), np.array([4, 1, 2, 3, 4, 1, 2, 3, 1, 2, 3]))
    midi.write(path, Hits(), beats, DRUMS, "Ünïcode 歌")
    messages = [message for message in mido.MidiFile(path).tracks[0] if message.type == "time_signature"]
    assert [message.numerator for message in messages] == [4, 3]
    assert midi.read(path, DRUMS).beats.place.tolist() == beats.place.tolist()


def test_notes_end_before_the_next_of_their_drum(tmp_path: Path) -> None:
    path = tmp_path / "roll.mid"
    midi.write(path, Hits.of([0.1, 0.11, 0.12], ["SD"] * 3), Beats(), DRUMS)
    kinds = [message.type for message in mido.MidiFile(path).tracks[1] if message.type.startswith("note")]
    assert kinds == ["note_on", "note_off"] * 3


def test_two_writings_are_identical(tmp_path: Path) -> None:
    hits, beats = (Hits.of([0.5, 0.5, 0.7], ["SD", "BD", "HH"]), Beats(np.array([0.5, 1.0]), np.array([1, 2])))
    for name in ("a.mid", "b.mid"):
        midi.write(tmp_path / name, hits, beats, DRUMS)
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


def test_tempo_map_and_meters_make_the_beats(tmp_path: Path) -> None:
    conductor = [meter(3, 4), tempo(500_000), tempo(1_000_000, 480 * 3), meter(6, 8)]
    path = save(tmp_path / "x.mid", conductor, [note(36, 480 * 3), note(38, 480 * 2)])
    score = midi.read(path, DRUMS)
    np.testing.assert_allclose(score.hits.time, [1.5, 3.5])
    np.testing.assert_allclose(score.beats.time, [0, 0.5, 1.0, 1.5, 3.0])  # then dotted quarters
    assert score.beats.place.tolist() == [1, 2, 3, 1, 2]


def test_simple_meters_over_eighths_count_eighths(tmp_path: Path) -> None:
    path = save(tmp_path / "x.mid", [meter(5, 8), note(36, 480 * 3)])
    beats = midi.read(path, DRUMS).beats
    assert beats.place.tolist() == [1, 2, 3, 4, 5, 1, 2]
    np.testing.assert_allclose(np.diff(beats.time), 0.25)


def test_a_number_of_beats_that_no_song_has_is_not_believed(tmp_path: Path) -> None:
    text = mido.MetaMessage("text", text="beats 999999999999 after 0")
    assert len(midi.read(save(tmp_path / "a.mid", [text, note(36), note(36, 960)]), DRUMS).beats) == 3


def test_every_note_of_the_table_is_read(tmp_path: Path) -> None:
    notes = [22, 26, 58, 35, 40, 13]
    path = save(tmp_path / "x.mid", [note(number, 480) for number in notes])
    assert midi.read(path, DRUMS).hits.drum.tolist() == ["HH", "HO", "LT", "BD", "SD"]


def test_only_the_drum_channel_is_read_unless_all_are_asked_for(tmp_path: Path) -> None:
    path = save(tmp_path / "x.mid", [note(36, channel=0), note(38, 480, channel=9), note(42, 480, velocity=0)])
    assert midi.read(path, DRUMS).hits.drum.tolist() == ["SD"]
    assert midi.read(path, DRUMS, channel=1).hits.drum.tolist() == ["BD"]
    assert midi.read(path, DRUMS, channel=None).hits.drum.tolist() == ["BD", "SD"]


def test_a_file_without_notes(tmp_path: Path) -> None:
    score = midi.read(save(tmp_path / "x.mid", [meter(4, 4)]), DRUMS)
    assert len(score.hits) == 0
    assert len(score.beats) == 1


@pytest.mark.parametrize("content", [b"", b"RIFFxxxx", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x40\0\x90", None])
def test_what_is_no_midi_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "wrong.mid"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DrumTabberError, match=r"wrong\.mid"):
        midi.read(path, DRUMS)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (meter(0, 4), "there is no meter of 0/4"),
        (meter(4, 128), "there is no meter of 4/128"),
        (tempo(0), "at its tempo a beat lasts no time"),
    ],
)
def test_a_meter_or_tempo_that_there_is_not_is_refused(tmp_path: Path, message: mido.MetaMessage, why: str) -> None:
    path = save(tmp_path / "wrong.mid", [message, note(36), note(38, 480)])
    with pytest.raises(DrumTabberError, match=rf"can't read .*wrong\.mid: {why}; export it anew"):
        midi.read(path, DRUMS)


def test_film_time_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.mid"
    path.write_bytes(b"MThd\0\0\0\6\0\1\0\0\xe7\x28")
    with pytest.raises(DrumTabberError, match="film"):
        midi.read(path, DRUMS)
