"""POP909 (Wang et al. 2020): a song's folder in; beats, chords and the notes of its tracks out, in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import CorpusError


@dataclass(frozen=True)
class Song:
    """`beats` (n, 3): time, half-bar flag, bar flag; `chords` (start, end, name); by track notes (n, 4) of start, end,
    pitch and velocity.
    """

    beats: NDArray[np.float64]
    chords: list[tuple[float, float, str]]
    tracks: dict[str, NDArray[np.float64]]


@lru_cache(maxsize=1024)
def read(folder: Path) -> Song:
    """A song as arrays, read once: mido takes longer over it than a synthesiser over playing it.

    Raises CorpusError where the folder isn't POP909's.
    """
    try:
        (path,) = folder.glob("[0-9]*.mid")
        table = np.loadtxt(folder / "beat_midi.txt", ndmin=2)
        rows = [line.split() for line in (folder / "chord_midi.txt").read_text().splitlines() if line.strip()]
        chords = [(float(start), float(end), name) for start, end, name in rows if name != "N"]
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
    return Song(table, chords, tracks)


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
