"""`python -m drum_tabber bench models`: a model search that anyone can repeat, a row of a table for each variant.

A variant is a handful of settings, so `train.py --set …` trains it at length. All get the same processor seconds on the
same spectrograms made ahead, the learning rate falling to nothing within them (see `model_search`). What spectrograms
fix, frame rate and windows, takes folders made with those settings, and `--label` names the rows. Rows are kept, each
as it is ready, and what has one isn't trained again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import configs
from drum_tabber import settings
from drum_tabber.errors import SettingError
from drum_tabber.files import output_file, replacing

VARIANTS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "another seed": {"SEED": 2},
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
    "narrow targets": {"TARGET_WIDTH": 1.0},
    "wide targets": {"TARGET_WIDTH": 3.0},
    "weights not averaged": {"EMA": 0.0},
    "48 channels": {"CONV_FILTERS": [12, 24, 32, 48], "D_MODEL": 48},
    "144 channels": {"CONV_FILTERS": [24, 48, 64, 64], "D_MODEL": 144},
}
ALL = "all"


@dataclass(frozen=True)
class Row:
    """What a variant changed, what it cost and what it reached: F by place, "all" five drums together and each."""

    name: str
    changed: str
    n_weights: int
    n_steps: int
    seconds: float
    f: Mapping[str, Mapping[str, float]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes beside those of `bench`."""
    group = parser.add_argument_group("models", "--corpus names recordings that judge, beside --validation")
    group.add_argument("--shards", type=Path, metavar="DIR", help="spectrograms made ahead to train on (train-…)")
    group.add_argument(
        "--validation",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="those to judge by (validation-…; the first tunes too; default: --shards)",
    )
    group.add_argument("--seconds", type=float, default=600.0, help="of the processor, a variant (default: 600)")
    group.add_argument("--variants", nargs="*", metavar="NAME", help=f"of: {', '.join(VARIANTS)} (default: all)")
    group.add_argument("--every", type=int, default=1, help="take every Nth validation batch (default: 1)")
    group.add_argument("--label", default="", metavar="TEXT", help="put before the names of what --set changes for all")
    group.add_argument("--rows", type=Path, metavar="FILE", help="where rows are kept (default: beside the shards)")
    group.add_argument("--out", type=output_file, metavar="FILE", help="write all rows that are kept here, in Markdown")


def run(args: argparse.Namespace) -> None:
    """Train what has no row yet, print the table. Raises SettingError and CorpusError."""
    if args.shards is None:
        raise SettingError("bench models needs --shards DIR: a folder of spectrograms, as `prepare` makes in DATA_DIR")
    chosen = VARIANTS if args.variants is None else args.variants
    unknown = {*chosen} - {*VARIANTS}
    if unknown:
        raise SettingError(f"there is no variant {sorted(unknown)[0]!r}; there are {', '.join(VARIANTS)}")
    place = args.rows or args.shards / "models.jsonl"
    for variant in chosen:
        name = ", ".join(filter(None, (args.label, "" if args.label and not VARIANTS[variant] else variant)))
        if name not in _kept(place):
            _keep(place, _row(name, variant, args))
    rows = [*_kept(place).values()]
    print("\n".join(_table(rows)), flush=True)
    if args.out:
        with replacing(args.out) as part:
            part.write_text("\n".join(_page(rows)) + "\n", encoding="utf-8")


def _kept(place: Path) -> dict[str, Row]:
    lines = place.read_text(encoding="utf-8").splitlines() if place.is_file() else []
    return {row.name: row for row in (Row(**json.loads(line)) for line in lines)}


def _keep(place: Path, row: Row) -> None:
    """Add a row to those that are there by now: other processes may have added theirs."""
    rows = {**_kept(place), row.name: row}
    with replacing(place) as part:
        part.write_text("".join(json.dumps(asdict(each)) + "\n" for each in rows.values()), encoding="utf-8")


def _row(name: str, variant: str, args: argparse.Namespace) -> Row:
    """Train and judge a variant; the settings page is put back."""
    from drum_tabber.tasks import frameworks, model_search

    frameworks.load()
    before = settings.snapshot(configs)
    trial = model_search.Trial(
        args.shards, tuple(args.validation or [args.shards]), tuple(args.corpus), args.seconds, args.every
    )
    changed = [*args.set, *(f"{setting}={value}" for setting, value in VARIANTS[variant].items())]
    try:
        for setting, value in VARIANTS[variant].items():
            setattr(configs, setting, value)
        settings.check(configs)
        return Row(name, ", ".join(changed) or "nothing", **asdict(model_search.run(trial)))
    finally:
        for setting, value in before.items():
            setattr(configs, setting, value)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    """A line a row: what it cost, and F of five drums at every place."""
    places = dict.fromkeys(place for row in rows for place in row.f)
    yield from _head("variant", "what changed", "weights", "steps", "seconds", *places)
    for row in rows:
        cost = (f"{row.n_weights / 1e6:.2f} M", str(row.n_steps), f"{row.seconds:.0f}")
        yield _line(row.name, row.changed, *cost, *(_figure(row, place, ALL) for place in places))


def _by_drum(rows: Sequence[Row], place: str) -> Iterator[str]:
    """A line a row: F of each drum at a place."""
    drums = dict.fromkeys(drum for row in rows for drum in row.f.get(place, {}))
    yield from _head("variant", *drums)
    for row in rows:
        yield _line(row.name, *(_figure(row, place, drum) for drum in drums))


def _page(rows: Sequence[Row]) -> Iterator[str]:
    """The document: what is measured how, the table, and each place by drum."""
    yield from ("# Model search", "", *_ABOUT, "")
    yield from _table(rows)
    for place in dict.fromkeys(place for row in rows for place in row.f):
        yield from ("", f"## By drum: {place}", "")
        yield from _by_drum(rows, place)
    run = {row.name.rpartition(", ")[2] for row in rows}  # labelled or not
    if left := [name for name in VARIANTS if name not in run]:
        yield from ("", f"Not run yet: {', '.join(left)}.")


_ABOUT = (
    "Written by `python -m drum_tabber bench models --out`. Every row is a network trained from nothing for about the",
    "same processor seconds, on one thread and the same spectrograms; the learning rate falls to nothing within them.",
    "F is that of the five-drum vocabulary within 50 ms, all hits together. Decoding is tuned on every other segment",
    "of the first validation folder; the rest, the other folders and whole recordings are decoded with it, without",
    "what transcribing adds. So short a training ranks how fast variants learn, and two seeds of one variant show how",
    "much of a difference is chance. A name that begins with a material, as hours or songs, compares with the rows of",
    "that material alone; names without one share theirs.",
)


def _head(*cells: str) -> tuple[str, str]:
    return _line(*cells), "|" + "---|" * len(cells)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(row: Row, place: str, drum: str) -> str:
    value = row.f.get(place, {}).get(drum)
    return "" if value is None else f"{value:.3f}"
