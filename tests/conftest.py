"""What several modules of tests need: the settings page put back, and trained models that need no training."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import handmade
import hypothesis
import numpy as np
import pytest
from numpy.typing import NDArray

import configs
from drum_tabber import settings
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.sound.features import FeatureSpec

# The same examples every time; HYPOTHESIS_PROFILE=default goes looking for others.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

CODES = ("BD", "SD", "HH")
FEATURES = FeatureSpec(sample_rate=8000, hop_size=80, window_size=256, n_mels=7, fmin=40.0, fmax=3900.0)
MakeBundle = Callable[[Path, np.ndarray, np.ndarray], Bundle]


@pytest.fixture(autouse=True)
def _no_folder_of_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take test_real_tabs.py's variable out of the environment, where it would look like a setting."""
    monkeypatch.delenv("DRUM_TABBER_REAL_TABS", raising=False)


@pytest.fixture
def page() -> Iterator[None]:
    """The settings page, to be written on: as it was when the test is over."""
    before = settings.snapshot(configs)
    yield
    for name, value in before.items():
        setattr(configs, name, value)


@pytest.fixture(scope="session")
def convolution_bundle() -> MakeBundle:
    """A function (folder, kernel, bias) to a bundle whose network is one convolution along time, and a sigmoid.

    `kernel` is (answers, mels, taps), `bias` (answers,); answers are onsets and velocities of three drums, beat and
    downbeat. It is written as ONNX without TensorFlow, so that what it answers can be told by hand.
    """

    def make(folder: Path, kernel: np.ndarray, bias: np.ndarray) -> Bundle:
        _write_convolution(folder / "model.onnx", kernel, bias)
        bundle = Bundle(
            folder,
            FEATURES,
            TargetSpec(CODES, FEATURES.frame_rate),
            {"kind": "convolution"},
            kernel.shape[2] // 2,
            tuple(row for row in configs.DRUMS if row[0] in CODES),
            Decoding(tuple((code,) for code in CODES), dict.fromkeys(CODES, 0.5), dict.fromkeys(CODES, 0.05)),
        )
        bundle.save()
        return bundle

    return make


def _write_convolution(path: Path, kernel: np.ndarray, bias: np.ndarray) -> None:
    from onnx import helper

    n_drums, reach = len(CODES), kernel.shape[2] // 2
    nodes = [
        helper.make_node("Transpose", ["mel"], ["bands"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["bands", "kernel", "bias"], ["logit"], pads=[reach, reach]),
        helper.make_node("Sigmoid", ["logit"], ["answer"]),
        helper.make_node("Transpose", ["answer"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("Split", ["frames", "split"], ["onset", "velocity", "beat"], axis=2),
    ]
    sizes = {"onset": n_drums, "velocity": n_drums, "beat": 2}
    constants: dict[str, NDArray[Any]] = {
        "kernel": kernel.astype(np.float32),
        "bias": bias.astype(np.float32),
        "split": np.array([n_drums, n_drums, 2], np.int64),
    }
    handmade.write(
        path,
        nodes,
        {"mel": ("FLOAT", [1, None, FEATURES.n_mels])},
        {name: ("FLOAT", [1, None, size]) for name, size in sizes.items()},
        constants,
    )
