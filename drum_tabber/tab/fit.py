"""The rows of a block, fitted to one another: as many bars in each, and each bar as wide, as most rows have them.

What most rows have is the block's guide, a `Place` for each bar. What was done to the other rows is remarked.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from drum_tabber.tab.line import AGAIN, Cell, Row, is_rest
from drum_tabber.tab.remark import Remarks

REST = "-"
Meter = tuple[int, int]

_INSET = re.compile(r"\s*(\d{1,2})\s*|[-_ ]{0,5}")  # a meter drawn between two bar lines: 3 over 4
_INSET_WIDTH, _GAP_WIDTH = 5, 3
_SPOKEN = {2: "+", 3: "te", 4: "e+a"}  # what is counted in a beat of so many columns
_GHOST = re.compile(r"\((\S)\)")


class Place(NamedTuple):
    """Where the guide row of a block has a bar."""

    line: int
    column: int
    width: int
    completed: bool = False  # it breaks off, and is taken to be as wide as the one before


def without_insets(rows: Sequence[Row]) -> tuple[list[Row], list[tuple[int, Meter]]]:
    """The rows without what stands between two bar lines and is no bar: a meter, a gap.

    Each meter comes with the number of bars before it.
    """
    widest = max((len(row.cells) for row in rows), default=0)
    insets: list[tuple[int, Meter]] = []
    gone: set[int] = set()
    for index in range(widest):
        texts = [row.cells[index].text for row in rows if index < len(row.cells)]
        if any(len(text) > _INSET_WIDTH or not _INSET.fullmatch(text) for text in texts):
            continue
        digits = [int(text) for text in texts if text.strip().isdigit()]
        if len(digits) == 2 and digits[0] > 0 and digits[1] in (2, 4, 8, 16):
            insets.append((index - len(gone), (digits[0], digits[1])))
            gone.add(index)
        elif all(text.isspace() and len(text) <= _GAP_WIDTH for text in texts):
            gone.add(index)
    if not gone:
        return list(rows), insets
    kept = (replace(row, cells=tuple(cell for at, cell in enumerate(row.cells) if at not in gone)) for row in rows)
    return [row for row in kept if row.cells], insets


def without_margins(rows: Sequence[Row], makes_bar: Callable[[int], bool], remarks: Remarks) -> list[Row]:
    """The rows without a column of spaces or dashes that stands beside a bar line in all of them: `| x-x- |`, `|-x-x|`.

    `makes_bar` tells whether so many columns do without a count. Counts are rows, too.
    """
    drums = [row for row in rows if not row.is_count]
    if not drums or len({len(row.cells) for row in drums}) != 1:
        return list(rows)
    counts = [row for row in rows if row.is_count]
    cut = [_margins([row.cells[index].text for row in drums], makes_bar) for index in range(len(drums[0].cells))]
    for index, cell in enumerate(drums[0].cells):  # a count that begins with the bar counts its first column
        if any(_counts_all(row.cells[index], cell) for row in counts if index < len(row.cells)):
            cut[index] = 0, 0
    if not any(map(any, cut)):
        return list(rows)
    index = next(index for index, margins in enumerate(cut) if any(margins))
    why = "a column beside the bar lines that is empty in all rows left out"
    remarks.repair(drums[0].line, drums[0].cells[index].column, why)
    widths = [len(cell.text) for cell in drums[0].cells]
    return [
        row if [len(cell.text) for cell in row.cells] != widths else replace(row, cells=_narrowed(row.cells, cut))
        for row in rows
    ]


def without_gaps(rows: Sequence[Row], makes_bar: Callable[[int], bool], remarks: Remarks) -> list[Row]:
    """The rows without the columns of spaces that part the beats in all of them, `|xxx xxx xxx xxx|`; where no row
    counts these beats, one that does.

    Bars that are as wide as others without a count, by `makes_bar`, may have rests there.
    """
    drums, counts = [row for row in rows if not row.is_count], [row for row in rows if row.is_count]
    if not drums or len({len(row.cells) for row in drums}) != 1:
        return list(rows)
    alike = [row for row in counts if len(row.cells) == len(drums[0].cells)]
    beats = []
    for index in range(len(drums[0].cells)):
        texts = [row.cells[index].text for row in (*drums, *alike)]
        beats.append(_parted(texts) if alike or not makes_bar(len(texts[0])) else 0)
    if not beats or not all(beats) or len(alike) < len(counts):
        return list(rows)
    first = drums[0].cells[0]
    remarks.repair(drums[0].line, first.column, "spaces between the beats left out", fault=False)
    closed = [
        replace(row, cells=tuple(cell._replace(text=_closed(cell.text, n)) for cell, n in pairs))
        for row in (*drums, *counts)
        for pairs in [zip(row.cells, beats, strict=True)]
    ]
    if counts:
        return closed
    widths = [(len(cell.text) // n, n) for cell, n in zip(closed[0].cells, beats, strict=True)]
    spoken = ["".join(f"{beat + 1}{_SPOKEN[width]}" for beat in range(n)) for width, n in widths]
    cells = tuple(cell._replace(text=text) for cell, text in zip(closed[0].cells, spoken, strict=True))
    return [*closed, Row(drums[-1].line, "", cells)]


def _parted(texts: Sequence[str]) -> int:
    """The number of beats that spaces part in a bar with these texts, one of which has no others; else 0."""
    width = len(texts[0])
    if any(len(text) != width or AGAIN.fullmatch(text) for text in texts):
        return 0
    for columns in sorted(_SPOKEN, reverse=True):
        gaps = range(columns, width, columns + 1)
        parted = len(gaps) > 0 and (width + 1) % (columns + 1) == 0
        if parted and all(text[gap] == " " for text in texts for gap in gaps):
            return len(gaps) + 1 if any(text.count(" ") == len(gaps) for text in texts) else 0
    return 0


def _closed(text: str, n_beats: int) -> str:
    """A bar's text without what stands between its beats."""
    columns = (len(text) + 1) // n_beats
    return "".join(text[start : start + columns - 1] for start in range(0, len(text), columns))


def _counts_all(count: Cell, bar: Cell) -> bool:
    return count.text[:1].isdigit() and count.column <= bar.column and len(count.text) >= len(bar.text)


def _margins(texts: Sequence[str], makes_bar: Callable[[int], bool]) -> tuple[int, int]:
    """How many columns to leave out on either side of a bar with these texts."""
    width = len(texts[0])
    if width < 4 or any(len(text) != width or AGAIN.fullmatch(text) for text in texts):
        return 0, 0
    inner = [text[1:-1] for text in texts]
    if all(text[0] == " " == text[-1] for text in texts) and REST in "".join(inner) and " " not in "".join(inner):
        return 1, 1
    if makes_bar(width) or not makes_bar(width - 1):
        return 0, 0
    before, behind = (all(is_rest(text[side]) for text in texts) for side in (0, -1))
    onsets = [index for text in texts for index, sign in enumerate(text) if not is_rest(sign)]
    late = sum(index % 2 for index in onsets) > len(onsets) / 2  # on every other column, counted from the second
    if before and (late or not behind):
        return 1, 0
    return (0, 1) if behind else (0, 0)


def _narrowed(cells: Iterable[Cell], cut: Iterable[tuple[int, int]]) -> tuple[Cell, ...]:
    return tuple(
        cell._replace(column=cell.column + before, text=cell.text[before : len(cell.text) - behind])
        for cell, (before, behind) in zip(cells, cut, strict=True)
    )


def guide(drums: Sequence[Row], counts: Sequence[Row]) -> list[Place]:
    """The places of a block's bars: as many and as wide as most rows have them."""
    numbers = Counter(len(row.cells) for row in drums)
    usual = max(numbers, key=lambda number: (numbers[number], number), default=0)
    usual = max(usual, *(len(row.cells) for row in counts)) if counts else usual
    alike = sorted((row for row in (*counts, *drums) if len(row.cells) == usual), key=lambda row: row.line)
    places: list[Place] = []
    for index in range(usual):
        widths = Counter(_widths([row.cells[index].text for row in alike]))
        before = places[-1].width if places else 16
        width = max(widths, key=lambda width: (widths[width], width), default=before)
        row = next((row for row in alike if len(row.cells[index].text) == width), alike[0])
        completed = width < before and index == usual - 1 and not row.cells[index].ended
        places.append(Place(row.line, row.cells[index].column, before if completed else width, completed))
    return places


def _widths(texts: Sequence[str]) -> Iterator[int]:
    """The widths of a bar's texts; a count with spaces between its letters is as wide as its letters, if others are."""
    widths = {len(text) for text in texts}
    for text in texts:
        letters = len(text.replace(" ", ""))
        if not AGAIN.fullmatch(text):
            yield letters if text[:1].isdigit() and letters in widths else len(text)


def nearest(places: Sequence[Place], column: int) -> int:
    """The place whose first column is nearest to one."""
    after = bisect_left(places, column, key=lambda place: place.column)
    near = range(max(after - 1, 0), min(after + 1, len(places)))
    return min(near, key=lambda at: abs(places[at].column - column))


@dataclass(frozen=True)
class Fitter:
    """Fits rows to the places of their block."""

    places: Sequence[Place]
    remarks: Remarks

    def fitted(self, row: Row) -> list[str]:
        """A text for each place, as wide as it is or a sign to play the bar before once more."""
        cells, widths = row.cells, [place.width for place in self.places]
        if [len(cell.text) for cell in cells] == widths:
            return [cell.text for cell in cells]
        joined = "".join(cell.text for cell in cells)
        if len(joined) == sum(widths) and not any(AGAIN.fullmatch(cell.text) for cell in cells):
            why = f"bar lines put where line {self.places[0].line} has them"
            self.remarks.repair(row.line, cells[0].column, why)
            return _cut(joined, widths)
        if len(cells) == len(self.places):
            return [self._resized(row, index, cell) for index, cell in enumerate(cells)]
        return self._placed(row)

    def _placed(self, row: Row) -> list[str]:
        """The texts of a row with more or fewer bars than its block, each under the place whose column is nearest."""
        first, places = min(len(row.cells), len(self.places)), self.places
        column = row.cells[first].column if first < len(row.cells) else len(self.remarks.lines[row.line - 1]) + 1
        message = f"{len(row.cells)} bars here and {len(places)} on line {places[0].line}: put where the columns agree"
        self.remarks.repair(row.line, column, message)
        texts = [REST * place.width for place in places]
        taken = -1
        for cell in row.cells:
            if taken + 1 == len(places):
                self.remarks.leave(row.line, cell.column, "there is no bar left to put this one in")
                break
            taken = max(taken + 1, nearest(places, cell.column))
            texts[taken] = self._resized(row, taken, cell)
        return texts

    def _resized(self, row: Row, index: int, cell: Cell) -> str:
        """A bar's text made as wide as its place."""
        text, place = cell.text, self.places[index]
        if len(text) == place.width or AGAIN.fullmatch(text):
            return text
        if is_rest(text):
            self.remarks.repair(row.line, cell.column, f"bar {index + 1}: {len(text)} columns of rests", fault=False)
            return REST * place.width
        fitted, how = _fit(text, place.width)
        where = f"on line {place.line}" if place.line != row.line else "in its block"
        message = f"bar {index + 1} has {len(text)} columns here and {place.width} {where}: {how}"
        self.remarks.repair(row.line, cell.column + min(len(text), place.width), message)
        return fitted


def _cut(text: str, widths: Sequence[int]) -> list[str]:
    """Text in pieces of these widths."""
    pieces, start = [], 0
    for width in widths:
        pieces.append(text[start : start + width])
        start += width
    return pieces


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
