"""Sections: the parts of a song (intro, verse, chorus) as runs of bars, found in a tab by what comes again and changes.

Each bar becomes a vector: how much each voice plays, and where kick and snare fall. Bars that are fills are taken for
the groove that they interrupt. The best division into runs of much alike bars, by dynamic programming, pays for every
section, less where a crash begins it or a fill leads into it, and more where its length is no usual one. Sections that
sound alike share a letter, and letters get names by where they stand and how loud they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drum_tabber.meter.free import runs
from drum_tabber.tab import Bar, Tab
from drum_tabber.vocabulary import Vocabulary

Floats = NDArray[np.float64]

LEAST_BARS = 8  # of a song that has sections
FREE = "Free time"  # the name of a passage without beats
IN_TIME = "In time"  # that of what follows on it, where no section begins
REST = "Rest"  # that of a section in which the drums are silent
_LONGEST = 32  # bars of a section before alike ones are joined
_PLACES = 48  # of a bar, where strokes of kick and snare are compared
_PLACED = ("kick", "snare")
_PLACE_WEIGHT = 0.25  # of a stroke's place, over a full bar of a voice
_FULL = {"snare": 4.0, "SS": 4.0, "crash": 4.0}  # strokes a bar at which a voice sounds throughout
_FULL_TIME = 8.0  # of any other
_SECTION_COST = 1.2  # squared distance that a section must explain
_CRASH, _FILL = 0.35, 0.25  # of which a crash on its first beat and a fill before it make up so much
_LENGTH_COST = ((8, 0.0), (4, 0.2), (2, 0.6), (1, 1.0))  # by the largest number that divides its length
_ALIKE = 0.35  # squared distance up to which two sections are the same
_FILL_STROKES = 2  # on toms, or on the snare over the usual, that make a fill
_FILL_BARS = 2  # at most
_FILLING = ("tom", "snare")
_TIME = ("HH", "HO", "HP", "ride", "crash")  # what keeps time
_LEAD_IN_BARS = 4  # a first section with fewer leads in
_TAIL_BARS = 2  # a last section so short is the end of the one before
_LOUD = {"crash": 3.0, "ride": 0.5, "HO": 1.0}  # a stroke's worth of what makes a chorus
_ACCENT = 0.25  # an accent's
_LOUDER = 1.5  # times as loud is clearly louder
_RESTING = 0.5  # strokes a bar, fewer of which are silence but for a last crash
_SONG = 0.5  # share of a song's bars that its verses and choruses make up
_BREAK_BARS = 4  # a part with fewer is no bridge
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Section:
    """A part of a song: its name, the bar it begins with, counted from 1, and how many bars it lasts."""

    name: str
    bar: int
    n_bars: int


def find(tab: Tab, vocabulary: Vocabulary) -> tuple[Section, ...]:
    """The sections of a tab, which follow on one another and cover it; none of one with fewer than `LEAST_BARS`."""
    if len(tab.bars) < LEAST_BARS:
        return ()
    voices = sorted({_voice(code, vocabulary) for code in vocabulary.codes})
    counts = np.array([_counts(bar, voices, vocabulary) for bar in tab.bars])
    fills = _fills(counts, voices)
    vectors = _vectors(tab.bars, counts / [_FULL.get(voice, _FULL_TIME) for voice in voices], vocabulary)
    groove = _without_fills(vectors, fills)
    crashed = np.array([_crashes_in(bar, vocabulary) for bar in tab.bars])
    starts = _divided(groove, crashed, fills)
    letters = _letters([groove[start:end].mean(axis=0) for start, end in _runs(starts, len(groove))])
    led_in = len(starts) > 1 and starts[1] < _LEAD_IN_BARS
    starts, letters = _joined(starts, letters, len(groove), int(led_in))
    runs = _runs(starts, len(groove))
    loudness = [_loudness(tab.bars[start:end], vocabulary) for start, end in runs]
    lengths = [end - start for start, end in runs]
    played = [number for number, run in enumerate(runs) if number >= led_in and not _rests(tab.bars[slice(*run)])]
    chosen = _names([letters[n] for n in played], [loudness[n] for n in played], [lengths[n] for n in played], led_in)
    given = dict(zip(played, chosen, strict=True))
    names = ["Intro"] * led_in + [given.get(number, REST) for number in range(led_in, len(runs))]
    return tuple(Section(name, start + 1, end - start) for name, (start, end) in zip(names, runs, strict=True))


def with_free(parts: Sequence[Section], passages: Sequence[NDArray[np.bool_]]) -> tuple[Section, ...]:
    """The sections with those of free passages among them, each given by the bars (bars,) that it fills; what goes on
    of a section after a passage is headed `IN_TIME`, as it doesn't begin anew."""
    if not any(bars.any() for bars in passages):
        return tuple(parts)
    named = {part.bar: part.name for part in parts}
    ends = {part.bar + part.n_bars for part in parts}
    for bars in passages:
        numbers = (np.flatnonzero(bars) + 1).tolist()
        if not numbers:
            continue
        after = numbers[-1] + 1
        begun = {bar: each for bar, each in named.items() if numbers[0] <= bar < after}
        named = {bar: each for bar, each in named.items() if bar not in begun}
        named[numbers[0]] = FREE
        if after <= len(bars):
            named.setdefault(after, begun[max(begun)] if begun else IN_TIME)
        ends = {*ends, after, len(bars) + 1}
    starts = sorted(named)
    bounds = zip(starts, [*starts[1:], max(ends)], strict=True)
    return tuple(Section(named[start], start, end - start) for start, end in bounds if end > start)


def numbered(parts: Sequence[Section]) -> tuple[Section, ...]:
    """The sections, those whose name comes again with a number; parts with a letter have none, nor has what is no part
    of a song."""
    often, so_far = Counter(part.name for part in parts), Counter[str]()
    found = []
    for part in parts:
        so_far[part.name] += 1
        plain = often[part.name] == 1 or part.name.startswith("Part") or part.name in (FREE, IN_TIME, REST)
        found.append(part if plain else replace(part, name=f"{part.name} {so_far[part.name]}"))
    return tuple(found)


# ------------------------------------------------------------------------------------------------------ bars to vectors


def _voice(code: str, vocabulary: Vocabulary) -> str:
    """What a drum counts as: hats and the side stick each by itself, toms together, the others by their lane."""
    drum = vocabulary.by_code[code]
    if drum.family == "hihat" or drum.lane == "snare" != drum.name:
        return drum.code
    return drum.family if drum.family == "tom" else drum.lane


def _counts(bar: Bar, voices: Sequence[str], vocabulary: Vocabulary) -> list[float]:
    """Strokes of each voice in four quarters; ghosts and the crash on one don't count."""
    heard = [(_voice(stroke.drum, vocabulary), stroke.slot) for stroke in bar.strokes if stroke.dynamic != "ghost"]
    played = Counter(voice for voice, slot in heard if slot or voice != "crash")
    quarters = 4 * len(bar.divisions) / bar.unit
    return [4 * played[voice] / quarters for voice in voices]


def _vectors(bars: Sequence[Bar], fullness: Floats, vocabulary: Vocabulary) -> Floats:
    """(bars, features) how full each voice is, and where kick and snare fall."""
    placed = np.zeros((len(bars), len(_PLACED), _PLACES))
    for number, bar in enumerate(bars):
        for stroke in bar.strokes:
            voice = _voice(stroke.drum, vocabulary)
            if voice in _PLACED and stroke.dynamic != "ghost":
                placed[number, _PLACED.index(voice), stroke.slot * _PLACES // bar.n_slots] = _PLACE_WEIGHT
    meters = np.array([[len(bar.divisions) / bar.unit] for bar in bars])
    return np.concatenate([np.minimum(fullness, 1), placed.reshape(len(bars), -1), meters], axis=1)


def _fills(counts: Floats, voices: Sequence[str]) -> NDArray[np.bool_]:
    """(bars,) which bars are fills: for a bar or two, more strokes on toms and snare than around them, or such strokes
    in place of the cymbals that keep time around them."""
    strokes, time = (counts[:, np.isin(voices, which)].sum(axis=1) for which in (_FILLING, _TIME))
    n_bars = len(counts)
    usual = np.array([np.median(strokes[max(0, bar - 4) : bar + 5]) for bar in range(n_bars)])
    before = np.array([np.median(time[max(0, bar - 4) : max(1, bar)]) for bar in range(n_bars)])
    after = np.array([np.median(time[min(bar + 1, n_bars - 1) : bar + 5]) for bar in range(n_bars)])
    stopped = (strokes >= _FILL_STROKES) & (time <= np.minimum(before, after) / 2)
    busy = (strokes >= usual + _FILL_STROKES) | stopped
    fills = np.zeros(n_bars, bool)
    for start, end in runs(busy):
        fills[start:end] = end - start <= _FILL_BARS
    return fills


def _without_fills(vectors: Floats, fills: NDArray[np.bool_]) -> Floats:
    """The vectors, with those of fills as the bar before them."""
    groove = vectors.copy()
    for bar in np.flatnonzero(fills[1:]) + 1:
        groove[bar] = groove[bar - 1]
    return groove


def _crashes_in(bar: Bar, vocabulary: Vocabulary) -> bool:
    return any(not stroke.slot and _voice(stroke.drum, vocabulary) == "crash" for stroke in bar.strokes)


# ------------------------------------------------------------------------------------------------------------ division


def _divided(groove: Floats, crashed: NDArray[np.bool_], fills: NDArray[np.bool_]) -> list[int]:
    """The bars, from 0, with which sections begin: the division of least cost."""
    n_bars = len(groove)
    total = np.concatenate([np.zeros((1, groove.shape[1])), np.cumsum(groove, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum(np.sum(groove**2, axis=1))])
    best, back = np.full(n_bars + 1, np.inf), np.zeros(n_bars + 1, np.int64)
    best[0] = 0.0
    opening = _SECTION_COST - _CRASH * crashed - _FILL * np.concatenate([[True], fills[:-1]])
    for end in range(1, n_bars + 1):
        starts = np.arange(max(0, end - _LONGEST), end)
        lengths = end - starts
        spread = squares[end] - squares[starts] - np.sum((total[end] - total[starts]) ** 2, axis=1) / lengths
        unusual = np.array([_length_cost(length) for length in lengths.tolist()])
        unusual *= np.where(end == n_bars, 0.5, np.where((starts == 0) & (lengths < _LEAD_IN_BARS), 0.0, 1.0))
        costs = best[starts] + spread + unusual + opening[starts]
        chosen = int(costs.argmin())
        best[end], back[end] = costs[chosen], starts[chosen]
    starts_found = [int(back[n_bars])]
    while starts_found[-1]:
        starts_found.append(int(back[starts_found[-1]]))
    return starts_found[::-1]


def _length_cost(n_bars: int) -> float:
    return next(cost for length, cost in _LENGTH_COST if n_bars % length == 0)


def _runs(starts: Sequence[int], n_bars: int) -> list[tuple[int, int]]:
    return list(zip(starts, [*starts[1:], n_bars], strict=True))


def _letters(means: Sequence[Floats]) -> list[int]:
    """A number for each section, the same for those that sound alike: each joins the nearest kind there is, or none."""
    kinds: list[list[Floats]] = []
    letters = []
    for mean in means:
        distances = [float(np.sum((np.mean(kind, axis=0) - mean) ** 2)) for kind in kinds]
        nearest = int(np.argmin(distances)) if distances else 0
        if not distances or distances[nearest] > _ALIKE:
            nearest = len(kinds)
            kinds.append([])
        kinds[nearest].append(mean)
        letters.append(nearest)
    return letters


def _joined(starts: Sequence[int], letters: Sequence[int], n_bars: int, apart: int) -> tuple[list[int], list[int]]:
    """The sections, but the first `apart`, with neighbours of one letter joined, and a last bar or two with what it
    ends."""
    kept: list[tuple[int, int]] = []
    for start, letter in zip(starts, letters, strict=True):
        ends = n_bars - start <= _TAIL_BARS
        if len(kept) <= apart or (kept[-1][1] != letter and not ends):
            kept.append((start, letter))
    return [start for start, _ in kept], [letter for _, letter in kept]


# --------------------------------------------------------------------------------------------------------------- names


def _rests(bars: Sequence[Bar]) -> bool:
    """Whether next to nothing is played in them."""
    return sum(len(bar.strokes) for bar in bars) < _RESTING * len(bars)


def _loudness(bars: Sequence[Bar], vocabulary: Vocabulary) -> float:
    """How loud a section is: strokes a bar, on loud voices and accented."""
    strokes = [stroke for bar in bars for stroke in bar.strokes]
    loud = sum(_LOUD.get(_voice(stroke.drum, vocabulary), 0.0) for stroke in strokes)
    return (loud + _ACCENT * sum(stroke.dynamic == "accent" for stroke in strokes)) / len(bars)


def _names(letters: Sequence[int], loudness: Sequence[float], lengths: Sequence[int], led_in: bool) -> list[str]:
    """The usual names of sections, which an intro may have `led_in`.

    Of the two kinds that come most often the clearly louder is the chorus, and else the later; only where it comes
    back, and both make up `_SONG` of the bars, is this a song of verses and choruses. A kind that comes once is an
    intro or outro at either end, a short one a break, the longest other of such a song a bridge; any further one has a
    letter.
    """
    often, bars, loud = Counter(letters), Counter[int](), dict[int, float]()
    for letter, length, level in zip(letters, lengths, loudness, strict=True):
        bars[letter] += length
        loud[letter] = max(loud.get(letter, 0.0), level)
    if len(bars) < 2:
        return ["Groove"] * len(letters)
    verse, chorus = sorted(sorted(bars, key=lambda letter: (-often[letter], -bars[letter]))[:2])
    if loud[verse] > _LOUDER * loud[chorus]:
        verse, chorus = chorus, verse
    is_song = often[chorus] > 1 and bars[verse] + bars[chorus] >= _SONG * bars.total()
    kinds = {verse: "Verse", chorus: "Chorus"} if is_song else {}
    single = [letter for letter in bars if often[letter] == 1 and letter not in kinds]
    if len(letters) > 2:
        ends = [(letters[0], "Intro"), (letters[-1], "Outro")][led_in:]
        kinds |= {letter: name for letter, name in ends if letter in single}
    kinds |= {letter: "Break" for letter in single if letter not in kinds and bars[letter] < _BREAK_BARS}
    others = [letter for letter in bars if letter not in kinds]
    candidates = [letter for letter in others if is_song and letter in single]
    bridge = max(candidates, key=lambda letter: bars[letter], default=None)
    further = (letter for letter in others if letter != bridge)
    kinds |= {letter: f"Part {sign}" for letter, sign in zip(further, _SIGNS, strict=False)}
    return [kinds.get(letter, "Bridge" if letter == bridge else "Part") for letter in letters]
