"""One-shots cut out of a song: its hits and samples in, for each drum its cleanest strokes from soft to loud out.

A stroke is the cleaner the more it rises over what sounds before it, the longer it rings before the next stroke, and
the fewer drums are struck with it; where a drum never sounds alone, its least covered strokes are all that it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.kits.sample import level_of

Floats = NDArray[np.float32]
SHORTEST = 0.06  # seconds to the next stroke, at least
LEAD, RISE, FADE = 0.005, 0.002, 0.03  # seconds kept before the attack, faded in, and faded out at the least
FADED = 0.4  # of a cut is faded out where it is stopped by the next stroke
ALL_AT_ONCE = 0.03  # seconds: strokes that are closer are struck together
ASTRAY = 0.02  # seconds that a hit's time may be off its attack
CLEAR_DB = 20.0  # a stroke that rises so far over what went before is as good as alone
COVERED = 0.15  # what a stroke is worth with one other drum, against alone; less with more
CLEAN = 0.4  # of the best stroke's worth that the others must have
# Names that a kit's folder is understood by, for each drum.
NAMES: dict[str, str] = {
    "BD": "kick", "SD": "snare", "SS": "sidestick", "HH": "hihat_closed", "HO": "hihat_open", "HP": "hihat_pedal",
    "HT": "tom_high", "MT": "tom_mid", "LT": "tom_floor", "CC": "crash", "SC": "splash", "CH": "china", "RD": "ride",
    "RB": "ride_bell",
}  # fmt: skip
# Seconds that a stroke of each drum wants to ring; a cut is no longer.
RINGS: dict[str, float] = {
    "BD": 0.5, "SD": 0.5, "SS": 0.3, "HH": 0.25, "HO": 0.8, "HP": 0.25, "HT": 0.8, "MT": 0.9, "LT": 1.0, "CC": 2.0,
    "SC": 1.2, "CH": 1.5, "RD": 1.5, "RB": 1.5,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cut:
    """A stroke cut out: its drum's code, when it was struck, its samples (channels, n), their level in dB of full
    scale, how sure the transcriber was, and how good the cut is; both from 0 to 1.
    """

    drum: str
    time: float
    samples: Floats
    level_db: float
    confidence: float
    worth: float


def cuts(hits: Hits, samples: Floats, sample_rate: int, most: int = 8) -> Iterator[Cut]:
    """The cleanest strokes of each drum, `most` at most, from soft to loud, of audio (channels, n)."""
    mono = samples.mean(axis=0)
    for drum in dict.fromkeys(hits.drum.tolist()):
        found = [
            cut
            for index in np.flatnonzero(hits.drum == drum)
            if (cut := _cut(hits, int(index), samples, mono, sample_rate)) is not None
        ]
        best = max((cut.worth for cut in found), default=0.0)
        clean = sorted((cut for cut in found if cut.worth >= CLEAN * best), key=lambda cut: -cut.worth)[: 3 * most]
        clean.sort(key=lambda cut: cut.level_db)
        for index in np.unique(np.linspace(0, len(clean) - 1, min(most, len(clean))).round().astype(int)):
            yield clean[index]


def _cut(hits: Hits, index: int, samples: Floats, mono: Floats, rate: int) -> Cut | None:
    """One stroke as far as it rings alone; None where the next one comes too soon, or nothing rises."""
    drum, time = str(hits.drum[index]), float(hits.time[index])
    together = np.abs(hits.time - time) <= ALL_AT_ONCE
    gap = float(hits.time[~together & (hits.time > time)].min(initial=np.inf)) - time
    if gap < SHORTEST:
        return None
    attack = _attack(mono, time, rate)
    start, ring = max(0, attack - round(LEAD * rate)), min(gap, RINGS.get(drum, 0.5))
    piece = samples[:, start : attack + round((ring - LEAD) * rate)].copy()
    before = level_of(mono[max(0, start - round(0.05 * rate)) : start], rate)
    level = level_of(piece.mean(axis=0), rate)
    if not level > before:
        return None
    rise = 20 * np.log10(level / max(before, 1e-6))
    n_others = len({*hits.drum[together].tolist()} - {drum})
    alone = COVERED / n_others if n_others else 1.0
    sure = float(hits.confidence[index])
    worth = sure * alone * min(1.0, rise / CLEAR_DB) * (ring / RINGS.get(drum, 0.5)) ** 0.5
    return Cut(drum, attack / rate, _faded(piece, rate, gap <= ring), 20 * float(np.log10(level)), sure, worth)


def _attack(mono: Floats, time: float, rate: int) -> int:
    """The sample near a time where the differenced wave rises most from 3 ms to the next."""
    width = round(0.003 * rate)
    start = max(0, round((time - ASTRAY) * rate))
    near = np.diff(mono[start : round((time + ASTRAY) * rate)], prepend=mono[start : start + 1])
    if len(near) < 3 * width:
        return round(time * rate)
    energy = np.concatenate([[0.0], np.cumsum(np.square(near, dtype=np.float64))])
    windows = energy[width:] - energy[:-width] + 1e-12
    rises = np.log(windows[width:] + 1e-2 * windows.max()) - np.log(windows[:-width] + 1e-2 * windows.max())
    return start + width + int(np.argmax(rises))


def _faded(piece: Floats, rate: int, stopped: bool) -> Floats:
    """The cut (channels, n) with soft edges; one that the next stroke stops dies away over much of its length."""
    n = piece.shape[1]
    rise, fade = min(n, round(RISE * rate)), min(n, max(round(FADE * rate), round(FADED * n) if stopped else 0))
    piece[:, :rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    piece[:, n - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return piece
