"""Blocks to measures: the rows of a block fitted to one another, their columns to beats, their characters to strokes.

Where rows disagree the most usual reading goes, and what was done to the others is remarked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from drum_tabber.tab import meter as meters
from drum_tabber.tab.dialect import AGAIN, Block, Cell, Row, is_rest
from drum_tabber.tab.legend import RESTS, Dynamic, Legend
from drum_tabber.tab.meter import Columns
from drum_tabber.tab.remark import Remarks
from drum_tabber.tab.score import Bar, Stroke
from drum_tabber.vocabulary import Vocabulary

REST = "-"
Meter = tuple[int, int]

_INSET = re.compile(r"\s*(\d{1,2})\s*|[-_ ]{0,5}")  # a meter drawn between two bar lines: 3 over 4
_INSET_WIDTH = 5
_ROLL = re.compile("roll", re.IGNORECASE)
_GHOST = re.compile(r"\((\S)\)")
_STRENGTH: dict[Dynamic, int] = {"ghost": 0, "normal": 1, "accent": 2}


@dataclass(frozen=True)
class Measure:
    """A bar as it is written, and where; `opens` and `closes` a repeat, is an ending for the times of `endings`."""

    bar: Bar
    line: int
    column: int
    width: int
    opens: bool = False
    closes: bool = False
    endings: frozenset[int] = frozenset()
    again: bool = False  # the bar before once more


class _Place(NamedTuple):
    """Where the guide row of a block has a bar."""

    line: int
    column: int
    width: int
    completed: bool = False  # it breaks off, and is taken to be as wide as the one before


@dataclass
class Measurer:
    """What is known of a text when its blocks are measured: its legend, the widths and the onsets of all its bars."""

    legend: Legend
    vocabulary: Vocabulary
    remarks: Remarks
    usual_width: int
    onsets: Mapping[int, Sequence[int]]
    _before: dict[str, str] = field(default_factory=dict)  # the last bar of each label, for `%`

    @classmethod
    def of(cls, rows: Iterable[Row], legend: Legend, vocabulary: Vocabulary, remarks: Remarks) -> Measurer:
        """A measurer for a text of these rows."""
        onsets: dict[int, list[int]] = defaultdict(list)
        widths: Counter[int] = Counter()
        for row in rows:
            for cell in row.cells:
                widths[len(cell.text)] += 1
                onsets[len(cell.text)] += [index for index, symbol in enumerate(cell.text) if symbol not in RESTS]
        usual = max(widths, key=lambda width: (widths[width], width), default=16)
        return cls(legend, vocabulary, remarks, usual, onsets)

    def measures(self, block: Block, meter: Meter | None) -> list[Measure]:
        """The measures of a block; `meter` is the one stated before it."""
        rows, insets = _without_insets([*block.rows, *block.counts])
        drums = [row for row in rows if not row.is_count and self._known(row)]
        counts = [row for row in rows if row.is_count]
        barred = [row for row in counts if len(row.cells) > 1 or not drums or len(drums[0].cells) == 1]
        if not drums and not (counts and counts[0].cells[0].column > 1 and _is_barred(counts[0], self.remarks.lines)):
            for row in block.counts:
                self.remarks.leave(row.line, 1, "a count without bars that it counts")
            return []
        places = _guide(drums, barred)
        fitted = {row.line: self._fitted(row, places) for row in drums}
        counted = self._counted(counts, places)
        measures = []
        for index, place in enumerate(places):
            stated = next((change for start, change in reversed(insets) if index >= start), meter)
            columns = self._columns(place, counted.get(index), stated)
            texts = {row: fitted[row.line][index] for row in drums}
            cells = [row.cells[index] for row in drums if len(row.cells) == len(places)]
            measures.append(self._measure(index, place, columns, texts, cells))
        return measures

    def _measure(
        self, index: int, place: _Place, columns: Columns, texts: Mapping[Row, str], cells: Sequence[Cell]
    ) -> Measure:
        """One bar of a block: `texts` of its rows, made to fit, and the `cells` as they are written."""
        signs = [bool(AGAIN.fullmatch(text)) for text in texts.values()]
        again = any(signs) and all(sign or is_rest(text) for sign, text in zip(signs, texts.values(), strict=True))
        full = {row: self._recalled(row, text, place.width) for row, text in texts.items()}
        strokes = [one for row, text in full.items() for one in self._strokes(row, index, text, columns)]
        return Measure(
            Bar(columns.divisions, columns.unit, () if again else self._strongest(strokes, place)),
            place.line,
            place.column,
            place.width,
            opens=any(cell.opens for cell in cells),
            closes=any(cell.closes for cell in cells),
            again=again,
        )

    def _known(self, row: Row) -> bool:
        """Whether the row's label stands for a drum, or for rests; a remark if it does not."""
        if row.label == "-" or row.label in self.legend.labels:
            return True
        column = self.remarks.lines[row.line - 1].find(row.label) + 1
        if row.label in self.legend.absent:
            what = self.legend.absent[row.label]
            self.remarks.leave(row.line, column, f"{row.label!r} is a {what}, for which the table of drums has no row")
        elif row.label != "?":
            message = f"no drum is called {row.label!r}; say which it is in a line such as '{row.label} = crash'"
            self.remarks.leave(row.line, column, message)
        return False

    # ------------------------------------------------------------------------------------------------- rows to a guide

    def _fitted(self, row: Row, places: Sequence[_Place]) -> list[str]:
        """A text for each place, as wide as it is or a sign to play the bar before once more."""
        cells, widths = row.cells, [place.width for place in places]
        if [len(cell.text) for cell in cells] == widths:
            return [cell.text for cell in cells]
        joined = "".join(cell.text for cell in cells)
        if len(joined) == sum(widths) and not any(AGAIN.fullmatch(cell.text) for cell in cells):
            self.remarks.repair(row.line, cells[0].column, f"bar lines put where line {places[0].line} has them")
            starts = [sum(widths[:index]) for index in range(len(widths))]
            return [joined[start : start + width] for start, width in zip(starts, widths, strict=True)]
        if len(cells) == len(places):
            return [self._resized(row, index, cell, places[index]) for index, cell in enumerate(cells)]
        return self._placed(row, places)

    def _placed(self, row: Row, places: Sequence[_Place]) -> list[str]:
        """The texts of a row with more or fewer bars than its block, each under the place whose column is nearest."""
        first = min(len(row.cells), len(places))
        line = self.remarks.lines[row.line - 1]
        column = row.cells[first].column if first < len(row.cells) else len(line) + 1
        message = f"{len(row.cells)} bars here and {len(places)} on line {places[0].line}: put where the columns agree"
        self.remarks.repair(row.line, column, message)
        texts = [REST * place.width for place in places]
        taken = -1
        for cell in row.cells:
            free = range(taken + 1, len(places))
            index = min(free, key=lambda at, cell=cell: abs(places[at].column - cell.column), default=None)  # type: ignore[misc]
            if index is None:
                self.remarks.leave(row.line, cell.column, "there is no bar left to put this one in")
                break
            texts[index], taken = self._resized(row, index, cell, places[index]), index
        return texts

    def _resized(self, row: Row, index: int, cell: Cell, place: _Place) -> str:
        """A bar's text made as wide as its place."""
        text, width = cell.text, place.width
        if len(text) == width or AGAIN.fullmatch(text):
            return text
        if is_rest(text):
            self.remarks.repair(row.line, cell.column, f"bar {index + 1}: {len(text)} columns of rests", fault=False)
            return REST * width
        fitted, how = _fit(text, width)
        message = f"bar {index + 1} has {len(text)} columns here and {width} on line {place.line}: {how}"
        self.remarks.repair(row.line, cell.column + min(len(text), width), message)
        return fitted

    def _recalled(self, row: Row, text: str, width: int) -> str:
        """The text, or instead of a `%` that of the row's bar before."""
        if AGAIN.fullmatch(text):
            text = self._before.get(row.label, REST * width)
            text = text if len(text) == width else REST * width
        self._before[row.label] = text
        return text

    # ------------------------------------------------------------------------------------------------ columns to beats

    def _counted(self, counts: Sequence[Row], places: Sequence[_Place]) -> dict[int, str]:
        """The count of each bar that has one."""
        found: dict[int, str] = {}
        for row in counts:
            if not _is_barred(row, self.remarks.lines) and len(row.cells[0].text) > places[0].width:
                cut = _cut(row.cells[0], places)
                if cut is None:
                    self.remarks.repair(row.line, 1, "this count does not fit the bars: it is left out")
                found |= cut or {}
                continue
            if len(row.cells) != len(places) and row.cells[0].column <= places[0].column + 1:
                message = f"{len(row.cells)} bars here and {len(places)} on line {places[0].line}"
                self.remarks.repair(row.line, len(self.remarks.lines[row.line - 1]) + 1, message)
            for index, cell in enumerate(row.cells):
                at = index
                if len(row.cells) != len(places):
                    at = min(range(len(places)), key=lambda at, cell=cell: abs(places[at].column - cell.column))  # type: ignore[misc]
                found[at] = cell.text
        return {index: text for index, text in found.items() if text.strip() and not places[index].completed}

    def _columns(self, place: _Place, count: str | None, meter: Meter | None) -> Columns:
        if count is not None:
            count = count.ljust(place.width)
            try:
                if len(count.rstrip()) > place.width:
                    raise ValueError(f"this count has {len(count.rstrip())} columns for {place.width}")
                return meters.counted(count[: place.width], meter)
            except (ValueError, IndexError) as error:
                self.remarks.repair(place.line, place.column, f"{error}: the count is left out")
                return meters.fallback(place.width, meter)
        try:
            columns = meters.uncounted(place.width, meter, self.usual_width, self.onsets.get(place.width, ()))
        except ValueError as error:
            self.remarks.repair(place.line, place.column, f"{error}; its columns are taken for sixteenths")
            return meters.fallback(place.width, meter)
        if columns.guess:
            self.remarks.repair(place.line, place.column, columns.guess, fault=False)
        return columns

    # ------------------------------------------------------------------------------------------- characters to strokes

    def _strokes(self, row: Row, index: int, text: str, columns: Columns) -> Iterator[Stroke]:
        if row.label == REST:
            return
        code, meanings = self.legend.labels[row.label], self.legend.symbols[row.label]
        if _ROLL.search(text):
            self.remarks.repair(row.line, row.cells[0].column, "the word 'roll' taken for a roll", fault=False)
            text = _ROLL.sub("zzzz", text)
        for offset, (symbol, slot) in enumerate(zip(text, columns.slots, strict=True)):
            if symbol in RESTS:
                continue
            if symbol not in meanings:
                own = row.cells[index].column + offset if index < len(row.cells) else 1
                message = f"{symbol!r} means nothing on this row; known are {' '.join(sorted(meanings))}"
                self.remarks.repair(row.line, own, f"{message}: taken for a plain stroke")
                yield Stroke(slot, code)
            else:
                yield Stroke(slot, *meanings[symbol])

    def _strongest(self, strokes: Sequence[Stroke], place: _Place) -> tuple[Stroke, ...]:
        """One stroke for each slot and row of a tab, since two labels (two crashes, say) may stand for one."""
        found: dict[tuple[int, str], Stroke] = {}
        for stroke in strokes:
            at = stroke.slot, self.vocabulary.by_code[stroke.drum].row
            kept = found[at] = max(found.get(at, stroke), stroke, key=lambda one: _STRENGTH[one.dynamic])
            if kept.drum != stroke.drum:
                self.remarks.repair(place.line, place.column, f"{stroke.drum} gives way to {kept.drum} in one slot")
        return tuple(found.values())


def _is_barred(row: Row, lines: Sequence[str]) -> bool:
    return "|" in lines[row.line - 1]


def _without_insets(rows: Sequence[Row]) -> tuple[list[Row], list[tuple[int, Meter]]]:
    """The rows without the columns that draw a meter, and from which of their bars on each meter goes."""
    widest = max((len(row.cells) for row in rows), default=0)
    insets: list[tuple[int, Meter]] = []
    gone: set[int] = set()
    for index in range(widest):
        texts = [row.cells[index].text for row in rows if index < len(row.cells)]
        if all(len(text) <= _INSET_WIDTH and _INSET.fullmatch(text) for text in texts):
            digits = [int(text) for text in texts if text.strip().isdigit()]
            if len(digits) == 2 and digits[0] > 0 and digits[1] in (2, 4, 8, 16):
                insets.append((index - len(gone), (digits[0], digits[1])))
                gone.add(index)
    kept = [
        Row(row.line, row.label, tuple(cell for index, cell in enumerate(row.cells) if index not in gone), row.tail)
        for row in rows
    ]
    return [row for row in kept if row.cells], insets


def _guide(drums: Sequence[Row], counts: Sequence[Row]) -> list[_Place]:
    """The places of a block's bars: as many and as wide as most rows have them."""
    numbers = Counter(len(row.cells) for row in drums)
    usual = max(numbers, key=lambda number: (numbers[number], number), default=0)
    usual = max(usual, *(len(row.cells) for row in counts)) if counts else usual
    alike = [row for row in (*counts, *drums) if len(row.cells) == usual]
    places: list[_Place] = []
    for index in range(usual):
        widths = Counter(len(row.cells[index].text) for row in alike if not AGAIN.fullmatch(row.cells[index].text))
        before = places[-1].width if places else 16
        width = max(widths, key=lambda width: (widths[width], width), default=before)
        row = next((row for row in alike if len(row.cells[index].text) == width), alike[0])
        completed = width < before and index == usual - 1 and not row.cells[index].ended
        places.append(_Place(row.line, row.cells[index].column, before if completed else width, completed))
    return places


def _cut(cell: Cell, places: Sequence[_Place]) -> dict[int, str] | None:
    """The counts of bars under a count row without bar lines, by their columns; None where these disagree."""
    counts = {}
    for index, place in enumerate(places):
        expected = place.column - cell.column
        near = (start for start in (expected, expected - 1, expected + 1) if cell.text[max(start, 0) :][:1] == "1")
        if (start := next(near, None)) is not None:
            start, end = max(start, 0), start + place.width
            if not re.match(r"\D*(1|$)", cell.text[end:]):
                return None
            counts[index] = cell.text[start:end].rstrip()
    return counts or None


def _fit(text: str, width: int) -> tuple[str, str]:
    """Text of another width brought to `width`, and how."""
    tries = (
        (text.replace(" ", ""), "spaces left out"),
        (_GHOST.sub("g", text), "(o) taken for a ghost note"),
        (REST.join(text) + REST if len(text) * 2 == width else "", "spread to twice the columns"),
    )
    for fitted, how in tries:
        if len(fitted) == width:
            return fitted, how
    if len(text) < width:
        return text.ljust(width, REST), "rests put at its end"
    lost = "" if is_rest(text[width:]) else f", {text[width:]!r} left out"
    return text[:width], f"its end cut off{lost}"
