"""Training a network that hears the key: pieces of known key in, weights out.

A piece is a spectrogram wider than the network hears by half an octave on either side: cut elsewhere, it is the same
music in another key, and its label moves along. Pieces that were played come from `Played`, others are drawn from
notes as they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from drum_tabber.files import replacing
from drum_tabber.key import keys, losses, network, sketch
from drum_tabber.key.corpus import UNKNOWN, Labelled
from drum_tabber.key.cqt import CqtSpec
from drum_tabber.key.network import PIECE, STEPS, KeyNetSpec

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
MARGIN = 12  # bins more on either side than the network hears: six semitones
_N_INSTRUMENTS = 200
_KEPT_EVERY = 100  # batches between which a run that is stopped loses what it learnt


@dataclass(frozen=True)
class TrainingSpec:
    """How long and from what is learnt; `n_steps` make a piece, `sketched` is the share of drawings."""

    n_batches: int = 1200
    batch_size: int = 16
    n_steps: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    sketched: float = 0.7
    loss: losses.Loss = "exact"
    seed: int = 1


class Batches:
    """Batches of pieces, each drawn for itself; with `overfit`, the same batch again and again."""

    def __init__(
        self,
        played: Sequence[Labelled],
        songs: Sequence[sketch.Rolls],
        net: KeyNetSpec,
        cqt: CqtSpec,
        training: TrainingSpec,
        overfit: bool = False,
    ) -> None:
        self.overfit = overfit
        self.played, self.songs, self.net, self.cqt, self.training = played, songs, net, cqt.lower(MARGIN), training
        self.n_bins = cqt.n_bins
        self.instruments = sketch.bank(_N_INSTRUMENTS, self.cqt, np.random.default_rng(training.seed))
        self.turn = turns()

    def __getitem__(self, index: int) -> tuple[Floats, dict[str, Ints]]:
        """Spectrograms (batch, steps, bins), and the labels of the pieces and of their steps."""
        rng = np.random.default_rng([self.training.seed, 0 if self.overfit else index])
        pieces, labels = zip(*(self._piece(rng) for _ in range(self.training.batch_size)), strict=True)
        steps = np.array(labels)[:, :: self.net.pool]
        piece = np.array([most(row) for row in steps])
        return np.array(pieces, np.float32), {PIECE: piece, STEPS: steps}

    def _piece(self, rng: np.random.Generator) -> tuple[Floats, Ints]:
        n_steps = self.training.n_steps
        drawn = bool(self.songs) and (not self.played or rng.random() < self.training.sketched)
        if drawn:
            song = self.songs[int(rng.integers(len(self.songs)))]
            start = int(rng.integers(max(1, len(song.key) - n_steps)))
            magnitude = sketch.draw(song, start, n_steps, self.cqt, self.instruments, rng)
            key = song.key[start : start + n_steps]
        else:
            piece = self.played[int(rng.integers(len(self.played)))]
            start = int(rng.integers(max(1, len(piece.key) - n_steps + 1)))
            magnitude = piece.magnitude[start : start + n_steps] * sketch.colour(self.cqt.n_bins, rng)
            key = piece.key[start : start + n_steps]
        magnitude = np.pad(magnitude, ((0, n_steps - len(magnitude)), (0, 0)))
        key = np.pad(key, (0, n_steps - len(key)), constant_values=UNKNOWN)
        per_semitone = self.cqt.bins_per_octave // 12
        up = int(rng.integers(-MARGIN // per_semitone, MARGIN // per_semitone))
        first = MARGIN - up * per_semitone
        return magnitude[:, first : first + self.n_bins], self.turn[up % 12][key]


def turns() -> Ints:
    """(12, 25): the number of each key so many semitones higher; the last column is `UNKNOWN`'s own."""
    rows = [[key.transposed(up).index for key in keys.KEYS] + [UNKNOWN] for up in range(12)]
    return np.array(rows)


def most(labels: Ints) -> int:
    """The label that most steps have; `UNKNOWN` where none is known."""
    known = labels[labels != UNKNOWN]
    return int(np.bincount(known).argmax()) if len(known) else UNKNOWN


def train(
    batches: Batches,
    on_batch: Callable[[int, float], None] = lambda n, loss: None,
    begun: keras.Model | None = None,
    state: Path | None = None,
) -> keras.Model:
    """A network trained on all batches, on from one `begun`; it takes CQT frames as they are, not folded to steps.

    `on_batch` is told how many batches are done and the loss of the last. Where `state` names a file, weights and
    optimizer are kept there now and then, and a run that was stopped goes on from it.
    """
    training, net = batches.training, batches.net
    cqt = replace(batches.cqt, n_bins=batches.n_bins)
    keras.utils.set_random_seed(training.seed)
    model = network.build(replace(net, fold=1), cqt)
    if begun is not None:
        model.set_weights(begun.get_weights())
    cost = losses.loss(training.loss)
    model.compile(optimizer(training), loss={PIECE: cost, STEPS: cost})
    model.optimizer.build(model.trainable_variables)
    if state and state.exists():
        model.load_weights(state)
    for number in range(int(model.optimizer.iterations), training.n_batches):
        loss = model.train_on_batch(*batches[number], return_dict=True)["loss"]
        on_batch(number + 1, float(loss))
        if state and (number + 1) % _KEPT_EVERY == 0:
            with replacing(state) as part:
                model.save_weights(part)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    whole = network.build(net, cqt)
    whole.set_weights(model.get_weights())
    return whole


def optimizer(training: TrainingSpec) -> keras.optimizers.Optimizer:
    """AdamW with a warm-up, a cosine decay to zero and an average of the weights over about the last tenth."""
    n_warm = max(1, training.n_batches // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        training.learning_rate / 10,
        max(1, training.n_batches - n_warm),
        warmup_target=training.learning_rate,
        warmup_steps=n_warm,
    )
    momentum = max(0.0, 1 - 10 / training.n_batches)
    return keras.optimizers.AdamW(
        schedule, weight_decay=training.weight_decay, clipnorm=1.0, use_ema=True, ema_momentum=momentum
    )
