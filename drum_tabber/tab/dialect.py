"""The lines of a tab: which are rows, counts, rulers or words, and which rows sound together.

    Verse 1 - 0:32                      words
      |___x4___|                        ruler: a mark of repeats or of endings above the bars that it spans
    HH|x-x-x-x-|x-x-x-x-| x2            row, with what stands behind it
      |1 + 2 + |1 + 2 + |               count
    ___________                         decoration

Everything here goes by the shape of a line, nothing by what a label or character means. Columns count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, pairwise
from typing import NamedTuple

from drum_tabber.tab import words
from drum_tabber.tab.legend import RESTS
from drum_tabber.tab.remark import Remarks

AGAIN = re.compile(r"\W*%\W*")
NOT_ENDED = "a row ends with a bar line, and nothing after it"

_ROW = re.compile(r"\s*(?P<label>[A-Za-z][^|]{0,13}?|)\s*\|(?P<bars>.*)")
_FRONTED = re.compile(r"(?P<indent>\s*)\|{0,2}:(?P<label>\s*[A-Za-z]\w{0,2}\s*)\|(?P<bars>[^:].*)")
_BRACKETED = re.compile(r"\s*[A-Za-z]\w{0,2}\s*(?:\[[^\[\]\s]*--?[^\[\]\s]*\]\s*)+")
_CELL_IN_LABEL = re.compile(r"\s[-.xXoO]{3,}")
_UNBARRED = re.compile(
    r"\s*(?P<label>[A-Z][A-Za-z0-9]?|[a-z]{1,2}\d?)(?P<gap>\s+|(?=-))(?P<bars>[-xXoO|fFdgGbBrR#@^.]{4,})"
)
_COLONS = re.compile(
    r"\s*(?P<label>[A-Za-z][\w .&-]{0,10}?)\s*:(?P<bars>(?=.*--)[^\s|:]{3,}(?::[^\s|:]{3,})*:?)(?P<tail>\s.*)?"
)
_COUNT = re.compile(r"\s*\d[\d .e+&antqsiu']*")
_BARE_COUNT = re.compile(r"\s*1(?!\d)[\d e+&antqsiu']*2(?!\d)[\d e+&antqsiu']*")
_REST_BAR = re.compile(r"[-_ ]{2,}")
_INK = re.compile(r"[-\w@#^*+.~<>=(){}/\\%&!?$:,'\"\[\] ]*")
_WORD = re.compile(r"[A-Za-z]{2,}")
_HIT_LETTERS = frozenset("xowgfdbrsczhtlkpmnyqv")
_SPAN = re.compile(r"[_~=-]*\s*(?P<text>[^_|~=]*?\w[^_|~=]*?)\s*[_~=-]*")
_DECORATION = re.compile(r"[-_=~*#<>.|\s]{3,}")
_RESTING = re.compile(r"-|\.\.")
_PLAYS_MARK = re.compile(r"x\s?\d+|\d+\s?x")
_LABEL_BESIDE = re.compile(r"\s{4,}[A-Za-z]{1,2}\d?\s*")
_BEAT_COLUMNS = 6  # columns at most between two colons that part beats, not bars


class Cell(NamedTuple):
    """One bar of a row: its first column and its characters.

    `opens` after `|:`, `closes` before `:|`; one that is not `ended` has no bar line behind it.
    """

    column: int
    text: str
    opens: bool = False
    closes: bool = False
    ended: bool = True


@dataclass(frozen=True)
class Row:
    """The bars of one label, "" for a count; `tail` is what stands behind the last bar line."""

    line: int
    label: str
    cells: tuple[Cell, ...]
    tail: str = ""

    @property
    def is_count(self) -> bool:
        """Whether this is a count row."""
        return not self.label


class Mark(NamedTuple):
    """A stretch of a ruler, from one column to another: how often to play it, or which times it is played."""

    line: int
    start: int
    end: int
    plays: words.Plays | None
    endings: frozenset[int]


@dataclass(frozen=True)
class Block:
    """The rows that sound together, with their counts and the marks above them."""

    rows: tuple[Row, ...]
    counts: tuple[Row, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def line(self) -> int:
        """Where it begins."""
        return min(row.line for row in (*self.rows, *self.counts))

    @property
    def tail(self) -> str:
        """What stands behind its rows, from top to bottom."""
        return " ".join(row.tail for row in self.rows if row.tail)


class Words(NamedTuple):
    """A line that is no part of a block."""

    line: int
    text: str


class Ruler(NamedTuple):
    """A line of marks; one without any is decoration."""

    marks: tuple[Mark, ...]


Line = Row | Ruler | Words | None  # None is an empty line


@dataclass
class Parser:
    """Lines (in plain characters) to blocks and words, remarking what had to be put right."""

    lines: Sequence[str]
    remarks: Remarks
    repeats_follow: bool = False
    parsed: list[Line] = field(init=False)

    def __post_init__(self) -> None:
        self.parsed = [self._line(number, line) for number, line in enumerate(self.lines, start=1)]

    def rows(self) -> Iterator[Row]:
        """All rows that are no counts."""
        return (line for line in self.parsed if isinstance(line, Row) and line.label)

    def free_lines(self) -> Iterator[Words]:
        """All lines of words."""
        return (line for line in self.parsed if isinstance(line, Words))

    def items(self) -> Iterator[Block | Words]:
        """Blocks and words in the order of the text."""
        groups = [list(group) for _, group in groupby(self._without_spacing(), key=type)]
        marks: list[Mark] = []
        for index, group in enumerate(groups):
            rows = [line for line in group if isinstance(line, Row)]
            rulers = [line for line in group if isinstance(line, Ruler)]
            marks += chain.from_iterable(ruler.marks for ruler in rulers)
            if rows:
                marks = marks or self._taken_from_below(groups[index + 1 : index + 3])
                for block in _blocks(rows):
                    yield replace(block, marks=tuple(marks))
                    marks = []
            elif not rulers:
                yield from (line for line in group if isinstance(line, Words))
        for mark in marks:
            self.remarks.leave(mark.line, mark.start, "there are no bars under this mark")

    @staticmethod
    def _taken_from_below(groups: list[list[Line]]) -> list[Mark]:
        """The marks of a ruler under the rows, if no rows follow that it could stand above."""
        if not groups or isinstance(groups[-1][0], Row):
            return []
        rulers = [line for line in groups[0] if isinstance(line, Ruler)]
        groups[0][: len(rulers)] = [Ruler(())] * len(rulers)
        return [mark for ruler in rulers for mark in ruler.marks]

    def _without_spacing(self) -> list[Line]:
        """The lines, without the empty ones where an author puts one after every row."""
        rows = [isinstance(line, Row) for line in self.parsed]
        pairs = sum(a and b for a, b in pairwise(rows))
        spaced = sum(a and line is None and b for a, line, b in zip(rows, self.parsed[1:], rows[2:], strict=False))
        played = any(isinstance(line, Row) and not line.is_count for line in self.parsed)
        if spaced < 2 or 4 * pairs > spaced or not played:
            return self.parsed
        kept: list[Line] = []
        for index, line in enumerate(self.parsed):
            between = 0 < index < len(rows) - 1 and rows[index - 1] and rows[index + 1]
            if line is not None or not between or self.lines[index] != "":
                kept.append(line)
        self.remarks.repair(
            rows.index(True) + 1, 1, "the rows of a block stand apart: empty lines between them left out"
        )
        return kept

    # ------------------------------------------------------------------------------------------------ single lines

    def _line(self, number: int, line: str) -> Line:
        if not line.strip():
            return None
        if found := _FRONTED.fullmatch(line):
            line = f"{found['indent']}{found['label']}|:{found['bars']}"
        elif _BRACKETED.fullmatch(line):
            self.remarks.repair(number, line.index("[") + 1, "brackets taken for bar lines", fault=False)
            line = line.replace("[", "|").replace("]", "|").replace("||", "|")
        if row := self._row(number, line) or self._unusual_row(number, line):
            return row
        if _BARE_COUNT.fullmatch(line):
            start = len(line) - len(line.lstrip())
            return Row(number, "", (Cell(start + 1, line.strip()),))
        if marks := self._ruler(number, line):
            return Ruler(tuple(marks))
        return Ruler(()) if _DECORATION.fullmatch(line) else Words(number, line)

    def _row(self, number: int, line: str) -> Row | None:
        found = _ROW.fullmatch(line)
        if not found or _CELL_IN_LABEL.search(found["label"]):
            return None
        label, body, column = found["label"], found["bars"], found.start("bars") + 1
        *bars, rest = body.split("|")
        if not label:
            return self._unlabelled(number, line, bars, column)
        if not _looks_played(body):
            return None
        unended = bool(rest) and _goes_on(rest)
        if unended:
            self.remarks.repair(number, len(line) + 1, f"{NOT_ENDED}: read as if it did")
            bars, rest = [*bars, rest], ""
        cells = list(_cells(bars, column))
        cells[-1:] = [cell._replace(ended=not unended) for cell in cells[-1:]]
        wordy = next((index for index, cell in enumerate(cells) if _is_other(cell, cells[0])), len(cells))
        if wordy < len(cells):
            self.remarks.leave(number, cells[wordy].column, "there are words inside this row: its rest is left out")
            rest = ""
        return Row(number, label, tuple(cells[:wordy]), rest.strip()) if wordy else None

    def _unlabelled(self, number: int, line: str, bars: list[str], column: int) -> Row | None:
        """A count row, or a row of rests without a label."""
        *_, rest = line.split("|")
        if rest.strip() and _COUNT.fullmatch(rest):
            bars = [*bars, rest]
        counts = [bar for bar in bars if bar]
        if counts and all(map(_COUNT.fullmatch, counts)) and not any(map(words.endings, counts)):
            return Row(number, "", tuple(_cells(bars, column)))
        if counts and all(_REST_BAR.fullmatch(bar) and "-" in bar for bar in counts) and not rest.strip():
            return Row(number, "-", tuple(_cells(bars, column)))
        if _looks_played(line.partition("|")[2]) and not self._ruler(number, line):
            self.remarks.leave(number, column, "a row without a label: which drum this is can't be told")
            return Row(number, "?", tuple(_cells(bars, column))) if bars else None
        return None

    def _unusual_row(self, number: int, line: str) -> Row | None:
        """A row whose bar lines are colons, or whose first bar line is missing."""
        if found := _COLONS.fullmatch(line):
            self.remarks.repair(number, found.end("label") + 1, "':' taken for bar lines", fault=False)
            return self._row(number, found["label"] + line[found.end("label") : found.end("bars")].replace(":", "|")
                             + (found["tail"] or ""))  # fmt: skip
        found = _UNBARRED.fullmatch(line)
        if found and (found["bars"].count("-") >= 3 or "|" in found["bars"]) and "-" in found["bars"]:
            self.remarks.repair(number, found.start("bars") + 1, "a missing bar line put before the row")
            bars, column = found["bars"].rstrip("|").split("|"), found.start("bars") + 1
            return Row(number, found["label"], tuple(_cells(bars, column)))
        return None

    def _ruler(self, number: int, line: str) -> list[Mark]:
        """The marks on a line that is no row, and a remark on other words there."""
        marks = list(self._marks(number, line))
        if marks:
            outside = line
            for mark in marks:
                outside = outside[: mark.start - 1] + " " * (mark.end - mark.start + 1) + outside[mark.end :]
            if spare := re.search(r"[A-Za-z]{2}", outside):
                self.remarks.leave(number, spare.start() + 1, "words beside a mark of repeats", fault=False)
        return marks

    def _marks(self, number: int, line: str) -> Iterator[Mark]:
        column = line.find("|") + 2
        parts = line.split("|")[1:]
        for part in parts:
            if mark := self._mark(number, column, part, bare=False):
                yield mark
            column += len(part) + 1
        if not parts and re.search(r"[_=~-]{3}", line):
            start = len(line) - len(line.lstrip())
            if mark := self._mark(number, start + 1, line.strip(), bare=True):
                yield mark

    def _mark(self, number: int, column: int, text: str, bare: bool) -> Mark | None:
        found = _SPAN.fullmatch(text)
        if not found:
            return None
        plays = words.plays(found["text"], self.repeats_follow)
        endings = frozenset() if plays or bare else words.endings(found["text"])
        if plays is None and not endings:
            return None
        return Mark(number, column, column + len(text) - 1, plays, endings)


def _cells(bars: Sequence[str], column: int) -> Iterator[Cell]:
    """The bars between bar lines, of which colons may be repeat signs, further bar lines or marks of the beats."""
    for bar in bars:
        if not bar:
            column += 1
            continue
        inner = bar.strip(":")
        start = column + len(bar) - len(bar.lstrip(":"))
        opens, closes = bar.startswith(":"), bar.endswith(":")
        pieces = inner.split(":") if "--" in inner or inner.count(":") > 1 else [inner]
        if len(pieces) == 1 or all(len(piece) <= _BEAT_COLUMNS for piece in pieces):
            yield Cell(start, "".join(pieces), opens, closes)
        else:
            for index, piece in enumerate(pieces):
                yield Cell(start, piece, opens and not index, closes and index == len(pieces) - 1)
                start += len(piece) + 1
        column += len(bar) + 1


def _playable(text: str) -> bool:
    """Whether characters can be a bar of hits and rests rather than words."""
    if not _INK.fullmatch(text):
        return False
    return all(
        set(word.lower()) <= _HIT_LETTERS or len(set(word.lower())) == 1 or word.lower() == "roll"
        for word in _WORD.findall(text)
    )


def _is_other(cell: Cell, first: Cell) -> bool:
    """Whether a cell of a row is words, or the label of another row that stands beside it."""
    labels = bool(_LABEL_BESIDE.fullmatch(cell.text)) and len(cell.text) != len(first.text)
    return labels or not _playable(cell.text)


def _looks_played(body: str) -> bool:
    """Whether what follows a label and its bar line begins with a bar."""
    first, bar_line, _ = body.lstrip("|").partition("|")
    if not first.strip() and not bar_line:
        return False
    return (
        _playable(first)
        and (bool(bar_line) or bool(_RESTING.search(first)))
        and not _PLAYS_MARK.fullmatch(first.strip())
    )


def _goes_on(rest: str) -> bool:
    """Whether the characters behind the last bar line are a bar that lacks its own."""
    if rest[0] == " " or _PLAYS_MARK.match(rest) or not _playable(rest):
        return False
    return bool(_RESTING.search(rest)) or len(rest) >= 4


# ------------------------------------------------------------------------------------------------------------- blocks


def _blocks(run: Sequence[Row]) -> Iterator[Block]:
    """Rows without other lines between them as blocks: a label stands once in each, and so does a count row."""
    for part in _parted(run):
        rows: list[Row] = []
        counts = [row for row in part if row.is_count]
        for row in part:
            if row.is_count:
                continue
            if any(row.label == other.label for other in rows) and row.label not in "-?":
                above = [count for count in counts if count.line < row.line]
                yield Block(tuple(rows), tuple(above))
                counts = [count for count in counts if count.line > row.line]
                rows = []
            rows.append(row)
        if rows or counts:
            yield Block(tuple(rows), tuple(counts))


def _parted(run: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The run cut at its count rows, which stand all below or all above the drums' rows."""
    counts = [index for index, row in enumerate(run) if row.is_count]
    above = run and run[0].is_count and not run[-1].is_count
    cuts = counts[1:] if above else [index + 1 for index in counts[:-1]]
    yield from filter(None, (run[start:end] for start, end in zip([0, *cuts], [*cuts, len(run)], strict=True)))


def is_rest(text: str) -> bool:
    """Whether a bar of a row has no stroke."""
    return set(text) <= RESTS
