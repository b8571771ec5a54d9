"""Musical keys: their names, numbers, notations and relations, and how the answers to "which key?" are scored.

A key is (tonic, mode): the tonic a pitch class from 0 (C) to 11, the mode "maj" or "min". Models number the 24 keys in
the order of the precursor's folders, which is that of their names: A-maj, A-min, Ab-maj, … Gb-min (`NAMES`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drum_tabber.errors import CorpusError

Mode = Literal["maj", "min"]

_SHARP_MINORS = {1: "C#", 6: "F#", 8: "G#"}  # that are written with fewer signs so
_FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"#": 1, "b": -1, "♯": 1, "♭": -1}
_MODES: dict[str, Mode] = {"": "maj", "maj": "maj", "major": "maj", "m": "min", "min": "min", "minor": "min"}
# MIREX's audio key detection task: points of an answer by what it is to the reference.
POINTS = {"same": 1.0, "fifth": 0.5, "relative": 0.3, "parallel": 0.2, "other": 0.0}
Relation = Literal["same", "fifth", "relative", "parallel", "other"]


@dataclass(frozen=True, order=True)
class Key:
    """A key; `tonic` is a pitch class from 0 (C) to 11."""

    tonic: int
    mode: Mode

    def __str__(self) -> str:
        return f"{self._spelling} {'major' if self.mode == 'maj' else 'minor'}"

    @property
    def _spelling(self) -> str:
        """The tonic's name, as it is usual in this mode."""
        flat = _FLATS[self.tonic]
        return flat if self.mode == "maj" else _SHARP_MINORS.get(self.tonic, flat)

    @property
    def folder(self) -> str:
        """The name of the precursor's folder: `Bb-min`."""
        return f"{_FLATS[self.tonic]}-{self.mode}"

    @property
    def index(self) -> int:
        """Its number among `NAMES`."""
        return NAMES.index(self.folder)

    @property
    def camelot(self) -> str:
        """Its place on the Camelot wheel: A minor is 8A, C major 8B, a fifth up is one further."""
        return f"{(self._fifths + 7) % 12 + 1}{'B' if self.mode == 'maj' else 'A'}"

    @property
    def open_key(self) -> str:
        """Its Open Key notation: C major is 1d, A minor 1m, a fifth up is one further."""
        return f"{self._fifths + 1}{'d' if self.mode == 'maj' else 'm'}"

    @property
    def tag(self) -> str:
        """As ID3's TKEY wants it, three characters at most: `Bbm`, `F#m`; `F#` is written `Gb`."""
        return self._spelling + ("m" if self.mode == "min" else "")

    @property
    def _fifths(self) -> int:
        """Fifths from C to the tonic of the major key with the same notes."""
        major = self.tonic if self.mode == "maj" else self.tonic + 3
        return major * 7 % 12

    def transposed(self, semitones: int) -> Key:
        """The key so many semitones higher."""
        return Key((self.tonic + semitones) % 12, self.mode)


def parse(text: str) -> Key:
    """A key from any usual spelling: `Bb:min`, `Db minor`, `F#m`, `A-maj`, `c sharp minor`, `8A`, `1d`.

    Raises ValueError for anything else.
    """
    words = text.strip().replace("sharp", "#").replace("flat", "b").replace(" #", "#").replace(" b", "b")
    if wheel := {**_CAMELOT, **_OPEN_KEY}.get(words.upper()):
        return wheel
    letter, rest = words[:1].upper(), words[1:]
    sign = _SIGNS.get(rest[:1], 0)
    mode = rest[bool(sign) :].strip(" :-_").removesuffix(".")
    mode = mode if mode == "M" else mode.lower()
    if letter not in _STEPS or mode not in {*_MODES, "M"}:
        raise ValueError(f"{text!r} is no key")
    return Key((_STEPS[letter] + sign) % 12, _MODES.get(mode, "maj"))


KEYS: tuple[Key, ...] = tuple(
    sorted((Key(tonic, mode) for tonic in range(12) for mode in _MODES.values()), key=lambda key: key.folder)
)[::3]
NAMES: tuple[str, ...] = tuple(key.folder for key in KEYS)
_CAMELOT = {key.camelot: key for key in KEYS}
_OPEN_KEY = {key.open_key.upper(): key for key in KEYS}


def relation(reference: Key, estimate: Key) -> Relation:
    """What an answer is to the reference, as mir_eval's `key.weighted_score` tells them apart.

    A fifth counts only where the answer lies a fifth above the reference; MIREX and the precursor count a fifth below
    too.
    """
    up = (estimate.tonic - reference.tonic) % 12
    if estimate.mode == reference.mode:
        return {0: "same", 7: "fifth"}.get(up, "other")  # type: ignore[return-value]
    if up == (9 if reference.mode == "maj" else 3):
        return "relative"
    return "parallel" if up == 0 else "other"


def weighted_score(references: Sequence[Key], estimates: Sequence[Key]) -> float:
    """The mean of `POINTS` over songs."""
    return sum(POINTS[relation(*pair)] for pair in zip(references, estimates, strict=True)) / len(references)


def accuracy(references: Sequence[Key], estimates: Sequence[Key]) -> float:
    """The share of answers that are right."""
    return sum(map(Key.__eq__, references, estimates)) / len(references)


@dataclass(frozen=True)
class Span:
    """A stretch of music in one key, seconds."""

    start: float
    end: float
    key: Key


def read_spans(path: Path) -> list[Span]:
    """Keys over time from lines of `start end key`, POP909's `key_audio.txt`. Raises CorpusError."""
    try:
        rows = [line.split(maxsplit=2) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Span(float(start), float(end), parse(name)) for start, end, name in rows]
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} doesn't hold keys over time, lines of start, end and key ({error})") from error


def longest(spans: Iterable[Span]) -> Key:
    """The key that most of the music is in."""
    total: dict[Key, float] = {}
    for span in spans:
        total[span.key] = total.get(span.key, 0.0) + span.end - span.start
    return max(total, key=lambda key: total[key])
