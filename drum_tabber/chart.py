"""Charts of rhythm games (`.chart`) as they stand in their files: what is played, in ticks, and the tempi that time it.

The format is as github.com/TheNathannator/GuitarGame_ChartFormats describes it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from drum_tabber.errors import DrumTabberError
from drum_tabber.tab.meter import meter_of, tempo_of, ticks_of
from drum_tabber.tab.spelling import decode

KICK, RED, YELLOW, BLUE, GREEN = range(5)
CYMBAL = 64  # added to a lane: its note is a cymbal's
ACCENT, GHOST = 33, 39  # added to a lane: its note is one
DOUBLE_KICK = 32

_ROLLS = ("65", "66")  # phrases in which strokes aren't counted out
_LAST_TICK = 2**31 - 1


@dataclass(frozen=True)
class Chart:
    """What a chart says, in ticks, `resolution` of them a quarter note.

    `tempi` (beats a minute) and `meters` by the tick from which they hold; `notes` (tick, number) of the Expert drums,
    their `rolls` (from tick to tick) and `texts`; `events` (tick, text) of the song; `last`, the greatest tick. The
    recording begins `offset` seconds before the chart.
    """

    title: str
    resolution: int
    offset: float
    tempi: dict[int, float]
    meters: dict[int, tuple[int, int]]
    events: list[tuple[int, str]]
    notes: list[tuple[int, int]]
    rolls: list[tuple[int, int]]
    texts: list[tuple[int, str]]
    last: int
    has_drums: bool


def load(path: Path) -> Chart:
    """A chart file. Raises DrumTabberError for what is none."""
    try:
        text, _ = decode(Path(path).read_bytes())
    except OSError as error:
        raise DrumTabberError(f"can't read {path}: {error.strerror or error}; give a .chart file") from error
    except ValueError as error:
        raise DrumTabberError(f"can't read {path}: {error}; give a .chart file") from error
    blocks = {name: inner.splitlines() for name, inner in re.findall(r"\[(\w+)\]\s*\{(.*?)\n\s*\}", text, re.DOTALL)}
    if "SyncTrack" not in blocks:
        raise DrumTabberError(f"can't read {path}: it has no [SyncTrack]; give a chart")
    try:
        return _parsed(blocks)
    except (ValueError, IndexError, OverflowError) as error:
        raise DrumTabberError(f"can't read {path}: a line isn't as charts have it ({error}); save it anew") from error


def _parsed(blocks: dict[str, list[str]]) -> Chart:
    """The chart of blocks of lines, by name. Raises ValueError, IndexError or OverflowError for a line that is
    none of a chart's."""
    pairs = (line.partition("=") for line in blocks.get("Song", []))
    song = {key.strip(): value.strip().strip('"') for key, _, value in pairs}
    rows = {name: [_row(line) for line in lines if "=" in line] for name, lines in blocks.items() if name != "Song"}
    resolution, offset = int(song.get("Resolution", "192")), float(song.get("Offset", "0"))
    if not math.isfinite(offset):
        raise ValueError(f"there is no offset of {offset:g} s")
    sync, drums = rows["SyncTrack"], rows.get("ExpertDrums", [])
    meters = {tick: _meter(rest) for tick, kind, rest in sync if kind == "TS"}
    for meter in {(4, 4), *meters.values()}:
        ticks_of(meter, resolution)
    return Chart(
        song.get("Name", ""),
        resolution,
        offset,
        {tick: tempo_of(int(rest) / 1000) for tick, kind, rest in sync if kind == "B"},
        meters,
        [(tick, rest.strip('"')) for tick, kind, rest in rows.get("Events", []) if kind == "E"],
        [(tick, int(rest.split()[0])) for tick, kind, rest in drums if kind == "N"],
        [
            (tick, _tick(tick + int(rest.split()[1])))
            for tick, kind, rest in drums
            if kind == "S" and rest.split()[0] in _ROLLS
        ],
        [(tick, rest.strip('"')) for tick, kind, rest in drums if kind == "E"],
        max((tick for each in rows.values() for tick, _, _ in each), default=0),
        "ExpertDrums" in blocks,
    )


def _meter(stated: str) -> tuple[int, int]:
    """The meter of its numerator and, where that is stated, of its denominator's exponent."""
    beats, *exponent = map(int, stated.split())
    return meter_of(beats, 2 ** min(exponent[0] if exponent else 2, 10))


def _row(line: str) -> tuple[int, str, str]:
    """Tick, kind and what follows."""
    left, _, right = line.partition("=")
    kind, _, rest = right.strip().partition(" ")
    return _tick(int(left)), kind, rest


def _tick(number: int) -> int:
    """The number, which must be a tick's. Raises ValueError."""
    if not 0 <= number <= _LAST_TICK:
        raise ValueError(f"there is no tick {number}")
    return number
