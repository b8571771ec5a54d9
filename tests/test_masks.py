"""Masks: what they hide, and that tensorflow-io's and ours are the same."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber.learning import masks
from drum_tabber.learning.masks import RIDDLES, MaskSpec, RiddleSpec

N_FRAMES, N_MELS = 37, 11
TENSORFLOW_IO = vars(masks)["tensorflow_io"]  # None where it has no wheel
ALWAYS = MaskSpec(p_frequency=1.0, max_bands=4, p_time=1.0, max_frames=9)


def masked(spec: MaskSpec, seed: int, in_graph: bool = False) -> NDArray[np.float32]:
    tf.random.set_seed(seed)
    function = tf.function(masks.random_masks) if in_graph else masks.random_masks
    hidden: NDArray[np.float32] = function(tf.ones((N_FRAMES, N_MELS)), spec).numpy()
    return hidden


@pytest.mark.skipif(TENSORFLOW_IO is None, reason="tensorflow-io has no wheel for this Python")
@pytest.mark.parametrize("in_graph", [False, True])
def test_tensorflow_io_and_tensorflow_hide_the_same(monkeypatch: pytest.MonkeyPatch, in_graph: bool) -> None:
    theirs = [masked(ALWAYS, seed, in_graph) for seed in range(20)]
    monkeypatch.setattr(masks, "tensorflow_io", None)
    ours = [masked(ALWAYS, seed, in_graph) for seed in range(20)]
    np.testing.assert_array_equal(ours, theirs)
    assert len({mask.tobytes() for mask in ours}) > 10


@pytest.mark.parametrize("library", [TENSORFLOW_IO, None])
def test_whole_bands_and_frames_are_hidden_never_more_than_allowed(
    monkeypatch: pytest.MonkeyPatch, library: object
) -> None:
    monkeypatch.setattr(masks, "tensorflow_io", library)
    widest_band = longest_moment = 0
    for seed in range(60):
        mask = masked(ALWAYS, seed)
        frames, bands = (mask == 0).all(axis=1), (mask == 0).all(axis=0)
        np.testing.assert_array_equal(mask, 1.0 - (frames[:, None] | bands))
        widest_band, longest_moment = (max(widest_band, bands.sum()), max(longest_moment, frames.sum()))
    assert (widest_band, longest_moment) == (4, 9)


def test_probability_0_hides_nothing() -> None:
    assert (masked(MaskSpec(0.0, 4, 0.0, 9), seed=1) == 1).all()


def test_there_is_no_treble_above_the_last_band() -> None:
    assert (masked(MaskSpec(p_treble=1.0, first_treble_band=N_MELS), seed=1) == 1).all()
    assert (masked(MaskSpec(p_treble=1.0, first_treble_band=N_MELS - 1), seed=1)[:, -1] == 0).all()


def test_hide_counts_from_the_start_given() -> None:
    hidden = masks.hide(tf.ones((4, 5)), axis=1, start=2, length=2).numpy()
    np.testing.assert_array_equal(hidden, [[1, 1, 0, 0, 1]] * 4)
    hidden = masks.hide(tf.ones((4, 2)), axis=0, start=1, length=1).numpy()
    np.testing.assert_array_equal(hidden, [[1, 1], [0, 0], [1, 1], [1, 1]])


def riddled(spec: RiddleSpec, number: int, n_frames: int = 60) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is shown of a spectrogram without zeros, and which cells are asked for."""
    mel = tf.random.stateless_uniform((n_frames, N_MELS), [7, number], 1.0, 9.0)
    shown, asked = masks.riddle(mel, spec, tf.constant([3, number]))
    np.testing.assert_array_equal(asked[..., 0], mel)
    return shown.numpy(), asked[..., 1].numpy()


@pytest.mark.parametrize("kind", RIDDLES)
def test_a_riddle_shows_all_but_what_it_asks_for(kind: str) -> None:
    spec = RiddleSpec((kind,), share=0.3, mean_run=3.0, noise=0.5)
    for number in range(3):
        shown, hidden = riddled(spec, number)
        mel = tf.random.stateless_uniform(shown.shape, [7, number], 1.0, 9.0).numpy()
        assert set(np.unique(hidden)) <= {0, 1}
        np.testing.assert_array_equal(shown[hidden == 0], mel[hidden == 0])
        if kind != "noise":
            assert (shown[hidden == 1] == 0).all()
        elif hidden.any():
            assert 0.35 < np.std(shown[hidden == 1] - mel[hidden == 1]) < 0.65


@pytest.mark.parametrize("kind", RIDDLES)
@pytest.mark.parametrize(("share", "mean_run"), [(0.15, 6.0), (0.4, 2.0)])
def test_the_share_asked_for_is_hidden(kind: str, share: float, mean_run: float) -> None:
    spec = RiddleSpec((kind,), share, mean_run)
    shares = [riddled(spec, number, 100)[1].mean() for number in range(30)]
    spread = np.std(shares) / np.sqrt(len(shares))  # of their mean; a share of whole cells is off by a rounding
    assert abs(np.mean(shares) - share) < 4 * spread + 0.005


@pytest.mark.parametrize(
    ("kind", "varies_in_time", "varies_in_bands"),
    [("seq", True, True), ("feature", False, True), ("time", True, False), ("forecast", True, False)],
)
def test_what_each_kind_hides_together(kind: str, varies_in_time: bool, varies_in_bands: bool) -> None:
    hidden = np.stack([riddled(RiddleSpec((kind,), 0.3, 3.0), number)[1] for number in range(6)])
    assert (hidden != hidden[:, :1]).any() == varies_in_time
    assert (hidden != hidden[:, :, :1]).any() == varies_in_bands


def test_a_forecast_asks_for_the_end() -> None:
    _, hidden = riddled(RiddleSpec(("forecast",), share=0.2), 1)
    np.testing.assert_array_equal(hidden, np.repeat(np.arange(60) >= 48, N_MELS).reshape(60, N_MELS))


def run_lengths(row: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Lengths of the runs of True and of False, without the first and the last, which the ends cut."""
    edges = np.flatnonzero(np.diff(row)) + 1
    lengths, values = np.diff(edges), row[edges[:-1]]
    return lengths[values].tolist(), lengths[~values].tolist()


def test_runs_are_geometric() -> None:
    """Mean and spread are those of the distribution: a run of mean m has variance m (m - 1)."""
    spec = RiddleSpec(("seq",), share=0.25, mean_run=4.0)
    rows = masks.runs(tf.constant([300, 900]), spec, tf.constant([1, 2])).numpy()
    hidden, shown = (np.concatenate(lengths) for lengths in zip(*map(run_lengths, rows), strict=True))
    assert abs(hidden.mean() - 4) < 0.1 and abs(shown.mean() - 12) < 0.5  # long ones are cut by the ends more often
    np.testing.assert_allclose(np.sqrt(hidden.var()), np.sqrt(4 * 3), rtol=0.05)
    np.testing.assert_allclose(np.mean(hidden == 1), 1 / 4, rtol=0.05)
    assert abs(rows[:, 0].mean() - 0.25) < 0.1 and abs(rows.mean() - 0.25) < 0.01


def test_runs_of_one_and_runs_of_thousands() -> None:
    ones = masks.runs(tf.constant([40, 200]), RiddleSpec(("seq",), 0.5, 1.0), tf.constant([1, 2])).numpy()
    assert (ones[:, 1:] != ones[:, :-1]).all()
    wide = masks.runs(tf.constant([200, 9]), RiddleSpec(("seq",), 0.5, 1e6), tf.constant([1, 2])).numpy()
    assert (wide == wide[:, :1]).all() and 0.3 < wide.mean() < 0.7


def test_the_seed_decides_and_nothing_else() -> None:
    spec = RiddleSpec(("seq", "feature", "time", "noise"), 0.3, 3.0)  # a forecast always asks for the same
    mel, in_graph = tf.ones((60, N_MELS)), tf.function(lambda mel, seed: masks.riddle(mel, spec, seed))
    first = [masks.riddle(mel, spec, tf.constant([5, number]))[0].numpy() for number in range(12)]
    tf.random.set_seed(99)
    again = [in_graph(mel, tf.constant([5, number]))[0].numpy() for number in range(12)]
    np.testing.assert_allclose(first, again, atol=1e-5)
    assert len({shown.tobytes() for shown in first}) == 12


@pytest.mark.parametrize(("share", "mean_run"), [(0.0, 3.0), (1.0, 3.0), (0.2, 0.5), (0.8, 2.0)])
def test_runs_that_can_t_be_are_refused(share: float, mean_run: float) -> None:
    with pytest.raises(ValueError, match=f"no runs of {mean_run} make a share of {share}"):
        RiddleSpec(("seq",), share, mean_run)
