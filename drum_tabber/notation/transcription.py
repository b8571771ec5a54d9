"""The noun `Transcription`: everything known about one song once its drums are heard, as the writers take it.

It comes from hits and beats (`notate`), or from a tab (written.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber import tab
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.meter.free import filled, within
from drum_tabber.meter.grid import Grid, as_written
from drum_tabber.notation import doubt, pace, sections
from drum_tabber.notation.quantize import Dynamics, Placement, on_grid, quantize, to_tab
from drum_tabber.notation.sections import Section
from drum_tabber.notation.subdivision import STRAIGHT, subdivide
from drum_tabber.sound import waveform
from drum_tabber.tab import Tab, TabStyle
from drum_tabber.vocabulary import Vocabulary

NEVER = Spans()
_SAME_TURN = 2  # bars between a section's beginning and a change of tempo that are one


@dataclass(frozen=True)
class PageStyle:
    """How a page shows a song: recordings of up to `embedded` bytes are in it, larger ones are linked."""

    embedded: int = 12_000_000


@dataclass(frozen=True)
class MidiStyle:
    """How MIDI files are written: notes where they are played or on the grid, `notes` unlike the table's by code."""

    quantised: bool = False
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Presentation:
    """How hits are written: drums, the tab's layout, columns a beat, dynamics (None: all alike), MIDI, page.

    Hits of less than `doubtful` confidence are marked; `sections`: the song's parts are looked for and named.
    """

    vocabulary: Vocabulary
    style: TabStyle
    slots_per_beat: int = 4
    dynamics: Dynamics | None = None
    midi: MidiStyle = field(default_factory=MidiStyle)
    page: PageStyle = field(default_factory=PageStyle)
    sections: bool = True
    doubtful: float = 0.0


@dataclass(frozen=True, eq=False)
class Transcription:
    """A song's drums: `duration` seconds, hits and beats as performed, each hit's place, tab and sections.

    `audio` is the recording, where there is one; `instead` holds for each hit the drum that it may be instead
    ("" none), or nothing where that is not known. In the spans of `free` there are no beats, only bars to write on.
    """

    title: str
    duration: float
    hits: Hits
    beats: Beats
    grid: Grid
    placement: Placement
    tab: Tab
    presentation: Presentation
    sections: tuple[Section, ...] = ()
    audio: Path | None = None
    instead: tuple[str, ...] = ()
    free: Spans = field(default_factory=Spans)

    @cached_property
    def waveform(self) -> NDArray[np.float32] | None:
        """(n, 2) least and greatest samples, `waveform.RATE` a second; None without a recording. Raises AudioError."""
        return None if self.audio is None else waveform.read(self.audio)

    def under_sections_of(self, other: Transcription) -> Transcription:
        """The same under the sections of another transcription of the song, if that has the same bars: parts of a song
        don't depend on which of its drums are written apart."""
        if len(other.tab.bars) != len(self.tab.bars):
            return self
        return replace(self, sections=other.sections, tab=replace(self.tab, sections=other.tab.sections))

    @property
    def hits_on_grid(self) -> Hits:
        """The hits as they are written: on their slots; in free passages as they were played."""
        free = within(self.hits.time, self.free)
        written = on_grid(self.hits.select(~free), self.placement.select(~free), self.grid)
        return Hits.concatenate([written, self.hits.select(free)])

    @property
    def doubtful(self) -> NDArray[np.int64]:
        """Indices of the doubtful hits that the tab shows, the most doubtful first."""
        found = doubt.ordered(self.hits, self.presentation.doubtful)
        return found[self.placement.shown[found]]

    @property
    def doubts(self) -> set[tuple[int, int]]:
        """Bar and slot of the doubtful hits."""
        places = self.placement
        return {(int(places.bar[hit]), int(places.slot[hit])) for hit in self.doubtful.tolist()}


def notate(
    title: str,
    duration: float,
    hits: Hits,
    beats: Beats,
    presentation: Presentation,
    instead: tuple[str, ...] = (),
    free: Spans = NEVER,
) -> Transcription:
    """The transcription of a song's hits and beats: grid, slots, tab and sections are made here.

    In the spans of `free` there are no beats: they are written in even bars, under a heading that says so.
    """
    start, end = (float(hits.time[0]), float(hits.time[-1])) if len(hits) else (None, None)
    grid, feel = subdivide(hits, Grid.of(filled(beats, free), presentation.slots_per_beat, start, end))
    placement = quantize(hits, grid, feel, presentation.vocabulary)
    written = to_tab(hits, placement, grid, presentation.vocabulary, presentation.dynamics)
    told = written  # sections are those of what is played, whether dynamics are shown or not
    if presentation.sections and not presentation.dynamics:
        told = to_tab(hits, placement, grid, presentation.vocabulary, Dynamics())
    parts = sections.find(told, presentation.vocabulary) if presentation.sections else ()
    timeless = _free_bars(free, grid, len(written.bars))
    parts = sections.numbered(sections.with_free(parts, timeless))
    headings = {part.bar: _heading(part, grid) for part in parts}
    tempo, changes = _paces(grid, len(written.bars), timeless, {*headings})
    for bar, changed in changes.items():
        headings[bar] = headings.get(bar, tab.Section("", bar))._replace(tempo=changed)
    written = replace(
        written,
        title=title,
        tempo=tempo,
        sections=tuple(headings[bar] for bar in sorted(headings)),
        feel=tab.SWUNG if feel.sixteenth > STRAIGHT.sixteenth else "",
    )
    return Transcription(
        title, duration, hits, beats, grid, placement, written, presentation, parts, instead=instead, free=free
    )


def _free_bars(free: Spans, grid: Grid, n_bars: int) -> tuple[NDArray[np.bool_], ...]:
    """For each free passage which of the written bars it fills: those whose middle lies in it."""
    start = grid.beat_time[grid.bar_beat]
    middle = (0.5 * (start[1:] + start[:-1]))[:n_bars]
    return tuple((middle >= first) & (middle < last) for first, last in zip(free.start, free.end, strict=True))


def _paces(
    grid: Grid, n_bars: int, timeless: Sequence[NDArray[np.bool_]], headed: Collection[int]
) -> tuple[float, dict[int, float]]:
    """The tempo that most of a tab has, which its head states, and by bar those that last from there on: of the first
    bar, where that is another, and of those where it changes.

    A change within a bar or two of one of the bars that are `headed` is written there. Passages without beats have the
    tempo that was before them.
    """
    start = grid.beat_time[grid.bar_beat]
    quarters = 4 * np.array(grid.meters) / np.array(grid.units)
    counted = ~np.any([np.zeros(n_bars, bool), *timeless], axis=0)
    if not counted.any():
        return grid.written_tempo, {}
    seconds = np.diff(start)[:n_bars]
    written = pace.paces((60 * quarters[:n_bars] / seconds)[counted])
    bars = np.flatnonzero(counted) + 1
    turns = (np.flatnonzero(np.diff(written)) + 1).tolist()
    if not turns:
        return grid.written_tempo, {}
    tempi, which = np.unique(written, return_inverse=True)
    usual = float(tempi[np.argmax(np.bincount(which, seconds[counted]))])
    changes = {} if written[0] == usual else {1: as_written(float(written[0]))}
    for turn in turns:
        bar = int(bars[turn])
        near = min(headed, key=lambda other: abs(other - bar), default=bar)
        changes[near if abs(near - bar) <= _SAME_TURN and near > 1 else bar] = as_written(float(written[turn]))
    return as_written(usual), changes


def _heading(part: Section, grid: Grid) -> tab.Section:
    """A section as the tab states it, with the second in which it begins."""
    return tab.Section(part.name, part.bar, float(max(0, round(float(grid.time_of([part.bar], [0])[0])))))
