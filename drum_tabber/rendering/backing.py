"""Music around the drums: MIDI files in, notes of an accompaniment out, for a soundfont to play.

Two sources: a full-band MIDI file, whose own music goes with its own drums, and POP909 (Wang et al. 2020: melody,
bridge, piano, annotated beats and chords), arranged for a band and warped so that its beats fall on the drums'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

_INTERVALS = {"min": 3, "dim": 3, "hdim": 3}  # thirds by chord quality, semitones; others are major

# General MIDI programs (from 0) that a part may be given, by role; an attack like a drum's is wanted now and then.
LEADS = (11, 13, 26, 29, 52, 53, 54, 56, 65, 66, 73, 80, 81, 85)
ANSWERS = (4, 9, 11, 12, 27, 40, 45, 48, 61, 88, 90, 105, 108, 114)
CHORDS = (0, 0, 1, 3, 4, 5, 6, 7, 16, 18, 24, 25, 26, 27, 28)
CHOPS = (0, 1, 3, 6, 7, 16, 25, 27, 28, 45, 61, 106)
BASSES = (32, 33, 33, 34, 35, 36, 37, 38, 39)
POWER_CHORDS = (29, 30)
MUTED = 28  # palm-muted guitar
# Percussion of General MIDI that is no drum of ours: hand clap, tambourine, cowbell, bongos, congas, agogo, cabasa,
# maracas, claves, wood blocks, triangle. Each row is one player's instrument.
PERCUSSION = ((39,), (54,), (56,), (60, 61), (62, 63, 64), (67, 68), (69,), (70,), (75,), (76, 77), (80, 81))


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
    song = pop909(folder)
    clock, begin, end = _warp(song.beats, beats, rng)
    transpose = int(rng.integers(-5, 7))
    roles = {"MELODY": (0, LEADS), "BRIDGE": (1, ANSWERS), "PIANO": (2, CHORDS)}
    notes: list[Note] = []
    for name, (channel, programs) in roles.items():
        if name in song.tracks and rng.random() < 0.85:
            program = int(rng.choice(programs))
            notes += [
                Note(start, stop, channel, min(127, max(0, round(pitch) + transpose)), round(velocity), program)
                for start, stop, pitch, velocity in song.tracks[name].tolist()
            ]
    notes = [replace(note, start=clock(note.start), end=clock(note.end)) for note in notes if begin <= note.start < end]
    spans = [
        (clock(float(start)), clock(float(stop)), *_root_and_third(name, transpose))
        for start, stop, name in song.chords
        if name != "N" and begin <= float(start) < end
    ]
    notes += _bass(spans, hits, beats, rng)
    for part, probability in ((_power_chords, 0.35), (_chopped_chords, 0.3)):
        if rng.random() < probability:
            notes += part(spans, beats, rng)
    if rng.random() < 0.25:
        notes += _chugs(spans, hits, beats, rng)
    if rng.random() < 0.2:
        notes += _percussion(beats, rng)
    return notes


def whole_pop909(folder: Path, rng: np.random.Generator) -> list[Note]:
    """A whole POP909 song arranged for a band, in its own time and key. Raises CorpusError as `from_pop909` does."""
    song = pop909(folder)
    roles = {"MELODY": (0, LEADS), "BRIDGE": (1, ANSWERS), "PIANO": (2, CHORDS)}
    notes = [
        Note(start, stop, channel, round(pitch), round(velocity), int(rng.choice(programs)))
        for name, (channel, programs) in roles.items()
        if name == "PIANO" or rng.random() < 0.85
        for start, stop, pitch, velocity in song.tracks.get(name, np.zeros((0, 4))).tolist()
    ]
    beats = Beats(song.beats[:, 0], np.where(song.beats[:, 2] > 0, 1, 2))
    spans = [(float(start), float(stop), *_root_and_third(name, 0)) for start, stop, name in song.chords if name != "N"]
    for part, probability in ((_bass, 0.7), (_chugs, 0.1)):
        if rng.random() < probability:
            notes += part(spans, Hits.concatenate([]), beats, rng)
    for comping, probability in ((_power_chords, 0.25), (_chopped_chords, 0.3)):
        if rng.random() < probability:
            notes += comping(spans, beats, rng)
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
    grid = _subdivided(grid, 2) if pace < 1 / 1.6 else grid
    fitting = downbeats[downbeats + len(grid) < len(song)]
    at = int(rng.choice(fitting)) if len(fitting) else int(downbeats[0]) if len(downbeats) else 0
    n_beats = min(len(grid), len(song) - at)
    source, target = song[at : at + n_beats], grid[:n_beats]
    if n_beats < 2:
        return (lambda time: time), 0.0, float("inf")
    return ((lambda time: float(np.interp(time, source, target))), float(source[0]), float(source[-1]))


@dataclass(frozen=True)
class Pop909:
    """A POP909 song: its beat file, its chords (start, end, name), and by track notes (start, end, pitch, velocity)."""

    beats: NDArray[np.float64]
    chords: list[list[str]]
    tracks: dict[str, NDArray[np.float64]]


@lru_cache(maxsize=1024)
def pop909(folder: Path) -> Pop909:
    """A song as arrays, read once: mido takes longer over it than a synthesiser over playing it."""
    try:
        (path,) = folder.glob("[0-9]*.mid")
        table = np.loadtxt(folder / "beat_midi.txt", ndmin=2)
        chords = [line.split() for line in (folder / "chord_midi.txt").read_text().splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{folder} isn't a POP909 song: NNN.mid, beat_midi.txt and chord_midi.txt belong there"
        ) from error
    file = mido.MidiFile(path)
    tempi = sorted({0: 500_000, **dict(pair for track in file.tracks for pair in _tempi(track))}.items())
    ticks, tempo = np.array(tempi, np.float64).T
    rate = tempo / 1e6 / file.ticks_per_beat
    starts = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * rate[:-1])])
    tracks = {}
    for track in file.tracks:
        notes = _ticked(track)
        for column in (0, 1):
            index = np.searchsorted(ticks, notes[:, column], "right") - 1
            notes[:, column] = starts[index] + (notes[:, column] - ticks[index]) * rate[index]
        tracks[track.name] = notes
    return Pop909(table, chords, tracks)


def _tempi(track: mido.MidiTrack) -> Iterator[tuple[int, int]]:
    """Ticks at which the tempo changes, and the tempo from there, microseconds a beat."""
    now = 0
    for message in track:
        now += message.time
        if message.type == "set_tempo":
            yield now, message.tempo


def _ticked(track: mido.MidiTrack) -> NDArray[np.float64]:
    """A track's notes (n, 4): start and end in ticks, pitch, velocity."""
    notes: list[tuple[int, int, int, int]] = []
    sounding: dict[int, tuple[int, int]] = {}
    now = 0
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        if message.note in sounding:
            start, velocity = sounding.pop(message.note)
            notes.append((start, now, message.note, velocity))
        if message.type == "note_on" and message.velocity:
            sounding[message.note] = (now, message.velocity)
    return np.array(notes, np.float64).reshape(-1, 4)


def _root_and_third(chord: str, transpose: int) -> tuple[int, int]:
    """Pitch class of the root and semitones to the third of a chord written as `Bb:min7`."""
    root, _, quality = chord.partition(":")
    pitch = "C D EF G A B".index(root[0]) + root.count("#") - root.count("b")
    third = next((size for kind, size in _INTERVALS.items() if quality.startswith(kind)), 4)
    return (pitch + transpose) % 12, third


def _bass(spans: list[tuple[float, float, int, int]], hits: Hits, beats: Beats, rng: np.random.Generator) -> list[Note]:
    program, channel = int(rng.choice(BASSES)), 3
    kicks = hits.of_drum("BD").time
    with_kick = rng.random() < 0.5 and len(kicks) > 8
    division = int(rng.choice([1, 2, 2]))
    notes = []
    for start, stop, root, _ in spans:
        onsets = kicks if with_kick else _subdivided(beats.time, division)
        onsets = onsets[(onsets >= start - 0.03) & (onsets < stop - 0.05)]
        pitch = 28 + (root - 4) % 12
        for onset, following in pairwise([*onsets.tolist(), stop]):
            octave = 12 if rng.random() < 0.1 else 0
            velocity = int(rng.integers(70, 120))
            notes.append(Note(onset, min(following, onset + 1.0), channel, pitch + octave, velocity, program))
    return notes


def _power_chords(spans: list[tuple[float, float, int, int]], beats: Beats, rng: np.random.Generator) -> list[Note]:
    program, channel = int(rng.choice(POWER_CHORDS)), 4
    division = int(rng.choice([1, 2, 4]))
    notes = []
    for start, stop, root, third in spans:
        onsets = _subdivided(beats.time, division) if rng.random() < 0.6 else np.array([start])
        onsets = onsets[(onsets >= start - 0.02) & (onsets < stop - 0.05)]
        pitch = 40 + (root - 4) % 12
        for onset, following in pairwise([*onsets.tolist(), stop]):
            velocity = int(rng.integers(80, 120))
            chord = (0, 7, 12) if rng.random() < 0.8 else (0, third, 7)
            notes += [Note(onset, following - 0.01, channel, pitch + step, velocity, program) for step in chord]
    return notes


def _chugs(
    spans: list[tuple[float, float, int, int]], hits: Hits, beats: Beats, rng: np.random.Generator
) -> list[Note]:
    """Palm mutes on a low string in eighths, sixteenths or with the kick; each chord rings out where it begins."""
    kicks = hits.of_drum("BD").time
    with_kick = rng.random() < 0.5 and len(kicks) > 8
    onsets = kicks if with_kick else patterned(beats, int(rng.choice([2, 4, 4])), rng)
    notes = []
    for start, stop, root, _ in spans:
        pitch = 40 + (root - 4) % 12
        inside = onsets[(onsets >= start - 0.03) & (onsets < stop - 0.05)]
        for index, (onset, following) in enumerate(pairwise([*inside.tolist(), stop])):
            open_string = index == 0 or rng.random() < 0.1
            velocity = int(rng.integers(85, 125))
            program = POWER_CHORDS[1] if open_string else MUTED
            end = following - 0.01 if open_string else min(following, onset + 0.2)
            notes += [Note(onset, max(end, onset + 0.04), 6, pitch + step, velocity, program) for step in (0, 7)]
    return notes


def _chopped_chords(spans: list[tuple[float, float, int, int]], beats: Beats, rng: np.random.Generator) -> list[Note]:
    """Short chords in a pattern of eighths or sixteenths that each bar repeats: stride piano, skank, funk guitar."""
    program, channel = int(rng.choice(CHOPS)), 5
    onsets = patterned(beats, int(rng.choice([2, 2, 3, 4])), rng)
    length = float(rng.uniform(0.05, 0.2))
    notes = []
    for start, stop, root, third in spans:
        pitch = 52 + (root - 4) % 12
        for onset in onsets[(onsets >= start - 0.02) & (onsets < stop - 0.05)]:
            velocity = int(rng.integers(70, 120))
            notes += [
                Note(onset, onset + length, channel, pitch + step, velocity, program) for step in (0, third, 7, 12)
            ]
    return notes


def _percussion(beats: Beats, rng: np.random.Generator) -> list[Note]:
    """A percussionist's pattern beside the drums, on an instrument that no drum of ours stands for."""
    instrument = PERCUSSION[int(rng.integers(len(PERCUSSION)))]
    onsets = patterned(beats, int(rng.choice([1, 2, 4, 4])), rng)
    return [
        Note(onset, onset + 0.1, DRUM_CHANNEL, int(rng.choice(instrument)), int(rng.integers(50, 115)), 0)
        for onset in onsets.tolist()
    ]


def patterned(beats: Beats, division: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Times of a random pattern of some divisions of the beat, the same in every four beats."""
    onsets = _subdivided(beats.time, division)
    pattern = rng.random(4 * division) < rng.uniform(0.3, 1.0)
    return onsets[pattern[np.arange(len(onsets)) % len(pattern)]] if pattern.any() else onsets


def _subdivided(times: NDArray[np.float64], division: int) -> NDArray[np.float64]:
    places = np.arange(max(0, len(times) - 1) * division + 1) / division
    return np.interp(places, np.arange(len(times)), times) if len(times) else times
