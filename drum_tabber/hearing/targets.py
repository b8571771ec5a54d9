"""Labels to frames and back: `encode` makes what a model is trained on, `decode` reads what a model says.

Arrays pair each target with its weight on their last axis, `[target, weight]`; a weight of 0 hides a cell from the
loss, which is how a corpus that does not label something is kept from teaching silence. Shapes are (frames, drums, 2)
for onsets and velocities and (frames, 2, 2) for beat and downbeat. Frame i stands for time i / frame_rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import ALL_DRUMS, BEATS, Beats, Hits, Spans
from drum_tabber.hearing import cymbals, hats
from drum_tabber.hearing.cymbals import CYMBALS, OTHERS, RIDES, RINGING, SPLASH, Strokes, Weights
from drum_tabber.hearing.hats import FOOT, HATS, STICKS, Habits
from drum_tabber.odds import log_odds

Floats = NDArray[np.float32]
_SENSITIVITY_SPAN = 8.0  # log-odds between the deafest and the keenest sensitivity
_BESIDE = 3  # frames before and after a stroke that rings in which another drum is struck with it


@dataclass(frozen=True)
class TargetSpec:
    """How hits become frames: `drums` in the order of the columns, `width` frames from a hit to its target's zero."""

    drums: tuple[str, ...]
    frame_rate: float
    width: float = 2.0
    beat_width: float = 4.0


@dataclass(frozen=True)
class Decoding:
    """How frames become hits, tuned on validation and kept in the bundle.

    `families` lists drums that are rarely struck together and are hard to tell apart; a hit is looked for in the
    family as a whole, above the least of its `thresholds` (0 to 1, a value per drum), and given to the drum whose own
    activation is highest over its threshold. Within `refractory` seconds a second hit is taken for the same. Which hat
    it was is told by the strokes around it too, where `habits` (see `hats`) are known, and which cymbal, where
    `cymbals` are (see there). `calibration` makes a drum's confidence a probability: slope and offset of a line in
    log-odds (see `calibration`); a hit less likely than `least` isn't believed.
    """

    families: tuple[tuple[str, ...], ...]
    thresholds: Mapping[str, float]
    refractory: Mapping[str, float]
    together: float = 0.6  # a second drum of the family needs this much activation to be struck at the same moment
    sure: float = 0.82  # mean activation that the surest hits of a song have at least, where drums are played at all
    habits: Habits = ()
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    cymbals: Weights | None = None
    least: float = 0.15

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Decoding:
        """A decoding from what JSON makes of one."""
        lines = {drum: (float(slope), float(offset)) for drum, (slope, offset) in fields.get("calibration", {}).items()}
        habits = tuple(tuple(map(tuple, rows)) for rows in fields.get("habits", ()))
        families = tuple(map(tuple, fields["families"]))
        weights = Weights.of(fields["cymbals"]) if fields.get("cymbals") else None
        return cls(**{**fields, "families": families, "habits": habits, "calibration": lines, "cymbals": weights})

    def at(self, sensitivity: float) -> Decoding:
        """The same with thresholds moved by a sensitivity from 0 to 1, evenly in log-odds; 0.5 leaves them alone.

        Whether drums are played at all is asked less strictly by a keen ear, but no more strictly by a deaf one, which
        hears less of them and not nothing.
        """
        move = np.exp((sensitivity - 0.5) * _SENSITIVITY_SPAN)

        def moved(value: float) -> float:
            return float(value / (value + (1 - value) * move))

        thresholds = {drum: moved(value) for drum, value in self.thresholds.items()}
        return replace(self, thresholds=thresholds, sure=min(self.sure, moved(self.sure)), least=moved(self.least))


def encode(
    hits: Hits,
    beats: Beats | None,
    told_apart: Sequence[Sequence[str]],
    has_velocity: bool,
    spec: TargetSpec,
    n_frames: int,
    hidden: Spans | None = None,
) -> dict[str, Floats]:
    """Targets and weights {"onset", "velocity", "beat"} for the first `n_frames` frames.

    `told_apart` groups the drums as the corpus labels them: a drum alone is trained as it is; where a group of
    several was hit, which one is unknown, so its members are hidden around that moment; drums in no group are hidden.
    `beats` None hides the beats. In the spans of `hidden` nothing is trained as silence: what is labelled there counts,
    all else is left open.
    """
    column = {drum: index for index, drum in enumerate(spec.drums)}
    onset = np.zeros((n_frames, len(spec.drums), 2), np.float32)
    velocity = np.zeros_like(onset)
    for group in told_apart:
        members = [column[drum] for drum in group if drum in column]
        onset[:, members, 1] = 1.0
        chosen = hits.of_drum(*group)
        for time, loudness in zip(chosen.time, chosen.velocity, strict=True):
            frames, values = _bump(time * spec.frame_rate, spec.width, n_frames)
            if len(members) > 1:
                onset[frames][:, members, 1] = 0.0
                continue
            cells = onset[frames, members[0]]
            cells[:, 0] = np.maximum(cells[:, 0], values)
            if has_velocity:
                velocity[frames, members[0]] = np.stack([np.full(len(values), loudness / 127), values], axis=-1)
    pulse = _encode_beats(beats, spec, n_frames)
    if hidden is not None:
        _hide(onset, pulse, hidden, spec)
    return {"onset": onset, "velocity": velocity, "beat": pulse}


def decode(onset: Floats, velocity: Floats, spec: TargetSpec, decoding: Decoding) -> Hits:
    """Hits that activations (frames, drums) of onsets and velocities speak of, at interpolated times.

    Peaks of each family's activation, 1 - prod(1 - a), above its threshold become hits of the likeliest member;
    further members that peak there strongly by themselves are struck together with it. Where `decoding.cymbals` are
    known, they say which cymbal that was, or was struck with a hat. Confidences are activations; `calibrated` makes
    probabilities of them.
    """
    column = {drum: index for index, drum in enumerate(spec.drums)}
    found: list[_Found] = []
    for listed in decoding.families:
        family = [drum for drum in listed if drum in column]
        members = [column[drum] for drum in family]
        activation = 1 - np.prod(1 - onset[:, members], axis=1)
        threshold = np.array([decoding.thresholds[spec.drums[member]] for member in members])
        gap = min(decoding.refractory[spec.drums[member]] for member in members)
        peaks = pick_peaks(activation, float(threshold.min()), gap * spec.frame_rate)
        near = np.array([_near(onset, peak)[members] for peak in peaks]).reshape(-1, len(members))
        likely = near / threshold
        best = likely.argmax(axis=1)
        struck = near >= np.maximum(decoding.together, threshold)
        if decoding.cymbals and {*family} >= {*RINGING} and column.keys() >= {*RINGING, *OTHERS}:
            odds = cymbals.log_odds_of(strokes_of(onset, activation, peaks, spec), decoding.cymbals)
            best, struck = _with_cymbals(likely, struck, odds, family)
        best, struck = _by_stick(best, struck, likely, family)
        for row, peak in enumerate(peaks.tolist()):
            for index, member in enumerate(members):
                if index == best[row] or struck[row, index]:
                    sounding = activation if index == best[row] else onset[:, member]
                    confidence = float(activation[peak] if index == best[row] else near[row, index])
                    time = interpolate_peak(sounding, peak) / spec.frame_rate
                    loudness = float(velocity[peak, member]) * 127
                    found.append(_Found(max(0.0, time), spec.drums[member], loudness, confidence, peak))
    if decoding.habits and column.keys() >= {*HATS}:
        found = _with_habits(found, onset, velocity, spec, decoding)
    if not found:
        return Hits()
    times, drums, velocities, confidences, _ = zip(*found, strict=True)
    return Hits.of(times, drums, velocities, confidences)


def _by_stick(
    best: NDArray[np.int64], struck: NDArray[np.bool_], likely: Floats, family: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The likeliest member (n,) and those struck (n, members), of a hat closed by the foot as it is struck the stick
    alone, for that is what sounds; `likely` (n, members) chooses between sticks."""
    sticks = [family.index(hat) for hat in STICKS if hat in family]
    if FOOT not in family or not sticks:
        return best, struck
    foot, struck = family.index(FOOT), struck.copy()
    by_stick = struck[:, sticks].any(axis=1) | np.isin(best, sticks)
    by_foot = (best == foot) & by_stick
    best = np.where(by_foot, np.array(sticks)[likely[:, sticks].argmax(axis=1)], best)
    struck[by_stick, foot] = False
    return best, struck


def calibrated(hits: Hits, decoding: Decoding) -> Hits:
    """The same hits with probabilities for confidences, as far as `decoding.calibration` knows their drums."""
    confidence = hits.confidence.copy()
    for drum, (slope, offset) in decoding.calibration.items():
        mine = hits.drum == drum
        confidence[mine] = 1 / (1 + np.exp(-(slope * log_odds(confidence[mine]) + offset)))
    return replace(hits, confidence=confidence)


def believed(hits: Hits, decoding: Decoding) -> Hits:
    """The hits with probabilities for confidences, but for those that are too unlikely to be written."""
    likely = calibrated(hits, decoding)
    return likely.select(likely.confidence >= decoding.least) if decoding.calibration else likely


def strokes_of(onset: Floats, together: Floats, peaks: NDArray[np.int64], spec: TargetSpec) -> Strokes:
    """Strokes that ring, at the peaks of (frames,) what rings `together`, as `cymbals` sees them."""
    rows = {RINGING: 1, OTHERS: _BESIDE}
    ring, others = (
        np.array([_near(onset, peak, reach) for peak in peaks]).reshape(-1, len(spec.drums))[
            :, [spec.drums.index(drum) for drum in drums]
        ]
        for drums, reach in rows.items()
    )
    return Strokes(*(part.astype(np.float64) for part in (peaks / spec.frame_rate, ring, others, together[peaks])))


def _with_cymbals(
    likely: Floats, struck: NDArray[np.bool_], odds: NDArray[np.float64], family: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The likeliest member (n,) and those struck (n, members), with one cymbal a stroke at most: the likeliest by its
    `odds` (n, CYMBALS), where a cymbal was the likeliest member or the odds are in its favour.

    Two things the strokes around don't tell, so they stay as `likely` (n, members) has them: whether a ride was struck
    on its bell, for bells accent streams, and a splash, which the network knows better by itself.
    """
    columns = np.array([family.index(drum) for drum in CYMBALS])
    ride, bell = (family.index(drum) for drum in RIDES)
    splash = family.index(SPLASH)
    best, chosen = likely.argmax(axis=1), columns[odds.argmax(axis=1)]
    on_ride = np.where(likely[:, bell] > likely[:, ride], bell, ride)
    chosen = np.where(np.isin(chosen, (ride, bell)), on_ride, chosen)
    chosen = np.where(best == splash, splash, chosen)
    struck = struck.copy()
    struck[:, columns] = False
    struck[np.arange(len(best)), chosen] = odds.max(axis=1) > 0
    return np.where(np.isin(best, columns), chosen, best), struck


class _Found(NamedTuple):
    """A hit with the frame at which its family peaks."""

    time: float
    drum: str
    velocity: float
    confidence: float
    peak: int


def _with_habits(
    found: list[_Found], onset: Floats, velocity: Floats, spec: TargetSpec, decoding: Decoding
) -> list[_Found]:
    """The hits found with hats told apart along the song; a moment with two hats at once is left as it is."""
    columns = [spec.drums.index(drum) for drum in HATS]
    at_once = Counter(hit.peak for hit in found if hit.drum in HATS)
    strokes = sorted(
        (index for index, hit in enumerate(found) if hit.drum in HATS and at_once[hit.peak] == 1),
        key=lambda index: found[index].time,
    )
    near = np.array([_near(onset, found[index].peak)[columns] for index in strokes]).reshape(-1, len(HATS))
    odds = log_odds(near) - log_odds([decoding.thresholds[drum] for drum in HATS])
    times = np.array([found[index].time for index in strokes])
    told = list(found)
    for index, hat in zip(strokes, hats.likeliest(times, odds, decoding.habits).tolist(), strict=True):
        hit = found[index]
        told[index] = hit._replace(drum=HATS[hat], velocity=float(velocity[hit.peak, columns[hat]]) * 127)
    return told


def _near(onset: Floats, peak: int, reach: int = 1) -> Floats:
    """The greatest activation of each drum in so many frames before and after a peak, (drums,)."""
    greatest: Floats = onset[max(0, peak - reach) : peak + reach + 1].max(axis=0)
    return greatest


def pick_peaks(activation: Floats, threshold: float, gap: float) -> NDArray[np.int64]:
    """Frames of local maxima of (frames,) at or above `threshold`, the higher first served within `gap` frames."""
    padded = np.pad(activation, 1, constant_values=-1.0)
    peaks = np.flatnonzero((activation >= threshold) & (activation > padded[:-2]) & (activation >= padded[2:]))
    taken = np.ones(len(peaks), bool)
    for index in np.argsort(-activation[peaks], kind="stable"):
        if taken[index]:
            near = np.abs(peaks - peaks[index]) < gap
            near[index] = False
            taken[near] = False
    return peaks[taken]


def interpolate_peak(activation: Floats, frame: int) -> float:
    """The place between frames of a peak (frames,) around `frame`; exact for a triangle of any height and width."""
    if not 0 < frame < len(activation) - 1:
        return float(frame)
    left, peak, right = activation[frame - 1 : frame + 2].astype(np.float64)
    drop = peak - min(left, right)
    return frame + float(np.clip((right - left) / (2 * drop), -0.5, 0.5)) if drop > 0 else float(frame)


def _encode_beats(beats: Beats | None, spec: TargetSpec, n_frames: int) -> Floats:
    encoded = np.zeros((n_frames, 2, 2), np.float32)
    if beats is None:
        return encoded
    encoded[..., 1] = 1.0
    for kind, times in enumerate((beats.time, beats.downbeats)):
        for time in times:
            frames, values = _bump(time * spec.frame_rate, spec.beat_width, n_frames)
            encoded[frames, kind, 0] = np.maximum(encoded[frames, kind, 0], values)
    return encoded


def _hide(onset: Floats, pulse: Floats, hidden: Spans, spec: TargetSpec) -> None:
    """Take the weight off the silence in the spans, as far out as the target of a hit or beat in them would reach."""
    columns = {drum: slice(index, index + 1) for index, drum in enumerate(spec.drums)} | {ALL_DRUMS: slice(None)}
    for start, end, what in zip(hidden.start, hidden.end, hidden.what.tolist(), strict=True):
        if what == BEATS:
            cells, width = pulse, spec.beat_width
        elif what in columns:
            cells, width = onset[:, columns[what]], spec.width
        else:
            continue
        first = max(0, int(np.ceil(start * spec.frame_rate - width)))
        near = cells[first : max(0, int(np.floor(end * spec.frame_rate + width)) + 1)]
        near[..., 1] *= near[..., 0] > 0


def _bump(centre: float, width: float, n_frames: int) -> tuple[slice, Floats]:
    """A triangle of height 1 at frame `centre` that falls to 0 at `width` frames: the frames it covers, its values."""
    first = max(0, int(np.ceil(centre - width)))
    last = min(n_frames, int(np.floor(centre + width)) + 1)
    frames = np.arange(first, max(first, last))
    return slice(first, max(first, last)), (1 - np.abs(frames - centre) / width).astype(np.float32)
