"""Hats that are called open or closed, and sound so."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.kits.hats import ringing, telling
from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Sample

RATE = 22050


def hat(decay: float) -> Sample:
    """A stroke of hiss whose energy falls by 60 dB in `decay` seconds."""
    time = np.arange(2 * RATE) / RATE
    hiss = np.random.default_rng(0).normal(size=len(time)) * 10 ** (-3 * time / decay)
    made = Sample.of(hiss.astype(np.float32), RATE)
    assert made is not None
    return made


@pytest.mark.parametrize("decay", [0.3, 0.6, 1.2])
def test_a_sixth_of_the_decay_is_rung_to_ten_decibels(decay: float) -> None:
    assert ringing(hat(decay), RATE) == pytest.approx(decay / 6, rel=0.1)


def test_hats_are_kept_that_sound_as_they_are_called() -> None:
    pieces = {
        "HO": (Piece.of("half-open", [hat(0.4), hat(0.5)]), Piece.of("open", [hat(0.5), hat(1.5), hat(1.6)])),
        "HH": (Piece.of("closed", [hat(0.3)]), Piece.of("sizzling", [hat(1.2)])),
        "HP": (Piece.of("splash", [hat(3.0)]),),
    }
    left = telling(Kit("kit", RATE, pieces)).pieces
    assert {code: [piece.name for piece in of_code] for code, of_code in left.items()} == {
        "HO": ["open"],
        "HH": ["closed"],
        "HP": ["splash"],
    }


def test_a_drum_of_which_nothing_is_left_is_not_there() -> None:
    assert not telling(Kit("kit", RATE, {"HO": (Piece.of("short", [hat(0.2)]),)})).pieces
