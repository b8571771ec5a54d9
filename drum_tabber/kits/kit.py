"""Drum kits: folders of samples in, `Kit` out, ready to be played by `render`.

A kit holds pieces for each drum code (two crashes are two pieces of "CC"), a piece holds samples from soft to loud.
What the folders may look like is told in `kit_files`. Each file is decoded once, to mono at the kit's sample rate;
near-silent ones are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from drum_tabber.errors import CorpusError
from drum_tabber.kits.kit_files import FAMILIES, Entry, listing
from drum_tabber.kits.sample import Sample, Signal
from drum_tabber.sound import audio

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

MOST_WEIGHTED = 12  # samples a drum; more make a kit no likelier to be chosen
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
    rings: bool = False  # True: foot hats that ring on, as open ones do, until a hat's next stroke

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
        first = round(min(max(strength, 0.0), 1.0) * (n - width))
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
        kits = listing(Path(folder))
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
            giver = chosen_by_wealth(able, family, rng)
            givers.append(giver)
            for code in family:
                if code in giver.pieces:
                    chosen[code] = _choose(giver.pieces[code], N_CRASHES if code == "CC" else 1, rng)
        names = "+".join(dict.fromkeys(kit.name for kit in givers))
        licences = frozenset[str]().union(*(kit.licences for kit in givers))
        return cls(names, rates.pop(), chosen, licences)

    def completed(self, other: Kit) -> Kit:
        """This kit with what plays the drums in the other that it has neither a piece nor a stand-in for."""
        codes = dict.fromkeys([*other.pieces, *STAND_INS])
        missing = {code: other.playing(code) for code in codes if not self.plays(code) and other.plays(code)}
        if not missing:
            return self
        return replace(self, pieces={**self.pieces, **missing}, licences=self.licences | other.licences)

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
    """The kits that a folder holds: those named, or every one with a bass drum, a snare and hats.

    Raises CorpusError where the folder is missing or holds no drum samples.
    """
    listed = listing(Path(folder))
    if names is None:
        names = [name for name, entries in listed.items() if {"BD", "SD", "HH"} <= {entry.drum for entry in entries}]
    return {name: Kit.load(folder, sample_rate, name) for name in names}


def chosen_by_wealth(kits: Sequence[Kit], drums: Iterable[str], rng: np.random.Generator) -> Kit:
    """One of several kits; those with many samples of the drums come more often, by the root of their number.

    Drum machines have one sample a drum, recorded kits up to dozens: so neither kind crowds out the other.
    """
    if len(kits) == 1:
        return kits[0]
    drums = [*drums]
    numbers = [sum(len(piece.samples) for code in drums for piece in kit.pieces.get(code, ())) for kit in kits]
    weight = np.sqrt(np.clip(numbers, 1, MOST_WEIGHTED * len(drums)))
    return kits[int(rng.choice(len(kits), p=weight / weight.sum()))]


def _build(name: str, entries: Iterable[Entry], sample_rate: int) -> Kit:
    takes: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for entry in entries:
        sample = Sample.of(audio.read(entry.path, sample_rate, mono=True).samples[0], sample_rate, entry.path.stem)
        if sample and entry.strength is not None:
            sample = replace(sample, strength=(entry.strength, sample.strength[1]))
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
