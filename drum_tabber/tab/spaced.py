"""Rows without bar lines whose rests are spaces, given bar lines and rests where a count tells how wide a bar is.

    HH  x x x x x x x x            HH |x-x-x-x-x-x-x-x-|
    SD      o       o              SD |----o-------o---|
    BD  o       o          becomes BD |o-------o-------|
        1 + 2 + 3 + 4 +               |1 + 2 + 3 + 4 + |

Without a count nobody can say where a bar begins, and such rows are left, each with a remark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from drum_tabber.tab.fit import REST
from drum_tabber.tab.remark import Remarks

WHY = "rests and bar lines put where the count has its columns"
_COUNT = re.compile(r" {2,}1(?!\d)[ .+&ea\d]*2[ .+&ea\d]*")
_ROW = re.compile(r" *[A-Za-z][A-Za-z0-9]{0,3}(?: {2,}[xXoO]| [xXoO](?= {2}))[xXoO ]*")
_LONGEST = 300  # columns of such a row


def barred(lines: Sequence[str], remarks: Remarks) -> list[str]:
    """The lines, with bar lines in the rows of this kind that stand next to a count."""
    mended = list(lines)
    for at, line in enumerate(lines):
        starts = _starts(line) if len(line) <= _LONGEST and _COUNT.fullmatch(line) else []
        rows = _rows_beside(lines, at, starts[0]) if starts else range(0)
        if len(rows):
            mended[at] = _cut(line, " ", starts, " ")
            for row in rows:
                remarks.repair(row + 1, starts[0] + 1, WHY)
                mended[row] = _cut(lines[row], lines[row][: starts[0]].rstrip(), starts, REST)
    return mended


def _starts(count: str) -> list[int]:
    """The columns (from 0) where bars begin, each with a 1, and where the last one ends; none where they differ."""
    numbers = [(int(found[0]), found.start()) for found in re.finditer(r"\d+", count)]
    starts = [start for number, start in numbers if number == 1]
    steps = {after - before for (one, before), (other, after) in pairwise(numbers) if other == one + 1}
    top = max(number for number, _ in numbers)
    if len(steps) != 1 or [number for number, _ in numbers] != list(range(1, top + 1)) * len(starts):
        return []
    width = top * steps.pop()
    return [*starts, starts[-1] + width] if all(b - a == width for a, b in pairwise(starts)) else []


def _rows_beside(lines: Sequence[str], at: int, start: int) -> range:
    """The rows of this kind right above a count, or else right below it, whose strokes begin where the count does."""
    above, below = at, at + 1
    while above > 0 and _is_row(lines[above - 1], start):
        above -= 1
    while below < len(lines) and _is_row(lines[below], start):
        below += 1
    return range(above, at) if above < at else range(at + 1, below)


def _is_row(line: str, start: int) -> bool:
    found = len(line) <= _LONGEST and _ROW.fullmatch(line)
    return bool(found) and not re.search(r"[xXoO ]", line[:start].strip()) and bool(line[:start].strip())


def _cut(line: str, label: str, starts: Sequence[int], rest: str) -> str:
    """The line with bar lines, and `rest` in place of spaces; what stands behind the last bar stays there."""
    wide = line.ljust(starts[-1])
    bars = [wide[first:last].replace(" ", rest) for first, last in pairwise(starts)]
    return f"{label:<{starts[0] - 1}}|{'|'.join(bars)}|{wide[starts[-1] :].rstrip()}"
