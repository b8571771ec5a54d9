"""Does this tab belong to this song? What an alignment shows, weighed into one probability.

Any tab can be laid over any song somehow, and a plain beat fits many songs well. A right tab is told from another
song's by what it needs to fit. It is played in one order: figures are taken of its `chain`, the bars played whose
numbers rise and that agree best, and what else the song plays of it counts little. In the chain what is written is
heard, and the other way round, by the drum that it is written for; the average bar sounds as it is written, each
family of drums by itself; where a bar differs from the average one, the song does so too, which a tab whose bars are
all alike can't show; and hardly any drums are heard outside it. All of that has to be the better, the surer the
listener is of what it hears in this song.

`Trust` weighs these figures by logistic regression. Its weights lie in `trust.json`, where `tools/fit_trust.py` writes
them: fitted to alignments of rendered songs, each with its own tab and with three strangers, two of which are the
likest of forty stretches of other songs, without those of the same beat and with them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drum_tabber.alignment.evidence import BLUR, Evidence, Signal
from drum_tabber.alignment.follow import FEELS, felt, slot_beats
from drum_tabber.tab import Bar

if TYPE_CHECKING:
    from drum_tabber.alignment.align import TimedTab

WEIGHTS = Path(__file__).with_name("trust.json")  # each figure's of a `Trust`, the bias, and what they were fitted to
_CLEAR = 6.0  # standard deviations that count; where more are expected, all are scaled down
_FIRM = 0.5  # added to their variance, so that a few strokes prove little
_FILLED = 0.12  # share of the strokes, written and heard, from which a family counts by itself
_LEVEL = (0.3, 1.0)  # limits of how well a family's strokes are taken to be heard


@dataclass(frozen=True)
class Trust:
    """What speaks for a tab's belonging to its song, all of it of the chain alone."""

    agreement: float  # mean agreement of the bars
    likely: float  # nats of the bars, over those of strokes that all were surely heard; 0 where none is written
    shape: float  # Dice's coefficient of the average bar as written and as heard, mean of the well-filled families
    covered: float  # share of all that is heard in the song that sounds in the chain's bars
    order: float  # standard deviations by which the bars differ from the average one as they are written to
    clear: float  # probability of what is heard in the song, each hit weighing as much as it is probable
    complete: float  # share of the tab's bars that are in the chain
    named: float  # log of the share of the drums written in what is heard of their strokes, of families of several

    @property
    def probability(self) -> float:
        """That the tab belongs to the song, where tabs of others are brought three times as often as its own."""
        weight_of, bias = _weights()
        odds = bias + sum(weight_of[name] * value for name, value in asdict(self).items())
        return float(1 / (1 + np.exp(-odds)))

    def doubt(self) -> str | None:
        """Why the tab isn't believed to belong to the song; None where it is."""
        if self.probability >= 0.5:
            return None
        return (
            f"the tab doesn't fit the song (probability {self.probability:.2f}): where it fits best, what is written "
            f"and what is heard agree by {self.agreement:.0%}, and {self.covered:.0%} of what is heard in the song "
            "lies there; check that the tab belongs to this recording"
        )


@cache
def _weights() -> tuple[Mapping[str, float], float]:
    """The weight of each figure, and the bias."""
    fitted = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return fitted["weights"], fitted["bias"]


def judge(timed: TimedTab, nats: Signal, evidence: Evidence) -> Trust:
    """The figures of an alignment for each of whose bars these nats (bars,) speak."""
    chain = chain_of(timed)
    shape, order = _likeness(timed, chain, evidence)
    inside = np.isin(timed.played, chain)
    families = [evidence.family_of.get(drum, 0) for drum in timed.hits.drum[inside].tolist()]
    most = float(evidence.most[families].sum())
    return Trust(
        agreement=float(np.mean([timed.bars[index].agreement for index in chain])),
        likely=float(nats[chain].sum()) / most if most else 0.0,
        shape=shape,
        covered=evidence.heard_within([(timed.bars[index].start, timed.bars[index].end) for index in chain]),
        order=order,
        clear=evidence.clear,
        complete=len(chain) / len(timed.tab.bars),
        named=_named(timed, chain, evidence),
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


def _named(timed: TimedTab, chain: NDArray[np.int64], evidence: Evidence) -> float:
    """The figure `named` of a chain, each peak weighing as much as it is probable; 0 where no family has several drums.

    Strokes of a family in one slot are one peak, whose share is that of all of them.
    """
    total = weight = 0.0
    placed = timed.heard & np.isin(timed.played, chain)
    for family, peaks in zip(evidence.families, evidence.peaks, strict=True):
        mine = np.flatnonzero(placed & np.isin(timed.hits.drum, family))
        if len(family) > 1 and len(mine):
            peak = np.searchsorted((peaks.time[1:] + peaks.time[:-1]) / 2, timed.hits.time[mine])
            drum = [family.index(name) for name in timed.hits.drum[mine].tolist()]
            share = np.bincount(peak, peaks.share[peak, drum], minlength=len(peaks.time))
            heard = peaks.heard * np.isin(np.arange(len(peaks.time)), peak)
            total += float(share @ heard)
            weight += float(heard.sum())
    return float(np.log(total / weight + BLUR)) if weight else 0.0


def _likeness(timed: TimedTab, chain: Sequence[int] | NDArray[np.int64], evidence: Evidence) -> tuple[float, ...]:
    """The figures `shape` and `order` of a chain."""
    shapes = np.zeros((3, len(evidence.families)))  # of the average bars: both, written, heard
    along = np.zeros(3)  # of the bars about their average: covariance, its variance, variance as written
    total = np.zeros(2)  # of all: covariance, variance as written
    for written, heard in _laid(timed, chain, evidence):
        mean, mean_heard = written.mean(axis=0), heard.mean(axis=0)
        level = np.sum(mean * mean_heard, axis=0) / np.maximum(np.sum(mean**2, axis=0), 1e-9)
        sounding = np.minimum(mean_heard / np.clip(level, *_LEVEL), 1)
        shapes += len(written) * np.stack([np.minimum(mean, sounding), mean, sounding]).sum(axis=1)
        together = np.sum((written - mean) * (heard - mean_heard), axis=1)  # strokes of a fill come together
        along += [together.sum(), np.sum(together**2), np.sum((written - mean) ** 2)]
        centred = written - written.mean(axis=(0, 1))
        total += [np.sum(centred * heard), np.sum(centred**2)]
    spread = np.sqrt(along[1] + _FIRM)
    order, expected = along[0] / spread, total[0] / max(total[1], 1e-9) * along[2] / spread
    scale = min(1.0, _CLEAR / max(expected, abs(order), 1e-9))
    both, size = 2 * shapes[0], shapes[1] + shapes[2]
    filled = size >= max(_FILLED * size.sum(), 1e-9)
    return float(np.mean(both[filled] / size[filled])) if filled.any() else 0.0, float(scale * order)


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
