"""Presets of drumkv1: an element a key with its sample and parameters, then the parameters of the whole kit.

drumkv1 takes parameters by name and resolves a sample's path from the preset's folder; older versions want the preset
to be called like its file. It has no velocity layers: the loudest sample of a key plays.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from drum_tabber.kits.sampler.kit import SamplerKit, write_xml

VERSION = "0.6.3"  # of the form; every later one reads it
# Of each element, in drumkv1's order; the sample's own key stands first in the file.
ELEMENT: dict[str, float] = {
    "GEN1_REVERSE": 0, "GEN1_GROUP": 0, "GEN1_COARSE": 0, "GEN1_FINE": 0, "GEN1_ENVTIME": 0.2,
    "DCF1_CUTOFF": 1, "DCF1_RESO": 0, "DCF1_TYPE": 0, "DCF1_SLOPE": 0, "DCF1_ENVELOPE": 1, "DCF1_ATTACK": 0,
    "DCF1_DECAY1": 0.5, "DCF1_LEVEL2": 0.2, "DCF1_DECAY2": 0.5,
    "LFO1_SHAPE": 1, "LFO1_WIDTH": 1, "LFO1_RATE": 0.5, "LFO1_SWEEP": 0, "LFO1_PITCH": 0, "LFO1_CUTOFF": 0,
    "LFO1_RESO": 0, "LFO1_PANNING": 0, "LFO1_VOLUME": 0, "LFO1_ATTACK": 0, "LFO1_DECAY1": 0.5, "LFO1_LEVEL2": 0.2,
    "LFO1_DECAY2": 0.5,
    "DCA1_VOLUME": 0.6, "DCA1_ATTACK": 0, "DCA1_DECAY1": 0.5, "DCA1_LEVEL2": 0.2, "DCA1_DECAY2": 0.5,
    "OUT1_WIDTH": 0.2, "OUT1_PANNING": 0, "OUT1_VOLUME": 0.5,
}  # fmt: skip
KIT: dict[str, float] = {
    "DEF1_PITCHBEND": 0.2, "DEF1_MODWHEEL": 0.2, "DEF1_PRESSURE": 0.2, "DEF1_VELOCITY": 0.59, "DEF1_CHANNEL": 0,
    "DEF1_NOTEOFF": 1,
    "CHO1_WET": 0, "CHO1_DELAY": 0.5, "CHO1_FEEDB": 0.5, "CHO1_RATE": 0.5, "CHO1_MOD": 0.5,
    "FLA1_WET": 0, "FLA1_DELAY": 0.5, "FLA1_FEEDB": 0.5, "FLA1_DAFT": 0,
    "PHA1_WET": 0, "PHA1_RATE": 0.5, "PHA1_FEEDB": 0.5, "PHA1_DEPTH": 0.5, "PHA1_DAFT": 0,
    "DEL1_WET": 0, "DEL1_DELAY": 0.5, "DEL1_FEEDB": 0.5, "DEL1_BPM": 180, "DEL1_BPMSYNC": 1, "DEL1_BPMHOST": 180,
    "REV1_WET": 0, "REV1_ROOM": 0.5, "REV1_DAMP": 0.5, "REV1_FEEDB": 0.5, "REV1_WIDTH": 0,
    "DYN1_COMPRESS": 1, "DYN1_LIMITER": 0,
}  # fmt: skip
# What a seed varies: the precursor's ranges, but for LFO1_ATTACK, which drumkv1 has from 0 to 1.
RANDOM: dict[str, tuple[float, float]] = {
    "DCF1_CUTOFF": (0.7, 1.0), "DCF1_RESO": (0.0, 0.3), "OUT1_PANNING": (-0.5, 0.5), "OUT1_WIDTH": (-0.5, 0.5),
    "LFO1_PITCH": (-0.1, 0.1), "LFO1_CUTOFF": (-0.1, 0.1), "LFO1_PANNING": (-0.1, 0.1), "LFO1_VOLUME": (-0.5, 0.5),
    "LFO1_ATTACK": (0.0, 0.5),
}  # fmt: skip


def write(kit: SamplerKit, seed: int | None = None) -> Path:
    """Write `<name>.drumkv1` into the kit's folder; a seed varies the parameters of each element."""
    rng = np.random.default_rng(seed) if seed is not None else None
    root = ElementTree.Element("preset", version=VERSION, name=kit.name)
    elements = ElementTree.SubElement(root, "elements")
    for voice in kit.voices:
        element = ElementTree.SubElement(elements, "element", index=str(voice.key))
        sample = ElementTree.SubElement(element, "sample", index="0", name="GEN1_SAMPLE")
        sample.text = voice.layers[-1].path
        drawn = {} if rng is None else {name: round(float(rng.uniform(*ends)), 4) for name, ends in RANDOM.items()}
        _add_params(element, {"GEN1_SAMPLE": voice.key, **ELEMENT, **drawn}, 0)
    _add_params(root, KIT, 1 + len(ELEMENT))
    path = kit.folder / f"{kit.name}.drumkv1"
    write_xml(path, root, doctype="drumkv1")
    return path


def _add_params(parent: ElementTree.Element, values: Mapping[str, float], first: int) -> None:
    params = ElementTree.SubElement(parent, "params")
    for index, (name, value) in enumerate(values.items(), first):
        ElementTree.SubElement(params, "param", index=str(index), name=name).text = f"{value:g}"
