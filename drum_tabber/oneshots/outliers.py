"""Sounds that are no one-shots: music, speech and song, noise, held tones. What "unknown" is learnt from.

Each is a wave (n,) of a second or two, cut anywhere: it has no reason to begin with an attack.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from drum_tabber.rendering.voice import Singer, sing
from drum_tabber.sound import soundfont
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

Floats = NDArray[np.float32]
SECONDS = 2.6
_MELODIC = (*range(11), *range(13, 32), *range(40, 47), *range(48, 78), *range(79, 96), *range(104, 112))
_DRUMS = (36, 38, 42, 42, 46, 49, 51, 47)
_PHRASE = 5.0  # seconds of music that several cuts are taken from


def music(path: Path, n: int, sample_rate: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Cuts of made-up music by a soundfont: chords, melodies, single held notes, some with drums.

    Raises CorpusError where FluidSynth or the soundfont is missing.
    """
    n_phrases = -(-n // 3)
    notes = [note for index in range(n_phrases) for note in _phrase(index * _PHRASE, rng)]
    sound = soundfont.play(notes, path, n_phrases * _PHRASE, sample_rate).mean(axis=0)
    for index in range(n):
        start = (index // 3) * _PHRASE + rng.uniform(0, _PHRASE - SECONDS)
        yield sound[round(start * sample_rate) :][: round(rng.uniform(0.5, 1.0) * SECONDS * sample_rate)]


def voices(n: int, sample_rate: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Cuts of made-up speech and song."""
    for _ in range(-(-n // 3)):
        times = np.cumsum(rng.uniform(0.12, 0.4, 16))
        pitches = rng.integers(43, 70) + np.cumsum(rng.integers(-2, 3, 16))
        notes = [
            Note(float(start), float(start + rng.uniform(0.1, 0.35)), 0, int(pitch), 90, 54)
            for start, pitch in zip(times, pitches, strict=True)
        ]
        sound = sing(notes, Singer.draw(rng), float(times[-1]), sample_rate, rng)
        for _ in range(3):
            start = int(rng.integers(max(1, len(sound) - round(SECONDS * sample_rate))))
            yield sound[start : start + round(rng.uniform(0.4, 1.0) * SECONDS * sample_rate)]


def noises(n: int, sample_rate: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Noise of any colour and band, steady or wavering."""
    for _ in range(n):
        n_samples = round(rng.uniform(0.3, 1.0) * SECONDS * sample_rate)
        size = next_fast_len(n_samples, real=True)
        spectrum = rfft(rng.standard_normal(size))
        hertz = np.arange(len(spectrum)) * sample_rate / size + 1.0
        low, high = np.exp(rng.uniform(np.log(20), np.log(3000))), np.exp(rng.uniform(np.log(600), np.log(22000)))
        shape = hertz ** rng.uniform(-1.2, 0.3) / np.sqrt((1 + (low / hertz) ** 4) * (1 + (hertz / (low + high)) ** 4))
        wave = irfft(spectrum * shape, size)[:n_samples]
        time = np.arange(n_samples) / sample_rate
        wavering = 1 + rng.uniform(0, 0.6) * np.sin(2 * np.pi * rng.uniform(0.3, 8) * time + rng.uniform(0, 6))
        yield (0.2 * wave * wavering / max(float(np.std(wave)), 1e-9)).astype(np.float32)


def tones(n: int, sample_rate: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Held tones: sines, squares, saws and clusters, still or gliding, as test signals and synthesisers have them."""
    for _ in range(n):
        time = np.arange(round(rng.uniform(0.3, 1.0) * SECONDS * sample_rate)) / sample_rate
        wave = np.zeros_like(time)
        glide = rng.uniform(-1.5, 1.5) if rng.random() < 0.3 else 0.0
        kind = rng.integers(3)
        for _ in range(int(rng.choice([1, 1, 1, 2, 3, 4]))):
            pitch = np.exp(rng.uniform(np.log(60), np.log(6000))) * 2 ** (glide * time / time[-1])
            phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
            wave += (np.sin(phase), np.sign(np.sin(phase)), (phase / np.pi) % 2 - 1)[kind]
        edges = np.minimum(1, np.minimum(time, time[-1] - time) / rng.uniform(0.002, 0.1) + 0.01)
        yield (0.2 * wave * edges).astype(np.float32)


def _phrase(start: float, rng: np.random.Generator) -> Iterator[Note]:
    """Some bars in a key, by one to three programs, perhaps with drums."""
    beat, key = rng.uniform(0.25, 0.6), int(rng.integers(12))
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    for channel in range(int(rng.integers(1, 4))):
        program = int(rng.choice(_MELODIC))
        held = rng.random() < 0.4
        for at in np.arange(0, _PHRASE - 0.1, beat * (4 if held else rng.choice([0.5, 1, 2]))):
            root = 36 + key + 12 * int(rng.integers(0, 4))
            degree = int(rng.integers(7))
            for third in range(int(rng.choice([1, 1, 3, 4]))):
                octave, step = divmod(degree + 2 * third, 7)
                pitch = min(108, root + 12 * octave + int(scale[step]))
                end = start + min(_PHRASE, at + beat * (4 if held else 1))
                yield Note(start + at, end, channel, pitch, int(rng.integers(60, 120)), program)
    if rng.random() < 0.4:
        for at in np.arange(0, _PHRASE - 0.1, beat / 2):
            for pitch in rng.choice(_DRUMS, 2):
                yield Note(start + at, start + at + 0.1, DRUM_CHANNEL, int(pitch), int(rng.integers(40, 110)), 0)
