"""Packs of one-shots: folders and soundfonts in, labelled sounds out, each with the pack that it must stay with.

A folder is told by what it holds: a `manifest.csv` (columns path, kit, instrument, gm, licence: a pack a kit), kits of
Hydrogen (a pack each), or plain files, `<class>_<NNN>.wav` or in folders named by class (one pack). A soundfont is one
pack: its percussion at three strengths in each of its drum sets, and the melodic programs that are one of our classes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import CorpusError
from drum_tabber.kits import hydrogen, manifest
from drum_tabber.kits.kit_files import HAND_CLAP
from drum_tabber.oneshots import percussion
from drum_tabber.sound import audio, soundfont
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

Floats = NDArray[np.float32]
Item = TypeVar("Item")
RAW = re.compile(r"(\S+)_\d+")  # the name of a raw file: <class>_<NNN>
CYMBAL_MAKERS = re.compile(r"paiste|zildjian|sabian", re.IGNORECASE)
CYMBALS = ("cym", "rid", *percussion.HATS)
STRENGTHS = (45, 85, 120)  # MIDI velocities of a soundfont's percussion
# Programs of drum sets, and which of General MIDI 2's sets their notes are like; latin percussion sounds alike in all.
DRUM_SETS = {program: program // 8 * 8 for program in range(48)} | {25: 25}
UNSURE = {(25, 44)}  # the analog set's second closed hat, for a TR-808 has no pedal; in some fonts it is an open hat
KIT_NOTES = range(35, 60)  # that differ from set to set
STROKE_SECONDS = 2.5  # that a soundfont's stroke may ring
PITCHES = 6  # of each melodic program


@dataclass(frozen=True)
class Labelled:
    """A file, its class, the pack that it belongs to and its licence."""

    path: Path
    label: str
    pack: str
    licence: str = ""


def files(folder: Path, classes: Sequence[str] = ()) -> list[Labelled]:
    """The one-shots of a folder that have a class: one of ours, or of `classes` where own names are given.

    Raises CorpusError where the folder is missing or has none, or where its manifest is at fault.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder of one-shots; name another, or set SAMPLES_DIRS")
    if (folder / "manifest.csv").is_file():
        found = list(_listed(folder / "manifest.csv"))
    elif kits := hydrogen.kit_folders(folder):
        found = [sound for kit in kits for sound in _layered(kit)]
    else:
        found = list(_named(folder, classes))
    if not found:
        raise CorpusError(
            f"{folder} has no one-shots whose class is known; name them <class>_<number>.wav or put them in folders "
            "named by class"
        )
    meant: dict[Path, set[str]] = defaultdict(set)
    for sound in found:
        meant[sound.path].add(sound.label)
    once = {sound.path: sound for sound in found}  # two instruments of a kit may share a file
    return [sound for path, sound in once.items() if len(meant[path]) == 1]


def is_plain(folder: Path) -> bool:
    """Whether a folder is somebody's own: neither a manifest nor a kit's description tells what is in it."""
    return not (folder / "manifest.csv").is_file() and not hydrogen.kit_folders(folder)


def limited(sounds: Iterable[Labelled], most: int) -> list[Labelled]:
    """At most so many sounds of a class and pack, evenly spread: a hundred takes of one snare teach little more."""
    grouped: dict[tuple[str, str], list[Labelled]] = defaultdict(list)
    for sound in sounds:
        grouped[sound.pack, sound.label].append(sound)
    return [sound for group in grouped.values() for sound in evenly(group, most)]


def evenly(group: Sequence[Item], most: int) -> list[Item]:
    """At most so many of a group, evenly spread over it."""
    places = np.linspace(0, len(group) - 1, min(most, len(group)))
    return [group[place] for place in np.unique(places.round().astype(int))]


def class_named(name: str, classes: Sequence[str]) -> str | None:
    """The class that a file's or folder's name gives, among own class names or ours."""
    raw = RAW.fullmatch(name)
    for text in filter(None, (raw and raw[1], name)):
        if text.lower() in classes:
            return text.lower()
        if (code := percussion.class_of(text)) and (not classes or code in classes):
            return code
    return None


def from_soundfont(path: Path, sample_rate: int) -> Iterator[tuple[str, Floats]]:
    """The strokes (class, wave) of a soundfont's percussion and of its melodic programs that are percussion.

    Raises CorpusError where FluidSynth or the soundfont is missing.
    """
    latin = [note for note in percussion.NOTES if note not in KIT_NOTES]
    rng = np.random.default_rng(0)
    labels: list[str] = []
    score: list[tuple[int, int, int, int, float]] = []
    for program in filter(DRUM_SETS.__contains__, soundfont.drum_presets(path)):
        notes = [*KIT_NOTES, *latin] if program == 0 else KIT_NOTES
        for note in notes:
            label = percussion.class_in_set(DRUM_SETS[program], note)
            if label and (program, note) not in UNSURE:
                labels += [label] * len(STRENGTHS)
                score += [(DRUM_CHANNEL, program, note, strength, 1.0) for strength in STRENGTHS]
    for program, (label, pitches) in percussion.PROGRAMS.items():
        for note in np.unique(np.linspace(pitches[0], pitches[-1], PITCHES).astype(int)):
            labels.append(label)
            score.append((0, program, int(note), int(rng.integers(50, 127)), float(rng.uniform(0.1, 1.1))))
    known: set[bytes] = set()
    for label, wave in zip(labels, _played(score, path, sample_rate), strict=True):
        key = np.round(wave[::50] * 500).astype(np.int16).tobytes()
        if key not in known and np.any(wave):
            known.add(key)
            yield label, wave


def _played(score: Sequence[tuple[int, int, int, int, float]], path: Path, sample_rate: int) -> Floats:
    """Strokes (channel, program, note, velocity, seconds held) played one after the other: (strokes, samples)."""
    notes = [
        Note(STROKE_SECONDS * index, STROKE_SECONDS * index + held, channel, pitch, velocity, program)
        for index, (channel, program, pitch, velocity, held) in enumerate(score)
    ]
    sound = soundfont.play(notes, path, STROKE_SECONDS * len(score), sample_rate).mean(axis=0)
    n_samples = round(STROKE_SECONDS * sample_rate)
    return np.stack([sound[index * n_samples : (index + 1) * n_samples] for index in range(len(score))])


def _listed(described: Path) -> Iterator[Labelled]:
    for row in manifest.read(described):
        stem = row.path.stem
        label = percussion.class_of(row.instrument, row.note)
        mistaken = CYMBAL_MAKERS.search(stem) and label not in CYMBALS  # a cymbal on another drum's note
        if label and not mistaken and not percussion.is_refused(stem):
            yield Labelled(row.path, _kindred(label, percussion.class_of(stem)), row.kit, row.licence)


def _layered(folder: Path) -> Iterator[Labelled]:
    """The files of a Hydrogen kit whose class instrument and file agree on."""
    for layer in hydrogen.layers(folder):
        stem = hydrogen.spelt_out(layer.path.stem)
        if percussion.is_refused(layer.instrument) or percussion.is_refused(stem):
            continue
        label = percussion.class_of(layer.instrument, layer.note)
        if label == "stick" and layer.note != HAND_CLAP:  # a stick across the snare, as kit_files has it
            label = "rim"
        if agreed := _agreed(label, percussion.class_of(stem)):
            yield Labelled(layer.path, agreed, folder.name, layer.licence)


def _agreed(told: str | None, own: str | None) -> str | None:
    """The class by what an instrument and its file say."""
    if told is None or own is None:
        return told or own
    return _kindred(told, own) if own in (told, "stick") or _are_kin(told, own) else None


def _kindred(told: str, own: str | None) -> str:
    """The class that an instrument tells, or its file's: a file knows open hats and floor toms from their kin."""
    return own if own and _are_kin(told, own) and own not in (percussion.HATS[0], percussion.TOMS[0]) else told


def _are_kin(one: str, other: str) -> bool:
    """Whether both are hats, or both toms."""
    return any({one, other} <= {*kin} for kin in (percussion.HATS, percussion.TOMS))


def _named(folder: Path, classes: Sequence[str]) -> Iterator[Labelled]:
    for path in audio.find([folder]):
        names = (path.stem, *path.relative_to(folder).parts[-2::-1])
        if label := next((code for name in names if (code := class_named(name, classes))), None):
            yield Labelled(path, label, folder.name)
