"""Training: masked losses, schedule, weight averaging, checkpoints that a run of the same name resumes from.

Batches are (mel, targets) as `dataset.feed` makes them, each target paired with its weight on the last axis; a weight
of 0 hides a cell. What is kept as best are the averaged weights (EMA), judged on validation.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from drum_tabber.files import replacing

MONITORED = "loss"  # of validation: what decides which weights are best
BEST_WEIGHTS = "best.weights.h5"
_BEST_RECORD = "best.json"
_TINY = 1e-6


@dataclass(frozen=True)
class TrainingSpec:
    """How long, how fast, what counts; one field a setting of the same name."""

    epochs: int
    steps_per_epoch: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    ema: float
    positive_weight: float
    velocity_loss: float
    beat_loss: float
    patience: int
    loss: str = "cross_entropy"
    focal_power: float = 2.0

    @property
    def focus(self) -> float:
        """The power of the focal loss; 0 makes it a cross-entropy."""
        return self.focal_power if self.loss == "focal" else 0.0


def onset_loss(positive_weight: float, focus: float = 0.0) -> Callable[[Any, Any], Any]:
    """Binary cross-entropy summed over drums, averaged over frames; hits count `positive_weight` times.

    With a `focus` each cell counts |target - answer| to that power: the quality focal loss of Li et al. 2020
    ("Generalized Focal Loss", equation 3), which takes targets between 0 and 1.
    """

    def loss(packed: Any, answer: Any) -> Any:
        target, weight = packed[..., 0], packed[..., 1]
        weight = weight * (1 + (positive_weight - 1) * target)
        if focus:
            weight = weight * ops.power(ops.abs(target - answer) + _TINY, focus)
        entropy = weight * _cross_entropy(target, answer)
        return ops.mean(ops.sum(entropy, axis=-1), axis=-1)

    return loss


def squared_error(packed: Any, answer: Any) -> Any:
    """Squared error averaged over the cells of a segment that have weight; 0 where none has."""
    target, weight = packed[..., 0], packed[..., 1]
    error = ops.sum(weight * ops.square(target - answer), axis=(1, 2))
    return error / (ops.sum(weight, axis=(1, 2)) + _TINY)


def absolute_error(packed: Any, answer: Any) -> Any:
    """As `squared_error`, but for the error itself, which the median makes least: doubt pulls less."""
    error = ops.sum(packed[..., 1] * ops.abs(packed[..., 0] - answer), axis=(1, 2))
    return error / (ops.sum(packed[..., 1], axis=(1, 2)) + _TINY)


def compile_model(model: keras.Model, spec: TrainingSpec, on_gpu: bool) -> None:
    """Give the model its losses and its optimizer; velocities weigh at hits alone, where 1 is MIDI's 127."""
    model.compile(
        optimizer(spec),
        loss={
            "onset": onset_loss(spec.positive_weight, spec.focus),
            "velocity": absolute_error,
            "beat": onset_loss(1.0, spec.focus),
        },
        loss_weights={"onset": 1.0, "velocity": spec.velocity_loss, "beat": spec.beat_loss},
        jit_compile=on_gpu,  # measured: compiling makes a step on a CPU a tenth slower
    )


def optimizer(spec: TrainingSpec) -> keras.optimizers.Optimizer:
    """AdamW with a warm-up, a cosine decay to zero and, where `ema` asks for it, an average of the weights."""
    total = spec.epochs * spec.steps_per_epoch
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, total - spec.warmup_steps), warmup_target=spec.learning_rate, warmup_steps=spec.warmup_steps
    )
    adam = keras.optimizers.AdamW(
        schedule, weight_decay=spec.weight_decay, clipnorm=1.0, use_ema=spec.ema > 0, ema_momentum=spec.ema or 0.99
    )
    adam.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return adam


def fit(model: keras.Model, batches: Any, validation: Any, spec: TrainingSpec, folder: Path) -> Path:
    """Train a compiled model, resuming where a run in `folder` stopped; answers the file with the best weights.

    `batches` never end, `validation` does. TensorBoard logs lie in `folder`/logs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    best = KeepBest(folder, spec.patience)
    callbacks = [
        keras.callbacks.BackupAndRestore(str(folder / "backup"), delete_checkpoint=False),
        best,  # before the swap, so that it meets the averaged weights
        *([keras.callbacks.SwapEMAWeights()] if spec.ema else []),
        keras.callbacks.TensorBoard(str(folder / "logs"), write_graph=False),
        keras.callbacks.CSVLogger(str(folder / "log.csv"), append=True),
        keras.callbacks.TerminateOnNaN(),
    ]
    model.fit(
        batches,
        validation_data=validation,
        epochs=spec.epochs,
        steps_per_epoch=spec.steps_per_epoch,
        callbacks=callbacks,
        shuffle=False,  # the feed has done it
    )
    return best.weights


def average(model: keras.Model, before: Sequence[NDArray[np.floating]], share: float) -> None:
    """Give the model the mean of its weights and those from `before`, which count `share` (0 to 1).

    What a model gains on new material it then loses less of elsewhere (Wortsman et al., "Robust fine-tuning of
    zero-shot models", CVPR 2022).
    """
    pairs = zip(before, model.get_weights(), strict=True)
    model.set_weights([share * old + (1 - share) * new for old, new in pairs])


def answering(model: keras.Model) -> Callable[..., dict[str, Any]]:
    """What a model answers to batches, compiled: called by itself, a recurrent network takes a minute a song."""

    def answer(mel: Any, training: bool = False) -> dict[str, Any]:
        return dict(model.predict_on_batch(mel))

    return answer


def has_begun(folder: Path) -> bool:
    """Whether a run in this folder has got through an epoch, so that it would resume."""
    return (folder / _BEST_RECORD).is_file()


class KeepBest(keras.callbacks.Callback):
    """Keeps the weights that validate best, and stops when `patience` validations brought no better ones.

    What was best is written beside the weights, so that a resumed run doesn't begin the comparison anew.
    """

    def __init__(self, folder: Path, patience: int) -> None:
        super().__init__()
        self.weights, self.patience = folder / BEST_WEIGHTS, patience
        self._record = folder / _BEST_RECORD
        said = json.loads(self._record.read_text()) if self._record.is_file() else {}
        self.best: float = said.get(MONITORED, math.inf)
        self.waited: int = said.get("waited", 0)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        value = float((logs or {})[MONITORED])
        self.waited += 1
        if value < self.best:
            self.best, self.waited = value, 0
            with replacing(self.weights) as part:
                self.model.save_weights(part)
        with replacing(self._record) as path:
            path.write_text(json.dumps({MONITORED: self.best, "waited": self.waited}))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.waited >= self.patience:
            self.model.stop_training = True


def _cross_entropy(target: Any, answer: Any) -> Any:
    answer = ops.clip(answer, _TINY, 1 - _TINY)
    return -(target * ops.log(answer) + (1 - target) * ops.log(1 - answer))
