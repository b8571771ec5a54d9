"""One-shots cut out of a song: its hits and samples in, clean solitary strokes out, the surest of each drum first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits

Floats = NDArray[np.float32]
BEFORE = 0.08  # seconds of quiet that a solitary stroke has before it, at least
SHORTEST, LONGEST = 0.12, 1.5  # seconds from a stroke to the next one, and that a cut may last
LEAD, FADE = 0.003, 0.03  # seconds kept before the stroke, and of the fade at the end
ALL_AT_ONCE = 0.03  # seconds: strokes that are closer are struck together
# Names that a kit's folder is understood by, for each drum.
NAMES: dict[str, str] = {
    "BD": "kick", "SD": "snare", "SS": "sidestick", "HH": "hihat_closed", "HO": "hihat_open", "HP": "hihat_pedal",
    "HT": "tom_high", "MT": "tom_mid", "LT": "tom_floor", "CC": "crash", "SC": "splash", "CH": "china", "RD": "ride",
    "RB": "ride_bell",
}  # fmt: skip
CLASSES: dict[str, str] = {
    "BD": "kick", "SD": "snr", "SS": "rim", "HH": "hhc", "HO": "hho", "HP": "ped", "HT": "tom", "MT": "tom",
    "LT": "tomf", "CC": "cym", "SC": "cym", "CH": "cym", "RD": "rid", "RB": "rid",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cut:
    """A stroke cut out: its drum's code, its samples (channels, n), and how good it is."""

    drum: str
    samples: Floats
    worth: float


def cuts(hits: Hits, samples: Floats, sample_rate: int, most: int = 6) -> Iterator[Cut]:
    """The best `most` solitary strokes of each drum, of audio (channels, n)."""
    found = [_cut(hits, index, samples, sample_rate) for index in range(len(hits)) if _is_solitary(hits, index)]
    for drum in dict.fromkeys(hits.drum.tolist()):
        own = sorted((cut for cut in found if cut.drum == drum), key=lambda cut: -cut.worth)
        yield from own[:most]


def _is_solitary(hits: Hits, index: int) -> bool:
    gaps = np.abs(np.delete(hits.time, index) - hits.time[index])
    before = hits.time[index] - hits.time[:index].max(initial=-np.inf)
    return bool(gaps.min(initial=np.inf) > ALL_AT_ONCE and before >= BEFORE and _gap(hits, index) >= SHORTEST)


def _gap(hits: Hits, index: int) -> float:
    """Seconds to the next stroke, as far as they count."""
    following = hits.time[index + 1 :].min(initial=np.inf)
    return float(min(LONGEST, following - hits.time[index]))


def _cut(hits: Hits, index: int, samples: Floats, sample_rate: int) -> Cut:
    gap = _gap(hits, index)
    start = max(0, round((hits.time[index] - LEAD) * sample_rate))
    end = round((hits.time[index] + gap - LEAD) * sample_rate)
    piece = samples[:, start:end].copy()
    fade = min(piece.shape[1], round(FADE * sample_rate))
    if fade:
        piece[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return Cut(str(hits.drum[index]), piece, float(hits.confidence[index]) * gap**0.5)
