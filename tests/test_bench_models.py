"""The model search: every variant is a set of settings that can be built, rows are kept, a tiny one is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import configs
from drum_tabber import __main__ as commands
from drum_tabber import settings
from drum_tabber.tasks import bench_models, specs
from drum_tabber.tasks.bench_models import VARIANTS, Row

pytestmark = pytest.mark.usefixtures("page")


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_valid_and_differs_from_the_page(name: str) -> None:
    before = specs.model_spec(), specs.training_spec(), specs.segment_spec(), configs.SEED
    for setting, value in VARIANTS[name].items():
        settings.override(configs, [f"{setting}={value}"])
    after = specs.model_spec(), specs.training_spec(), specs.segment_spec(), configs.SEED
    assert (after == before) == (name == "as it comes")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [([], "bench models needs --shards DIR"), (["--shards", "x", "--variants", "y"], "there is no variant 'y'")],
)
def test_faults(given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["bench", "models", *given]) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


def test_rows_that_are_kept_are_printed_and_written_and_not_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        Row("tst", "MODEL=tst", 1_230_000, 55, 61.4, {"unheard": {"all": 0.5, "kick": 0.75}, "mdb/mix": {"all": 0.25}}),
        Row("a long window, as it comes", "nothing", 900_000, 60, 60.0, {"unheard": {"all": 0.625, "tom": 0.5}}),
    ]
    (tmp_path / "models.jsonl").write_text("".join(json.dumps(vars(row)) + "\n" for row in rows))
    out = tmp_path / "search.md"
    given = ["--shards", str(tmp_path), "--variants", "tst", "--out", str(out)]
    assert commands.main(["bench", "models", *given]) == 0
    table = (
        "| variant | what changed | weights | steps | seconds | unheard | mdb/mix |\n|---|---|---|---|---|---|---|\n"
        "| tst | MODEL=tst | 1.23 M | 55 | 61 | 0.500 | 0.250 |\n"
        "| a long window, as it comes | nothing | 0.90 M | 60 | 60 | 0.625 |  |\n"
    )
    by_drum = (
        "## By drum: unheard\n\n| variant | all | kick | tom |\n|---|---|---|---|\n"
        "| tst | 0.500 | 0.750 |  |\n| a long window, as it comes | 0.625 |  | 0.500 |\n"
    )
    assert capsys.readouterr().out == table
    assert table in out.read_text() and by_drum in out.read_text()
    left = out.read_text().splitlines()[-1]
    assert left.startswith("Not run yet: another seed, ") and "tst" not in left  # labelled rows count, too


@pytest.mark.slow
def test_a_variant_is_trained_and_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from drum_tabber.events import Beats, Hits
    from drum_tabber.hearing import targets
    from drum_tabber.learning.dataset import SegmentCache

    small: dict[str, Any] = {
        "SAMPLE_RATE": 8000,
        "HOP_SIZE": 80,
        "WINDOW_SIZE": 256,
        "N_MELS": 12,
        "FMAX": 3900.0,
        "D_MODEL": 8,
    }
    small |= {"CONV_FILTERS": [2], "N_HEADS": 2, "DILATIONS": [1], "BATCH_SIZE": 2, "SEGMENT_SECONDS": 1.0}
    small |= dict.fromkeys(("P_FREQUENCY_MASK", "P_TIME_MASK", "P_TREBLE_MASK"), 0.0)  # wider than so small a picture
    for name, value in small.items():
        setattr(configs, name, value)
    spec = specs.segment_spec()
    cache = SegmentCache(tmp_path, spec)
    rng = np.random.default_rng(0)
    for shard in ("train-0", "validation-0"):
        with cache.writing(shard) as add:
            for _ in range(4):
                hits = Hits.of(rng.uniform(0, 1, 5), ["BD", "SD", "HH", "HO", "HP"])
                apart = tuple((code,) for code in spec.targets.drums)
                add(
                    rng.uniform(0, 9, (100, 12)).astype(np.float32),
                    targets.encode(hits, Beats(), apart, True, spec.targets, 100),
                )
    monkeypatch.setitem(VARIANTS, "narrow targets", {"TARGET_WIDTH": 1.0, "POSITIVE_WEIGHT": 3.0})
    given = ["--shards", str(tmp_path), "--seconds", "0.5", "--variants", "narrow targets"]
    _write_recording(tmp_path / "real")
    assert commands.main(["bench", "models", *given, "--corpus", f"rendered:{tmp_path / 'real'}"]) == 0
    rows = bench_models._kept(tmp_path / "models.jsonl").values()
    (row,) = rows
    assert (row.name, row.changed) == ("narrow targets", "TARGET_WIDTH=1.0, POSITIVE_WEIGHT=3.0")
    assert row.n_steps >= 1 and row.seconds > 0 and row.f.keys() == {tmp_path.name, "rendered real"}
    assert all(of.keys() >= {"all", "kick", "tom"} and 0 <= of["all"] <= 1 for of in row.f.values())
    assert (configs.POSITIVE_WEIGHT, configs.TARGET_WIDTH) == (2.0, 2.0)


def _write_recording(folder: Path) -> None:
    """A second of hiss with a hit, in the layout "rendered"."""
    import numpy as np

    from drum_tabber.events import Hits
    from drum_tabber.learning.segments import Segment
    from drum_tabber.material import rendered
    from drum_tabber.material.corpora import Labels

    codes = tuple((row[0],) for row in configs.DRUMS)
    made = Segment(np.random.default_rng(1).normal(0, 0.1, 8000).astype(np.float32), Hits.of([0.5], ["BD"]), None)
    rendered.write(folder / "piece", 0, "test", Labels(made.hits, None, codes, True), made, 8000)
