"""Presets of DecentSampler: a group a key, a sample a velocity layer, hats that silence one another by tag."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from drum_tabber.kits.sampler.kit import HATS, SamplerKit, write_xml


def write(kit: SamplerKit, seed: int | None = None) -> Path:
    """Write `<name>.dspreset` into the kit's folder; nothing in it varies by seed."""
    root = ElementTree.Element("DecentSampler", minVersion="1.0.0")
    envelope = {"attack": "0", "decay": "0", "sustain": "1", "release": "3", "ampVelTrack": "1"}
    groups = ElementTree.SubElement(root, "groups", envelope)
    for voice in kit.voices:
        hats = {"tags": "hats", "silencedByTags": "hats", "silencingMode": "fast"} if voice.code in HATS else {}
        group = ElementTree.SubElement(groups, "group", {"name": voice.name, **hats})
        for layer in voice.layers:
            note, velocities = str(voice.key), {"loVel": str(layer.low), "hiVel": str(layer.high)}
            notes = {"rootNote": note, "loNote": note, "hiNote": note}
            ElementTree.SubElement(group, "sample", {"path": layer.path, **notes, **velocities})
    path = kit.folder / f"{kit.name}.dspreset"
    write_xml(path, root)
    return path
