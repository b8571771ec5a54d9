"""Half or double? The level of the beats: which of a song's pulses a drummer would count.

The beats that were tracked come in, with the activations and the hits; the beats of the chosen level go out: as they
were, or their halves, thirds, doubles, triples, or those that lie between. Each candidate is judged by its tempo, by
what is heard on and between its beats, and by the drums: a backbeat and a kick that take turns, how dense hats and hits
are, how much comes again after a beat, two and a bar, and how clear the bars become. A conditional logistic
regression weighs these figures; its weights were fitted to 102 rendered songs, of the made-up and of performances.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter.downbeats import downbeat_nats, log_odds
from drum_tabber.meter.rhythm import likeness, patterns

Floats = NDArray[np.float64]

_FEWEST = 8  # beats of which a level can be judged
_BARS = (2, 3, 4, 5, 7)  # beats a bar that are tried to see how clear the bars become
_TOGETHER = 0.03  # seconds within which strokes are one moment


@dataclass(frozen=True)
class Level:
    """What speaks for and against a candidate; what is heard is in log odds."""

    far: float  # squared octaves from 120 beats a minute
    octaves: float  # from there
    fast: float  # beats a minute beyond 180, over 60
    slow: float  # beats a minute below 80, over 40
    on_beats: float  # the beat activation on the beats
    on_halves: float  # midway between them
    on_thirds: float  # on the better of their thirds
    moments: float  # log of how many moments a beat has with any stroke
    turns: float  # how unlike even and odd beats are in their kicks and snares
    snares_on: float  # share of the snares on beats
    kicks_on: float  # share of the kicks on beats
    snares_between: float  # share of the snares midway
    like_beat: float  # likeness to the beat before
    like_two: float  # to the one before that
    like_bar: float  # to those three to seven beats before, whichever is likest
    clear: float  # nats of the downbeats in the clearest meter
    timekeeping: float  # log of the strokes on hats and rides a beat
    snares_off: float  # share of the snares elsewhere in the beat
    tracked: float  # 1 for the beats as they were tracked


WEIGHTS = Level(
    far=-0.738,
    octaves=0.064,
    fast=-0.291,
    slow=-1.219,
    on_beats=0.479,
    on_halves=-0.149,
    on_thirds=-0.014,
    moments=-0.092,
    turns=1.049,
    snares_on=0.702,
    kicks_on=1.969,
    snares_between=-0.754,
    like_beat=0.599,
    like_two=1.421,
    like_bar=2.895,
    clear=1.489,
    timekeeping=0.054,
    snares_off=-0.075,
    tracked=0.642,
)


def chosen(beat_time: Floats, activations: Floats, frame_rate: float, hits: Hits, tempi: tuple[float, float]) -> Floats:
    """The beats of the likeliest level whose median tempo lies between `tempi`, beats a minute.

    `activations` (frames, 2) are those of beats and downbeats.
    """
    if len(beat_time) < _FEWEST or not len(hits):
        return beat_time
    low, high = tempi
    others = [time for time in _others(beat_time) if low <= 60 / np.median(np.diff(time)) <= high]
    candidates = [beat_time, *others]
    weights = np.array(astuple(WEIGHTS))
    judged = [
        weights @ np.array(astuple(judge(time, activations, frame_rate, hits, tracked=time is beat_time)))
        for time in candidates
    ]
    return candidates[int(np.argmax(judged))]


def _others(time: Floats) -> list[Floats]:
    """Beats of other levels, and those that lie midway between the ones given."""
    halves, thirds = divided(time, 2), divided(time, 3)
    others = [
        halves,
        thirds,
        halves[1::2],
        *(time[start::2] for start in range(2)),
        *(time[start::3] for start in range(3)),
    ]
    return [other for other in others if len(other) >= _FEWEST // 2]


def divided(time: Floats, parts: int) -> Floats:
    """Times with `parts` - 1 more spread evenly between any two."""
    return np.interp(np.arange((len(time) - 1) * parts + 1) / parts, np.arange(len(time)), time)


def judge(time: Floats, activations: Floats, frame_rate: float, hits: Hits, tracked: bool) -> Level:
    """The figures of candidate beats."""
    bpm = float(60 / np.median(np.diff(time)))
    octaves = float(np.log2(bpm / 120))
    found = patterns(hits, time)
    kick, snare = found[:, :, 0], found[:, :, 1]
    beat, down = activations.max(axis=1), near(activations[:, 1], time, frame_rate, 0.05)
    interval = np.diff(time)
    halves = near(beat, time[:-1] + interval / 2, frame_rate, 0.03)
    thirds = np.maximum(*(near(beat, time[:-1] + interval * part / 3, frame_rate, 0.03) for part in (1, 2)))
    inside = hits.time[(hits.time >= time[0] - 0.05) & (hits.time <= time[-1] + 0.05)]
    alike = [float(np.nanmean(np.append(likeness(found, lag), 0))) for lag in range(1, min(8, len(time)))]
    n_snares = float(snare.sum()) + 1
    return Level(
        far=octaves**2,
        octaves=octaves,
        fast=max(0, bpm - 180) / 60,
        slow=max(0, 80 - bpm) / 40,
        on_beats=float(log_odds(near(beat, time, frame_rate, 0.05)).mean()),
        on_halves=float(log_odds(halves).mean()),
        on_thirds=float(log_odds(thirds).mean()),
        moments=float(np.log(len(np.unique(np.round(inside / _TOGETHER))) / len(time) + 0.1)),
        turns=sum(float(abs(drum[::2, 0].mean() - drum[1::2, 0].mean())) for drum in (kick, snare)),
        snares_on=float(snare[:, 0].sum()) / n_snares,
        kicks_on=float(kick[:, 0].sum()) / (float(kick.sum()) + 1),
        snares_between=float(snare[:, 2].sum()) / n_snares,
        like_beat=alike[0],
        like_two=alike[1],
        like_bar=max(alike[2:], default=0.0),
        clear=_clearness(found, log_odds(down)),
        timekeeping=float(np.log(found[:, :, 2:4].sum() / len(time) + 0.1)),
        snares_off=float(snare[:, 1].sum() + snare[:, 3].sum()) / n_snares,
        tracked=float(tracked),
    )


def _clearness(found: Floats, odds: Floats) -> float:
    """Mean nats of the downbeats, over chance, in the meter and at the place where they are clearest."""
    best = -9.0
    for meter in _BARS:
        if len(found) > 2 * meter:
            nats = downbeat_nats(found, odds, meter)
            best = max(best, max(float(nats[start::meter].mean()) for start in range(meter)) + 0.5 * np.log(meter))
    return float(best)


def near(activation: Floats, time: Floats, frame_rate: float, reach: float) -> Floats:
    """(times,) the greatest activation within `reach` seconds of each time."""
    n_frames = max(1, round(reach * frame_rate))
    frame = np.clip(np.rint(time * frame_rate).astype(np.int64), 0, len(activation) - 1)
    window = np.pad(activation, n_frames)[frame[:, None] + np.arange(2 * n_frames + 1)]
    return np.asarray(window.max(axis=1), np.float64)
