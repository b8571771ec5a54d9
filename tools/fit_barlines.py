"""Fit `meter/barlines.py`: `python -m tools.fit_barlines --corpus groove:data/groove --corpus patterns:1600`.

Excerpts of performances are spoilt as `tools/performed.py` does it, some swung, some with bars that are a beat shorter;
the networks learn where bars begin, by a cross-entropy over the beats, and how many beats they have, by another. A few
networks of different starts stand together. How well beats are placed is printed after each epoch; the splits are the
corpora's own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from drum_tabber.errors import SettingError
from drum_tabber.events import Beats, Hits
from drum_tabber.files import replacing
from drum_tabber.meter import barlines
from drum_tabber.meter.rhythm import patterns
from tools.performed import changing, excerpt, performances, spoilt, swung

COPIES = {"patterns": 8, "groove": 16}  # excerpts of each performance; of others 8
BEATS = (20, 100)  # of an excerpt
SWUNG, CHANGING = 0.25, 0.4  # shares of the excerpts that are played in swing, and whose bars lose beats
RESTS, RESTING = 0.15, (4, 24)  # share of the excerpts in which nobody plays for a while, and the beats that it lasts
UNEVEN = 0.006  # seconds by which beats are found beside where they are, the standard deviation
LEAST_BARS = 3
COMMITTEE = 3  # networks of different starts, whose mean answers are taken
CHANNELS, DROPOUT, BATCH_SIZE = 48, 0.2, 32
LEARNING_RATE, WARMUP_STEPS, DECAY = 3e-3, 200, 1e-3
_EARLY = 0.03  # seconds by which a stroke may come before its beat
_SMALLEST_STEP = 1e-4  # seconds between beats, so that they stay in order

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Excerpts:
    """What is learnt from: features (n, BEATS, N_FEATURES), whether there is a beat (n, BEATS, 1), whether a bar begins
    with it (n, BEATS, 1), and the index of its bar's meter, one hot (n, BEATS, METERS), zero where it isn't known."""

    features: NDArray[np.float32]
    there: NDArray[np.float32]
    start: NDArray[np.float32]
    meter: NDArray[np.float32]


def main() -> None:
    """Fit, print how well it does, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--corpus", action="append", required=True, metavar="LAYOUT:FOLDER", help="with MIDI or made up"
    )
    parser.add_argument("--epochs", type=int, default=14, help="(default: 14)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (default: 1)")
    parser.add_argument("--out", type=Path, default=Path(barlines.__file__).with_suffix(".npz"), help="the weights")
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    train, validation = (excerpts(performances(args.corpus, split), rng) for split in ("train", "validation"))
    members = [fit(train, validation, args.epochs, args.seed + number) for number in range(COMMITTEE)]
    write(members, args.out)


def excerpts(performed: Iterable[tuple[str, Hits, Beats]], rng: np.random.Generator) -> Excerpts:
    """Excerpts of performances as they might be heard. Raises SettingError where there are none."""
    rows = [
        _row(*found)
        for corpus, hits, beats in tqdm([*performed], desc="excerpts", delay=2, leave=False)
        for _ in range(COPIES.get(corpus, 8))
        if (found := _heard(hits, beats, rng))
    ]
    if not rows:
        raise SettingError("these corpora hold no bars to learn from; name one that does, such as patterns:400")
    return Excerpts(*(np.stack(column) for column in zip(*rows, strict=True)))


def _heard(hits: Hits, beats: Beats, rng: np.random.Generator) -> tuple[Hits, Beats] | None:
    """An excerpt, unless too little of it is left."""
    if rng.random() < SWUNG:
        hits = swung(hits, beats.time, rng)
    if rng.random() < CHANGING:
        hits, beats = changing(hits, beats, rng)
    beats, hits = excerpt(beats, hits, int(np.exp(rng.uniform(*np.log(BEATS)))), rng)
    if len(hits) < len(beats) // 2 or np.count_nonzero(beats.place == 1) < LEAST_BARS:
        return None
    if rng.random() < RESTS:
        rest, _ = excerpt(beats, hits, int(rng.integers(*RESTING)), rng)
        hits = hits.select((hits.time < rest.time[0] - _EARLY) | (hits.time > rest.time[-1] + _EARLY))
    found = beats.time + rng.normal(0, UNEVEN, len(beats))
    time = np.maximum.accumulate(found + _SMALLEST_STEP * np.arange(len(beats)))
    return spoilt(hits, rng), Beats(time, beats.place)


def _row(hits: Hits, beats: Beats) -> tuple[NDArray[np.float32], ...]:
    """The columns of `Excerpts` for one, filled up with nothing."""
    seen = barlines.features(patterns(hits, beats.time))
    start = (beats.place == 1)[:, None]
    columns = seen, np.ones_like(start), start, _meters(beats)
    return tuple(np.pad(column.astype(np.float32), ((0, BEATS[1] - len(beats)), (0, 0))) for column in columns)


def _meters(beats: Beats) -> NDArray[np.bool_]:
    """(beats, METERS) the meter of each beat's bar, as far as it is one that is learnt; that of what is broken off at
    either end is its neighbour's."""
    starts = np.flatnonzero(beats.place == 1)
    lengths = np.diff(starts)
    bar = np.clip(np.cumsum(beats.place == 1) - 1, 0, len(lengths) - 1)
    return np.asarray(lengths[bar][:, None] == np.array(barlines.METERS), np.bool_)


def fit(train: Excerpts, validation: Excerpts, epochs: int, seed: int) -> barlines.Weights:
    """The weights of one network."""
    import keras

    keras.utils.set_random_seed(seed)
    net = network()
    steps = epochs * -(-len(train.there) // BATCH_SIZE)
    warmup = min(WARMUP_STEPS, steps // 5)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=LEARNING_RATE, warmup_steps=warmup
    )
    net.compile(
        keras.optimizers.AdamW(rate, weight_decay=DECAY, clipnorm=1.0),
        loss={
            "start": keras.losses.BinaryCrossentropy(from_logits=True),
            "meter": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
    )
    net.fit(**_fed(train), validation_data=tuple(_fed(validation).values()), epochs=epochs, batch_size=BATCH_SIZE)
    return {name: weight[None] for name, weight in weights_of(net).items()}


def _fed(excerpts: Excerpts) -> dict[str, Any]:
    """What Keras fits to; cells beyond an excerpt's end, or of a meter that isn't known, have no weight."""
    known = excerpts.meter.sum(axis=-1)
    return {
        "x": [excerpts.features, excerpts.there],
        "y": {"start": excerpts.start, "meter": excerpts.meter},
        "sample_weight": {"start": excerpts.there[..., 0], "meter": known},
    }


def network(channels: int = CHANNELS) -> Any:
    """The network of `barlines.answers` in Keras: features and whether there is a beat in, both logits out."""
    import keras
    from keras import layers

    seen, there = keras.Input((None, barlines.N_FEATURES)), keras.Input((None, 1))
    x = layers.Multiply()([layers.Dense(channels, name="in")(seen), there])
    for index, dilation in enumerate(barlines.DILATIONS):
        y = layers.Activation("tanh")(x)
        y = layers.Conv1D(channels, 3, dilation_rate=dilation, padding="same", activation="relu", name=f"conv_{index}")(
            y
        )
        y = layers.Dense(channels, name=f"mix_{index}")(layers.Dropout(DROPOUT)(y))
        x = layers.Multiply()([layers.Add()([x, y]), there])
    x = layers.Activation("tanh")(x)
    heads = {"start": layers.Dense(1, name="start")(x), "meter": layers.Dense(len(barlines.METERS), name="meter")(x)}
    return keras.Model([seen, there], heads)


def weights_of(net: Any) -> dict[str, Floats]:
    """The network's weights by layer and kind, as `barlines` names them."""
    kinds = ("kernel", "bias")
    return {
        f"{layer.name}_{kind}": np.asarray(value, np.float64)
        for layer in net.layers
        for kind, value in zip(kinds, layer.get_weights(), strict=False)
    }


def write(members: list[barlines.Weights], out: Path) -> None:
    """Write networks side by side."""
    joined: dict[str, Any] = {name: np.concatenate([one[name] for one in members]).astype("f2") for name in members[0]}
    with replacing(out) as part, part.open("wb") as file:
        np.savez_compressed(file, **joined)


if __name__ == "__main__":
    main()
