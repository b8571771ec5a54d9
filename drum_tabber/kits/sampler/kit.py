"""A kit for a sampler: what plays on each key, in layers from soft to hard, as files inside the kit's own folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import soundfile

from drum_tabber.files import replacing
from drum_tabber.kits.sampler.plan import Planned
from drum_tabber.oneshots import percussion
from drum_tabber.sound import audio

SAMPLES = "samples"  # the folder of a kit's files
OURS = re.compile(r"\d+_[a-z]+_\d+_")  # how the names of those files begin
PLAYABLE = (".wav", ".flac")  # that all samplers read; other formats are converted
HATS = ("hhc", "hho", "ped")  # any of these stops the others

_OCTAVE = {36: "kick", 37: "kick", 38: "snr", 39: "stick", 40: "clp", 41: "tom", 42: "tom", 43: "shk", 44: "ped",
           45: "hhc", 46: "cym", 47: "hho"}  # fmt: skip
_UPPER = {48: "taik", 49: "bass", 50: "snr", 51: "rim", 52: "cah", 53: "tomf", 54: "tab", 55: "whis", 56: "met",
          57: "wood", 58: "rid", 59: "tri"}  # fmt: skip

# Keys by name: the precursor's 24, the same with its first octave an octave lower too, and a pad of eight.
KEY_MAPS: dict[str, dict[int, str]] = {
    "8": {36: "kick", 37: "snr", 38: "clp", 39: "rim", 40: "hhc", 41: "hho", 42: "tom", 43: "cym"},
    "24": _OCTAVE | _UPPER,
    "36": {key - 12: code for key, code in _OCTAVE.items()} | _OCTAVE | _UPPER,
    "gm": {key: code for key, code in percussion.NOTES.items() if key >= 35},
}


@dataclass(frozen=True)
class Layer:
    """A file, relative to the kit's folder, and the MIDI velocities (1 to 127) that it serves."""

    path: str
    low: int
    high: int
    channels: int
    sample_rate: int
    frames: int
    level_db: float


@dataclass(frozen=True)
class Voice:
    """What one key plays."""

    key: int
    code: str
    name: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class SamplerKit:
    """A kit: its folder, its name, its voices from the lowest key."""

    folder: Path
    name: str
    voices: tuple[Voice, ...]


def collected(planned: Iterable[Planned], folder: Path, name: str) -> SamplerKit:
    """The kit with its files brought into `folder/samples`, as they are or, where samplers can't read them, as wav.

    What a kit written there before has left in it goes, for a folder of samples is a kit in itself.

    Raises AudioError or DrumTabberError where a file can't be read or written.
    """
    voices = []
    for plan in planned:
        layers = []
        bounds = [round(127 * index / len(plan.files)) for index in range(len(plan.files) + 1)]
        for number, (path, level) in enumerate(plan.files):
            target = f"{SAMPLES}/{plan.key}_{plan.code}_{number + 1}_{_safe(path.stem)}{_suffix(path)}"
            info = _brought(path, folder / target)
            layers.append(
                Layer(
                    target, bounds[number] + 1, bounds[number + 1], info.channels, info.samplerate, info.frames, level
                )
            )
        named = plan.name.partition(",")[0]  # one drum: those who read the kit go by its name
        voices.append(Voice(plan.key, plan.code, f"{plan.key} {named}", tuple(layers)))
    brought = {folder / layer.path for voice in voices for layer in voice.layers}
    for path in (folder / SAMPLES).iterdir() if voices else ():
        if path not in brought and OURS.match(path.name):
            path.unlink()
    return SamplerKit(folder, name, tuple(sorted(voices, key=lambda voice: voice.key)))


def write_xml(path: Path, root: ElementTree.Element, doctype: str = "") -> None:
    """An indented UTF-8 document, whole or not at all."""
    ElementTree.indent(root)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' if not doctype else f"<!DOCTYPE {doctype}>\n"
    with replacing(path) as part:
        part.write_text(text + ElementTree.tostring(root, encoding="unicode") + "\n", encoding="utf-8")


def _suffix(path: Path) -> str:
    return path.suffix.lower() if path.suffix.lower() in PLAYABLE else ".wav"


def _safe(name: str) -> str:
    """A name without what paths, XML or sfz trip over."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name)[:60] or "sound"


def _brought(path: Path, target: Path) -> soundfile._SoundFileInfo:
    if path.suffix.lower() in PLAYABLE:
        with replacing(target) as part:
            shutil.copyfile(path, part)
    else:
        sound = audio.read(path)
        audio.write(target, sound.samples, sound.sample_rate)
    return soundfile.info(str(target))
