"""Remarks: what reading a text had to put right, and what it had to leave, each with its place and the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Remark(NamedTuple):
    """One place of a text (line and column from 1), the line, and what was done or not done there, and why.

    A `fault` may have changed what is played; anything else is a matter of spelling, of convention or of mere words.
    """

    line: int
    column: int
    text: str
    why: str
    fault: bool


@dataclass
class Remarks:
    """The remarks on a text of these `lines`."""

    lines: Sequence[str]
    repairs: list[Remark] = field(default_factory=list)
    unread: list[Remark] = field(default_factory=list)

    def repair(self, line: int, column: int, why: str, fault: bool = True) -> None:
        """Note that something was put right or taken for what it most likely means."""
        self._add(self.repairs, line, column, why, fault)

    def leave(self, line: int, column: int, why: str, fault: bool = True) -> None:
        """Note that something was left out of the tab."""
        self._add(self.unread, line, column, why, fault)

    def faults(self) -> Iterator[Remark]:
        """What may have changed the music, in the order of the text."""
        return (remark for remark in sorted({*self.repairs, *self.unread}) if remark.fault)

    def _add(self, remarks: list[Remark], line: int, column: int, why: str, fault: bool) -> None:
        remark = Remark(line, column, self.lines[line - 1], why, fault)
        if remark not in remarks:
            remarks.append(remark)
