"""Where in the beat drums are struck: on the beat and on simple fractions of it, seldom anywhere else.

It keeps the beats from sliding by a sixteenth where a fill is dense: there everything sounds like a beat, but what is
struck before and after would fall between all fractions. Moments at which something was struck are taken for a Poisson
process; what they say for a beat is the log likelihood of their places in it over that of strokes anywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits

Floats = NDArray[np.float64]

# Share of the moments at each fraction of a beat: sixteenths, triplets, the late eighth of swing.
_SHARES: dict[float, float] = {
    0.0: 0.36, 1 / 6: 0.01, 1 / 4: 0.11, 1 / 3: 0.04, 1 / 2: 0.24, 0.64: 0.08, 3 / 4: 0.12, 5 / 6: 0.02,
}  # fmt: skip
_UNEVEN = 0.013  # seconds, standard deviation of a player and of where his strokes are heard
_ANYWHERE = 0.08  # share of the moments that keep to no fraction
_WEIGHT = 0.7  # of what they say: moments follow from one another more than the process has it
_TOGETHER = 0.03  # seconds within which strokes are one moment
_RATE = 200.0  # frames a second in which beats are judged
_EARLY = 0.02  # seconds that a moment may be ahead of its beat


def moments(hits: Hits, n_frames: int, frame_rate: float) -> Floats:
    """(n_frames,) the confidence of what is struck in each frame; strokes together count once, at their mean time."""
    found = np.zeros(n_frames)
    if not len(hits):
        return found
    first = np.flatnonzero(np.diff(hits.time, prepend=-np.inf) > _TOGETHER)
    weight = np.maximum(hits.confidence, 1e-6)
    time = np.add.reduceat(hits.time * weight, first) / np.add.reduceat(weight, first)
    frame = np.rint(time * frame_rate).astype(np.int64)
    inside = (frame >= 0) & (frame < n_frames)
    np.maximum.at(found, frame[inside], np.maximum.reduceat(hits.confidence, first)[inside])
    return found


def nats(intervals: NDArray[np.int64], frame_rate: float) -> Floats:
    """(longest interval, intervals) what a moment so many frames into a beat says for a beat of that many frames."""
    frame = np.arange(int(intervals.max()))[:, None]
    found = _nats(frame / frame_rate, intervals / frame_rate)
    return np.asarray(np.where(frame < intervals, found, 0.0), np.float64)


def said(time: Floats, hits: Hits) -> Floats:
    """(beats - 1,) what the moments in each beat say for it, as far as they are sure, for beats at increasing times."""
    strength = moments(hits, round((time[-1] + 1) * _RATE), _RATE)
    moment = np.flatnonzero(strength)
    at, beat = moment / _RATE, np.searchsorted(time, moment / _RATE + _EARLY, side="right") - 1
    inside = (beat >= 0) & (beat < len(time) - 1)
    at, beat, moment = at[inside], beat[inside], moment[inside]
    weighed = strength[moment] * _nats(at - time[beat], np.diff(time)[beat])
    return np.asarray(np.bincount(beat, weighed, minlength=len(time) - 1), np.float64)


def _nats(into: Floats, interval: Floats) -> Floats:
    """What moments so many seconds into beats of these intervals say for them."""
    density = np.zeros(np.broadcast_shapes(into.shape, interval.shape))
    for place, share in _SHARES.items():
        for beat in (-1, 0, 1):  # a stroke meant for the next beat may come early
            away = (into - (place + beat) * interval) / _UNEVEN
            density += share * np.exp(-0.5 * away**2)
    density *= interval / (_UNEVEN * np.sqrt(2 * np.pi) * sum(_SHARES.values()))  # over that of strokes anywhere in it
    return np.asarray(_WEIGHT * np.log((1 - _ANYWHERE) * density + _ANYWHERE), np.float64)
