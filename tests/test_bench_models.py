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
    before = specs.model_spec(), specs.training_spec()
    for setting, value in VARIANTS[name].items():
        settings.override(configs, [f"{setting}={value}"])
    assert ((specs.model_spec(), specs.training_spec()) == before) == (name == "as it comes")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [([], "bench models needs --shards DIR"), (["--shards", "x", "--variants", "y"], "there is no variant 'y'")],
)
def test_faults(given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["bench", "models", *given]) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


def test_a_row_that_is_kept_is_printed_and_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = Row("tst", 1_230_000, 55, 1.25, 0.5, {"kick": 0.75, "snare": 0.25})
    (tmp_path / "models.jsonl").write_text(json.dumps(vars(row)) + "\n")
    assert commands.main(["bench", "models", "--shards", str(tmp_path), "--variants", "tst"]) == 0
    assert "| tst | MODEL=tst | 1.23 M | 55 x 1.25 s | 0.500 | 0.750 | 0.250 |" in capsys.readouterr().out


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
    monkeypatch.setitem(VARIANTS, "as it comes", {"POSITIVE_WEIGHT": 3.0})
    given = ["--shards", str(tmp_path), "--seconds", "0.5", "--variants", "as it comes"]
    assert commands.main(["bench", "models", *given]) == 0
    (row,) = bench_models._kept(tmp_path / "models.jsonl").values()
    assert row.n_steps >= 1 and 0 <= row.f <= 1 and row.families.keys() >= {"kick", "tom"}
    assert configs.POSITIVE_WEIGHT == 2.0
