"""Where a song's tempo changes for good: what a drummer would write above the bars, not how he sways.

Bars' tempi come in, and go out as runs of one tempo each: the division of least squared error of their logarithms, by
dynamic programming, in which each further run must explain more than a player's drift does.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_BARS = 4  # of a tempo
_CLEAR = 0.05  # of the logarithm by which tempi differ that are stated apart
_COST = 0.05  # squared logarithms that a further tempo must explain: 8 % in eight bars before and after, and some


def paces(tempo: Floats) -> Floats:
    """(bars,) the tempo that each bar is written in, from those that they were played in: medians of their runs."""
    written = tempo.copy()
    said = np.nan
    for start, end in _runs(np.log(tempo)):
        own = float(np.median(tempo[start:end]))
        if not abs(np.log(own / said)) < _CLEAR:
            said = own
        written[start:end] = said
    return written


def _runs(values: Floats) -> list[tuple[int, int]]:
    """First and end of the runs of much the same value, which last `LEAST_BARS` at least, if there are as many."""
    n = len(values)
    if n < 2 * LEAST_BARS:
        return [(0, n)] if n else []
    sums, squares = (np.concatenate([[0.0], np.cumsum(values**power)]) for power in (1, 2))
    best, back = np.full(n + 1, np.inf), np.zeros(n + 1, np.int64)
    best[0] = 0.0
    for end in range(LEAST_BARS, n + 1):
        start = np.arange(end - LEAST_BARS + 1)
        spread = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
        costs = best[start] + spread + _COST
        back[end] = costs.argmin()
        best[end] = costs[back[end]]
    bounds = [n]
    while bounds[-1]:
        bounds.append(int(back[bounds[-1]]))
    return list(pairwise(bounds[::-1]))
