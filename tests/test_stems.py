"""Stems: played once, kept, and mixed anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.events import Beats
from drum_tabber.rendering import stems
from drum_tabber.rendering.stems import StemCache, blended, loudness, sections

RATE = 8000
BEATS = Beats(np.arange(160, dtype=np.float64) * 0.5, np.arange(160) % 4 + 1)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_stem_is_made_once_and_comes_back_alike(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> stems.Stems:
        made.append("once")
        return {"bass": rng().normal(0, 0.1, 5000).astype(np.float32)}

    cache = StemCache(tmp_path / "stems")
    first, again = cache.get("a", make), cache.get("a", make)
    assert made == ["once"] and again["bass"].dtype == np.float32
    np.testing.assert_allclose(first["bass"], again["bass"], rtol=1e-3, atol=1e-6)
    cache.get("b", make)
    assert len(made) == 2


def test_the_oldest_make_room(tmp_path: Path) -> None:
    cache = StemCache(tmp_path, limit=50_000)
    for key in "abcdef":
        cache.get(key, lambda: {"bass": np.ones(10_000, np.float32)})
    assert 1 <= len(list(tmp_path.glob("*.npz"))) <= 2


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    cache = StemCache(tmp_path)
    cache.get("a", lambda: {"bass": np.ones(100, np.float32)})
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(b"PK\x03\x04 nothing")
    np.testing.assert_array_equal(cache.get("a", lambda: {"bass": np.ones(100, np.float32)})["bass"], 1)


def test_parts_enter_and_leave_by_the_section() -> None:
    constant = {"bass": np.ones(80 * RATE, np.float32)}
    changing = 0
    for seed in range(30):
        mix = blended(constant, BEATS, RATE, rng(seed))
        levels = np.unique(np.round(mix[RATE::RATE], 4))
        changing += len(levels) > 2
        assert np.abs(np.diff(mix[RATE:])).max() < 0.05  # nothing clicks
    assert 8 < changing < 28


def test_sections_begin_with_bars() -> None:
    for seed in range(10):
        bounds = sections(BEATS, 80.0, rng(seed))
        assert bounds[0] == 0 and set(bounds) <= set(BEATS.time[BEATS.place == 1]) and len(bounds) > 3
        assert set(np.diff(bounds)) <= {8.0, 16.0}
    np.testing.assert_array_equal(sections(Beats(), 25.0, rng()), [0.0, 10.0, 20.0])


def test_loudness_counts_what_sounds() -> None:
    sound = np.zeros(44100, np.float32)
    sound[: 4096 * 2] = 0.5
    assert loudness(sound) == pytest.approx(0.5)
    assert loudness(np.zeros(9000, np.float32)) == 0
