"""One-shots cut out of a song: the cleanest strokes of each drum, at their attack, from soft to loud."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.oneshots import cuts

RATE = 8000


def played(strokes: list[tuple[float, float]], seconds: float = 5.0) -> NDArray[np.float32]:
    """Bursts of decaying noise at times and levels, on two channels."""
    rng = np.random.default_rng(3)
    wave = 1e-4 * rng.standard_normal(round(seconds * RATE))
    for time, level in strokes:
        start = round(time * RATE)
        n = len(wave) - start
        wave[start:] += level * rng.standard_normal(n) * np.exp(-np.arange(n) / (0.03 * RATE))
    return np.stack([wave, wave]).astype(np.float32)


def test_the_stroke_that_sounds_alone_is_preferred_to_one_struck_with_another() -> None:
    hits = Hits.of([0.5, 1.5, 1.505, 2.5], ["BD", "BD", "HH", "HH"])
    found = list(cuts.cuts(hits, played([(0.5, 0.5), (1.5, 0.5), (2.5, 0.5)]), RATE))
    assert [(cut.drum, round(cut.time, 1)) for cut in found] == [("BD", 0.5), ("HH", 2.5)]


def test_a_drum_that_never_sounds_alone_is_cut_all_the_same() -> None:
    hits = Hits.of([0.5, 0.5, 2.5], ["BD", "CC", "BD"])
    found = {cut.drum: cut for cut in cuts.cuts(hits, played([(0.5, 0.5), (2.5, 0.5)]), RATE)}
    assert found["CC"].worth < 0.2 * found["BD"].worth


def test_a_cut_begins_just_before_the_attack_wherever_the_hit_was_put() -> None:
    sound = played([(1.0, 0.5)])
    for astray in (-0.012, 0.0, 0.012):
        (cut,) = cuts.cuts(Hits.of([1.0 + astray], ["SD"]), sound, RATE)
        assert cut.time == pytest.approx(1.0, abs=0.002)
        assert int(np.argmax(np.abs(cut.samples[0]) > 0.05)) / RATE == pytest.approx(cuts.LEAD, abs=0.003)


def test_cuts_end_before_the_next_stroke_with_soft_edges() -> None:
    hits = Hits.of([1.0, 1.2, 1.23], ["SD", "BD", "HH"])
    (cut,) = (cut for cut in cuts.cuts(hits, played([(1.0, 0.5), (1.2, 0.5)]), RATE) if cut.drum == "SD")
    assert cut.samples.shape[0] == 2 and 0.15 < cut.samples.shape[1] / RATE <= 0.2
    assert not cut.samples[:, 0].any() and np.abs(cut.samples[:, -1]).max() < 1e-6
    # The bass drum is followed too soon, so there is none.
    assert not [cut for cut in cuts.cuts(hits, played([(1.0, 0.5), (1.2, 0.5)]), RATE) if cut.drum == "BD"]


def test_no_more_of_a_drum_than_asked_for_and_from_soft_to_loud() -> None:
    levels = np.geomspace(0.05, 0.8, 9)[[3, 8, 0, 5, 1, 7, 2, 6, 4]]
    times = 0.5 + 0.5 * np.arange(9)
    sound = played([*zip(times.tolist(), levels.tolist(), strict=True)], 6.0)
    found = [cut.level_db for cut in cuts.cuts(Hits.of(times, ["BD"] * 9), sound, RATE, most=4)]
    assert len(found) == 4 and found == sorted(found) and found[-1] - found[0] > 12
