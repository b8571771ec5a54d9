"""From blocks and words to what is played: the parts of a song, each with its bars written out.

    Chorus (x2)                                  a heading, perhaps with its time, its tempo, how often to play it
    (repeat 3x)                                  an instruction about the block above or below
    2nd time:                                    the block below is an ending
    Order: A B A, or ABA                         what is played of all the sections that stand in the text
    Repeat Intro for Chorus, same as verse 1     a part once more, perhaps with another last bar

How a line says so is words.py's affair; here is what follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from drum_tabber.tab import words
from drum_tabber.tab.block import Block, Item
from drum_tabber.tab.line import NOT_ENDED, Fact, Words
from drum_tabber.tab.measure import Measure, Measurer
from drum_tabber.tab.part import Part, base_of, key_of, ordered
from drum_tabber.tab.remark import Remarks
from drum_tabber.tab.repeats import MOST_BARS, closed, marked, repeated, unrolled
from drum_tabber.tab.score import Section
from drum_tabber.tab.words import Heading, Plays, Recall

_ABOVE = re.compile(r"(?:as |the )?(?:above|before|previous|last)\b", re.IGNORECASE)
_ALONE = re.compile(
    r"(?:(?:play|rep|repeat|this|these|that|above|it|all|bars?|measures?|beat|groove|line)\b\W*+)*+"
    r"[\w ]{0,6}?x?\W*+\d*\W*+(?:more\W*+)?(?:x|times?)?",
    re.IGNORECASE,
)
_PLAYED = re.compile(
    r"[xXoO]-+[xXoO]|--[xXoO]\b|(?:\s{2,}[xXoO]\b){2}|^\s*(?:[A-Z]{1,2}\d?|[A-Z][a-z])\s+(?:[xXoO]\s*)+$"
)
_ORDERS = re.compile(
    r"\b(?:repeat|repeats|twice|thrice|times|x ?\d+|\d+ ?x|order|structure|format|1st time|2nd time|d\.?[cs]\.? al)\b",
    re.IGNORECASE,
)
_SHORT = 60  # characters at most of words that may be an instruction; longer ones only tell of some
_AND = re.compile(r"\s*(?:,|&|\+|\band\b|\bthen\b)\s*", re.IGNORECASE)
_AROUND_LETTER = " .:;,()[]*>-=_#"  # what may stand about a section's letter
_STAMP_LINE = re.compile(r"Time:\s*+(\d+):(\d\d(?:\.\d+)?)\s*")


@dataclass
class Arranger:
    """Takes the blocks and words of a text in order and arranges what is played in parts."""

    measurer: Measurer
    remarks: Remarks
    repeats_follow: bool
    parts: list[Part] = field(default_factory=list)
    tempo: float | None = None
    meter: tuple[int, int] | None = None
    _awaited: Plays | None = None  # how often to play the block that comes
    _ending: tuple[int, frozenset[int]] | None = None  # the line that makes it an ending, and of which times
    _latest: dict[str, Part] = field(default_factory=dict)  # by key and by key without number, the last part with bars
    _room: int = MOST_BARS

    def arrange(self, items: Iterable[Item]) -> None:
        """Take in everything."""
        items = list(items)
        orders = {item: names for item in items if isinstance(item, Words) and (names := words.order(item.text))}
        parts = (words.order(item.text.rpartition(":")[2]) for item in items if isinstance(item, Words))
        letters = {name for names in (*orders.values(), *parts) for name in names if len(name) == 1}
        for item in items:
            if isinstance(item, Block):
                self._take_block(item)
            elif isinstance(item, Fact):
                self._begin(Part(item.value, item.line))
            elif (letter := item.text.strip(_AROUND_LETTER)) in letters:
                self._head(Heading(letter), item)
            elif item not in orders:
                self._take_words(item)
        self._close()
        self._leave_ending()
        for item, names in orders.items():
            self._take_order(item, names, len(orders) == 1)

    def _take_order(self, item: Words, names: Sequence[str], alone: bool) -> None:
        """Play the sections of the text in the order that the only such line in it gives, if it names all of them;
        those that it names and the text lacks are left out."""
        unknown = dict.fromkeys(name for name in names if not any(part.key == key_of(name) for part in self.parts))
        again = ordered(self.parts, names) if alone and (not unknown or words.states_order(item.text)) else None
        if again:
            self.remarks.repair(item.line, 1, "the sections are played in this order", fault=False)
            for name in unknown:
                column = item.text.find(name) + 1
                self.remarks.leave(item.line, column, f"there is no section {name!r}: it is left out of the order")
            self.parts = again
        elif all(map(self._found, names)) or (len(item.text) <= _SHORT and _ORDERS.search(item.text)):
            self.remarks.leave(item.line, 1, "this may say what is played how often, and is not understood")
        else:
            self.remarks.leave(item.line, 1, "words that are no part of the drums", fault=False)

    @property
    def measures(self) -> list[Measure]:
        """All bars as they are played."""
        return [measure for part in self.parts for measure in part.measures]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The parts that have bars and a name, a time or a tempo, and what comes after such a part."""
        sections: list[Section] = []
        bar = 1
        for part in self.parts:
            if part.measures and (part.stated or sections):
                sections.append(Section(part.name, bar, part.time, part.tempo))
            bar += len(part.measures)
        return tuple(sections)

    @property
    def starts(self) -> dict[int, int]:
        """The first bar of the part that begins on a line."""
        starts: dict[int, int] = {}
        bar = 1
        for part in self.parts:
            if part.measures:
                starts.setdefault(part.line, bar)
            bar += len(part.measures)
        return starts

    # ---------------------------------------------------------------------------------------------------------- blocks

    def _take_block(self, block: Block) -> None:
        self.meter = words.meter(block.tail) or self.meter
        measures = self.measurer.measures(block, self.meter)
        if not measures:
            for mark in block.marks:
                self.remarks.leave(mark.line, mark.start, "there are no bars that can be read under this mark")
            return
        for mark in block.marks:
            self._remark_guess(mark.line, mark.start, mark.plays)
        measures = marked(measures, block.marks, self.remarks)
        if block.tail:
            measures = self._tailed(measures, block)
        if self._ending:
            measures = [replace(one, endings=self._ending[1]) for one in measures]
            self._ending = None
        if self._awaited:
            measures, self._awaited = closed(measures, self._awaited.times, self.remarks), None
        part = self.parts[-1] if self.parts and (self.parts[-1].open or self.parts[-1].replaced) else None
        if part and part.replaced:
            part.measures[-part.replaced :] = unrolled([measures], self.remarks)
            part.replaced = 0
        else:
            (part or self._begin(Part(""))).systems.append(measures)

    def _tailed(self, measures: list[Measure], block: Block) -> list[Measure]:
        """The measures of a block, as what stands behind its rows will have it."""
        tailed = [row for row in block.rows if row.tail]
        row = tailed[0]
        column = self.remarks.lines[row.line - 1].rfind(row.tail) + 1
        plays = words.plays(block.tail, self.repeats_follow)
        if plays is None and re.search(r"\brep(?:eat)?\b", block.tail, re.IGNORECASE):
            plays = Plays(2, True)
        understood = plays is not None or words.meter(block.tail) is not None
        why, first = f"{NOT_ENDED}: this is left out", (block.rows[0].line, 1)
        kept = [self._keep(one.line, one.tail, why, first, fault=not understood) for one in tailed]
        if not understood and not any(kept):
            self.remarks.leave(row.line, column, why)
        if plays is None:
            return measures
        self._remark_guess(row.line, column, plays)
        if measures[-1].closes and self._is_open() and not any(measure.opens for measure in measures):
            return [*measures[:-1], replace(measures[-1], plays=plays.times)]
        return closed(measures, plays.times, self.remarks)

    def _is_open(self) -> bool:
        """Whether a repeat of the part under way has begun on a line above and not ended."""
        systems = self.parts[-1].systems if self.parts and self.parts[-1].open else []
        signs = [measure for system in systems for measure in system if measure.opens or measure.closes]
        return bool(signs) and not signs[-1].closes

    def _remark_guess(self, line: int, column: int, plays: Plays | None) -> None:
        if plays and plays.guessed:
            why = "the author also writes 'repeat 1x'" if self.repeats_follow else "no 'repeat 1x' says otherwise"
            self.remarks.repair(line, column, f"taken for {plays.times} times in all, since {why}", fault=False)

    # ----------------------------------------------------------------------------------------------------------- words

    def _keep(self, line: int, text: str, why: str, above: tuple[int, int] | None = None, fault: bool = False) -> bool:
        """Keep what else words say, as a note where it says how to play, a remark with the reason where it doesn't;
        whether there is anything to keep."""
        said = words.beyond(text)
        if not said:
            return False
        column = max(self.remarks.lines[line - 1].find(said.split()[0]), 0) + 1
        if words.how(said):
            self.remarks.note(line, column, said, above)
        else:
            self.remarks.leave(line, column, why, fault)
        return True

    def _take_words(self, item: Words) -> None:
        line, text = item
        waiting = self._waiting()
        if len(text) > words.LONGEST:
            self.remarks.leave(line, 1, "words that are no part of the drums", fault=False)
        elif waiting and (stamp := _STAMP_LINE.fullmatch(text)):
            waiting.time = (int(stamp[1]) * 60_000 + round(float(stamp[2]) * 1000)) / 1000
        elif ending := words.ending_told(text):
            self._leave_ending()
            self._ending = line, ending
            times = " and ".join(map(str, sorted(ending)))
            self.remarks.repair(line, 1, f"the block below is an ending, of time {times}", fault=False)
        else:
            understood = self._take_facts(text)
            if recall := words.recall(text):
                self._recall(recall, item)
            elif heading := words.heading(text):
                self._head(heading, item)
            elif understood:
                self._keep(line, text, "words beside a tempo or a meter")
            else:
                self._take_instruction(item)

    def _waiting(self) -> Part | None:
        """The part under way, if it has no bars yet."""
        part = self.parts[-1] if self.parts else None
        return part if part and part.open and not part.systems else None

    def _take_facts(self, text: str) -> bool:
        """Keep the tempo and the meter that words state; whether they do."""
        tempo, meter = words.tempo(text), words.meter(text)
        self.meter = meter or self.meter
        if tempo is not None and not words.heading(text):
            self._set_tempo(tempo)
        return tempo is not None or meter is not None

    def _set_tempo(self, tempo: float) -> None:
        waiting = self._waiting()
        if not self.parts:
            self.tempo = self.tempo if self.tempo is not None else tempo
        elif waiting and waiting.stated:
            waiting.tempo = tempo
        else:
            self._begin(Part("", tempo=tempo))

    def _leave_ending(self) -> None:
        """Remark on an ending that no block follows."""
        if self._ending:
            self.remarks.leave(self._ending[0], 1, "there are no bars under this ending")
        self._ending = None

    def _head(self, heading: Heading, item: Words) -> None:
        self._leave_ending()
        self._close()
        if heading.rest:
            column = max(item.text.find(heading.rest.split()[0]), 0) + 1
            self.remarks.note(item.line, column, heading.rest, (item.line + 1, 1))
        names = words.order(item.text.rpartition(":")[2])
        if names and all(map(self._found, names)):
            self.remarks.leave(item.line, 1, "this may say which sections it plays, and is not understood")
        if heading.plays:
            why = f"this whole section is played {heading.plays.times} times"
            self.remarks.repair(item.line, 1, why, fault=False)
        self._begin(Part(heading.name, item.line, heading.time, heading.tempo, heading.plays))

    def _take_instruction(self, item: Words) -> None:
        """Words between the bars: how often to play the block above or below them, or nothing that we know."""
        text = item.text.strip(" ()[]*-_.:")
        plays = words.plays(text, self.repeats_follow)
        if plays and _ALONE.fullmatch(text):
            self._repeat_block(item.line, plays)
        elif _PLAYED.search(item.text):
            self.remarks.leave(item.line, 1, "this looks played, and is no row: a row is a label, bar lines and bars")
        elif len(text) <= _SHORT and _ORDERS.search(text):
            self.remarks.leave(item.line, 1, "this may say what is played how often, and is not understood")
        elif words.how(item.text):
            self._keep(item.line, item.text, "")
        else:
            self.remarks.leave(item.line, 1, "words that are no part of the drums", fault=False)

    def _repeat_block(self, line: int, plays: Plays) -> None:
        """Play the block next to a line so many times: the one above it, or the one that it heads."""
        systems = self.parts[-1].systems if self.parts else []
        before, text, after = ["", *self.remarks.lines, ""][line - 1 : line + 2]
        heads = not before.strip() and bool(after.strip()) and "rep" not in text.lower()
        if systems and not heads:
            what = "the block above"
            systems[-1] = closed(systems[-1], plays.times, self.remarks)
        else:
            what = "the block below"
            self._awaited = plays
        self.remarks.repair(line, 1, f"{what} is played {plays.times} times", fault=False)

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
        part.body = unrolled(part.systems, self.remarks)
        if not part.body and part.name:
            known = self._found(part.name)
            if known:
                self.remarks.repair(part.line, 1, f"there are no bars here: {known.name!r} is played again")
                part.body, part.plays = known.body, part.plays or known.plays
            elif part.line:
                self.remarks.leave(part.line, 1, "there are no bars under this heading", fault=False)
        self._finish(part)

    def _finish(self, part: Part) -> None:
        """Write out a part whose body is known."""
        part.open = False
        if part.body:
            part.measures = repeated(part.body, part.plays.times if part.plays else 1, self.remarks)
            if len(part.measures) > self._room:
                self.remarks.leave(part.body[0].line, 1, f"more than {MOST_BARS} bars: the rest is left")
                part.measures = part.measures[: self._room]
            self._room -= len(part.measures)
            if part.key:
                self._latest[part.key] = self._latest[f"{base_of(part.key)} *"] = part

    def _recall(self, recall: Recall, item: Words) -> None:
        waiting = self._waiting()
        self._keep(item.line, recall.rest, "this is played as it was before, and what else the line says is left")
        if _ABOVE.match(recall.what) and not recall.name and not waiting and self.parts and self.parts[-1].open:
            self._repeat_block(item.line, words.plays(item.text, self.repeats_follow) or Plays(2, True))
            return
        if waiting and waiting.name and not recall.name:  # Verse 2, and on the next line: same as verse 1
            recall = replace(recall, name=waiting.name, time=waiting.time if recall.time is None else recall.time)
            self.parts.pop()
        self._close()
        if _ABOVE.match(recall.what) and recall.name and self._found(recall.name):  # Chorus (same as before)
            recall = replace(recall, what=recall.name)
        wanted = [recall.what] if self._found(recall.what) else _AND.split(recall.what)
        found = [part for what in wanted if (part := self._found(what))]
        if len(found) < len(wanted):
            self.remarks.leave(item.line, 1, f"no section {recall.what!r} stands above this line")
            self.parts.append(Part(recall.name or recall.what, item.line, recall.time))
        elif recall.goes_on and self.parts[-1].key == key_of(recall.name):
            self._go_on(self.parts[-1], found, recall)
        else:
            for index, part in enumerate(found):
                name = ("" if index else recall.name) if recall.name else part.name
                time = None if index else recall.time
                again = Part(name, item.line, time, plays=recall.plays or part.plays, body=part.body)
                self._finish(again)
                self.parts.append(again)
            self.parts[-1].replaced = recall.replaced

    def _go_on(self, part: Part, found: Iterable[Part], recall: Recall) -> None:
        """Lengthen a part by earlier ones: "repeat verse 1 for the rest of verse 2"."""
        more = [one for each in found for one in each.measures]
        more = repeated(more, recall.plays.times if recall.plays else 1, self.remarks)[: self._room]
        self._room -= len(more)
        part.body, part.measures = part.body + more, part.measures + more

    def _found(self, name: str) -> Part | None:
        """The last part with bars that a name means: the very name, else the same word with no or another number."""
        if _ABOVE.match(name):
            return next((part for part in reversed(self.parts) if part.measures), None)
        key = key_of(name)
        base = base_of(key)
        if key in self._latest:
            return self._latest[key]
        return self._latest.get(base if key != base else f"{base} *")
