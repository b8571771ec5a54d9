"""Which cymbal a stroke was, told from what is heard and from the strokes around it.

A network answers each moment by itself, and where a ride can't be told from a bell, a crash or a foot hat it says now
this, now that. A drummer doesn't: ride strokes come in streams at even intervals, crashes stand alone, mostly with a
kick or a snare, and one cymbal sounds alike throughout. In come the activations of all drums at each stroke; a small
network sees them with those of the strokes before and after, the intervals between them, and what rings for half a
second, a few and many seconds around. Out come log-odds that each cymbal was struck there, alone or with a hat.
`tools/fit_cymbals.py` fits it to what a bundle's own network hears of rendered songs, so its weights stand in the
bundle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drum_tabber.odds import log_odds

Floats = NDArray[np.float64]

CYMBALS = ("CC", "SC", "CH", "RD", "RB")
RIDES = ("RD", "RB")  # one cymbal, struck on its bow or its bell
SPLASH = "SC"
RINGING = ("HH", "HO", "HP", *CYMBALS)
OTHERS = ("BD", "SD", "SS", "HT", "MT", "LT")  # what is struck with them
NEIGHBOURS = (-2, -1, 1, 2)  # strokes that are seen one by one
SPREADS = (0.6, 3.0, 12.0)  # seconds, the standard deviations of the weights by which strokes around are averaged
REACH = 48  # strokes before and after that are averaged at most
_FADES = 0.7  # seconds in which a neighbour's weight falls to 1/e
_INTERVALS = (0.03, 2.0)  # seconds between strokes: shorter and longer ones are alike
_UNEVEN = 1.0  # of the logarithm of an interval over the next, from where all count as uneven
_FEW = 0.5  # strokes' worth of silence that averages begin with
_SCALE = 3.0  # log-odds are divided by
_BLOCK = 2048  # strokes averaged at a time, so that memory stays flat
N_FEATURES = 3 * len(RINGING) + len(OTHERS) + 1 + (len(NEIGHBOURS) + len(SPREADS)) * (len(RINGING) + 1) + 3

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Weights:
    """One hidden layer, and a straight way past it, from features to log-odds.

    `hidden` (features, hidden), `bias` (hidden,), `out` (hidden, CYMBALS), `straight` (features, CYMBALS), `offset`
    (CYMBALS,). `least` is the activation of all that rings from which a stroke counts as one for those around it.
    """

    hidden: Rows
    bias: tuple[float, ...]
    out: Rows
    straight: Rows
    offset: tuple[float, ...]
    least: float

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Weights:
        """Weights from arrays, or from what `as_lines` made of them."""
        hidden, out, straight = (tuple(map(_row, fields[name])) for name in ("hidden", "out", "straight"))
        bias, offset = (_row(fields[name]) for name in ("bias", "offset"))
        return cls(hidden, bias, out, straight, offset, float(fields["least"]))

    def as_lines(self) -> dict[str, Any]:
        """The same for JSON, each row of numbers as a line of text, or there would be a line for each number."""
        rows = {name: [*map(_line, getattr(self, name))] for name in ("hidden", "out", "straight")}
        return {**rows, "bias": _line(self.bias), "offset": _line(self.offset), "least": self.least}


@dataclass(frozen=True, eq=False)
class Strokes:
    """Strokes in order of time (n,): activations of `RINGING` and `OTHERS` at each, and of all that rings together."""

    time: Floats
    ringing: Floats
    others: Floats
    together: Floats


def log_odds_of(strokes: Strokes, weights: Weights) -> Floats:
    """(n, CYMBALS) log-odds that each cymbal was struck at each stroke."""
    found = features(strokes, weights.least)
    hidden = np.tanh(found @ np.array(weights.hidden) + np.array(weights.bias))
    return np.asarray(
        hidden @ np.array(weights.out) + found @ np.array(weights.straight) + np.array(weights.offset), np.float64
    )


def features(strokes: Strokes, least: float) -> Floats:
    """(n, N_FEATURES) each stroke, and those around it that are as sure as `least`: weaker ones are seen by nobody."""
    n = len(strokes.time)
    seen = np.flatnonzero(strokes.together >= least)
    is_seen = strokes.together >= least
    place = np.searchsorted(seen, np.arange(n))  # how many of those seen come before
    own = [
        log_odds(strokes.ringing) / _SCALE,
        log_odds(strokes.others) / _SCALE,
        log_odds(strokes.together)[:, None] / _SCALE,
        strokes.ringing,
        strokes.ringing / np.maximum(strokes.ringing.sum(axis=1, keepdims=True), 1e-6),
    ]
    time, ringing = strokes.time[seen], strokes.ringing[seen]
    nearby, apart = [], {}
    for step in NEIGHBOURS:
        index = place + step + (is_seen - 1 if step > 0 else 0)
        there = (index >= 0) & (index < len(seen))
        index = np.clip(index, 0, max(0, len(seen) - 1))
        apart[step] = np.where(there, np.abs(time[index] - strokes.time), np.inf) if len(seen) else np.full(n, np.inf)
        weight = np.exp(-apart[step] / _FADES)[:, None]
        nearby += [weight * ringing[index] if len(seen) else np.zeros((n, len(RINGING))), weight]
    before, after = (np.clip(apart[step], *_INTERVALS) for step in (-1, 1))
    uneven = np.minimum(np.abs(np.log(before / after)), _UNEVEN)
    intervals = np.stack([np.log(before), np.log(after), uneven], axis=1)
    return np.concatenate([*own, *nearby, intervals, _around(strokes, seen, place)], axis=1)


def _around(strokes: Strokes, seen: NDArray[np.int64], place: NDArray[np.int64]) -> Floats:
    """(n, SPREADS x (RINGING + 1)) what rings around each stroke, but for itself, and how much of it."""
    n, width = len(strokes.time), len(RINGING) + 1
    found = np.zeros((n, len(SPREADS) * width))
    for start in range(0, n if len(seen) else 0, _BLOCK):
        block = slice(start, start + _BLOCK)
        index = place[block, None] + np.arange(-REACH, REACH + 1)
        there = (index >= 0) & (index < len(seen))
        index = seen[np.clip(index, 0, len(seen) - 1)]
        there &= index != np.arange(n)[block, None]
        apart = strokes.time[index] - strokes.time[block, None]
        for number, spread in enumerate(SPREADS):
            weight = np.where(there, np.exp(-0.5 * (apart / spread) ** 2), 0.0)
            total = weight.sum(axis=1, keepdims=True)
            mean = np.einsum("nw,nwd->nd", weight, strokes.ringing[index]) / (total + _FEW)
            columns = slice(number * width, (number + 1) * width)
            found[block, columns] = np.concatenate([mean, np.log1p(total) / _SCALE], axis=1)
    return found


def _row(numbers: str | Iterable[float]) -> tuple[float, ...]:
    return tuple(map(float, numbers.split() if isinstance(numbers, str) else numbers))


def _line(row: Iterable[float]) -> str:
    return " ".join(map(repr, row))
