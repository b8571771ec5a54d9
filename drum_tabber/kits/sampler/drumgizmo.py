"""Kits of DrumGizmo: `drumkit.xml` of channels and instruments, a file an instrument, and a map of MIDI notes.

All samples of a kit have one rate there, so those of another are resampled; strengths are given as power, by which
DrumGizmo chooses.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from drum_tabber.kits.sampler.kit import HATS, Layer, SamplerKit, Voice, write_xml
from drum_tabber.sound import audio

CHANNELS = ("Left", "Right")
FOLDER = "drumgizmo"  # within the kit's, for Hydrogen has a drumkit.xml of its own there


def write(kit: SamplerKit, seed: int | None = None) -> Path:
    """Write the folder `drumgizmo` with `drumkit.xml`, `midimap.xml` and the instruments; nothing varies by seed."""
    folder = kit.folder / FOLDER
    rate = Counter(layer.sample_rate for voice in kit.voices for layer in voice.layers).most_common(1)[0][0]
    root = ElementTree.Element("drumkit", name=kit.name, description="made by Drum Tabber", samplerate=str(rate))
    channels = ElementTree.SubElement(root, "channels")
    for name in CHANNELS:
        ElementTree.SubElement(channels, "channel", name=name)
    instruments = ElementTree.SubElement(root, "instruments")
    notes = ElementTree.Element("midimap")
    for voice in kit.voices:
        name = f"{voice.key}_{voice.code}"
        said = {"name": name, "file": f"{name}.xml", **({"group": "hats"} if voice.code in HATS else {})}
        instrument = ElementTree.SubElement(instruments, "instrument", said)
        for channel in CHANNELS:
            ElementTree.SubElement(instrument, "channelmap", {"in": channel, "out": channel, "main": "true"})
        write_xml(folder / f"{name}.xml", _instrument(voice, name, kit.folder, rate))
        ElementTree.SubElement(notes, "map", note=str(voice.key), instr=name)
    write_xml(folder / "drumkit.xml", root)
    write_xml(folder / "midimap.xml", notes)
    return folder / "drumkit.xml"


def _instrument(voice: Voice, name: str, folder: Path, rate: int) -> ElementTree.Element:
    root = ElementTree.Element("instrument", version="2.0", name=name)
    samples = ElementTree.SubElement(root, "samples")
    for number, layer in enumerate(voice.layers, 1):
        power = f"{10 ** (layer.level_db / 20):.6f}"
        sample = ElementTree.SubElement(samples, "sample", name=f"{name}-{number}", power=power)
        file = _at_rate(layer, folder, rate)
        for index, channel in enumerate(CHANNELS):
            side = str(min(index + 1, layer.channels))
            ElementTree.SubElement(sample, "audiofile", channel=channel, file=f"../{file}", filechannel=side)
    return root


def _at_rate(layer: Layer, folder: Path, rate: int) -> str:
    """The layer's file at the kit's rate, relative to the kit's folder."""
    if layer.sample_rate == rate:
        return layer.path
    other = f"{Path(layer.path).with_suffix('')}_{rate}.wav"
    audio.write(folder / other, audio.read(folder / layer.path, rate).samples, rate)
    return other
