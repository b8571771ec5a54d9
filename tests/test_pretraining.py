"""The self-supervised start: whose songs, what is judged, that it learns and resumes, what is carried over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from drum_tabber import model
from drum_tabber.errors import BundleError, CorpusError
from drum_tabber.hearing.targets import TargetSpec
from drum_tabber.learning import pretraining, training
from drum_tabber.learning.dataset import ReadSpec, feed
from drum_tabber.learning.masks import RiddleSpec
from drum_tabber.learning.pretraining import Pretraining
from drum_tabber.learning.segments import Segments, SegmentSpec
from drum_tabber.learning.training import TrainingSpec
from drum_tabber.model import ModelSpec
from drum_tabber.sound import audio
from drum_tabber.sound.features import FeatureSpec

RATE = 8000
FEATURES = FeatureSpec(sample_rate=RATE, hop_size=80, window_size=256, n_mels=6, fmin=40.0, fmax=3900.0)
SEGMENT = SegmentSpec(FEATURES, TargetSpec(("BD", "SD", "HH"), FEATURES.frame_rate), n_frames=24)
TRANSFORMER = ModelSpec("tst", 6, 3, (2,), 8, (1,), 1, 2, 2, 4, 0.0, n_encoders=2)
SPEC = Pretraining(
    model=TRANSFORMER,
    features=FEATURES,
    riddle=RiddleSpec(("time", "seq"), share=0.3, mean_run=2.0),
    training=TrainingSpec(2, 4, 0.02, 0, 0.0, 0.0, 2.0, 0.3, 0.5, 5),
)
MakeSong = Callable[..., Path]


@pytest.fixture
def make_song(tmp_path: Path) -> MakeSong:
    """A function that writes a second of one steady tone and its octave, so that a part tells of the whole."""

    def make(name: str, hertz: float = 440.0) -> Path:
        seconds = np.arange(RATE) / RATE
        tones = 0.3 * np.sin(2 * np.pi * hertz * seconds) + 0.2 * np.sin(4 * np.pi * hertz * seconds)
        path = tmp_path / "songs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        audio.write(path, tones.astype(np.float32), RATE)
        return path

    return make


def riddles(folder: Path, training: bool = True) -> tf.data.Dataset:
    tracks, _ = pretraining.find_songs([folder])
    read = ReadSpec(batch_size=3, n_frames=24, training=training, seed=2, riddle=SPEC.riddle, n_workers=1)
    return feed(Segments(tracks, SEGMENT, seed=2), read)


class TestSongs:
    def test_every_song_is_found_once_and_nothing_is_known_of_it(self, make_song: MakeSong, tmp_path: Path) -> None:
        paths = [make_song("a.wav"), make_song("deep/b.flac")]
        tracks, notices = pretraining.find_songs([tmp_path / "songs", tmp_path / "songs" / "deep"])
        assert [track.audio for track in tracks] == paths and notices == []
        labels = tracks[0].labels()
        assert len(labels.hits) == 0 and labels.beats is None and labels.told_apart == () and not labels.velocity

    def test_a_tenth_judges_and_stays_the_same_wherever_it_lies(self, make_song: MakeSong, tmp_path: Path) -> None:
        for number in range(20):
            make_song(f"{number}.wav")
        tracks, _ = pretraining.find_songs([tmp_path / "songs"])
        judges = {track.name for track in tracks if track.split == "validation"}
        assert len(tracks) == 20 and len(judges) == 2
        (tmp_path / "songs").rename(tmp_path / "moved")
        tracks, _ = pretraining.find_songs([tmp_path / "moved"])
        assert {track.name for track in tracks if track.split == "validation"} == judges

    def test_few_songs_all_train(self, make_song: MakeSong, tmp_path: Path) -> None:
        for number in range(9):
            make_song(f"{number}.wav")
        tracks, _ = pretraining.find_songs([tmp_path / "songs"])
        assert {track.split for track in tracks} == {"train"}

    def test_a_song_that_can_t_be_read_is_left_out_and_named(self, make_song: MakeSong, tmp_path: Path) -> None:
        make_song("good.wav")
        (tmp_path / "songs" / "bad.wav").write_bytes(b"RIFF, or so it says")
        tracks, [notice] = pretraining.find_songs([tmp_path / "songs"])
        assert [track.name for track in tracks] == ["good"]
        assert notice.startswith("bad.wav is not used: ") and "\n" not in notice

    def test_wrong_folders_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"there is no folder .*nowhere; name folders that hold songs in UNLAB"):
            pretraining.find_songs([tmp_path / "nowhere"])
        with pytest.raises(CorpusError, match=r"holds no songs; name folders that do in UNLABELLED_DIRS"):
            pretraining.find_songs([tmp_path])
        (tmp_path / "bad.wav").write_bytes(b"no sound")
        with pytest.raises(CorpusError, match=r"none of the files in UNLABELLED_DIRS can be read; the first: bad.wav"):
            pretraining.find_songs([tmp_path])


def test_only_what_is_hidden_is_judged() -> None:
    rng = np.random.default_rng(0)
    mel, hidden = rng.normal(size=(2, 5, 6)), rng.integers(0, 2, (2, 5, 6))
    asked = np.stack([mel, hidden], axis=-1).astype(np.float32)
    right_where_hidden = np.where(hidden == 1, mel, 1e3).astype(np.float32)
    np.testing.assert_array_equal(training.squared_error(asked, right_where_hidden), [0, 0])
    off_by_two = np.where(hidden == 1, mel + 2, mel).astype(np.float32)
    np.testing.assert_allclose(training.squared_error(asked, off_by_two), [4, 4], rtol=1e-4)


def test_what_is_hidden_is_learnt(make_song: MakeSong, tmp_path: Path) -> None:
    """Better than the mean of every band would be: from what is shown, the model tells which song it is."""
    for number, hertz in enumerate((300.0, 700.0, 1500.0)):
        make_song(f"{number}.wav", hertz)
    keras.utils.set_random_seed(1)
    network = model.reconstructor(TRANSFORMER)
    network.compile(keras.optimizers.Adam(0.02), loss=training.squared_error)
    batches = riddles(tmp_path / "songs").as_numpy_iterator()
    judged = list(riddles(tmp_path / "songs", training=False).as_numpy_iterator())
    before = np.mean([training.squared_error(asked, network(mel, training=False)) for mel, asked in judged])
    for _ in range(120):
        network.train_on_batch(*next(batches))
    after = np.mean([training.squared_error(asked, network(mel, training=False)) for mel, asked in judged])
    whole = np.concatenate([asked[..., 0] for _, asked in judged])
    assert after < before / 2 and after < np.mean(np.var(whole, axis=(0, 1)))


@pytest.mark.slow
def test_a_start_that_broke_off_goes_on_and_is_made_once(make_song: MakeSong, tmp_path: Path) -> None:
    songs, folder = make_song("a.wav").parent, tmp_path / "run"
    keras.utils.set_random_seed(1)
    once = replace(SPEC, training=replace(SPEC.training, epochs=1))
    pretraining.pretrain(once, riddles(songs), riddles(songs, False), folder, on_gpu=False)
    assert pretraining.trained_trunk(folder) == folder / pretraining.TRUNK
    (folder / pretraining.TRUNK).unlink()
    assert pretraining.trained_trunk(folder) is None
    path = pretraining.pretrain(SPEC, riddles(songs), riddles(songs, False), folder, on_gpu=False)
    rows = (folder / "log.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1"]
    assert not list(folder.glob(".*"))

    network = model.build(TRANSFORMER)
    heads = [weight.numpy() for weight in network.weights if "logit" in weight.path]
    pretraining.load_trunk(path, network)
    best = model.reconstructor(TRANSFORMER)
    best.load_weights(folder / training.BEST_WEIGHTS)
    for weight, trained in zip(model.trunk(network).weights, model.trunk(best).weights, strict=True):
        np.testing.assert_array_equal(weight, trained)
    kept = [weight.numpy() for weight in network.weights if "logit" in weight.path]
    assert len(kept) == 6 and all(map(np.array_equal, heads, kept))


def test_a_folder_of_another_model_s_start_is_left_alone(tmp_path: Path) -> None:
    pretraining.check_contract(tmp_path, SPEC)
    (tmp_path / "pretraining.json").write_text(json.dumps(SPEC.contract))
    pretraining.check_contract(tmp_path, replace(SPEC, training=replace(SPEC.training, epochs=9)))
    for other, words in (
        (replace(SPEC, model=replace(TRANSFORMER, d_model=12)), "model d_model 8, not 12"),
        (replace(SPEC, features=replace(FEATURES, hop_size=81)), "features hop_size 80, not 81"),
        (replace(SPEC, riddle=replace(SPEC.riddle, share=0.2)), "masks share 0.3, not 0.2"),
    ):
        with pytest.raises(
            BundleError, match=rf"was pre-trained with {words}; remove that folder or choose another RU"
        ):
            pretraining.check_contract(tmp_path, other)


def test_a_trunk_that_does_not_fit_is_named(tmp_path: Path) -> None:
    model.trunk(model.build(TRANSFORMER)).save_weights(tmp_path / pretraining.TRUNK)
    with pytest.raises(BundleError, match=r"trunk\.weights\.h5 doesn't hold the trunk of this model"):
        pretraining.load_trunk(tmp_path / pretraining.TRUNK, model.build(replace(TRANSFORMER, d_model=12)))
