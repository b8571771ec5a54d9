"""A line of a tab by its shape: a row, a count, a ruler, a fact that we wrote, or words.

    Section: Verse 1                    fact
    Verse 1 - 0:32                      words
      |___x4___|                        ruler: a mark of repeats or of endings above the bars that it spans
    HH|x-x-x-x-|x-x-x-x-| x2            row, with what stands behind it
      |1 + 2 + |1 + 2 + |               count
    ___________                         ruler without marks: decoration
     ?|------?-|                        the same: marks of doubtful slots, which we write

What a label or a character means is not asked here. Columns count from 1. A line takes time in proportion to its
length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from drum_tabber.tab import signature, words
from drum_tabber.tab.labels import RESTS
from drum_tabber.tab.remark import Remarks

AGAIN = re.compile(r"[^\w%]*+%++[^\w%]*+")
NOT_ENDED = "a row ends with a bar line, and nothing after it"
LONGEST = 20_000  # characters of a line

_FACT = re.compile(r"(Title|Section):(.*)")
_ROW = re.compile(r"\s*+(?P<label>[A-Za-z][^|]{0,19}?|)\s*+\|(?P<bars>.*)")
_FRONTED = re.compile(
    r"(?P<indent>\s*+)(?P<front>\|{0,2}:|\|{1,2})(?P<label>\s*+[A-Za-z][\w.]{0,2}\s*+)\|(?P<bars>[^:].*)"
)
_BRACKETED = re.compile(r"\s*+[A-Za-z]\w{0,2}\s*+(?:\[(?=[^\[\]\s]*-)[^\[\]\s]*+\]\s*+)++")
_UNBARRED = re.compile(
    r"\s*+(?P<label>[A-Z][A-Za-z0-9]?|[a-z]{1,2}\d?)(?:\s++|(?=-))(?P<bars>[-xXoOfFdgGbBrR#@^.][-xXoO|fFdgGbBrR#@^.]{3,}+)\s*+"
)
_COLONS = re.compile(
    r"\s*+(?P<label>[A-Za-z][\w .&-]{0,10}?)\s*+"
    r":(?P<bars>(?=.*(?:--|-[xXoO]-)) ?[^\s|:]{3,}+ ?(?:: ?[^\s|:]{3,}+ ?)*+:?)(?P<tail>\s.*)?"
)
_COLON_IN_FRONT = re.compile(r"(?P<label>\s*+[A-Za-z][\w .&-]{0,12}?)\s*+:\s*+(?P<bars>[-xXoOgfdFD@#.]{4,}+\|.*)")
_CELL_IN_LABEL = re.compile(r"\s[-.xXoO]{3,}")
_DRUM_NAME = re.compile(r"tom\b|drum|hat\b|cymbal|crash|ride|snare|bass|splash|china|bell\b|foot", re.IGNORECASE)
_COUNT = re.compile(r"\s*+-?\d(?:[\d .,_e+&antqsiul'-]|(?<=\d)trip)*")
_NUMBERED = re.compile(r"(?P<number>\s*+\d{1,5})(?P<bars>\|[^|1]*+1.*\|)")  # a count behind its bar's number
_BARE_COUNT = re.compile(r"\s*+-?1(?!\d)[^\d|]*2(?!\d).*")
_REST_BAR = re.compile(r"[-_ ]{2,}")
_INK = re.compile(r"[-\w@#^*+.~<>=(){}/\\%&!?$:,'\"\[\] ]*")
_WORD = re.compile(r"[A-Za-z]{2,}")
_HIT_LETTERS = frozenset("xowgfdbrsczhtlkpmnyqv")
_SPAN_FILL = "_~=- "
_DOUBTS = re.compile(r"\s*\?\|[-?|:]*")  # the marks that we write below a count
_DECORATION = re.compile(r"[-_=~*#<>.|\s]{3,}")
_RESTING = re.compile(r"-|\.\.")
_PLAYS_MARK = re.compile(r"x\s?\d+|\d+\s?x")
_LABEL_BESIDE = re.compile(r"\s{4,}+[A-Za-z]{1,2}\d?\s*")
_BEATS_BARRED = re.compile(r"(?:[^|\s:]{2,4}\|){2,}+\|(?:(?:[^|\s:]{2,4}\|){2,}+\|)*+")  # x-x-|x-x-|x-x-|x-x-||
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


@dataclass(frozen=True, eq=False)
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


class Ruler(NamedTuple):
    """A line of marks; one without any is decoration."""

    marks: tuple[Mark, ...]


class Words(NamedTuple):
    """A line that is no part of a block."""

    line: int
    text: str


class Fact(NamedTuple):
    """A line that states a title or begins a section in just our words: its text may be anything."""

    line: int
    name: Literal["Title", "Section"]
    value: str


Line = Row | Ruler | Words | Fact | None  # None is an empty line


@dataclass(frozen=True)
class LineReader:
    """Lines (in plain characters) to what they are, remarking what had to be put right."""

    remarks: Remarks
    repeats_follow: bool = False

    def read(self, number: int, line: str) -> Line:
        """What the line of this number (from 1) is."""
        if not line.strip():
            return None
        if fact := _FACT.fullmatch(line):
            return Fact(number, "Title" if fact[1] == "Title" else "Section", fact[2].strip())
        if len(line) > LONGEST:
            self.remarks.leave(number, 1, f"more than {LONGEST} characters are no line of a tab")
            return None
        if _DOUBTS.fullmatch(line) or signature.LINE.fullmatch(line.strip()):
            return Ruler(())
        line = self._with_bar_lines(number, without_number(line))
        if row := self._row(number, line) or self._bare_count(number, line):
            return row
        if marks := self._ruler(number, line):
            return Ruler(tuple(marks))
        return Ruler(()) if _DECORATION.fullmatch(line) else Words(number, line)

    def _with_bar_lines(self, number: int, line: str) -> str:
        """The line, with bar lines where its author wrote something else or nothing."""
        found = _FRONTED.fullmatch(line)
        if found and not set(found["label"].strip()) <= set("xXoO"):
            front = ":" if found["front"].endswith(":") else ""
            return f"{found['indent']}{found['label']}|{front}{found['bars']}"
        if _BRACKETED.fullmatch(line):
            self.remarks.repair(number, line.index("[") + 1, "brackets taken for bar lines", fault=False)
            return line.replace("[", "|").replace("]", "|").replace("||", "|")
        found = _COLONS.fullmatch(line)
        if found and ":" not in found["bars"]:
            body = found["bars"].strip()
            start = line.index(body, found.start("bars"))
            self.remarks.repair(number, found.end("label") + 1, "':' taken for a bar line", fault=False)
            return f"{found['label']:<{start - 1}}|{body}|{found['tail'] or ''}"
        if found:
            self.remarks.repair(number, found.end("label") + 1, "':' taken for bar lines", fault=False)
            bars = line[found.end("label") : found.end("bars")].replace(":", "|")
            return found["label"] + bars + (found["tail"] or "")
        if found := _COLON_IN_FRONT.fullmatch(line):
            self.remarks.repair(number, found.end("label") + 1, "':' taken for a bar line", fault=False)
            return f"{found['label']:<{found.start('bars') - 1}}|{found['bars']}"
        found = _UNBARRED.fullmatch(line)
        if found and (found["bars"].count("-") >= 3 or "|" in found["bars"]) and "-" in found["bars"]:
            self.remarks.repair(number, found.start("bars") + 1, "a missing bar line put before the row")
            start = found.start("bars")
            before = line[:start].rstrip() if line[start - 1] == " " else line[:start]
            return f"{before:<{start - 1}}|{found['bars'].rstrip('|')}|"
        return line

    def _row(self, number: int, line: str) -> Row | None:
        found = _ROW.fullmatch(line)
        if not found or _CELL_IN_LABEL.search(found["label"]):
            return None
        label, body, column = found["label"], found["bars"], found.start("bars") + 1
        if _BEATS_BARRED.fullmatch(body):
            self.remarks.repair(number, column, "single bar lines taken for those of beats", fault=False)
            body = re.sub(r"(?<!\|)\|(?!\|)", "", body.rstrip("|")) + "||"
        *bars, rest = body.split("|")
        if not label:
            return self._unlabelled(number, line, bars, column)
        counts = [bar for bar in bars if bar.strip()]
        if counts and all(map(_is_count, counts)) and counts[0].lstrip(" -").startswith("1"):
            return Row(number, "", tuple(_cells(bars, column)))
        if not _looks_played(body) or _DRUM_NAME.search(bars[0] if bars else rest):
            return None
        unended = bool(rest) and _goes_on(rest)
        if unended:
            bar, _, after = rest.partition(" ")
            bar, rest = (bar, after) if words.plays(after[: words.LONGEST]) else (rest, "")
            self.remarks.repair(number, len(line) - len(rest) + 1, f"{NOT_ENDED}: read as if it did")
            bars = [*bars, bar]
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
        if rest.strip() and _is_count(rest):
            bars, rest = [*bars, rest], ""
        inked = [bar for bar in bars if bar]
        counts = [bar.strip(":") for bar in inked if bar.strip()]  # a repeat's signs may stand in all rows
        if counts and all(map(_is_count, counts)):
            return Row(number, "", tuple(_cells(bars, column)))
        if inked and all(_REST_BAR.fullmatch(bar) and "-" in bar for bar in inked) and not rest.strip():
            return Row(number, "-", tuple(_cells(bars, column)))
        played = _looks_played(line.partition("|")[2]) and not _DECORATION.fullmatch(line) and len("".join(inked)) > 3
        if played and not self._ruler(number, line):
            self.remarks.leave(number, column, "a row without a label: which drum this is can't be told")
            return Row(number, "?", tuple(_cells(bars, column))) if bars else None
        return None

    def _bare_count(self, number: int, line: str) -> Row | None:
        """A count row without bar lines, or without the first of them."""
        found = _BARE_COUNT.fullmatch(line)
        if not found or not all(map(_is_count, filter(str.strip, line.split("|")))):
            return None
        start = len(line) - len(line.lstrip())
        if "|" in line:
            return Row(number, "", tuple(_cells(line.strip().rstrip("|").split("|"), start + 1)))
        return Row(number, "", (Cell(start + 1, line.strip()),))

    def _ruler(self, number: int, line: str) -> list[Mark]:
        """The marks on a line that is no row, and a remark on other words there."""
        marks = list(self._marks(number, line))
        if marks:
            ends = [0, *(mark.end for mark in marks)]
            outside = [(end, line[end : mark.start - 1]) for end, mark in zip(ends, marks, strict=False)]
            outside.append((ends[-1], line[ends[-1] :]))
            for end, text in outside:
                self._keep_words(number, end + 1, text)
        return marks

    def _keep_words(self, number: int, column: int, text: str) -> None:
        """Keep words beside or in a mark that say how to play, and remark on others."""
        said = words.beyond(text.replace("|", " ").replace("_", " "))
        if not said:
            return
        column += max(text.find(said.split()[0]), 0)
        if words.how(said):
            self.remarks.note(number, column, said)
        else:
            self.remarks.leave(number, column, "words beside a mark of repeats", fault=False)

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
        said = text.strip(_SPAN_FILL)
        if not said or len(said) > words.LONGEST or set("_|~=") & set(said):
            return None
        plays = words.plays(said, self.repeats_follow)
        endings = frozenset() if plays or bare else words.endings(said)
        if plays is None and not endings:
            return None
        if plays:
            self._keep_words(number, column, text)
        return Mark(number, column, column + len(text) - 1, plays, endings)


def without_number(line: str) -> str:
    """The line, with blanks for a number before a count."""
    found = _NUMBERED.fullmatch(line)
    if not found or not all(map(_is_count, filter(None, (bar.strip(": ") for bar in found["bars"].split("|"))))):
        return line
    return " " * len(found["number"]) + found["bars"]


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


def _is_count(text: str) -> bool:
    """Whether characters count a bar, and are neither an ending's number nor words."""
    return bool(_COUNT.fullmatch(text)) and not words.endings(text) and not re.search(r"[A-Za-z]{5}", text)


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


def is_rest(text: str) -> bool:
    """Whether a bar of a row has no stroke."""
    return set(text) <= RESTS
