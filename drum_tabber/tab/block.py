"""Lines to blocks: which rows sound together, with their counts and the marks above them.

A block is a run of rows in which every label stands once; a count row ends it, or begins it. Words, facts and blocks
come out in the order of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice, pairwise, takewhile

from drum_tabber.tab import words
from drum_tabber.tab.line import Fact, Line, LineReader, Mark, Row, Ruler, Words
from drum_tabber.tab.remark import Remarks


@dataclass(frozen=True)
class Block:
    """The rows that sound together, with their counts and the marks above them."""

    rows: tuple[Row, ...]
    counts: tuple[Row, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def tail(self) -> str:
        """What stands behind its rows, from top to bottom."""
        return " ".join(row.tail for row in self.rows if row.tail)


Item = Block | Words | Fact


@dataclass(frozen=True)
class Page:
    """The lines of a text, each as what it is."""

    lines: Sequence[Line]
    remarks: Remarks

    @classmethod
    def of(cls, lines: Iterable[str], remarks: Remarks, repeats_follow: bool) -> Page:
        """A page of lines in plain characters; `repeats_follow` as in words.py."""
        reader = LineReader(remarks, repeats_follow)
        return cls([reader.read(number, line) for number, line in enumerate(lines, start=1)], remarks)

    @property
    def rows(self) -> list[Row]:
        """All rows that are no counts."""
        return [line for line in self.lines if isinstance(line, Row) and line.label]

    @property
    def words(self) -> list[Words]:
        """All lines of words."""
        return [line for line in self.lines if isinstance(line, Words)]

    @property
    def facts(self) -> list[Fact]:
        """All facts."""
        return [line for line in self.lines if isinstance(line, Fact)]

    def items(self) -> Iterator[Item]:
        """Blocks, words and facts in the order of the text."""
        groups = [list(group) for _, group in groupby(self._closed_up(), key=type)]
        marks: list[Mark] = []
        for index, group in enumerate(groups):
            rows = [line for line in group if isinstance(line, Row)]
            rulers = [line for line in group if isinstance(line, Ruler)]
            marks += chain.from_iterable(ruler.marks for ruler in rulers)
            if rows:
                marks = marks or self._taken_from_below(groups[index + 1 : index + 3])
                for block in _blocks(rows, self.remarks):
                    if _are_strings(block.rows):
                        for row in block.rows:
                            self.remarks.leave(row.line, 1, "a string of a guitar is no drum")
                        continue
                    yield replace(block, marks=tuple(marks))
                    marks = []
            elif not rulers:
                yield from (line for line in group if isinstance(line, Words | Fact))
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

    def _closed_up(self) -> Sequence[Line]:
        """The lines, without words on how to play between the rows of a block, and without the empty ones where an
        author puts one after every row."""
        counts_above = self._counts_above()
        lines = self._without_asides()
        close = sum(_belong(*pair, counts_above) for pair in pairwise(lines))
        apart = [
            index
            for index in range(1, len(lines) - 1)
            if lines[index] is None and _belong(lines[index - 1], lines[index + 1], counts_above)
        ]
        drums = [at for at in apart if _is_drum(lines[at - 1]) and _is_drum(lines[at + 1])]
        if len(apart) < 2 or 4 * close > len(apart) or not drums:
            return lines
        why = "the rows of a block stand apart: empty lines between them left out"
        above = next(line.line for line in lines[drums[0] - 1 :] if isinstance(line, Row))
        self.remarks.repair(above, 1, why)
        left_out = set(apart)
        return [line for index, line in enumerate(lines) if index not in left_out]

    def _without_asides(self) -> list[Line]:
        """The lines, without those between two rows that say how to play, where the rows may be of one block."""
        kept: list[Line] = []
        run: list[Row] = []  # the rows that end `kept`
        for index, line in enumerate(self.lines):
            if isinstance(line, Words) and words.aside(line.text) and self._go_on(run, index + 1):
                column = len(line.text) - len(line.text.lstrip()) + 1
                self.remarks.note(line.line, column, words.beyond(line.text), (run[0].line, column))
                why = "words between the rows of a block: the rows are read together"
                self.remarks.repair(line.line, 1, why, fault=False)
                continue
            if isinstance(line, Row):
                run.append(line)
            else:
                run = []
            kept.append(line)
        return kept

    def _go_on(self, run: Sequence[Row], index: int) -> bool:
        """Whether a block of these rows may go on with those at an index."""
        below = takewhile(lambda line: isinstance(line, Row), islice(self.lines, index, None))
        labels = {row.label for row in below if isinstance(row, Row) and row.label}
        return bool(labels) and bool(run) and not run[-1].is_count and labels.isdisjoint(row.label for row in run)

    def _counts_above(self) -> bool:
        """Whether most counts stand above the rows that they count: with no drum on the one or two lines before."""
        above = [
            not any(map(_is_drum, self.lines[max(index - 2, 0) : index]))
            for index, line in enumerate(self.lines)
            if isinstance(line, Row) and line.is_count
        ]
        return 2 * sum(above) > len(above)


def _is_drum(line: Line) -> bool:
    return isinstance(line, Row) and not line.is_count


def _are_strings(rows: Sequence[Row]) -> bool:
    """Whether rows are the strings of a guitar or a bass in their usual tuning, from the highest."""
    return "".join(row.label.strip().upper() for row in rows) in ("EBGDAE", "GDAE")


def _belong(above: Line, below: Line, counts_above: bool) -> bool:
    """Whether two lines may be rows of one block: two drums, or a drum and the count under or above it."""
    if not isinstance(above, Row) or not isinstance(below, Row) or above.label == below.label:
        return False
    return not (below if counts_above else above).is_count


def _blocks(run: Sequence[Row], remarks: Remarks) -> Iterator[Block]:
    """Rows without other lines between them as blocks: a label stands once in each, and so does a count row.

    But two rows of one label may stand together among others: two toms, say.
    """
    for part in _parted(run):
        rows: list[Row] = []
        labels: set[str] = set()
        counts = [row for row in part if row.is_count]
        for row in part:
            if row.is_count:
                continue
            twin = row.label in labels and row.label == rows[-1].label and len({one.label for one in part} - {""}) > 1
            if twin:
                why = f"two rows {row.label!r} stand together: both are of this block"
                remarks.repair(row.line, 1, why, fault=False)
            elif row.label in labels:
                yield Block(tuple(rows), tuple(count for count in counts if count.line < row.line))
                counts = [count for count in counts if count.line > row.line]
                rows, labels = [], set()
            rows.append(row)
            labels |= {row.label} - {*"-?"}
        if rows or counts:
            yield Block(tuple(rows), tuple(counts))


def _parted(run: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The run cut at its count rows, which stand all below or all above the drums' rows."""
    counts = [index for index, row in enumerate(run) if row.is_count]
    above = run[0].is_count and not run[-1].is_count
    cuts = counts[1:] if above else [index + 1 for index in counts[:-1]]
    yield from filter(None, (run[start:end] for start, end in zip([0, *cuts], [*cuts, len(run)], strict=True)))
