"""Standard MIDI files: drums and beats in, drums and beats out.

Reading takes the notes of the drum channel through the vocabulary's table and the beats from the tempo map and the
meters; in compound meters (6/8, 9/8, 12/8) a beat is a dotted note. Writing puts a tempo change on every beat, so that
the performed times and the beats both survive. A text event counts the beats, because the bars before the first and
after the last beat are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber.errors import DrumTabberError
from drum_tabber.events import Beats, Hits
from drum_tabber.files import replacing
from drum_tabber.grid import Grid
from drum_tabber.vocabulary import Vocabulary

DRUM_CHANNEL = 10  # as MIDI counts them, from 1

_TICKS = 4800  # a quarter note; half a tick is 0.1 ms at 60 beats a minute, and 0.8 ms where a beat lasts 7.7 s
_NOTE_TICKS = 300  # length of a written note, a 64th
_DEFAULT_TEMPO = 500_000  # microseconds a quarter note, MIDI's own default
_MAX_TEMPO = 0xFFFFFF
_COMPOUND = (6, 9, 12)  # meters, over 8 or shorter notes, whose beat is three of them
_BEATS_TEXT = re.compile(r"beats (\d+) after (\d+)")


@dataclass(frozen=True)
class MidiScore:
    """The drums and the beats of a MIDI file; `other`: seconds and number of each note that is no drum's."""

    hits: Hits
    beats: Beats
    other: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class _TempoMap:
    """Seconds against ticks: straight lines that change at `tick` (n,), where `time` (n,) has passed."""

    tick: NDArray[np.int64]
    time: NDArray[np.float64]
    seconds_per_tick: NDArray[np.float64]

    @classmethod
    def of(cls, changes: dict[int, int], ticks_per_quarter: int) -> _TempoMap:
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


# ------------------------------------------------------------------------------------------------------------ reading


def read(path: Path, vocabulary: Vocabulary, channel: int | None = DRUM_CHANNEL) -> MidiScore:
    """The drums and beats of a MIDI file; notes that no drum has are told apart.

    Only notes on `channel` (from 1) are drums; None takes those of all channels. Beats run from the start of the file
    to its last note. Raises DrumTabberError for what is no MIDI file.
    """
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
    return _score(file, vocabulary, channel)


def _score(file: mido.MidiFile, vocabulary: Vocabulary, channel: int | None) -> MidiScore:
    tempos: dict[int, int] = {}
    meters: dict[int, tuple[int, int]] = {}
    notes: list[tuple[int, str, int]] = []
    others: list[tuple[int, int]] = []
    counted, last = None, 0
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                tempos[tick] = message.tempo
            elif message.type == "time_signature":
                meters[tick] = message.numerator, message.denominator
            elif message.type == "text":
                counted = _BEATS_TEXT.fullmatch(message.text) or counted
            elif message.type == "note_on" and message.velocity:
                last = max(last, tick)
                if channel not in (None, message.channel + 1):
                    continue
                if message.note in vocabulary.by_note:
                    notes.append((tick, vocabulary.by_note[message.note], message.velocity))
                else:
                    others.append((tick, message.note))
    tempo_map = _TempoMap.of(tempos, file.ticks_per_beat)
    count, skip = (int(counted[1]), int(counted[2])) if counted else (None, 0)
    beat_ticks, places = _beats(meters, file.ticks_per_beat, last, skip + count if count is not None else None)
    beats = Beats(tempo_map.seconds(beat_ticks[skip:]), np.array(places[skip:], np.int64))
    times = tempo_map.seconds([tick for tick, _ in others]).tolist()
    other = tuple((time, note) for time, (_, note) in sorted(zip(times, others, strict=True)))
    if not notes:
        return MidiScore(Hits(), beats, other)
    ticks, drums, velocities = map(list, zip(*notes, strict=True))
    return MidiScore(Hits.of(tempo_map.seconds(ticks), drums, velocities), beats, other)


def _beats(
    meters: dict[int, tuple[int, int]], ticks_per_quarter: int, last: int, count: int | None
) -> tuple[list[int], list[int]]:
    """Ticks and places of the beats: `count` of them, or where that is None those up to the tick `last`."""
    changes = sorted({0: (4, 4), **meters}.items())
    ends = [tick for tick, _ in changes[1:]] + [None]
    ticks: list[int] = []
    places: list[int] = []
    for (start, (numerator, denominator)), end in zip(changes, ends, strict=True):
        pulses = 3 if numerator in _COMPOUND and denominator >= 8 else 1
        step = ticks_per_quarter * 4 * pulses / denominator
        tick, index = start, 0
        while (end is None or tick < end) and (tick <= last if count is None else len(ticks) < count):
            ticks.append(tick)
            places.append(index % (numerator // pulses) + 1)
            index += 1
            tick = start + round(index * step)
    return ticks, places


# ------------------------------------------------------------------------------------------------------------ writing


def write(path: Path, hits: Hits, beats: Beats, vocabulary: Vocabulary, title: str = "") -> None:
    """Write a MIDI file (format 1, General MIDI drums) whose notes sound at the hits' times, within a millisecond.

    `read` gives the same beats back, within 10 microseconds; bars from time 0 lead in to the first beat.
    """
    meters = Grid.of(beats).meters if len(beats) else ()
    n_lead = _lead_in(beats, meters)
    lead = np.linspace(0, beats.time[0], n_lead, endpoint=False) if len(beats) else np.zeros(0)
    tempos = _tempos(np.concatenate([lead, beats.time]))
    n_whole = n_lead // meters[0] if meters else 0
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS)
    texts = [
        (0, mido.MetaMessage("track_name", name=_latin(title))),
        (0, mido.MetaMessage("text", text=f"beats {len(beats)} after {n_lead}")),
    ]
    changes = [(tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in tempos.items()]
    file.tracks.append(_track([*texts, *_signatures([*meters[:1] * n_whole, *meters]), *changes]))
    file.tracks.append(_track(_notes(hits, _TempoMap.of(tempos, _TICKS), vocabulary)))
    with replacing(Path(path)) as part:
        file.save(part)


def _lead_in(beats: Beats, meters: tuple[int, ...]) -> int:
    """Beats from time 0 to the first beat, such that bars start on place 1 and the tempo is near that of the music."""
    if not len(beats):
        return 0
    ahead, start = int(beats.place[0]) - 1, float(beats.time[0])
    pace = float(np.median(np.diff(beats.time))) if len(beats) > 1 else start
    bars = round((start / pace - ahead) / meters[0]) if pace > 0 else 0
    needed = 1 if start > 0 and not ahead else 0
    return ahead + meters[0] * max(bars, needed)


def _tempos(time: NDArray[np.float64]) -> dict[int, int]:
    """Tempo changes that put a quarter note on each time, the first at 0; rounding never adds up."""
    tempos: dict[int, int] = {}
    now, tempo = 0, 0
    for quarter, target in enumerate(np.rint(time[1:] * 1e6).astype(np.int64).tolist()):
        wanted = min(max(target - now, 1), _MAX_TEMPO)
        now += wanted
        if wanted != tempo:
            tempos[quarter * _TICKS] = tempo = wanted
    return tempos


def _signatures(meters: list[int]) -> list[tuple[int, mido.MetaMessage]]:
    starts = np.cumsum([0, *meters]) * _TICKS
    return [
        (start, mido.MetaMessage("time_signature", numerator=meter, denominator=4))
        for start, before, meter in zip(starts.tolist(), [0, *meters], meters, strict=False)
        if meter != before
    ]


def _notes(hits: Hits, tempo_map: _TempoMap, vocabulary: Vocabulary) -> list[tuple[int, mido.Message]]:
    """Note messages by tick; a note ends before the same drum's next one begins."""
    messages: list[tuple[int, mido.Message]] = []
    channel = DRUM_CHANNEL - 1
    for drum in np.unique(hits.drum).tolist():
        note = vocabulary.by_code[drum].note
        own = hits.of_drum(drum)
        ticks = tempo_map.ticks(own.time)
        ends = np.minimum(ticks + _NOTE_TICKS, np.append(ticks[1:], ticks[-1] + _NOTE_TICKS))
        for tick, end, velocity in zip(ticks.tolist(), ends.tolist(), own.velocity.tolist(), strict=True):
            messages.append((tick, mido.Message("note_on", channel=channel, note=note, velocity=velocity)))
            messages.append((end, mido.Message("note_off", channel=channel, note=note)))
    return messages


def _track(messages: list[tuple[int, mido.Message | mido.MetaMessage]]) -> mido.MidiTrack:
    """A track of messages at ticks; at one tick notes end before others begin."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(messages, key=lambda pair: (pair[0], pair[1].type != "note_off")):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def _latin(text: str) -> str:
    """Text in the one encoding that every MIDI reader knows; characters outside it become question marks."""
    return text.encode("latin-1", "replace").decode("latin-1")
