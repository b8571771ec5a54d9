"""The timeline of a file that begins with the recording: beats and bars from time 0 on, lead-in included.

A `Grid` comes in, whose first bar may begin long after the recording or before it. A `Timeline` counts from 0: beats of
about the music's pace lead in to the first bar, and beats before time 0 are pressed together after it. MIDI files and
charts for games need that, since what they count begins with their first bar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.meter.grid import Grid

_LEAST = 1e-6  # seconds between beats that are pressed together
_SHORTEST = 64  # the shortest note that a bar is counted in


@dataclass(frozen=True, eq=False)
class Timeline:
    """Bars and beats from time 0 on.

    `beat_time` (n + 1,) seconds and `beat_quarter` (n + 1,) quarter notes from the start to every beat and to the end;
    `meters` and `units` of each bar as in a `Grid`; the first `n_lead` beats and `n_lead_bars` bars lead in.
    """

    beat_time: NDArray[np.float64]
    beat_quarter: NDArray[np.float64]
    meters: tuple[int, ...]
    units: tuple[int, ...]
    n_lead: int
    n_lead_bars: int

    @classmethod
    def of(cls, grid: Grid) -> Timeline:
        """The timeline of a grid. What leads in is a short bar, if need be, and then bars of the first one's meter.

        Less than half a beat is a bar of one short note, whose tempo comes near the music's.
        """
        start, meter, unit = float(grid.beat_time[0]), grid.meters[0], grid.units[0]
        pace = float(np.median(np.diff(grid.beat_time[: meter + 1])))
        n_lead = max(1, round(start / pace)) if start > _LEAST else 0
        short = [n_lead % meter] if n_lead % meter else []
        lead = [*short, *[meter] * (n_lead // meter)]
        lead_units = [unit] * len(lead)
        if n_lead == 1 and start < pace / 2:
            lead_units = [min(unit * 2 ** round(np.log2(pace / start)), _SHORTEST)]
        times = np.concatenate([np.linspace(0, start, n_lead, endpoint=False), grid.beat_time])
        meters, units = (*lead, *grid.meters), (*lead_units, *grid.units)
        quarters = np.repeat(4 / np.array(units), meters)
        return cls(
            np.maximum(times, _LEAST * np.arange(len(times))),
            np.concatenate([[0.0], np.cumsum(quarters)]),
            meters,
            units,
            n_lead,
            len(lead),
        )

    @property
    def bar_quarter(self) -> NDArray[np.float64]:
        """(bars + 1,) quarter notes from the start to every bar and to the end."""
        return self.beat_quarter[np.concatenate([[0], np.cumsum(self.meters)])]

    def signatures(self) -> list[tuple[float, int, int]]:
        """Where the meter changes: quarter notes from the start, beats in a bar, what note a beat is."""
        changes = []
        last = (0, 0)
        for start, *signature in zip(self.bar_quarter.tolist(), self.meters, self.units, strict=False):
            meter, unit = signature
            if (meter, unit) != last:
                changes.append((start, meter, unit))
                last = (meter, unit)
        return changes

    def quarters_of(self, grid: Grid, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Quarter notes from the start to places that lie so many slots after the start of its grid."""
        return np.interp(along, grid.beat_slot, self.beat_quarter[self.n_lead :])
