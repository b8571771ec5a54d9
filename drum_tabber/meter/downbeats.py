"""Which beats begin a bar, and how many beats the bars have: what speaks for each bar that there might be.

In come the beats' times, the downbeat activation and the hits; out comes the place in its bar of each beat, by the
search of `bars`. Drummers repeat themselves bar by bar, so the bars about one are folded, those that would be of the
same part: their patterns are averaged, which leaves what the bar is made of, and how much each beat of it changes from
bar to bar (fills do, and they end before the one). A small network tells from the folded pattern of five beats how well
the middle one would do as the first of a bar; it was fitted to performances and made-up songs, as
`tools/fit_downbeats.py` does it. The folded activation speaks too. A bar of its own stands out where the activation and
the crashes of its first beat exceed the others', and its meter is believed where it is liker the bar before or after
than what lies a beat nearer or farther. All this is added up with weights that `tools/fit_bars.py` finds; then the song
is read again with what its own bars were like.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter import bars
from drum_tabber.meter.recall import recalled
from drum_tabber.meter.rhythm import FAMILIES, PARTS, folded, in_threes, likeness, patterns
from drum_tabber.odds import log_odds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

REACH = 3  # bars on either side that are folded
CONTEXT = (-2, -1, 0, 1, 2)  # beats that the network sees
N_FEATURES = len(CONTEXT) * (len(PARTS) * len(FAMILIES) + 1)
FIGURES = ("downbeat", "likeness", "activation", "crash")  # of a bar, as `bar_figures` has them
_SHARES = {2: 0.03, 3: 0.07, 4: 0.84, 5: 0.02, 6: 0.02, 7: 0.02}  # of the meters in the music at large
_RARE = 0.005  # of any other meter
_STRONG, _CRASH = [0, 4], 4  # of the families: kicks and crashes
_PATTERN, _ACTIVATION = 0.8, 0.59  # weights of the two evidences, by downbeats of songs that nothing was fitted to
_LEAST_UNLIKE = 0.05  # squared strengths that beats which differ from the others by less are alike by no more than
_ENTERS = 0.3  # strength of a kick or crash on a beat with which a drummer sets in
NEAREST = 0.01  # to 0 and to 1 that an activation is taken to be
_AGAIN = 2  # readings with what the song's own bars were like


@dataclass(frozen=True)
class Weights:
    """What figures and events count for in nats, by `tools/fit_bars.py`.

    `figures` as in `FIGURES`; `doubted`: nats a beat by which bars of these meters must be better than those of 4, in
    which 2 hides; `entry` for drums that set in on a one, as 354 of 437 performances of the training corpora do;
    `change` for another meter, on top of how rare it is, and `stray` for a bar of none; `recalled` for what the song's
    own bars are like; `pairs` instead of what is doubted of 2 where beats are of three, for 6/8 is as usual as 12/8, or
    where most other beats lie in bars of three.
    """

    figures: tuple[float, ...] = (1.28, 0.89, 0.62, 0.87)
    doubted: dict[int, float] = field(default_factory=lambda: {2: 1.4, 3: 0.0, 5: 0.12, 6: 0.33, 7: 0.1})
    entry: float = 4.58
    change: float = 4.92
    stray: float = 7.25
    recalled: float = 1.0
    pairs: float = 0.35

    def with_pairs(self) -> Weights:
        """The same where bars of two are no halves of bars of four."""
        return replace(self, doubted={**self.doubted, 2: self.pairs})


WEIGHTS = Weights()


def places(
    beat_time: Floats, downbeat: Floats, hits: Hits, meters: tuple[int, ...], weights: Weights = WEIGHTS
) -> Integers:
    """(beats,) the place in its bar of each beat, from the downbeat activation (beats,) at the beats and the hits."""
    found = patterns(hits, beat_time)
    figures = np.stack([bar_figures(found, log_odds(downbeat, NEAREST), meter) for meter in meters], axis=1)
    compound = in_threes(hits, beat_time)
    place, known = np.zeros(0, np.int64), np.zeros(1)
    for _ in range(1 + _AGAIN):
        weighed = weights.with_pairs() if compound or _waltzes(place) else weights
        first = nats(figures, meters, entry(found), weighed)
        place = bars.search(first + known, meters, costs(meters, weights))
        known = own(found, place, meters, weights)
    return place


def _waltzes(place: Integers) -> bool:
    """Whether most beats lie in bars of three."""
    starts = np.append(np.flatnonzero(place == 1), len(place))
    lengths = np.diff(starts)
    return bool(len(place)) and 2 * int(lengths[lengths == 3].sum()) > len(place)


def own(found: Floats, place: Integers, meters: tuple[int, ...], weights: Weights) -> Floats:
    """(beats, meters, 1, 1) nats for bars by what the song's bars were like at these places."""
    return np.asarray(weights.recalled * recalled(found, place, meters)[:, :, None, None], np.float64)


def nats(figures: Floats, meters: tuple[int, ...], entry: int, weights: Weights) -> Floats:
    """(beats, meters, REACH + 1, REACH + 1) what figures (..., FIGURES) of bars come to; a bar ought to begin with the
    beat `entry`."""
    doubted = np.array([weights.doubted.get(meter, 0.0) * meter for meter in meters])
    found = figures @ np.array(weights.figures) - doubted[:, None, None]
    found[entry] += weights.entry
    return np.asarray(found, np.float64)


def costs(meters: tuple[int, ...], weights: Weights) -> bars.Costs:
    """What the search pays."""
    shares = np.log([_SHARES.get(meter, _RARE) for meter in meters])
    return bars.Costs(weights.change, weights.stray, tuple(shares.tolist()))


def entry(found: Floats) -> int:
    """The beat with which the drums set in: the first that has a kick or a crash, after a count or a fill."""
    strong = np.flatnonzero(found[:, 0, _STRONG].max(axis=1) > _ENTERS)
    return int(strong[0]) if len(strong) else 0


def bar_figures(found: Floats, odds: Floats, meter: int) -> Floats:
    """(beats, REACH + 1, REACH + 1, FIGURES) what speaks for a bar of so many beats that begins with each beat, by how
    many bars of its part lie before it and after it.

    `found` are the beats' patterns, `odds` (beats,) the log odds of their downbeat activation.
    """
    others = np.minimum(np.arange(REACH + 1), 1)  # whether there are any bars before, or after
    figures = np.empty((len(found), REACH + 1, REACH + 1, len(FIGURES)))
    figures[..., 0] = downbeat_nats(found, odds, meter) + np.log(meter)  # what it is above chance
    figures[..., 1] = meter * recurring(found, meter)[:, others[:, None], others]
    figures[..., 2] = _standing_out(odds, meter)[:, None, None]
    figures[..., 3] = _standing_out(found[:, 0, _CRASH], meter)[:, None, None]
    return figures


def downbeat_nats(found: Floats, odds: Floats, meter: int) -> Floats:
    """(beats, REACH + 1, REACH + 1) log probability that each beat is the downbeat among those of a bar that begins
    with it, by how many bars of its part lie before it and after it."""
    nats = np.empty((len(found), REACH + 1, REACH + 1))
    for before in range(REACH + 1):
        for after in range(REACH + 1):
            heard = in_bars(folded(odds, meter, before, after), meter)
            score = _PATTERN * _network(_beat_features(found, meter, before, after), meter) + _ACTIVATION * heard
            nats[:, before, after] = score[:, 0] - np.logaddexp.reduce(score, axis=1)
    return nats


def features(found: Floats, meter: int, before: int, after: int) -> Floats:
    """(beats, meter, N_FEATURES) what the network sees of the beats of the bar that begins with each beat: the folded
    patterns of each one and its neighbours, and how much they change; before the first beat comes the last."""
    bar = in_bars(_beat_features(found, meter, before, after), meter)
    return np.concatenate([np.roll(bar, -offset, axis=1) for offset in CONTEXT], axis=2)


def _beat_features(found: Floats, meter: int, before: int, after: int) -> Floats:
    """(beats, features of one beat) folded patterns, and how much they change from bar to bar."""
    pattern = folded(found, meter, before, after).reshape(len(found), -1)
    change = folded(1 - likeness(found, meter), meter, before - 1, after)
    return np.concatenate([pattern, change[:, None]], axis=1)


def _network(own: Floats, meter: int) -> Floats:
    """(beats, meter) how well each beat of the bar that begins with each beat would do as the downbeat, in nats.

    What it sees is made of one beat's features (beats, features) as in `features`, but each is weighted only once.
    """
    hidden, bias, out = _weights()
    weighted = carried_on(own, meter) @ hidden.reshape(len(CONTEXT), own.shape[1], -1)
    scores = np.empty((len(own), meter))
    for place in range(meter):
        starts = [(place + offset) % meter for offset in CONTEXT]
        active = sum((part[start : start + len(own)] for part, start in zip(weighted, starts, strict=True)), bias)
        scores[:, place] = np.tanh(active) @ out
    return scores


@cache
def _weights() -> tuple[Floats, Floats, Floats]:
    with np.load(Path(__file__).with_name("downbeats.npz")) as file:
        hidden, bias, out = (file[name].astype(np.float64) for name in ("hidden", "bias", "out"))
    return hidden, bias, out


def in_bars(values: Floats, meter: int) -> Floats:
    """(beats, meter, ...) the values of the bar that begins with each beat."""
    return carried_on(values, meter)[np.arange(len(values))[:, None] + np.arange(meter)]


def carried_on(values: Floats, meter: int) -> Floats:
    """(beats + meter, ...) the values and those of a bar more, which is like the last one."""
    beat = np.arange(len(values) + meter)
    return values[np.maximum(np.where(beat < len(values), beat, beat - meter), 0)]


def recurring(found: Floats, meter: int) -> Floats:
    """(beats, 2, 2) by how much the bar from each beat on is liker a bar before or after, whichever is liker, than what
    lies a beat nearer or farther; by whether there is a bar before, and one after. 0 where there is neither."""
    alike = {lag: _likenesses(found, lag, meter) for lag in (meter - 1, meter, meter + 1)}
    before, after = alike[meter]
    usual = np.fmax(np.fmax(*alike[meter - 1]), np.fmax(*alike[meter + 1]))
    own = np.stack([np.full_like(before, np.nan), after, before, np.fmax(before, after)], axis=1)
    return np.nan_to_num(own - usual[:, None]).reshape(-1, 2, 2)


def _likenesses(found: Floats, lag: int, meter: int) -> tuple[Floats, Floats]:
    """(beats,) twice: how like the bar from each beat on is to what lies so many beats before, and after: -1 to 1.

    What all beats share, as the hats do, says nothing of a bar.
    """
    flat = np.sqrt(found.reshape(len(found), -1))
    flat = flat - flat.mean(axis=0)
    power = 0.5 * np.sum(flat**2, axis=1)
    alike = np.sum(flat[lag:] * flat[:-lag], axis=1) / (power[lag:] + power[:-lag] + _LEAST_UNLIKE)
    unknown = np.full(min(lag, len(flat)), np.nan)
    return _bar_means(np.concatenate([unknown, alike]), meter), _bar_means(np.concatenate([alike, unknown]), meter)


def _standing_out(values: Floats, meter: int) -> Floats:
    """(beats,) by how much each value exceeds the mean of the others in the bar that it begins."""
    others = _bar_means(np.append(values[1:], np.nan), meter - 1)
    return np.nan_to_num(values - others)


def _bar_means(values: Floats, n_beats: int) -> Floats:
    """(beats,) the mean of so many values from each on; nan is left out."""
    known = ~np.isnan(values)
    sums, counts = (np.cumsum(np.pad(part, (1, n_beats))) for part in (np.where(known, values, 0), known.astype(float)))
    number = counts[n_beats:-1] - counts[: -n_beats - 1]
    total = sums[n_beats:-1] - sums[: -n_beats - 1]
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
