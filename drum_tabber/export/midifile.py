"""A song as a MIDI file, and a tab from one (midi.py knows the file, this module the music).

Written are the drums' hits, played or on the grid, with tempo, meters and sections. A file whose strokes lie on halves,
thirds … of its beats is read as it stands; one that was played is quantised first. Flams and drags are grace notes;
MIDI has no rolls, no chokes and no half-open hats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from drum_tabber import midi
from drum_tabber.errors import DrumTabberError
from drum_tabber.events import Hits
from drum_tabber.export.bars import MOST_BARS, bars_of, from_recording, place_of, sections_at
from drum_tabber.meter.grid import Grid
from drum_tabber.midi import MidiEvents
from drum_tabber.notation.quantize import FLAM, GRACE_LEVEL, Dynamics, quantize, to_tab
from drum_tabber.notation.subdivision import subdivide
from drum_tabber.notation.transcription import Transcription
from drum_tabber.tab import Tab
from drum_tabber.tab.meter import ticks_of
from drum_tabber.tab.notation import GRACES, Dynamic, Meaning
from drum_tabber.vocabulary import Vocabulary

_GRACED = ("", *GRACES)
_STEADY = 1e-3  # share by which beats of a steady tempo differ
_SAME_TEMPO = 2e-4  # share by which the tempi of bars differ that are the same


def write(path: Path, song: Transcription) -> None:
    """Write the song's hits as its `presentation.midi` has it."""
    style = song.presentation.midi
    hits = song.hits_on_grid if style.quantised else song.hits
    names = [(section.bar, section.name) for section in song.sections]
    vocabulary = song.presentation.vocabulary.noted(style.notes)
    grid, _ = from_recording(song.grid, song.tab)
    midi.write(path, hits, grid, vocabulary, song.title, names, song.beats)


def read(path: Path, vocabulary: Vocabulary, dynamics: Dynamics | None = None) -> Tab:
    """The tab of a MIDI file's drum channel. Raises DrumTabberError for what is no MIDI file or has no drums."""
    dynamics = dynamics or Dynamics()
    events = midi.read_events(path, vocabulary)
    if not events.notes:
        raise DrumTabberError(f"can't read {path}: channel 10 holds no drums; give a MIDI file with a drum part")
    try:
        bars = _bars(events)
    except ValueError as error:
        raise DrumTabberError(f"can't read {path}: {error}; export it anew") from error
    tempi = _tempi(bars, events)
    names = {bar.tick: number for number, bar in enumerate(bars, start=1)}
    sections = [(names[tick], name) for tick, name in events.markers.items() if tick in names]
    strokes = _strokes(events, bars, dynamics)
    if strokes is None:
        played = _quantised(events, bars, vocabulary, dynamics)
        sections = [(bar, name) for bar, name in sections if bar <= len(played.bars)]
        return Tab(events.title, played.tempo, played.bars, sections_at(sections, [played.tempo] * len(played.bars)))
    meters = [(bar.n_beats, bar.unit) for bar in bars]
    return Tab(events.title, tempi[0], bars_of(meters, strokes), sections_at(sections, tempi))


@dataclass(frozen=True)
class _Bar:
    tick: int
    end: int  # tick of the next
    n_beats: int
    unit: int
    beat_ticks: float


def _bars(events: MidiEvents) -> list[_Bar]:
    """The bars up to the last note, or as many as the file says; without those that lead in."""
    n_beats, lead = events.counted or (None, 0)
    changes = sorted({0: (4, 4), **events.meters}.items())
    bars: list[_Bar] = []
    done, tick = 0, 0
    while len(bars) < MOST_BARS and (tick <= events.last or done < lead + (n_beats or 0)):
        meter, unit = [signature for start, signature in changes if start <= tick][-1]
        end = tick + ticks_of((meter, unit), events.ticks_per_quarter)
        bar = _Bar(tick, end, meter, unit, events.ticks_per_quarter * 4 / unit)
        done, tick = done + meter, end
        if done > lead:
            bars.append(bar)
    return bars


def _tempi(bars: Sequence[_Bar], events: MidiEvents) -> list[float]:
    """The tempo of each bar, quarter notes a minute; where it changes from beat to beat, the one of the whole song."""
    clock = events.tempo_map
    edges = [[round(bar.tick + beat * bar.beat_ticks) for beat in range(bar.n_beats + 1)] for bar in bars]
    lengths = [np.diff(clock.seconds(ticks)) for ticks in edges]
    quarters = [4 * bar.n_beats / bar.unit for bar in bars]
    tempi = [60 * quarter / float(length.sum()) for quarter, length in zip(quarters, lengths, strict=True)]
    if any(np.ptp(length) > _STEADY * length.mean() for length in lengths):
        return [round(float(np.median(tempi)), 1)] * len(bars)
    steady = [tempi[0]]
    for tempo in tempi[1:]:
        steady.append(steady[-1] if abs(tempo - steady[-1]) < _SAME_TEMPO * tempo else tempo)
    return [round(tempo, 2) for tempo in steady]


def _strokes(
    events: MidiEvents, bars: Sequence[_Bar], dynamics: Dynamics
) -> list[tuple[int, Fraction, Meaning]] | None:
    """Each stroke's bar, beat and meaning; None where they lie on no grid."""
    clock = events.tempo_map
    starts = np.array([bar.tick for bar in bars])
    notes = sorted(events.notes)
    following: dict[str, tuple[float, int]] = {}  # by drum, the next stroke's time and velocity
    graces: dict[str, int] = {}  # by drum, how many grace notes the stroke at hand has
    strokes: list[tuple[int, Fraction, Meaning]] = []
    last: dict[str, int] = {}  # by drum, where in `strokes` the one after the note at hand is
    for tick, drum, velocity in reversed(notes):
        index = max(0, int(np.searchsorted(starts, tick, side="right")) - 1)
        time = float(clock.seconds(tick))
        place = _place(tick, bars[index])
        next_time, next_velocity = following.get(drum, (np.inf, 0))
        near = next_time - time < FLAM and graces.get(drum, 0) < len(_GRACED) - 1
        if near and (place is None or velocity == round(next_velocity * GRACE_LEVEL)):
            graces[drum] = graces.get(drum, 0) + 1
            bar, at, meaning = strokes[last[drum]]
            strokes[last[drum]] = bar, at, meaning._replace(articulation=_GRACED[graces[drum]])
            following[drum] = (time, next_velocity)
            continue
        if place is None:
            return None
        if place >= bars[index].n_beats:
            index, place = index + 1, Fraction(0)
        if index == len(bars) or place < 0:
            continue
        graces[drum], following[drum], last[drum] = 0, (time, velocity), len(strokes)
        strokes.append((index + 1, place, Meaning(drum, _dynamic(velocity, dynamics))))
    return strokes


def _place(tick: int, bar: _Bar) -> Fraction | None:
    """The beats from the start of a bar to a tick, if it lies on a usual part of a beat."""
    tolerance = min(1.0, max(0.5, bar.beat_ticks / 500)) / bar.beat_ticks
    return place_of((tick - bar.tick) / bar.beat_ticks, tolerance * (1 + 1e-9))


def _dynamic(velocity: int, dynamics: Dynamics) -> Dynamic:
    if velocity >= dynamics.accent:
        return "accent"
    return "ghost" if velocity <= dynamics.ghost else "normal"


def _quantised(events: MidiEvents, bars: Sequence[_Bar], vocabulary: Vocabulary, dynamics: Dynamics) -> Tab:
    """The tab of a file that someone played."""
    clock = events.tempo_map
    ticks = [round(bar.tick + beat * bar.beat_ticks) for bar in bars for beat in range(bar.n_beats)]
    times = clock.seconds([*ticks, bars[-1].end])
    slots = [max(1, 16 // bar.unit) for bar in bars for _ in range(bar.n_beats)]
    grid = Grid(times, np.array(slots), tuple(bar.n_beats for bar in bars), tuple(bar.unit for bar in bars))
    note_ticks, drums, velocities = map(list, zip(*events.notes, strict=True))
    hits = Hits.of(clock.seconds(note_ticks), drums, velocities)
    grid, feel = subdivide(hits, grid, stated=bool(events.meters))
    return to_tab(hits, quantize(hits, grid, feel), grid, vocabulary, dynamics)
