"""`python -m drum_tabber bench models`: a model search that anyone can repeat, a row of a table for each variant.

A variant is a handful of settings, so `train.py --set …` trains it at length. All get the same processor seconds on the
same spectrograms made ahead, the learning rate falling to nothing within them; every other validation segment tunes the
decoding and those between are scored. What the spectrograms fix, frame rate, mel bands and target width, takes folders
made with other settings. Rows are kept, and what has one isn't trained again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber import settings
from drum_tabber.errors import SettingError
from drum_tabber.files import replacing
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    import keras

VARIANTS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "no attention": {"N_ATTENTION": 0},
    "crnn": {"MODEL": "crnn", "CONV_FILTERS": [32, 64, 128]},
    "tst": {"MODEL": "tst"},
    "context_cnn": {"MODEL": "context_cnn", "CONV_FILTERS": [32, 64], "D_MODEL": 512, "DROPOUT": 0.2},
    "timefreq_cnn": {"MODEL": "timefreq_cnn", "CONV_FILTERS": [64, 128, 64], "D_MODEL": 256, "DROPOUT": 0.33},
    "pcen": {"FRONT_END": "pcen"},
    "levelled": {"FRONT_END": "levelled"},
    "focal": {"LOSS": "focal"},
    "hits count once": {"POSITIVE_WEIGHT": 1.0},
    "hits count four times": {"POSITIVE_WEIGHT": 4.0},
    "small": {"CONV_FILTERS": [12, 24, 32, 48], "D_MODEL": 96},
    "wide": {"CONV_FILTERS": [16, 32, 64, 96], "D_MODEL": 192},
}
TIMED, WARM = 4, 2  # steps that are timed, and steps before
RAMP = 0.1  # share of the steps in which the learning rate rises
MEMORY = 0.05  # share of the steps that the averaged weights remember


@dataclass(frozen=True)
class Row:
    """What a variant cost and what it reached: F of five drums together, and of each family."""

    name: str
    n_weights: int
    n_steps: int
    step_seconds: float
    f: float
    families: Mapping[str, float]

    def __str__(self) -> str:
        """A row of the table, in Markdown."""
        changed = ", ".join(f"{name}={value}" for name, value in VARIANTS[self.name].items()) or "nothing"
        shares = " | ".join(f"{value:.3f}" for value in self.families.values())
        cost = f"{self.n_weights / 1e6:.2f} M | {self.n_steps} x {self.step_seconds:.2f} s"
        return f"| {self.name} | {changed} | {cost} | {self.f:.3f} | {shares} |"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes beside those of `bench`."""
    group = parser.add_argument_group("models")
    group.add_argument("--shards", type=Path, metavar="DIR", help="spectrograms made ahead to train on (train-…)")
    group.add_argument("--validation", type=Path, metavar="DIR", help="those to judge by (validation-…; default: same)")
    group.add_argument("--seconds", type=float, default=600.0, help="of the processor, a variant (default: 600)")
    group.add_argument("--variants", nargs="+", metavar="NAME", help=f"of: {', '.join(VARIANTS)} (default: all)")
    group.add_argument("--every", type=int, default=1, help="take every Nth validation batch (default: 1)")
    group.add_argument("--rows", type=Path, metavar="FILE", help="where rows are kept (default: beside the shards)")


def run(args: argparse.Namespace) -> None:
    """Train what has no row yet, print the table. Raises SettingError and CorpusError."""
    from drum_tabber.tasks import frameworks

    if args.shards is None:
        raise SettingError("bench models needs --shards DIR: a folder of spectrograms, as `prepare` makes in DATA_DIR")
    unknown = {*(args.variants or ())} - {*VARIANTS}
    if unknown:
        raise SettingError(f"there is no variant {sorted(unknown)[0]!r}; there are {', '.join(VARIANTS)}")
    frameworks.load()
    place = args.rows or args.shards / "models.jsonl"
    rows = _kept(place)
    families = [*Vocabulary.of(configs.DRUMS).families]
    print(f"| variant | what changed | weights | cost | F | {' | '.join(families)} |")
    print("|" + "---|" * (5 + len(families)))
    for name in args.variants or VARIANTS:
        if name not in rows:
            rows[name] = _row(name, args)
            with replacing(place) as part:
                part.write_text("".join(json.dumps(vars(row)) + "\n" for row in rows.values()), encoding="utf-8")
        print(rows[name], flush=True)


def _kept(place: Path) -> dict[str, Row]:
    lines = place.read_text(encoding="utf-8").splitlines() if place.is_file() else []
    rows = (Row(**json.loads(line)) for line in lines)
    return {row.name: row for row in rows if row.name in VARIANTS}


def _row(name: str, args: argparse.Namespace) -> Row:
    """Train and judge a variant; the settings page is put back."""
    before = settings.snapshot(configs)
    try:
        for setting, value in VARIANTS[name].items():
            setattr(configs, setting, value)
        settings.check(configs)
        return _trained(name, args)
    finally:
        for setting, value in before.items():
            setattr(configs, setting, value)


def _trained(name: str, args: argparse.Namespace) -> Row:
    import keras

    from drum_tabber import model
    from drum_tabber.hearing import tuning
    from drum_tabber.learning import dataset, training
    from drum_tabber.tasks import specs

    spec, segments = specs.training_spec(), specs.segment_spec()
    cache = dataset.SegmentCache(args.shards, segments)
    batches = dataset.feed(cache, specs.read_spec(), prefix="train")
    keras.utils.set_random_seed(configs.SEED)
    network = model.build(specs.model_spec())
    training.compile_model(network, replace(spec, ema=0.0), on_gpu=False)
    seconds = _step_seconds(network, batches)
    n_steps = max(1, round(args.seconds / seconds))

    keras.utils.set_random_seed(configs.SEED)
    network = model.build(specs.model_spec())
    memory = min(spec.ema, max(0.0, 1 - 1 / (MEMORY * n_steps)))
    fitting = replace(spec, epochs=1, steps_per_epoch=n_steps, warmup_steps=round(RAMP * n_steps), ema=memory)
    training.compile_model(network, fitting, on_gpu=False)
    network.fit(batches, epochs=1, steps_per_epoch=n_steps, shuffle=False, verbose=0)
    network.optimizer.finalize_variable_values(network.trainable_variables)

    judges = dataset.SegmentCache(args.validation or args.shards, segments)
    validation = dataset.feed(judges, specs.read_spec(training=False), prefix="validation").shard(args.every, 0)
    heard = tuning.listen(network, validation, segments.targets)
    vocabulary = Vocabulary.of(configs.DRUMS)
    tuned, _ = tuning.tune(heard[::2], segments.targets, tuning.untuned(vocabulary), vocabulary.families)
    scores = tuning.judge(heard[1::2], segments.targets, tuned, vocabulary.families)
    return Row(name, network.count_params(), n_steps, seconds, scores["f"], scores["family"])


def _step_seconds(network: keras.Model, batches: Iterable[Any]) -> float:
    """Processor seconds that a step takes."""
    source = iter(batches)
    start = 0.0
    for step in range(-WARM, TIMED):
        if step == 0:
            start = time.process_time()
        network.train_on_batch(*next(source))
    return (time.process_time() - start) / TIMED
