"""Doubt: which hits a person should look at first, and what each may be instead.

A hit is doubtful where its confidence is below a bound. Instead of it may be heard the drum that is likeliest beside it
by the activations, or nothing. Confidences are taken as they are given, so a bound means what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.hearing.targets import Decoding, Floats, TargetSpec

_REACH = 2  # frames around a hit where another drum may peak
_SAME_TIME = 0.05  # seconds: a drum that is heard so near is no alternative
_LIKELY = 0.25  # of its threshold, that an alternative's activation reaches


def ordered(hits: Hits, bound: float) -> NDArray[np.int64]:
    """Indices of the hits with a confidence below `bound`, the most doubtful first."""
    doubtful = np.flatnonzero(hits.confidence < bound)
    return doubtful[np.argsort(hits.confidence[doubtful], kind="stable")].astype(np.int64)


def instead(
    hits: Hits, onset: Floats, spec: TargetSpec, decoding: Decoding, shown: Mapping[str, str]
) -> tuple[str, ...]:
    """For each hit the drum that it may be instead, "" where it would be nothing.

    `onset` (frames, drums) are the activations that were decoded; `shown` says as which drum each drum is written.
    """
    column = {drum: index for index, drum in enumerate(spec.drums)}
    families = {drum: family for family in decoding.families for drum in family if drum in column}
    found = []
    for time, drum in zip(hits.time.tolist(), hits.drum.tolist(), strict=True):
        near = onset[max(0, round(time * spec.frame_rate) - _REACH) : round(time * spec.frame_rate) + _REACH + 1]
        beside = hits.drum[np.abs(hits.time - time) < _SAME_TIME].tolist()
        others = [other for other in families.get(drum, ()) if shown.get(other, drum) not in beside]
        odds = {other: float(near[:, column[other]].max(initial=0)) / decoding.thresholds[other] for other in others}
        best = max(odds, key=odds.__getitem__, default="")
        found.append(shown[best] if best and odds[best] >= _LIKELY else "")
    return tuple(found)
