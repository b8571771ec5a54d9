"""A part of a song, as it is put together: its bars, its name, and the order of all parts that a line may state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from drum_tabber.tab.measure import Measure
from drum_tabber.tab.repeats import MOST_BARS
from drum_tabber.tab.words import Plays


@dataclass
class Part:
    """A section under construction; `open` while bars below it belong to it. Its `body` is played `plays` times."""

    name: str
    line: int = 0
    time: float | None = None
    tempo: float | None = None
    plays: Plays | None = None
    open: bool = True
    replaced: int = 0  # so many of its last bars are still to be written anew
    systems: list[list[Measure]] = field(default_factory=list)
    body: list[Measure] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = key_of(self.name)

    @property
    def stated(self) -> bool:
        """Whether anything but bars is known of it, be it that it begins here."""
        return bool(self.name) or self.line > 0 or self.time is not None or self.tempo is not None


def ordered(parts: Sequence[Part], names: Sequence[str]) -> list[Part] | None:
    """The parts in the order of these names, without those that no part has; None where the names don't tell all the
    parts that have bars."""
    played = [part for part in parts if part.measures]
    named = {part.key: part for part in played}
    keys = [key for name in names if (key := key_of(name)) in named]
    if not keys or set(keys) != set(named) or len(named) < len(played):
        return None
    again: list[Part] = []
    room = MOST_BARS
    for at, key in enumerate(keys):
        part = named[key]
        time = None if key in keys[:at] else part.time
        again.append(replace(part, time=time, measures=part.measures[:room]))
        room -= len(again[-1].measures)
    return again


def key_of(name: str) -> str:
    """A part's name without what doesn't tell it from others."""
    return " ".join(re.findall(r"\w+", name.lower()))


def base_of(key: str) -> str:
    """A part's name without its number."""
    return re.sub(r" ?\d+$| (?:[a-h]|[ivx]+)$", "", key)
