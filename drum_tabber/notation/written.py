"""A tab as a `Transcription`, so that a tab, alone or laid over its song, can become whatever a song can.

What the tab says stays: its bars, their meters and slots, strokes and how they are played, its sections.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drum_tabber.files import as_text
from drum_tabber.meter.grid import Grid, as_written
from drum_tabber.notation.quantize import placed
from drum_tabber.notation.sections import Section
from drum_tabber.notation.transcription import Presentation, Transcription
from drum_tabber.tab import Bar, Tab
from drum_tabber.tab.notation import GRACES

if TYPE_CHECKING:
    from drum_tabber.alignment.align import TimedTab


def from_tab(tab: Tab, presentation: Presentation) -> Transcription:
    """A tab at its own tempo, from time 0, or where it begins with grace notes from a bar's time on."""
    grid = Grid.of_tab(tab)
    if any(not stroke.slot and stroke.articulation in GRACES for bar in tab.bars[:1] for stroke in bar.strokes):
        grid = Grid.of_tab(tab, float(grid.beat_time[grid.meters[0]]))
    hits, placement = placed(tab, grid)
    duration = float(grid.beat_time[-1])
    return Transcription(tab.title, duration, hits, grid.beats, grid, placement, tab, presentation, sections_of(tab))


def from_timed_tab(timed: TimedTab, song: Path, duration: float, presentation: Presentation) -> Transcription:
    """A tab as its song plays it: bars in the order of playing, and rests where the song plays what isn't written."""
    bars, beat_time, places = _played(timed)
    lengths = np.diff(beat_time) * [bar.unit / 4 for bar in bars for _ in bar.divisions]
    starts = defaultdict(list)
    for place, played in zip(places, timed.bars, strict=True):
        starts[played.number].append(place)
    sections = sorted(
        section._replace(bar=place, time=None, tempo=None)
        for section in timed.tab.sections
        for place in starts[section.bar]
        if section.name
    )
    tempo = as_written(float(60 / np.median(lengths)))
    tab = replace(timed.tab, tempo=tempo, bars=tuple(bars), sections=tuple(sections))
    meters, units = zip(*(bar.meter for bar in bars), strict=True)
    grid = Grid(beat_time, np.array([slots for bar in bars for slots in bar.divisions]), meters, units)
    times, confidences = _heard(timed, bars, grid, places)
    hits, placement = placed(tab, grid, times, confidences)
    return Transcription(
        tab.title or as_text(song.stem),
        duration,
        hits,
        grid.beats,
        grid,
        placement,
        tab,
        presentation,
        sections_of(tab),
        song,
    )


def sections_of(tab: Tab) -> tuple[Section, ...]:
    """The named sections of a tab, each up to the next or to the end."""
    named = sorted((section.bar, section.name) for section in tab.sections if section.name)
    bounds = [*(bar for bar, _ in named), len(tab.bars) + 1]
    spans = zip(named, pairwise(bounds), strict=True)
    return tuple(Section(name, start, end - start) for (_, name), (start, end) in spans if end > start)


def _played(timed: TimedTab) -> tuple[list[Bar], NDArray[np.float64], list[int]]:
    """The bars in the order of playing with empty ones in the gaps, every beat's time and the end's, and the place
    (from 1) of each played bar."""
    bars: list[Bar] = []
    times: list[float] = []
    places: list[int] = []
    end = timed.bars[0].start
    for played in timed.bars:
        bar = timed.tab.bars[played.number - 1]
        n_missing = round((played.start - end) / (played.end - played.start))
        if n_missing > 0:
            bars += [replace(bar, strokes=())] * n_missing
            n_beats = len(bar.divisions) * n_missing
            times += np.linspace(end, played.start, n_beats, endpoint=False).tolist()
        bars.append(bar)
        places.append(len(bars))
        times += played.beat_time[:-1]
        end = played.end
    apart = np.maximum.accumulate(np.array([*times, end]) - 1e-3 * np.arange(len(times) + 1))
    return bars, apart + 1e-3 * np.arange(len(times) + 1), places  # a bar may begin before the one before it ends


def _heard(
    timed: TimedTab, bars: Iterable[Bar], grid: Grid, places: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each stroke of the bars, in their order, was played, and how sure that is."""
    hits: dict[tuple[int, int, str], list[tuple[float, float]]] = defaultdict(list)
    columns = (timed.played, timed.slot, timed.hits.drum, timed.hits.time, timed.hits.confidence)
    for played, slot, drum, time, sure in zip(*(column.tolist() for column in columns), strict=True):
        hits[places[played], slot, drum].append((time, sure))
    found = []
    for number, bar in enumerate(bars, start=1):
        for stroke in bar.strokes:
            own = hits[number, stroke.slot, stroke.drum]
            found.append(own.pop(0) if own else (float(grid.time_of(number, stroke.slot)), 0.0))
    times, confidences = np.array(found, np.float64).reshape(-1, 2).T
    return times, confidences
