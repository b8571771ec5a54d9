"""The noun `Tab`: a drum part as it is written down, in sections, bars, beats, slots and strokes.

Bars count from 1, with every repeat written out; slots are the columns of a bar and count from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from drum_tabber.tab.notation import Dynamic, Meaning

SWUNG = "swung sixteenths"
DEFAULT_TEMPO = 120.0  # quarter notes a minute


class Stroke(NamedTuple):
    """One note of a tab: the slot in its bar, a drum's code, how strong and how it is played ("" plainly)."""

    slot: int
    drum: str
    dynamic: Dynamic = "normal"
    articulation: str = ""

    @property
    def meaning(self) -> Meaning:
        """The stroke without its slot."""
        return Meaning(*self[1:])


@dataclass(frozen=True)
class Bar:
    """A bar: the slots that each of its beats has, what note a beat is (4 a quarter), and its strokes, sorted."""

    divisions: tuple[int, ...] = (4, 4, 4, 4)
    unit: int = 4
    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(sorted(self.strokes)))
        for stroke in self.strokes:
            if not 0 <= stroke.slot < self.n_slots:
                raise ValueError(f"a bar of {self.n_slots} slots can't hold {stroke}")

    @classmethod
    def even(cls, n_slots: int = 16, meter: tuple[int, int] = (4, 4), strokes: Iterable[Stroke] = ()) -> Bar:
        """A bar whose beats all have the same number of slots."""
        beats, unit = meter
        if n_slots % beats:
            raise ValueError(f"{n_slots} slots can't be shared out evenly over {beats} beats")
        return cls((n_slots // beats,) * beats, unit, tuple(strokes))

    @property
    def meter(self) -> tuple[int, int]:
        """Beats in the bar, and what note a beat is."""
        return len(self.divisions), self.unit

    @property
    def n_slots(self) -> int:
        """Columns of the bar."""
        return sum(self.divisions)


class Section(NamedTuple):
    """A part of the song: its name, its first bar, and where they are stated its start (seconds) and its tempo."""

    name: str
    bar: int
    time: float | None = None
    tempo: float | None = None


@dataclass(frozen=True)
class Tab:
    """A drum part as written: title, tempo (quarter notes a minute), bars, and the sections that begin at some.

    Titles and names of sections are one line each, with single spaces. `key` names the song's, "A minor", `feel` is
    `SWUNG` where sixteenths aren't played as they are written; "" says neither.
    """

    title: str = ""
    tempo: float = DEFAULT_TEMPO
    bars: tuple[Bar, ...] = ()
    sections: tuple[Section, ...] = ()
    key: str = ""
    feel: str = ""

    def __post_init__(self) -> None:
        sections = (section._replace(name=_one_line(section.name)) for section in self.sections)
        object.__setattr__(self, "title", _one_line(self.title))
        object.__setattr__(self, "sections", tuple(sections))

    def tempi(self) -> Iterator[float]:
        """The tempo of each bar: the tab's, or that of the last section that states one."""
        changes = {section.bar: section.tempo for section in self.sections if section.tempo is not None}
        tempo = self.tempo
        for number in range(1, len(self.bars) + 1):
            tempo = changes.get(number, tempo)
            yield tempo


def _one_line(text: str) -> str:
    return " ".join(text.split())
