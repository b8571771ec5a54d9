"""Does this tab belong to this song? What an alignment shows, weighed into one probability.

Any tab can be laid over any song somehow, and a plain beat fits many songs well. A right tab is told from another
song's by what it needs to fit: it plays its bars in order, all of them once, its strokes are heard, it explains what is
heard, and its bars fit better where they stand than in each other's places. `Trust` holds these figures and weighs them
by logistic regression, fitted to 534 alignments of rendered songs, each with its own tab and with those of others, by
a forerunner of `tools/fit_trust.py`.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from drum_tabber.evidence import Evidence, Signal
from drum_tabber.follow import FEELS, felt, slot_beats
from drum_tabber.tab import Bar

if TYPE_CHECKING:
    from drum_tabber.align import TimedTab

WEIGHTS = (4.75, 3.12, 7.93, 3.83, -5.15, 1.51)  # of the figures of a `Trust`, in its order
BIAS = -18.06
_SHUFFLES = 100  # random orders of the bars that the right one is held against
_CLEAR = 6.0  # standard deviations from which more say nothing new


@dataclass(frozen=True)
class Trust:
    """What speaks for a tab's belonging to its song; shares and means are 0 to 1."""

    heard: float  # mean confidence of the strokes
    agreement: float  # mean agreement of the bars as played
    nats: float  # of the path, for each stroke
    played: float  # share of the tab's bars that the song plays
    replayed: float  # share of the bars played that were played before
    order: float  # by how many standard deviations the bars fit better in their order than shuffled

    @property
    def probability(self) -> float:
        """That the tab belongs to the song, if tabs of it and of others are brought equally often."""
        odds = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, astuple(self), strict=True))
        return float(1 / (1 + np.exp(-odds)))

    def doubt(self) -> str | None:
        """Why the tab isn't believed to belong to the song; None where it is."""
        if self.probability >= 0.5:
            return None
        return (
            f"the tab doesn't fit the song (probability {self.probability:.2f}): {self.played:.0%} of its bars find a "
            f"place, {self.heard:.0%} of their strokes are heard there, and what is written and what is heard agree by "
            f"{self.agreement:.0%}; check that the tab belongs to this recording"
        )


def judge(timed: TimedTab, nats: float, evidence: Evidence) -> Trust:
    """The figures of an alignment whose path has these nats."""
    numbers = [bar.number for bar in timed.bars]
    different = len(set(numbers))
    return Trust(
        heard=float(timed.hits.confidence.mean()),
        agreement=float(np.mean([bar.agreement for bar in timed.bars])),
        nats=nats / len(timed.hits),
        played=different / len(timed.tab.bars),
        replayed=1 - different / len(numbers),
        order=_order(timed, evidence),
    )


def _order(timed: TimedTab, evidence: Evidence) -> float:
    """A permutation test: the nats of the bars' strokes where they stand, against other bars of the tab there."""
    rng = np.random.default_rng(0)
    nats = _exchanged(timed, evidence)
    own = np.array([bar.number - 1 for bar in timed.bars])
    at = np.arange(len(own))
    shuffled = np.array([nats[at, rng.permutation(nats.shape[1])[own]].sum() for _ in range(_SHUFFLES)])
    spread = float(shuffled.std())
    return float(np.clip((nats[at, own].sum() - shuffled.mean()) / spread, 0, _CLEAR)) if spread > 1e-6 else 0.0


def _exchanged(timed: TimedTab, evidence: Evidence) -> Signal:
    """(bars played, bars of the tab) nats if the one played there were another of the tab's."""
    nats = np.zeros((len(timed.bars), len(timed.tab.bars)))
    columns: dict[Bar, int] = {}
    for number, bar in enumerate(timed.tab.bars):
        if bar in columns:
            nats[:, number] = nats[:, columns[bar]]
            continue
        columns[bar] = number
        strokes = [stroke for stroke in bar.strokes if stroke.drum in evidence.family_of]
        if not strokes:
            continue
        beats = felt(slot_beats(bar), FEELS[timed.feel])[[stroke.slot for stroke in strokes]]
        family = np.array([evidence.family_of[stroke.drum] for stroke in strokes])
        for index, played in enumerate(timed.bars):
            time = np.interp(beats, np.arange(len(played.beat_time)), played.beat_time)
            frame = np.clip(np.rint(time * evidence.frame_rate).astype(int), 0, evidence.n_frames - 1)
            nats[index, number] = evidence.stroke[frame, family].sum()
    return nats
