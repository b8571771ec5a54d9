"""What is distinct in kits that share recordings."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.kits.distinct import distinct
from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Sample

RATE = 8000


def noise(seed: int) -> np.ndarray:
    """A stroke of noise, another for each seed."""
    wave = np.random.default_rng(seed).normal(size=2000) * np.exp(-np.arange(2000) / 400)
    return np.concatenate([np.zeros(100), wave]).astype(np.float32)


def kit(name: str, **drums: list[np.ndarray]) -> Kit:
    """A kit with a piece for each wave."""
    pieces = {
        code: tuple(Piece.of(f"{code} {index}", [made]) for index, wave in enumerate(waves) if (made := of(wave)))
        for code, waves in drums.items()
    }
    return Kit(name, RATE, pieces)


def of(wave: np.ndarray) -> Sample | None:
    return Sample.of(wave, RATE)


def test_what_a_kit_before_has_is_left_out() -> None:
    first = kit("first", BD=[noise(1)], SD=[noise(2)], CC=[noise(3), noise(4)])
    second = kit("second", BD=[noise(1)], SD=[noise(5)], CC=[noise(4), noise(6)])
    one, two = distinct([first, second])
    assert one.pieces == first.pieces
    assert {code: [piece.name for piece in pieces] for code, pieces in two.pieces.items()} == {
        "SD": ["SD 0"],
        "CC": ["CC 1"],
    }


def test_a_set_stays_whole_where_any_of_it_is_new() -> None:
    first = kit("first", HT=[noise(1)], MT=[noise(2)], LT=[noise(3)], HH=[noise(4)], HO=[noise(5)])
    second = kit("second", HT=[noise(1)], MT=[noise(6)], LT=[noise(3)], HH=[noise(4)], HO=[noise(5)])
    _, two = distinct([first, second])
    assert {*two.pieces} == {"HT", "MT", "LT"}, "the hats are all known, and one tom is not"


def test_a_kit_that_says_nothing_new_is_gone() -> None:
    first = kit("first", BD=[noise(1)], SD=[noise(2)])
    assert [one.name for one in distinct([first, kit("again", SD=[noise(2)])])] == ["first"]


def test_what_judges_is_trained_on_under_no_name() -> None:
    judging = kit("judging", HH=[noise(1)], SD=[noise(2)])
    (left,) = distinct([kit("other", HH=[noise(1)], HO=[noise(3)], SD=[noise(2)])], apart=[judging])
    assert {*left.pieces} == {"HO"}, "not even as a part of a set"


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(lambda wave: 0.3 * wave, id="softer"),
        pytest.param(lambda wave: -wave, id="upside down"),
        pytest.param(lambda wave: np.concatenate([np.zeros(333, np.float32), wave]), id="later"),
        pytest.param(lambda wave: wave[:900], id="cut off"),
        pytest.param(lambda wave: wave + 0.1 * noise(9), id="not quite the same"),
    ],
)
def test_copies(copy: object) -> None:
    assert callable(copy)
    assert len([*distinct([kit("first", SD=[noise(1)]), kit("copy", SD=[copy(noise(1))])])]) == 1


def test_alike_is_not_the_same() -> None:
    time = np.arange(2000) / RATE

    def bass(pitch: float) -> np.ndarray:
        wave = np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.05)
        return np.concatenate([np.zeros(100), wave]).astype(np.float32)

    kits = [kit("first", BD=[bass(60)]), kit("second", BD=[bass(75)]), kit("snare", SD=[bass(60)])]
    assert len([*distinct(kits)]) == 3
