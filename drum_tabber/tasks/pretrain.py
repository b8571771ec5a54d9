"""The self-supervised start of `train.py`: unlabelled songs and settings in, a trunk to begin training with out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.errors import SettingError
from drum_tabber.learning.segments import Segments
from drum_tabber.tasks import specs

if TYPE_CHECKING:
    import keras

Material = dict[str, Segments]


def material() -> Material | None:
    """The songs of UNLABELLED_DIRS to train on and to judge by; None where the trunk is finished.

    Raises CorpusError for what is wrong with the folders, BundleError where the run is another model's, SettingError
    where it began without.
    """
    from drum_tabber.augmentation.augment import Augmenter
    from drum_tabber.learning import pretraining, training

    pretraining.check_contract(_folder(), specs.pretraining_spec())
    if pretraining.trained_trunk(_folder()):
        return None
    if training.has_begun(_folder().parent):
        raise SettingError(
            f"{_folder().parent} began without a self-supervised start; choose another RUN_NAME, or remove it"
        )
    tracks, notices = pretraining.find_songs(configs.UNLABELLED_DIRS)
    for notice in notices:
        print(f"notice: {notice}", file=sys.stderr)
    train = [track for track in tracks if track.split == "train"]
    judges = [track for track in tracks if track.split == "validation"]
    if not judges:
        print("notice: so few unlabelled songs leave none to judge by, so pre-training judges itself")
    return {
        "train": Segments(train, specs.segment_spec(), Augmenter(specs.augment_spec()), configs.SEED),
        "validation": Segments(judges or train, specs.segment_spec()),
    }


def start(network: keras.Model, found: Material | None, on_gpu: bool) -> None:
    """Give a fresh network a trunk that has learnt from unlabelled songs, which is trained first unless it is there."""
    from drum_tabber.learning import pretraining

    path = _folder() / pretraining.TRUNK
    if found:
        train, judges = (found[split] for split in ("train", "validation"))
        hours = float(train.durations.sum()) / 3600
        print(f"pre-training on unlabelled songs: {len(train.tracks)}, {hours:.1f} h; {len(judges.tracks)} to judge by")
        path = pretraining.pretrain(specs.pretraining_spec(), _feed(train), _feed(judges, False), _folder(), on_gpu)
    pretraining.load_trunk(path, network)
    print(f"training begins with {path}")


def _feed(segments: Segments, training: bool = True) -> Any:
    from drum_tabber.learning import dataset

    return dataset.feed(segments, specs.riddle_read_spec(training))


def _folder() -> Path:
    return Path(configs.TRAINING_DIR) / configs.RUN_NAME / "pretraining"
