"""Meters, and columns of a bar to beats: by its count row, by the meter stated, or by its width among the others'.

1e+a2te3+4          every beat's first column is its digit; `te`, `tq` and `ts` make triplets of their columns
1 + 2 +             spaces count as columns
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

MOST_BEATS = 64  # of a bar
UNITS = (1, 2, 4, 8, 16, 32, 64)  # what note a beat may be
_COUNTS = {1: "", 2: "+", 3: "te", 4: "e+a", 6: "ts+ts", 8: ".e.+.a."}  # what follows the beat's digit, by division

_TRIPLETS = {"te": Fraction(1, 3), "tq": Fraction(2, 3), "ts": Fraction(1, 6)}  # beats that each of three columns lasts
_SIXTEENTH = Fraction(1, 4)
_COMPOUND = (6, 7, 9, 12)  # beats that are eighths where nothing is counted between them
_WIDTHS = {  # beats and unit of a bar that states nothing
    7: (7, 8),
    14: (7, 8),
    10: (5, 8),
    20: (5, 4),
    18: (9, 8),
    28: (7, 4),
    40: (5, 4),
}
_USUAL = (4, 4)
_FINE = 12  # slots a beat at most that an uncounted bar is taken to have
_UNUSUAL = (5, 7, 9, 10, 11)  # slots a beat that nobody writes without a count


def count_row(divisions: Iterable[int]) -> str:
    """A bar's count row: each beat's last digit, then a character for each further slot of the beat."""
    beats = enumerate(divisions, start=1)
    return "".join(str(beat % 10) + _COUNTS.get(division, "." * (division - 1)) for beat, division in beats)


@dataclass(frozen=True)
class Columns:
    """A bar's beats (`divisions`: slots of each, `unit`: what note each is) and the slot that each column shows."""

    divisions: tuple[int, ...]
    unit: int
    slots: tuple[int, ...]
    guess: str = ""  # how an uncounted bar was understood, where more than one way is usual

    @classmethod
    def even(cls, width: int, beats: int, unit: int, guess: str = "") -> Columns:
        """Beats of equal width."""
        return cls((width // beats,) * beats, unit, tuple(range(width)), guess)


def meter_of(beats: int, unit: int) -> tuple[int, int]:
    """A meter that a file or a text states. Raises ValueError for one that no music has."""
    if not 1 <= beats <= MOST_BEATS or unit not in UNITS:
        raise ValueError(f"there is no meter of {beats}/{unit}")
    return beats, unit


def tempo_of(quarters: float) -> float:
    """A tempo that a file states, quarter notes a minute. Raises ValueError for one that nobody can play at."""
    if not 0 < quarters < math.inf:
        raise ValueError(f"there is no tempo of {quarters:g}")
    return quarters


def ticks_of(meter: tuple[int, int], ticks_per_quarter: int) -> int:
    """Ticks that a bar lasts. Raises ValueError where that is none."""
    ticks = round(ticks_per_quarter * 4 * meter[0] / meter[1])
    if ticks < 1:
        raise ValueError(f"at {ticks_per_quarter} ticks a quarter note a bar of {meter[0]}/{meter[1]} lasts none")
    return ticks


def counted(count: str, meter: tuple[int, int] | None) -> Columns:
    """The columns of a bar under a count such as `1e+a2te`. Raises ValueError where it does not fill whole beats.

    A last beat may lack the space that ends the others, `1 + 2 + 3 + 4 +`.
    """
    if not count[:1].isdigit():
        raise ValueError("this count doesn't begin with the bar")
    onsets: list[list[Fraction]] = [[]]  # by beat, each counted from its beginning
    now = Fraction(0)
    beats = re.findall(r"\d\D*", count)
    lacking = len(beats) > 1 and {beat[1:] for beat in beats[:-1]} == {f"{beats[-1][1:]} "}
    for beat in [*beats[:-1], beats[-1] + " "] if lacking else beats:
        for length in _lengths(beat):
            onsets += [[] for _ in range(len(onsets), int(now) + 1)]
            onsets[int(now)].append(now % 1)
            now += length
    if now.denominator != 1:
        raise ValueError("this count doesn't fill whole beats; a triplet is its first column and 'te': 1te2e+a")
    onsets += [[] for _ in range(len(onsets), int(now))]
    divisions = tuple(math.lcm(*(onset.denominator for onset in beat)) for beat in onsets)
    starts = accumulate(divisions, initial=0)
    slots = tuple(
        start + int(onset * division)
        for start, division, beat in zip(starts, divisions, onsets, strict=False)
        for onset in beat
    )
    slots = slots[: len(count)]
    if meter and meter[0] == len(divisions):
        return Columns(divisions, meter[1], slots)
    eighths = len(divisions) in _COMPOUND and not re.search(r"[^\d\s._-]", count)
    return Columns(divisions, 8 if eighths else 4, slots)


def uncounted(width: int, meter: tuple[int, int] | None, usual: int, triple: bool) -> Columns:
    """The columns of a bar without a count.

    `meter` is the one stated, `usual` the width of most bars of the text, `triple` whether the strokes of its bars of
    this width keep to three columns a beat. Raises ValueError for a width that makes no bar.
    """
    if meter and width and width % meter[0] == 0 and width // meter[0] <= _FINE and width // meter[0] not in _UNUSUAL:
        return Columns.even(width, *meter)
    if not width or width > 8 * _FINE:
        raise ValueError(f"{width} columns make no bar; add a count row: |1e+a2e+a3e+a4e+a|")
    if usual == 16 and width in (4, 8, 12) and not (width == 12 and triple):
        return Columns.even(width, width // 4, 4, f"{width} columns without a count: taken for {width // 4}/4")
    if width == 12 and not triple:
        return Columns.even(width, 3, 4, "12 columns without a count: taken for 3/4")
    if width in _WIDTHS:
        beats, unit = _WIDTHS[width]
        return Columns.even(width, beats, unit, f"{width} columns without a count: taken for {beats}/{unit}")
    if width % 4 == 0 and width // 4 <= _FINE and width // 4 not in _UNUSUAL:
        odd = width // 4 in (3, 6)
        guess = f"{width} columns without a count: taken for triplets in 4/4" if odd and usual != width else ""
        return Columns.even(width, *_USUAL, guess)
    raise ValueError(f"{width} columns don't divide into 4 beats; add a count row: |1e+a2e+a3e+a4e+a|")


def keeps_to_triplets(onsets: Iterable[int]) -> bool:
    """Whether strokes at these columns keep to three columns a beat more than to two or four."""
    onsets = list(onsets)
    triple = sum(onset % 3 == 0 for onset in onsets) - sum(onset % 3 == 1 for onset in onsets)
    duple = sum(onset % 2 == 0 for onset in onsets) - sum(onset % 2 == 1 for onset in onsets)
    return triple >= duple


def fallback(width: int, meter: tuple[int, int] | None) -> Columns:
    """Some beats for a bar of a width that no meter explains: as many of the usual four columns as it takes, the last
    of which are rests where it is a few short."""
    divisions = (4,) * -(-width // 4)
    return Columns(divisions or (4,) * (meter or _USUAL)[0], 4, tuple(range(width)))


def _lengths(beat: str) -> list[Fraction]:
    """Beats that each column of one counted beat lasts: equal shares, unless the triplet letters say otherwise."""
    if not re.search(r"t[eqs]", beat):
        return [Fraction(1, len(beat))] * len(beat)
    tokens = re.findall(r".(t[eqs])|.", beat)
    return [length for token in tokens for length in ([_TRIPLETS[token]] * 3 if token else [_SIXTEENTH])]
