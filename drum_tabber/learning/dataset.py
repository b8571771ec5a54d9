"""Training segments as batches: `feed` answers a `tf.data.Dataset` of (mel, targets), whatever they are made from.

`mel` is (batch, frames, mels) float32; `targets` are those of `targets.encode` with a batch axis: "onset" and
"velocity" (batch, frames, drums, 2), "beat" (batch, frames, 2, 2), each cell [target, weight]. Where no labels are
learnt from there is one target instead: the spectrogram before some of it was hidden, (batch, frames, mels, 2), of
weight 1 where it was.

Spectrograms made ahead lie in a folder of TFRecord shards, each with an index beside it that says what its segments
are, so that features and targets of another kind are refused. Mels are kept as 16-bit floats, targets as bytes.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from drum_tabber.errors import CorpusError
from drum_tabber.files import replacing
from drum_tabber.learning.masks import MaskSpec, RiddleSpec, random_masks, riddle
from drum_tabber.learning.segments import Segments, SegmentSpec

if TYPE_CHECKING:
    pass

Floats = NDArray[np.float32]
Tensors = dict[str, tf.Tensor]

_READ_AT_ONCE = 8  # shards interleaved
_FIELDS = ("mel", "targets")  # of a record


class SegmentCache:
    """A folder of spectrogram shards. Several processes may write at once, each its own shards.

    A shard is finished when its index stands beside it, so work that was broken off resumes by asking `finished`.
    """

    def __init__(self, folder: Path | str, spec: SegmentSpec) -> None:
        self.folder, self.spec = Path(folder), spec

    def finished(self, shard: str) -> bool:
        """Whether the shard is there, whole; raises CorpusError where it was made with another spec."""
        return self.about(shard) is not None

    def about(self, shard: str) -> dict[str, Any] | None:
        """What was noted of a finished shard, None where there is none; raises as `finished` does."""
        index = self._index(shard)
        about: dict[str, Any] | None = self._read_index(index).get("about", {}) if index.exists() else None
        return about

    @contextmanager
    def writing(
        self, shard: str, about: Mapping[str, Any] | None = None
    ) -> Iterator[Callable[[Floats, Mapping[str, Floats]], int]]:
        """A function `add(mel, targets)` that cuts frames into segments, appends them to the shard and counts them.

        The last segment reaches back so that it is full; what is shorter than a segment is padded with silence of
        weight 0. The shard appears when the block ends well and not otherwise, with what is noted `about` it by then.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        n_segments = 0
        with replacing(self._shard(shard)) as part, tf.io.TFRecordWriter(str(part)) as writer:

            def add(mel: Floats, targets: Mapping[str, Floats]) -> int:
                nonlocal n_segments
                records = list(self._records(mel, targets))
                for record in records:
                    writer.write(record)
                n_segments += len(records)
                return len(records)

            yield add
            writer.flush()
        with replacing(self._index(shard)) as part:
            index = {**self.spec.contract, "n_segments": n_segments, "about": dict(about or {})}
            part.write_text(json.dumps(index, indent=1) + "\n")

    def shards(self, prefix: str = "") -> dict[Path, int]:
        """The finished shards whose names begin with `prefix`, in order of name, and the segments in each.

        Raises CorpusError where there are none or where one was made with another spec.
        """
        found = self.named(index.stem for index in sorted(self.folder.glob(f"{prefix}*.json")))
        if not found:
            raise CorpusError(f"{self.folder} holds no finished spectrograms named {prefix}*; make them first")
        return found

    def named(self, names: Iterable[str]) -> dict[Path, int]:
        """The finished shards of these names and the segments in each; raises CorpusError as `shards` does."""
        return {self._shard(name): self._read_index(self._index(name))["n_segments"] for name in names}

    def _shard(self, shard: str) -> Path:
        return self.folder / f"{shard}.tfrecord"

    def _index(self, shard: str) -> Path:
        return self.folder / f"{shard}.json"

    def _read_index(self, path: Path) -> dict[str, Any]:
        try:
            index: dict[str, Any] = json.loads(path.read_text())
        except ValueError as error:
            raise CorpusError(f"{path} is no index of spectrograms ({error}); remove it to make them anew") from error
        for key, value in self.spec.contract.items():
            if index.get(key) != value:
                raise CorpusError(
                    f"{path} was made with {key} {index.get(key)}, not {value}; "
                    "remove that folder or choose another to make spectrograms anew"
                )
        return index

    def _records(self, mel: Floats, targets: Mapping[str, Floats]) -> Iterator[bytes]:
        length, total = self.spec.n_frames, len(mel)
        packed = np.concatenate([targets[name].reshape(total, -1) for name in self.spec.target_shapes], axis=1)
        if packed.size and not 0 <= packed.min() <= packed.max() <= 1:
            raise ValueError("targets and weights must lie between 0 and 1")
        frames = _padded(mel.astype(np.float16), length)
        cells = _padded(np.rint(packed * 255).astype(np.uint8), length)
        for start in range(0, total, length):
            start = max(0, min(start, total - length))
            yield _example(mel=frames[start : start + length], targets=cells[start : start + length])


@dataclass(frozen=True)
class ReadSpec:
    """How segments are served.

    In training: shuffled (cached ones among `shuffle`), without end, a random crop of `n_frames` of each, masked, in
    full batches. Otherwise: every segment once, in order, whole and unmasked.
    """

    batch_size: int
    n_frames: int
    training: bool = True
    seed: int = 0
    shuffle: int = 512
    masks: MaskSpec | None = None
    riddle: RiddleSpec | None = None  # what to hide and ask for, instead of the labels
    n_workers: int = 2  # threads that read and augment audio


@dataclass(frozen=True)
class Share:
    """Shards by their names, and how often they are drawn from, for their length, over those of weight 1."""

    shards: tuple[str, ...]
    weight: float = 1.0


def feed(
    material: SegmentCache | Segments, read: ReadSpec, prefix: str = "", shares: Sequence[Share] = ()
) -> tf.data.Dataset:
    """Batches of spectrograms made ahead (shards named `prefix`…, or those of `shares`) or of audio.

    The same seed gives the same batches. Raises CorpusError where there is no material, or where it was made with
    another spec.
    """
    found: list[tuple[dict[Path, int], float]] = []
    if isinstance(material, SegmentCache):
        found = [(material.named(share.shards), share.weight) for share in shares]
        found = [(shards, weight) for shards, weight in found if sum(shards.values())] or [(material.shards(prefix), 1)]
        segments = _mixed(material, read, found)
    else:
        segments = _live(material, read)
    if read.training:

        def vary(mel: tf.Tensor, targets: Tensors) -> tuple[tf.Tensor, Tensors]:
            tf.compat.v1.set_random_seed(read.seed)  # of this function's graph alone
            mel, targets = _cropped(mel, targets, min(read.n_frames, material.spec.n_frames))
            return random_masks(mel, read.masks) if read.masks else mel, targets

        segments = segments.map(vary)  # one at a time, so that draws come in the same order whenever they are made
    if read.riddle:
        segments = segments.enumerate().map(
            lambda number, segment: riddle(segment[0], read.riddle, tf.stack([read.seed, number]))
        )
    batches = segments.batch(read.batch_size, drop_remainder=read.training).prefetch(2)
    if not read.training:  # Keras warns of material that ends unannounced
        n_segments = material.n_cuts if isinstance(material, Segments) else sum(sum(s.values()) for s, _ in found)
        batches = batches.apply(tf.data.experimental.assert_cardinality(-(-n_segments // read.batch_size)))
    return batches


def _mixed(cache: SegmentCache, read: ReadSpec, found: Sequence[tuple[dict[Path, int], float]]) -> tf.data.Dataset:
    """The segments of some shares: in training at random, by weight and length, otherwise one after the other."""
    parts = [_cached(cache, read, shards) for shards, _ in found]
    if len(parts) > 1 and read.training:
        weights = np.array([weight * sum(shards.values()) for shards, weight in found])
        return tf.data.Dataset.sample_from_datasets(parts, (weights / weights.sum()).tolist(), read.seed)
    return functools.reduce(lambda first, second: first.concatenate(second), parts)


def _cached(cache: SegmentCache, read: ReadSpec, found: Mapping[Path, int]) -> tf.data.Dataset:
    shards = [str(path) for path, n_segments in found.items() if n_segments]
    records = tf.data.Dataset.from_tensor_slices(shards)
    if read.training:
        records = records.shuffle(len(shards), read.seed).repeat()
        records = records.interleave(tf.data.TFRecordDataset, cycle_length=min(_READ_AT_ONCE, len(shards)))
        records = records.shuffle(read.shuffle, read.seed)
    else:
        records = records.flat_map(tf.data.TFRecordDataset)
    return records.map(lambda record: _parsed(record, cache.spec))


def _parsed(record: tf.Tensor, spec: SegmentSpec) -> tuple[tf.Tensor, Tensors]:
    fields = tf.io.parse_single_example(record, {name: tf.io.FixedLenFeature((), tf.string) for name in _FIELDS})
    mel = tf.reshape(tf.io.decode_raw(fields["mel"], tf.float16), (spec.n_frames, spec.features.n_bands))
    shapes = spec.target_shapes
    widths = [rows * columns for rows, columns in shapes.values()]
    cells = tf.reshape(tf.io.decode_raw(fields["targets"], tf.uint8), (spec.n_frames, sum(widths)))
    split = tf.split(tf.cast(cells, tf.float32) / 255, widths, axis=1)
    return tf.cast(mel, tf.float32), {
        name: tf.reshape(cell, (spec.n_frames, *shape))
        for (name, shape), cell in zip(shapes.items(), split, strict=True)
    }


def _live(segments: Segments, read: ReadSpec) -> tf.data.Dataset:
    spec = segments.spec
    shapes = {"mel": (spec.features.n_bands,), **spec.target_shapes}
    make = segments.draw if read.training else segments.cut

    def arrays(number: NDArray[np.int64]) -> list[Floats]:
        mel, targets = make(int(number))
        return [mel, *(targets[name] for name in spec.target_shapes)]

    def load(number: tf.Tensor) -> tuple[tf.Tensor, Tensors]:
        made = tf.numpy_function(arrays, [number], [tf.float32] * len(shapes), stateful=False)
        named = {
            name: tf.ensure_shape(array, (spec.n_frames, *shape))
            for (name, shape), array in zip(shapes.items(), made, strict=True)
        }
        return named.pop("mel"), named

    numbers = tf.data.Dataset.counter() if read.training else tf.data.Dataset.range(segments.n_cuts)
    return numbers.map(load, num_parallel_calls=read.n_workers, deterministic=True)


def _cropped(mel: tf.Tensor, targets: Tensors, n_frames: int) -> tuple[tf.Tensor, Tensors]:
    start = tf.random.uniform((), 0, mel.shape[0] - n_frames + 1, tf.int32)

    def cut(frames: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(frames[start : start + n_frames], (n_frames, *frames.shape[1:]))

    return cut(mel), {name: cut(target) for name, target in targets.items()}


def _example(**arrays: NDArray[Any]) -> bytes:
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[np.ascontiguousarray(array).tobytes()]))
        for name, array in arrays.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _padded(rows: NDArray[Any], length: int) -> NDArray[Any]:
    return np.pad(rows, ((0, max(0, length - len(rows))), (0, 0)))
