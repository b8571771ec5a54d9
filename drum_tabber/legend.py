"""What the labels and characters of a tab mean: the tables, and the legend lines that go before them.

`Notation` holds what we write: on each row the characters, and the `Meaning` of each. `Legend` is what one text means
when read: the notation, the labels and characters of the tab-trained precursor, and above both the text's own legend
lines, such as `C2 = china` or `@ = flam`. `describe` writes legend lines that `Legend.of` understands.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from drum_tabber.vocabulary import Vocabulary

Dynamic = Literal["normal", "accent", "ghost"]
DYNAMICS: tuple[Dynamic, ...] = ("normal", "accent", "ghost")  # in the order of Drum.symbols


class Meaning(NamedTuple):
    """What a character says: a drum's code, how strong it is hit and how it is played ("" plainly)."""

    drum: str
    dynamic: Dynamic = "normal"
    articulation: str = ""


_ARTICULATIONS = {"flam": "fF", "drag": "dD", "choke": "#"}  # normal and accented, of a row's first drum
_CHOKED = "cymbal"  # the family that can be choked

# What is read beside what we write. Where authors differ, the precursor's use decides.
_SYMBOLS: Mapping[str, Mapping[str, Meaning]] = {  # by row
    "HH": {"w": Meaning("HO"), "W": Meaning("HO", "accent"), "s": Meaning("HP"), "S": Meaning("HP", "accent")},
    "SD": {"r": Meaning("SS")},
    "CC": {"b": Meaning("CC")},
}
_ANY_ROW: Mapping[str, Dynamic] = {
    "x": "normal",
    "o": "normal",
    "X": "accent",
    "O": "accent",
    "0": "accent",
    "g": "ghost",
}
_LABELS = {  # by drum
    "BD": "B K Kd b B1 B2",
    "SD": "S SN s",
    "HH": "H Hh h",
    "HP": "HF Hf FH",
    "HT": "T1 sT st Ht",
    "MT": "T t T2 mT mt Mt Tm",
    "LT": "T3 FT F Ft f F1 F2",
    "CC": "C Cr C1 C2 C3 C4 c",
    "SC": "Sp SP sp",
    "CH": "Ch G",
    "RD": "R Rd RC Rc r",
    "RB": "RB",
}
_WORDS = (  # of legend lines; the first that occurs names the drum
    ("bell", "RB"),
    ("ride", "RD"),
    ("splash", "SC"),
    ("china", "CH"),
    ("crash", "CC"),
    ("pedal", "HP"),
    ("foot", "HP"),
    ("hat", "HH"),
    ("floor", "LT"),
    ("low tom", "LT"),
    ("high tom", "HT"),
    ("small tom", "HT"),
    ("tom", "MT"),
    ("stick", "SS"),
    ("snare", "SD"),
    ("bass", "BD"),
    ("kick", "BD"),
)
_ARTICULATION_WORDS = (("flam", "flam"), ("drag", "drag"), ("ruff", "drag"), ("double", "drag"), ("choke", "choke"))
_LINE = re.compile(r"\s*(?P<key>[^\s=:|]{1,2})(?:\s*[=:]\s*|\s+-\s+)(?P<meaning>\w[^|]*)")


class Notation:
    """The characters that we write: `rows` holds, by tab row, each character's meaning."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.rows = {row: self._row(codes) for row, codes in vocabulary.rows.items()}
        self._symbols = {meaning: symbol for row in self.rows.values() for symbol, meaning in row.items()}

    def symbol(self, meaning: Meaning) -> str:
        """The character for the nearest that its row can show."""
        return self._symbols[self.nearest(meaning)]

    def nearest(self, meaning: Meaning) -> Meaning:
        """The meaning itself if there is a character for it, else without its dynamic, its articulation, or both."""
        drum, dynamic, articulation = meaning
        tries = (meaning, Meaning(drum, "normal", articulation), Meaning(drum, dynamic), Meaning(drum))
        return next(one for one in tries if one in self._symbols)

    def _row(self, codes: Sequence[str]) -> dict[str, Meaning]:
        meanings: dict[str, Meaning] = {}
        for code in codes:
            for symbol, dynamic in zip(self.vocabulary.by_code[code].symbols, DYNAMICS, strict=True):
                meanings.setdefault(symbol, Meaning(code, dynamic))
        for articulation, symbols in _ARTICULATIONS.items():
            if articulation != "choke" or self.vocabulary.by_code[codes[0]].family == _CHOKED:
                for symbol, dynamic in zip(symbols, DYNAMICS, strict=False):
                    meanings.setdefault(symbol, Meaning(codes[0], dynamic, articulation))
        return meanings


def describe(used: Collection[Meaning], notation: Notation, rows: Iterable[str], width: int) -> list[str]:
    """Legend lines for the meanings that a tab uses, a line for each of its `rows`, wrapped to `width` columns."""
    lines: list[str] = []
    for row in rows:
        signs: dict[str, list[str]] = {}
        for symbol, (drum, dynamic, articulation) in notation.rows.get(row, {}).items():
            if Meaning(drum, dynamic, articulation) in used:
                words = (symbol, "" if dynamic == "normal" else dynamic, articulation)
                signs.setdefault(notation.vocabulary.by_code[drum].name, []).append(" ".join(filter(None, words)))
        if signs:
            text = f"{row} = " + "; ".join(f"{name}: {', '.join(each)}" for name, each in signs.items())
            lines += textwrap.wrap(text, width, subsequent_indent=" " * 5)
    return lines


@dataclass(frozen=True)
class Legend:
    """One text's labels, each with its drum's code, and by that code what each character means on such a row."""

    labels: Mapping[str, str]
    symbols: Mapping[str, Mapping[str, Meaning]]

    @classmethod
    def of(cls, lines: Iterable[str], vocabulary: Vocabulary) -> Legend:
        """The tables, overridden by those of the lines that are a legend's."""
        notation = Notation(vocabulary)
        labels = {
            label: code for code, known in _LABELS.items() if code in vocabulary.by_code for label in known.split()
        }
        labels |= {row: codes[0] for row, codes in vocabulary.rows.items()}
        marks: dict[str, tuple[Dynamic, str]] = {}
        for line in lines:
            if found := _LINE.fullmatch(line):
                key, text = found["key"], found["meaning"].lower()
                code = _drum_named(text, vocabulary)
                if code and vocabulary.by_code[code].row != key:  # a row's own label stands for all drums of the row
                    labels[key] = code
                elif not code and len(key) == 1 and (mark := _mark_named(text)):
                    marks[key] = mark
        return cls(labels, {code: _characters(code, notation, marks) for code in set(labels.values())})


def _drum_named(text: str, vocabulary: Vocabulary) -> str:
    """The code of the drum that the meaning of a legend line names, "" where it names none."""
    name = re.split(r"[:;,(]", text)[0].strip()
    exact = {drum.name: drum.code for drum in vocabulary.drums}
    likely = (code for word, code in _WORDS if word in name and code in vocabulary.by_code)
    return exact.get(name) or next(likely, "")


def _mark_named(text: str) -> tuple[Dynamic, str] | None:
    """The dynamic and articulation that the meaning of a legend line names."""
    dynamics: Iterable[Dynamic] = (dynamic for dynamic in DYNAMICS[1:] if dynamic in text)
    dynamic: Dynamic = next(iter(dynamics), "normal")
    articulation = next((articulation for word, articulation in _ARTICULATION_WORDS if word in text), "")
    return (dynamic, articulation) if dynamic != "normal" or articulation else None


def _characters(code: str, notation: Notation, marks: Mapping[str, tuple[Dynamic, str]]) -> dict[str, Meaning]:
    """What each character means on a row whose label stands for the drum `code`; earlier tables go first."""
    row = notation.vocabulary.by_code[code].row
    own = {symbol: Meaning(code, dynamic) for symbol, dynamic in _ANY_ROW.items()}
    tables = [notation.rows[row], _SYMBOLS.get(row, {}), own]
    if code != notation.vocabulary.rows[row][0]:  # a row for the ride bell alone, say: there x is the bell
        tables.insert(0, tables.pop())
    tables.insert(0, {symbol: Meaning(code, *mark) for symbol, mark in marks.items()})
    characters: dict[str, Meaning] = {}
    for table in tables:
        known = {symbol: meaning for symbol, meaning in table.items() if meaning.drum in notation.vocabulary.by_code}
        characters = {**known, **characters}
    return characters
