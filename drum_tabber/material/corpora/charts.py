"""Songs of games with drums, such as Clone Hero and Rock Band: a folder a song, its chart beside its recording.

A chart is `notes.mid` or `notes.chart`, as github.com/TheNathannator/GuitarGame_ChartFormats describes them; the Expert
drums count. Its lanes are a kick, a red pad and three or four more, which are toms or cymbals: "Pro" charts
say which, as do those of five lanes; of the others only kick and snare are known. Which tom or cymbal it was, and how
hats are played, no chart tells. Tempo and meter give the beats; a chart without drums has those alone.
"""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import mido
import numpy as np

from drum_tabber import chart, midi
from drum_tabber.chart import BLUE, CYMBAL, DOUBLE_KICK, GREEN, KICK, RED, YELLOW
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.material.corpora.adtof import APART
from drum_tabber.material.corpora.annotation import version_of
from drum_tabber.material.corpora.track import Labels, Track, split_of
from drum_tabber.sound import audio
from drum_tabber.tab.spelling import decode
from drum_tabber.vocabulary import Vocabulary

NAMES, FACTS = ("notes.mid", "notes.chart"), "song.ini"  # in any case
FIFTH = 5  # the lane beyond green, which is called orange where there are five

_TRACKS = ("PART DRUMS", "PART DRUM")
_LOWEST, _FAST_KICK = 96, 95  # note numbers of Expert's kick and of its second pedal
_TOM_MARKERS = {110: YELLOW, 111: BLUE, 112: GREEN}
_ROLLS = (126, 127)  # markers of rolls, whose strokes a chart doesn't count out
_MIX = re.compile(r"\[?mix[ _]3[ _]drums\d(\w*)\]?")  # how the stems are mixed, and whether red and yellow are swapped
_SWAPPED = "d"
_YES = ("1", "true", "yes")

_FIVE = {KICK: "BD", RED: "SD", YELLOW: "HH", BLUE: "HT", GREEN: "CC", FIFTH: "HT"}
_CYMBALS = {YELLOW: "HH", BLUE: "CC", GREEN: "CC"}
_SURE = {KICK: "BD", RED: "SD"}  # of lanes whose pads aren't told apart


@dataclass(frozen=True)
class _Part:
    """Drums in ticks: `notes` as (tick, lane), the lanes that are `cymbals` at a tick, `rolls` from tick to tick;
    whether the chart tells cymbals from toms (`pro`)."""

    notes: list[tuple[int, int]] = field(default_factory=list)
    cymbals: Mapping[int, set[int]] = field(default_factory=dict)
    rolls: list[tuple[int, int]] = field(default_factory=list)
    pro: bool = False

    def drum(self, tick: int, lane: int, five: bool, pro: bool) -> str:
        """The first code of the drums that a note may be of; none where that isn't known."""
        if five:
            return _FIVE[lane]
        if lane in _SURE or not pro:
            return _SURE.get(lane, "")
        return _CYMBALS[lane] if lane in self.cymbals.get(tick, ()) else "HT"


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """Every song below the folder that has a recording with drums in it, or the folder itself if it is one."""
    found: dict[Path, dict[str, Path]] = defaultdict(dict)
    for path in sorted(folder.rglob("*")):
        if path.name.lower() in (*NAMES, FACTS) and path.is_file():
            found[path.parent].setdefault(path.name.lower(), path)
    for home, files in found.items():
        recording, charts = _recording(home), [files[name] for name in NAMES if name in files]
        if recording is not None and charts:
            facts = files.get(FACTS)
            name = home.relative_to(folder).as_posix() if home != folder else home.resolve().name
            score = charts[0] if charts[0].suffix.lower() in midi.EXTENSIONS else None
            version = version_of(*charts, *([facts] if facts else []))
            labels = partial(_labels, charts, facts, vocabulary)
            yield Track(name, split_of(name), recording, score, labels, version=version)


def _recording(home: Path) -> Path | None:
    """The drums' own recording, or else what the drums are in; None where they are spread over several."""
    if (drums := audio.named(home / "drums")) is not None:
        return drums
    if audio.named(home / "drums_1") is not None:
        return None
    return audio.named(home / "song") or audio.named(home / "guitar")


def _labels(paths: list[Path], facts: Path | None, vocabulary: Vocabulary) -> Labels:
    """Labels of the first chart that has drums, or else of the first. Raises DrumTabberError for a chart, and
    CorpusError for a song.ini, that can't be read."""
    stated = _stated(facts) if facts else {}
    events, part, late = _read(paths[0], vocabulary)
    for path in paths[1:]:
        if not part.notes and (other := _read(path, vocabulary))[1].notes:
            events, part, late = other
    late = _delay(stated.get("delay", ""), facts) or late
    clock, counted = events.tempo_map, events.beats
    beats = Beats(counted.time + late, counted.place)
    if not part.notes:
        return Labels(Hits(), beats, (), velocity=False)
    five = any(lane == FIFTH for _, lane in part.notes) or stated.get("five_lane_drums", "").lower() in _YES
    pro = part.pro or stated.get("pro_drums", "").lower() in _YES
    named = [(tick, part.drum(tick, lane, five and not pro, pro)) for tick, lane in part.notes]
    known = sorted({(tick, drum) for tick, drum in named if drum})
    apart = APART if five or pro else tuple(group for group in APART if group[0] in _SURE.values())
    hits = Hits.of(clock.seconds([tick for tick, _ in known]) + late, [drum for _, drum in known])
    rolls = np.array(part.rolls, np.int64).reshape(-1, 2)
    hidden = Spans.of(clock.seconds(rolls[:, 0]) + late, clock.seconds(rolls[:, 1]) + late)
    return Labels(hits, beats, apart, velocity=False, hidden=hidden)


def _read(path: Path, vocabulary: Vocabulary) -> tuple[midi.MidiEvents, _Part, float]:
    """Tempi and meters of a chart, its drums, and by how many seconds its recording began before it. Raises
    DrumTabberError."""
    return _midi_chart(path, vocabulary) if path.suffix.lower() in midi.EXTENSIONS else _chart(path)


def _stated(path: Path) -> dict[str, str]:
    """What a song.ini says, by key in small letters. Raises CorpusError."""
    try:
        text, _ = decode(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CorpusError(f"can't read {path}: {error}; mend it or take it away") from error
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _delay(milliseconds: str, facts: Path | None) -> float:
    """Seconds by which a song.ini has the chart begin later. Raises CorpusError for what is no number."""
    try:
        delay = float(milliseconds or 0) / 1000
    except ValueError:
        delay = math.nan
    if not math.isfinite(delay):
        raise CorpusError(f"{facts}: the delay {milliseconds!r} is no number of milliseconds; mend it")
    return delay


# --------------------------------------------------------------------------------------------------------------- MIDI


def _midi_chart(path: Path, vocabulary: Vocabulary) -> tuple[midi.MidiEvents, _Part, float]:
    """Tempi and meters of a MIDI file, its drums, and no seconds by which it is late. Raises DrumTabberError."""
    events = midi.read_events(path, vocabulary, None)
    file = mido.MidiFile(path, clip=True)
    track = next((track for name in _TRACKS for track in file.tracks if track.name.strip() == name), None)
    return events, _Part() if track is None else _midi_part(track), 0.0


def _midi_part(track: mido.MidiTrack) -> _Part:
    notes: list[tuple[int, int]] = []
    marked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    begun: dict[int, int] = {}
    mixes: list[tuple[int, str]] = []
    tick = 0
    for message in track:
        tick += message.time
        if message.type in ("text", "lyrics"):
            mixes.append((tick, message.text))
        elif message.type == "note_on" and message.velocity:
            begun[message.note] = tick
            if _FAST_KICK <= message.note <= _LOWEST + FIFTH:
                notes.append((tick, max(KICK, message.note - _LOWEST)))
        elif message.type in ("note_on", "note_off") and message.note in begun:
            marked[message.note].append((begun.pop(message.note), tick))
    toms = {lane: marked[note] for note, lane in _TOM_MARKERS.items()}
    cymbals = {tick: {lane for lane, spans in toms.items() if not _within(tick, spans)} for tick, _ in notes}
    rolls = [span for note in _ROLLS for span in marked[note]]
    return _unswapped(_Part(notes, cymbals, rolls, pro=any(toms.values())), mixes)


def _within(tick: int, spans: list[tuple[int, int]]) -> bool:
    """Whether a tick lies in one of these spans, which are in order and end before the next."""
    before = bisect(spans, (tick, math.inf)) - 1
    return before >= 0 and tick < spans[before][1]


def _unswapped(part: _Part, texts: list[tuple[int, str]]) -> _Part:
    """The part with notes on the lanes that they are meant for: fast hats with both hands are charted with red and
    yellow swapped where a text about the mix says so."""
    mixes = [(tick, mix[1] == _SWAPPED) for tick, text in texts if (mix := _MIX.fullmatch(text.strip()))]
    cymbals = {tick: {*lanes} for tick, lanes in part.cymbals.items()}
    notes = []
    for tick, lane in part.notes:
        now = bisect(mixes, (tick, True)) - 1
        swapped = now >= 0 and mixes[now][1]
        if swapped and lane == RED:
            notes.append((tick, YELLOW))
            cymbals.setdefault(tick, set()).add(YELLOW)
        else:
            hat = lane == YELLOW and YELLOW in part.cymbals.get(tick, ())
            notes.append((tick, RED if swapped and hat else lane))
    return replace(part, notes=notes, cymbals=cymbals)


# -------------------------------------------------------------------------------------------------------------- .chart


def _chart(path: Path) -> tuple[midi.MidiEvents, _Part, float]:
    """Tempi and meters of a .chart, its drums, and by how many seconds its recording began before it."""
    found = chart.load(path)
    numbers = [(tick, KICK if number == DOUBLE_KICK else number) for tick, number in found.notes]
    cymbals: dict[int, set[int]] = defaultdict(set)
    for tick, number in numbers:
        if CYMBAL + YELLOW <= number <= CYMBAL + GREEN:
            cymbals[tick].add(number - CYMBAL)
    notes = [(tick, lane) for tick, lane in numbers if KICK <= lane <= FIFTH]
    tempos = {tick: max(1, round(60e6 / tempo)) for tick, tempo in found.tempi.items()}
    events = midi.MidiEvents(found.resolution, "", tempos, found.meters, {}, (), (), found.last, None)
    part = _Part(notes, cymbals, found.rolls, pro=bool(cymbals))
    return events, _unswapped(part, found.texts), found.offset
