"""An electric guitar through an amplifier: notes in, mono (n,) out. Chugging on it sounds much like drums.

A string is a wave that starts bright and turns dull; GM's muted guitar is played with the palm on the bridge. The
amplifier bends what all strings sum to (so that chords growl), its cabinet lets through nothing above about 5 kHz.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.rendering.accompaniment import MUTED
from drum_tabber.sound.soundfont import Note

Samples = NDArray[np.float32]

_TABLE = 2048  # samples in a period
_RING = 0.03  # seconds that a string rings after its note
_PICK = 0.004  # seconds that the plectrum is heard


@dataclass(frozen=True)
class Amplifier:
    """What a guitar is played through; `drive_db` from clean (0) to metal (45)."""

    drive_db: float = 30.0
    low: float = 90.0  # hertz, of the cabinet
    high: float = 4800.0
    detune: float = 0.0  # semitones: of a second track beside the first
    lag: float = 0.0  # seconds by which that one comes later

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Amplifier:
        """Any amplifier, one track or two."""
        high = float(rng.uniform(3800, 5500))
        sound = {"drive_db": float(rng.uniform(4, 45)), "low": float(rng.uniform(70, 180)), "high": high}
        doubled = rng.random() < 0.5
        return cls(**sound, detune=0.06 * doubled, lag=float(rng.uniform(0.002, 0.012)) * doubled)


def strum(
    notes: Sequence[Note], amplifier: Amplifier, duration: float, sample_rate: int, rng: np.random.Generator
) -> Samples:
    """The notes (n,) on a guitar, of peak near 0.5."""
    n = round(duration * sample_rate)
    track = _strings(notes, 0.0, 0.0, n, sample_rate, rng)
    sound = _amplified(track, amplifier, sample_rate)
    if amplifier.detune:
        second = _strings(notes, amplifier.detune, amplifier.lag, n, sample_rate, rng)
        sound = sound + _amplified(second, amplifier, sample_rate)
    return np.asarray(sound * np.float32(0.5 / max(float(np.abs(sound).max(initial=0.0)), 1e-9)), np.float32)


def _strings(
    notes: Sequence[Note], detune: float, lag: float, n: int, sample_rate: int, rng: np.random.Generator
) -> Samples:
    """All strings before the amplifier."""
    bright, dull = _wave(40, rng.uniform(0.1, 0.25)), _wave(8, 0.2)
    pick = rng.standard_normal(round(_PICK * sample_rate), np.float32)
    pick *= np.linspace(1, 0, len(pick), dtype=np.float32)
    sound = np.zeros(n, np.float32)
    for note in notes:
        start = round((note.start + lag) * sample_rate)
        muted = note.program == MUTED
        length = min(note.end - note.start, 0.25) if muted else note.end - note.start
        count = min(round((length + _RING) * sample_rate), n - start)
        if start < 0 or count < 16:
            continue
        time = np.arange(count, dtype=np.float32) / np.float32(sample_rate)
        step = 440 * 2 ** ((note.pitch - 69 + detune) / 12) / sample_rate * _TABLE
        place = (np.arange(count) * step).astype(np.int64) % _TABLE
        early, late = (0.03, 0.07) if muted else (0.3, 2.0)
        string = bright[place] * np.exp(-time / np.float32(early)) + dull[place] * np.exp(-time / np.float32(late))
        n_fade = min(count, round(_RING * sample_rate))
        string[count - n_fade :] *= np.linspace(1, 0, n_fade, dtype=np.float32)
        string[: len(pick)] += np.float32(0.3) * pick[:count]
        sound[start : start + count] += np.float32((note.velocity / 127) ** 1.5) * string
    return sound


def _wave(n_harmonics: int, plucked: float) -> Samples:
    """A period of a string plucked at the share `plucked` of its length; peak 1."""
    harmonics = np.arange(1, n_harmonics + 1)
    spectrum = np.zeros(_TABLE // 2 + 1, np.complex128)
    spectrum[1 : n_harmonics + 1] = -1j * np.sin(np.pi * plucked * harmonics) / harmonics
    wave = np.fft.irfft(spectrum, _TABLE)
    return np.asarray(wave / np.abs(wave).max(), np.float32)


def _amplified(sound: Samples, amplifier: Amplifier, sample_rate: int) -> Samples:
    from scipy.signal import butter, sosfilt

    high = min(amplifier.high, 0.45 * sample_rate)
    bent = np.tanh(sound * np.float32(10 ** (amplifier.drive_db / 20) * 0.5))
    cabinet = butter(1, amplifier.low, "highpass", fs=sample_rate, output="sos")
    speaker = butter(4, high, "lowpass", fs=sample_rate, output="sos")
    return np.asarray(sosfilt(np.vstack([cabinet, speaker]).astype(np.float32), bent), np.float32)
