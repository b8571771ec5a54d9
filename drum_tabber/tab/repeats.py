"""Measures as they are written to measures as they are played: repeat signs, marks, endings, `%`.

    |: ... :|   x4   |___x7___|          bars played several times
    |: ...                               the same over several lines,
    ... :| x3                            perhaps more than twice
    |1.3.     |2.      |                 endings, each for its times
    -%-                                  the bar before once more

No song grows beyond `MOST_BARS`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from drum_tabber.tab.line import Mark
from drum_tabber.tab.measure import Measure
from drum_tabber.tab.remark import Remarks

_AROUND = 8  # bars at most by which a mark may be moved; a tab is eight columns
MOST_BARS = 5000  # of a song; what would grow beyond is no tab of one


def repeated(measures: Sequence[Measure], times: int, remarks: Remarks) -> list[Measure]:
    """Measures played so many times, up to the most that a song can have."""
    if len(measures) * times > MOST_BARS:
        why = f"more than {MOST_BARS} bars when repeats are written out: the rest is left"
        remarks.leave(measures[0].line, measures[0].column, why)
        times = MOST_BARS // len(measures) + 1
    if not any(one.opens or one.closes for one in measures):
        return (list(measures) * times)[:MOST_BARS]
    played = []
    for turn in range(times):  # a longer repeat is opened by the first turn and closed by the last
        first, last = turn == 0, turn == times - 1
        played += [replace(one, opens=one.opens and first, closes=one.closes and last) for one in measures]
    return played[:MOST_BARS]


def marked(measures: Sequence[Measure], marks: Iterable[Mark], remarks: Remarks) -> list[Measure]:
    """The measures of a block under its rulers: repeated, or made endings."""
    played = list(measures)
    starts = [measure.column for measure in measures]
    ends = [measure.column + measure.width - 1 for measure in measures]
    for mark in sorted(marks, key=lambda mark: -mark.start):  # from the right, so that places to the left hold
        first, end = _spanned(mark, starts, ends)
        if first >= end:
            remarks.leave(mark.line, mark.start, "no bar stands under this mark")
        elif mark.endings:
            played[first:end] = [replace(one, endings=mark.endings) for one in played[first:end]]
        elif mark.plays:
            played[first:end] = repeated(played[first:end], mark.plays.times, remarks)
    return played[:MOST_BARS]


def _spanned(mark: Mark, starts: Sequence[int], ends: Sequence[int]) -> tuple[int, int]:
    """The first measure under a mark and the one after the last, by the columns where measures start and end.

    Where a mark and the bar lines don't agree (a tab in a row's label moves one of them), it spans the nearest bars
    that are together as wide, and without such bars those from the bar line nearest to its beginning to that nearest to
    its end.
    """
    if mark.start > ends[-1] or mark.end < starts[0]:
        return 0, 0
    first, last = _nearest(starts, mark.start), _nearest(ends, mark.end)
    if (starts[first], ends[last]) != (mark.start, mark.end):
        wide = mark.end - mark.start
        around = range(max(first - _AROUND, 0), min(first + _AROUND, len(starts)))
        for index in sorted(around, key=lambda at: abs(starts[at] - mark.start)):
            end = _nearest(ends, starts[index] + wide)
            if ends[end] == starts[index] + wide:
                return index, end + 1
    return first, last + 1


def _nearest(columns: Sequence[int], column: int) -> int:
    after = bisect_left(columns, column)
    return min(range(max(after - 1, 0), min(after + 1, len(columns))), key=lambda at: abs(columns[at] - column))


def closed(measures: Sequence[Measure], times: int, remarks: Remarks) -> list[Measure]:
    """A block that is played so many times: from its `|:` to its `:|` if it has them, else all of it."""
    closing = [index for index, measure in enumerate(measures) if measure.closes]
    if not closing:
        return repeated(measures, times, remarks)
    end = closing[-1] + 1
    opening = max((index for index, measure in enumerate(measures[:end]) if measure.opens), default=0)
    body = [replace(one, opens=False, closes=False) for one in measures[opening:end]]
    return [*measures[:opening], *repeated(body, times, remarks), *measures[end:]]


def unrolled(systems: Sequence[Sequence[Measure]], remarks: Remarks) -> list[Measure]:
    """The bars of a part in the order in which they are played.

    A repeat goes back to the last `|:`, or else to the beginning of its system; endings that begin a system follow the
    system before.
    """
    written: list[tuple[Measure, bool]] = []  # with whether it begins a system
    for system in systems:
        for index, measure in enumerate(system):
            written.append((_said_again(measure, written[-1][0] if written else None, remarks), not index))
    played: list[Measure] = []
    start, opened = 0, False  # where in `played` a repeat goes back to, and whether a `|:` stands there
    for are_endings, group in groupby(written, key=lambda pair: bool(pair[0].endings)):
        if are_endings:
            endings = [measure for measure, _ in group]
            played[start:] = _with_endings(played[start:], endings, remarks)
            start, opened = len(played), False
            continue
        for measure, begins_system in group:
            if measure.opens or (begins_system and not opened):
                start, opened = len(played), measure.opens
            played.append(measure)
            if measure.closes:
                played[start:] = repeated(played[start:], measure.plays, remarks)
                start, opened = len(played), False
    return played[:MOST_BARS]


def _with_endings(body: list[Measure], endings: list[Measure], remarks: Remarks) -> list[Measure]:
    """The body as often as there are endings to it, each time with its own."""
    times = frozenset().union(*(ending.endings for ending in endings))
    last = max(times)
    if len(times) < last:
        why = f"of {last} endings only {sorted(times)} are written: the others are none"
        remarks.repair(endings[0].line, endings[0].column, why)
    return [one for time in range(1, last + 1) for one in (*body, *(end for end in endings if time in end.endings))]


def _said_again(measure: Measure, before: Measure | None, remarks: Remarks) -> Measure:
    """The measure, or in its place the one written before it where it is a `%`."""
    if measure.again and before is None:
        remarks.repair(measure.line, measure.column, "'%' without a bar before it: a bar of rests")
    return replace(measure, bar=before.bar) if measure.again and before else measure
