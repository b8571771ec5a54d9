"""From what is written to what is played: repeats, endings and recalled sections written out.

|: ... :|   x4   repeat 2x   |___x7___|          bars played several times
|1.3.     |2.      |                             endings, each for its times
-%-                                              the bar before once more
Repeat Intro for Chorus, same as verse 1         a section once more, perhaps with another last bar
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from drum_tabber.tab import words
from drum_tabber.tab.dialect import Block, Mark, Words
from drum_tabber.tab.measure import Measure, Measurer
from drum_tabber.tab.remark import Remarks
from drum_tabber.tab.score import Section
from drum_tabber.tab.words import Heading, Plays, Recall

MOST_BARS = 5000  # of a song; what would grow beyond is no tab of one

_ABOVE = re.compile(r"^(?:as )?(?:above|before|previous|last)\b", re.IGNORECASE)
_ALONE = re.compile(r"(?:(?:play|repeat|rep)\W*)?[\w ]{0,6}x?\W*\d*\W*(?:x|times?)?", re.IGNORECASE)
_PLAYED = re.compile(r"[xXoO]-+[xXoO]|--[xXoO]\b")
_AND = re.compile(r"\s*(?:,|&|\+|\band\b|\bthen\b)\s*", re.IGNORECASE)
_SECTION = re.compile(r"Section:\s*(.*)")
_STAMP_LINE = re.compile(r"Time:\s*(\d+):(\d\d(?:\.\d+)?)\s*$")


def stamped(time: float) -> str:
    """The line that states when a section begins, to the millisecond."""
    minutes, rest = divmod(round(time * 1000), 60_000)
    return f"Time: {minutes}:{rest // 1000:02}" + (f".{rest % 1000:03}" if rest % 1000 else "")


@dataclass
class Part:
    """A section under construction; `open` while bars below it belong to it."""

    name: str
    line: int = 0
    time: float | None = None
    tempo: float | None = None
    plays: Plays | None = None
    open: bool = True
    replaced: int = 0
    systems: list[list[Measure]] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return _key(self.name)

    @property
    def stated(self) -> bool:
        """Whether anything but bars is known of it, be it that it begins here."""
        return bool(self.name) or self.line > 0 or self.time is not None or self.tempo is not None


@dataclass
class Arranger:
    """Takes the blocks and words of a text in order and arranges what is played in parts."""

    measurer: Measurer
    remarks: Remarks
    repeats_follow: bool
    parts: list[Part] = field(default_factory=list)
    title: str = ""
    tempo: float | None = None
    meter: tuple[int, int] | None = None

    def arrange(self, items: Iterable[Block | Words]) -> None:
        """Take in everything."""
        for item in items:
            if isinstance(item, Block):
                self._take_block(item)
            else:
                self._take_words(item)
        self._close()

    @property
    def measures(self) -> list[Measure]:
        """All bars as they are played."""
        return [measure for part in self.parts for measure in part.measures]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The parts that have bars and a name, a time or a tempo."""
        sections: list[Section] = []
        bar = 1
        for part in self.parts:
            after_named = bool(sections) and not part.stated
            if part.measures and (part.stated or after_named):
                sections.append(Section(part.name, bar, part.time, part.tempo))
            bar += len(part.measures)
        return tuple(sections)

    # ---------------------------------------------------------------------------------------------------------- blocks

    def _take_block(self, block: Block) -> None:
        measures = self.measurer.measures(block, self.meter)
        if not measures:
            for mark in block.marks:
                self.remarks.leave(mark.line, mark.start, "there are no bars that can be read under this mark")
            return
        measures = self._marked(measures, block.marks)
        if block.tail:
            measures = self._tailed(measures, block)
        part = (
            self.parts[-1] if self.parts and (self.parts[-1].open or self.parts[-1].replaced) else self._begin(Part(""))
        )
        if part.replaced:
            part.measures[-part.replaced :] = unrolled([measures], self.remarks)
            part.replaced = 0
        else:
            part.systems.append(measures)

    def _marked(self, measures: list[Measure], marks: Sequence[Mark]) -> list[Measure]:
        """The measures under rulers: repeated, or made endings."""
        for mark in sorted(marks, key=lambda mark: -mark.start):  # from the right, so that places to the left hold
            first, end = _spanned(mark, measures)
            if first >= end:
                self.remarks.leave(mark.line, mark.start, "no bar stands under this mark")
                continue
            if mark.endings:
                measures[first:end] = [replace(one, endings=mark.endings) for one in measures[first:end]]
            elif mark.plays:
                self._remark_guess(mark.line, mark.start, mark.plays)
                measures[first:end] = measures[first:end] * mark.plays.times
        return measures

    def _tailed(self, measures: list[Measure], block: Block) -> list[Measure]:
        """The measures of a block, as what stands behind its rows will have it."""
        row = next(row for row in block.rows if row.tail)
        column = self.remarks.lines[row.line - 1].rfind(row.tail) + 1
        plays = words.plays(block.tail, self.repeats_follow)
        if plays is None and re.search(r"\brep(?:eat)?\b", block.tail, re.IGNORECASE):
            plays = Plays(2, True)
        if plays is None:
            self.remarks.leave(row.line, column, "a row ends with a bar line, and nothing after it: this is left out")
            return measures
        self._remark_guess(row.line, column, plays)
        closing = [index for index, measure in enumerate(measures) if measure.closes]
        if not closing:
            return measures * plays.times
        opening = max((index for index, one in enumerate(measures) if one.opens and index <= closing[-1]), default=0)
        body = [replace(one, opens=False, closes=False) for one in measures[opening : closing[-1] + 1]]
        return measures[:opening] + body * plays.times + measures[closing[-1] + 1 :]

    def _remark_guess(self, line: int, column: int, plays: Plays) -> None:
        if plays.guessed:
            why = "the author also writes 'repeat 1x'" if self.repeats_follow else "no 'repeat 1x' says otherwise"
            self.remarks.repair(line, column, f"taken for {plays.times} times in all, since {why}", fault=False)

    # ----------------------------------------------------------------------------------------------------------- words

    def _take_words(self, item: Words) -> None:
        line, text = item
        if section := _SECTION.match(text):
            self._begin(Part(section[1].strip(), line))
            return
        if (stamp := _STAMP_LINE.match(text)) and self.parts and not self.parts[-1].systems:
            self.parts[-1].time = (int(stamp[1]) * 60_000 + round(float(stamp[2]) * 1000)) / 1000
            return
        understood = self._take_facts(text)
        if recall := words.recall(text):
            self._recall(recall, item)
        elif heading := words.heading(text):
            self._head(heading, item)
        elif not understood:
            self._take_instruction(item)

    def _take_facts(self, text: str) -> bool:
        """Keep the tempo and the meter that words state; whether they do."""
        tempo, meter = words.tempo(text), words.meter(text)
        self.meter = meter or self.meter
        if tempo is not None and not words.heading(text):
            self._set_tempo(tempo)
        return tempo is not None or meter is not None

    def _set_tempo(self, tempo: float) -> None:
        part = self.parts[-1] if self.parts else None
        if part is None:
            self.tempo = self.tempo if self.tempo is not None else tempo
        elif part.open and not part.systems and part.stated:
            part.tempo = tempo
        else:
            self._begin(Part("", tempo=tempo))

    def _head(self, heading: Heading, item: Words) -> None:
        if heading.plays:
            why = f"this whole section is played {heading.plays.times} times"
            self.remarks.repair(item.line, 1, why, fault=False)
        self._begin(Part(heading.name, item.line, heading.time, heading.tempo, heading.plays))

    def _take_instruction(self, item: Words) -> None:
        """Words between the bars: how often to play the block above them, or nothing that we know."""
        text = item.text.strip(" ()[]*-_.:")
        plays = words.plays(text, self.repeats_follow)
        systems = self.parts[-1].systems if self.parts else []
        if plays and systems and _ALONE.fullmatch(text):
            message = f"the block above is played {plays.times} times"
            self.remarks.repair(item.line, 1, message, fault=False)
            systems[-1] = systems[-1] * plays.times
            return
        if _PLAYED.search(item.text):
            self.remarks.leave(item.line, 1, "this looks played, and is no row: a row is a label, bar lines and bars")
        else:
            self.remarks.leave(item.line, 1, "words that are no part of the drums", fault=False)

    # ----------------------------------------------------------------------------------------------------------- parts

    def _begin(self, part: Part) -> Part:
        self._close()
        self.parts.append(part)
        return part

    def _close(self) -> None:
        """Write out the repeats of the part under way; one without bars may name an earlier part."""
        if not self.parts or not self.parts[-1].open:
            return
        part = self.parts[-1]
        part.open = False
        part.measures = unrolled(part.systems, self.remarks)
        if not part.measures and part.name and (known := self._found(part.name)):
            self.remarks.repair(part.line, 1, f"there are no bars here: {known.name!r} is played again")
            part.measures = list(known.measures)
        if part.plays:
            part.measures = part.measures * part.plays.times
        part.measures = _limited(part.measures, self.remarks)

    def _recall(self, recall: Recall, item: Words) -> None:
        waiting = self.parts[-1] if self.parts and self.parts[-1].open and not self.parts[-1].systems else None
        if waiting and waiting.name and not recall.name:  # Verse 2, and on the next line: same as verse 1
            recall = replace(recall, name=waiting.name, time=waiting.time if recall.time is None else recall.time)
            self.parts.pop()
        self._close()
        wanted = [recall.what] if self._found(recall.what) else _AND.split(recall.what)
        found = [self._found(what) for what in wanted]
        if not all(found):
            self.remarks.leave(item.line, 1, f"no section {recall.what!r} stands above this line")
            self.parts.append(Part(recall.name or recall.what, item.line, recall.time))
            return
        times = recall.plays.times if recall.plays else 1
        measures = [_limited(part.measures * times, self.remarks) for part in found if part]
        if recall.goes_on and self.parts[-1].key == _key(recall.name):
            self.parts[-1].measures += [one for each in measures for one in each]
            return
        names = [recall.name] + [""] * (len(found) - 1) if recall.name else [part.name for part in found if part]
        for name, each in zip(names, measures, strict=True):
            self.parts.append(Part(name, item.line, recall.time, open=False, measures=each))
            recall = replace(recall, time=None)
        self.parts[-1].replaced = recall.replaced

    def _found(self, name: str) -> Part | None:
        """The last part with bars that a name means: the very name, else the same word with no or another number."""
        filled = [part for part in reversed(self.parts) if part.measures]
        if _ABOVE.match(name):
            return filled[0] if filled else None
        key = _key(name)
        base = _base(key)
        numbered = key != base
        exact = (part for part in filled if part.key == key)
        alike = (part for part in filled if _base(part.key) == base and not (numbered and part.key != base))
        return next(exact, None) or next(alike, None)


def unrolled(systems: Sequence[Sequence[Measure]], remarks: Remarks) -> list[Measure]:
    """The bars of a part in the order in which they are played.

    A repeat goes back to the last `|:`, or else to the beginning of its system; endings that begin a system follow the
    system before.
    """
    written: list[tuple[Measure, bool]] = []  # with whether it begins a system
    for system in systems:
        for index, measure in enumerate(system):
            written.append((_said_again(measure, written[-1][0] if written else None, remarks), not index))
    played: list[Measure] = []
    start, opened = 0, False  # where in `played` a repeat goes back to, and whether a `|:` stands there
    for are_endings, group in groupby(written, key=lambda pair: bool(pair[0].endings)):
        if are_endings:
            endings = [measure for measure, _ in group]
            played[start:] = _with_endings(played[start:], endings, remarks)
            start, opened = len(played), False
            continue
        for measure, begins_system in group:
            if measure.opens or (begins_system and not opened):
                start, opened = len(played), measure.opens
            played.append(measure)
            if measure.closes:
                played += played[start:]
                start, opened = len(played), False
    return _limited(played, remarks)


def _with_endings(body: list[Measure], endings: list[Measure], remarks: Remarks) -> list[Measure]:
    """The body as often as there are endings to it, each time with its own."""
    times = frozenset().union(*(ending.endings for ending in endings))
    last = max(times)
    if len(times) < last:
        first = endings[0]
        remarks.repair(
            first.line, first.column, f"of {last} endings only {sorted(times)} are written: the others are none"
        )
    return [one for time in range(1, last + 1) for one in (*body, *(end for end in endings if time in end.endings))]


def _said_again(measure: Measure, before: Measure | None, remarks: Remarks) -> Measure:
    """The measure, or in its place the one written before it where it is a `%`."""
    if measure.again and before is None:
        remarks.repair(measure.line, measure.column, "'%' without a bar before it: a bar of rests")
    return replace(measure, bar=before.bar) if measure.again and before else measure


def _limited(measures: list[Measure], remarks: Remarks) -> list[Measure]:
    if len(measures) > MOST_BARS:
        remarks.leave(measures[0].line, 1, f"more than {MOST_BARS} bars when repeats are written out: the rest is left")
    return measures[:MOST_BARS]


def _spanned(mark: Mark, measures: Sequence[Measure]) -> tuple[int, int]:
    """The first measure under a mark and the one after the last, by the bar lines that are nearest to its ends."""
    written = {measure.column: index for index, measure in reversed([*enumerate(measures)])}  # repeats share a column
    first = min(written, key=lambda column: abs(column - mark.start))
    ends = {column + measures[index].width - 1: index for column, index in written.items()}
    end = min(ends, key=lambda column: abs(column - mark.end))
    last = max(index for index, one in enumerate(measures) if one.column == measures[ends[end]].column)
    apart = mark.start > max(ends) or mark.end < min(written)
    return (0, 0) if apart else (written[first], last + 1)


def _key(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", name.lower()))


def _base(key: str) -> str:
    """A part's name without its number."""
    return re.sub(r" ?(?:\d+|[a-h]|[ivx]+)$", "", key)
