"""Consensus: what a drummer plays again and again corrects what was heard doubtfully once.

In come the hits that were heard, candidates that were nearly heard, and the beats. Around every beat the bars are
compared, drum by drum and place by place, with those around the same beat of other bars. A hit that the like bars lack
loses confidence, and a candidate that they have gains it, in log-odds: the more, the more bars are alike and the more
alike they are. What has no like bars, as a fill or a free passage, stays as it was heard; so do flams, drags and the
snare, whose ghost notes come and go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Beats, Hits
from drum_tabber.hearing.targets import Decoding, Floats, TargetSpec, decode
from drum_tabber.meter.grid import Grid
from drum_tabber.odds import log_odds

_BINS = 12  # of a beat, where strokes are compared: sixteenths and triplets fall on them
_BLOCK = 768  # beats that are compared with one another at a time
_WINDOW = (0.4, 0.7, 1.0, 0.7, 0.4)  # weight of the beats around the one that is compared
_GRACE = 0.06  # seconds: strokes of one drum that are closer belong together
_NEAREST = 1e-4  # to 0 and to 1 that a confidence is taken to be


@dataclass(frozen=True)
class ConsensusSpec:
    """How much repetition counts.

    `share` of its threshold that a candidate's activation reaches; `weight` of the like bars' log-odds over those of
    the activation; `alike`, the likeness from which bars count; `neutral`, the share of like bars that says nothing;
    `doubt`, the likeness' worth of bars that would have to be set against that. The classes `spared` stay as they were
    heard: on a snare, ghost notes and fills come and go.
    """

    share: float = 0.7
    weight: float = 0.6
    alike: float = 0.6
    neutral: float = 0.65
    doubt: float = 1.0
    spared: tuple[str, ...] = ("snare",)


def agreed(
    hits: Hits,
    onset: Floats,
    velocity: Floats,
    targets: TargetSpec,
    decoding: Decoding,
    beats: Beats,
    classes: Mapping[str, str],
    spec: ConsensusSpec,
) -> Hits:
    """The hits after repetition has been heard: some new, some gone, all with the confidence that it gives them.

    `onset` and `velocity` (frames, drums) are the activations that `hits` were decoded from; `classes` names the drums
    that stand for one another when bars are compared.
    """
    lower = {drum: threshold * spec.share for drum, threshold in decoding.thresholds.items()}
    weaker = replace(decoding, thresholds=lower)
    candidates = decode(onset, velocity, targets, weaker)
    if not len(candidates) or len(beats) < 2:
        return hits
    known = set(zip(hits.time.tolist(), hits.drum.tolist(), strict=True))
    heard = np.array([pair in known for pair in zip(candidates.time.tolist(), candidates.drum.tolist(), strict=True)])
    least = {drum: min(decoding.thresholds[one] for one in family) for family in decoding.families for drum in family}
    bounds = np.array([least[drum] for drum in candidates.drum.tolist()])
    margin = log_odds(candidates.confidence, _NEAREST) - log_odds(bounds, _NEAREST)
    margin = np.where(heard, np.maximum(margin, 0.0), np.minimum(margin, 0.0))
    names = sorted(set(classes.values()))
    kind = np.array([names.index(classes[drum]) for drum in candidates.drum.tolist()])
    shift = _shifts(candidates, kind, len(names), _presence(margin), Grid.of(beats, _BINS), spec)
    spared = np.isin(np.array(names)[kind], spec.spared)
    apart = spared | _near_other(candidates, kind, heard)
    kept = np.where(apart, heard, margin + shift > np.where(heard, -1e-9, 1e-9))
    confidence = 1 / (1 + np.exp(-(log_odds(candidates.confidence, _NEAREST) + np.where(apart, 0.0, shift))))
    return replace(candidates, confidence=confidence).select(kept)


def _presence(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """How surely each candidate is there, 0 to 1, by its activation alone."""
    return np.asarray(1 / (1 + np.exp(-2 * margin)), np.float64)


def _near_other(candidates: Hits, kind: NDArray[np.int64], heard: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a heard hit of the same class is so near that both are one stroke with its grace note."""
    near = np.zeros(len(candidates), bool)
    for one in np.unique(kind):
        own = np.flatnonzero(kind == one)
        sounding = candidates.time[own[heard[own]]]
        for hit in own.tolist():
            apart = np.abs(sounding - candidates.time[hit])
            near[hit] = np.count_nonzero(apart < _GRACE) > heard[hit]
    return near


def _shifts(
    candidates: Hits,
    kind: NDArray[np.int64],
    n_kinds: int,
    presence: NDArray[np.float64],
    grid: Grid,
    spec: ConsensusSpec,
) -> NDArray[np.float64]:
    """(n,) log-odds that the like bars add to each candidate."""
    n_beats = len(grid.divisions)
    along = np.clip(np.rint(grid.locate_along(candidates.time)), 0, n_beats * _BINS - 1).astype(np.int64)
    cells = np.zeros((n_beats * _BINS + 2, n_kinds))
    for step, part in ((0, 1.0), (-1, 0.5), (1, 0.5)):
        np.maximum.at(cells, (along + 1 + step, kind), part * presence)
    place = np.concatenate([np.arange(meter) + 100 * meter for meter in grid.meters])
    shift = np.zeros(len(candidates))
    for first in range(0, n_beats, _BLOCK):
        block = slice(first, min(first + _BLOCK, n_beats))
        inside = np.flatnonzero((along >= block.start * _BINS) & (along < block.stop * _BINS))
        own = cells[1 + block.start * _BINS : 1 + block.stop * _BINS].reshape(-1, _BINS, n_kinds)
        comparable = (place[block, None] == place[None, block]) & ~np.eye(len(own), dtype=bool)
        weight = np.where(comparable, _weights(own, spec.alike), 0.0)
        beat, cell = along[inside] // _BINS - block.start, along[inside] % _BINS
        there = own[:, cell, kind[inside]]  # (beats, candidates)
        there = np.maximum(there, 2 * np.minimum(there, 0.5))  # half a presence is a neighbouring cell's whole one
        total = weight[beat].sum(axis=1)
        share = (np.einsum("nb,bn->n", weight[beat], there) + spec.doubt * spec.neutral) / (total + spec.doubt)
        shift[inside] = spec.weight * (log_odds(share, _NEAREST) - log_odds(np.array(spec.neutral), _NEAREST))
    return shift


def _weights(cells: NDArray[np.float64], alike: float) -> NDArray[np.float64]:
    """(beats, beats) how much one beat says about another: by Dice's coefficients of what is played around them, from
    `alike` on, and of what is played on the beats themselves, which a fill lowers. `cells` (beats, bins, classes)."""
    flat = cells.reshape(len(cells), -1)
    both = np.zeros((len(flat), len(flat)))
    for column in flat.T[flat.any(axis=0)]:
        both += np.minimum.outer(column, column)
    size = flat.sum(axis=1)
    reach = len(_WINDOW) // 2
    shared, whole = np.zeros_like(both), np.zeros(len(flat))
    padded, padded_size = np.pad(both, reach), np.pad(size, reach)
    for step, share in enumerate(_WINDOW):
        shared += share * padded[step : step + len(flat), step : step + len(flat)]
        whole += share * padded_size[step : step + len(flat)]
    around = np.maximum(_dice(shared, whole) - alike, 0) / (1 - alike)
    return np.asarray((around * _dice(both, size)) ** 2, np.float64)


def _dice(shared: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Dice's coefficient of each two of (n,) things, given what each two share; 1 where both are empty."""
    total = size[:, None] + size[None, :]
    return np.asarray(np.where(total > 0, 2 * shared / np.maximum(total, 1e-9), 1.0), np.float64)
