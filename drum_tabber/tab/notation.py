"""What we write: the characters of each row, and the legend lines that explain them.

`Notation` holds on each row the characters and the `Meaning` of each. `describe` writes legend lines from which
legend.py reads every one of these meanings again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from drum_tabber.vocabulary import Vocabulary

Dynamic = Literal["normal", "accent", "ghost"]
DYNAMICS: tuple[Dynamic, ...] = ("normal", "accent", "ghost")  # in the order of Drum.symbols
OPEN_HAT, HALF_OPEN = "HO", "half-open"
GRACES = {"flam": 1, "drag": 2}  # articulations by how many grace notes come before the stroke
CONTINUED = " " * 5  # before a legend line that goes on with the one above it

_ARTICULATIONS = {  # the characters of a row's first drum, normal and accented, and the families that have them
    "flam": ("fF", ()),
    "drag": ("dD", ()),
    "roll": ("zZ", ()),
    "choke": ("#", ("cymbal", "hihat")),
}
_HALF_OPEN_SIGNS = "wW"


class Meaning(NamedTuple):
    """What a character says: a drum's code, how strong it is hit and how it is played ("" plainly)."""

    drum: str
    dynamic: Dynamic = "normal"
    articulation: str = ""


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
        first = self.vocabulary.by_code[codes[0]]
        for articulation, (symbols, families) in _ARTICULATIONS.items():
            if not families or first.family in families:
                for symbol, dynamic in zip(symbols, DYNAMICS, strict=False):
                    meanings.setdefault(symbol, Meaning(codes[0], dynamic, articulation))
        if OPEN_HAT in codes:
            for symbol, dynamic in zip(_HALF_OPEN_SIGNS, DYNAMICS, strict=False):
                meanings.setdefault(symbol, Meaning(OPEN_HAT, dynamic, HALF_OPEN))
        return meanings


def describe(used: Collection[Meaning], notation: Notation, rows: Iterable[str], width: int) -> list[str]:
    """Legend lines for the meanings that a tab uses, an entry for each of its `rows`, wrapped to `width` columns."""
    lines: list[str] = []
    for row in rows:
        signs: dict[str, list[str]] = {}
        for symbol, meaning in notation.rows.get(row, {}).items():
            if meaning in used:
                how = ("" if meaning.dynamic == "normal" else meaning.dynamic, meaning.articulation)
                name = notation.vocabulary.by_code[meaning.drum].name
                signs.setdefault(name, []).append(" ".join(filter(None, (symbol, *how))))
        if signs:
            entry = "; ".join(f"{name}: {', '.join(each)}" for name, each in signs.items())
            lines += _wrapped(f"{row} = {entry}", width)
    return lines


def _wrapped(entry: str, width: int) -> Iterator[str]:
    """Lines of an entry, which goes on after a comma or a semicolon only."""
    line = ""
    for piece in entry.replace("; ", ";\n").replace(", ", ",\n").split("\n"):
        if line and len(line) + 1 + len(piece) > width:
            yield line
            line = CONTINUED + piece
        else:
            line = f"{line} {piece}" if line else piece
    yield line
