"""Engraving: a bar of a tab to notes with values, in two voices, as notation shows it.

A `Bar` comes in, two `Voice`s come out: the hands, with stems up, and the feet, with stems down. A voice is a row of
`Group`s, each a beat (or a dotted beat of 6/8 and its kin, or several beats of rest) whose notes hang on one beam and
may form a tuplet. A note lasts to the next of its voice or to the end of its group, as far as one note value can say;
rests fill what is left, for drums don't ring by being held. All values are exact fractions of a whole note.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from drum_tabber.tab import Bar

FEET = ("BD", "HP")  # the drums of the lower voice


class Value(NamedTuple):
    """A note value: `base` is 4 for a quarter, 8 for an eighth; `dots` is 0 or 1."""

    base: int
    dots: int = 0

    @property
    def length(self) -> Fraction:
        """Share of a whole note."""
        return Fraction(2 * 2**self.dots - 1, 2**self.dots * self.base)


@dataclass(frozen=True)
class Note:
    """A chord of a voice, or a rest where `strokes` (indices into the bar's) is empty; `slot` is where it begins.

    A rest may be `hidden`, since the other voice says enough.
    """

    slot: int
    value: Value
    strokes: tuple[int, ...] = ()
    hidden: bool = False


@dataclass(frozen=True)
class Group:
    """Notes on one beam; with a `tuplet` (n, m), n of their values sound in the time of m."""

    notes: tuple[Note, ...]
    tuplet: tuple[int, int] | None = None


Voice = tuple[Group, ...]


class _Span(NamedTuple):
    """Part of a bar in which slots are even: its first slot, how many there are, and the length of each."""

    slot: int
    n_slots: int
    tick: Fraction


def engrave(bar: Bar, feet: Collection[str] = FEET) -> tuple[Voice, Voice]:
    """The voices of hands and feet; a voice that rests all bar long is empty, both are where nobody plays."""
    below = [index for index, stroke in enumerate(bar.strokes) if stroke.drum in feet]
    above = [index for index in range(len(bar.strokes)) if index not in set(below)]
    spans = list(_spans(bar))
    told = [bool(above) and (_plays(bar, above, span) or not _plays(bar, below, span)) for span in spans]
    return _voice(bar, spans, above, [False] * len(spans)), _voice(bar, spans, below, told)


def beamed_beats(beats: int, unit: int) -> list[int]:
    """How many beats of a bar go together: one by one where a beat is a quarter or longer, else in threes or twos."""
    if unit <= 4:
        return [1] * beats
    if beats % 3 == 0:
        return [3] * (beats // 3)
    return [2] * (beats // 2) if beats % 2 == 0 else [2] * (beats // 2 - 1) + [3]


def _spans(bar: Bar) -> Iterator[_Span]:
    """The bar in beamed groups, or in single beats where those of a group are divided differently."""
    beat, slot = 0, 0
    for n_beats in beamed_beats(*bar.meter):
        divisions = bar.divisions[beat : beat + n_beats]
        even = len(set(divisions)) == 1 and not divisions[0] & (divisions[0] - 1)
        for part in [divisions] if even else [(division,) for division in divisions]:
            yield _Span(slot, sum(part), Fraction(1, bar.unit * part[0]))
            slot += sum(part)
        beat += n_beats


def _plays(bar: Bar, strokes: Iterable[int], span: _Span) -> bool:
    return any(span.slot <= bar.strokes[index].slot < span.slot + span.n_slots for index in strokes)


def _voice(bar: Bar, spans: Sequence[_Span], strokes: Sequence[int], told: Sequence[bool]) -> Voice:
    """One voice; its rests are hidden in the spans of which the other voice has `told` enough."""
    if not strokes:
        return ()
    chords: dict[int, tuple[int, ...]] = {}
    for index in strokes:
        slot = bar.strokes[index].slot
        chords[slot] = (*chords.get(slot, ()), index)
    groups = [_group(span, chords, hidden) for span, hidden in zip(spans, told, strict=True)]
    return tuple(_halves_joined(groups)) if bar.meter == (4, 4) else tuple(groups)


def _group(span: _Span, chords: dict[int, tuple[int, ...]], hidden: bool) -> Group:
    onsets = [slot - span.slot for slot in range(span.slot, span.slot + span.n_slots) if slot in chords]
    step = gcd(span.n_slots, *onsets)
    n_ticks, tick, tuplet = span.n_slots // step, span.tick * step, None
    if (span.n_slots * span.tick).numerator == 1 and n_ticks & (n_ticks - 1):
        fewer = 2 ** (n_ticks.bit_length() - 1)
        tick, tuplet = tick * n_ticks / fewer, (n_ticks, fewer)
    starts = [onset // step for onset in onsets]
    notes: list[Note] = []
    for start, end in zip([0, *starts] if 0 not in starts else starts, [*starts, n_ticks][0 in starts :], strict=True):
        strokes = chords.get(span.slot + start * step, ())
        notes += _filled(span.slot, start, end, step, tick, strokes, hidden)
    return Group(tuple(notes), tuplet)


def _filled(
    first: int, start: int, end: int, step: int, tick: Fraction, strokes: tuple[int, ...], hidden: bool
) -> Iterator[Note]:
    """A chord and the rests after it, or rests alone, from tick `start` to `end` of a span."""
    while start < end:
        values = (_value(n * tick) for n in range(end - start, 0, -1) if strokes or _rests_well(start, n, end))
        value = next(value for value in values if value)
        yield Note(first + start * step, value, strokes, hidden and not strokes)
        start += int(value.length / tick)
        strokes = ()


def _rests_well(start: int, n: int, end: int) -> bool:
    """Whether a rest of `n` ticks may stand here: on a multiple of its own length, or all there is from the start."""
    return start % n == 0 and (not n & (n - 1) or (start == 0 and n == end))


def _value(length: Fraction) -> Value | None:
    """The note value of a length, if one note can show it."""
    if length.denominator & (length.denominator - 1):
        return None
    if length.numerator == 1:
        return Value(length.denominator)
    return Value(length.denominator // 2, 1) if length.numerator == 3 and length.denominator > 1 else None


def _halves_joined(groups: Sequence[Group]) -> Iterator[Group]:
    """The four beats of a bar, with a half rest where both beats of a half are silent."""
    for first, second in (groups[:2], groups[2:]):
        if any(note.strokes for note in (*first.notes, *second.notes)):
            yield from (first, second)
        else:
            hidden = first.notes[0].hidden and second.notes[0].hidden
            if first.notes[0].hidden == second.notes[0].hidden:
                yield Group((Note(first.notes[0].slot, Value(2), (), hidden),))
            else:
                yield from (first, second)
