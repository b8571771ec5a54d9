"""A tab with its times becomes labels to train on: what is sure is taught, what is not is hidden, nothing is guessed.

`Laid`, a tab with its times, in, `Labels` out. A stroke is left out, and its family hidden about it, where it is likely
that the song doesn't play it; a bar where tab and song disagree is hidden as a whole, and so is whatever the tab
doesn't cover. Where a stroke is more than one onset (flam, drag, roll) the drum is hidden about the onset that is
known; a choke can't be told from the grab that follows a stroke. A drum that the tab never writes may still be played
by somebody who didn't care to write it down, so it is hidden throughout, if `LabelSpec` says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drum_tabber.alignment.align import PlayedBar, TimedTab, align_given
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.events import ALL_DRUMS, BEATS, Beats, Hits, Spans
from drum_tabber.material.corpora import Groups, Labels
from drum_tabber.material.songs import Alignment
from drum_tabber.tab import Reading, Stroke, Tab
from drum_tabber.vocabulary import Vocabulary

Treatment = Literal["train", "mask"]

_REACH = 0.1  # seconds about a stroke that is not believed, or is more than one
_LOUD = 0.5  # probability from which something heard and not written may be a stroke
_SAME = 0.05  # seconds within which it is one that is written
_JOINT = 0.06  # seconds that passes of the song may be apart without a gap
_FAR = 1e5  # seconds: after the end of any song
_BLOCK = 12  # lines of a tab that may belong to one block
_SEVERAL = ("drag", "flam", "roll")  # articulations of more than one onset
_NO_EVIDENCE = Evidence((), (), 0, 100.0)


@dataclass(frozen=True)
class LabelSpec:
    """What is taught of a tab.

    Strokes of less than `min_confidence` and bars that agree less than `min_agreement` (0 to 1) are hidden; `ghosts`
    and `rims` (side sticks) may be; `unwritten` says whether drums that the tab never writes are, or taught as silence.
    """

    min_confidence: float = 0.5
    min_agreement: float = 0.4
    ghosts: Treatment = "train"
    rims: Treatment = "train"
    unwritten: Treatment = "mask"


@dataclass(frozen=True, eq=False)
class Laid:
    """What of an alignment the labels need.

    `bars` as the song plays them; `hits` (n,) with the `played` (n,) bar of each (its place among `bars`) and its
    `slot` (n,) there; `beside`, what was heard and isn't written.
    """

    tab: Tab
    bars: tuple[PlayedBar, ...]
    hits: Hits
    played: NDArray[np.int64]
    slot: NDArray[np.int64]
    beside: Hits = field(default_factory=Hits)

    @classmethod
    def of(cls, timed: TimedTab, evidence: Evidence) -> Laid:
        """A tab that the aligner laid over what was heard."""
        return cls(timed.tab, timed.bars, timed.hits, timed.played, timed.slot, _beside(timed.hits, evidence))

    def strokes(self) -> Iterator[tuple[float, float, PlayedBar, Stroke]]:
        """Every stroke as (time, confidence, the bar as played, what is written)."""
        written = {(bar, one.slot, one.drum): one for bar, each in enumerate(self.tab.bars, 1) for one in each.strokes}
        columns = (self.hits.time, self.hits.confidence, self.played, self.slot, self.hits.drum)
        for time, confidence, played, slot, drum in zip(*(column.tolist() for column in columns), strict=True):
            bar = self.bars[played]
            yield time, confidence, bar, written[bar.number, slot, drum]


def laid_as_given(tab: Tab, alignment: Alignment) -> Laid:
    """The tab where a sidecar puts it, every stroke on its slot and believed. Raises CorpusError for an empty tab."""
    timed = align_given(tab, _NO_EVIDENCE, alignment.beat_times(tab), window=0.0)
    sure = Hits(timed.hits.time, timed.hits.drum, timed.hits.velocity, np.ones(len(timed.hits)))
    bars = tuple(replace(bar, agreement=1.0) for bar in timed.bars)
    return Laid(tab, bars, sure, timed.played, timed.slot)


def _beside(hits: Hits, evidence: Evidence) -> Hits:
    """What was heard, with its probability, and is near no written stroke of its family."""
    parts = []
    for family, peaks in zip(evidence.families, evidence.peaks, strict=True):
        written = np.concatenate([[-_FAR], hits.of_drum(*family).time, [_FAR]])
        after = np.searchsorted(written, peaks.time)
        near = np.minimum(peaks.time - written[after - 1], written[after] - peaks.time) <= _SAME
        loud = (peaks.heard >= _LOUD) & ~near
        parts.append(Hits.of(peaks.time[loud], peaks.drum[loud], confidence=peaks.heard[loud]))
    return Hits.concatenate(parts)


def doubtful_bars(reading: Reading) -> frozenset[int]:
    """The bars (from 1) of a tab that are written near something that was put right by guessing, or left unread."""
    lines = [remark.line for remark in (*reading.repairs, *reading.unread) if remark.fault]
    return frozenset(
        number
        for number, (line, _) in enumerate(reading.places, start=1)
        if any(abs(line - fault) <= _BLOCK for fault in lines)
    )


def labels_of(laid: Laid, spec: LabelSpec, vocabulary: Vocabulary, doubtful: Collection[int] = ()) -> Labels:
    """The labels of a tab with its times; the bars `doubtful` (numbers in the tab) are not taught."""
    hidden, left_out = [_uncovered(laid.bars)], Counter[str]()
    in_doubt = {id(bar) for bar in laid.bars if bar.agreement < spec.min_agreement or bar.number in doubtful}
    for bar in laid.bars:
        if id(bar) in in_doubt:
            hidden += [Spans.of([bar.start], [bar.end], what) for what in (ALL_DRUMS, BEATS)]
            left_out["bars in doubt"] += 1
    left_out["bars not played"] = len({*range(1, len(laid.tab.bars) + 1)} - {bar.number for bar in laid.bars})
    taught = np.zeros(len(laid.hits), bool)
    for index, (time, confidence, bar, stroke) in enumerate(laid.strokes()):
        reason = "strokes of bars in doubt" if id(bar) in in_doubt else ""
        reason = reason or ("strokes in doubt" if confidence < spec.min_confidence else _unclear(stroke, spec))
        if reason:
            left_out[reason] += 1
            hidden.append(_about(time, stroke.drum, vocabulary))
            continue
        taught[index] = True
        if stroke.articulation in _SEVERAL:
            hidden.append(Spans.about([time], _REACH, stroke.drum))
    for time, drum in zip(laid.beside.time.tolist(), laid.beside.drum.tolist(), strict=True):
        hidden.append(_about(time, drum, vocabulary))
    left_out["strokes heard and not written"] = len(laid.beside)
    return Labels(
        laid.hits.select(taught),
        _beats(laid.bars),
        _apart(laid.tab, spec, vocabulary),
        velocity=False,
        hidden=Spans.concatenate(hidden),
        left_out={what: n for what, n in left_out.items() if n},
    )


def merged(labels: Labels, codes: Mapping[str, str]) -> Labels:
    """The same labels in a coarser vocabulary: each drum under the code that it shows, those without one not labelled.

    Drums that were labelled together as one of several become one where they share a code.
    """
    if all(codes.get(code) == code for group in labels.told_apart for code in group):
        return labels
    groups = [tuple(dict.fromkeys(codes[code] for code in group if code in codes)) for group in labels.told_apart]
    apart = tuple(dict.fromkeys(group for group in groups if group))
    single = {group[0] for group in apart if len(group) == 1}
    apart = tuple(group for group in apart if len(group) == 1 or not single & set(group))
    what = [codes.get(one, one) for one in labels.hidden.what.tolist()]
    hidden = Spans.of(labels.hidden.start, labels.hidden.end, what) if what else labels.hidden
    return replace(labels, hits=labels.hits.renamed(dict(codes)), told_apart=apart, hidden=hidden)


def _uncovered(bars: Sequence[PlayedBar]) -> Spans:
    """The time before, between and after the bars that are played."""
    ends = [-_FAR, *(bar.end for bar in bars)]
    starts = [*(bar.start for bar in bars), _FAR]
    gaps = [(end, start) for end, start in zip(ends, starts, strict=True) if start - end > _JOINT]
    return Spans.concatenate(
        Spans.of([end for end, _ in gaps], [start for _, start in gaps], what) for what in (ALL_DRUMS, BEATS)
    )


def _unclear(stroke: Stroke, spec: LabelSpec) -> str:
    """Why a stroke isn't taught though it is believed; "" where it is."""
    if stroke.articulation == "choke":
        return "chokes"
    if stroke.dynamic == "ghost" and spec.ghosts == "mask":
        return "ghost notes"
    return "rims" if stroke.drum == "SS" and spec.rims == "mask" else ""


def _about(time: float, drum: str, vocabulary: Vocabulary) -> Spans:
    """The drum's whole family about a moment: what was struck there, if anything, is not known."""
    family = vocabulary.families[vocabulary.by_code[drum].family]
    return Spans.about([time] * len(family), _REACH, family)


def _beats(bars: Collection[PlayedBar]) -> Beats:
    times = [time for bar in bars for time in bar.beat_time[:-1]]
    places = [place for bar in bars for place in range(1, len(bar.beat_time))]
    return Beats(np.array(times, np.float64), np.array(places, np.int64))


def _apart(tab: Tab, spec: LabelSpec, vocabulary: Vocabulary) -> Groups:
    """Each drum by itself; without those that the tab never writes, where these are not taught."""
    written = {stroke.drum for bar in tab.bars for stroke in bar.strokes}
    return tuple((code,) for code in vocabulary.codes if code in written or spec.unwritten == "train")
