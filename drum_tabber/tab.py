"""The drum tab: the noun `Tab` and its grammar, read from text and written as text.

A tab is a sequence of blocks, each a few bars wide. A row is a label, `|`, one character a slot (`-` rests) and `|`
after every bar; the count row, whose label is blank, tells how the slots divide the beats:

    HH|x-x-x-x-x-x-x-o-|
    SD|----o-------O--g|
    BD|o-------o-o-----|
      |1e+a2e+a3e+a4e+a|

A beat of any division may stand beside another (`1e+a2te3+4`): `COUNTS` lists how each is counted. A row that rests
throughout a block is left out. Lines that are no rows are free text, of which title, tempo, meter and the lines that
legend.py knows are understood. Slots count from 0 within their bar.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from drum_tabber.errors import TabError
from drum_tabber.legend import Dynamic, Legend, Meaning, Notation, describe
from drum_tabber.vocabulary import Vocabulary

REST = "-"
EMPTY = "No drums were heard."
DEFAULT_TEMPO = 120.0  # quarter notes a minute
COUNTS = {1: "", 2: "+", 3: "te", 4: "e+a", 6: "ts+ts", 8: ".e.+.a."}  # what follows the beat's digit, by division

_COUNT = re.compile(r"\d[\d .e+&antqs]*")
_TRIPLETS = {"te": Fraction(1, 3), "tq": Fraction(2, 3), "ts": Fraction(1, 6)}  # beats that each of three columns lasts
_SIXTEENTH = Fraction(1, 4)
_ROW = re.compile(r"\s*(?P<label>[^\s|]{0,2})\s*\|(?P<bars>.*)")
_TITLE = re.compile(r"Title:(.*)")
_TEMPO = re.compile(r"\b(?:tempo|bpm)\b\W*(\d+(?:\.\d+)?)|\b(\d+(?:\.\d+)?)\s*bpm\b", re.IGNORECASE)
_METER = re.compile(r"\b(?:meter|metre|time(?: signature)?)\b\W*(\d+)/(\d+)", re.IGNORECASE)
_DASHES = str.maketrans("\u2013\u2014\u2212", "---")


class Stroke(NamedTuple):
    """One note of a tab: the slot in its bar, a drum's code, how strong and how it is played ("" plainly)."""

    slot: int
    drum: str
    dynamic: Dynamic = "normal"
    articulation: str = ""

    @property
    def meaning(self) -> Meaning:
        """The stroke without its slot."""
        return Meaning(*self[1:])


@dataclass(frozen=True)
class Bar:
    """A bar: the slots that each of its beats has, what note a beat is (4 a quarter), and its strokes, sorted."""

    divisions: tuple[int, ...] = (4, 4, 4, 4)
    unit: int = 4
    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(sorted(self.strokes)))
        for stroke in self.strokes:
            if not 0 <= stroke.slot < self.n_slots:
                raise ValueError(f"a bar of {self.n_slots} slots can't hold {stroke}")

    @classmethod
    def even(cls, n_slots: int = 16, meter: tuple[int, int] = (4, 4), strokes: Iterable[Stroke] = ()) -> Bar:
        """A bar whose beats all have the same number of slots."""
        beats, unit = meter
        if n_slots % beats:
            raise ValueError(f"{n_slots} slots can't be shared out evenly over {beats} beats")
        return cls((n_slots // beats,) * beats, unit, tuple(strokes))

    @property
    def meter(self) -> tuple[int, int]:
        """Beats in the bar, and what note a beat is."""
        return len(self.divisions), self.unit

    @property
    def n_slots(self) -> int:
        """Columns of the bar."""
        return sum(self.divisions)


@dataclass(frozen=True)
class Tab:
    """A drum part as written: title, tempo (quarter notes a minute) and bars."""

    title: str = ""
    tempo: float = DEFAULT_TEMPO
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class TabStyle:
    """How a tab is laid out: rows from top to bottom, the most bars and columns of a line."""

    rows: tuple[str, ...]
    bars_per_line: int = 4
    width: int = 80


def write(tab: Tab, vocabulary: Vocabulary, style: TabStyle) -> str:
    """The tab as text that a drummer reads and that `read` turns back into an equal tab.

    A stroke is written as the nearest that its row can show. Raises ValueError for two strokes on one row and slot,
    and for a row that `style.rows` lacks.
    """
    notation = Notation(vocabulary)
    used = {notation.nearest(stroke.meaning) for bar in tab.bars for stroke in bar.strokes}
    meter = tab.bars[0].meter if tab.bars else (4, 4)
    title = " ".join(tab.title.split())
    head = [f"Title: {title}"] if title else []
    sections = [
        [*head, f"Tempo: {tab.tempo:.10g} BPM", _meter_line(meter)],
        describe(used, notation, style.rows, style.width) or [EMPTY],
    ]
    for bars in _lines(tab.bars, style):
        change = [_meter_line(bars[0].meter)] if bars[0].meter != meter else []
        meter = bars[0].meter
        sections.append(change + _block(bars, notation, style))
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _meter_line(meter: tuple[int, int]) -> str:
    return f"Meter: {meter[0]}/{meter[1]}"


def _lines(bars: Sequence[Bar], style: TabStyle) -> Iterator[list[Bar]]:
    """The bars in groups that share a meter and fit a printed line."""
    line: list[Bar] = []
    for bar in bars:
        columns = len("SD|") + sum(other.n_slots + 1 for other in [*line, bar])
        if line and (len(line) == style.bars_per_line or columns > style.width or bar.meter != line[0].meter):
            yield line
            line = []
        line.append(bar)
    if line:
        yield line


def _block(bars: Sequence[Bar], notation: Notation, style: TabStyle) -> list[str]:
    """The lines of one block: a row for each drum that plays in it, and the count row."""
    rows: dict[str, list[list[str]]] = {}
    for index, bar in enumerate(bars):
        for stroke in bar.strokes:
            row = notation.vocabulary.by_code[stroke.drum].row
            cells = rows.setdefault(row, [[REST] * other.n_slots for other in bars])[index]
            if cells[stroke.slot] != REST:
                raise ValueError(f"two strokes share slot {stroke.slot} of row {row}")
            cells[stroke.slot] = notation.symbol(stroke.meaning)
    if not rows.keys() <= set(style.rows):
        raise ValueError(f"no place among the rows {', '.join(style.rows)} for {', '.join(rows)}")
    lines = [_row(row, map("".join, rows[row])) for row in style.rows if row in rows]
    return [*lines, _row("", (_count(bar) for bar in bars))]


def _row(label: str, bars: Iterable[str]) -> str:
    return f"{label:<2}|" + "".join(f"{bar}|" for bar in bars)


def _count(bar: Bar) -> str:
    """The bar's count: each beat's last digit, then one character for each further slot of the beat."""
    beats = enumerate(bar.divisions, start=1)
    return "".join(str(beat % 10) + COUNTS.get(division, "." * (division - 1)) for beat, division in beats)


def load(path: Path, vocabulary: Vocabulary) -> Tab:
    """Read a tab from a file. Raises TabError, also where the file can't be read as UTF-8 text."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TabError(f"can't read the tab: {error.strerror or error}", str(path)) from error
    except UnicodeDecodeError as error:
        raise TabError("this is no UTF-8 text; save the tab as plain UTF-8 text", str(path)) from error
    return read(text, vocabulary, str(path))


def read(text: str, vocabulary: Vocabulary, path: str = "<text>") -> Tab:
    """The tab that a text holds; `path` names it in errors. Raises TabError at the first place it can't understand."""
    source = _Source(path, text.translate(_DASHES).splitlines(), vocabulary)
    rows = [source.row(number) for number in range(1, len(source.lines) + 1)]
    bars: list[Bar] = []
    meter = None
    for item in _blocks(rows, source.lines):
        if isinstance(item, str):
            meter = _meter(item) or meter
        else:
            bars += source.bars(item, meter)
    if not bars and EMPTY not in text:
        raise TabError("there is no tab here; a row is a label and bars with a character a slot: SD|----o---|", path)
    titles = [found[1].strip() for line in source.lines if (found := _TITLE.match(line))]
    tempos = [tempo for line in source.lines if (tempo := _tempo(line))]
    return Tab(next(iter(titles), ""), next(iter(tempos), DEFAULT_TEMPO), tuple(bars))


def _tempo(line: str) -> float | None:
    found = None if _TITLE.match(line) else _TEMPO.search(line)
    return float(found[1] or found[2]) if found else None


def _meter(line: str) -> tuple[int, int] | None:
    found = None if _TITLE.match(line) else _METER.search(line)
    return (int(found[1]), int(found[2])) if found else None


class _Row(NamedTuple):
    line: int  # from 1
    code: str  # of the drum that its label stands for, "" for the count row
    bars: tuple[tuple[int, str], ...]  # column (from 1) and text of each


def _blocks(rows: Sequence[_Row | None], lines: Sequence[str]) -> Iterator[list[_Row] | str]:
    """The lines of free text, and between them the rows that sound together."""
    run: list[_Row] = []
    for row, line in zip([*rows, None], [*lines, ""], strict=True):
        if row is not None:
            run.append(row)
        else:
            yield from _parted(run)
            yield line
            run = []


def _parted(run: list[_Row]) -> Iterator[list[_Row]]:
    """Rows without free text between them as blocks: one count row each, below or above the drums' rows."""
    counts = [index for index, row in enumerate(run) if not row.code]
    above = run and not run[0].code and run[-1].code
    cuts = counts[1:] if above else [index + 1 for index in counts[:-1]]
    yield from filter(None, (run[start:end] for start, end in zip([0, *cuts], [*cuts, len(run)], strict=True)))


class _Source:
    """A text being read: its lines and what its legend says, so that every fault can be shown in its place."""

    def __init__(self, path: str, lines: list[str], vocabulary: Vocabulary) -> None:
        self.path, self.lines = path, lines
        self._legend = Legend.of((line for line in lines if not _ROW.match(line)), vocabulary)

    def fault(self, message: str, line: int, column: int) -> TabError:
        """The error to raise for a fault at this place."""
        return TabError(message, self.path, line, column, self.lines[line - 1])

    def row(self, number: int) -> _Row | None:
        """The row on a line, None for free text."""
        line = self.lines[number - 1]
        found = _ROW.match(line)
        if not found:
            return None
        label, body = found["label"], found["bars"]
        *bars, rest = body.split("|")
        columns = accumulate((len(bar) + 1 for bar in bars), initial=found.start("bars") + 1)
        placed = tuple(zip(columns, bars, strict=False))
        if not label:
            return _Row(number, "", placed) if bars and all(map(_COUNT.fullmatch, bars)) else None
        if label not in self._legend.labels:
            if REST * 2 not in body:
                return None
            message = f"no drum is called {label!r}; say which it is in a line such as '{label} = crash'"
            raise self.fault(message, number, found.start("label") + 1)
        if rest.strip():
            column = len(line) - len(rest.lstrip()) + 1
            raise self.fault("a row ends with a bar line, and nothing after it", number, column)
        return _Row(number, self._legend.labels[label], placed)

    def bars(self, block: Sequence[_Row], meter: tuple[int, int] | None) -> list[Bar]:
        """The bars of a block; `meter` is the one stated before it."""
        guide = next((row for row in block if not row.code), block[0])
        for row in block:
            self._check_widths(row, guide)
        beats, unit = meter or (4, 4)
        bars = []
        for index, (column, text) in enumerate(guide.bars):
            try:
                divisions, slots = _even_columns(len(text), beats) if guide.code else _counted_columns(text)
            except ValueError as error:
                raise self.fault(str(error), guide.line, column) from error
            strokes = (stroke for row in block if row.code for stroke in self._strokes(row, index, slots))
            bars.append(Bar(divisions, unit, _strongest(strokes)))
        return bars

    def _check_widths(self, row: _Row, guide: _Row) -> None:
        """Raise TabError where the row's bars aren't as wide as the guide's."""
        for index, ((column, text), (_, wanted)) in enumerate(zip(row.bars, guide.bars, strict=False), start=1):
            if len(text) != len(wanted):
                message = f"bar {index} has {len(text)} columns here and {len(wanted)} on line {guide.line}"
                raise self.fault(message, row.line, column + min(len(text), len(wanted)))
        if len(row.bars) != len(guide.bars):
            column = (*row.bars, (len(self.lines[row.line - 1].rstrip()) + 1, ""))[min(len(row.bars), len(guide.bars))][
                0
            ]
            raise self.fault(f"{len(row.bars)} bars here and {len(guide.bars)} on line {guide.line}", row.line, column)

    def _strokes(self, row: _Row, index: int, slots: Sequence[int]) -> Iterator[Stroke]:
        column, text = row.bars[index]
        meanings = self._legend.symbols[row.code]
        for offset, (symbol, slot) in enumerate(zip(text, slots, strict=True)):
            if symbol == REST:
                continue
            if symbol not in meanings:
                message = f"{symbol!r} means nothing on this row; known are {' '.join(sorted(meanings))}"
                raise self.fault(message, row.line, column + offset)
            yield Stroke(slot, *meanings[symbol])


def _strongest(strokes: Iterable[Stroke]) -> tuple[Stroke, ...]:
    """One stroke for each slot and drum, since two rows (two crashes, say) may stand for one drum."""
    strength: dict[Dynamic, int] = {"ghost": 0, "normal": 1, "accent": 2}
    found: dict[tuple[int, str], Stroke] = {}
    for stroke in strokes:
        place = stroke.slot, stroke.drum
        found[place] = max(found.get(place, stroke), stroke, key=lambda one: strength[one.dynamic])
    return tuple(found.values())


def _even_columns(width: int, beats: int) -> tuple[tuple[int, ...], list[int]]:
    """The divisions of each beat of a bar without a count, and the slot of each of its columns."""
    if not width or width % beats:
        raise ValueError(f"{width} columns don't divide into {beats} beats; add a count row: |1e+a2e+a3e+a4e+a|")
    return (width // beats,) * beats, list(range(width))


def _counted_columns(count: str) -> tuple[tuple[int, ...], list[int]]:
    """The divisions of each beat of a count such as `1e+a2te`, and the slot of each of its columns."""
    lengths = [length for beat in re.findall(r"\d\D*", count) for length in _lengths(beat)]
    *onsets, end = accumulate(lengths, initial=Fraction(0))
    if end.denominator != 1:
        raise ValueError("this count doesn't fill whole beats; a triplet is its first column and 'te': 1te2e+a")
    denominators = [[onset.denominator for onset in onsets if onset // 1 == beat] for beat in range(int(end))]
    divisions = tuple(math.lcm(*each) for each in denominators)
    starts = list(accumulate(divisions, initial=0))
    return divisions, [starts[onset // 1] + int(onset % 1 * divisions[onset // 1]) for onset in onsets]


def _lengths(beat: str) -> list[Fraction]:
    """Beats that each column of one counted beat lasts: equal shares, unless the triplet letters say otherwise."""
    if "t" not in beat:
        return [Fraction(1, len(beat))] * len(beat)
    tokens = re.findall(r".(t[eqs])|.", beat)
    return [length for token in tokens for length in ([_TRIPLETS[token]] * 3 if token else [_SIXTEENTH])]
