"""Training segments out of audio and labels: a place, a draw, features and targets, all by number and seed.

`Segments` holds tracks and decodes only what a segment needs, so memory stays flat however large the corpus is. Nothing
here depends on the order of the calls or on who makes them: segment 7 of a seed is the same in any thread or process.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from drum_tabber.augmentation.augment import Augmenter, Draw
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.hearing import targets
from drum_tabber.hearing.targets import TargetSpec
from drum_tabber.sound import audio, features
from drum_tabber.sound.features import FeatureSpec

if TYPE_CHECKING:
    from drum_tabber.material.corpora import Labels, Track

Floats = NDArray[np.float32]
Targets = dict[str, Floats]

_VERSION = 1  # of the layout of targets
_MARGIN = 0.1  # seconds made on either side and cut off again: effects and resampling settle there
_RUN_UP = 0.5  # seconds that an mp3 is entered early: its decoder is mute for a fifth of a second after a jump


@dataclass(frozen=True)
class SegmentSpec:
    """What a segment holds: features and targets of `n_frames` frames."""

    features: FeatureSpec
    targets: TargetSpec
    n_frames: int

    @property
    def target_shapes(self) -> dict[str, tuple[int, int]]:
        """Shape of each target in one frame."""
        n_drums = len(self.targets.drums)
        return {"onset": (n_drums, 2), "velocity": (n_drums, 2), "beat": (2, 2)}

    @property
    def n_samples(self) -> int:
        """Samples that the frames cover."""
        return self.n_frames * self.features.hop_size

    @property
    def contract(self) -> dict[str, Any]:
        """All that two segments must agree on to be trained on together, as JSON reads it back."""
        contract: dict[str, Any] = json.loads(json.dumps({"version": _VERSION, **asdict(self)}))
        if not self.features.long_window:  # as before there was one
            del contract["features"]["long_window"]
        return contract


@dataclass(frozen=True)
class Segment:
    """Audio (n,) with its labels, times from its start; labels may lie a moment outside. `beats` None: not labelled;
    in the spans of `hidden` what is not labelled is not known."""

    samples: Floats
    hits: Hits
    beats: Beats | None
    hidden: Spans = field(default_factory=Spans)


class Segments:
    """Segments of tracks that have audio; raises CorpusError where one has none, or where there are no tracks.

    `weights` (a number a track) say how often a track is drawn from, for its length.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        spec: SegmentSpec,
        augmenter: Augmenter | None = None,
        seed: int = 0,
        weights: Sequence[float] | None = None,
    ) -> None:
        if not tracks:
            raise CorpusError("there are no tracks to train on; name a corpus in CORPORA or songs with tabs")
        self.tracks, self.spec, self.augmenter, self.seed = (tracks, spec, augmenter, seed)
        self._weights = np.ones(len(tracks)) if weights is None else np.asarray(weights, np.float64)
        self._labels = lru_cache(maxsize=256)(lambda track: tracks[track].labels())

    def draw(self, number: int) -> tuple[Floats, Targets]:
        """Mel (frames, mels) and targets of a random, augmented segment; longer tracks are drawn from more often."""
        track, segment = self.draw_audio(number)
        return encoded(segment, self._labels(track), self.spec)

    def draw_audio(self, number: int) -> tuple[int, Segment]:
        """The track's index and the audio of the segment that `draw` answers for this number, to be listened to."""
        rng = np.random.default_rng([self.seed, number])
        chances = self.durations * self._weights
        track = int(rng.choice(len(self.tracks), p=chances / chances.sum()))
        draw = self.augmenter.draw(rng) if self.augmenter else Draw()
        latest = max(0.0, self.durations[track] - self._seconds * draw.speed)
        return track, self._made(track, float(rng.uniform(0, latest)), draw)

    def cut(self, number: int) -> tuple[Floats, Targets]:
        """Mel and targets of the `number`th segment when all tracks are cut one after another, as they are."""
        track = int(np.searchsorted(np.cumsum(self._n_cuts), number, side="right"))
        place = number - int(self._n_cuts[:track].sum())
        segment = self._made(track, place * self._seconds, Draw())
        return encoded(segment, self._labels(track), self.spec)

    @property
    def n_cuts(self) -> int:
        """How many segments `cut` has."""
        return int(self._n_cuts.sum())

    @cached_property
    def durations(self) -> NDArray[np.float64]:
        """Length of every track, seconds."""
        return np.array([duration(_path(track)) for track in self.tracks])

    @cached_property
    def _n_cuts(self) -> NDArray[np.int64]:
        return np.ceil(self.durations / self._seconds).astype(np.int64)

    @property
    def _seconds(self) -> float:
        return self.spec.n_samples / self.spec.features.sample_rate

    def _made(self, track: int, start: float, draw: Draw) -> Segment:
        rate, margin = (self.spec.features.sample_rate, round(_MARGIN * self.spec.features.sample_rate))
        lead = margin / rate * draw.speed
        length = (self.spec.n_samples + 2 * margin) / rate * draw.speed
        samples = read_span(_path(self.tracks[track]), start - lead, length, rate)
        labels = self._labels(track)
        hits = labels.hits.cropped(start - lead, start - lead + length)
        beats = (labels.beats or Beats()).cropped(start - lead, start - lead + length)
        hidden = labels.hidden.cropped(start - lead, start - lead + length)
        samples, hits, beats = draw.apply(samples, rate, hits, beats)
        hidden = draw.moved(hidden, len(samples) / rate)

        def clock(time: NDArray[np.float64]) -> NDArray[np.float64]:
            return time - margin / rate

        samples = _fitted(samples[margin:], self.spec.n_samples)
        beats = beats.moved(clock)
        return Segment(samples, hits.moved(clock), None if labels.beats is None else beats, hidden.moved(clock))


def encoded(segment: Segment, labels: Labels, spec: SegmentSpec) -> tuple[Floats, Targets]:
    """Mel (frames, mels) and targets of a segment of any length, labelled as far as the corpus of `labels` goes."""
    mel = features.log_mel(segment.samples, spec.features)
    known = (segment.hits, segment.beats, labels.told_apart, labels.velocity)
    return mel, targets.encode(*known, spec.targets, len(mel), segment.hidden)


@lru_cache(maxsize=1 << 16)
def declared_length(path: Path) -> float | None:
    """What `audio.length` says, asked once a file. Raises AudioError."""
    return audio.length(path)


def read_span(path: Path, start: float, duration: float, sample_rate: int) -> Floats:
    """Mono samples (n,) of `duration` seconds from `start` on, silence where the file has none; no more is decoded.

    Raises AudioError. Files that can't be entered in the middle are decoded up to there.
    """
    first, n_samples = round(start * sample_rate), round(duration * sample_rate)
    before = min(n_samples, max(0, -first))  # silence before the file begins
    found = _seek(path, max(0.0, start), duration - before / sample_rate, sample_rate)
    return _fitted(np.concatenate([np.zeros(before, np.float32), found]), n_samples)


def _seek(path: Path, start: float, duration: float, sample_rate: int) -> Floats:
    try:
        if declared_length(path) is None:
            return _skip(path, start, duration, sample_rate)
        with soundfile.SoundFile(path) as file:
            first = round(start * file.samplerate)
            if first >= file.frames:
                return np.zeros(0, np.float32)
            run_up = min(first, round(_RUN_UP * file.samplerate)) if file.format == "MP3" else 0
            file.seek(first - run_up)
            columns = file.read(run_up + round(duration * file.samplerate), "float32", always_2d=True)
            samples = columns[run_up:].mean(axis=1)
            return soxr.resample(samples, file.samplerate, sample_rate)
    except (soundfile.LibsndfileError, OSError):
        return _skip(path, start, duration, sample_rate)


def _skip(path: Path, start: float, duration: float, sample_rate: int) -> Floats:
    """The same, decoded from the file's beginning block by block; this also says what is wrong with a broken file."""
    first, last = round(start * sample_rate), round((start + duration) * sample_rate)
    kept, at = [np.zeros(0, np.float32)], 0
    for block in audio.stream(path, sample_rate):
        kept.append(block[max(0, first - at) : max(0, last - at)])
        at += len(block)
        if at >= last:
            break
    return np.concatenate(kept)


def _path(track: Track) -> Path:
    if track.audio is None:
        raise CorpusError(f"{track.name} has no audio; set KITS_DIRS to render it")
    return track.audio


def duration(path: Path) -> float:
    """Seconds that a file lasts; it is decoded where it doesn't say so itself. Raises AudioError."""
    declared = declared_length(path)
    if declared is not None:
        return declared
    rate = 8000
    return sum(map(len, audio.stream(path, rate))) / rate


def _fitted(samples: Floats, n_samples: int) -> Floats:
    return np.pad(samples[:n_samples], (0, max(0, n_samples - len(samples))))
