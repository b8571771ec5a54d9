"""Self-training: songs without labels, labelled by MODEL_BUNDLE where it is sure of what it hears, join the material.

What was heard is kept in DATA_DIR/heard, two tables a song, until the song, the model or SELF_TRAINING_SURE changes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import CorpusError
from drum_tabber.export import columns
from drum_tabber.material.corpora import Labels, Track
from drum_tabber.sound import audio
from drum_tabber.tasks import workers
from drum_tabber.trained import located

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from drum_tabber.hearing.inference import Network

UNLABELLED = "unlabelled"  # what these songs are called among the corpora
_VERSION = 1  # of how labels are made of what is heard


@dataclass(frozen=True)
class Song:
    """A recording to be heard: its file, its name within its folder, a digest of all that decides its labels."""

    name: str
    path: Path
    key: str

    @property
    def hits(self) -> Path:
        """Where its hits are kept; the other table lies beside it."""
        return Path(configs.DATA_DIR) / "heard" / f"{self.key}.hits.csv"

    @property
    def hidden(self) -> Path:
        """Where the spans are kept in which nothing is taught."""
        return self.hits.with_name(f"{self.key}.hidden.csv")


def tracks(labelled: Collection[Path]) -> tuple[list[Track], list[str]]:
    """The songs of UNLABELLED_DIRS but for files that are `labelled`, as tracks to train on, never to judge by, and a
    sentence for each that can't be heard.

    Raises CorpusError where there are none, BundleError where MODEL_BUNDLE can't hear them.
    """
    known = {path.resolve() for path in labelled}
    found = [
        _song(path, Path(folder))
        for folder in configs.UNLABELLED_DIRS
        for path in audio.find([folder])
        if path.resolve() not in known
    ]
    if not found:
        raise CorpusError(f"{', '.join(configs.UNLABELLED_DIRS)} hold no songs to hear; name other UNLABELLED_DIRS")
    drums = network().bundle.targets.drums  # what is wrong with the model is better said once
    missing = [song for song in found if not song.hits.is_file()]
    failed = {each.job.name: each.failure for each in workers.each(hear, missing, "hearing songs") if each.failure}
    made = [
        Track(
            song.name, "train", song.path, None, partial(_labels, song, drums), version=song.key, note="as it was heard"
        )
        for song in found
        if song.name not in failed
    ]
    return made, [f"{name} is left out: {failure}" for name, failure in failed.items()]


def hear(song: Song) -> None:
    """Label a song by what the model hears of it, and keep that. Raises AudioError."""
    from drum_tabber.material import heard

    bundle = network().bundle
    said = network().activations(audio.stream(song.path, bundle.features.sample_rate))
    labels = heard.labels_of(said, bundle.targets, bundle.decoding, configs.SELF_TRAINING_SURE)
    columns.write_spans(song.hidden, labels.hidden)
    columns.write_hits(song.hits, labels.hits)  # last: a song counts as heard when its hits are there


@lru_cache(maxsize=1)
def _loaded(folder: str) -> Network:
    from drum_tabber.hearing.bundle import Bundle
    from drum_tabber.hearing.inference import Network

    return Network(Bundle.load(folder), n_threads=1)


def network() -> Network:
    """The network that hears."""
    return _loaded(configs.MODEL_BUNDLE)


def _labels(song: Song, drums: Sequence[str]) -> Labels:
    """The labels that are kept of a song, heard by a model that knows these drums."""
    apart = tuple((code,) for code in drums)
    return Labels(columns.read_hits(song.hits), None, apart, velocity=False, hidden=columns.read_spans(song.hidden))


def _song(path: Path, folder: Path) -> Song:
    """Raises CorpusError where the file or the model can't be read."""
    bundle = located(configs.MODEL_BUNDLE)
    digest = hashlib.sha256(repr((_VERSION, configs.SELF_TRAINING_SURE)).encode())
    for each in (path, bundle / "bundle.json", bundle / "model.onnx"):
        try:
            with each.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise CorpusError(f"can't read {each}: {error.strerror}; it is needed to hear {path}") from error
    inside = path.relative_to(folder) if path != folder else Path(path.name)
    return Song(inside.with_suffix("").as_posix(), path, digest.hexdigest()[:16])
