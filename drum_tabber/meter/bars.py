"""Bars: where each begins and how many beats it has, by a search over whole bars.

In comes how well each beat would do as the start of a bar of each meter; out comes the place in its bar of each beat. A
song is a row of parts, runs of bars of one meter, as in a semi-Markov model (Sarawagi & Cohen, "Semi-Markov conditional
random fields", NIPS 2004). Between two parts may stand a bar of any length, as where a beat was missed or a bar is cut
short.
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
    """A bar: its first beat, the index of its meter, whether a part begins with it."""

    start: int
    meter: int
    begins: bool


def search(nats: Floats, meters: tuple[int, ...], costs: Costs) -> Integers:
    """(beats,) the places of the beats on the best path, by the `nats` (beats, meters) of a bar that begins there."""
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
    """The best scores of the paths whose last bar begins with each beat and has each meter, found beat by beat."""

    def __init__(self, nats: Floats, meters: tuple[int, ...], costs: Costs) -> None:
        n_beats, n_meters = nats.shape
        self.meters, self.widest, self.costs = np.array(meters), max(meters), costs
        # Padded in front, so that what lies before the song is never reached.
        self.score = np.full((self.widest + n_beats, n_meters), -np.inf)
        self.begins = np.zeros((self.widest + n_beats, n_meters), bool)  # whether the bar begins a part
        self.ended = np.full(self.widest + n_beats, -np.inf)  # the best score of bars that end before the beat
        shares = np.array(costs.shares)
        for beat in range(n_beats):
            at = self.widest + beat
            continued = self.score[at - self.meters, np.arange(n_meters)]
            self.ended[at] = continued.max()
            begun = self._begun(at) + shares
            begun = np.where(self.meters > beat, np.maximum(begun, shares), begun)
            self.begins[at] = begun >= continued
            self.score[at] = np.maximum(begun, continued) + nats[beat]

    def _begun(self, at: int) -> float:
        """The score of a new part, after another, perhaps with a stray bar between."""
        strayed = self.ended[at - self.widest + 1 : at].max(initial=-np.inf) - self.costs.stray
        return float(max(self.ended[at], strayed) - self.costs.change)

    def best(self) -> list[PlacedBar]:
        """The bars of the best path, in order."""
        n_beats = len(self.score) - self.widest
        last = [
            (float(self.score[self.widest + start, meter]), start, meter)
            for meter, size in enumerate(self.meters.tolist())
            for start in range(max(0, n_beats - size), n_beats)
        ]
        path = [self._bar(*max(last)[1:])]
        while (earlier := self._before(path[-1])) is not None:
            path.append(earlier)
        return path[::-1]

    def _bar(self, start: int, meter: int) -> PlacedBar:
        return PlacedBar(start, meter, bool(self.begins[self.widest + start, meter]))

    def _before(self, bar: PlacedBar) -> PlacedBar | None:
        """The bar before on the best path; None before the first."""
        if not bar.begins:
            return self._bar(bar.start - int(self.meters[bar.meter]), bar.meter)
        at = self.widest + bar.start
        begun = self._begun(at)
        if begun == -np.inf or (self.meters[bar.meter] > bar.start and begun <= 0):
            return None
        strays = np.where(np.arange(self.widest) > 0, self.costs.stray, 0.0)
        end = at - int((self.ended[at - np.arange(self.widest)] - strays).argmax())
        meter = int(self.score[end - self.meters, np.arange(len(self.meters))].argmax())
        return self._bar(end - self.widest - int(self.meters[meter]), meter)
