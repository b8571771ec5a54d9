"""`python -m drum_tabber bench render`: how many times faster than it sounds training material is rendered.

Songs that `patterns` makes up are recorded in the studio of the settings: KITS_DIRS, BACKING_DIRS, SOUNDFONTS and the
recording chain; without kits a made-up one plays. Seconds are the processor's, so that a busy machine doesn't count.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.tasks import playing, specs

if TYPE_CHECKING:
    from drum_tabber.kits.kit import Kit
    from drum_tabber.rendering.studio import Performance, Studio

SEED = 1
_RINGING = {"CC": 1.5, "SC": 0.8, "CH": 1.2, "RD": 1.5, "RB": 1.2, "HO": 0.7}  # seconds; the others are short
_SHORT, _SAMPLES = 0.3, 6  # seconds; samples a drum


@dataclass(frozen=True)
class Speed:
    """Seconds of sound, and the processor's seconds that recording it and hearing its features took."""

    name: str
    sound: float
    recording: float
    hearing: float

    def __str__(self) -> str:
        """In a line, as factors of real time."""
        together = self.sound / (self.recording + self.hearing)
        return (
            f"{self.name}: {self.sound:.0f} s of sound, {together:.0f} x real time "
            f"(recording {self.sound / self.recording:.0f} x, features {self.sound / self.hearing:.0f} x)"
        )


def run(n_songs: int, n_copies: int) -> None:
    """Print the speed of `n_copies` of each of so many songs: drums alone and, where SOUNDFONTS can, with music."""
    for speed in speeds(n_songs, n_copies):
        print(speed, flush=True)


def speeds(n_songs: int, n_copies: int) -> Iterator[Speed]:
    """The speeds, one after the other as they are measured."""
    from drum_tabber.rendering import patterns
    from drum_tabber.rendering.stems import StemCache

    songs = [patterns.performance(SEED, number) for number in range(n_songs)]
    studio = playing.studio() if configs.KITS_DIRS else _made_up_studio()
    copies = range(1, 1 + n_copies)
    yield _measured("drums alone", replace(studio, soundfonts=()), songs, copies)
    if studio.soundfonts:
        with tempfile.TemporaryDirectory() as folder:
            band = replace(studio, music=1.0, copies_a_take=1 + n_copies, stems=StemCache(Path(folder)))
            yield _measured("music played first", band, songs, range(1))
            yield _measured("music kept from before", band, songs, copies)


def _measured(name: str, studio: Studio, songs: Sequence[Performance], copies: Sequence[int]) -> Speed:
    from drum_tabber.sound import features

    spec = specs.segment_spec().features
    studio.record(songs[0], copies[0])  # what is loaded once doesn't count
    sound = recording = hearing = 0.0
    for song in songs:
        for copy in copies:
            start = time.process_time()
            made = studio.record(song, copy)
            middle = time.process_time()
            features.log_mel(made.samples, spec)
            recording, hearing = recording + middle - start, hearing + time.process_time() - middle
            sound += len(made.samples) / studio.sample_rate
    return Speed(name, sound, recording, hearing)


def _made_up_studio() -> Studio:
    """Drums alone, through the recording chain of the settings."""
    from drum_tabber.augmentation.augment import Augmenter
    from drum_tabber.rendering.studio import Studio

    chain = replace(specs.augment_spec(), p_time_stretch=0.0, p_shift=0.0)
    return Studio([_kit(configs.SAMPLE_RATE)], Augmenter(chain), sample_rate=configs.SAMPLE_RATE, seed=SEED)


def _kit(sample_rate: int) -> Kit:
    """Bursts of noise that ring as long as the drums do."""
    import numpy as np

    from drum_tabber.kits.kit import Kit, Piece
    from drum_tabber.kits.sample import Sample

    rng = np.random.default_rng(SEED)

    def stroke(code: str, level: float) -> Sample | None:
        decay = _RINGING.get(code, _SHORT)
        fall = np.exp(-np.arange(round(2 * decay * sample_rate)) / (decay * sample_rate / 3))
        return Sample.of((level * fall * rng.standard_normal(len(fall))).astype(np.float32), sample_rate)

    pieces = {
        row[0]: (Piece.of(row[0], filter(None, (stroke(row[0], 0.1 * (1 + n)) for n in range(_SAMPLES)))),)
        for row in configs.DRUMS
    }
    return Kit("made up", sample_rate, pieces)
