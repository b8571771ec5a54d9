"""Music around the drums: MIDI files in, notes of an accompaniment out, for a soundfont to play.

Two sources: a full-band MIDI file, whose own music goes with its own drums, and songs of POP909, arranged for a band
(`accompaniment` plays it) and warped so that their beats fall on the drums'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Beats, Hits
from drum_tabber.rendering import accompaniment, pop909
from drum_tabber.rendering.accompaniment import Chord
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

# General MIDI programs (from 0) that a part may be given, by role; an attack like a drum's is wanted now and then.
LEADS = (11, 13, 26, 29, 52, 53, 54, 56, 65, 66, 73, 80, 81, 85)
ANSWERS = (4, 9, 11, 12, 27, 40, 45, 48, 61, 88, 90, 105, 108, 114)
CHORDS = (0, 0, 1, 3, 4, 5, 6, 7, 16, 18, 24, 25, 26, 27, 28)
ROLES = {"MELODY": (0, LEADS), "BRIDGE": (1, ANSWERS), "PIANO": (2, CHORDS)}  # by POP909's tracks: channel, programs


def from_midi(path: Path) -> list[Note]:
    """The notes of a full-band MIDI file without its drums."""
    notes: list[Note] = []
    programs = dict.fromkeys(range(16), 0)
    sounding: dict[tuple[int, int], tuple[float, int]] = {}
    now = 0.0
    for message in mido.MidiFile(path, clip=True):
        now += message.time
        if message.is_meta or getattr(message, "channel", DRUM_CHANNEL) == DRUM_CHANNEL:
            continue
        if message.type == "program_change":
            programs[message.channel] = message.program
        if message.type in ("note_on", "note_off"):
            key = (message.channel, message.note)
            if key in sounding:
                start, velocity = sounding.pop(key)
                notes.append(Note(start, now, *key, velocity, programs[message.channel]))
            if message.type == "note_on" and message.velocity:
                sounding[key] = (now, message.velocity)
    return notes


def from_pop909(folder: Path, hits: Hits, beats: Beats, rng: np.random.Generator) -> list[Note]:
    """A POP909 song arranged for a band, from a random bar on, warped so that its beats fall on `beats`.

    The bass follows the drums' kick where there is one, as bass players do. Raises CorpusError where the folder
    isn't POP909's.
    """
    song = pop909.read(folder)
    clock, begin, end = _warp(song.beats, beats, rng)
    transpose = int(rng.integers(-5, 7))
    notes: list[Note] = []
    for name, (channel, programs) in ROLES.items():
        if name in song.tracks and rng.random() < 0.85:
            program = int(rng.choice(programs))
            notes += [
                Note(start, stop, channel, min(127, max(0, round(pitch) + transpose)), round(velocity), program)
                for start, stop, pitch, velocity in song.tracks[name].tolist()
            ]
    notes = [replace(note, start=clock(note.start), end=clock(note.end)) for note in notes if begin <= note.start < end]
    chords = [
        Chord.named(name, clock(start), clock(stop), transpose)
        for start, stop, name in song.chords
        if begin <= start < end
    ]
    notes += accompaniment.bass(chords, hits, beats, rng)
    for part, probability in ((accompaniment.power_chords, 0.35), (accompaniment.chopped_chords, 0.3)):
        if rng.random() < probability:
            notes += part(chords, beats, rng)
    if rng.random() < 0.25:
        notes += accompaniment.chugs(chords, hits, beats, rng)
    if rng.random() < 0.2:
        notes += accompaniment.percussion(beats, rng)
    return notes


def whole_pop909(folder: Path, rng: np.random.Generator) -> list[Note]:
    """A whole POP909 song arranged for a band, in its own time and key. Raises CorpusError as `from_pop909` does."""
    song = pop909.read(folder)
    notes: list[Note] = []
    for name, (channel, programs) in ROLES.items():
        if name == "PIANO" or rng.random() < 0.85:
            program, rows = int(rng.choice(programs)), song.tracks.get(name, np.zeros((0, 4)))
            for start, stop, pitch, velocity in rows.tolist():
                notes.append(Note(start, stop, channel, round(pitch), round(velocity), program))
    beats = Beats(song.beats[:, 0], np.where(song.beats[:, 2] > 0, 1, 2))
    chords = [Chord.named(name, start, stop) for start, stop, name in song.chords]
    for part, probability in ((accompaniment.bass, 0.7), (accompaniment.chugs, 0.1)):
        if rng.random() < probability:
            notes += part(chords, Hits.concatenate([]), beats, rng)
    for comping, probability in ((accompaniment.power_chords, 0.25), (accompaniment.chopped_chords, 0.3)):
        if rng.random() < probability:
            notes += comping(chords, beats, rng)
    return notes


def parts(notes: Sequence[Note]) -> dict[str, list[Note]]:
    """The notes of a band by part, those that have any: melody, guitar (electric), bass, chords, leads, percussion."""
    melody = _melody_channel(notes)
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault("melody" if note.channel == melody else _part(note), []).append(note)
    return found


def _part(note: Note) -> str:
    if note.channel == DRUM_CHANNEL:
        return "percussion"
    if note.program in (28, 29, 30):
        return "guitar"
    return "bass" if note.program in range(32, 40) else "chords" if note.program < 32 else "leads"


def _melody_channel(notes: Sequence[Note]) -> int | None:
    """The channel most like a song's melody: one note at a time, in the middle, and not the fewest of notes."""
    channels: dict[int, list[Note]] = {}
    for note in notes:
        if note.channel != DRUM_CHANNEL and _part(note) in ("chords", "leads"):
            channels.setdefault(note.channel, []).append(note)
    best, most = None, 0
    for channel, own in channels.items():
        starts = np.unique(np.round([note.start for note in own], 2))
        single = len(starts) > 0.95 * len(own) and 50 <= np.mean([note.pitch for note in own]) <= 86
        if single and len(own) > max(most, 15):
            best, most = channel, len(own)
    return best


def _warp(
    table: NDArray[np.float64], beats: Beats, rng: np.random.Generator
) -> tuple[Callable[[float], float], float, float]:
    """A clock from the song's time to the drums', and the part of the song (begin, end) that it covers.

    `table` is POP909's beat file: time, half-bar flag, bar flag. Songs much slower or faster than the drums are
    taken at double or half speed.
    """
    song, downbeats = table[:, 0], np.flatnonzero(table[:, 2])
    pace = float(np.median(np.diff(song)) / np.median(np.diff(beats.time))) if len(beats) > 2 else 1.0
    first = int(np.argmax(beats.place == 1)) if len(beats) else 0
    grid = beats.time[first :: 2 if pace > 1.6 else 1]  # where the song's beats shall fall
    grid = accompaniment.subdivided(grid, 2) if pace < 1 / 1.6 else grid
    fitting = downbeats[downbeats + len(grid) < len(song)]
    at = int(rng.choice(fitting)) if len(fitting) else int(downbeats[0]) if len(downbeats) else 0
    n_beats = min(len(grid), len(song) - at)
    source, target = song[at : at + n_beats], grid[:n_beats]
    if n_beats < 2:
        return (lambda time: time), 0.0, float("inf")
    return ((lambda time: float(np.interp(time, source, target))), float(source[0]), float(source[-1]))
