"""The timeline of a file: what leads in to the first bar has a tempo that a player would recognise."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.events import Beats
from drum_tabber.meter.grid import Grid
from drum_tabber.meter.timeline import Timeline


def timeline(start: float, pace: float = 0.75) -> Timeline:
    """Of four bars of 4/4 that begin so many seconds after the recording."""
    time = np.asarray(start + np.arange(16) * pace, np.float64)
    return Timeline.of(Grid.of(Beats(time, np.arange(16) % 4 + 1)))


@pytest.mark.parametrize("start", [0.04, 0.07, 0.2, 0.37, 0.4, 0.7, 1.6, 5.0])
def test_what_leads_in_is_about_as_fast_as_the_music(start: float) -> None:
    found = timeline(start)
    tempo = 60 * np.diff(found.beat_quarter) / np.diff(found.beat_time)
    assert tempo[found.n_lead :] == pytest.approx(80)
    assert 80 / 2 < tempo[: found.n_lead].min() and tempo[: found.n_lead].max() < 80 * 2.1
    assert found.beat_time[found.n_lead] == pytest.approx(start)


@pytest.mark.parametrize(
    ("start", "meters", "units"), [(0.07, (1,), (32,)), (0.2, (1,), (16,)), (0.7, (1,), (4,)), (4.6, (2, 4), (4, 4))]
)
def test_a_short_note_or_a_short_bar_leads_in(start: float, meters: tuple[int, ...], units: tuple[int, ...]) -> None:
    found = timeline(start)
    assert found.meters[: found.n_lead_bars] == meters
    assert found.units[: found.n_lead_bars] == units


def test_nothing_leads_in_to_a_bar_that_begins_with_the_recording() -> None:
    assert timeline(0.0).n_lead == 0
