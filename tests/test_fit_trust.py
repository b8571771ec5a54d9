"""Fitting the trust: what tells right tabs from wrong ones gets the weight, and the aligner reads what is written."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from drum_tabber.errors import CorpusError
from tools import fit_trust
from tools.fit_trust import CASES, FIGURES, TABS


def figures(path: Path, rng: np.random.Generator) -> None:
    """A file of figures in which the first tells right from wrong and the others say nothing."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        for song in range(40):
            for case in CASES:
                for which in TABS:
                    told = rng.normal(0.7 if which == "own" else 0.4, 0.08)
                    writer.writerow([f"song {song}", case, 0, which, told, *rng.normal(0, 1, len(FIGURES) - 1)])
        writer.writerow(["song 0", "unheard", 0, "any"])  # no place was found at all


def test_the_figure_that_tells_right_from_wrong_gets_the_weight(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures(tmp_path / "figures.csv", np.random.default_rng(3))
    fitted = fit_trust.report(tmp_path / "figures.csv")
    assert (fitted.n_right, fitted.n_wrong) == (160, 480)
    assert fitted.weights[0] > 10 > 20 * np.abs(fitted.weights[1:]).max()
    assert 0.4 < -fitted.bias / fitted.weights[0] < 0.7  # between the two
    for line in capsys.readouterr().out.splitlines():
        accepted = [int(words.split()[-1]) for words in line.split(" of ")[:2]]
        assert accepted[0] >= 32 and accepted[1] <= 4  # of 40 and 120: wrong ones cost more


def test_what_is_written_is_what_was_fitted(tmp_path: Path) -> None:
    weights = np.arange(1.0, len(FIGURES) + 1)
    fit_trust.write(tmp_path / "trust.json", fit_trust.Fit(weights, -2.5, 7, 14))
    written = json.loads((tmp_path / "trust.json").read_text(encoding="utf-8"))
    assert written["weights"] == dict(zip(FIGURES, weights.tolist(), strict=True))
    assert written["bias"] == -2.5
    assert written["fitted_to"] == {"right": 7, "wrong": 14}


def test_a_row_that_was_broken_off_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures(tmp_path / "figures.csv", np.random.default_rng(3))
    whole = fit_trust.report(tmp_path / "figures.csv")
    with (tmp_path / "figures.csv").open("a", encoding="utf-8") as stream:
        stream.write("song 1,cut,0,own,0.7,0.1")
    assert fit_trust.report(tmp_path / "figures.csv").n_right == whole.n_right


def test_without_figures_there_is_nothing_to_fit(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has no figures"):
        fit_trust.report(tmp_path / "none.csv")
