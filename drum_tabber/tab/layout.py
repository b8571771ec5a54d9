"""How bars are laid out on a page: which go on one line, and which are written once and played several times.

      |______x3______|
    HH|x-x-x-x-x-x-x-|x-x-x-x-xxxxxxxx|

Bars that are alike stroke by stroke are folded, alone or as a phrase of a few, never over a section's beginning. Lines
are filled phrase by phrase: as many bars as a line holds, counted as they are played from the section's beginning.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from drum_tabber.tab.score import Bar

MARGIN = 3  # columns before the first bar: a label and its bar line
MOST_PLAYS = 99
_MARK_COST = 1.2  # bars that a mark must save


@dataclass(frozen=True)
class TabStyle:
    """How a tab is laid out: rows from top to bottom, the most bars and columns of a line, repeats folded or not."""

    rows: tuple[str, ...]
    bars_per_line: int = 4
    width: int = 80
    fold: bool = True


class Phrase(NamedTuple):
    """Bars that are written once: the index of the first, how many, and how often they are played."""

    first: int
    n_bars: int
    plays: int

    @property
    def end(self) -> int:
        """The index after the last bar played."""
        return self.first + self.n_bars * self.plays


Line = list[Phrase]


def lines(bars: Sequence[Bar], starts: Container[int], style: TabStyle) -> Iterator[Line]:
    """The bars in lines that share a meter and a section; `starts` are the sections' first bars, counted from 1."""
    first = 0
    for end in range(1, len(bars) + 1):
        if end == len(bars) or end + 1 in starts or bars[end].meter != bars[first].meter:
            yield from _filled(bars, _folded(bars, first, end, style), style)
            first = end


def columns(bars: Sequence[Bar]) -> int:
    """Columns of a line with these bars."""
    return MARGIN + sum(bar.n_slots + 1 for bar in bars)


def _folded(bars: Sequence[Bar], first: int, end: int, style: TabStyle) -> list[Phrase]:
    """Phrases that make up a stretch of bars with the least writing, found from its end."""
    alike = {size: _runs(bars, first, end, size) for size in range(1, style.bars_per_line + 1)} if style.fold else {}
    cost, chosen = {end: 0.0}, dict[int, Phrase]()
    for at in range(end - 1, first - 1, -1):
        phrases = [
            Phrase(at, size, min(1 + runs[at - first] // size, MOST_PLAYS))
            for size, runs in alike.items()
            if runs[at - first] >= size and _fits(bars[at : at + size], style)
        ]
        costs = [phrase.n_bars + _MARK_COST + cost[phrase.end] for phrase in phrases]
        cost[at], chosen[at] = min(
            zip([*costs, 1 + cost[at + 1]], [*phrases, Phrase(at, 1, 1)], strict=True), key=itemgetter(0)
        )
    found = []
    at = first
    while at < end:
        found.append(chosen[at])
        at = chosen[at].end
    return found


def _runs(bars: Sequence[Bar], first: int, end: int, size: int) -> list[int]:
    """For each bar of a stretch, how many bars from it on are the same as those `size` later."""
    runs = [0] * (end - first + 1)
    for at in range(end - size - 1, first - 1, -1):
        runs[at - first] = runs[at - first + 1] + 1 if bars[at] == bars[at + size] else 0
    return runs


def _fits(bars: Sequence[Bar], style: TabStyle) -> bool:
    """Whether a phrase has room on a line, and the mark above it."""
    return columns(bars) <= style.width and columns(bars) - MARGIN - 1 >= len(f"_x{MOST_PLAYS}_")


def _filled(bars: Sequence[Bar], phrases: Sequence[Phrase], style: TabStyle) -> Iterator[Line]:
    """Lines of phrases; those of as many bars played as a line holds stay together where they can."""
    line: Line = []
    for together in _grouped(phrases, _most(bars[phrases[0].first], style)):
        if not _has_room(bars, [*line, *together], style):
            if line:
                yield line
            line = []
        for phrase in together:
            if line and not _has_room(bars, [*line, phrase], style):
                yield line
                line = []
            line.append(phrase)
    if line:
        yield line


def _most(bar: Bar, style: TabStyle) -> int:
    """How many such bars fit a line."""
    return max(1, min(style.bars_per_line, (style.width - MARGIN) // (bar.n_slots + 1)))


def _grouped(phrases: Sequence[Phrase], size: int) -> Iterator[Line]:
    """Phrases up to the next whole number of `size` bars played."""
    group: Line = []
    for phrase in phrases:
        group.append(phrase)
        if (phrase.end - phrases[0].first) % size == 0:
            yield group
            group = []
    if group:
        yield group


def _has_room(bars: Sequence[Bar], line: Line, style: TabStyle) -> bool:
    written = [bar for phrase in line for bar in bars[phrase.first : phrase.first + phrase.n_bars]]
    return len(written) <= style.bars_per_line and columns(written) <= style.width
