"""Standard MIDI files: drums and beats in, drums and beats out.

Reading takes the notes of the drum channel through the vocabulary's table and the beats from the tempo map and the
meters; in compound meters (6/8, 9/8, 12/8) a beat is a dotted note. Writing puts the beats where the tempo map needs
them, so that the performed times and the beats both survive. A text event counts the beats, because bars lead in from
the start of the recording; in files with that text a beat is what the meter says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber.errors import DrumTabberError
from drum_tabber.events import Beats, Hits
from drum_tabber.files import replacing
from drum_tabber.meter.grid import Grid
from drum_tabber.meter.timeline import Timeline
from drum_tabber.tab.meter import meter_of
from drum_tabber.vocabulary import Vocabulary

EXTENSIONS = (".mid", ".midi")
DRUM_CHANNEL = 10  # as MIDI counts them, from 1

_TICKS = 4800  # a quarter note; half a tick is 0.1 ms at 60 beats a minute, and 0.8 ms where a beat lasts 7.7 s
_NOTE_TICKS = 300  # length of a written note, a 64th
_DEFAULT_TEMPO = 500_000  # microseconds a quarter note, MIDI's own default
_MAX_TEMPO = 0xFFFFFF
_DRIFT = 8  # microseconds that beats may be off before the tempo makes up for it
_COMPOUND = (6, 9, 12)  # meters, over 8 or shorter notes, whose beat is three of them
_MOST_BEATS = 200_000  # more are a fault of the file's, and not worth the time
BEATS_TEXT = re.compile(r"beats (\d{1,6}) after (\d{1,6})")


@dataclass(frozen=True)
class MidiScore:
    """The drums and the beats of a MIDI file; `other`: seconds and number of each note that is no drum's."""

    hits: Hits
    beats: Beats
    other: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class TempoMap:
    """Seconds against ticks: straight lines that change at `tick` (n,), where `time` (n,) has passed."""

    tick: NDArray[np.int64]
    time: NDArray[np.float64]
    seconds_per_tick: NDArray[np.float64]

    @classmethod
    def of(cls, changes: dict[int, int], ticks_per_quarter: int) -> TempoMap:
        """The map of tempo changes, microseconds a quarter note by tick."""
        changes = {0: _DEFAULT_TEMPO, **dict(sorted(changes.items()))}
        tick = np.array(list(changes), np.int64)
        pace = np.array(list(changes.values())) * 1e-6 / ticks_per_quarter
        time = np.concatenate([[0.0], np.cumsum(np.diff(tick) * pace[:-1])])
        return cls(tick, time, pace)

    def seconds(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """Times of ticks."""
        ticks = np.asarray(ticks, np.int64)
        index = np.searchsorted(self.tick, ticks, side="right") - 1
        return self.time[index] + (ticks - self.tick[index]) * self.seconds_per_tick[index]

    def ticks(self, times: ArrayLike) -> NDArray[np.int64]:
        """Nearest ticks to times."""
        times = np.maximum(np.asarray(times, np.float64), 0)
        index = np.searchsorted(self.time, times, side="right") - 1
        return self.tick[index] + np.rint((times - self.time[index]) / self.seconds_per_tick[index]).astype(np.int64)


@dataclass(frozen=True)
class MidiEvents:
    """What a MIDI file holds, in ticks: tempi (microseconds a quarter note), meters and markers by tick; `notes` as
    (tick, drum, velocity) and `others` as (tick, note number); the `last` note's tick; `counted` beats, and how many
    lead in to them, where the file says so."""

    ticks_per_quarter: int
    title: str
    tempos: dict[int, int]
    meters: dict[int, tuple[int, int]]
    markers: dict[int, str]
    notes: tuple[tuple[int, str, int], ...]
    others: tuple[tuple[int, int], ...]
    last: int
    counted: tuple[int, int] | None

    @property
    def tempo_map(self) -> TempoMap:
        """Seconds against ticks."""
        return TempoMap.of(self.tempos, self.ticks_per_quarter)

    @property
    def beats(self) -> Beats:
        """The beats from the start of the file to its last note, or those that it counts."""
        n_beats, skip = self.counted or (None, 0)
        ticks, places = _beats(self, None if n_beats is None else skip + n_beats)
        return Beats(self.tempo_map.seconds(ticks[skip:]), np.array(places[skip:], np.int64))


def read(path: Path, vocabulary: Vocabulary, channel: int | None = DRUM_CHANNEL) -> MidiScore:
    """The drums and beats of a MIDI file; notes that no drum has are told apart.

    Only notes on `channel` (from 1) are drums; None takes those of all channels. Beats run from the start of the file
    to its last note. Raises DrumTabberError for what is no MIDI file.
    """
    events = read_events(path, vocabulary, channel)
    tempo_map, beats = events.tempo_map, events.beats
    times = tempo_map.seconds([tick for tick, _ in events.others]).tolist()
    other = tuple((time, note) for time, (_, note) in sorted(zip(times, events.others, strict=True)))
    if not events.notes:
        return MidiScore(Hits(), beats, other)
    ticks, drums, velocities = map(list, zip(*events.notes, strict=True))
    return MidiScore(Hits.of(tempo_map.seconds(ticks), drums, velocities), beats, other)


def read_events(path: Path, vocabulary: Vocabulary, channel: int | None = DRUM_CHANNEL) -> MidiEvents:
    """A MIDI file in its own ticks. Raises DrumTabberError for what is none."""
    path = Path(path)
    try:
        file = mido.MidiFile(path, clip=True)
    except OSError as error:
        reason = error.strerror or "this is no complete MIDI file"
        raise DrumTabberError(f"can't read {path}: {reason}; give a standard MIDI file") from error
    except (EOFError, ValueError, IndexError, KeyError, mido.KeySignatureError) as error:
        raise DrumTabberError(f"can't read {path}: this is no complete MIDI file; give a standard MIDI file") from error
    if file.ticks_per_beat <= 0:
        raise DrumTabberError(
            f"can't read {path}: it counts film frames, not beats; export it with beats as its time base"
        )
    try:
        return _events(file, vocabulary, channel)
    except ValueError as error:
        raise DrumTabberError(f"can't read {path}: {error}; export it anew") from error


def _events(file: mido.MidiFile, vocabulary: Vocabulary, channel: int | None) -> MidiEvents:
    """Raises ValueError for a meter or a tempo that there isn't."""
    tempos: dict[int, int] = {}
    meters: dict[int, tuple[int, int]] = {}
    markers: dict[int, str] = {}
    notes: list[tuple[int, str, int]] = []
    others: list[tuple[int, int]] = []
    title, counted, last = "", None, 0
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                if not message.tempo:
                    raise ValueError("at its tempo a beat lasts no time")
                tempos[tick] = message.tempo
            elif message.type == "time_signature":
                meters[tick] = meter_of(message.numerator, message.denominator)
            elif message.type == "marker":
                markers[tick] = message.text
            elif message.type == "track_name":
                title = title or message.name
            elif message.type == "text":
                counted = BEATS_TEXT.fullmatch(message.text) or counted
            elif message.type == "note_on" and message.velocity:
                last = max(last, tick)
                if channel not in (None, message.channel + 1):
                    continue
                if message.note in vocabulary.by_note:
                    notes.append((tick, vocabulary.by_note[message.note], message.velocity))
                else:
                    others.append((tick, message.note))
    count = (int(counted[1]), int(counted[2])) if counted else None
    found = (tempos, meters, markers, tuple(notes), tuple(others))
    return MidiEvents(file.ticks_per_beat, title, *found, last, count)


def _beats(events: MidiEvents, count: int | None) -> tuple[list[int], list[int]]:
    """Ticks and places of the beats: `count` of them, or where that is None those up to the last note."""
    changes = sorted({0: (4, 4), **events.meters}.items())
    ends = [tick for tick, _ in changes[1:]] + [None]
    ticks: list[int] = []
    places: list[int] = []
    for (start, (numerator, denominator)), end in zip(changes, ends, strict=True):
        pulses = 3 if numerator in _COMPOUND and denominator >= 8 and count is None else 1
        step = events.ticks_per_quarter * 4 * pulses / denominator
        tick, index = start, 0
        while (end is None or tick < end) and (tick <= events.last if count is None else len(ticks) < count):
            if len(ticks) == _MOST_BEATS:
                return ticks, places
            ticks.append(tick)
            places.append(index % (numerator // pulses) + 1)
            index += 1
            tick = start + round(index * step)
    return ticks, places


def write(
    path: Path,
    hits: Hits,
    clock: Grid | Beats,
    vocabulary: Vocabulary,
    title: str = "",
    sections: Iterable[tuple[int, str]] = (),
    beats: Beats | None = None,
) -> None:
    """Write a MIDI file (format 1) whose notes sound at the hits' times, within a millisecond.

    `read` gives the same beats back, within 10 microseconds: those given, if they are some of the clock's, else all of
    the clock's. Beats from time 0 on lead in to its first bar. `sections` are markers, each a bar (from 1) and a name.
    """
    grid = clock if isinstance(clock, Grid) else Grid.of(clock)
    timeline = Timeline.of(grid)
    n_beats, ahead = _counted(grid, beats if isinstance(clock, Grid) else clock)
    tempos = _tempos(timeline)
    bar_ticks = np.rint(timeline.bar_quarter[timeline.n_lead_bars :] * _TICKS).astype(np.int64).tolist()
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS)
    file.tracks.append(
        _track(
            [
                (0, mido.MetaMessage("track_name", name=_latin(title))),
                (0, mido.MetaMessage("text", text=f"beats {n_beats} after {timeline.n_lead + ahead}")),
                *((bar_ticks[bar - 1], mido.MetaMessage("marker", text=_latin(name))) for bar, name in sections),
                *_signatures(timeline),
                *((tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in tempos.items()),
            ]
        )
    )
    file.tracks.append(_track(_notes(hits, TempoMap.of(tempos, _TICKS), vocabulary)))
    with replacing(Path(path)) as part:
        file.save(part)


def _counted(grid: Grid, beats: Beats | None) -> tuple[int, int]:
    """How many of the grid's beats count, and how many come before them."""
    if beats is not None:
        first = int(np.searchsorted(grid.beat_time, beats.time[0] - 1e-6)) if len(beats) else 0
        own = grid.beat_time[first : first + len(beats)]
        if len(own) == len(beats) and np.allclose(own, beats.time, rtol=0, atol=1e-6):
            return len(beats), first
    return len(grid.divisions), 0


def _tempos(timeline: Timeline) -> dict[int, int]:
    """Tempo changes that put every beat on its time; rounding never adds up, and an even tempo stays one."""
    tempos: dict[int, int] = {}
    now, tempo = 0.0, 0
    starts = np.rint(timeline.beat_quarter * _TICKS).astype(np.int64).tolist()
    targets = (timeline.beat_time[1:] * 1e6).tolist()
    for start, target, quarters, length in zip(
        starts, targets, np.diff(timeline.beat_quarter).tolist(), np.diff(timeline.beat_time).tolist(), strict=False
    ):
        natural = round(length * 1e6 / quarters)
        choices = [tempo, natural] if abs(tempo - natural) <= 1 else [natural]
        near = (one for one in choices if abs(now + one * quarters - target) <= _DRIFT)
        wanted = min(max(next(near, round((target - now) / quarters)), 1), _MAX_TEMPO)
        now += wanted * quarters
        if wanted != tempo:
            tempos[start] = tempo = wanted
    return tempos


def _signatures(timeline: Timeline) -> Iterable[tuple[int, mido.MetaMessage]]:
    for quarter, meter, unit in timeline.signatures():
        yield (
            round(quarter * _TICKS),
            mido.MetaMessage("time_signature", numerator=meter, denominator=unit),
        )


def _notes(hits: Hits, tempo_map: TempoMap, vocabulary: Vocabulary) -> list[tuple[int, mido.Message]]:
    """Note messages by tick; a note ends before the next one of its number begins."""
    messages: list[tuple[int, mido.Message]] = []
    numbers = np.array([vocabulary.by_code[drum].note for drum in hits.drum.tolist()], np.int64)
    for number in np.unique(numbers).tolist():
        own = hits.select(numbers == number)
        ticks = tempo_map.ticks(own.time)
        ends = np.minimum(ticks + _NOTE_TICKS, np.append(ticks[1:], ticks[-1] + _NOTE_TICKS))
        fixed = {"skip_checks": True, "channel": DRUM_CHANNEL - 1, "note": number}  # checks take longer than all else
        for tick, end, velocity in zip(ticks.tolist(), ends.tolist(), own.velocity.tolist(), strict=True):
            messages.append((tick, mido.Message("note_on", velocity=velocity, **fixed)))
            messages.append((end, mido.Message("note_off", **fixed)))
    return messages


def _track(messages: list[tuple[int, mido.Message | mido.MetaMessage]]) -> mido.MidiTrack:
    """A track of messages, made for it alone, at ticks; at one tick notes end before others begin."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(messages, key=lambda pair: (pair[0], pair[1].type != "note_off")):
        message.time = tick - now
        track.append(message)
        now = tick
    return track


def _latin(text: str) -> str:
    """Text in the one encoding that every MIDI reader knows; characters outside it become question marks."""
    return text.encode("latin-1", "replace").decode("latin-1")
