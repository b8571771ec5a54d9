"""A Clone Hero chart (`.chart`) of a drum part, for games with drums: written, and read back as a tab.

Expert "Pro" drums: a kick, a red pad, and yellow, blue and green, each a tom or a cymbal. Pedalled hats have no lane
and are left out, as is usual in charts; which of the cymbals and rims it was, and how a stroke is played, a chart can't
say.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drum_tabber.chart import ACCENT, BLUE, CYMBAL, DOUBLE_KICK, GHOST, GREEN, KICK, RED, YELLOW, Chart, load
from drum_tabber.errors import DrumTabberError
from drum_tabber.export.bars import MOST_BARS, bars_of, from_recording, place_of, sections_at
from drum_tabber.files import as_text, replacing
from drum_tabber.meter.timeline import Timeline
from drum_tabber.notation.transcription import Transcription
from drum_tabber.tab import DEFAULT_TEMPO, Stroke, Tab
from drum_tabber.tab.meter import ticks_of
from drum_tabber.tab.notation import Dynamic, Meaning
from drum_tabber.vocabulary import Drum, Vocabulary

CHARTER = 'Charter = "Drum Tabber"'
RESOLUTION = 480  # ticks a quarter note

_TOMS = {"HT": YELLOW, "MT": BLUE, "LT": GREEN}
_CYMBALS = {"HH": YELLOW, "HO": YELLOW, "RD": BLUE, "RB": BLUE, "SC": BLUE, "CC": GREEN, "CH": GREEN}
_FAMILIES = {
    "kick": (KICK, False),
    "snare": (RED, False),
    "hihat": (YELLOW, True),
    "tom": (BLUE, False),
    "cymbal": (GREEN, True),
}
_NO_LANE = "HP"
_FAST_KICKS = 0.18  # seconds: kicks that follow one another faster, at least so many, are for two feet
_MANY_KICKS = 4
_SWAY = 0.01  # seconds by which beats may miss the tempo they are written in: far less than a game asks of its players
_EXACT, _EXACT_BEATS = 1e-4, 4  # seconds by which as many beats or more keep to a tempo that nobody plays by hand
_MUSIC = "music_start"  # Rock Band's event, which games pass over: what comes before leads in
_SECTION = re.compile(r"\[?section[ _](.*?)\]?", re.DOTALL)


class Note(NamedTuple):
    """What one lane plays at a tick."""

    lane: int
    cymbal: bool = False
    dynamic: Dynamic = "normal"


def write(path: Path, song: Transcription) -> None:
    """Write the chart of a song's tab; tick 0 is the start of the recording."""
    grid, tab = from_recording(song.grid, song.tab)
    song = replace(song, grid=grid, tab=tab)
    timeline = Timeline.of(grid)
    stream = [f'MusicStream = "{_quoted(as_text(song.audio.name))}"'] if song.audio else []
    blocks = {
        "Song": [f'Name = "{_quoted(song.title)}"', CHARTER, f"Resolution = {RESOLUTION}", "Offset = 0", *stream],
        "SyncTrack": _sync_track(timeline),
        "Events": list(_events(song, timeline)),
        "ExpertDrums": [f"{tick} = N {number} 0" for tick, number in _notes(song, timeline)],
    }
    lines = (line for name, inner in blocks.items() for line in (f"[{name}]", "{", *(f"  {one}" for one in inner), "}"))
    with replacing(path) as part:
        part.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")


def _sync_track(timeline: Timeline) -> list[str]:
    """Meters and tempi; tempi are whole thousandths of a beat a minute whose rounding never adds up.

    A tempo holds for as many beats as keep to it, within what can't be told by playing.
    """
    rows = [
        (round(quarter * RESOLUTION), 0, f"TS {meter} {unit.bit_length() - 1}")
        for quarter, meter, unit in timeline.signatures()
    ]
    now, beat = 0.0, 0
    quarters, times = timeline.beat_quarter, timeline.beat_time
    while beat < len(times) - 1:
        since, elapsed = quarters[beat + 1 :] - quarters[beat], times[beat + 1 :] - now
        tempo, n_beats = _tempo(since, elapsed)
        rows.append((round(float(quarters[beat]) * RESOLUTION), 1, f"B {tempo}"))
        now += 60_000 * float(since[n_beats - 1]) / tempo
        beat += n_beats
    return [f"{tick} = {text}" for tick, _, text in sorted(rows)]


def _tempo(since: NDArray[np.float64], elapsed: NDArray[np.float64]) -> tuple[int, int]:
    """The tempo (thousandths) of the beats at so many quarters and seconds from here, and for how many it holds."""
    natural = _thousandths(float(since[0]), float(elapsed[0]))
    off = np.abs(60_000 * since / natural - elapsed) > _EXACT
    n_exact = int(off.argmax()) if off.any() else len(since)
    if n_exact >= min(_EXACT_BEATS, len(since)):
        return natural, n_exact
    least = np.maximum.accumulate((elapsed - _SWAY) / since)  # seconds a quarter that reach all beats so far
    most = np.minimum.accumulate((elapsed + _SWAY) / since)
    n_beats = max(1, int((least > most).argmax()) if (least > most).any() else len(since))
    pace = (least[n_beats - 1] + most[n_beats - 1]) / 2 if n_beats > 1 else elapsed[0] / since[0]
    return _thousandths(1.0, float(pace)), n_beats


def _thousandths(quarters: float, seconds: float) -> int:
    return max(1, round(60_000 * quarters / max(seconds, 1e-4)))


def _events(song: Transcription, timeline: Timeline) -> Iterator[str]:
    starts = timeline.bar_quarter[timeline.n_lead_bars :] * RESOLUTION
    if timeline.n_lead:
        yield f'{round(starts[0])} = E "{_MUSIC}"'
    for section in song.sections:
        yield f'{round(starts[section.bar - 1])} = E "section {_quoted(section.name)}"'


def _notes(song: Transcription, timeline: Timeline) -> Iterator[tuple[int, int]]:
    """Ticks and numbers of the notes and of what modifies them."""
    grid, vocabulary = song.grid, song.presentation.vocabulary
    strokes = [(bar, stroke) for bar, each in enumerate(song.tab.bars, start=1) for stroke in each.strokes]
    along = np.array([stroke.slot for _, stroke in strokes], np.float64)
    along += grid.bar_slot[np.array([bar - 1 for bar, _ in strokes], np.int64)]
    ticks = np.rint(timeline.quarters_of(grid, along) * RESOLUTION).astype(np.int64).tolist()
    chords: dict[int, list[Stroke]] = defaultdict(list)
    for tick, (_, stroke) in zip(ticks, strokes, strict=True):
        chords[tick].append(stroke)
    times = dict(zip(ticks, np.interp(along, grid.beat_slot, grid.beat_time).tolist(), strict=True))
    doubles = _double_kicks({tick: times[tick] for tick in chords if _kicks(chords[tick], vocabulary)})
    for tick in sorted(chords):
        for note in sorted(_lanes(chords[tick], vocabulary)):
            yield tick, DOUBLE_KICK if note.lane == KICK and tick in doubles else note.lane
            if note.lane != KICK and note.dynamic != "normal":
                yield tick, note.lane + (ACCENT if note.dynamic == "accent" else GHOST)
            if note.cymbal:
                yield tick, note.lane + CYMBAL


def _kicks(strokes: Iterable[Stroke], vocabulary: Vocabulary) -> bool:
    return any(vocabulary.by_code[stroke.drum].family == "kick" for stroke in strokes)


def _double_kicks(times: dict[int, float]) -> set[int]:
    """Every other kick of those that are too many too fast for one foot; `times` of the kicks by tick."""
    runs: list[list[int]] = []
    before = -np.inf
    for tick, time in sorted(times.items()):
        if time - before > _FAST_KICKS:
            runs.append([])
        runs[-1].append(tick)
        before = time
    return {tick for run in runs if len(run) >= _MANY_KICKS for tick in run[1::2]}


def _lanes(strokes: Iterable[Stroke], vocabulary: Vocabulary) -> list[Note]:
    """The notes of strokes at one tick: a lane plays one, so that what finds its own taken moves to one beside it."""
    notes: dict[int, Note] = {}
    wanted = [
        (*_lane(vocabulary.by_code[stroke.drum]), stroke.dynamic) for stroke in strokes if stroke.drum != _NO_LANE
    ]
    for lane, cymbal, dynamic in sorted(wanted, key=lambda one: (not one[1], one)):  # cymbals stay where they are
        others = sorted((YELLOW, BLUE, GREEN), key=lambda other: abs(other - lane)) if lane > RED else []
        free = next((one for one in (lane, *others) if one not in notes), None)
        if free is not None:
            notes[free] = Note(free, cymbal, dynamic)
    return list(notes.values())


def _lane(drum: Drum) -> tuple[int, bool]:
    if drum.code in _TOMS:
        return _TOMS[drum.code], False
    if drum.code in _CYMBALS:
        return _CYMBALS[drum.code], True
    return _FAMILIES.get(drum.family, (RED, False))


def _quoted(text: str) -> str:
    """Text for between quotation marks, of which the format has no way to escape one."""
    return " ".join(text.replace('"', "'").split())


# ------------------------------------------------------------------------------------------------------------ reading

_DRUMS = {
    (KICK, False): "BD",
    (RED, False): "SD",
    (YELLOW, False): "HT",
    (BLUE, False): "MT",
    (GREEN, False): "LT",
    (YELLOW, True): "HH",
    (BLUE, True): "RD",
    (GREEN, True): "CC",
}


def read(path: Path) -> Tab:
    """The tab of a chart's Expert drums, without bars that lead in. Raises DrumTabberError for what is no chart."""
    chart = load(path)
    if not chart.has_drums:
        raise DrumTabberError(f"can't read {path}: it has no [ExpertDrums]; give a drum chart")
    return _tab(chart)


def _tab(chart: Chart) -> Tab:
    resolution, notes = chart.resolution, chart.notes
    signatures = {0: (4, 4), **chart.meters}
    tempi = {0: DEFAULT_TEMPO, **chart.tempi}
    names = {tick: found[1] for tick, text in chart.events if (found := _SECTION.fullmatch(text))}
    last = max((tick for tick, _ in notes), default=0)
    begin = next((tick for tick, text in chart.events if text == _MUSIC and tick <= last), 0)
    starts: list[int] = []
    meters: list[tuple[int, int]] = []
    for start, meter in islice(_bars(signatures, resolution), MOST_BARS):
        if start > last:
            break
        if start >= begin:
            starts.append(start)
            meters.append(meter)
    paces = _paces(tempi, starts)
    strokes = []
    for tick, note in _read_notes(notes):
        bar = int(np.searchsorted(starts, tick, side="right"))
        if not bar:  # before the music starts
            continue
        beat_ticks = 4 * resolution / meters[bar - 1][1]
        place = place_of((tick - starts[bar - 1]) / beat_ticks, 0.75 / beat_ticks)
        if place is not None and place < meters[bar - 1][0]:
            strokes.append((bar, place, Meaning(_DRUMS[note.lane, note.cymbal], note.dynamic)))
    sections = ((starts.index(tick) + 1, name) for tick, name in names.items() if tick in starts)
    return Tab(
        chart.title, paces[0] if paces else DEFAULT_TEMPO, bars_of(meters, strokes), sections_at(sections, paces)
    )


def _bars(signatures: Mapping[int, tuple[int, int]], resolution: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """The tick of each bar's start and its meter, without end."""
    tick, changes = 0, deque(sorted(signatures.items()))
    meter = changes[0][1]
    while True:
        while changes and changes[0][0] <= tick:
            meter = changes.popleft()[1]
        yield tick, meter
        tick += ticks_of(meter, resolution)


def _paces(tempi: dict[int, float], starts: Sequence[int]) -> list[float]:
    """The tempo of each bar; where it changes inside bars, as it does when someone plays, the one of most bars."""
    changes = sorted(tempi.items())
    paces = [[tempo for start, tempo in changes if start <= tick][-1] for tick in starts]
    if paces and not set(tempi) <= set(starts):
        return [round(float(np.median(paces)), 1)] * len(paces)
    return paces


def _read_notes(notes: Iterable[tuple[int, int]]) -> Iterator[tuple[int, Note]]:
    """The notes with what modifies them."""
    chords: dict[int, set[int]] = defaultdict(set)
    for tick, number in notes:
        chords[tick].add(KICK if number == DOUBLE_KICK else number)
    for tick, numbers in chords.items():
        for lane in numbers & {KICK, RED, YELLOW, BLUE, GREEN}:
            dynamic: Dynamic = (
                "accent" if lane + ACCENT in numbers else "ghost" if lane + GHOST in numbers else "normal"
            )
            yield tick, Note(lane, lane + CYMBAL in numbers, dynamic if lane != KICK else "normal")
