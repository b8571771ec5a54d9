"""The noun `Transcription`: everything known about one song once its drums are heard, as the writers take it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drum_tabber.events import Beats, Hits
from drum_tabber.grid import Grid
from drum_tabber.quantize import Dynamics, Placement, quantize, to_tab
from drum_tabber.sections import Section
from drum_tabber.subdivision import subdivide
from drum_tabber.tab import Tab, TabStyle
from drum_tabber.vocabulary import Vocabulary


@dataclass(frozen=True)
class Presentation:
    """How hits are written down: the drums, the tab's layout, columns a beat, and dynamics (None: all alike)."""

    vocabulary: Vocabulary
    style: TabStyle
    slots_per_beat: int = 4
    dynamics: Dynamics | None = None


@dataclass(frozen=True, eq=False)
class Transcription:
    """A song's drums: `duration` seconds, hits and beats as performed, each hit's place, tab and sections."""

    title: str
    duration: float
    hits: Hits
    beats: Beats
    grid: Grid
    placement: Placement
    tab: Tab
    presentation: Presentation
    sections: tuple[Section, ...] = ()


def notate(title: str, duration: float, hits: Hits, beats: Beats, presentation: Presentation) -> Transcription:
    """The transcription of a song's hits and beats: grid, slots and tab are made here."""
    start, end = (float(hits.time[0]), float(hits.time[-1])) if len(hits) else (None, None)
    grid, feel = subdivide(hits, Grid.of(beats, presentation.slots_per_beat, start, end))
    placement = quantize(hits, grid, feel, presentation.vocabulary)
    tab = to_tab(hits, placement, grid, presentation.vocabulary, presentation.dynamics)
    return Transcription(title, duration, hits, beats, grid, placement, replace(tab, title=title), presentation)
