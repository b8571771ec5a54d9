"""What the tempo's network is fitted to: the right level is always among the candidates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drum_tabber.events import Beats, Hits
from drum_tabber.meter.tempo import N_FEATURES
from tools.fit_tempo import accuracy, choices, fit, joined, network_of, write


def rock(n_beats: int = 96, interval: float = 0.5) -> tuple[Hits, Beats]:
    """Kick and snare by turns, eighths on the hat."""
    beats = Beats(np.linspace(1, 1 + interval * (n_beats - 1), n_beats), np.arange(n_beats) % 4 + 1)
    hats = np.arange(1, 1 + interval * n_beats, interval / 2)
    drums = Hits.of(beats.time, np.where(beats.place % 2, "BD", "SD"))
    return Hits.concatenate([drums, Hits.of(hats, ["HH"] * len(hats), 70)]), beats


def test_every_excerpt_has_a_right_candidate() -> None:
    found = choices([("groove", *rock())], np.random.default_rng(1))
    assert found.features.shape == (len(found.right), N_FEATURES)
    assert len({*found.excerpt.tolist()}) >= 3
    for excerpt in set(found.excerpt.tolist()):
        assert found.right[found.excerpt == excerpt].any()
        assert not found.right[found.excerpt == excerpt].all()


def test_levels_are_learnt_and_networks_joined() -> None:
    rng = np.random.default_rng(2)
    found = choices([("midi", *rock(interval=interval)) for interval in (0.45, 0.5, 0.55)], rng)
    network = fit(found, 30, rng)
    assert accuracy(network, found, "midi") > 0.9
    twice = joined([network, network])
    assert accuracy(twice, found, "midi") == accuracy(network, found, "midi")


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    network = network_of(np.random.default_rng(3).normal(size=(7 + 2) * 4), 7)
    write(network, tmp_path / "weights.npz")
    with np.load(tmp_path / "weights.npz") as file:
        for name, value in network._asdict().items():
            np.testing.assert_allclose(file[name], value, rtol=1e-3)
