"""Which hat a stroke was: closed, open or by foot, told from what is heard and from the strokes around it.

A hat that was opened is closed again, by the next stroke or by the foot; a foot can't close what is closed already; and
a drummer goes on as he began. How usual it is that one stroke follows another some time later, over how usual it is by
itself, makes a table of nats. The strokes of a song are then the path with the greatest sum of what is heard, in
log-odds over each drum's threshold, and of these nats (Viterbi 1967).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits

Floats = NDArray[np.float64]
Habits = tuple[tuple[tuple[float, ...], ...], ...]

STICKS, FOOT = ("HH", "HO"), "HP"
HATS = (*STICKS, FOOT)
INTERVALS = (0.06, 0.13, 0.2, 0.3, 0.45, 0.7, 1.2)  # seconds between two strokes, up to which they count as alike
_ALREADY_CLOSED = 1.5  # nats against a foot that closes hats so soon after a stroke on closed ones
_RARELY_OPEN = 1.5  # nats against a stroke on open hats, by how well songs on kits never heard are told
_SOON = 0.45  # seconds
_PRIOR = 20.0  # strokes that are added to each row of the table as they follow one another after any time


def learn(parts: Iterable[Hits]) -> Floats:
    """Nats (intervals + 1, hats before, hats after) by which a stroke is likelier there than anywhere, from parts."""
    pairs = np.zeros((len(INTERVALS) + 1, len(HATS), len(HATS)))
    for part in parts:
        strokes = part.of_drum(*HATS)
        kind = np.array([HATS.index(drum) for drum in strokes.drum.tolist()], np.int64)
        np.add.at(pairs, (_interval(strokes.time), kind[:-1], kind[1:]), 1)
    anywhere = pairs.sum(axis=0) + 1
    pairs = pairs + _PRIOR * anywhere / anywhere.sum(axis=1, keepdims=True)
    follows = pairs / pairs.sum(axis=2, keepdims=True)
    return np.log(follows * anywhere.sum() / anywhere.sum(axis=0))


def by_nature() -> Floats:
    """A table as of `learn` of what nobody has to learn: a foot can't close hats that are closed already, and hats are
    open less often than a network thinks that was taught open ones on purpose."""
    nats = np.zeros((len(INTERVALS) + 1, len(HATS), len(HATS)))
    nats[:, :, HATS.index("HO")] = -_RARELY_OPEN
    nats[: INTERVALS.index(_SOON) + 1, HATS.index("HH"), HATS.index(FOOT)] = -_ALREADY_CLOSED
    return nats


def likeliest(time: Floats, odds: Floats, habits: Habits | Floats) -> NDArray[np.int64]:
    """The hat of each stroke, (n,) indices of `HATS`, for sorted times (n,) and log-odds (n, hats) of each hat."""
    if not len(time):
        return np.zeros(0, np.int64)
    nats = np.asarray(habits)[_interval(time)]
    total, before = odds[0], []
    for step in range(1, len(time)):
        paths = total[:, None] + nats[step - 1]
        before.append(paths.argmax(axis=0))
        total = paths.max(axis=0) + odds[step]
    found = [int(total.argmax())]
    for best in reversed(before):
        found.append(int(best[found[-1]]))
    return np.array(found[::-1], np.int64)


def _interval(time: Floats) -> NDArray[np.int64]:
    """Which of `INTERVALS` lies between each stroke and the next."""
    return np.searchsorted(INTERVALS, np.diff(time))
