"""Hits, beats and spans as columns of a CSV file; hits and spans are read back too.

Hits are `time,drum,velocity,confidence,bar,slot`, beats `time,place`, spans `start,end,what`. Times are seconds with
six decimals; bar and slot are empty where hits have no place on a grid.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from drum_tabber.errors import DrumTabberError
from drum_tabber.events import CODE_LENGTH, DEFAULT_VELOCITY, Beats, Hits, Spans
from drum_tabber.files import replacing
from drum_tabber.notation.quantize import Placement

HITS = ("time", "drum", "velocity", "confidence", "bar", "slot")
BEATS = ("time", "place")
SPANS = ("start", "end", "what")


def write_hits(path: Path, hits: Hits, placement: Placement | None = None) -> None:
    """Write hits, with their bars and slots if they are placed."""
    n_hits = len(hits)
    bars, slots = (placement.bar.tolist(), placement.slot.tolist()) if placement else ([""] * n_hits, [""] * n_hits)
    times = (f"{time:.6f}" for time in hits.time.tolist())
    confidences = (f"{confidence:.4f}" for confidence in hits.confidence.tolist())
    rows = zip(times, hits.drum.tolist(), hits.velocity.tolist(), confidences, bars, slots, strict=True)
    _write(path, HITS, rows)


def write_beats(path: Path, beats: Beats) -> None:
    """Write beats and their places in the bar."""
    _write(path, BEATS, zip((f"{time:.6f}" for time in beats.time.tolist()), beats.place.tolist(), strict=True))


def write_spans(path: Path, spans: Spans) -> None:
    """Write spans of what is not known."""
    times = (
        (f"{start:.6f}", f"{end:.6f}") for start, end in zip(spans.start.tolist(), spans.end.tolist(), strict=True)
    )
    _write(path, SPANS, ((*span, what) for span, what in zip(times, spans.what.tolist(), strict=True)))


def read_spans(path: Path) -> Spans:
    """The spans of a CSV file. Raises DrumTabberError for anything else."""
    rows = _read(path, SPANS)
    try:
        starts, ends = ([float(row[name]) for row in rows] for name in SPANS[:2])
    except ValueError as error:
        raise DrumTabberError(f"can't read {path}: {error}; starts and ends are numbers") from error
    return Spans.of(starts, ends, [row["what"] for row in rows])


def read_hits(path: Path, codes: Mapping[str, str] | None = None) -> Hits:
    """The hits of a CSV file; velocity and confidence may be missing. Raises DrumTabberError for anything else.

    `codes` gives the drum of each name that a file may have, "" for what is no drum and is left out; None: names are
    codes.
    """
    rows = _read(path, HITS[:2])
    try:
        times = [float(row["time"]) for row in rows]
        velocities = [float(row.get("velocity") or DEFAULT_VELOCITY) for row in rows]
        confidences = [float(row.get("confidence") or 1) for row in rows]
    except ValueError as error:
        raise DrumTabberError(f"can't read {path}: {error}; times, velocities and confidences are numbers") from error
    drums = [row["drum"] if codes is None else codes.get(row["drum"]) for row in rows]
    for row, drum in zip(rows, drums, strict=True):
        if drum is None or len(drum) > CODE_LENGTH:
            raise DrumTabberError(f"can't read {path}: {row['drum']!r} is no drum; name drums by codes such as BD")
    hits = Hits.of(times, [drum or "" for drum in drums], velocities, confidences)
    return hits.select(hits.drum != "")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _read(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file, which must have the columns needed and a cell in each of them."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            header = reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DrumTabberError(f"can't read {path}: {getattr(error, 'strerror', None) or error}") from error
    missing = [name for name in needed if name not in header]
    if missing:
        message = f"can't read {path}: no column {missing[0]!r}; its first line must name {', '.join(needed)}"
        raise DrumTabberError(message)
    for row in rows:
        if any(not row[name] for name in needed):
            raise DrumTabberError(f"can't read {path}: a row lacks its {' or '.join(needed)}")
    return rows
