"""Feeding: whatever segments are made from, batches look alike, come in a repeatable order and hold what was put in."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber.augmentation.augment import Augmenter, AugmentSpec
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits
from drum_tabber.hearing.targets import TargetSpec
from drum_tabber.learning.dataset import ReadSpec, SegmentCache, Share, feed
from drum_tabber.learning.masks import MaskSpec, RiddleSpec
from drum_tabber.learning.segments import Segments, SegmentSpec, encoded
from drum_tabber.material.corpora import Labels, Track
from drum_tabber.material.rendered import augmented
from drum_tabber.sound.features import FeatureSpec

RATE = 8000
FEATURES = FeatureSpec(sample_rate=RATE, hop_size=80, window_size=256, n_mels=7, fmin=50.0, fmax=3900.0)
SPEC = SegmentSpec(FEATURES, TargetSpec(("BD", "SD", "HH"), FEATURES.frame_rate), n_frames=40)
READ = ReadSpec(batch_size=2, n_frames=30, seed=3, shuffle=4)
Frames = tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]


def frames(n_frames: int, seed: int = 0) -> Frames:
    rng = np.random.default_rng(seed)
    targets = {name: rng.random((n_frames, *shape), np.float32) for name, shape in SPEC.target_shapes.items()}
    return rng.random((n_frames, 7), np.float32) * 11, targets


@pytest.fixture
def cache(tmp_path: Path) -> SegmentCache:
    """Three shards for training, numbered by the seeds 0 to 2, each of two segments, and one of validation."""
    cache = SegmentCache(tmp_path / "cache", SPEC)
    for seed, shard in enumerate(["train-0", "train-1", "train-2", "validation-0"]):
        with cache.writing(shard) as add:
            add(*frames(80, seed))
    return cache


@pytest.fixture
def segments(tmp_path: Path) -> Segments:
    samples = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    soundfile.write(tmp_path / "song.wav", samples, RATE)
    times = np.arange(0.1, 3.0, 0.2)
    labels = Labels(Hits.of(times, ["SD"] * len(times)), Beats(times, np.arange(len(times)) % 4 + 1), (("SD",),), True)
    track = Track("song", "train", tmp_path / "song.wav", None, lambda: labels)
    return Segments([track], SPEC, Augmenter(AugmentSpec(p_gain=1.0, p_noise=0.5)), seed=3)


def taken(dataset: tf.data.Dataset, n_batches: int) -> list[Frames]:
    return list(itertools.islice(dataset.as_numpy_iterator(), n_batches))


def assert_same(first: list[Frames], second: list[Frames]) -> None:
    for (mel, targets), (other_mel, other_targets) in zip(first, second, strict=True):
        np.testing.assert_array_equal(mel, other_mel)
        for name in targets:
            np.testing.assert_array_equal(targets[name], other_targets[name])


def test_the_cache_gives_back_what_was_written(cache: SegmentCache) -> None:
    [(mel, targets)] = taken(feed(cache, replace(READ, training=False), "validation"), 2)
    whole_mel, whole_targets = frames(80, seed=3)
    np.testing.assert_allclose(mel.reshape(80, 7), whole_mel, atol=11 * 2**-11)  # 16-bit floats hold 11 bits
    for name, target in targets.items():
        assert target.shape == (2, 40, *SPEC.target_shapes[name])
        np.testing.assert_allclose(target.reshape(whole_targets[name].shape), whole_targets[name], atol=0.5001 / 255)


def test_zeros_and_ones_survive_exactly(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, SPEC)
    mel, targets = frames(40)
    with cache.writing("train-0") as add:
        add(mel, {name: np.rint(target) for name, target in targets.items()})
    [(_, read)] = taken(feed(cache, replace(READ, training=False)), 1)
    for name, target in targets.items():
        np.testing.assert_array_equal(read[name][0], np.rint(target))


@pytest.mark.parametrize(("n_frames", "n_segments"), [(25, 1), (40, 1), (41, 2), (80, 2), (95, 3)])
def test_every_frame_lands_in_a_full_segment(tmp_path: Path, n_frames: int, n_segments: int) -> None:
    cache = SegmentCache(tmp_path, SPEC)
    mel, targets = frames(n_frames)
    mel[:, 0] = np.arange(n_frames) + 1
    with cache.writing("train-0") as add:
        assert add(mel, targets) == n_segments
    assert list(cache.shards().values()) == [n_segments]
    read = [(mel[0], targets["onset"][0]) for mel, targets in taken(feed(cache, ReadSpec(1, 40, training=False)), 9)]
    seen = np.concatenate([mel[:, 0] for mel, _ in read])
    assert set(seen) - {0.0} == set(np.arange(n_frames) + 1.0)
    for mel, onset in read:
        padding = mel[:, 0] == 0
        assert padding.sum() == max(0, 40 - n_frames) and not onset[padding].any()


@pytest.mark.parametrize("kind", ["cache", "segments"])
def test_the_same_seed_feeds_the_same_batches(kind: str, request: pytest.FixtureRequest) -> None:
    material = request.getfixturevalue(kind)
    read = replace(READ, masks=MaskSpec(0.5, 3, 0.5, 8))
    first, again = (taken(feed(material, read), 7) for _ in range(2))
    assert_same(first, again)
    if kind == "cache":  # audio has its own seed
        other = taken(feed(material, replace(read, seed=4)), 7)
        assert not all(np.array_equal(mel, other_mel) for (mel, _), (other_mel, _) in zip(first, other, strict=True))


def test_the_number_of_workers_changes_nothing(segments: Segments) -> None:
    one, three = (taken(feed(segments, replace(READ, n_workers=n_workers)), 5) for n_workers in (1, 3))
    assert_same(one, three)


def test_every_mode_feeds_the_same_kind_of_batches(cache: SegmentCache, segments: Segments) -> None:
    rendered = Segments(segments.tracks, SPEC)
    specs = [feed(material, READ).element_spec for material in (cache, segments, rendered)]
    assert specs[0] == specs[1] == specs[2]
    mel, targets = specs[0]
    assert mel == tf.TensorSpec((2, 30, 7), tf.float32)
    assert {name: spec.shape[2:] for name, spec in targets.items()} == SPEC.target_shapes


def test_training_crops_mel_and_targets_at_the_same_place_and_goes_on_for_ever(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, SPEC)
    ramp = np.linspace(0, 1, 40, dtype=np.float32)
    with cache.writing("train-0") as add:
        mel = np.repeat(ramp[:, None], 7, axis=1)
        add(mel, {name: np.broadcast_to(ramp[:, None, None], (40, *s)) for name, s in SPEC.target_shapes.items()})
    starts = set()
    for mel, targets in taken(feed(cache, READ), 20):
        np.testing.assert_allclose(mel[:, :, 0], targets["onset"][:, :, 0, 0], atol=0.003)
        starts |= set(mel[:, 0, 0].tolist())
    assert 5 < len(starts) <= 11


def test_validation_gives_every_segment_once_unmasked_and_whole(segments: Segments) -> None:
    read = replace(READ, training=False, masks=MaskSpec(1.0, 7, 1.0, 40))
    batches = taken(feed(segments, read), 99)
    assert sum(len(mel) for mel, _ in batches) == segments.n_cuts == 8  # 3 s in segments of 0.4 s
    np.testing.assert_array_equal(batches[1][0][1], segments.cut(3)[0])


def test_what_is_made_ahead_is_what_is_cut(segments: Segments, tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path / "cache", SPEC)
    unchanged = Augmenter(AugmentSpec())
    with cache.writing("train") as add:
        for track in segments.tracks:
            add(*encoded(augmented(track, 0, unchanged, SPEC.features.sample_rate), track.labels(), SPEC))
    assert cache.shards() == {cache.folder / "train.tfrecord": 8}
    mel, targets = taken(feed(cache, ReadSpec(8, 40, training=False)), 1)[0]
    made = [segments.cut(number) for number in range(7)]  # the eighth reaches back
    np.testing.assert_allclose(mel[:7, 3:-3], np.stack([mel for mel, _ in made])[:, 3:-3], atol=0.01)
    np.testing.assert_allclose(targets["onset"][:7], np.stack([t["onset"] for _, t in made]), atol=0.01)


def test_masks_hide_mels_but_no_targets(cache: SegmentCache) -> None:
    plain, masked = (taken(feed(cache, replace(READ, masks=masks)), 1) for masks in (None, MaskSpec(1.0, 6, 1.0, 20)))
    assert (masked[0][0] == 0).sum() > (plain[0][0] == 0).sum()
    assert all((target > 0).mean() > 0.9 for target in masked[0][1].values())


def test_a_shard_that_broke_off_is_not_there_and_a_finished_one_is(cache: SegmentCache) -> None:
    with pytest.raises(RuntimeError, match="broken"), cache.writing("train-9") as add:
        add(*frames(40))
        raise RuntimeError("broken off")
    assert cache.finished("train-0") and not cache.finished("train-9")
    assert sorted(path.name for path in cache.folder.iterdir()) == sorted(
        f"{shard}.{suffix}"
        for shard in ("train-0", "train-1", "train-2", "validation-0")
        for suffix in ("json", "tfrecord")
    )


def test_spectrograms_of_another_kind_are_refused(cache: SegmentCache) -> None:
    other = SegmentCache(cache.folder, replace(SPEC, features=replace(FEATURES, hop_size=100)))
    with pytest.raises(CorpusError, match=r"train-0.json was made with features .*'hop_size': 80.*; remove"):
        feed(other, READ)
    with pytest.raises(CorpusError, match="was made with"):
        other.finished("train-0")


def test_no_spectrograms_and_broken_indexes_are_refused(cache: SegmentCache) -> None:
    with pytest.raises(CorpusError, match=r"no finished spectrograms named test\*"):
        feed(cache, READ, "test")
    (cache.folder / "train-0.json").write_text("{")
    with pytest.raises(CorpusError, match=r"train-0.json is no index"):
        feed(cache, READ)


def test_the_index_says_what_the_segments_are(cache: SegmentCache) -> None:
    index = json.loads((cache.folder / "train-0.json").read_text())
    assert index["n_segments"] == 2 and index["n_frames"] == 40 and index["features"]["n_mels"] == 7


def test_targets_outside_0_to_1_are_refused(tmp_path: Path) -> None:
    mel, targets = frames(40)
    with pytest.raises(ValueError, match="between 0 and 1"), SegmentCache(tmp_path, SPEC).writing("train-0") as add:
        add(mel, {name: 2 * target for name, target in targets.items()})


def test_riddles_instead_of_labels(segments: Segments) -> None:
    """The same ones every time; what is shown is what was there but for the cells that are asked for."""
    spec = RiddleSpec(("time", "seq"), share=0.3, mean_run=3.0)
    for training in (True, False):
        read = replace(READ, training=training, riddle=spec)
        riddles = feed(segments, read)
        first, again = (list(riddles.take(3).as_numpy_iterator()) for _ in range(2))
        plain = taken(feed(segments, replace(read, riddle=None)), 3)
        for (mel, asked), (mel_again, asked_again), (whole, _) in zip(first, again, plain, strict=True):
            np.testing.assert_array_equal(mel, mel_again)
            np.testing.assert_array_equal(asked, asked_again)
            np.testing.assert_array_equal(asked[..., 0], whole)
            np.testing.assert_array_equal(mel, np.where(asked[..., 1] == 1, 0, whole))
            assert 0.02 < asked[..., 1].mean() < 0.7


def test_shares_are_drawn_by_weight_and_length(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, SPEC)
    for value, (shard, n_segments) in enumerate({"a": 1, "b": 3, "stale": 2}.items()):
        with cache.writing(f"train-{shard}", {"holds": [shard]}) as add:
            mel, targets = frames(40 * n_segments)
            add(np.full_like(mel, value), targets)
    assert cache.about("train-b") == {"holds": ["b"]} and cache.about("train-c") is None
    shares = [Share(("train-a",), 6.0), Share(("train-b",))]
    drawn = [float(mel[0, 0, 0]) for mel, _ in taken(feed(cache, replace(READ, batch_size=1), shares=shares), 300)]
    assert set(drawn) == {0.0, 1.0} and drawn.count(0.0) == pytest.approx(200, abs=30)  # 6 x 1 against 1 x 3
    again = [float(mel[0, 0, 0]) for mel, _ in taken(feed(cache, replace(READ, batch_size=1), shares=shares), 300)]
    assert again == drawn
    every = taken(feed(cache, ReadSpec(1, 40, training=False), shares=shares), 9)
    assert [float(mel[0, 0, 0]) for mel, _ in every] == [0.0, 1.0, 1.0, 1.0]


def test_tracks_are_drawn_by_weight(tmp_path: Path) -> None:
    tracks = []
    for name, seconds in (("a", 1), ("b", 3)):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(seconds * RATE), RATE)
        labels = Labels(Hits(), None, (), False)
        tracks.append(Track(name, "train", tmp_path / f"{name}.wav", None, lambda labels=labels: labels))  # type: ignore[misc]
    drawn = [Segments(tracks, SPEC, weights=[9.0, 1.0]).draw_audio(number)[0] for number in range(200)]
    assert drawn.count(0) == pytest.approx(150, abs=20)
