"""Half or double? The level of the beats: which of a song's pulses a drummer would count.

The beats that were tracked come in, with the activations and the hits; the beats of the chosen level go out: as they
were, or their halves, thirds, doubles, triples, or those that lie between. A small network judges each candidate by its
tempo and by what the drums do on and between its beats: the mean beat, how even and odd beats differ, what comes again
after three and four, and how much of it. It was fitted to performances and made-up songs with hits missed and invented,
as `tools/fit_tempo.py` does it, and knows no activations; what these say of the candidate's beats, and of the places
between them, is added, and of how many of the beats are downbeats.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter import steady
from drum_tabber.meter.rhythm import FAMILIES, PARTS, likeness, patterns
from drum_tabber.meter.steady import divided
from drum_tabber.odds import log_odds

Floats = NDArray[np.float64]

LAGS = (1, 2, 3, 4, 6, 8)  # beats after which what comes again is looked for
PERIODS = (3, 4)  # beats of the bars whose strong and weak beats are looked for
LEAST_BPM, MOST_BPM = 60.0, 200.0  # tempi that are usual: beyond them each octave is doubted

_FEWEST = max(LAGS) + 2  # beats of which a level can be judged: with fewer, nothing of theirs comes again as late
_FEWEST_OTHERS = 4  # beats of another level
_TOGETHER = 0.03  # seconds within which strokes are one moment
_NEAR = 0.045  # of a beat about a place in it
_TYPICAL = 110.0  # beats a minute from which octaves are counted
_NEAREST = 0.01  # to 0 and to 1 that an activation is taken to be
_FAST = 1.6  # nats by which an octave faster is doubted: hits that were invented speak for more beats
_SLIP = 2.0  # nats by which each slip of the count by half a beat is doubted
_ENTRY = 2.4  # nats for a count on whose beat the drums set in: of ten songs hardly one begins between beats
_STRONG, _SURE, _AT = ("BD", "CC", "CH"), 0.3, 0.15  # what they set in with, how surely, and beats away at most
_ON, _HALVES, _THIRDS = 0.6, -0.85, -0.3  # weights of the activations, in log odds: on the beats and on parts of them
_ONES, _USUAL_ONES = -5.0, 0.42  # weight of downbeats among the beats, beyond what bars of two and more have
_PLACED = ((0, 0), (0, 1), (0, 4), (2, 0), (2, 1))  # parts and families that make strong and weak beats
N_FEATURES = 5 + 2 * len(PARTS) * len(FAMILIES) + len(PERIODS) * len(_PLACED) + len(LAGS) + 4


def chosen(beat_time: Floats, activations: Floats, frame_rate: float, hits: Hits, tempi: tuple[float, float]) -> Floats:
    """The beats of the likeliest level whose median tempo lies between `tempi`, beats a minute.

    `activations` (frames, 2) are those of beats and downbeats.
    """
    if len(beat_time) < _FEWEST or not len(hits):
        return beat_time

    def nats(candidates: list[Floats]) -> Floats:
        drums = judged(np.stack([features(time, hits) for time in candidates]))
        return drums + np.array([_heard(time, activations, frame_rate) for time in candidates])

    beat_time = steady.levelled(beat_time)
    low, high = tempi
    allowed = [time for time in others(beat_time) if low <= 60 / np.median(np.diff(time)) <= high]
    candidates = [beat_time, *allowed]
    octaves = np.log2([60 / np.median(np.diff(time)) for time in candidates])
    time = candidates[int(np.argmax(nats(candidates) - _FAST * octaves))]
    for found in reversed(steady.find_slips(time)):
        candidates = [time, *(found.mended(time, count) for count in found.counts)]
        entries = [_ENTRY * sets_in(count, hits) for count in candidates]
        time = candidates[int(np.argmax(nats(candidates) + entries - _SLIP * np.array([found.n, 0, 0])))]
    return steady.bridged(time, hits)


def sets_in(time: Floats, hits: Hits) -> bool:
    """Whether the first kick or crash falls on a beat, of those given or before them."""
    strong = hits.select(np.isin(hits.drum, _STRONG) & (hits.confidence > _SURE))
    if not len(strong):
        return False
    first, pace = float(strong.time[0]), float(np.median(np.diff(time)))
    beyond = min(0.0, first - time[0]) + max(0.0, first - time[-1])
    along = float(np.interp(first, time, np.arange(len(time)))) + beyond / pace
    return bool(abs(along - round(along)) < _AT)


def others(time: Floats) -> list[Floats]:
    """Beats of other levels, and those that lie midway between the ones given."""
    halves, thirds = divided(time, 2), divided(time, 3)
    found = [
        halves,
        thirds,
        halves[1::2],
        *(time[start::2] for start in range(2)),
        *(time[start::3] for start in range(3)),
        thirds[::2],
        halves[::3],
    ]
    return [other for other in found if len(other) >= _FEWEST_OTHERS]


def features(time: Floats, hits: Hits) -> Floats:
    """(N_FEATURES,) what candidate beats and the hits are to each other."""
    bpm = float(60 / np.median(np.diff(time)))
    octaves = float(np.log2(bpm / _TYPICAL))
    found = patterns(hits, time)
    turns = np.abs(found[::2].mean(axis=0) - found[1::2].mean(axis=0))
    placed = np.stack([found[:, part, family] for part, family in _PLACED], axis=1)
    turning = (np.exp(-2j * np.pi * np.arange(len(found)) / period) @ placed / len(found) for period in PERIODS)
    alike = [float(np.nanmean(np.append(likeness(found, lag), 0))) if lag < len(time) else 0.0 for lag in LAGS]
    tempi = (octaves, octaves**2, octaves**3, max(0.0, np.log2(bpm / MOST_BPM)), max(0.0, np.log2(LEAST_BPM / bpm)))
    return np.concatenate(
        [tempi, found.mean(axis=0).ravel(), turns.ravel(), *map(np.abs, turning), alike, _density(time, hits)]
    )


def _density(time: Floats, hits: Hits) -> Floats:
    """(4,) shares of the hits on thirds and on quarters of the beats, log of the moments and of the hits a beat."""
    inside = hits.time[(hits.time >= time[0] - _TOGETHER) & (hits.time <= time[-1] + _TOGETHER)]
    if not len(inside):
        return np.zeros(4)
    phase = np.interp(inside, time, np.arange(len(time))) % 1
    thirds = np.minimum(np.abs(phase - 1 / 3), np.abs(phase - 2 / 3)) < _NEAR
    quarters = np.minimum(np.abs(phase - 0.25), np.abs(phase - 0.75)) < _NEAR
    moments = 1 + np.count_nonzero(np.diff(inside) > _TOGETHER)
    counts = np.log(np.array([moments, len(inside)]) / len(time) + 0.1)
    return np.concatenate([[thirds.mean(), quarters.mean()], counts])


def judged(candidates: Floats) -> Floats:
    """(candidates,) nats that the drums give to candidates by their features (candidates, N_FEATURES)."""
    hidden, bias, out = _weights()
    return np.asarray(np.tanh(candidates @ hidden + bias) @ out, np.float64)


@cache
def _weights() -> tuple[Floats, Floats, Floats]:
    with np.load(Path(__file__).with_name("tempo.npz")) as file:
        hidden, bias, out = (file[name].astype(np.float64) for name in ("hidden", "bias", "out"))
    return hidden, bias, out


def _heard(time: Floats, activations: Floats, frame_rate: float) -> float:
    """Nats that the activations give to candidate beats: they are high on them, not as high on their halves and thirds,
    and not all of them are downbeats, as they are where whole bars are taken for beats."""
    beat = activations.max(axis=1)
    on = near(beat, time, frame_rate, 0.05)
    parts = [near(beat, divided(time, 2)[1::2], frame_rate, 0.03)]
    parts.append(near(beat, np.delete(divided(time, 3), np.s_[::3]), frame_rate, 0.03))
    ones = near(activations[:, 1], time, frame_rate, 0.05).mean() / max(float(on.mean()), _NEAREST)
    odds = [log_odds(heard, _NEAREST).mean() for heard in (on, *parts)]
    return float(np.dot((_ON, _HALVES, _THIRDS), odds) + _ONES * max(0.0, ones - _USUAL_ONES))


def near(activation: Floats, time: Floats, frame_rate: float, reach: float) -> Floats:
    """(times,) the greatest activation within `reach` seconds of each time."""
    n_frames = max(1, round(reach * frame_rate))
    frame = np.clip(np.rint(time * frame_rate).astype(np.int64), 0, len(activation) - 1)
    window = np.pad(activation, n_frames)[frame[:, None] + np.arange(2 * n_frames + 1)]
    return np.asarray(window.max(axis=1), np.float64)
