"""Beats from activations: when the beats are, and which of them begin a bar.

In come the model's beat and downbeat activations (0 to 1, frame i at i / frame_rate seconds) and, if wanted, the hits
that were heard, which help where the activations are weak. Out come `Beats`. A hidden Markov model over tempo and
position in the beat (the state space of Krebs, Böck & Widmer, "An efficient state-space model for joint tempo and meter
tracking", ISMIR 2015) finds the beats. Within a beat its states only move on, so the search keeps scores at beat
starts alone and takes whole beats in one step, with running sums of the observations; where in a beat the hits fall
(`phases.py`) speaks for it or against it. `tempo.py` then decides half against double, `free.py` says where there are
no beats to count, and `downbeats.py` finds meters and bar lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.meter import downbeats, free, phases, tempo
from drum_tabber.meter.grid import Grid
from drum_tabber.meter.tempo import near

_SEARCH_RATE = 100.0  # frames a second of the search, whatever the activations': steps of tempo fine enough, and quick
_BEAT_SHARE = 1 / 12  # of a beat's states that expect a beat activation (Krebs et al.: 1/16; our targets are wider)
_TEMPO_COST = 160.0  # nats for a relative tempo change, times that change: their transition lambda
_TEMPO_RANGE = 0.12  # largest relative change of tempo from beat to beat
_JUMP_COST = 60.0  # nats for any other change of tempo
_PREFERRED_BPM = 120.0  # where the gentle preference among tempo octaves has its peak
_PREFERENCE = 0.35  # nats a second, an octave away
_EDGE = 0.07  # seconds by which a beat may lie before the first hit or after the last
_CLEAR = 0.3  # activation of beats that are believed beyond the hits
_LEAST = 0.05  # activation below which nothing is a beat: silence before and after the music is left out
_FLOOR = 1e-4  # least probability of any observation
_HIT_WEIGHT = 0.3  # activation that a loud hit is worth by itself
_REACH = 0.05  # seconds around a beat where its activations may peak
_ACCENTED = ("BD", "CC", "CH", "SC", "SD")  # drums that mark beats


@dataclass(frozen=True)
class BeatSpec:
    """What is looked for: tempo range in beats a minute, and the numbers of beats that a bar may have."""

    min_bpm: float = 40.0
    max_bpm: float = 300.0
    meters: tuple[int, ...] = (2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, eq=False)
class Pulse:
    """The beats that can be counted, and the `free` passages in which there are none."""

    beats: Beats = field(default_factory=Beats)
    free: Spans = field(default_factory=Spans)


def track(activations: NDArray[np.floating], frame_rate: float, spec: BeatSpec, hits: Hits | None = None) -> Pulse:
    """The beats of activations (frames, 2), beat and downbeat; none at all where nothing rises above silence.

    Memory is one byte a frame and tempo; time grows with the length alone.
    """
    hits = Hits() if hits is None else hits
    raw = np.asarray(activations, np.float64).max(axis=1)
    beat, downbeat = np.asarray(activations, np.float64).T
    beat = 1 - (1 - np.maximum(beat, downbeat)) * (1 - _HIT_WEIGHT * _pulses(hits, len(beat), frame_rate))
    loud = np.flatnonzero(beat >= _LEAST)
    if len(loud) < 2:
        return Pulse()
    seconds = np.arange(0, len(beat) / frame_rate, 1 / _SEARCH_RATE)
    searched = np.interp(seconds * frame_rate, np.arange(len(beat)), beat)
    found = _beat_frames(searched, phases.moments(hits, len(searched), _SEARCH_RATE), spec)
    frames = np.rint(found / _SEARCH_RATE * frame_rate).astype(np.int64)
    heard = np.stack([beat, downbeat], axis=1)
    frames = frames[_sounding(frames / frame_rate, beat, frame_rate, hits)]
    if not len(frames):
        return Pulse()
    time = _refined(frames, beat, frame_rate)
    time = tempo.chosen(time, heard, frame_rate, hits, (spec.min_bpm, spec.max_bpm))
    passages = free.passages(time, near(raw, time, frame_rate, _REACH), hits)
    counted = ~free.within(time, passages)
    stretches = [time[start:end] for start, end in free.runs(counted)]
    places = [
        downbeats.places(stretch, near(downbeat, stretch, frame_rate, _REACH), hits, spec.meters)
        for stretch in stretches
    ]
    beats, passages = free.set_in(Beats(time[counted], np.concatenate([np.zeros(0, np.int64), *places])), passages)
    return Pulse(_completed(beats, len(beat) / frame_rate) if counted[-1] else beats, passages)


def _completed(beats: Beats, duration: float) -> Beats:
    """The beats with those of the last bar that nobody plays any more, as far as the recording goes."""
    if np.count_nonzero(beats.place == 1) < 2:  # no whole bar is known
        return beats
    whole = Grid.of(beats).beats
    more = (whole.time > beats.time[-1]) & (whole.time < duration)
    return Beats(np.append(beats.time, whole.time[more]), np.append(beats.place, whole.place[more]))


def _sounding(time: NDArray[np.float64], beat: NDArray[np.float64], frame_rate: float, hits: Hits) -> slice:
    """Which beats to keep: those from the first hit to the last, and on either side those that are clearly heard."""
    if len(hits):
        within = (time >= hits.time[0] - _EDGE) & (time <= hits.time[-1] + _EDGE)
        clear = near(beat, time, frame_rate, _REACH) >= _CLEAR
    else:
        within = near(beat, time, frame_rate, _REACH) >= _LEAST
        clear = within
    inside = np.flatnonzero(within)
    if not len(inside):
        return slice(0, 0)
    first, last = int(inside[0]), int(inside[-1])
    while first and clear[first - 1]:
        first -= 1
    while last + 1 < len(time) and clear[last + 1]:
        last += 1
    return slice(first, last + 1)


def _reach(frame_rate: float) -> int:
    """Frames around a beat where its activation may peak."""
    return max(1, round(_REACH * frame_rate))


def _pulses(hits: Hits, n_frames: int, frame_rate: float) -> NDArray[np.float64]:
    """(frames,) how much the hits speak for a beat, 0 to 1: strong sure ones most, drums of no accent half as much."""
    weight = hits.velocity / 127 * hits.confidence * np.where(np.isin(hits.drum, _ACCENTED), 1.0, 0.5)
    frame = np.rint(hits.time * frame_rate).astype(np.int64)
    inside = (frame >= 0) & (frame < n_frames)
    pulses = np.zeros(n_frames)
    np.maximum.at(pulses, frame[inside], weight[inside])
    return pulses


# ------------------------------------------------------------------------------------------------------------- beats


class _Observations:
    """Log-likelihoods of whole beats from running sums: a beat of `interval` frames begins with `head` beat states."""

    def __init__(self, beat: NDArray[np.float64], intervals: NDArray[np.int64]) -> None:
        probability = np.clip(beat, _FLOOR, 1 - _FLOOR)
        self._pad = int(intervals[-1])  # frames before the first that are neither beat nor rest
        self._beat = self._running(np.log(probability))
        self._rest = self._running(np.log((1 - probability) / (1 / _BEAT_SHARE - 1)))
        self._head = np.maximum(1, np.rint(intervals * _BEAT_SHARE)).astype(np.int64)
        octaves = np.log2(intervals * _PREFERRED_BPM / (60 * _SEARCH_RATE))
        self._prior = -_PREFERENCE * octaves**2 * intervals / _SEARCH_RATE

    def _running(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([np.zeros(self._pad + 1), np.cumsum(values)])

    def between(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of a beat begun in frame `start` up to frame `end`, for every tempo; the last axis is tempo."""
        start, end = start + self._pad, end + self._pad
        head = np.minimum(start + self._head, end)
        nats = self._beat[head] - self._beat[start] + self._rest[end] - self._rest[head] + self._prior
        return np.asarray(nats, np.float64)


def _beat_frames(beat: NDArray[np.float64], moments: NDArray[np.float64], spec: BeatSpec) -> NDArray[np.int64]:
    """Frames where beats begin, on the best path through tempo and position, given the beats' activation (frames,) and
    how surely something is struck in each (frames,); frames come at _SEARCH_RATE."""
    shortest = max(2, round(60 * _SEARCH_RATE / spec.max_bpm))
    intervals = np.arange(shortest, max(shortest + 1, round(60 * _SEARCH_RATE / spec.min_bpm)) + 1)
    n_frames, n_tempi, longest = len(beat), len(intervals), int(intervals[-1])
    observed, changes = _Observations(beat, intervals), _tempo_changes(intervals)
    back = np.empty((n_frames, n_tempi), np.uint8 if n_tempi <= 256 else np.uint16)
    history = np.zeros((longest, n_tempi))  # scores of beats begun in the last `longest` frames, with all they hold
    struck = np.lib.stride_tricks.sliding_window_view(np.pad(moments, (0, longest)), longest)
    said, tempi = phases.nats(intervals, _SEARCH_RATE), np.arange(n_tempi)
    for first in range(0, n_frames, shortest):  # no beat both begins and ends within so few frames
        frames = np.arange(first, min(first + shortest, n_frames))[:, None]
        starts = frames - intervals
        ended = history[starts - first + longest, tempi] + observed.between(starts, frames)
        scores, back[first : first + shortest] = _change_tempo(ended, changes)
        history = np.concatenate([history[len(frames) :], scores + struck[frames[:, 0]] @ said])
    starts = np.arange(n_frames - longest, n_frames)[:, None]
    unfinished = n_frames - starts <= intervals
    final = np.where(unfinished, history + observed.between(starts, np.full_like(starts, n_frames)), -np.inf)
    index, tempo = np.unravel_index(int(final.argmax()), final.shape)
    path, frame = [], int(starts[index, 0])
    while frame >= 0:
        path.append(frame)
        tempo = back[frame, tempo]
        frame -= int(intervals[tempo])
    if frame >= -_REACH * _SEARCH_RATE:
        path.append(0)  # a beat with which the recording begins
    return np.array(path[::-1], np.int64)


class _Change(NamedTuple):
    """A change of interval by so many frames: the tempi it can lead from (indices), those it leads to, and its cost."""

    source: NDArray[np.int64]
    sources: slice
    targets: slice
    nats: NDArray[np.float64]


def _tempo_changes(intervals: NDArray[np.int64]) -> list[_Change]:
    """The small changes of tempo, none included."""
    changes = []
    n_tempi, widest = len(intervals), int(_TEMPO_RANGE * intervals[-1])
    for change in range(-widest, widest + 1):
        first = int(np.searchsorted(intervals, abs(change) / _TEMPO_RANGE))  # for which the change is small enough
        low, high = max(first, -change), min(n_tempi, n_tempi - change)
        if low < high:
            nats = _TEMPO_COST * abs(change) / intervals[low:high]
            changes.append(_Change(np.arange(low, high), slice(low, high), slice(low + change, high + change), nats))
    return changes


def _change_tempo(ended: NDArray[np.float64], changes: list[_Change]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The best scores of beats that begin (frames, tempi), given those that end there, and the tempi they come from."""
    source = np.repeat(ended.argmax(axis=1)[:, None], ended.shape[1], axis=1)
    best = np.take_along_axis(ended, source, axis=1) - _JUMP_COST
    for change in changes:
        candidate = ended[:, change.sources] - change.nats
        target = best[:, change.targets]
        better = candidate > target
        np.copyto(target, candidate, where=better)
        np.copyto(source[:, change.targets], change.source, where=better)
    return best, source


def _refined(frames: NDArray[np.int64], beat: NDArray[np.float64], frame_rate: float) -> NDArray[np.float64]:
    """Times of the activation's peaks near the beats, between frames by a parabola; where none is, of the frames."""
    reach = _reach(frame_rate)
    padded = np.pad(beat, reach + 1)
    window = padded[frames[:, None] + np.arange(1, 2 * reach + 2)]
    offset = window.argmax(axis=1)
    peak = frames + offset - reach
    left, centre, right = (padded[peak + reach + 1 + step] for step in (-1, 0, 1))
    bend = left - 2 * centre + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1), 0)
    exact = np.where(centre >= _LEAST, peak + np.clip(shift, -0.5, 0.5), frames)
    return np.asarray(np.maximum(exact, 0) / frame_rate, np.float64)
