"""Blocks to measures: the rows of a block fitted to one another (fit.py), columns to beats, characters to strokes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from drum_tabber.tab import meter as meters
from drum_tabber.tab.block import Block
from drum_tabber.tab.collision import settled
from drum_tabber.tab.fit import (
    REST,
    Fitter,
    Meter,
    Place,
    guide,
    nearest,
    without_gaps,
    without_insets,
    without_margins,
)
from drum_tabber.tab.labels import RESTS
from drum_tabber.tab.legend import Legend
from drum_tabber.tab.line import AGAIN, Cell, Row, is_rest
from drum_tabber.tab.meter import Columns
from drum_tabber.tab.notation import Meaning
from drum_tabber.tab.remark import Remarks
from drum_tabber.tab.score import Bar, Stroke
from drum_tabber.vocabulary import Vocabulary

_ROLL = re.compile("roll", re.IGNORECASE)


@dataclass(frozen=True)
class Measure:
    """A bar as it is written, and where; `opens` and `closes` a repeat, which is played `plays` times, is an ending for
    the times of `endings`."""

    bar: Bar
    line: int
    column: int
    width: int
    opens: bool = False
    closes: bool = False
    plays: int = 2
    endings: frozenset[int] = frozenset()
    again: bool = False  # the bar before once more


class _Count(NamedTuple):
    """The count of one bar, and where it begins."""

    text: str
    line: int
    column: int


@dataclass
class Measurer:
    """What is known of a text when its blocks are measured: its legend, the usual width of a bar, the widths of which
    the strokes keep to triplets."""

    legend: Legend
    vocabulary: Vocabulary
    remarks: Remarks
    usual_width: int
    triple: frozenset[int]
    _before: dict[str, str] = field(default_factory=dict)  # the last bar of each label, for `%`
    _counts: dict[tuple[int, Meter | None], str] = field(default_factory=dict)  # the last of each width and meter

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
        triple = frozenset(width for width in widths if meters.keeps_to_triplets(onsets[width]))
        return cls(legend, vocabulary, remarks, usual, triple)

    def measures(self, block: Block, meter: Meter | None) -> list[Measure]:
        """The measures of a block; `meter` is the one stated before it."""
        drums, counts, insets = self._rows(block, meter)
        if not drums and not (counts and counts[0].cells[0].column > 1 and self._is_barred(counts[0])):
            for row in block.counts:
                self.remarks.leave(row.line, 1, "a count without bars that it counts")
            return []
        barred = [row for row in counts if len(row.cells) > 1 or not drums or len(drums[0].cells) == 1]
        places = guide(drums, barred)
        fitter = Fitter(places, self.remarks)
        texts = [fitter.fitted(row) for row in drums]
        counted = self._counted(counts, places)
        changes = dict(insets)
        measures = []
        for index, place in enumerate(places):
            meter = changes.get(index, meter)
            columns = self._columns(place, counted.get(index), meter)
            cells = [row.cells[index] for row in drums if len(row.cells) == len(places)]
            each = [(row, fitted[index]) for row, fitted in zip(drums, texts, strict=True)]
            measures.append(self._measure(index, place, columns, each, cells))
        return measures

    def _rows(self, block: Block, meter: Meter | None) -> tuple[list[Row], list[Row], list[tuple[int, Meter]]]:
        """The rows of known drums, the counts, and the meters that are drawn between them."""
        rows, insets = without_insets([*block.rows, *block.counts])
        known = [row for row in rows if row.is_count or self._is_known(row)]
        if any(row.label not in ("", REST) for row in known):  # a line of dashes is a frame then, no rest
            known = [row for row in known if row.label != REST]
        known = without_gaps(known, lambda width: self._makes_bar(width, meter), self.remarks)
        known = without_margins(known, lambda width: self._makes_bar(width, meter), self.remarks)
        return [row for row in known if not row.is_count], [row for row in known if row.is_count], insets

    def _is_known(self, row: Row) -> bool:
        """Whether the row's label stands for a drum, or for rests; a remark if it does not."""
        if row.label == REST or row.label in self.legend.labels:
            return True
        column = self.remarks.lines[row.line - 1].find(row.label) + 1
        if row.label in self.legend.absent:
            what = self.legend.absent[row.label]
            self.remarks.leave(row.line, column, f"{row.label!r} is a {what}, for which the table of drums has no row")
        elif row.label != "?":
            message = f"no drum is called {row.label!r}; say which it is in a line such as '{row.label} = crash'"
            self.remarks.leave(row.line, column, message)
        return False

    def _measure(
        self, index: int, place: Place, columns: Columns, texts: Sequence[tuple[Row, str]], cells: Sequence[Cell]
    ) -> Measure:
        """One bar of a block: the texts of its rows, made to fit, and the `cells` as they are written."""
        signs = [bool(AGAIN.fullmatch(text)) for _, text in texts]
        again = any(signs) and all(sign or is_rest(text) for sign, (_, text) in zip(signs, texts, strict=True))
        full = [(row, self._recalled(row, text, place.width)) for row, text in texts]
        strokes = [one for row, text in full for one in self._strokes(row, index, text, columns)]
        return Measure(
            Bar(columns.divisions, columns.unit, () if again else self._one_each(strokes, place)),
            place.line,
            place.column,
            place.width,
            opens=any(cell.opens for cell in cells),
            closes=any(cell.closes for cell in cells),
            again=again,
        )

    def _recalled(self, row: Row, text: str, width: int) -> str:
        """The text, or instead of a `%` that of the row's bar before."""
        if AGAIN.fullmatch(text):
            text = self._before.get(row.label, REST * width)
            text = text if len(text) == width else REST * width
        self._before[row.label] = text
        return text

    # ------------------------------------------------------------------------------------------------ columns to beats

    def _counted(self, counts: Sequence[Row], places: Sequence[Place]) -> dict[int, _Count]:
        """The count of each bar that has one."""
        found: dict[int, _Count] = {}
        for row in counts:
            if not self._is_barred(row):
                found |= self._cut(row, places)
                continue
            alike = len(row.cells) == len(places)
            if not alike and row.cells[0].column <= places[0].column + 1:
                message = f"{len(row.cells)} bars here and {len(places)} on line {places[0].line}"
                self.remarks.repair(row.line, len(self.remarks.lines[row.line - 1]) + 1, message)
            for index, cell in enumerate(row.cells):
                at = index if alike else nearest(places, cell.column)
                found[at] = _Count(cell.text, row.line, cell.column)
        return {at: count for at, count in found.items() if count.text.strip() and not places[at].completed}

    def _cut(self, row: Row, places: Sequence[Place]) -> dict[int, _Count]:
        """The counts of bars under a count row without bar lines, by their columns; one bar's may do for all."""
        cell = row.cells[0]
        counts: dict[int, _Count] = {}
        for index, place in enumerate(places):
            expected = place.column - cell.column
            near = (at for at in (expected, expected - 1, expected + 1) if cell.text[max(at, 0) :][:1] == "1")
            if (start := next(near, None)) is None:
                continue
            start, end = max(start, 0), max(start, 0) + place.width
            if not re.match(r"\D*(1|$)", cell.text[end:]):
                counts.clear()
                break
            counts[index] = _Count(cell.text[start:end].rstrip(), row.line, cell.column + start)
        if not counts:
            self.remarks.repair(row.line, 1, "this count does not fit the bars: it is left out")
        elif [*counts] == [0] and len(places) > 1:
            alike = [index for index, place in enumerate(places) if place.width == places[0].width]
            counts = dict.fromkeys(alike, counts[0])
            self.remarks.repair(row.line, 1, "this count taken for that of all bars above or below it", fault=False)
        return counts

    def _is_barred(self, count: Row) -> bool:
        return "|" in self.remarks.lines[count.line - 1]

    def _columns(self, place: Place, count: _Count | None, meter: Meter | None) -> Columns:
        if count:
            try:
                columns = meters.counted(_fitting(count.text, place.width), meter)
                self._counts[place.width, meter] = _fitting(count.text, place.width)
                return columns
            except ValueError as error:
                self.remarks.repair(count.line, count.column, f"{error}: the count is left out")
        elif before := self._counts.get((place.width, meter)):
            return meters.counted(before, meter)
        try:
            columns = self._uncounted(place.width, meter)
        except ValueError as error:
            if not count:
                filled = ", rests put at its end" if place.width % 4 else ""
                self.remarks.repair(place.line, place.column, f"{error}; its columns are taken for sixteenths{filled}")
            return meters.fallback(place.width, meter)
        if columns.guess:
            self.remarks.repair(place.line, place.column, columns.guess, fault=False)
        return columns

    def _uncounted(self, width: int, meter: Meter | None) -> Columns:
        return meters.uncounted(width, meter, self.usual_width, width in self.triple)

    def _makes_bar(self, width: int, meter: Meter | None) -> bool:
        """Whether so many columns do without a count."""
        try:
            return bool(self._uncounted(width, meter))
        except ValueError:
            return False

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
            stroke = Stroke(slot, *meanings.get(symbol, Meaning(code)))
            bracketed = text[offset - 1 : offset] == "("
            yield stroke._replace(dynamic="ghost") if bracketed else stroke

    def _one_each(self, strokes: Sequence[Stroke], place: Place) -> tuple[Stroke, ...]:
        """One stroke for each slot and row of a tab, since two labels (two crashes, say) may stand for one."""
        kept, ways = settled(strokes, self.vocabulary)
        for drum, other in ways:
            self.remarks.repair(place.line, place.column, f"{drum} gives way to {other} in one slot")
        return kept


def _fitting(count: str, width: int) -> str:
    """A count as wide as its bar. Raises ValueError for one that is wider, even without its spaces."""
    text = count.rstrip() if len(count.rstrip()) <= width else count.replace(" ", "")
    if len(text) > width:
        raise ValueError(f"this count has {len(count.rstrip())} columns for {width}")
    return text.ljust(width)
