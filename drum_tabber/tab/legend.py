"""A text's legend: what its labels and characters mean.

    C2 = china                              a label
    @ = flam    o: open hi-hat              characters, on all rows or on those of a kind of drum
    C |-Crash-cymbal----|    |-x-| Strike   the same, drawn as bars
    HH = hi-hat closed: x, X accent;        a label with all of its characters: what we write (notation.py)
         hi-hat open: o

What such lines state goes before the habits that a row shows, and these before the tables (labels.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from drum_tabber.tab.labels import (
    ANY_ROW,
    OWN_LETTERS,
    OWN_LETTERS_ALONE,
    RESTS,
    SYMBOLS,
    StrokeNamed,
    drum_labelled,
    drum_named,
    stroke_named,
)
from drum_tabber.tab.line import Words
from drum_tabber.tab.notation import Meaning, Notation
from drum_tabber.vocabulary import Vocabulary

_KEY = r"[^\s=:|,;]{1,4}"
_ENTRY = re.compile(
    rf"[\"'(]?(?P<key>{_KEY})[\"')]?(?:\s*[=:|]|\s+[-~]+>?\s|\s*->|-\s|\s{{2}})(?P<meaning>.*)", re.DOTALL
)
_ENTRIES_END = re.compile(r"\s\s+(?=\S{1,4}\s?(?:[=:]|-+\s))|\s(?=\S{1,3}\s=\s)|[,;] ?(?=\S{1,4} ?[=:]\s)")
_LABEL_DRAWN = re.compile(
    r"\s*(?P<key>\w{1,3}(?:/\w{1,3})?)\s*\|-*(?P<meaning>[A-Za-z][\w/ -]*?)-*\|+\s*(?:\[\d+\]\s*)?"
)
_SIGN_DRAWN = re.compile(r"\s*\|-*(?P<key>[^\s|-])-*\|+\s*[-=:]*\s*(?P<meaning>\w[^|]*)")
_BOXED = re.compile(r"\s*\|\s+(\S.*?)\s+\|\s*")
_ITEM = re.compile(r"(?P<sign>\S)(?:\s+(?P<words>\S.*))?")
_ROLL = "rr"  # of an author who writes rolls out; a single r is a rim
_FEW = 3  # strokes; so few alone on a hat's row may all be open ones
_LONGEST_LABEL = 2  # characters of one that no row has
_LONGEST = 400  # characters of a line that may be a legend's


class _Entry(NamedTuple):
    """What a legend says of a label or a character: in lower case, and as it is written."""

    key: str
    text: str
    written: str


class _Mark(NamedTuple):
    """A character that a legend explains, for all rows or for those of one family of drums."""

    symbol: str
    named: StrokeNamed

    def on(self, code: str, vocabulary: Vocabulary) -> Meaning | None:
        """What it means on the rows of a drum."""
        family, meaning = self.named
        if family and vocabulary.by_code[code].family != family:
            return None
        return meaning._replace(drum=meaning.drum or code)


@dataclass(frozen=True)
class Legend:
    """One text's labels, each with its drum's code, and by label what each character means on such a row.

    `absent` names what stands behind labels that are no drums of the vocabulary. `habits` says in sentences how the
    author's characters were understood from their use, by label. `lines` are the numbers of the legend's own lines,
    `left` what they say besides, each with its line.
    """

    labels: Mapping[str, str]
    symbols: Mapping[str, Mapping[str, Meaning]]
    absent: Mapping[str, str]
    habits: Mapping[str, str]
    lines: frozenset[int]
    left: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(cls, words: Iterable[Words], used: Mapping[str, str], vocabulary: Vocabulary) -> Legend:
        """The legend of a text; `used` holds the characters that it has on the rows of each label."""
        stated = _Stated(used, vocabulary)
        for numbers, line in _joined(words):
            stated.take(numbers, line)
        found = {label: stated.drum(label) for label in {*used, *stated.drums}}
        notation = Notation(vocabulary)
        labels = {label: code for label, code in found.items() if code in vocabulary.by_code}
        general_first = sorted(stated.marks, key=lambda mark: bool(mark.named.family))
        symbols: dict[str, Mapping[str, Meaning]] = {}
        habits: dict[str, str] = {}
        for label, code in labels.items():
            own = stated.symbols.get(label, {})
            marks = {mark.symbol: meaning for mark in general_first if (meaning := mark.on(code, vocabulary))}
            shown, habit = _habit(label, code, used.get(label, ""), stated.said.get(label, ""), {*own, *marks})
            habits |= {label: habit} if habit else {}
            symbols[label] = _tables(code, notation) | shown | marks | own
        absent = {label: code[1:] for label, code in found.items() if code.startswith("!")}
        return cls(labels, symbols, absent, habits, frozenset(stated.lines), tuple(stated.left))


@dataclass
class _Stated:
    """What the lines of a legend say: drums by label, characters by label, and marks for all rows or a kind of them."""

    used: Mapping[str, str]
    vocabulary: Vocabulary
    drums: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # all words about a label
    symbols: dict[str, dict[str, Meaning]] = field(default_factory=dict)
    marks: list[_Mark] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    left: list[tuple[int, str]] = field(default_factory=list)

    def take(self, numbers: Sequence[int], line: str) -> None:
        """Take in a line, if it is a legend's."""
        entry = _entry(line)
        if entry and (row := self._row(entry)):
            self.drums.setdefault(entry.key, row[0])
            self.symbols.setdefault(entry.key, {}).update(row[1])
            self.lines.update(numbers)
            return
        entries = _entries(line)
        taken = [self._takes_drum(one) | self._takes_mark(one) for one in entries]
        if any(taken):
            self.lines.update(numbers)
            self.left += [
                (numbers[0], one.written) for one, is_taken in zip(entries, taken, strict=True) if not is_taken
            ]

    def drum(self, label: str) -> str:
        """The code of a label's drum: as stated, but that a row's own label stands for all drums of the row."""
        stated = self.drums.get(label, "")
        if stated and stated not in self.vocabulary.rows.get(label, ()):
            return stated
        return drum_labelled(label, self.vocabulary)

    def _row(self, entry: _Entry) -> tuple[str, dict[str, Meaning]] | None:
        """A label's drum and its characters, if an entry lists them."""
        first, characters = "", dict[str, Meaning]()
        if not re.search("[:,]", entry.written):
            return None
        for group in entry.written.split(";"):
            name, colon, listed = group.rpartition(":")
            code = drum_named(name.strip().lower(), self.vocabulary)
            code = code if colon else drum_labelled(entry.key, self.vocabulary)
            items = [_ITEM.fullmatch(item.strip()) for item in listed.split(",")]
            if code not in self.vocabulary.by_code or not all(items):
                return None
            for item in filter(None, items):
                named = stroke_named((item["words"] or "").lower())
                if named is None and (item["words"] or not colon):
                    return None
                meaning = named.meaning if named else Meaning("")
                characters[item["sign"]] = meaning._replace(drum=meaning.drum or code)
            first = first or code
        return first, characters

    def _takes_drum(self, entry: _Entry) -> bool:
        """Whether an entry names a drum; a character's may, too: `O = open hi-hat`."""
        drum = drum_named(entry.text, self.vocabulary)
        if len(entry.key) > _LONGEST_LABEL and entry.key not in self.used:  # words: "ride - bell on chorus"
            return False
        if drum and (entry.key in self.used or len(entry.key) > 1):
            self.drums.setdefault(entry.key, drum)
            self.said[entry.key] = f"{self.said.get(entry.key, '')} {entry.text}"
        return bool(drum)

    def _takes_mark(self, entry: _Entry) -> bool:
        """Whether an entry explains a character; "strike loose hat, or hit crash hard" does so twice."""
        if len(entry.key) != 1 or entry.key in RESTS or entry.key in self.used:
            return False
        named = [found for part in re.split(r",?\sor\s|[;/]", entry.text) if (found := stroke_named(part))]
        self.marks += [_Mark(entry.key, one) for one in named]
        return bool(named)


def _joined(words: Iterable[Words]) -> list[tuple[list[int], str]]:
    """The lines that may be a legend's, each with those that go on with it and with their numbers."""
    joined: list[tuple[list[int], str]] = []
    for number, text in words:
        if len(text) > _LONGEST:
            continue
        numbers, before = joined[-1] if joined else ([], "")
        goes_on = before.endswith((",", ";")) and text.startswith(" ") and numbers[-1] == number - 1
        if goes_on and len(before) < 5 * _LONGEST and _entry(before):
            joined[-1] = ([*numbers, number], f"{before} {text.strip()}")
        else:
            boxed = _BOXED.fullmatch(text)
            joined.append(([number], boxed[1] if boxed else text.strip()))
    return joined


def _entry(text: str) -> _Entry | None:
    found = _ENTRY.fullmatch(text.strip())
    if found is None or not re.search(r"\w", found["meaning"]):
        return None
    return _Entry(found["key"], found["meaning"].strip().lower(), found["meaning"].strip())


def _entries(line: str) -> list[_Entry]:
    """What a line explains; one line may explain several things."""
    for drawn in (_LABEL_DRAWN, _SIGN_DRAWN):
        if found := drawn.fullmatch(line):
            meaning = found["meaning"].replace("-", " ")
            return [_Entry(key, meaning.lower(), meaning) for key in found["key"].split("/")]
    return [entry for part in _ENTRIES_END.split(line) if (entry := _entry(part))]


def _habit(label: str, code: str, shown: str, said: str, explained: Collection[str]) -> tuple[dict[str, Meaning], str]:
    """What characters mean because of how the author uses them on this row, and the sentence that says so.

    `said` are the legend's words about the label; the characters `explained` there need no guess.
    """
    plain, accented = Meaning(code), Meaning(code, "accent")
    used = set(shown) - RESTS
    own = label[:1].lower()
    drawn = own in used or own.upper() in used
    found: dict[str, Meaning] = {}
    if drawn and (own in OWN_LETTERS or (own in OWN_LETTERS_ALONE and not used & set("xXoO"))):  # b|b--b--
        found = {own: plain, own.upper(): accented if used & {own, *"xo"} else plain}
    if code == "SD" and used & set("xX") - {*explained} and not used & set("oO") and not re.search("stick|rim", said):
        sentence = f"{label!r} has no o: its x is taken for a plain stroke, not for a cross-stick"
        return {**found, "x": plain, "X": accented}, sentence
    if code == "SD" and _ROLL in shown and "r" not in explained:
        sentence = f"{label!r} has r after r: taken for a roll"
        return {**found, "r": Meaning(code, "normal", "roll"), "R": Meaning(code, "accent", "roll")}, sentence
    closed = shown.count("o") >= _FEW and "open" not in said
    if code == "HH" and not drawn and closed and "o" not in explained and not used & set("xX"):
        sentence = f"{label!r} has no x: its o is taken for a plain stroke, not for an open hat"
        return {**found, "o": plain, "O": accented}, sentence
    return found, ""


def _tables(code: str, notation: Notation) -> dict[str, Meaning]:
    """What characters mean by the tables on a row whose label stands for a drum."""
    row = notation.vocabulary.by_code[code].row
    any_row = {symbol: Meaning(code, dynamic) for symbol, dynamic in ANY_ROW.items()}
    tables = [any_row, SYMBOLS.get(row, {}), notation.rows[row]]
    if code != notation.vocabulary.rows[row][0]:  # a row for the ride bell alone, say: there x is the bell
        tables = [*tables[1:], any_row]
    known: dict[str, Meaning] = {}
    for table in tables:
        known |= {symbol: meaning for symbol, meaning in table.items() if meaning.drum in notation.vocabulary.by_code}
    return known
