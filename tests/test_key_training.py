"""Training material of known key, and a network that learns from it and turns with it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.key import corpus, network, serving, sketch, training
from drum_tabber.key.bundle import KeyBundle, KeyDecoding
from drum_tabber.key.corpus import UNKNOWN, Labelled
from drum_tabber.key.cqt import CqtSpec
from drum_tabber.key.keys import KEYS, NAMES, Key
from drum_tabber.key.network import PIECE, STEPS, KeyNetSpec
from drum_tabber.key.sketch import Rolls
from drum_tabber.key.tonality import Listener
from drum_tabber.key.training import Batches, TrainingSpec

SPEC = CqtSpec()


def song(tonic: int, mode: str, n_steps: int = 40) -> Rolls:
    """A scale's triads, root in the bass."""
    scale = (0, 2, 4, 5, 7, 9, 11) if mode == "maj" else (0, 2, 3, 5, 7, 8, 11)
    strength = np.zeros((4, n_steps, 128), np.float32)
    for step in range(n_steps):
        degree = (0, 3, 4, 0)[step % 4]
        pitches = [scale[(degree + third) % 7] for third in (0, 2, 4)]
        strength[2, step, [60 + (tonic + pitch) % 12 for pitch in pitches]] = 1
        strength[3, step, 36 + (tonic + pitches[0]) % 12] = 1
    return Rolls(strength, np.full(n_steps, NAMES.index(f"{Key(tonic, 'maj').folder[:-4]}-{mode}")))


def batches(n: int, n_songs: int = 4) -> Batches:
    songs = [song(tonic, mode) for tonic in range(n_songs) for mode in ("maj", "min")]
    training = TrainingSpec(n_batches=n, batch_size=16, n_steps=8, seed=3)
    return Batches([], songs, KeyNetSpec(filters=4, width=8), SPEC, training)


def test_a_label_moves_with_the_cut() -> None:
    piece = np.zeros((8, 144), np.float32)
    piece[:, 12 + 48] = 1  # C4
    training = TrainingSpec(n_batches=1, batch_size=200, n_steps=8)
    spectra, labels = Batches([Labelled(piece, np.full(8, Key(0, "maj").index))], [], KeyNetSpec(), SPEC, training)[0]
    heard = (spectra[:, 0].argmax(axis=1) - 48) // 2
    assert set(heard) == set(range(-6, 6))
    assert [KEYS[label] for label in labels[PIECE]] == [Key(up % 12, "maj") for up in heard]
    assert labels[STEPS].shape == (200, 4)


def test_the_same_seed_draws_the_same_batch() -> None:
    (first, labels), (again, same) = batches(2)[1], batches(2)[1]
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(labels[STEPS], same[STEPS])
    assert not np.array_equal(first, batches(2)[0][0])


def test_unknown_stays_unknown() -> None:
    assert (training.turns()[:, UNKNOWN] == UNKNOWN).all()
    assert training.most(np.array([UNKNOWN, 5, UNKNOWN, 5, 6])) == 5
    assert training.most(np.array([UNKNOWN])) == UNKNOWN


def test_a_sketch_sounds_where_its_notes_lie() -> None:
    strength = np.zeros((4, 6, 128), np.float32)
    strength[2, 2:4, 69] = 1
    bank = [sketch.timbre(SPEC, 0.0, 0, np.random.default_rng(0))]
    assert bank[0][69].argmax() == 2 * (69 - 36)
    drawn = sketch.draw(Rolls(strength, np.zeros(6, int)), 0, 6, SPEC, bank, np.random.default_rng(1))
    assert (drawn[2:4, 66] > 3 * drawn[[0, 1, 4, 5], 66].max()).all()


def test_a_network_turns_with_its_input() -> None:
    keras.utils.set_random_seed(0)
    model = network.build(KeyNetSpec(), SPEC)
    assert model.count_params() <= 200_000
    heard = np.zeros((1, 96, 120), np.float32)
    heard[:, :, 40:80] = np.random.default_rng(0).random((1, 96, 40)) ** 4
    low, high = (np.asarray(model(np.roll(heard, up, axis=2), training=False)[PIECE])[0] for up in (0, 2))
    turned = [key.transposed(1).index for key in KEYS]
    np.testing.assert_allclose(high[turned], low, atol=0.1 * low.std() + 0.02)


def test_an_equaliser_neither_silences_nor_drowns() -> None:
    gains = np.array([sketch.colour(144, np.random.default_rng(seed)) for seed in range(50)])
    assert gains.shape == (50, 144) and (gains > 0).all()
    assert 2 < (20 * np.log10(gains)).std() < 6


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_KEPT_EVERY", 2)
    state = tmp_path / "state.weights.h5"
    seen: list[int] = []

    def stop_at_five(n_done: int, loss: float) -> None:
        if n_done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(batches(7), stop_at_five, state=state)
    training.train(batches(7), lambda n_done, loss: seen.append(n_done), state=state)
    assert seen == [5, 6, 7]


@pytest.mark.slow
def test_it_learns_and_is_served_as_it_is(tmp_path: Path) -> None:
    model = training.train(batches(60))
    net = KeyNetSpec(filters=4, width=8)
    bundle = KeyBundle(tmp_path / "own", SPEC, vars(net), net.step, KeyDecoding(turns=0))
    serving.save_network(bundle, model)
    listener = Listener(KeyBundle.load(bundle.folder))
    bank = sketch.bank(4, SPEC, np.random.default_rng(9))
    right = 0
    for key in KEYS:
        drawn = sketch.draw(song(key.tonic, key.mode), 0, 16, SPEC, bank, np.random.default_rng(key.index))
        frames = np.repeat(drawn, net.fold, axis=0)
        heard = listener.of_magnitude(frames)
        right += heard.key == key
        theirs = np.asarray(serving.load_model(bundle)(frames[None], training=False)[PIECE])[0]
        np.testing.assert_allclose(np.log(heard.probability), theirs - np.log(np.exp(theirs).sum()), atol=1e-3)
    assert right >= 20


def test_recordings_in_three_layouts(tmp_path: Path) -> None:
    for name in ("ncs/F-min/a.mp3", "mtg/12.LOFI.mp3", "mtg/13.LOFI.mp3", "key/audio/7.LOFI.mp3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "mtg/annotations.txt").write_text("ID\tMANUAL KEY\n12\tF# minor\t2\n13\tC major / A minor\t1\n")
    (tmp_path / "key/keys_gs+").mkdir()
    (tmp_path / "key/keys_gs+/7.LOFI.txt").write_text("Db minor\n")
    found = {
        layout: [(path.name, str(key)) for path, key in corpus.recordings(layout, tmp_path / folder)]
        for layout, folder in (("ncs", "ncs"), ("giantsteps-mtg", "mtg"), ("giantsteps-key", "key"))
    }
    assert found == {
        "ncs": [("a.mp3", "F minor")],
        "giantsteps-mtg": [("12.LOFI.mp3", "F# minor")],
        "giantsteps-key": [("7.LOFI.mp3", "C# minor")],
    }
    with pytest.raises(CorpusError, match="laid out as ncs"):
        corpus.recordings("ncs", tmp_path / "mtg")


def test_splits_are_by_song() -> None:
    assert [corpus.split_of(name) for name in ("120", "125", "126")] == ["test", "validation", "train"]
