"""Which beats begin a bar, and how many beats the bars have: a search over the whole song with joint evidence.

In come the beats' times, the downbeat activation and the hits; out comes the place in its bar of each beat. Drummers
repeat themselves bar by bar, so everything is first folded: the patterns of beats that lie whole bars apart are
averaged, which leaves what the bar is made of, and how much each beat of it changes from bar to bar (fills do, and they
end before the one). A small network tells from the folded pattern of five beats how well the middle one would do as the
first of a bar; it was fitted to performances and made-up songs, as `tools/fit_downbeats.py` does it. The folded
activation speaks too. What comes of it is a probability for each beat among those of one bar, and one for each meter:
how like the beats are to those a bar before, and how clear the ones are. A Viterbi search over meters and places then
pays for each change of either; it expects that drums set in on a one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter.rhythm import FAMILIES, PARTS, folded, likeness, patterns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

REACH = 4  # bars on either side that are folded
CONTEXT = (-2, -1, 0, 1, 2)  # beats that the network sees
N_FEATURES = len(CONTEXT) * (len(PARTS) * len(FAMILIES) + 1)
_STRONG = [0, 4]  # of the families: kicks and crashes
_SHARES = {2: 0.03, 3: 0.07, 4: 0.84, 5: 0.02, 6: 0.02, 7: 0.02}  # of the meters in the music at large
_RARE = 0.005  # of any other meter
_PATTERN, _ACTIVATION = 0.66, 0.59  # weights of the two evidences, by conditional logistic regression
_METER = (2.0, 2.5, 2.9, 1.2)  # weights of the figures that `meter_nats` takes, likewise
_DOUBTED = {2: 5.0, 3: 0.5, 5: 0.5, 6: 2.0, 7: 0.5}  # nats by which these must be clearer than 4, in which 2 hides
_LEAST_UNLIKE = 0.05  # squared strengths that beats which differ from the others by less are alike by no more than
_ABOUT = 3  # beats on either side by which the meter is judged
_SAME_BARS, _SAME_BEATS = 0.95, 2.0  # of which the evidence counts once, because what comes again says nothing new
_CHANGE_COST = 6.0  # nats for a change of meter or of place in the bar
_BREAK_COST = 4.0  # nats more where a bar is broken off
_ENTRY = 1.5  # nats for drums that set in on a one: 354 of 437 performances of the training corpora do
_ENTERS = 0.3  # strength of a kick or crash on a beat with which a drummer sets in
_SURE = 0.01  # activations are no nearer than this to 0 or 1
_LEAST_POWER = 0.5  # variance of log odds below which an activation says little


def places(
    beat_time: Floats, downbeat: Floats, hits: Hits, meters: tuple[int, ...], change_cost: float = _CHANGE_COST
) -> Integers:
    """(beats,) the place in its bar of each beat, from the downbeat activation (beats,) at the beats and the hits."""
    found = patterns(hits, beat_time)
    odds = log_odds(downbeat)
    one = {meter: downbeat_nats(found, odds, meter) for meter in meters}
    counted = meter_nats(found, odds, one)
    return _search(one, counted, change_cost, entry(found))


def entry(found: Floats) -> int:
    """The beat with which the drums set in: the first that has a kick or a crash, after a count or a fill."""
    strong = np.flatnonzero(found[:, 0, _STRONG].max(axis=1) > _ENTERS)
    return int(strong[0]) if len(strong) else 0


def log_odds(probability: Floats) -> Floats:
    """The log odds of probabilities, of which none is taken for certain."""
    sure = np.clip(probability, _SURE, 1 - _SURE)
    return np.asarray(np.log(sure / (1 - sure)), np.float64)


def downbeat_nats(found: Floats, odds: Floats, meter: int) -> Floats:
    """(beats,) log probability of each beat to be the downbeat, among the `meter` beats about it."""
    score = _PATTERN * _network(features(found, meter, REACH)) + _ACTIVATION * folded(odds, meter, REACH)
    about = np.stack([_shifted(score, offset - meter // 2, meter) for offset in range(meter)])
    return np.asarray(score - np.logaddexp.reduce(about, axis=0), np.float64)


def features(found: Floats, meter: int, reach: int) -> Floats:
    """(beats, N_FEATURES) the folded patterns of each beat and its neighbours, and how much they change."""
    pattern = folded(found, meter, reach).reshape(len(found), -1)
    change = folded(1 - likeness(found, meter), meter, reach)
    own = np.concatenate([pattern, change[:, None]], axis=1)
    return np.concatenate([_shifted(own, offset, meter) for offset in CONTEXT], axis=1)


def _shifted(values: Floats, offset: int, meter: int) -> Floats:
    """values[beat + offset]; beyond the ends those of the same place in the next bar."""
    beat = np.arange(len(values)) + offset
    beat = np.where(beat < 0, beat + meter, beat)
    beat = np.where(beat >= len(values), beat - meter, beat)
    return values[np.clip(beat, 0, len(values) - 1)]


@cache
def _weights() -> tuple[Floats, Floats, Floats]:
    with np.load(Path(__file__).with_name("downbeats.npz")) as file:
        hidden, bias, out = (file[name].astype(np.float64) for name in ("hidden", "bias", "out"))
    return hidden, bias, out


def _network(features: Floats) -> Floats:
    """(beats,) how well each beat would do as a downbeat, in nats."""
    hidden, bias, out = _weights()
    return np.asarray(np.tanh(features @ hidden + bias) @ out, np.float64)


def meter_nats(found: Floats, odds: Floats, one: dict[int, Floats]) -> Floats:
    """(meters, beats) log probability of each meter about each beat, all being as frequent.

    Likeness to the beats a bar before or after counts over that at any lag and over that a beat more or less before,
    then how much the activation comes again, and how clear the ones are.
    """
    alike = {lag: _smooth(_recurring(found, lag)) for lag in range(1, max(*one, 7) + 2)}
    usual = np.mean(list(alike.values()), axis=0)
    centred = odds - odds.mean()
    power = max(_LEAST_POWER, float(np.mean(centred**2)))
    nats = []
    for meter, downbeats in one.items():
        product = np.full(len(odds), np.nan)
        product[meter:] = centred[meter:] * centred[:-meter] / power
        clearest = np.max([_shifted(downbeats, offset - meter // 2, meter) for offset in range(meter)], axis=0)
        figures = (
            alike[meter] - usual,
            alike[meter] - np.maximum(alike[meter - 1], alike[meter + 1]),
            _smooth(product),
            _smooth(clearest),
        )
        nats.append(sum(weight * figure for weight, figure in zip(_METER, figures, strict=True)))
    stacked = np.stack(nats)
    return np.asarray(stacked - np.logaddexp.reduce(stacked, axis=0), np.float64)


def _recurring(found: Floats, lag: int) -> Floats:
    """(beats,) how like each beat is to that so many before or after it, whichever is liker: -1 to 1, nan: none is.

    A part's first bar is not like the bar before it, nor its last like the one after. What all beats share, as the hats
    do, says nothing of a bar.
    """
    flat = np.sqrt(found.reshape(len(found), -1))
    flat = flat - flat.mean(axis=0)
    power = 0.5 * np.sum(flat**2, axis=1)
    before, after = np.full(len(flat), np.nan), np.full(len(flat), np.nan)
    alike = np.sum(flat[lag:] * flat[:-lag], axis=1) / (power[lag:] + power[:-lag] + _LEAST_UNLIKE)
    before[lag:], after[: len(alike)] = alike, alike
    return np.asarray(np.fmax(before, after), np.float64)


def _smooth(values: Floats) -> Floats:
    """The mean over the beats up to `_ABOUT` away."""
    return folded(values, 1, _ABOUT)


def _search(one: dict[int, Floats], counted: Floats, change_cost: float, entry: int) -> Integers:
    """The best places by Viterbi; each bar adds the nats of its downbeat, each beat those of its meter. The beat
    `entry` is expected to be a one."""
    place = np.concatenate([np.arange(1, meter + 1) for meter in one])
    first = np.flatnonzero(place == 1)
    before = np.arange(len(place)) - 1
    before[first] += list(one)  # before place 1 comes the last place of the same meter
    own = np.repeat(np.arange(len(one)), list(one))
    doubted = np.array([_DOUBTED.get(meter, 0.0) for meter in one])
    beat_nats = (counted - doubted[:, None])[own].T / _SAME_BEATS
    bar_nats = np.stack([nats + np.log(meter) for meter, nats in one.items()], axis=1) / _SAME_BARS
    bar_nats[entry] += _ENTRY
    share = np.log([_SHARES.get(meter, _RARE) for meter in one])
    score = beat_nats[0] + share[own]
    score[first] += bar_nats[0]
    back = []
    last = before[first]
    broken = np.where(np.isin(np.arange(len(place)), last), 0.0, _BREAK_COST)
    for beat in range(1, len(beat_nats)):
        source, leader = before.copy(), int((score - broken).argmax())
        cost = change_cost + broken[leader] - share
        breaks = score[leader] - cost > score[last]
        source[first[breaks]] = leader
        score = score[source] + beat_nats[beat]
        score[first[breaks]] -= cost[breaks]
        score[first] += bar_nats[beat]
        back.append(source)
    state = int(score.argmax())
    path = [state]
    for source in reversed(back):
        state = int(source[state])
        path.append(state)
    return place[path[::-1]].astype(np.int64)
