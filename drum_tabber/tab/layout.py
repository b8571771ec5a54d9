"""How bars are laid out on a page: which go on one line, and which are written once and played several times.

      |______x3______|
    HH|x-x-x-x-x-x-x-|x-x-x-x-xxxxxxxx|

    HH|:x-x-x-x-x-x-x-|x-x-x-x-x-x-o-|
    ...
    HH|x-x-x-x-x-x-x-|x-x-x-x-xxxxxxxx:| x3

Bars that are alike stroke by stroke are folded, alone or as a phrase of a few, never over a section's beginning; what
is longer than a line and comes again at once stands between `|:` and `:|`. Drummers count bars by twos and fours, so
that phrases of three, and those that begin amid two or four, must save more writing. Lines are filled phrase by phrase:
as many bars as a line holds, counted as they are played from the section's beginning.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import NamedTuple

from drum_tabber.tab.score import Bar

MOST_PLAYS = 99
_MARK_COST = 1.2  # bars that a mark must save
_SIGNS_COST = 2.5  # bars that a pair of repeat signs must save
_UNCOUNTED_COST = 2.0  # bars that a phrase must save besides, of a number of bars by which nobody counts
_AMID_COST = 0.5  # likewise, where it begins amid such a number of bars
_ACROSS_COST = 1.1  # likewise, where one bar that is played again and again goes on over the end of four
_SIGNS = 6  # columns that they take, with how often
_LONGEST_REPEAT = 32  # bars between them


@dataclass(frozen=True)
class TabStyle:
    """How a tab is laid out: rows from top to bottom, the most bars and columns of a line, repeats folded or not, the
    number of each line's first bar before its count or not; `label` columns hold that number and what a row is called.
    """

    rows: tuple[str, ...]
    bars_per_line: int = 4
    width: int = 80
    fold: bool = True
    numbered: bool = False
    label: int = 2

    @property
    def margin(self) -> int:
        """Columns before the first bar: a label and its bar line."""
        return self.label + 1

    def of(self, n_bars: int) -> TabStyle:
        """The style for a tab of so many bars, whose numbers have room."""
        return replace(self, label=max(self.label, len(str(n_bars)))) if self.numbered else self


class Phrase(NamedTuple):
    """Bars that are written once: the index of the first, how many, and how often they are played."""

    first: int
    n_bars: int
    plays: int

    @property
    def end(self) -> int:
        """The index after the last bar played."""
        return self.first + self.n_bars * self.plays


class Repeat(NamedTuple):
    """Lines between repeat signs: the index of the first bar, how many bars are played each time, and how often."""

    first: int
    n_bars: int
    plays: int

    @property
    def end(self) -> int:
        """The index after the last bar played."""
        return self.first + self.n_bars * self.plays


class Line(NamedTuple):
    """Phrases on one line, which may be within a repeat, and may open or close it."""

    phrases: Sequence[Phrase]
    repeat: Repeat | None = None
    opens: bool = False
    closes: bool = False

    @property
    def written(self) -> list[int]:
        """The indices of the bars that stand on it."""
        return [bar for phrase in self.phrases for bar in range(phrase.first, phrase.first + phrase.n_bars)]

    def played(self, phrase: Phrase, index: int) -> list[int]:
        """The indices of all bars that the bar of an index, written in a phrase, is played as."""
        again = range(0, self.repeat.n_bars * self.repeat.plays, self.repeat.n_bars) if self.repeat else (0,)
        return [bar + later for bar in range(index, phrase.end, phrase.n_bars) for later in again]


def lines(bars: Sequence[Bar], starts: Container[int], style: TabStyle) -> Iterator[Line]:
    """The bars in lines that share a meter and a section; `starts` are the sections' first bars, counted from 1."""
    first = 0
    for end in range(1, len(bars) + 1):
        if end == len(bars) or end + 1 in starts or bars[end].meter != bars[first].meter:
            yield from _stretch(bars, first, end, style)
            first = end


def columns(bars: Sequence[Bar], style: TabStyle) -> int:
    """Columns of a line with these bars."""
    return style.margin + sum(bar.n_slots + 1 for bar in bars)


def _stretch(bars: Sequence[Bar], first: int, end: int, style: TabStyle) -> Iterator[Line]:
    """The lines of bars that share a meter and a section."""
    phrases: list[Phrase] = []
    for found in _folded(bars, first, end, style, signs=style.fold):
        if isinstance(found, Phrase):
            phrases.append(found)
            continue
        yield from map(Line, _filled(bars, phrases, style))
        phrases = []
        body = _between(bars, found.first, found.first + found.n_bars, style)
        for number, line in enumerate(body, start=1):
            yield Line(line, found, opens=number == 1, closes=number == len(body))
    yield from map(Line, _filled(bars, phrases, style))


def _between(bars: Sequence[Bar], first: int, end: int, style: TabStyle) -> list[list[Phrase]]:
    """The lines between two repeat signs; none where one would have no row to stand on."""
    narrow = replace(style, width=style.width - _SIGNS)
    body = [one for one in _folded(bars, first, end, narrow, signs=False) if isinstance(one, Phrase)]
    found = list(_filled(bars, body, narrow))
    edges = [
        [bar for phrase in found[at] for bar in bars[phrase.first : phrase.first + phrase.n_bars]] for at in (0, -1)
    ]
    return found if all(any(bar.strokes for bar in edge) for edge in edges) else []


def _folded(bars: Sequence[Bar], first: int, end: int, style: TabStyle, signs: bool) -> list[Phrase | Repeat]:
    """Phrases, and with `signs` repeats, that make up a stretch of bars with the least writing, found from its end."""
    longest = _LONGEST_REPEAT if signs else style.bars_per_line
    alike = {size: _runs(bars, first, end, size) for size in range(1, longest + 1)} if style.fold else {}
    cost, chosen = {end: 0.0}, dict[int, Phrase | Repeat]()
    for at in range(end - 1, first - 1, -1):
        choices: list[tuple[float, Phrase | Repeat]] = [
            (phrase.n_bars + _MARK_COST + _uncounted(at - first, size, phrase.plays) + cost[phrase.end], phrase)
            for size, runs in alike.items()
            if size <= style.bars_per_line and runs[at - first] >= size and _fits(bars[at : at + size], style)
            for phrase in [Phrase(at, size, min(1 + runs[at - first] // size, MOST_PLAYS))]
        ]
        for size, runs in alike.items():
            if size > style.bars_per_line and runs[at - first] >= size and not _is_repeat(alike, at - first, size):
                repeat = Repeat(at, size, min(1 + runs[at - first] // size, MOST_PLAYS))
                body = _between(bars, at, at + size, style)
                written = sum(phrase.n_bars + _MARK_COST * (phrase.plays > 1) for line in body for phrase in line)
                extra = _SIGNS_COST + _uncounted(at - first, size, repeat.plays)
                choices += [(written + extra + cost[repeat.end], repeat)] if body else []
        choices.append((1 + cost[at + 1], Phrase(at, 1, 1)))
        cost[at], chosen[at] = min(choices, key=itemgetter(0))
    found = []
    at = first
    while at < end:
        found.append(chosen[at])
        at = chosen[at].end
    return found


def _uncounted(place: int, size: int, plays: int) -> float:
    """What more a phrase of so many bars, played so often, must save that begins at a place of its section, from 0."""
    if size == 1:
        return _ACROSS_COST if place % 4 and place // 4 < (place + plays - 1) // 4 else 0.0
    counted = size == 2 or size % 4 == 0
    return (0 if counted else _UNCOUNTED_COST) + (_AMID_COST if counted and place % min(size, 4) else 0)


def _is_repeat(alike: Mapping[int, Sequence[int]], at: int, size: int) -> bool:
    """Whether so many bars are themselves fewer ones, again and again."""
    return any(size % part == 0 and alike[part][at] >= size - part for part in range(1, size // 2 + 1))


def _runs(bars: Sequence[Bar], first: int, end: int, size: int) -> list[int]:
    """For each bar of a stretch, how many bars from it on are the same as those `size` later."""
    runs = [0] * (end - first + 1)
    for at in range(end - size - 1, first - 1, -1):
        runs[at - first] = runs[at - first + 1] + 1 if bars[at] == bars[at + size] else 0
    return runs


def _fits(bars: Sequence[Bar], style: TabStyle) -> bool:
    """Whether a phrase has room on a line, and the mark above it."""
    width = columns(bars, style)
    return width <= style.width and width - style.margin - 1 >= len(f"_x{MOST_PLAYS}_")


def _filled(bars: Sequence[Bar], phrases: Sequence[Phrase], style: TabStyle) -> Iterator[list[Phrase]]:
    """Lines of phrases; those of as many bars played as a line holds stay together where they can."""
    line: list[Phrase] = []
    for together in _grouped(phrases, _most(bars[phrases[0].first], style)) if phrases else ():
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
    return max(1, min(style.bars_per_line, (style.width - style.margin) // (bar.n_slots + 1)))


def _grouped(phrases: Sequence[Phrase], size: int) -> Iterator[list[Phrase]]:
    """Phrases up to the next whole number of `size` bars played."""
    group: list[Phrase] = []
    for phrase in phrases:
        group.append(phrase)
        if (phrase.end - phrases[0].first) % size == 0:
            yield group
            group = []
    if group:
        yield group


def _has_room(bars: Sequence[Bar], line: Sequence[Phrase], style: TabStyle) -> bool:
    written = [bar for phrase in line for bar in bars[phrase.first : phrase.first + phrase.n_bars]]
    return len(written) <= style.bars_per_line and columns(written, style) <= style.width
