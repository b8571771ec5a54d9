"""Which beats begin a bar, and how many beats the bars have: what speaks for each bar that there might be.

In come the beats' times, the downbeat activation and the hits; out comes the place in its bar of each beat, by the
search of `bars`. What the drums do says most, as the networks of `barlines` understand it; the activation joins in
where it stands out on the first beat of a bar. Drums set in on a one, more often than not, and rare meters are doubted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.meter import barlines, bars
from drum_tabber.meter.rhythm import FAMILIES, patterns
from drum_tabber.odds import log_odds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SHARES = {2: 0.03, 3: 0.07, 4: 0.84, 5: 0.02, 6: 0.02, 7: 0.02}  # of the meters in the music at large
_RARE = 0.005  # of any other meter
_STRONG = [family for family, drums in enumerate(FAMILIES) if {*drums} & {"BD", "CC"}]
_ENTERS = 0.3  # strength of a kick or crash on a beat with which a drummer sets in
_NEAREST = 0.01  # to 0 and to 1 that an activation is taken to be


@dataclass(frozen=True)
class Weights:
    """What counts for how much, in nats, beside what the drums do.

    `activation` for the log-odds by which the first beat of a bar exceeds its others; `pairs`: a beat, by which bars of
    two are doubted, for two of them make one of four; `entry` for drums that set in on a one, as 354 of 437
    performances of the training corpora do; `change` for another meter, on top of how rare it is, and `stray` for a bar
    of none.
    """

    activation: float = 1.0
    pairs: float = 0.35
    entry: float = 4.58
    change: float = 4.92
    stray: float = 7.25


WEIGHTS = Weights()


def places(
    beat_time: Floats, downbeat: Floats, hits: Hits, meters: tuple[int, ...], weights: Weights = WEIGHTS
) -> Integers:
    """(beats,) the place in its bar of each beat, from the downbeat activation (beats,) at the beats and the hits."""
    found, odds = patterns(hits, beat_time), log_odds(downbeat, _NEAREST)
    nats = weights.activation * np.stack([_standing_out(odds, meter) for meter in meters], axis=1)
    if found.any():
        nats += barlines.nats(found, meters)
    nats[:, [meter == 2 for meter in meters]] -= 2 * weights.pairs
    nats[_entry(found)] += weights.entry
    shares = np.log([_SHARES.get(meter, _RARE) for meter in meters])
    place = bars.search(nats, meters, bars.Costs(weights.change, weights.stray, tuple(shares.tolist())))
    return _paired(place) if {2, 4} <= set(meters) else place


def _paired(place: Integers) -> Integers:
    """The places, with bars of two and of four among one another counted as most of the song is: two bars of two are
    one of four. The last bar, which may be cut off, stays as it is."""
    starts = np.flatnonzero(place == 1)
    n_beats = np.diff(starts)
    twos, fours = np.count_nonzero(n_beats == 2), np.count_nonzero(n_beats == 4)
    place = place.copy()
    if twos > 2 * fours:
        for start in starts[:-1][n_beats == 4].tolist():
            place[start : start + 4] = (1, 2, 1, 2)
    elif fours:
        bar = 0
        while bar + 1 < len(n_beats):
            pair = n_beats[bar] == n_beats[bar + 1] == 2
            if pair:
                place[starts[bar] : starts[bar] + 4] = (1, 2, 3, 4)
            bar += 1 + pair
    return place


def _entry(found: Floats) -> int:
    """The beat with which the drums set in: the first that has a kick or a crash, after a count or a fill."""
    strong = np.flatnonzero(found[:, 0, _STRONG].max(axis=1) > _ENTERS)
    return int(strong[0]) if len(strong) else 0


def _standing_out(values: Floats, meter: int) -> Floats:
    """(beats,) by how much each value exceeds the mean of the others in the bar that it begins, as far as it goes."""
    sums = np.cumsum(np.pad(values, (1, meter)))
    beat = np.arange(len(values))
    number = np.minimum(meter - 1, len(values) - 1 - beat)
    others = (sums[beat + meter] - sums[beat + 1]) / np.maximum(number, 1)
    return np.where(number > 0, values - others, 0.0)
