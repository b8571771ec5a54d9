"""Stems: what each part of a band sounds like alone, kept so that several recordings share the cost of playing it.

A stem is mono (n,); a recording mixes stems anew: other levels, other tone, parts that enter and leave by the section.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Beats
from drum_tabber.files import replacing
from drum_tabber.sound.filtering import energies, filtered, shelf

Samples = NDArray[np.float32]
Stems = dict[str, Samples]

_GAIN_DB = 7.0  # a part's level varies by so much either way
_SECTION_DB = 3.0  # and from section to section by so much
_TONE = 0.5  # probability that a part sounds darker or brighter than it was played
_SILENT = 0.2  # probability that a part is silent for a section
_STEADY = 0.35  # probability that all play from beginning to end
_FADE = 0.03  # seconds in which a part enters or leaves
_SECTION = 10.0  # seconds, where no bars are known
_BLOCK = 4096  # samples, about a tenth of a second


@dataclass(frozen=True)
class StemCache:
    """Stems in a folder, at most `limit` bytes of them: the oldest make room."""

    folder: Path
    limit: int = 3_000_000_000

    def get(self, key: str, make: Callable[[], Stems]) -> Stems:
        """The stems kept as `key`, or else made now and kept (to 16 bits a sample)."""
        path = self.folder / f"{zlib.crc32(key.encode()):08x}-{zlib.adler32(key.encode()):08x}.npz"
        with suppress(OSError, ValueError, BadZipFile), np.load(path) as kept:  # another process may be making room
            return {name: kept[name].astype(np.float32) for name in kept.files}
        made = make()
        with replacing(path) as part:
            np.savez(part, **{name: samples.astype(np.float16) for name, samples in made.items()})  # type: ignore[arg-type]
        self._make_room()
        return made

    def _make_room(self) -> None:
        files = []
        for path in self.folder.glob("*.npz"):
            with suppress(OSError):
                files.append((path.stat().st_mtime, path.stat().st_size, path))
        files.sort(reverse=True)
        for (_, _, path), total in zip(files, np.cumsum([size for _, size, _ in files]), strict=True):
            if total > self.limit:
                with suppress(OSError):
                    os.unlink(path)


def blended(stems: Stems, beats: Beats, sample_rate: int, rng: np.random.Generator) -> Samples:
    """The stems (n,) as one mix: each at its own level and tone, silent in some sections of four or eight bars."""
    mix = np.zeros(max(map(len, stems.values())), np.float32)
    bounds = sections(beats, len(mix) / sample_rate, rng)
    steady = rng.random() < _STEADY
    for samples in stems.values():
        gains = 10 ** (rng.uniform(-_SECTION_DB, _SECTION_DB, len(bounds)) / 20) * (rng.random(len(bounds)) >= _SILENT)
        level = 10 ** (rng.uniform(-_GAIN_DB, _GAIN_DB) / 20)
        toned = _toned(samples, sample_rate, rng) if rng.random() < _TONE else samples
        if steady or not gains.any():
            mix[: len(toned)] += np.float32(level) * toned
        else:
            mix[: len(toned)] += toned * _steps(level * gains, bounds, len(toned), sample_rate)
    return mix


def sections(beats: Beats, duration: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Seconds at which sections of four or eight bars begin, the first at 0."""
    downbeats = beats.time[beats.place == 1]
    if len(downbeats) < 5:
        return np.arange(0.0, duration, _SECTION)
    bars = np.cumsum(rng.choice([4, 4, 8], len(downbeats)))
    return np.concatenate([[0.0], downbeats[bars[bars < len(downbeats)]]])


def loudness(samples: Samples) -> float:
    """RMS over the stretches of `_BLOCK` samples that sound at all."""
    energy = energies(samples, _BLOCK) / _BLOCK
    sounding = energy[energy > max(1e-8, 1e-4 * energy.max(initial=0.0))]
    return float(np.sqrt(sounding.mean())) if len(sounding) else 0.0


def _steps(gains: NDArray[np.float64], bounds: NDArray[np.float64], n: int, sample_rate: int) -> Samples:
    """Gains (n,) that hold from each bound to the next, with short ramps before the bounds."""
    curve = np.repeat(
        gains.astype(np.float32), np.diff(np.append(np.minimum(np.round(bounds * sample_rate), n), n)).astype(int)
    )
    n_fade = round(_FADE * sample_rate)
    for bound, before, after in zip(bounds[1:], gains, gains[1:], strict=False):
        end = min(round(bound * sample_rate), n)
        start = max(0, end - n_fade)
        curve[start:end] = np.linspace(before, after, end - start)
    return curve


def _toned(samples: Samples, sample_rate: int, rng: np.random.Generator) -> Samples:
    """Brighter or darker: the part above or below a corner raised or lowered."""
    corner = float(np.exp(rng.uniform(*np.log((300.0, 3000.0)))))
    return filtered(samples, shelf(corner, sample_rate, 0.0, float(rng.uniform(-9, 9))))
