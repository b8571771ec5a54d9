"""A kit made another for one recording: drums and cymbals layered, loose and half-open hats, foot splashes.

What `Kit.mixed` puts together are sounds as they were recorded; here they are varied as drummers and engineers do, so
that few kits teach many. Every change keeps a sample's attack where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from drum_tabber.kits.kit import Kit, Piece, chosen_by_wealth
from drum_tabber.kits.kit_files import FAMILIES
from drum_tabber.kits.sample import Sample, blended, damped

LAYERED = 0.25  # probability that a kick or a snare is two at once, or a whole set of toms, hats or cymbals
LAYERED_TOGETHER = (("BD",), ("SD",), *(family for family in FAMILIES if not {*family} & {"BD", "SD"}))
LAYERS_DB = (-12.0, 0.0)  # of the second one's level over the first's
HALF_OPEN = 0.5  # probability that the open hats of a recording are not wide open
OPENNESS = (0.25, 0.9)  # seconds in which a half-open hat falls to 1/e; a shorter one is heard as closed
CLOSED_SHARE_DB = (-15.0, 0.0)  # of the closed hat's level in it over the open one's
LOOSE = 0.3  # probability that the closed hats of a recording aren't shut tight
LOOSENESS = (0.03, 0.1)  # seconds in which what rings of them falls to 1/e
LOOSE_SHARE_DB = (-12.0, 0.0)  # of its level over theirs
FOOT_SPLASH = 0.1  # probability that a foot lets the hats ring
SPLASH_DECAY = (0.15, 0.8)  # seconds to 1/e
MOST_SAMPLES = 10  # of a piece that is put together from two


def varied(kit: Kit, kits: Sequence[Kit], rng: np.random.Generator) -> Kit:
    """The kit with some pieces layered with others of `kits` or of its own, as a rule named in the constants above."""
    pieces = dict(kit.pieces)
    licences = kit.licences
    for family in LAYERED_TOGETHER:
        able = [other for other in kits if {*family} & {*other.pieces} & {*pieces}]
        if able and rng.random() < LAYERED:
            other = chosen_by_wealth(able, family, rng)
            gain = 10 ** (rng.uniform(*LAYERS_DB) / 20)
            for code in sorted({*family} & {*other.pieces} & {*pieces}):
                second = other.pieces[code][int(rng.integers(len(other.pieces[code])))]
                pieces[code] = tuple(together(piece, second, gain, kit.sample_rate) for piece in pieces[code])
            licences |= other.licences
    tight = pieces.get("HH", ())
    if {"HO", "HH"} <= pieces.keys() and rng.random() < LOOSE:
        decay = float(np.exp(rng.uniform(*np.log(LOOSENESS))))
        gain = 10 ** (rng.uniform(*LOOSE_SHARE_DB) / 20)
        open_one = replace(pieces["HO"][0], decay=decay)
        pieces["HH"] = tuple(together(piece, open_one, gain, kit.sample_rate) for piece in tight)
    if {"HO", "HH"} <= pieces.keys() and rng.random() < HALF_OPEN:
        decay = float(np.exp(rng.uniform(*np.log(OPENNESS))))
        gain = 10 ** (-rng.uniform(*CLOSED_SHARE_DB) / 20)
        pieces["HO"] = tuple(
            together(tight[0], replace(piece, decay=decay), gain, kit.sample_rate) for piece in pieces["HO"]
        )
    if {"HO", "HP"} <= pieces.keys() and rng.random() < FOOT_SPLASH:
        splash = replace(pieces["HO"][0], decay=float(np.exp(rng.uniform(*np.log(SPLASH_DECAY)))))
        pieces["HP"] = tuple(
            replace(together(piece, splash, 1.0, kit.sample_rate), rings=True) for piece in pieces["HP"]
        )
    return replace(kit, pieces=pieces, licences=licences)


def together(first: Piece, second: Piece, gain: float, sample_rate: int) -> Piece:
    """A piece that sounds as both at once, their attacks at one sample, the second `gain` times as loud as the first.

    A stroke's strength chooses in both; the second is damped to its own `decay` (of `sample_rate`), if it has one.
    """
    n = len(first.samples)
    kept = [
        first.samples[index] for index in np.unique(np.linspace(0, n - 1, min(n, MOST_SAMPLES)).round().astype(int))
    ]
    n_kept = max(1, len(kept) - 1)
    samples = []
    for index, sample in enumerate(kept):
        layer = second.layer(index / n_kept)
        other = layer[index % len(layer)]
        samples.append(blended(sample, _damped(other, second.decay, sample_rate), gain, sample_rate))
    return replace(first, name=f"{first.name}+{second.name}", samples=tuple(samples))


def _damped(sample: Sample, decay: float, sample_rate: int) -> Sample:
    if not np.isfinite(decay):
        return sample
    return replace(sample, signal=damped(sample.signal, sample.attack, decay * sample_rate))
