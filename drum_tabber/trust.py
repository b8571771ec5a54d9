"""Does this tab belong to this song? What an alignment shows, weighed into one probability.

Any tab can be laid over any song somehow, and a plain beat fits many songs well. A right tab is told from another
song's by what it needs to fit. It is played in one order, hardly broken: figures are taken of its `chain`, the bars
played whose numbers rise and that agree best, and what else the song plays of it says nothing. In the chain strokes are
heard, and what is heard is written; the average bar sounds as it is written; and where a bar differs from the average
one, the song does so too. The last is held against what it would be in the right song, so that a tab
whose bars are all alike, which can't show it, is neither believed nor doubted for it.

`Trust` weighs these figures by logistic regression; `tools/fit_trust.py` fits the weights to rendered songs, each with
its own tab and with those of others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drum_tabber.evidence import Evidence, Signal
from drum_tabber.follow import FEELS, felt, slot_beats
from drum_tabber.tab import Bar

if TYPE_CHECKING:
    from drum_tabber.align import TimedTab

WEIGHTS = (4.75, 3.12, 7.93, 3.83, -5.15, 1.51, 0.0, 0.0, 0.0)  # of the figures of a `Trust`, in its order
BIAS = -18.06
_CLEAR = 6.0  # standard deviations from which more say nothing new
_FIRM = 0.5  # added to their variance, so that a few strokes prove little
_ALIKE = 0.99  # correlation beyond which more says nothing new


@dataclass(frozen=True)
class Trust:
    """What speaks for a tab's belonging to its song; all but the nats, of the chain alone."""

    heard: float  # mean confidence of the strokes
    agreement: float  # mean agreement of the bars
    nats: float  # of the whole path, for each stroke
    pattern: float  # Fisher's z of the correlation between the average bar as written and as heard
    played: float  # share of the tab's strokes
    broken: float  # places where the chain leaves the tab's order or the song's, for each bar
    order: float  # standard deviations by which the bars differ from the average one as they are written to
    distinct: float  # the same as it is expected in the right song

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
            f"the tab doesn't fit the song (probability {self.probability:.2f}): {self.played:.0%} of its strokes find "
            f"a place in its order, {self.heard:.0%} of them are heard there, and what is written and what is heard "
            f"agree by {self.agreement:.0%}; check that the tab belongs to this recording"
        )


def judge(timed: TimedTab, nats: float, evidence: Evidence) -> Trust:
    """The figures of an alignment whose path has these nats."""
    chain = chain_of(timed)
    mine = np.isin(timed.played, chain)
    numbers = np.array([timed.bars[index].number for index in chain])
    n_strokes = sum(len(bar.strokes) for bar in timed.tab.bars)
    pattern, order, distinct = _likeness(timed, chain, evidence)
    return Trust(
        heard=float(timed.hits.confidence[mine].mean()) if mine.any() else 0.0,
        agreement=float(np.mean([timed.bars[index].agreement for index in chain])),
        nats=nats / len(timed.hits),
        pattern=pattern,
        played=int(mine.sum()) / n_strokes,
        broken=float(np.sum((np.diff(numbers) != 1) | (np.diff(chain) != 1))) / len(chain),
        order=order,
        distinct=distinct,
    )


def chain_of(timed: TimedTab) -> NDArray[np.int64]:
    """Indices of the bars played, in the order of the song, whose numbers rise and whose agreement adds up to most."""
    number = np.array([bar.number for bar in timed.bars])
    worth = np.array([bar.agreement for bar in timed.bars]) + 1e-6
    total, before = worth.copy(), np.full(len(worth), -1)
    for index in range(1, len(worth)):
        earlier = np.where(number[:index] < number[index], total[:index], 0.0)
        best = index - 1 - int(earlier[::-1].argmax())  # the last of equals
        if earlier[best] > 0:
            total[index] += earlier[best]
            before[index] = best
    chain = [int(total.argmax())]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1], np.int64)


def _likeness(timed: TimedTab, chain: Sequence[int] | NDArray[np.int64], evidence: Evidence) -> tuple[float, ...]:
    """The figures `pattern`, `order` and `distinct` of a chain."""
    between = np.zeros(3)  # of the average bars: covariance, variance as written, variance as heard
    along = np.zeros(3)  # of the bars about their average: covariance, variance as written, variance of the covariance
    total = np.zeros(2)  # of all: covariance, variance as written
    for written, heard in _laid(timed, chain, evidence):
        mean, mean_heard = written.mean(axis=0), heard.mean(axis=0)
        shape, shape_heard = mean - mean.mean(axis=0), mean_heard - mean_heard.mean(axis=0)
        between += [np.sum(shape * shape_heard), np.sum(shape**2), np.sum(shape_heard**2)]
        own, own_heard = written - mean, heard - mean_heard
        product = np.sum(
            own * own_heard, axis=1
        )  # strokes of a fill come together: bars of a family are what is counted
        along += [product.sum(), np.sum(own**2), np.sum(product**2)]
        centred = written - written.mean(axis=(0, 1))
        total += [np.sum(centred * heard), np.sum(centred**2)]
    spread = np.sqrt(along[2] + _FIRM)
    order = along[0] / spread
    distinct = max(0.0, total[0] / max(total[1], 1e-9)) * along[1] / spread
    scale = min(1.0, _CLEAR / max(distinct, abs(order), 1e-9))
    correlation = between[0] / max(1e-9, float(np.sqrt(between[1] * between[2])))
    return float(np.arctanh(np.clip(correlation, 0, _ALIKE))), float(scale * order), float(scale * distinct)


def _laid(
    timed: TimedTab, chain: Sequence[int] | NDArray[np.int64], evidence: Evidence
) -> Iterator[tuple[Signal, Signal]]:
    """For the bars of each meter, (bars, places, families): 1 where a stroke is written, and how well it is heard."""
    meters = defaultdict(list)
    for index in chain:
        played = timed.bars[index]
        meters[timed.tab.bars[played.number - 1].meter].append(played)
    for bars in meters.values():
        own = [timed.tab.bars[played.number - 1] for played in bars]
        places = np.unique(np.concatenate([slot_beats(bar) for bar in own]).round(4))
        sounding = felt(places, FEELS[timed.feel])
        heard = [
            evidence.near_at(np.interp(sounding, np.arange(len(played.beat_time)), played.beat_time)) for played in bars
        ]
        yield np.stack([_written(bar, places, evidence) for bar in own]), np.stack(heard)


def _written(bar: Bar, places: Signal, evidence: Evidence) -> Signal:
    written = np.zeros((len(places), len(evidence.families)))
    at = np.searchsorted(places, slot_beats(bar).round(4))
    for stroke in bar.strokes:
        if stroke.drum in evidence.family_of:
            written[at[stroke.slot], evidence.family_of[stroke.drum]] = 1
    return written
