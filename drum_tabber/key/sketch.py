"""Spectrograms drawn from notes instead of heard: POP909 in, constant-Q magnitudes and keys by step out.

A note is a row of partials, each as wide as the transform's window makes it; instruments are slopes of partials drawn
anew for every piece. No synthesiser runs, so each song comes in as many timbres as there are draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.key import corpus
from drum_tabber.key.cqt import CqtSpec
from drum_tabber.rendering import backing
from drum_tabber.sound.soundfont import Note

Floats = NDArray[np.float32]
N_PITCHES = 128
_N_PARTIALS = 10
_DECAY = 1.2  # seconds to 1/e of a plucked or struck note
_MIDI_A4, _A4 = 69, 440.0
N_PARTS = 4  # melody, answers, chords, bass, by their MIDI channels


@dataclass(frozen=True)
class Rolls:
    """A song: `strength` (parts, steps, pitches) of its notes, and `key` (steps,), -1 where none is annotated."""

    strength: Floats
    key: NDArray[np.int64]


def rolls(song: Path, step: float, rng: np.random.Generator) -> Rolls:
    """A POP909 song as piano rolls of steps of `step` seconds."""
    notes = backing.whole_pop909(song, rng)
    spans = corpus.spans(song)
    n_steps = int(max(span.end for span in spans) / step) + 1
    strength = np.zeros((N_PARTS, n_steps, N_PITCHES), np.float32)
    for note in notes:
        if note.channel < N_PARTS:
            _strike(strength[note.channel], note, step)
    times = (np.arange(n_steps) + 0.5) * step
    key = np.full(n_steps, corpus.UNKNOWN)
    for span in spans:
        key[(times >= span.start) & (times < span.end)] = span.key.index
    return Rolls(strength, key)


def bank(n: int, spec: CqtSpec, rng: np.random.Generator) -> list[Floats]:
    """Instruments to draw from, each a little out of tune, some an octave away."""
    octaves = rng.choice([-12, 0, 12], n, p=[0.06, 0.88, 0.06])
    return [timbre(spec, float(rng.normal(0, 0.08)), int(octave), rng) for octave in octaves]


def draw(
    song: Rolls, start: int, n_steps: int, spec: CqtSpec, instruments: list[Floats], rng: np.random.Generator
) -> Floats:
    """Magnitudes (n_steps, bins) of the song from step `start` on, with instruments, balance and noise drawn."""
    power = np.zeros((n_steps, spec.n_bins), np.float32)
    gains = 10 ** rng.uniform(-0.7, 0.3, N_PARTS) * (rng.random(N_PARTS) < 0.85)
    gains[2] = max(gains[2], 0.2)
    for part, gain in zip(song.strength[:, start : start + n_steps], gains, strict=True):
        if gain:
            instrument = instruments[int(rng.integers(len(instruments)))]
            heard = part.any(axis=0)  # a fifth of all pitches: so small a product takes no threads, which cost more
            power[: len(part)] += (gain * part[:, heard]) ** 2 @ instrument[heard] ** 2
    loudness = np.sqrt(power.mean()) + 1e-6
    bursts = 10 ** rng.uniform(-2.5, 0.2) * loudness * rng.gamma(0.7, 1.0, (n_steps, 1)) * (rng.random() < 0.7)
    tilt = 2 ** (rng.uniform(-0.8, 0.8) * np.arange(spec.n_bins) / spec.bins_per_octave)
    noise = (bursts + 10 ** rng.uniform(-3, -1) * loudness) * tilt * rng.gamma(4.0, 0.25, power.shape)
    drawn: Floats = (np.sqrt(power + noise**2) * colour(spec.n_bins, rng)).astype(np.float32)
    return drawn


def colour(n_bins: int, rng: np.random.Generator) -> Floats:
    """Gains (n_bins,) of an equaliser whose six bands are some 4 dB off, as other instruments and desks sound."""
    decibels = np.interp(np.arange(n_bins), np.linspace(0, n_bins, 6), rng.normal(0, 4, 6))
    gains: Floats = (10 ** (decibels / 20)).astype(np.float32)
    return gains


def timbre(spec: CqtSpec, detuning: float, octave: int, rng: np.random.Generator) -> Floats:
    """Magnitudes (pitches, bins) of an instrument's notes, `detuning` semitones high."""
    partial = np.arange(1, _N_PARTIALS + 1)
    level = partial ** -rng.uniform(0.4, 2.2) * rng.uniform(0.3, 1.0, _N_PARTIALS)
    level *= np.where((partial % 2 == 0) & (rng.random() < 0.15), 0.15, 1.0)
    lowest = 12 * np.log2(spec.fmin / _A4) + _MIDI_A4
    pitch = np.arange(N_PITCHES) + octave + detuning - lowest
    place = (pitch[:, None] + 12 * np.log2(partial)) * spec.bins_per_octave / 12
    off = place[:, :, None] - np.arange(spec.n_bins)
    main_lobe = np.where(np.abs(off) < 2, np.cos(np.pi * off / 4) ** 2, 0.0)
    scale = 2 ** (-np.arange(spec.n_bins) / spec.bins_per_octave / 2)  # windows are longer the lower they are
    drawn: Floats = (np.einsum("ptb,t->pb", main_lobe, level) * scale).astype(np.float32)
    return drawn


def _strike(roll: Floats, note: Note, step: float) -> None:
    """Add a note: each step's share that it sounds for, fading."""
    first, last = int(note.start / step), min(int(note.end / step), len(roll) - 1)
    for index in range(first, last + 1):
        begin, end = max(note.start, index * step), min(note.end, (index + 1) * step)
        fade = np.exp(-max(0.0, begin - note.start) / _DECAY)
        roll[index, note.pitch] += max(0.0, end - begin) / step * fade * note.velocity / 127
