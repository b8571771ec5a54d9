"""Drums of signal models: a kick and all cymbals, other ones each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drum_tabber.augmentation.augment import Augmenter, AugmentSpec
from drum_tabber.events import Beats, Hits
from drum_tabber.hearing.cymbals import CYMBALS
from drum_tabber.kits.hats import ringing
from drum_tabber.kits.imagined import NAME, STRENGTHS, imagined
from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Sample
from drum_tabber.rendering import studio
from drum_tabber.rendering.studio import Performance, Studio

RATE = 22050
SEEDS = range(4)


@pytest.fixture(scope="module")
def kits() -> list[Kit]:
    return [imagined(np.random.default_rng(seed), RATE) for seed in SEEDS]


def hardest(kit: Kit, code: str) -> Sample:
    return kit.pieces[code][0].samples[-1]


def centroid(sample: Sample) -> float:
    """Mean frequency of a stroke's energy, hertz."""
    power = np.square(np.abs(np.fft.rfft(sample.signal, 1 << 16)))
    return float((power * np.fft.rfftfreq(1 << 16, 1 / RATE)).sum() / power.sum())


def test_it_has_a_kick_and_all_cymbals_at_every_strength(kits: list[Kit]) -> None:
    for kit in kits:
        assert kit.pieces.keys() == {"BD", *CYMBALS}
        for pieces in kit.pieces.values():
            assert [len(piece.samples) for piece in pieces] == [len(STRENGTHS)]
            assert all(np.isfinite(sample.signal).all() for piece in pieces for sample in piece.samples)


def test_the_same_seed_makes_the_same_kit_and_another_another(kits: list[Kit]) -> None:
    again = imagined(np.random.default_rng(SEEDS[0]), RATE)
    for code in ("BD", "RD", "CC"):
        np.testing.assert_array_equal(hardest(again, code).signal, hardest(kits[0], code).signal)
        assert not np.array_equal(hardest(kits[1], code).signal[:99], hardest(kits[0], code).signal[:99])


def test_cymbals_ring_on_and_harder_strokes_are_brighter(kits: list[Kit]) -> None:
    for kit in kits:
        assert all(ringing(hardest(kit, code), RATE) > 0.1 for code in CYMBALS)
        assert ringing(hardest(kit, "CC"), RATE) > ringing(hardest(kit, "SC"), RATE)
    for code in ("CC", "CH", "SC"):
        soft, hard = (np.median([centroid(kit.pieces[code][0].samples[i]) for kit in kits]) for i in (0, -1))
        assert soft < hard


def test_a_studio_draws_new_ones_for_training_and_none_for_what_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    click = Sample.of(np.r_[np.zeros(9), np.hanning(400)].astype(np.float32), RATE)
    assert click is not None
    plain = Kit("plain", RATE, {code: (Piece.of("plain", [click]),) for code in ("BD", "SD", "HH")})
    made: list[Kit] = []

    def kept(rng: np.random.Generator, sample_rate: int) -> Kit:
        made.append(imagined(rng, sample_rate))
        return made[-1]

    monkeypatch.setattr(studio, "imagined", kept)
    hits = Hits.of(np.arange(6) * 0.25, np.array(["BD", "SD", "HH", "BD", "SD", "HH"]), np.full(6, 100))
    performance = Performance("one", hits, Beats())
    room = Studio([plain], Augmenter(AugmentSpec()), sample_rate=RATE, imagined=1.0)
    first, other = (room.record(performance, copy).samples for copy in (0, 1))
    assert [kit.name for kit in made] == [NAME, NAME]
    assert not np.array_equal(first[: len(other)], other[: len(first)])
    replace(room, as_they_are=True).record(performance)
    replace(room, imagined=0.0).record(performance)
    assert len(made) == 2
