"""What the weights of bars are fitted to: paths are counted as the search scores them."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.events import Beats
from drum_tabber.meter import bars, downbeats
from drum_tabber.meter.downbeats import FIGURES, REACH, WEIGHTS
from tools.fit_bars import METERS, Song, counted, fit, flat, named, path_of, recalled, rival


def song(bar_lengths: list[int]) -> Song:
    """Bars whose starts alone stand out, in one figure."""
    place = np.concatenate([np.arange(1, length + 1) for length in bar_lengths])
    figures = np.zeros((len(place), len(METERS), REACH + 1, REACH + 1, len(FIGURES)))
    for start, length in zip(np.flatnonzero(place == 1).tolist(), bar_lengths, strict=True):
        figures[start, METERS.index(length), ..., 1] = length
    beats = Beats(np.linspace(0, 1, len(place)), place)
    found = np.zeros((len(place), 4, 6))
    found[place == 1, 0, 0] = 1
    return Song(found, figures, 0, place, path_of(beats))


def test_a_path_knows_its_parts() -> None:
    path = path_of(Beats(np.arange(17, dtype=np.float64), np.array([3, *[1, 2, 3] * 4, *[1, 2, 3, 4]])))
    assert [(bar.start, METERS[bar.meter], bar.before, bar.after) for bar in path] == [
        (1, 3, 0, 3),
        (4, 3, 1, 2),
        (7, 3, 2, 1),
        (10, 3, 3, 0),
        (13, 4, 0, 0),
    ]


def test_bars_that_are_not_looked_for_make_no_path() -> None:
    assert not path_of(Beats(np.arange(18, dtype=np.float64), np.tile(np.arange(1, 10), 2)))


def test_weights_in_a_row_and_back() -> None:
    assert named(flat(WEIGHTS)) == WEIGHTS


def test_what_is_counted_times_the_weights_is_the_score() -> None:
    made = song([4] * 5 + [3] * 4)
    known = recalled(made, WEIGHTS)
    nats = downbeats.nats(made.figures, METERS, made.entry, WEIGHTS) + WEIGHTS.recalled * known[:, :, None, None]
    costs = downbeats.costs(METERS, WEIGHTS)
    shares = sum(costs.shares[bar.meter] for bar in made.path if not bar.before)
    by_hand = sum(float(nats[bar]) for bar in made.path) + shares - costs.change
    assert counted(made, made.path, known) @ flat(WEIGHTS) + shares == pytest.approx(by_hand)


def test_a_fit_finds_the_bars_that_it_was_shown() -> None:
    made = song([3] * 8)
    fitted = fit([made], 12, np.random.default_rng(1))
    nats = downbeats.nats(made.figures, METERS, made.entry, fitted)
    assert bars.best_path(nats, METERS, downbeats.costs(METERS, fitted)) == made.path
    assert rival(made, recalled(made, fitted), fitted)
