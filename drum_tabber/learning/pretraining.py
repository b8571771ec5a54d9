"""A self-supervised start: songs without labels in, the weights of a trunk that has learnt to hear out.

A `model.reconstructor` is shown spectrograms of which some is hidden (`masks.riddle`) and learns to answer what was
there, judged on the hidden cells alone (Zerveas et al. 2021, "A transformer-based framework for multivariate time
series representation learning"). Its trunk is kept, its head is not: `load_trunk` puts the trunk under other heads.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
from tqdm import tqdm

from drum_tabber import model
from drum_tabber.errors import AudioError, BundleError, CorpusError
from drum_tabber.events import Hits
from drum_tabber.files import replacing
from drum_tabber.learning import training
from drum_tabber.learning.masks import RiddleSpec
from drum_tabber.learning.segments import declared_length
from drum_tabber.learning.training import TrainingSpec
from drum_tabber.material.corpora import Labels, Track
from drum_tabber.model import ModelSpec
from drum_tabber.sound import audio
from drum_tabber.sound.features import FeatureSpec

TRUNK = "trunk.weights.h5"
_CONTRACT = "pretraining.json"
_ONE_IN, _MOST = 10, 16  # of how many songs one judges; more judges than this tell no more


@dataclass(frozen=True)
class Pretraining:
    """What decides the trunk: its shape, what it hears and the riddles it learns from; and how it is trained."""

    model: ModelSpec
    features: FeatureSpec
    riddle: RiddleSpec
    training: TrainingSpec

    @property
    def contract(self) -> dict[str, Any]:
        """What must not change while a run goes on, as JSON reads it back."""
        parts: dict[str, ModelSpec | FeatureSpec | RiddleSpec] = {
            "model": self.model,
            "features": self.features,
            "masks": self.riddle,
        }
        return json.loads(json.dumps({name: asdict(part) for name, part in parts.items()}))


def find_songs(folders: Iterable[str | Path]) -> tuple[list[Track], list[str]]:
    """The songs in folders as tracks of which nothing is known, split by song; a sentence for each that can't be used.

    Raises CorpusError where a folder is missing or holds no song that can be read.
    """
    paths = [path for folder in folders for path in _songs_in(Path(folder))]
    readable, notices = list[Path](), list[str]()
    for path in tqdm(dict.fromkeys(paths), desc="looking at songs", unit="song"):
        try:
            declared_length(path)
            readable.append(path)
        except AudioError as error:
            notices.append(f"{path.name} is not used: {error}")
    if not readable:
        raise CorpusError(f"none of the files in UNLABELLED_DIRS can be read; the first: {notices[0]}")
    judges = sorted(readable, key=lambda path: zlib.crc32(path.name.encode()))[: min(len(readable) // _ONE_IN, _MOST)]
    return [_track(path, path in judges) for path in readable], notices


def trained_trunk(folder: Path) -> Path | None:
    """The weights of the trunk that `pretrain` has finished in this folder; None where it hasn't."""
    return folder / TRUNK if (folder / TRUNK).is_file() else None


def check_contract(folder: Path, spec: Pretraining) -> None:
    """Raise BundleError where this folder holds the work of another spec."""
    path, wanted = folder / _CONTRACT, spec.contract
    if not path.is_file():
        return
    for part, values in json.loads(path.read_text()).items():
        for key, value in values.items():
            if wanted[part].get(key) != value:
                raise BundleError(
                    f"{folder} was pre-trained with {part} {key} {value}, not {wanted[part].get(key)}; "
                    "remove that folder or choose another RUN_NAME"
                )


def pretrain(spec: Pretraining, batches: Any, validation: Any, folder: Path, on_gpu: bool) -> Path:
    """Train a reconstructor, resuming where a run in `folder` stopped; answers the file with the best trunk's weights.

    `batches` never end, `validation` does; both are (mel, [target, weight]) as `dataset.feed` makes riddles.
    """
    check_contract(folder, spec)
    with replacing(folder / _CONTRACT) as written:
        written.write_text(json.dumps(spec.contract, indent=1) + "\n")
    network = model.reconstructor(spec.model)
    network.compile(training.optimizer(spec.training), loss=training.squared_error, jit_compile=on_gpu)
    network.load_weights(training.fit(network, batches, validation, spec.training, folder))
    part = folder / f".part.{TRUNK}"
    model.trunk(network).save_weights(part)
    return part.replace(folder / TRUNK)


def load_trunk(path: Path, network: keras.Model) -> None:
    """Give a network the trunk of that file; its heads stay as they are. Raises BundleError for another shape."""
    try:
        model.trunk(network).load_weights(path)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BundleError(f"{path} doesn't hold the trunk of this model: {reason}; choose another RUN_NAME") from error


def _songs_in(folder: Path) -> Sequence[Path]:
    if not folder.is_dir():
        raise CorpusError(f"there is no folder {folder}; name folders that hold songs in UNLABELLED_DIRS")
    found = audio.find([folder])
    if not found:
        raise CorpusError(f"{folder} holds no songs; name folders that do in UNLABELLED_DIRS")
    return found


def _track(path: Path, judges: bool) -> Track:
    return Track(path.stem, "validation" if judges else "train", path, None, _nothing_known)


def _nothing_known() -> Labels:
    return Labels(Hits(), None, (), velocity=False)
