"""Bars: where each begins and how many beats it has, by a search over whole bars.

In comes how well each beat would do as the start of a bar of each meter; out comes the place in its bar of each beat. A
song is a row of parts, runs of bars of one meter, as in a semi-Markov model (Sarawagi & Cohen, "Semi-Markov conditional
random fields", NIPS 2004). What speaks for a bar may be gathered from the bars about it, but only from those of its own
part: so a state holds, beside the meter, how many bars of the part lie before the bar and how many after it. Between
two parts may stand a bar of any length, as where a beat was missed or a bar is cut short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Costs:
    """Nats for a new part, for a bar of no meter between two, and of each meter's share of the parts (log)."""

    change: float
    stray: float
    shares: tuple[float, ...]


class PlacedBar(NamedTuple):
    """A bar: its first beat, the index of its meter, how many bars of its part lie before and after it, up to a few."""

    start: int
    meter: int
    before: int
    after: int


def search(nats: Floats, meters: tuple[int, ...], costs: Costs) -> Integers:
    """(beats,) the places of the beats on the best path.

    `nats` (beats, meters, reach + 1, reach + 1) are those of a bar that begins with the beat, has that meter, and has
    so many bars of its part before and after it; `reach` stands for as many or more.
    """
    path = best_path(nats, meters, costs)
    n_beats, first = len(nats), path[0]
    place = np.zeros(n_beats, np.int64)
    n_ahead = first.start
    place[:n_ahead] = np.arange(meters[first.meter] - n_ahead, meters[first.meter]) + 1
    ends = [bar.start for bar in path[1:]]
    for bar, end in zip(path, [*ends, n_beats], strict=True):
        meter = meters[bar.meter]
        beats = np.arange(end - bar.start)
        place[bar.start : end] = np.where(beats < meter, beats, beats - meter) + 1  # what is left is a stray bar
    return place


def best_path(nats: Floats, meters: tuple[int, ...], costs: Costs) -> list[PlacedBar]:
    """The bars that `search` finds, in order, those of no meter left out."""
    return _Lattice(nats, meters, costs).best()


class _Lattice:
    """The best scores of the paths that lead to each state, found beat by beat."""

    def __init__(self, nats: Floats, meters: tuple[int, ...], costs: Costs) -> None:
        n_beats, n_meters, width, _ = nats.shape
        self.meters, self.reach, self.widest = np.array(meters), width - 1, max(meters)
        # Padded in front, so that what lies before the song is never reached.
        self.score = np.full((self.widest + n_beats, n_meters, width, width), -np.inf)
        self.ended = np.full(self.widest + n_beats, -np.inf)  # the best score of a part that ends before the beat
        self.costs, shares = costs, np.array(costs.shares)
        for beat in range(n_beats):
            at = self.widest + beat
            earlier = self.score[at - self.meters, np.arange(n_meters)]
            self.score[at] = self._continued(earlier)
            self.ended[at] = earlier[..., 0].max()
            begun = self._begun(at) + shares
            self.score[at, :, 0, :] = np.where(self.meters > beat, np.maximum(begun, shares), begun)[:, None]
            self.score[at] += nats[beat]

    def _continued(self, earlier: Floats) -> Floats:
        """Scores of bars by those of the bars before in the same part: one more lies before, one less after."""
        joined = earlier[:, :-1].copy()
        joined[:, -1] = np.maximum(earlier[:, -2], earlier[:, -1])
        scores = np.full_like(earlier, -np.inf)
        scores[:, 1:, :-1] = joined[:, :, 1:]
        scores[:, 1:, -1] = joined[:, :, -1]
        return scores

    def _begun(self, at: int) -> float:
        """The score of a new part, after another, perhaps with a stray bar between."""
        strayed = self.ended[at - self.widest + 1 : at].max(initial=-np.inf) - self.costs.stray
        return float(max(self.ended[at], strayed) - self.costs.change)

    def best(self) -> list[PlacedBar]:
        """The bars of the best path, in order."""
        n_beats = len(self.score) - self.widest
        last = [
            (float(self.score[self.widest + start, meter, before, 0]), PlacedBar(start, meter, before, 0))
            for meter, size in enumerate(self.meters.tolist())
            for start in range(max(0, n_beats - size), n_beats)
            for before in range(self.reach + 1)
        ]
        path = [max(last)[1]]
        while (earlier := self._before(path[-1])) is not None:
            path.append(earlier)
        return path[::-1]

    def _before(self, bar: PlacedBar) -> PlacedBar | None:
        """The bar before on the best path; None before the first."""
        if not bar.before:
            return self._part_before(bar)
        start = bar.start - int(self.meters[bar.meter])
        after = min(bar.after + 1, self.reach)
        candidates = {bar.before - 1, self.reach} if bar.before == self.reach else {bar.before - 1}
        scores = self.score[self.widest + start, bar.meter, :, after]
        return PlacedBar(start, bar.meter, max(candidates, key=lambda before: float(scores[before])), after)

    def _part_before(self, bar: PlacedBar) -> PlacedBar | None:
        """The last bar of the part before, unless the song begins with the bar."""
        at = self.widest + bar.start
        begun = self._begun(at)
        if begun == -np.inf or (self.meters[bar.meter] > bar.start and begun <= 0):
            return None
        strays = np.where(np.arange(self.widest) > 0, self.costs.stray, 0.0)
        end = at - int((self.ended[at - np.arange(self.widest)] - strays).argmax())
        scores = self.score[end - self.meters, np.arange(len(self.meters)), :, 0]
        meter, before = np.unravel_index(int(scores.argmax()), scores.shape)
        return PlacedBar(end - self.widest - int(self.meters[meter]), int(meter), int(before), 0)
