"""Soundfonts: notes in, audio out. FluidSynth plays them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import CorpusError

DRUM_CHANNEL = 9
_TICKS_PER_SECOND = 1000


@dataclass(frozen=True)
class Note:
    """One note: seconds, MIDI channel from 0, pitch and velocity, and the General MIDI program that plays it."""

    start: float
    end: float
    channel: int
    pitch: int
    velocity: int
    program: int


def play(notes: Sequence[Note], soundfont: Path, duration: float, sample_rate: int) -> NDArray[np.float32]:
    """The notes as stereo audio (2, n), played by FluidSynth; raises CorpusError where it is missing or fails."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise CorpusError(
            "music around the drums needs FluidSynth: install the package fluidsynth, or set RENDER_MUSIC=0"
        )
    if not soundfont.is_file():
        raise CorpusError(f"there is no soundfont {soundfont}: name one in SOUNDFONTS, or set RENDER_MUSIC=0")
    n_samples = round(duration * sample_rate)
    with tempfile.TemporaryDirectory() as folder:
        score = Path(folder) / "music.mid"
        _write(notes, duration, score)
        # Only the samples that sound are loaded: decoding all of a compressed soundfont takes seconds.
        command = [program, "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(sample_rate), "-T", "raw"]
        command += ["-o", "synth.dynamic-sample-loading=1"]
        done = subprocess.run(
            [*command, "-O", "float", "-F", "/dev/stdout", str(soundfont), str(score)], capture_output=True, check=False
        )
    if done.returncode or len(done.stdout) < 8:
        raise CorpusError(f"FluidSynth can't play {soundfont}: {done.stderr.decode(errors='replace').strip()[-200:]}")
    samples = np.frombuffer(done.stdout[: len(done.stdout) // 8 * 8], "<f4").reshape(-1, 2).T[:, :n_samples]
    return np.pad(samples, ((0, 0), (0, n_samples - samples.shape[1])))


def _write(notes: Sequence[Note], duration: float, path: Path) -> None:
    """A MIDI file in which a tick lasts a millisecond, as long as `duration`."""
    events: list[tuple[int, int, mido.Message]] = []
    for note in notes:
        on, off = (round(note.start * _TICKS_PER_SECOND), round(note.end * _TICKS_PER_SECOND))
        channel, pitch = note.channel, note.pitch
        events.append((on, 1, mido.Message("program_change", channel=channel, program=note.program)))
        events.append((on, 2, mido.Message("note_on", channel=channel, note=pitch, velocity=note.velocity)))
        events.append((max(off, on + 20), 0, mido.Message("note_off", channel=channel, note=pitch)))
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=max(0, tick) - now))
        now = max(0, tick)
    track.append(mido.MetaMessage("end_of_track", time=max(0, round(duration * _TICKS_PER_SECOND) - now)))
    mido.MidiFile(ticks_per_beat=_TICKS_PER_SECOND // 2, tracks=[track]).save(path)
