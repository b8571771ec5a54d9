"""Drum kits: folders of samples in, `Kit` out, ready to be played by `render`.

A kit holds pieces for each drum code (two crashes are two pieces of "CC"), a piece holds samples from soft to loud.
Folders are either described by a `manifest.csv` (columns path, kit, instrument, gm, licence; it may list several kits),
or plain: there the names of files, else of folders, tell the drum ("kick/soft 1.wav", "snare_ff_03.flac", "42.wav" by
General MIDI note). Each file is decoded once, to mono at the kit's sample rate; near-silent ones are left out.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from drum_tabber import audio
from drum_tabber.errors import CorpusError
from drum_tabber.sample import Sample, Signal, without_strength

# The drum that a name tells, first match wins; "" marks sounds that are no single stroke on one of our drums.
NAMES: tuple[tuple[str, str], ...] = (
    ("", r"\broll|rhythm|cresc|scrape|snare ?\d? ?off|timbal|roto"),
    ("SS", r"side ?stick|cross ?stick|stick rim|rim ?click|\brim\b"),
    ("HP", r"(hi ?hat|hat|hh).*(pedal|foot|chick)|(pedal|foot|chick).*(hat|hh)|^php?$"),
    ("HO", r"(hat|hh).*open|open.*(hat|hh)|^ohh?$"),
    ("HH", r"hi ?hat|\bhats?\b|^c?hh$"),
    ("BD", r"kick|bass ?drum|\bbd\b"),
    ("SD", r"snare|\bsd\b"),
    ("RB", r"ride.*bell|bell.*ride"),
    ("RD", r"\bride"),
    ("SC", r"splash"),
    ("CH", r"china|chinese"),
    ("CC", r"crash|^cymbal"),
    ("LT", r"floor|\blow? ?tom|tom ?lo"),
    ("MT", r"\bmid(dle)? ?tom|tom ?mid"),
    ("HT", r"\bhi(gh)? ?tom|tom ?hi"),
    ("tom", r"\btoms?(?![a-z])"),
)

# General MIDI's percussion map, for folders that name samples by note.
NOTES: dict[int, str] = {
    35: "BD", 36: "BD", 37: "SS", 38: "SD", 40: "SD", 41: "LT", 43: "LT", 45: "MT", 47: "MT", 48: "HT", 50: "HT",
    42: "HH", 44: "HP", 46: "HO", 49: "CC", 57: "CC", 51: "RD", 59: "RD", 52: "CH", 53: "RB", 55: "SC",
}  # fmt: skip

# What plays a drum that a kit lacks: (drum, semitones up, decay time in seconds or infinity), first available wins.
STAND_INS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "SS": (("SD", 7, 0.025),),
    "HH": (("HO", 0, 0.04), ("CC", 7, 0.04)),
    "HO": (("CC", 5, 0.3), ("HH", 0, np.inf)),
    "HP": (("HH", -2, 0.05), ("HO", -2, 0.04)),
    "HT": (("MT", 4, np.inf), ("LT", 9, np.inf), ("BD", 15, 0.2)),
    "MT": (("HT", -4, np.inf), ("LT", 5, np.inf), ("BD", 11, 0.25)),
    "LT": (("MT", -5, np.inf), ("HT", -9, np.inf), ("BD", 6, 0.3)),
    "CC": (("CH", 0, np.inf), ("SC", -5, np.inf), ("RD", 0, np.inf), ("HO", -5, np.inf)),
    "SC": (("CC", 5, 0.35), ("CH", 5, 0.35), ("RD", 7, 0.35)),
    "CH": (("CC", -3, 0.5), ("SC", -7, 0.5), ("RD", -3, 0.5)),
    "RD": (("RB", 0, np.inf), ("CC", 3, 0.6), ("HO", 0, 0.5)),
    "RB": (("RD", 0, np.inf), ("CC", 7, 0.5)),
}

# Drums that come from one kit together when kits are mixed; the first one decides which kits can give the group.
FAMILIES: tuple[tuple[str, ...], ...] = (
    ("BD",), ("SD", "SS"), ("HH", "HO", "HP"), ("LT", "MT", "HT"), ("CC",), ("SC",), ("CH",), ("RD", "RB"),
)  # fmt: skip
N_CRASHES = 2  # a drummer's usual set has a crash on either side

SAME_LEVEL_DB = 3.0  # samples that differ less than this are repetitions of one stroke


@dataclass(frozen=True, eq=False)
class Piece:
    """One instrument: samples from soft to loud, to be tuned by `semitones` and damped to 1/e in `decay` seconds."""

    name: str
    samples: tuple[Sample, ...]
    semitones: float = 0.0
    decay: float = np.inf
    layered: bool = True  # False: all samples are repetitions of one strength

    @classmethod
    def of(cls, name: str, samples: Iterable[Sample]) -> Piece:
        """A piece of samples in any order."""
        ordered = tuple(sorted(samples, key=lambda sample: sample.strength))
        measured = [sample.strength[1] for sample in ordered]
        named = {sample.strength[0] for sample in ordered}
        return cls(name, ordered, layered=len(named) > 1 or max(measured) - min(measured) > SAME_LEVEL_DB)

    def layer(self, strength: float) -> tuple[Sample, ...]:
        """The samples that suit a strength from 0 (softest) to 1: a few neighbours in the order of strength."""
        n = len(self.samples)
        if not self.layered:
            return self.samples
        width = min(n, max(2, n // 6))
        first = round(float(np.clip(strength, 0, 1)) * (n - width))
        return self.samples[first : first + width]


@dataclass(frozen=True, eq=False)
class Kit:
    """A set of pieces, `pieces[code]` those that play the drum of that code, at one sample rate."""

    name: str
    sample_rate: int
    pieces: Mapping[str, tuple[Piece, ...]] = field(repr=False)
    licences: frozenset[str] = frozenset()

    @classmethod
    def load(cls, folder: Path | str, sample_rate: int = 44100, kit: str | None = None) -> Kit:
        """The kit in a folder; `kit` names one where a manifest lists several.

        Raises CorpusError where the folder is missing, holds no drum samples, or holds several kits and none is named.
        """
        kits = _listing(Path(folder))
        if kit is None and len(kits) > 1:
            raise CorpusError(f"{folder} holds {len(kits)} kits; choose one with --kit-name: {', '.join(sorted(kits))}")
        name = kit or next(iter(kits))
        if name not in kits:
            raise CorpusError(f"{folder} has no kit {name!r}; there are {', '.join(sorted(kits))}")
        loaded = _build(name, kits[name], sample_rate)
        if not loaded.pieces:
            raise CorpusError(f"every sample of {name} in {folder} is silent; choose another kit")
        return loaded

    @classmethod
    def mixed(cls, kits: Sequence[Kit], rng: np.random.Generator) -> Kit:
        """A playable set put together family by family from several kits, one piece a drum and two crashes.

        One kit alone may be given: that chooses among its snares, rides and so on.
        """
        rates = {kit.sample_rate for kit in kits}
        if len(rates) != 1:
            raise ValueError(f"kits to mix need one sample rate, not {sorted(rates)}")
        chosen: dict[str, tuple[Piece, ...]] = {}
        givers: list[Kit] = []
        for family in FAMILIES:
            able = [kit for kit in kits if {*family} & {*kit.pieces}]
            able = [kit for kit in able if family[0] in kit.pieces] or able
            if not able:
                continue
            giver = able[int(rng.integers(len(able)))]
            givers.append(giver)
            for code in family:
                if code in giver.pieces:
                    chosen[code] = _choose(giver.pieces[code], N_CRASHES if code == "CC" else 1, rng)
        names = "+".join(dict.fromkeys(kit.name for kit in givers))
        licences = frozenset[str]().union(*(kit.licences for kit in givers))
        return cls(names, rates.pop(), chosen, licences)

    def plays(self, code: str) -> bool:
        """Whether the kit has the drum or a stand-in for it."""
        return code in self.pieces or any(other in self.pieces for other, _, _ in STAND_INS.get(code, ()))

    def playing(self, code: str) -> tuple[Piece, ...]:
        """The pieces that play a drum: its own, or a stand-in made from another (`STAND_INS`).

        Raises CorpusError where the kit has neither.
        """
        if code in self.pieces:
            return self.pieces[code]
        for other, semitones, decay in STAND_INS.get(code, ()):
            if other in self.pieces:
                return (replace(self.pieces[other][0], semitones=semitones, decay=decay),)
        raise CorpusError(f"kit {self.name} has no sample for {code}, nor one that can stand in; add one to its folder")


def load_kits(folder: Path | str, sample_rate: int = 44100, names: Iterable[str] | None = None) -> dict[str, Kit]:
    """The kits that a folder holds: those named, or every one with a bass drum, a snare and hats."""
    listed = _listing(Path(folder))
    if names is None:
        names = [name for name, entries in listed.items() if {"BD", "SD", "HH"} <= {entry.drum for entry in entries}]
    return {name: Kit.load(folder, sample_rate, name) for name in names}


def drum_of(name: str, note: int | None = None) -> str | None:
    """The drum code that an instrument's name tells, or else its General MIDI note.

    Within a family (toms, hats, rides) the note decides: "low tom" or "hi-hat" mean different things from kit to kit.
    "tom" is a tom of unknown height, "" a sound that is no single stroke on one of our drums, None an unknown name.
    """
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()).strip()
    code = next((code for code, pattern in NAMES if re.search(pattern, words)), None)
    if code is None and not words.strip("0123456789 "):
        numbers = [note, *map(int, words.split())]
        return next((NOTES[number] for number in numbers if number in NOTES), None)
    by_note = NOTES.get(note or 0)
    if code == "tom" or any({code, by_note} <= {*family} for family in FAMILIES):
        return by_note or code
    return code


@dataclass(frozen=True)
class _Entry:
    """One file of a kit, as a manifest or its place in the folder describes it."""

    path: Path
    drum: str
    piece: str
    licence: str = ""


def _listing(folder: Path) -> dict[str, list[_Entry]]:
    """The drum samples of each kit in a folder."""
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder of drum samples")
    manifest = folder / "manifest.csv"
    kits = _listed(manifest) if manifest.exists() else {folder.name: _found(folder)}
    kits = {name: entries for name, entries in kits.items() if entries}
    if not kits:
        raise CorpusError(f"{folder} has no drum samples; name its files or folders like kick, snare, hihat_closed")
    return kits


def _listed(manifest: Path) -> dict[str, list[_Entry]]:
    kits: dict[str, list[_Entry]] = defaultdict(list)
    with manifest.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = manifest.parent / row["path"]
            # The instrument tells the drum; a file's name can still say that it is no plain stroke ("snareOFF").
            if drum_of(path.stem) != "" and (drum := drum_of(row["instrument"], int(row["gm"] or 0))):
                kits[row["kit"]].append(_Entry(path, drum, _piece_name(path.stem, drum), row["licence"]))
    return kits


def _found(folder: Path) -> list[_Entry]:
    entries = []
    for path in audio.find([folder]):
        names = (path.stem, *path.relative_to(folder).parts[-2::-1])  # the file's own name first, then its folders'
        if drum := next((code for code in map(drum_of, names) if code is not None), ""):
            entries.append(_Entry(path, drum, _piece_name(path.stem, drum)))
    return entries


def _piece_name(stem: str, drum: str) -> str:
    """What a file's name leaves without strength and take number, so that takes of one instrument share it."""
    name = without_strength(stem)
    return name if drum == "tom" else re.sub(r"((^|[-_ ]+)\d+)+$", "", name)


def _build(name: str, entries: Iterable[_Entry], sample_rate: int) -> Kit:
    takes: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for entry in entries:
        sample = Sample.of(audio.read(entry.path, sample_rate, mono=True).samples[0], sample_rate, entry.path.stem)
        if sample:
            takes[entry.drum, entry.piece].append(sample)
    pieces: dict[str, list[Piece]] = defaultdict(list)
    for (drum, piece), samples in sorted(takes.items()):
        pieces[drum].append(Piece.of(piece, samples))
    _spread_toms(pieces, sample_rate)
    licences = frozenset(entry.licence for entry in entries if entry.licence)
    return Kit(name, sample_rate, {code: tuple(of_code) for code, of_code in pieces.items()}, licences)


def _spread_toms(pieces: dict[str, list[Piece]], sample_rate: int) -> None:
    """Share toms of unknown height among HT, MT and LT by their pitch; a single one is MT, two are HT and LT."""
    toms = sorted(pieces.pop("tom", []), key=lambda piece: -_pitch(piece.samples[-1].signal, sample_rate))
    codes = {1: ["MT"], 2: ["HT", "LT"]}.get(len(toms), ["HT", "MT", "LT"])
    for index, piece in enumerate(toms):
        pieces[codes[index * len(codes) // len(toms)]].append(piece)


def _pitch(signal: Signal, sample_rate: int) -> float:
    """Frequency of the strongest partial below 500 Hz."""
    spectrum = np.abs(np.fft.rfft(signal, 1 << 16))[: 500 * (1 << 16) // sample_rate]
    return float(np.argmax(spectrum)) * sample_rate / (1 << 16)


def _choose(pieces: tuple[Piece, ...], n: int, rng: np.random.Generator) -> tuple[Piece, ...]:
    order = rng.permutation(len(pieces))[:n]
    return tuple(pieces[index] for index in sorted(order))
