"""A `Tab` as a standard MIDI file and back, without loss: notes for its strokes, text for what notes can't say.

A program that plays the file hears every stroke at the tab's tempi, with grace notes before flams and drags. The text
events repeat in words what it needs not know: the slots of each beat, articulations, sections. `midi.py` is for what
was performed; here everything lies on the grid.

    Bars: 17               at the start: how many, Tempo: 132.5 BPM, Title: ...
    Divisions: 4 4 3 4     at a bar: the slots of its beats, and of those after it
    Section: Chorus        at a bar, perhaps with Time: and Tempo:
    SD: flam 1             at a stroke: its articulation, and the grace notes that were written before it
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import mido

from drum_tabber.errors import DrumTabberError
from drum_tabber.files import replacing
from drum_tabber.midi import DRUM_CHANNEL
from drum_tabber.tab.notation import Dynamic
from drum_tabber.tab.score import DEFAULT_TEMPO, Bar, Section, Stroke, Tab
from drum_tabber.vocabulary import Vocabulary

_TICKS = 960  # a quarter note
_NOTE_TICKS = 20
_VELOCITIES: dict[Dynamic, int] = {"ghost": 30, "normal": 96, "accent": 120}
_GRACES = {"flam": 1, "drag": 2}
_GRACE_TICKS, _GRACE_VELOCITY = 30, 48
_LARGEST_TEMPO = 0xFFFFFF  # microseconds a quarter note, in three bytes
_TEXT = re.compile(r"(Title|Tempo|Key|Bars|Divisions|Section|Time|\w\w): ?(.*)", re.DOTALL)

Event = tuple[int, mido.Message | mido.MetaMessage]


def write(path: Path, tab: Tab, vocabulary: Vocabulary) -> None:
    """Write the tab as a MIDI file (format 1, General MIDI drums)."""
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS, charset="utf-8")
    starts = _bar_ticks(tab.bars)
    file.tracks.append(_track([*_head(tab), *_conductor(tab, starts)], starts[-1]))
    strokes = [
        (start + tick, stroke)
        for start, bar in zip(starts, tab.bars, strict=False)
        for tick, stroke in zip(_stroke_ticks(bar), bar.strokes, strict=True)
    ]
    graces = _graces(strokes)
    file.tracks.append(_track([*_texts(strokes, graces), *_notes(strokes, graces, vocabulary)], starts[-1]))
    with replacing(Path(path)) as part:
        file.save(part)


def read(path: Path, vocabulary: Vocabulary) -> Tab:
    """The tab of a file that `write` wrote. Raises DrumTabberError for any other."""
    try:
        file = mido.MidiFile(path, clip=True, charset="utf-8")
        texts, meters, notes = _events(file)
        return _tab(texts, meters, notes, vocabulary)
    except (OSError, EOFError, ValueError, IndexError, KeyError, mido.KeySignatureError) as error:
        raise DrumTabberError(f"{path} holds no tab that we wrote; transcribe it as a performance instead") from error


# ------------------------------------------------------------------------------------------------------------ writing


def _bar_ticks(bars: tuple[Bar, ...]) -> list[int]:
    """Where each bar begins, and where the last ends."""
    return [0, *accumulate(4 * _TICKS * len(bar.divisions) // bar.unit for bar in bars)]


def _slot_ticks(divisions: tuple[int, ...], unit: int) -> list[int]:
    """Ticks from the bar line to each slot."""
    beat = 4 * _TICKS // unit
    return [index * beat + beat * slot // n for index, n in enumerate(divisions) for slot in range(n)]


def _stroke_ticks(bar: Bar) -> list[int]:
    slots = _slot_ticks(bar.divisions, bar.unit)
    return [slots[stroke.slot] for stroke in bar.strokes]


def _text(tick: int, name: str, value: object) -> Event:
    return tick, mido.MetaMessage("text", text=f"{name}: {value}")


def _pace(tick: int, tempo: float) -> Event:
    return tick, mido.MetaMessage("set_tempo", tempo=min(round(60_000_000 / tempo), _LARGEST_TEMPO))


def _head(tab: Tab) -> Iterator[Event]:
    yield 0, mido.MetaMessage("track_name", name=tab.title)
    yield from (_text(0, "Title", tab.title), _text(0, "Bars", len(tab.bars)), _text(0, "Tempo", repr(tab.tempo)))
    if tab.key:
        yield _text(0, "Key", tab.key)
    yield _pace(0, tab.tempo)


def _conductor(tab: Tab, starts: list[int]) -> Iterator[Event]:
    """Meters, divisions and sections, each where it begins."""
    before = Bar((), 0)
    for start, bar in zip(starts, tab.bars, strict=False):
        if bar.meter != before.meter:
            yield start, mido.MetaMessage("time_signature", numerator=bar.meter[0], denominator=bar.unit)
        if bar.divisions != before.divisions:
            yield _text(start, "Divisions", " ".join(map(str, bar.divisions)))
        before = bar
    for section in tab.sections:
        start = starts[section.bar - 1]
        yield _text(start, "Section", section.name)
        if section.time is not None:
            yield _text(start, "Time", repr(section.time))
        if section.tempo is not None:
            yield from (_text(start, "Tempo", repr(section.tempo)), _pace(start, section.tempo))


def _graces(strokes: list[tuple[int, Stroke]]) -> list[list[int]]:
    """Where the grace notes of each stroke lie: not before the first bar line, nor where its drum has a stroke."""
    taken = {(tick, stroke.drum) for tick, stroke in strokes}
    graces = []
    for tick, stroke in strokes:
        number = _GRACES.get(stroke.articulation, 0)
        ticks = [tick - _GRACE_TICKS * (number - index) for index in range(number)]
        graces.append([at for at in ticks if at >= 0 and (at, stroke.drum) not in taken])
    return graces


def _texts(strokes: list[tuple[int, Stroke]], graces: list[list[int]]) -> Iterator[Event]:
    for (tick, stroke), ticks in zip(strokes, graces, strict=True):
        if stroke.articulation:
            yield _text(tick, stroke.drum, f"{stroke.articulation} {len(ticks)}")


def _notes(strokes: list[tuple[int, Stroke]], graces: list[list[int]], vocabulary: Vocabulary) -> Iterator[Event]:
    for (tick, stroke), ticks in zip(strokes, graces, strict=True):
        note = vocabulary.by_code[stroke.drum].note
        velocities = dict.fromkeys(ticks, _GRACE_VELOCITY) | {tick: _VELOCITIES[stroke.dynamic]}
        for at, velocity in velocities.items():
            yield at, mido.Message("note_on", channel=DRUM_CHANNEL - 1, note=note, velocity=velocity)
            yield at + _NOTE_TICKS, mido.Message("note_off", channel=DRUM_CHANNEL - 1, note=note)


def _track(events: list[Event], end: int) -> mido.MidiTrack:
    """A track of events at ticks, of which texts come before what they are about."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: (event[0], event[1].type != "note_off")):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return track


# ------------------------------------------------------------------------------------------------------------ reading

Texts = list[tuple[int, str, str]]
Meters = dict[int, tuple[int, int]]
Notes = dict[tuple[int, int], int]  # velocity by tick and note


def _events(file: mido.MidiFile) -> tuple[Texts, Meters, Notes]:
    texts: Texts = []
    meters: Meters = {}
    notes: Notes = {}
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "text" and (found := _TEXT.fullmatch(message.text)):
                texts.append((tick, found[1], found[2]))
            elif message.type == "time_signature":
                meters[tick] = message.numerator, message.denominator
            elif message.type == "note_on" and message.velocity:
                notes[tick, message.note] = max(message.velocity, notes.get((tick, message.note), 0))
    return texts, meters, notes


def _tab(texts: Texts, meters: Meters, notes: Notes, vocabulary: Vocabulary) -> Tab:
    head = {name: value for tick, name, value in reversed(texts) if tick == 0}
    articulations = {(tick, name): value.split() for tick, name, value in texts if name in vocabulary.by_code}
    divided = {tick: tuple(map(int, value.split())) for tick, name, value in texts if name == "Divisions"}
    tick, unit = 0, 4
    divisions: tuple[int, ...] = ()
    bars: list[Bar] = []
    starts: dict[int, int] = {}
    for number in range(1, int(head["Bars"]) + 1):
        starts[tick] = number
        unit = meters.get(tick, (0, unit))[1]
        divisions = divided.get(tick, divisions)
        strokes = _strokes(tick, _slot_ticks(divisions, unit), notes, articulations, vocabulary)
        bars.append(Bar(divisions, unit, tuple(strokes)))
        tick += 4 * _TICKS * len(divisions) // unit
    tempo = float(head.get("Tempo", DEFAULT_TEMPO))
    return Tab(head["Title"], tempo, tuple(bars), _sections(texts, starts), head.get("Key", ""))


def _strokes(
    start: int, slots: list[int], notes: Notes, articulations: dict[tuple[int, str], list[str]], vocabulary: Vocabulary
) -> Iterator[Stroke]:
    """The strokes of a bar; a note at a slot is a grace note where its velocity is that of one."""
    dynamics = {velocity: dynamic for dynamic, velocity in _VELOCITIES.items()}
    for slot, offset in enumerate(slots):
        for drum in vocabulary.drums:
            velocity = notes.get((start + offset, drum.note), _GRACE_VELOCITY)
            if velocity != _GRACE_VELOCITY:
                how = articulations.get((start + offset, drum.code), [""])[0]
                yield Stroke(slot, drum.code, dynamics[velocity], how)


def _sections(texts: Texts, starts: dict[int, int]) -> tuple[Section, ...]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for tick, name, value in texts:
        if name == "Section" or tick in found:
            found[tick][name] = value
    return tuple(
        Section(
            facts["Section"], starts[tick], *(float(facts[key]) if key in facts else None for key in ("Time", "Tempo"))
        )
        for tick, facts in sorted(found.items())
    )
