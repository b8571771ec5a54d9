"""Soundfonts: notes in, audio out. FluidSynth plays them."""

from __future__ import annotations

import shutil
import struct
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
_DRUM_BANK = 128
_PRESET = struct.Struct("<20xHH14x")  # a preset's header (SoundFont 2.04, 7.2): its name, program, bank, and more
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
        score, sound = Path(folder) / "music.mid", Path(folder) / "music.raw"  # a pipe is read in small pieces: slower
        _write(notes, duration, score)
        # Only the samples that sound are loaded: decoding all of a compressed soundfont takes seconds.
        command = [program, "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(sample_rate), "-T", "raw"]
        command += ["-o", "synth.dynamic-sample-loading=1"]
        done = subprocess.run(
            [*command, "-O", "float", "-F", str(sound), str(soundfont), str(score)], capture_output=True, check=False
        )
        frames = np.fromfile(sound, "<f4") if sound.is_file() else np.zeros(0, np.float32)
    if done.returncode or len(frames) < 2:
        raise CorpusError(f"FluidSynth can't play {soundfont}: {done.stderr.decode(errors='replace').strip()[-200:]}")
    frames = frames[: len(frames) // 2 * 2].reshape(-1, 2)[:n_samples]
    samples = np.zeros((2, n_samples), np.float32)
    samples[:, : len(frames)] = frames.T
    return samples


def drum_presets(soundfont: Path) -> tuple[int, ...]:
    """The programs of a soundfont's drum sets; raises CorpusError where it is missing or no soundfont."""
    try:
        content = soundfont.read_bytes()
    except OSError as error:
        raise CorpusError(f"there is no soundfont {soundfont}: name one in SOUNDFONTS") from error
    start = content.rfind(b"phdr") + 8
    size = int.from_bytes(content[start - 4 : start], "little")
    if content[:4] != b"RIFF" or start < 12 or size % _PRESET.size or start + size > len(content):
        raise CorpusError(f"{soundfont} is no soundfont; name an .sf2 or .sf3 file in SOUNDFONTS")
    headers = [*_PRESET.iter_unpack(content[start : start + size])][:-1]  # the last one ends the list
    return tuple(sorted({program for program, bank in headers if bank == _DRUM_BANK}))


def _write(notes: Sequence[Note], duration: float, path: Path) -> None:
    """A MIDI file in which a tick lasts a millisecond, as long as `duration`."""
    events: list[tuple[int, int, Note]] = []
    for note in notes:
        on, off = (round(note.start * _TICKS_PER_SECOND), round(note.end * _TICKS_PER_SECOND))
        events += [(on, 1, note), (max(off, on + 20), 0, note)]
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    now, programs = 0, dict[int, int]()
    for tick, is_on, note in sorted(events, key=lambda event: event[:2]):
        wait, now, channel = max(0, tick) - now, max(0, tick), note.channel
        if not is_on:
            track.append(mido.Message("note_off", channel=channel, note=note.pitch, time=wait))
            continue
        if programs.get(channel) != note.program:
            track.append(mido.Message("program_change", channel=channel, program=note.program, time=wait))
            wait, programs[channel] = 0, note.program
        strength = {"note": note.pitch, "velocity": note.velocity}
        track.append(mido.Message("note_on", channel=channel, **strength, time=wait))
    track.append(mido.MetaMessage("end_of_track", time=max(0, round(duration * _TICKS_PER_SECOND) - now)))
    mido.MidiFile(ticks_per_beat=_TICKS_PER_SECOND // 2, tracks=[track]).save(path)
