"""Verdicts and classifiers of one-shots that need no training, for several modules of tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import handmade
import numpy as np
from numpy.typing import NDArray

from drum_tabber.oneshots import percussion
from drum_tabber.oneshots.bundle import SampleBundle
from drum_tabber.oneshots.classifier import Verdicts
from drum_tabber.oneshots.listening import OneShotSpec

BANDS = 3  # thirds of the spectrum that the tiny classifier listens to


def verdicts(
    heard: Mapping[Path, str], levels: Sequence[float] = (), failures: Mapping[Path, str] | None = None
) -> Verdicts:
    """Files that are surely of a class, or unknown; files of a class sound alike."""
    codes = percussion.CLASSES
    probabilities = np.full((len(heard), len(codes)), 0.1 / (len(codes) - 1), np.float32)
    for row, code in enumerate(heard.values()):
        probabilities[row, codes.index(code) if code in codes else 0] = 0.9
    return Verdicts(
        tuple(heard),
        codes,
        probabilities,
        np.array([code == percussion.UNKNOWN for code in heard.values()], np.float32),
        probabilities.copy(),
        np.array(levels or [-10.0] * len(heard), np.float32),
        0.5,
        failures or {},
    )


def tiny_bundle(folder: Path) -> SampleBundle:
    """A classifier of low, middle and high sounds: the mean of each third of the bands, written as ONNX by hand.

    A sound with little in any of them is unknown.
    """
    from onnx import TensorProto, helper

    spec = OneShotSpec(n_lows=0)
    n_mels = spec.features.n_mels
    bands = np.repeat(np.eye(BANDS, dtype=np.float32), [22, 21, 21], axis=0) / 21
    constants: dict[str, NDArray[Any]] = {
        "bands": bands,
        "axis": np.array([1], np.int64),
        "two": np.array([[2.0]], np.float32),
    }
    nodes = [
        helper.make_node("ReduceMax", ["mel"], ["peak"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["peak", "bands"], ["label"]),
        helper.make_node("Identity", ["label"], ["latent"]),
        helper.make_node("ReduceMax", ["label"], ["most"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["two", "most"], ["less"]),
        helper.make_node("Cast", ["length"], ["lengths"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["lengths", "axis"], ["column"]),
        helper.make_node("Sub", ["column", "column"], ["zero"]),
        helper.make_node("Add", ["less", "zero"], ["unknown"]),
    ]
    bundle = SampleBundle(folder, spec, ("kick", "snr", "hhc"), {"kind": "thirds"}, facts={"held_out": ["pack"]})
    takes: dict[str, handmade.Port] = {"mel": ("FLOAT", [None, None, n_mels]), "length": ("INT32", [None])}
    gives: dict[str, handmade.Port] = dict.fromkeys(("label", "unknown", "latent"), ("FLOAT", [None, None]))
    handmade.write(bundle.network, nodes, takes, gives, constants)
    bundle.save()
    return bundle
