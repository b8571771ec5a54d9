"""Songs of games with drums, such as Clone Hero and Rock Band: a folder a song, its chart beside its recording.

A chart is `notes.mid` or `notes.chart`, as github.com/TheNathannator/GuitarGame_ChartFormats describes them; the Expert
drums count. Its lanes are a kick, a red pad and three or four more, which are toms or cymbals: "Pro" charts
say which, as do those of five lanes; of the others only kick and snare are known. Which tom or cymbal it was, and how
hats are played, no chart tells. Tempo and meter give the beats; a chart without drums has those alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import mido
import numpy as np

from drum_tabber import midi
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.export import chart
from drum_tabber.export.chart import BLUE, CYMBAL, DOUBLE_KICK, GREEN, KICK, RED, YELLOW
from drum_tabber.material.corpora.adtof import APART
from drum_tabber.material.corpora.annotation import text, version_of
from drum_tabber.material.corpora.track import Labels, Track, split_of
from drum_tabber.sound import audio
from drum_tabber.vocabulary import Vocabulary

NAMES = ("notes.mid", "notes.chart")
FIFTH = 5  # the lane beside green, which is orange then

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
    """Drums in ticks: `notes` as (tick, lane), the lanes that are `cymbals` at a tick, rolls from tick to tick; whether
    the chart tells cymbals from toms (`pro`)."""

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
    homes = sorted({path.parent for path in folder.rglob("notes.*") if path.name.lower() in NAMES})
    for home in homes:
        recording = _recording(home)
        if recording is not None:
            path = next(path for name in NAMES for path in sorted(home.iterdir()) if path.name.lower() == name)
            name = home.relative_to(folder).as_posix() if home != folder else home.name
            labels = partial(_labels, path, vocabulary)
            version = version_of(path, home / "song.ini")
            yield Track(
                name, split_of(name), recording, path if path.suffix == ".mid" else None, labels, version=version
            )


def _recording(home: Path) -> Path | None:
    """The drums' own recording, or else what the drums are in; None where they are spread over several."""
    if (drums := audio.named(home / "drums")) is not None:
        return drums
    if audio.named(home / "drums_1") is not None:
        return None
    return audio.named(home / "song") or audio.named(home / "guitar")


def _labels(path: Path, vocabulary: Vocabulary) -> Labels:
    """Raises DrumTabberError for a chart, and CorpusError for a song.ini, that can't be read."""
    facts = _facts(path.parent / "song.ini")
    if path.suffix.lower() in midi.EXTENSIONS:
        events = midi.read_events(path, vocabulary, None)
        part, late = _midi_part(path), 0.0
    else:
        events, part, late = _chart_part(path)
    delay = facts.get("delay", "")
    try:
        late = float(delay) / 1000 if delay not in ("", "0") else late
    except ValueError:
        raise CorpusError(f"{path.parent / 'song.ini'}: the delay {delay!r} is no number of milliseconds") from None
    clock, counted = events.tempo_map, events.beats
    beats = Beats(counted.time + late, counted.place)
    if not part.notes:
        return Labels(Hits(), beats, (), velocity=False)
    five = any(lane == FIFTH for _, lane in part.notes) or facts.get("five_lane_drums", "").lower() in _YES
    pro = part.pro or facts.get("pro_drums", "").lower() in _YES
    named = [(tick, part.drum(tick, lane, five and not pro, pro)) for tick, lane in part.notes]
    known = sorted({(tick, drum) for tick, drum in named if drum})
    apart = APART if five or pro else tuple(group for group in APART if group[0] in _SURE.values())
    hits = Hits.of(clock.seconds([tick for tick, _ in known]) + late, [drum for _, drum in known])
    rolls = np.array(part.rolls, np.int64).reshape(-1, 2)
    hidden = Spans.of(clock.seconds(rolls[:, 0]) + late, clock.seconds(rolls[:, 1]) + late)
    return Labels(hits, beats, apart, velocity=False, hidden=hidden)


def _facts(path: Path) -> dict[str, str]:
    """What a song.ini says, by key in small letters; nothing where there is none. Raises CorpusError."""
    lines = text(path).splitlines() if path.is_file() else []
    pairs = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


# --------------------------------------------------------------------------------------------------------------- MIDI


def _midi_part(path: Path) -> _Part:
    """The drum track of a MIDI file that `midi.read_events` has read."""
    file = mido.MidiFile(path, clip=True)
    track = next((track for name in _TRACKS for track in file.tracks if track.name.strip() == name), None)
    if track is None:
        return _Part()
    notes: list[tuple[int, int]] = []
    marked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    begun: dict[int, int] = {}
    swaps: list[tuple[int, bool]] = [(0, False)]
    tick = 0
    for message in track:
        tick += message.time
        if message.type in ("text", "lyrics") and (mix := _MIX.fullmatch(message.text.strip())):
            swaps.append((tick, mix[1] == _SWAPPED))
        elif message.type == "note_on" and message.velocity:
            begun[message.note] = tick
            if _FAST_KICK <= message.note <= _LOWEST + FIFTH:
                notes.append((tick, max(KICK, message.note - _LOWEST)))
        elif message.type in ("note_on", "note_off") and message.note in begun:
            marked[message.note].append((begun.pop(message.note), tick))
    toms = {lane: marked[note] for note, lane in _TOM_MARKERS.items()}
    cymbals = {
        tick: {lane for lane, spans in toms.items() if not any(start <= tick < end for start, end in spans)}
        for tick in {tick for tick, _ in notes}
    }
    swapped = [(tick, _swapped(lane, tick, swaps, cymbals)) for tick, lane in notes]
    rolls = [span for note in _ROLLS for span in marked[note]]
    return _Part(swapped, cymbals, rolls, pro=any(toms.values()))


def _swapped(lane: int, tick: int, swaps: list[tuple[int, bool]], cymbals: Mapping[int, set[int]]) -> int:
    """The lane that a note is meant for: fast hats with both hands are charted with red and yellow swapped."""
    swap = [on for start, on in swaps if start <= tick][-1]
    if swap and lane in (RED, YELLOW) and (lane == RED or YELLOW in cymbals[tick]):
        return YELLOW if lane == RED else RED
    return lane


# -------------------------------------------------------------------------------------------------------------- .chart


def _chart_part(path: Path) -> tuple[midi.MidiEvents, _Part, float]:
    """Tempi and meters of a .chart, its drums, and by how many seconds its recording began before it."""
    with chart.reading(path) as found:
        numbers = [(tick, KICK if number == DOUBLE_KICK else number) for tick, number in found.notes]
        notes = [(tick, lane) for tick, lane in numbers if KICK <= lane <= FIFTH]
        cymbals: dict[int, set[int]] = defaultdict(set)
        for tick, number in numbers:
            if CYMBAL + YELLOW <= number <= CYMBAL + GREEN:
                cymbals[tick].add(number - CYMBAL)
        tempos = {tick: round(60e6 / tempo) for tick, tempo in found.tempi.items()}
        last = max((row[0] for rows in found.rows.values() for row in rows), default=0)
        events = midi.MidiEvents(found.resolution, "", tempos, found.signatures, {}, (), (), last, None)
        return events, _Part(notes, cymbals, pro=bool(cymbals)), float(found.song.get("Offset", "0"))
