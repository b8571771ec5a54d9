"""Strokes of a bar as written notes: what value each has, which are dotted, in a tuplet, under a beam; and back.

Two voices share a staff, hands with their stems up and feet with theirs down. A note lasts to the next of its voice,
as far as one sign can say so, and never beyond its beat (in 6/8, 9/8, 12/8 three eighths are one beat); rests fill the
remainder. Nothing is tied: a stroke has no length. Times are fractions of a whole note.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import groupby

from drum_tabber.tab import Bar, Stroke

FEET = ("BD", "HP")
HANDS_VOICE, FEET_VOICE = 1, 2


@dataclass(frozen=True)
class Written:
    """A note or a rest: its time from the start of the bar, `value` (1/4 a quarter, without dot and tuplet), whether
    `dotted`, the `tuplet` that it is in, as (so many, in the time of so many), and the strokes that sound, none for a
    rest. `tuplet_ends` and `beams` say where signs begin and end."""

    time: Fraction
    value: Fraction
    dotted: bool = False
    tuplet: tuple[int, int] = (1, 1)
    strokes: tuple[Stroke, ...] = ()
    tuplet_ends: tuple[str, ...] = ()  # "start", "stop"
    beams: tuple[str, ...] = ()  # by level: "begin", "continue", "end", "forward hook", "backward hook"
    group: int = 0  # the beat it belongs to

    @property
    def length(self) -> Fraction:
        """How long it lasts."""
        many, normal = self.tuplet
        return self.value * (Fraction(3, 2) if self.dotted else 1) * normal / many

    @property
    def n_flags(self) -> int:
        """Flags or beams that its value has: one for an eighth."""
        return max(0, self.value.denominator.bit_length() - 3)


@lru_cache(maxsize=256)  # songs repeat their bars
def voices(bar: Bar) -> dict[int, tuple[Written, ...]]:
    """The notes and rests of each voice; a voice without strokes is absent."""
    written = {}
    for voice in (HANDS_VOICE, FEET_VOICE):
        strokes = [stroke for stroke in bar.strokes if (stroke.drum in FEET) == (voice == FEET_VOICE)]
        if strokes:
            written[voice] = _voice(bar, strokes)
    return written


def hidden(bar: Bar, written: Mapping[int, Sequence[Written]]) -> frozenset[Fraction]:
    """Times of the feet's rests that aren't shown: in the beats where the hands play, and where both rest, since then
    the hands' rests are seen. `written` as `voices` gives it."""
    hands, feet = (written.get(voice, ()) for voice in (HANDS_VOICE, FEET_VOICE))
    beat = Fraction(3 if bar.unit > 4 and len(bar.divisions) % 3 == 0 else 1, bar.unit)
    played = {note.time // beat for note in hands if note.strokes}
    trodden = {note.time // beat for note in feet if note.strokes}
    rests = (note.time for note in feet if hands and not note.strokes)
    return frozenset(time for time in rests if time // beat in played or time // beat not in trodden)


def slot_times(bar: Bar) -> list[Fraction]:
    """When each slot begins, and the end of the bar."""
    beat = Fraction(1, bar.unit)
    times = [number * beat + slot * beat / n for number, n in enumerate(bar.divisions) for slot in range(n)]
    return [*times, beat * len(bar.divisions)]


def _voice(bar: Bar, strokes: Iterable[Stroke]) -> tuple[Written, ...]:
    times = slot_times(bar)
    chords = {slot: tuple(chord) for slot, chord in groupby(sorted(strokes), key=lambda stroke: stroke.slot)}
    notes: list[Written] = []
    for number, (first, n_beats) in enumerate(_groups(bar)):
        start, end = Fraction(first, bar.unit), Fraction(first + n_beats, bar.unit)
        own = {times[slot]: chord for slot, chord in chords.items() if start <= times[slot] < end}
        notes += (replace(note, group=number) for note in _group(start, end, own))
    return tuple(_beamed(_joined(notes, bar)))


def _groups(bar: Bar) -> list[tuple[int, int]]:
    """The beats that are felt as one, each its first and how many: three eighths where the meter is compound."""
    n_beats, unit = bar.meter
    if unit < 8 or n_beats < 3:
        sizes = [1] * n_beats
    elif n_beats % 3 == 0:
        sizes = [3] * (n_beats // 3)
    else:
        sizes = [2] * (n_beats // 2 - n_beats % 2) + [3] * (n_beats % 2)
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    plain = [
        all(_is_binary(slots) for slots in bar.divisions[first : first + n])
        for first, n in zip(starts, sizes, strict=True)
    ]
    groups: list[tuple[int, int]] = []
    for first, size, whole in zip(starts, sizes, plain, strict=True):
        groups += [(first, size)] if whole else [(beat, 1) for beat in range(first, first + size)]
    return groups


def _group(start: Fraction, end: Fraction, chords: dict[Fraction, tuple[Stroke, ...]]) -> list[Written]:
    """A group's notes and rests. Where its strokes don't lie on halves of halves it is a tuplet."""
    if not chords:
        return _rests(start, end, start, (1, 1))
    span = end - start
    parts = math.lcm(*(((time - start) / span).denominator for time in chords))
    binary = all(_is_binary(time.denominator) for time in (*chords, start, end))
    tuplet = (1, 1) if binary else (parts, 2 ** (parts.bit_length() - 1))
    onsets = sorted(chords)
    notes = _rests(start, onsets[0], start, tuplet)
    for onset, until in zip(onsets, [*onsets[1:], end], strict=True):
        value, dotted = _longest(onset - start, until - onset, tuplet, dots=True)
        note = Written(onset, value, dotted, tuplet, chords[onset])
        notes += [note, *_rests(onset + note.length, until, start, tuplet)]
    if not binary:
        notes[0] = replace(notes[0], tuplet_ends=("start",))
        notes[-1] = replace(notes[-1], tuplet_ends=(*notes[-1].tuplet_ends, "stop"))
    return notes


def _rests(time: Fraction, end: Fraction, start: Fraction, tuplet: tuple[int, int]) -> list[Written]:
    """Rests from a time to an end, in a group that begins at `start`."""
    rests = []
    while time < end:
        rests.append(Written(time, *_longest(time - start, end - time, tuplet, dots=time == start), tuplet))
        time += rests[-1].length
    return rests


def _longest(place: Fraction, room: Fraction, tuplet: tuple[int, int], dots: bool) -> tuple[Fraction, bool]:
    """The longest value at a place in its group that fits the room and doesn't hide where the group's halves begin."""
    many, normal = tuplet
    place, room = place * many / normal, room * many / normal
    value = Fraction(1)
    while value > room or place % value:
        value /= 2
    longer = value * Fraction(3, 2)
    return value, dots and longer <= room and place % (2 * value) == 0


def _joined(notes: Sequence[Written], bar: Bar) -> list[Written]:
    """Notes with whole beats of rest drawn together: two on halves of the bar, and all of a bar's end in one beat."""
    beat, joined = Fraction(1, bar.unit), list[Written]()
    for note in notes:
        last = joined[-1] if joined else None
        if (
            last
            and not (note.strokes or last.strokes or note.dotted or last.dotted)
            and note.tuplet == last.tuplet == (1, 1)
            and note.value == last.value >= beat
            and last.time % (2 * last.value) == 0
            and bar.unit < 8
        ):
            joined[-1] = replace(last, value=2 * last.value)
        else:
            joined.append(note)
    return joined


def _beamed(notes: Sequence[Written]) -> list[Written]:
    """The notes with their beams: from the first to the last flagged stroke of each group."""
    beamed = list(notes)
    indices = [index for index, note in enumerate(notes) if note.strokes]
    for _, run in groupby(indices, key=lambda index: notes[index].group):
        for flagged, part in groupby(run, key=lambda index: notes[index].n_flags > 0):
            members = list(part)
            if flagged and len(members) > 1:
                flags = [notes[index].n_flags for index in members]
                for place, index in enumerate(members):
                    beamed[index] = replace(notes[index], beams=_beams(flags, place))
    return beamed


def _beams(flags: Sequence[int], place: int) -> tuple[str, ...]:
    """The beams of a note among others under one beam, by level."""
    beams = []
    for level in range(1, flags[place] + 1):
        before = place > 0 and flags[place - 1] >= level
        after = place + 1 < len(flags) and flags[place + 1] >= level
        if before and after:
            beams.append("continue")
        elif after:
            beams.append("begin")
        elif before:
            beams.append("end")
        else:
            beams.append("backward hook" if place else "forward hook")
    return tuple(beams)


def _is_binary(number: int) -> bool:
    return number & (number - 1) == 0
