"""The review list: doubtful hits as columns of a CSV file, the most doubtful first.

`time,bar,slot,drum,confidence,instead`: seconds, the place in the tab (bars from 1, slots from 0), the drum written,
how sure that is, and the drum that it may be instead, "-" for none.
"""

from __future__ import annotations

import csv
from pathlib import Path

from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription

COLUMNS = ("time", "bar", "slot", "drum", "confidence", "instead")
NOTHING = "-"


def write(path: Path, song: Transcription) -> None:
    """Write the doubtful hits of a song."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for hit in song.doubtful.tolist():
            hits, placement = song.hits, song.placement
            place = (int(placement.bar[hit]), int(placement.slot[hit]), str(hits.drum[hit]))
            other = song.instead[hit] if song.instead else ""
            writer.writerow((f"{hits.time[hit]:.6f}", *place, f"{hits.confidence[hit]:.4f}", other or NOTHING))
