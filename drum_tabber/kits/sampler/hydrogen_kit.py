"""Kits of Hydrogen: `drumkit.xml` by the schema of Hydrogen 1.2, an instrument a key with its velocity layers."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from drum_tabber.kits.sampler.kit import HATS, SamplerKit, Voice, write_xml

NAMESPACE = "http://www.hydrogen-music.org/drumkit"
_NO_GROUP = -1
_HAT_GROUP = 1


def write(kit: SamplerKit, seed: int | None = None) -> Path:
    """Write `drumkit.xml` into the kit's folder; nothing in it varies by seed."""
    root = ElementTree.Element("drumkit_info", xmlns=NAMESPACE)
    said = {
        "name": kit.name,
        "author": "",
        "info": "made by Drum Tabber from classed one-shots",
        "license": "see those of its samples",
        "image": "",
        "imageLicense": "",
    }
    for name, text in said.items():
        ElementTree.SubElement(root, name).text = text
    component = ElementTree.SubElement(ElementTree.SubElement(root, "componentList"), "drumkitComponent")
    for name, text in {"id": "0", "name": "Main", "volume": "1"}.items():
        ElementTree.SubElement(component, name).text = text
    instruments = ElementTree.SubElement(root, "instrumentList")
    for index, voice in enumerate(kit.voices):
        _add_instrument(instruments, index, voice)
    path = kit.folder / "drumkit.xml"
    write_xml(path, root)
    return path


def _add_instrument(parent: ElementTree.Element, index: int, voice: Voice) -> None:
    instrument = ElementTree.SubElement(parent, "instrument")
    group = _HAT_GROUP if voice.code in HATS else _NO_GROUP
    values: dict[str, object] = {
        "id": index, "name": voice.name, "volume": 0.8, "isMuted": "false", "isSoloed": "false", "pan": 0,
        "pitchOffset": 0, "randomPitchFactor": 0, "gain": 1, "applyVelocity": "true", "filterActive": "false",
        "filterCutoff": 1, "filterResonance": 0, "Attack": 0, "Decay": 0, "Sustain": 1, "Release": 1000,
        "muteGroup": group, "midiOutChannel": -1, "midiOutNote": voice.key, "isStopNote": "false",
        "sampleSelectionAlgo": "VELOCITY", "isHihat": -1, "lower_cc": 0, "higher_cc": 127, "FX1Level": 0,
        "FX2Level": 0, "FX3Level": 0, "FX4Level": 0,
    }  # fmt: skip
    for name, value in values.items():
        ElementTree.SubElement(instrument, name).text = str(value)
    component = ElementTree.SubElement(instrument, "instrumentComponent")
    ElementTree.SubElement(component, "component_id").text = "0"
    ElementTree.SubElement(component, "gain").text = "1"
    for layer in voice.layers:
        element = ElementTree.SubElement(component, "layer")
        bounds = {"min": (layer.low - 1) / 127, "max": layer.high / 127}
        for name, value in {"filename": layer.path, **bounds, "gain": 1, "pitch": 0}.items():
            ElementTree.SubElement(element, name).text = value if isinstance(value, str) else f"{value:.6g}"
