"""Sections: the parts of a song (intro, verse, chorus, fill) as runs of bars."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of a song: its name, the bar it begins with, counted from 1, and how many bars it lasts."""

    name: str
    bar: int
    n_bars: int
