"""Hats that sound as they are called: half-open ones that are as short as closed ones teach nobody which is which.

Collections call hats open that fall as fast as others' closed ones, and closed that ring like others' open ones. The
time in which a stroke's energy decays, by backward integration (Schroeder 1965), tells them apart.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Sample

RINGS = {"HO": (0.12, np.inf), "HH": (0.0, 0.14)}  # seconds to -10 dB, at least and at most


def telling(kit: Kit) -> Kit:
    """The kit without open hats that don't ring and closed ones that do, by the median of each piece's strokes."""
    kept = dict(kit.pieces)
    for code, (least, most) in RINGS.items():
        own = kept.pop(code, ())
        pieces = tuple(piece for piece in own if least <= _ringing(piece, kit.sample_rate) <= most)
        if pieces:
            kept[code] = pieces
    return replace(kit, pieces=kept)


def ringing(sample: Sample, sample_rate: int) -> float:
    """Seconds from the attack until all the energy that is left is a tenth of the stroke's."""
    left = np.cumsum(np.square(sample.signal[sample.attack :], dtype=np.float64)[::-1])[::-1]
    return float(np.argmax(left < 0.1 * left[0])) / sample_rate


def _ringing(piece: Piece, sample_rate: int) -> float:
    return float(np.median([ringing(sample, sample_rate) for sample in piece.samples]))
