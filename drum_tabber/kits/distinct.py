"""Kits in, of each what no kit before it has: collections share recordings, and soundfonts most of their drum sets.

A sound that twenty kits share would be heard twenty times as often as another, and one of a kit that is kept to judge
by would be trained on under another name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.kit_files import FAMILIES

HEARD_SECONDS = 0.05  # of a stroke from its attack on, that are compared
LAG_SECONDS = 0.002  # by which the attacks of two copies may have been found apart
SAME = 0.9  # normalised cross-correlation from which on two strokes are copies; filters and fades leave less than 1

Spectra = NDArray[np.complex64]


def distinct(kits: Iterable[Kit], apart: Iterable[Kit] = ()) -> Iterator[Kit]:
    """Of each kit what none before it has, and no piece that one of those `apart` has; empty ones are left out.

    A family of drums (`FAMILIES`) goes as a whole where all of its pieces are known. Of a drum with several pieces
    those that are known go, where others are left.
    """
    judging, known = _Known(), _Known()
    for kit in apart:
        judging.add(kit)
    for kit in kits:
        allowed = judging.taken_from(kit)
        new = known.taken_from(allowed)
        families = {code for family in FAMILIES if {*family} & new.pieces.keys() for code in family}
        rest = {code: pieces for code, pieces in allowed.pieces.items() if code in families}
        own = replace(kit, pieces={**rest, **new.pieces})
        if own.pieces:
            known.add(own)
            yield own


class _Known:
    """The sounds of kits, by drum."""

    def __init__(self) -> None:
        self.prints: dict[str, list[Spectra]] = defaultdict(list)

    def add(self, kit: Kit) -> None:
        for code, pieces in kit.pieces.items():
            self.prints[code] += [_print(piece, kit.sample_rate) for piece in pieces]

    def taken_from(self, kit: Kit) -> Kit:
        """The kit without the pieces that are known."""
        left = {
            code: tuple(piece for piece in pieces if not self._has(code, piece, kit.sample_rate))
            for code, pieces in kit.pieces.items()
        }
        return replace(kit, pieces={code: pieces for code, pieces in left.items() if pieces})

    def _has(self, code: str, piece: Piece, sample_rate: int) -> bool:
        """Whether a stroke of the piece is a copy of one that is known, louder, softer or upside down."""
        if not self.prints[code]:
            return False
        lag, length = round(LAG_SECONDS * sample_rate), _length(sample_rate)
        known = np.concatenate(self.prints[code])
        heights = np.abs(known)
        for spectrum in _print(piece, sample_rate):
            # No lag correlates better than if all frequencies were in phase: that rules out most without a transform.
            near = known[2 / length * (heights @ np.abs(spectrum)) > SAME]
            alike = np.abs(fft.irfft(near * spectrum.conj(), length))
            if max(alike[:, : lag + 1].max(initial=0), alike[:, -lag:].max(initial=0)) > SAME:
                return True
        return False


def _print(piece: Piece, sample_rate: int) -> Spectra:
    """The spectra (samples, bins) of a piece's strokes: of their first moment, differenced, at unit energy."""
    n = round(HEARD_SECONDS * sample_rate)
    waves = np.zeros((len(piece.samples), n + 1), np.float32)
    for wave, sample in zip(waves, piece.samples, strict=True):
        heard = sample.signal[sample.attack : sample.attack + n + 1]
        wave[: len(heard)] = heard
    waves = np.diff(waves, axis=1)  # the lows of most bass drums are alike
    waves /= np.maximum(np.linalg.norm(waves, axis=1, keepdims=True), 1e-12)
    return np.asarray(fft.rfft(waves, _length(sample_rate)), np.complex64)


def _length(sample_rate: int) -> int:
    """Samples of a transform in which no lag looked at wraps around."""
    return round((HEARD_SECONDS + 2 * LAG_SECONDS) * sample_rate / 2) * 2
