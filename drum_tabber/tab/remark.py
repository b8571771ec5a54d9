"""Remarks: what reading a text had to put right, and what it had to leave, each with its place and the reason."""

from __future__ import annotations

from collections.abc import Sequence
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
    _repairs: set[Remark] = field(default_factory=set)
    _unread: set[Remark] = field(default_factory=set)

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

    def _remark(self, line: int, column: int, why: str, fault: bool) -> Remark:
        return Remark(line, column, self.lines[line - 1], why, fault)
