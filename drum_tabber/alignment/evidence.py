"""What was heard, as a tab is held against it: peaks of each family's activation, and what they say in nats.

In come onset activations (frames, drums) and a bundle's decoding; out comes `Evidence`. Drums are judged by family, for
a listener mistakes a drum for its neighbours, and what is heard is taken for a Poisson process. Let a written stroke be
heard with probability HEARD, and let what the tab leaves unwritten be heard at UNWRITTEN times the song's average rate.
The log-likelihood of a song that plays the tab, over one that has nothing to do with it, is then a sum of

* for each stroke, log(HEARD * near / chance + 1 - HEARD), where `near` is the peak about it and `chance` its mean;
* for each heard peak that no stroke explains, log(UNWRITTEN), and for each second, (1 - UNWRITTEN) * rate.

A family that is always heard therefore proves nothing. Which drum of its family a stroke is written for counts for
log((share + BLUR) / (usual + BLUR)), where `share` is how far the listener hears that drum in the peak and `usual` the
song's mean of it: a drum that is always mistaken for its neighbour proves nothing either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber.hearing.targets import Decoding, Floats, interpolate_peak, pick_peaks
from drum_tabber.odds import log_odds

Signal = NDArray[np.float64]

HEARD = 0.85  # probability that a written stroke is played and heard
UNWRITTEN = 0.6  # rate of what is heard between the written strokes, over the song's average
BLUR = 0.1  # added to shares of drums, so that no listener is sure of them
_SPREAD = 0.025  # seconds: standard deviation of a stroke about its slot
_REACH = 0.06  # seconds from a stroke within which it may be heard
_APART = 0.03  # seconds between two peaks of a family
_BACKGROUND = -3.5  # log-odds of a stroke in the song's median frame, where nobody strikes
_SCALE = (1.0, 4.0)  # limits of the factor that puts it there
_NEAREST = 1e-6  # to 0 and to 1 that an activation is taken to be
_LEAST, _SURE = 0.05, 0.98  # weaker peaks are noise, and no listener is surer
_CHANCE = (0.01, 0.6)  # limits of `chance`


class Peaks(NamedTuple):
    """When a family was heard, (n,) seconds, with what probability it was struck there, and which drum it may be:
    the likeliest, and the shares (n, drums) of all of the family."""

    time: Signal
    heard: Signal
    drum: NDArray[np.str_]
    share: Signal


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was heard of each family of drums in a song of `n_frames`."""

    families: tuple[tuple[str, ...], ...]
    peaks: tuple[Peaks, ...]
    n_frames: int
    frame_rate: float

    @classmethod
    def of(cls, onset: Floats, frame_rate: float, drums: Sequence[str], decoding: Decoding) -> Evidence:
        """The evidence in onset activations (frames, drums); at a drum's threshold the odds are even."""
        column = {drum: index for index, drum in enumerate(drums)}
        known = [tuple(drum for drum in family if drum in column) for family in decoding.families]
        families = tuple(family for family in known if family)
        peaks = []
        for family in families:
            members = onset[:, [column[drum] for drum in family]]
            peaks.append(_peaks(members, family, min(decoding.thresholds[drum] for drum in family), frame_rate))
        return cls(families, tuple(peaks), len(onset), frame_rate)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.n_frames / self.frame_rate

    @cached_property
    def family_of(self) -> dict[str, int]:
        """The number of each drum's family."""
        return {drum: index for index, family in enumerate(self.families) for drum in family}

    @cached_property
    def columns_of(self) -> dict[str, tuple[int, int]]:
        """The columns of `stroke` that concern each drum: its family's and its own."""
        drums = [drum for family in self.families for drum in family]
        return {drum: (self.family_of[drum], len(self.families) + index) for index, drum in enumerate(drums)}

    @cached_property
    def near(self) -> Signal:
        """(frames, families) how well a stroke of the family is heard about each frame, the less the farther away."""
        near = np.zeros((self.n_frames, len(self.families)))
        reach = int(_REACH * self.frame_rate)
        for family, peaks in enumerate(self.peaks):
            first = np.rint(peaks.time * self.frame_rate).astype(int)
            for shift in range(-reach, reach + 1):
                frame = first + shift
                inside = (frame >= 0) & (frame < self.n_frames)
                height = peaks.heard * closeness(frame / self.frame_rate - peaks.time)
                np.maximum.at(near[:, family], frame[inside], height[inside])
        return near

    def near_at(self, time: Signal) -> Signal:
        """(n, families) `near` at times (n,) in seconds; nothing is heard outside the song."""
        frame = np.rint(time * self.frame_rate).astype(int)
        inside = (frame >= 0) & (frame < self.n_frames)
        near = np.zeros((len(frame), len(self.families)))
        near[inside] = self.near[frame[inside]]
        return near

    @cached_property
    def chance(self) -> Signal:
        """(families,) how well a stroke is heard at a moment picked blindly."""
        mean = self.near.mean(axis=0) if self.n_frames else np.zeros(len(self.families))
        return np.clip(mean, *_CHANCE)

    @cached_property
    def stroke(self) -> Signal:
        """(frames, families + drums) nats that a stroke written there adds: what its family does, the heard peak that
        it explains included, then what each drum does."""
        families = np.log(HEARD * self.near / self.chance + 1 - HEARD) - self.near * np.log(UNWRITTEN)
        return np.concatenate([families, *(map(self._told, self.peaks, self.usual))], axis=1)

    @cached_property
    def most(self) -> Signal:
        """(families,) nats that a stroke adds at most: one that is surely heard."""
        return np.asarray(np.log(HEARD * _SURE / self.chance + 1 - HEARD) - _SURE * np.log(UNWRITTEN))

    def heard_within(self, spans: Sequence[tuple[float, float]]) -> float:
        """The share of all that is heard that sounds between these times, seconds, in rising order."""
        edges = np.maximum.accumulate(np.array(spans).reshape(-1))
        inside = sum(
            float(peaks.heard[np.searchsorted(edges, peaks.time, "right") % 2 == 1].sum()) for peaks in self.peaks
        )
        return inside / max(1e-9, sum(float(peaks.heard.sum()) for peaks in self.peaks))

    @cached_property
    def clear(self) -> float:
        """How probable what is heard is, each hit weighing as much as it is probable: 1 for a listener who is sure."""
        heard = np.concatenate([peaks.heard for peaks in self.peaks])
        return float(np.sum(heard**2) / max(1e-9, heard.sum()))

    @cached_property
    def silence(self) -> Signal:
        """(families + drums,) nats that a stroke written outside the song adds."""
        return np.where(np.arange(self.stroke.shape[1]) < len(self.families), np.log(1 - HEARD), 0.0)

    @cached_property
    def usual(self) -> list[Signal]:
        """For each family (drums,) the song's mean share of each of its drums."""
        return [
            np.average(peaks.share, axis=0, weights=peaks.heard)
            if len(peaks.time)
            else np.full(peaks.share.shape[1], 1 / max(1, peaks.share.shape[1]))
            for peaks in self.peaks
        ]

    def _told(self, peaks: Peaks, usual: Signal) -> Signal:
        """(frames, drums) nats that tell the drums of a family apart, by the nearest peak of it."""
        if not len(peaks.time):
            return np.zeros((self.n_frames, peaks.share.shape[1]))
        nats = peaks.heard[:, None] * np.log((peaks.share + BLUR) / (usual + BLUR))
        time = np.arange(self.n_frames) / self.frame_rate
        nearest = np.searchsorted((peaks.time[1:] + peaks.time[:-1]) / 2, time)
        distance = np.abs(time - peaks.time[nearest])
        return np.asarray(np.where(distance <= _REACH, closeness(distance), 0.0)[:, None] * nats[nearest])

    @cached_property
    def rest(self) -> Signal:
        """(frames + 1,) nats, added up to each frame, of playing nothing."""
        nats = np.zeros(self.n_frames + 1)
        for peaks in self.peaks:
            frame = np.clip(np.rint(peaks.time * self.frame_rate).astype(int), 0, self.n_frames - 1)
            np.add.at(nats[1:], frame, peaks.heard * np.log(UNWRITTEN))
            nats[1:] += (1 - UNWRITTEN) * peaks.heard.sum() / max(1, self.n_frames)
        return np.cumsum(nats)


def closeness(distance: ArrayLike) -> Signal:
    """How much a peak at this distance (seconds) speaks for a stroke: 1 at none."""
    return np.exp(-0.5 * (np.asarray(distance, np.float64) / (2 * _SPREAD)) ** 2)


def _peaks(members: Floats, family: Sequence[str], threshold: float, frame_rate: float) -> Peaks:
    """The peaks of a family, given the activations of its members (frames, drums).

    Log-odds are scaled so that the song's median frame gets `_BACKGROUND` of them: a listener may be timid or bold.
    """
    activation = 1 - np.prod(1 - members, axis=1, dtype=np.float64).astype(np.float32)
    frames = pick_peaks(activation, 0.0, _APART * frame_rate)
    odds = log_odds(activation, _NEAREST) - float(log_odds(threshold, _NEAREST))
    scale = np.clip(_BACKGROUND / min(float(np.median(odds)), -1e-3), *_SCALE) if len(odds) else 1.0
    heard = np.minimum(1 / (1 + np.exp(-scale * odds[frames])), _SURE)
    frames, heard = frames[heard >= _LEAST], heard[heard >= _LEAST]
    exact = np.array([interpolate_peak(activation, frame) for frame in frames.tolist()], np.float64)
    likeliest = np.array(family, "<U2")[members[frames].argmax(axis=1)]
    share = members[frames] / members[frames].sum(axis=1, keepdims=True)
    return Peaks(exact / frame_rate, heard, likeliest, share.astype(np.float64))
