"""Remarks: what reading a text had to put right, what it had to leave, each with its place and the reason, and what it
keeps as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Remark(NamedTuple):
    """One place of a text (line and column from 1), the line, and what was done or not done there, and why.

    Line 0 is the file as a whole. A `fault` may have changed what is played; anything else is a matter of spelling, of
    convention or of mere words.
    """

    line: int
    column: int
    text: str
    why: str
    fault: bool


class Note(NamedTuple):
    """Words on how to play, as they are written: the bar from which on they go (0 behind the last), their line and
    column."""

    bar: int
    line: int
    column: int
    text: str


@dataclass
class Remarks:
    """The remarks on a text of these `lines`."""

    lines: Sequence[str]
    _repairs: set[Remark] = field(default_factory=set)
    _unread: set[Remark] = field(default_factory=set)
    _notes: dict[Note, tuple[int, int]] = field(default_factory=dict)  # with the place that they stand above

    @property
    def repairs(self) -> tuple[Remark, ...]:
        """What was put right or taken for what it most likely means, in the order of the text."""
        return tuple(sorted(self._repairs))

    @property
    def unread(self) -> tuple[Remark, ...]:
        """What was left out, in the order of the text."""
        return tuple(sorted(self._unread))

    def repair(self, line: int, column: int, why: str, fault: bool = True) -> None:
        """Note that something was put right or taken for what it most likely means."""
        self._repairs.add(self._remark(line, column, why, fault))

    def leave(self, line: int, column: int, why: str, fault: bool = True) -> None:
        """Note that something was left out of the tab."""
        self._unread.add(self._remark(line, column, why, fault))

    def note(self, line: int, column: int, text: str, above: tuple[int, int] | None = None) -> None:
        """Keep words on how to play; `above` is the place that they go for where they don't stand above it."""
        self._notes[Note(0, line, column, text)] = above or (line + 1, column)

    def notes(self, places: Sequence[tuple[int, int]], starts: Mapping[int, int]) -> tuple[Note, ...]:
        """The notes, each with its bar: the first of the part that `starts` on its line, else that below it of the bars
        that are written at these lines and columns."""
        return tuple(
            note._replace(bar=starts.get(note.line) or _below(place, places))
            for note, place in sorted(self._notes.items())
        )

    def _remark(self, line: int, column: int, why: str, fault: bool) -> Remark:
        return Remark(line, column, self.lines[line - 1], why, fault)


def _below(above: tuple[int, int], places: Sequence[tuple[int, int]]) -> int:
    """The bar, as it is first played, that is written next below a place and not to the right of it."""
    line = min((line for line, _ in places if line >= above[0]), default=None)
    columns = {column for at, column in places if at == line}
    under = max((column for column in columns if column <= above[1]), default=min(columns, default=0))
    return places.index((line, under)) + 1 if line is not None else 0
