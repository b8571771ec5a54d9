"""Where a song disagrees with its tab: strokes that nobody hears, and strokes heard that nobody wrote.

A ghost note that isn't heard is no disagreement: most are lost under what is louder.

`TimedTab` and `Evidence` in, `Disagreement`s out; `corrected` takes them into the tab, `marked` writes them under the
bars that they concern. A bar that the song plays several times is wrong only where most of its plays say so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from drum_tabber.alignment.align import TimedTab
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.alignment.follow import FEELS, felt, slot_beats
from drum_tabber.tab import Stroke, Tab, TabStyle, write
from drum_tabber.vocabulary import Vocabulary

SILENT = 0.4  # confidence at most of a stroke that isn't there
LOUD = 0.8  # probability at least of a stroke that should have been written
_NEAR = 0.25  # slots at most from its slot
_NUMBERED_COUNT = re.compile(r"\s*(?P<first>\d+)\|(?P<bars>.*)")


class Disagreement(NamedTuple):
    """A stroke of a bar (from 1) that the song lacks, or has where the tab doesn't."""

    bar: int
    stroke: Stroke
    heard: bool


def disagreements(timed: TimedTab, evidence: Evidence) -> list[Disagreement]:
    """All of them, in the order of the tab."""
    plays = Counter(bar.number for bar in timed.bars)
    found: Counter[Disagreement] = Counter()
    found.update(_missing(timed))
    found.update(set(_surplus(timed, evidence)) if len(plays) == len(timed.bars) else _surplus(timed, evidence))
    return sorted(one for one, times in found.items() if 2 * times > plays[one.bar])


def _missing(timed: TimedTab) -> Iterator[Disagreement]:
    """Written strokes but ghosts that weren't heard, once for each play."""
    for number, slot, drum in zip(
        *(column[timed.hits.confidence <= SILENT].tolist() for column in (timed.bar, timed.slot, timed.hits.drum)),
        strict=True,
    ):
        strokes = timed.tab.bars[number - 1].strokes
        missing = (one for one in strokes if (one.slot, one.drum) == (slot, drum) and one.dynamic != "ghost")
        yield from (Disagreement(number, one, False) for one in missing)


def _surplus(timed: TimedTab, evidence: Evidence) -> Iterator[Disagreement]:
    """Heard strokes that no written one explains and that fall on a slot, once for each play."""
    for family, peaks in enumerate(evidence.peaks):
        mine = np.isin(timed.hits.drum, evidence.families[family])
        explained = np.isin(np.round(peaks.time, 6), np.round(timed.hits.time[mine & timed.heard], 6))
        loud = (peaks.heard >= LOUD) & ~explained
        for time, drum in zip(peaks.time[loud].tolist(), peaks.drum[loud].tolist(), strict=True):
            yield from _placed(timed, time, drum, evidence.families[family])


def _placed(timed: TimedTab, time: float, drum: str, family: Sequence[str]) -> Iterator[Disagreement]:
    """The stroke as it would be written in the bar that sounds at that time, where a slot of it is near and free."""
    for played in timed.bars:
        bar = timed.tab.bars[played.number - 1]
        slots = felt(slot_beats(bar), FEELS[timed.feel])
        beat = np.interp(time, played.beat_time, np.arange(len(played.beat_time)), left=-1, right=-1)
        slot = int(np.abs(slots - beat).argmin())
        width = 1 / bar.divisions[min(int(slots[slot]), len(bar.divisions) - 1)]
        taken = any(one.slot == slot and one.drum in family for one in bar.strokes)
        if beat >= 0 and abs(slots[slot] - beat) <= _NEAR * width and not taken:
            yield Disagreement(played.number, Stroke(slot, drum), True)


def corrected(tab: Tab, found: Iterable[Disagreement]) -> Tab:
    """The tab as the song plays it."""
    bars = list(tab.bars)
    for number, stroke, heard in found:
        bar = bars[number - 1]
        kept = tuple(one for one in bar.strokes if one != stroke)
        bars[number - 1] = replace(bar, strokes=(*kept, stroke) if heard else kept)
    return replace(tab, bars=tuple(bars))


def marked(tab: Tab, found: Sequence[Disagreement], vocabulary: Vocabulary, style: TabStyle) -> str:
    """The tab as text, with a line for each disagreement under the block of its bar."""
    sections = []
    for section in write(tab, vocabulary, replace(style, fold=False, numbered=True)).rstrip("\n").split("\n\n"):
        if count := _NUMBERED_COUNT.fullmatch(section.splitlines()[-1]):
            first = int(count["first"])
            bars = range(first, first + count["bars"].count("|"))
            notes = [f"  ? {note(tab, one, vocabulary)}" for one in found if one.bar in bars]
            section = "\n".join([section, *notes])
        sections.append(section)
    return "\n\n".join(sections) + "\n"


def note(tab: Tab, one: Disagreement, vocabulary: Vocabulary) -> str:
    """A disagreement in words."""
    beat = slot_beats(tab.bars[one.bar - 1])[one.stroke.slot]
    what = "is heard, and not written" if one.heard else "isn't heard"
    return f"bar {one.bar}: {vocabulary.label(one.stroke.drum)} on beat {1 + beat:.4g} {what}"
