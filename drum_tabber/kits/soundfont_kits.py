"""Drum presets of soundfonts as kits: FluidSynth plays every sound of a preset at a few strengths, once.

Some soundfonts have thirty drum sets or more, and most share their cymbals and hats: of each set what is `distinct` is
kept, in a file, for sampling takes up to minutes a soundfont. It is a numpy archive of all samples, end to end in half
precision, and of their descriptions as JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from drum_tabber.files import replacing
from drum_tabber.kits.distinct import HEARD_SECONDS, LAG_SECONDS, SAME, distinct
from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.kit_files import NOTES
from drum_tabber.kits.sample import Sample
from drum_tabber.sound import soundfont
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

# Drum presets of General MIDI 2 and Roland GS, by program from 0; a soundfont may have few of them, or others between
# them. Above are orchestras and sound effects.
PRESETS = {0: "standard", 8: "room", 16: "power", 24: "electronic", 25: "808", 32: "jazz", 40: "brush"}
PRESETS |= {program: f"set {program}" for program in range(48) if program not in PRESETS}
STRENGTHS = (35, 65, 95, 127)  # velocities at which each note of a preset is sampled
STROKE_SECONDS = 3.0  # that a sampled stroke may ring


def kept(path: Path, sample_rate: int, folder: Path) -> list[Kit]:
    """What is `distinct` in a soundfont's drum presets, from the file in `folder` that keeps it, made where missing.

    The file's name holds the soundfont's size and time, so that another of the same name is sampled anew.
    Raises CorpusError where FluidSynth or the soundfont is missing.
    """
    about = path.stat() if path.is_file() else None
    size_and_time = about and (about.st_size, about.st_mtime_ns)
    compared = (HEARD_SECONDS, LAG_SECONDS, SAME)
    facts = [size_and_time, sample_rate, PRESETS, STRENGTHS, STROKE_SECONDS, NOTES, compared]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    file = folder / f"{path.stem}-{key}.npz"
    try:
        return _loaded(file, sample_rate)
    except (OSError, ValueError, KeyError, BadZipFile):  # not there, or not whole
        _save(distinct(sampled(path, sample_rate)), file)
    return _loaded(file, sample_rate)


def sampled(path: Path, sample_rate: int) -> Iterator[Kit]:
    """The drum presets of a soundfont as kits, each sound sampled at a few strengths.

    Raises CorpusError where FluidSynth or the soundfont is missing.
    """
    strokes = [(note, velocity) for note in NOTES for velocity in STRENGTHS]
    presets = soundfont.drum_presets(path)
    for program, name in PRESETS.items():
        if program not in presets:
            continue
        score = [
            Note(STROKE_SECONDS * index, STROKE_SECONDS * index + 0.5, DRUM_CHANNEL, note, velocity, program)
            for index, (note, velocity) in enumerate(strokes)
        ]
        sound = soundfont.play(score, path, STROKE_SECONDS * len(score), sample_rate).mean(axis=0)
        yield _kit(f"{path.stem} {name}", sound.reshape(len(NOTES), len(STRENGTHS), -1), sample_rate)


def _kit(name: str, sounds: NDArray[np.float32], sample_rate: int) -> Kit:
    """A kit of strokes (notes, strengths, samples)."""
    pieces: dict[str, list[Piece]] = defaultdict(list)
    for note, strokes in zip(NOTES, sounds, strict=True):
        samples = [sample for stroke in strokes if (sample := Sample.of(stroke, sample_rate))]
        if samples:
            pieces[NOTES[note]].append(Piece.of(f"note {note}", samples))
    return Kit(name, sample_rate, {code: tuple(of_code) for code, of_code in pieces.items()})


def _save(kits: Iterable[Kit], file: Path) -> None:
    rows = [
        (kit.name, code, piece.name, sample.attack, sample.strength, sample.signal)
        for kit in kits
        for code, pieces in kit.pieces.items()
        for piece in pieces
        for sample in piece.samples
    ]
    described = json.dumps([(*row[:-1], len(row[-1])) for row in rows])
    signals = np.concatenate([np.zeros(0, np.float16), *(row[-1].astype(np.float16) for row in rows)])
    with replacing(file) as part:
        np.savez(part, described=np.array(described), signals=signals)


def _loaded(file: Path, sample_rate: int) -> list[Kit]:
    with np.load(file, allow_pickle=False) as archive:
        rows, signals = json.loads(str(archive["described"])), archive["signals"].astype(np.float32)
    kits: dict[str, dict[str, dict[str, list[Sample]]]] = {}
    start = 0
    for kit, code, piece, attack, strength, length in rows:
        sample = Sample(signals[start : start + length], attack, (strength[0], strength[1]))
        kits.setdefault(kit, {}).setdefault(code, {}).setdefault(piece, []).append(sample)
        start += length
    return [
        Kit(
            name,
            sample_rate,
            {code: tuple(Piece.of(*piece) for piece in pieces.items()) for code, pieces in drums.items()},
        )
        for name, drums in kits.items()
    ]
