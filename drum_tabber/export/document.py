"""A transcription as one JSON document, for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from drum_tabber.files import replacing
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.transcription import Transcription


def write(path: Path, song: Transcription) -> None:
    """Write `{"title", "duration", "key", "feel", "hits", "beats", "tempo", "meters", "sections", "free"}`.

    Times are seconds, bars count from 1, slots from 0. `key` and `feel` are as the tab names them, null for none. A
    tempo entry says from which bar and time on so many quarter notes a minute are played, a meter's from which bar on a
    bar has so many beats, and what note each is. In free passages there are no beats; their bars hold even ones.
    """
    content = {
        "title": song.title,
        "duration": round(song.duration, 6),
        "key": song.tab.key or None,
        "feel": song.tab.feel or None,
        "hits": _hits(song),
        "beats": [
            {"time": round(time, 6), "position": place}
            for time, place in zip(song.beats.time.tolist(), song.beats.place.tolist(), strict=True)
        ],
        "tempo": _tempi(song.grid) if len(song.beats) else [],
        "meters": _meters(song.grid) if len(song.beats) else [],
        "sections": [{"name": part.name, "bar": part.bar, "bars": part.n_bars} for part in song.sections],
        "free": [
            {"start": round(start, 6), "end": round(end, 6)}
            for start, end in zip(song.free.start.tolist(), song.free.end.tolist(), strict=True)
        ],
    }
    with replacing(path) as part:
        part.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def _hits(song: Transcription) -> list[dict[str, Any]]:
    hits, placement = song.hits, song.placement
    names = ("time", "drum", "velocity", "confidence", "bar", "slot")
    times = [round(time, 6) for time in hits.time.tolist()]
    confidences = [round(confidence, 4) for confidence in hits.confidence.tolist()]
    columns = (
        times,
        hits.drum.tolist(),
        hits.velocity.tolist(),
        confidences,
        placement.bar.tolist(),
        placement.slot.tolist(),
    )
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _tempi(grid: Grid) -> list[dict[str, Any]]:
    """The pace of each bar, where it differs from that of the bar before."""
    starts = grid.beat_time[grid.bar_beat]
    tempi: list[dict[str, Any]] = []
    for bar, (start, end) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True), start=1):
        bpm = round(240 * grid.meters[bar - 1] / grid.units[bar - 1] / (end - start), 2)
        if not tempi or tempi[-1]["bpm"] != bpm:
            tempi.append({"bar": bar, "time": round(start, 6), "bpm": bpm})
    return tempi


def _meters(grid: Grid) -> list[dict[str, int]]:
    """The meter of each bar, where it differs from that of the bar before."""
    signatures = list(zip(grid.meters, grid.units, strict=True))
    changes = [bar for bar, meter in enumerate(signatures) if not bar or meter != signatures[bar - 1]]
    return [{"bar": bar + 1, "beats": signatures[bar][0], "unit": signatures[bar][1]} for bar in changes]
