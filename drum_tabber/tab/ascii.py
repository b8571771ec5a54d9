"""Drum tabs as text: `read` and `write`, and `understand` for whatever drummers write.

A tab is a sequence of blocks, each a few bars wide. A row is a label, `|`, one character a slot (`-` rests) and `|`
after every bar; the count row, whose label is blank or the number of its first bar, tells how the slots divide the
beats:

    HH|x-x-x-x-x-x-x-o-|
    SD|----o-------O--g|
    BD|o-------o-o-----|
     9|1e+a2e+a3e+a4e+a|

A beat of any division may stand beside another (`1e+a2te3+4`): `meter.py` lists how each is counted. A row that rests
throughout a block is left out. Lines that are no rows are free text, of which title, tempo, meter, the song's key,
sections and the lines that legend.py knows are understood.

That is what we write. `understand` reads far more: lines in plain characters (spelling.py) are told apart by their
shape (line.py), rows go together in blocks (block.py), blocks become measures by the text's legend (legend.py,
measure.py, meter.py), and what is played follows from repeats and words (arrange.py, repeats.py, words.py). What had to
be put right or left is in its `Reading`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drum_tabber.errors import TabError
from drum_tabber.tab import layout, spaced, spelling, words
from drum_tabber.tab.arrange import Arranger
from drum_tabber.tab.block import Item, Page
from drum_tabber.tab.fit import REST
from drum_tabber.tab.layout import TabStyle
from drum_tabber.tab.legend import Legend
from drum_tabber.tab.line import Fact, Row, Words
from drum_tabber.tab.measure import Measurer
from drum_tabber.tab.meter import count_row
from drum_tabber.tab.notation import Notation, describe
from drum_tabber.tab.remark import Note, Remark, Remarks
from drum_tabber.tab.score import DEFAULT_TEMPO, SWUNG, Bar, Section, Tab
from drum_tabber.tab.words import Heading
from drum_tabber.vocabulary import Vocabulary

_TITLED = re.compile(r"\W*+(?:Title|Song)\s*+:(.*)")
_KEYED = re.compile(r"\W*+Key\s*+:\s*+([A-G][b#]? (?:major|minor))\s*")
_FELT = re.compile(rf"\W*+Feel\s*+:\s*+({SWUNG})\s*")
_PLAIN_NAME = re.compile(r"[A-Za-z]['\w-]*(?: \w['\w-]*)*", re.ASCII)
EMPTY = "No drums were heard."
_NO_TEXT = (
    "give a tab saved as plain UTF-8 text; of a recording, 'python transcribe.py SONG' writes the tab and "
    "'python -m drum_tabber align TAB SONG' lays one over it"
)
DOUBTFUL = "? = doubtful"  # the legend's words for the marks below the count


@dataclass(frozen=True)
class Reading:
    """What was understood of a text.

    `places` holds for each bar of the tab the line and column where it is written; repeats share one. `tempo_stated`:
    whether the tab's tempo stands in the text. `repairs` and `unread` say what was put right and what was left, `notes`
    are the text's words on how to play. `silent`: whether it says that there are no drums.
    """

    tab: Tab
    places: tuple[tuple[int, int], ...]
    tempo_stated: bool
    repairs: tuple[Remark, ...]
    unread: tuple[Remark, ...]
    notes: tuple[Note, ...] = ()
    silent: bool = False

    @property
    def sections(self) -> tuple[Section, ...]:
        """The tab's sections."""
        return self.tab.sections

    @property
    def faults(self) -> list[Remark]:
        """What may have changed the music, in the order of the text."""
        return sorted(remark for remark in (*self.repairs, *self.unread) if remark.fault)


def write(
    tab: Tab,
    vocabulary: Vocabulary,
    style: TabStyle,
    doubts: Collection[tuple[int, int]] = (),
    tempo_stated: bool = True,
) -> str:
    """The tab as text that a drummer reads and that `read` turns back into an equal tab.

    A stroke is written as the nearest that its row can show. `doubts` are the places, bar and slot, to mark with a `?`
    below the count; a tempo that nobody stated is left out. Raises ValueError for two strokes on one row and slot, and
    for a row that `style.rows` lacks.
    """
    notation, style = Notation(vocabulary), style.of(len(tab.bars))
    used = {notation.nearest(stroke.meaning) for bar in tab.bars for stroke in bar.strokes}
    meter = tab.bars[0].meter if tab.bars else (4, 4)
    head = [f"Title: {tab.title}"] if tab.title else []
    told = tempo_stated and (bool(tab.bars) or tab.tempo != DEFAULT_TEMPO)  # without a bar the usual one means nothing
    tempo = [_tempo_line(tab.tempo, meter)] if told else []
    legend = describe(used, notation, style.rows, style.width) or [EMPTY]
    sections = [
        [*head, *tempo, *([_meter_line(meter)] if tab.bars else []), *_stated(tab)],
        [*legend, *([DOUBTFUL] if doubts else [])],
    ]
    sections = [section for section in sections if section]
    starts = {section.bar: section for section in tab.sections}
    for line in layout.lines(tab.bars, starts, style):
        number, bar = line.phrases[0].first + 1, tab.bars[line.phrases[0].first]
        change = _section_lines(starts[number], bar.meter) if number in starts else []
        change += [_meter_line(bar.meter)] if bar.meter != meter else []
        meter = bar.meter
        sections.append(change + _marks(line, tab.bars, style) + _block(line, tab.bars, notation, style))
        sections[-1] += _doubts(line, tab.bars, doubts, style)
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _stated(tab: Tab) -> list[str]:
    """The lines of the header that only some tabs have."""
    return [*([f"Key: {tab.key}"] if tab.key else []), *([f"Feel: {tab.feel}"] if tab.feel else [])]


def _marks(line: layout.Line, bars: Sequence[Bar], style: TabStyle) -> list[str]:
    """The line above the rows that says how often phrases are played, if any is more than once."""
    text = [" "] * layout.columns([bars[index] for index in line.written], style) + [" "]
    at = style.label + line.opens  # a repeat sign stands where a mark would begin, and pushes all to the right
    for phrase in line.phrases:
        end = at + sum(bar.n_slots + 1 for bar in bars[phrase.first : phrase.first + phrase.n_bars])
        if phrase.plays > 1:
            text[at : end + 1] = f"|{f'x{phrase.plays}'.center(end - at - 1, '_')}|"
        at = end
    return ["".join(text).rstrip()] if "|" in text else []


def _doubts(line: layout.Line, bars: Sequence[Bar], doubts: Collection[tuple[int, int]], style: TabStyle) -> list[str]:
    """The line below the count that marks doubtful places; of bars played several times, those doubtful each time."""
    cells = []
    for phrase in line.phrases:
        for index in range(phrase.first, phrase.first + phrase.n_bars):
            played, slots = line.played(phrase, index), range(bars[index].n_slots)
            cells.append("".join("?" if all((bar + 1, slot) in doubts for bar in played) else REST for slot in slots))
    return [_row("?".rjust(style.label), cells, line, style)] if any("?" in cell for cell in cells) else []


def _section_lines(section: Section, meter: tuple[int, int]) -> list[str]:
    """A heading in brackets where that says it all, else in words of our own."""
    tempo = [_tempo_line(section.tempo, meter)] if section.tempo is not None else []
    if tempo and section.bar > 1 and not section.name and section.time is None:
        return tempo  # a tempo amid the bars begins a part
    time = "" if section.time is None else f" {_stamp(section.time)}"
    heading = f"[{section.name}]{time}"
    other = words.recall(heading) or words.ending_told(heading) or words.order(heading)
    plain = _PLAIN_NAME.fullmatch(section.name) and not other
    if plain and words.heading(heading) == Heading(section.name, section.time):
        return [heading, *tempo]
    return [f"Section: {section.name}".rstrip(), *([f"Time:{time}"] if time else []), *tempo]


def _stamp(time: float) -> str:
    """When a section begins, to the millisecond."""
    minutes, rest = divmod(round(time * 1000), 60_000)
    return f"{minutes}:{rest // 1000:02}" + (f".{rest % 1000:03}" if rest % 1000 else "")


def _tempo_line(tempo: float, meter: tuple[int, int]) -> str:
    """A tempo in quarter notes a minute, and in dotted ones where these are the beats."""
    beats, unit = meter
    dotted = unit == 8 and beats > 3 and beats % 3 == 0
    return f"Tempo: {tempo:.10g} BPM" + (f" (dotted quarter = {tempo / 1.5:.4g})" if dotted else "")


def _meter_line(meter: tuple[int, int]) -> str:
    return f"Meter: {meter[0]}/{meter[1]}"


def _block(line: layout.Line, song: Sequence[Bar], notation: Notation, style: TabStyle) -> list[str]:
    """The lines of one block: a row for each drum that plays in it, and the count row."""
    bars = [song[index] for index in line.written]
    rows: dict[str, list[list[str]]] = {}
    for index, bar in enumerate(bars):
        for stroke in bar.strokes:
            row = notation.vocabulary.by_code[stroke.drum].row
            cells = rows.setdefault(row, [[REST] * other.n_slots for other in bars])[index]
            if cells[stroke.slot] != REST:
                raise ValueError(f"two strokes share slot {stroke.slot} of row {row}")
            cells[stroke.slot] = notation.symbol(stroke.meaning)
    if not rows.keys() <= set(style.rows):
        raise ValueError(f"no place among the rows {', '.join(style.rows)} for {', '.join(rows)}")
    lines = [_row(row, map("".join, rows[row]), line, style) for row in style.rows if row in rows]
    if line.closes and line.repeat and line.repeat.plays > 2:
        lines[0] += f" x{line.repeat.plays}"
    number = str(line.phrases[0].first + 1) if style.numbered else ""
    return [*lines, _row(number.rjust(style.label), (count_row(bar.divisions) for bar in bars), line, style)]


def _row(label: str, bars: Iterable[str], line: layout.Line, style: TabStyle) -> str:
    """A row of a line, with the repeat's signs where it opens or closes one."""
    return f"{label:<{style.label}}|{':' * line.opens}{'|'.join(bars)}{':' * line.closes}|"


def load(path: Path, vocabulary: Vocabulary) -> Tab:
    """Read a tab from a file. Raises TabError, also where the file can't be read as text."""
    return read(open_text(path), vocabulary, str(path))


def load_most(path: Path, vocabulary: Vocabulary) -> Reading:
    """Read whatever can be understood of a tab's file. Raises TabError where it holds no tab, or is no text."""
    reading = understand(open_text(path), vocabulary)
    if not reading.tab.bars:
        read(open_text(path), vocabulary, str(path))
    return reading


def open_text(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16 or Cp1252. Raises TabError."""
    try:
        return spelling.decode(Path(path).read_bytes())[0]
    except OSError as error:
        raise TabError(f"can't read the tab: {error.strerror or error}; check the name", str(path), line=0) from error
    except ValueError as error:
        raise TabError(f"this is no text ({error}); {_NO_TEXT}", str(path), line=0) from error


def read(text: str, vocabulary: Vocabulary, path: str = "<text>") -> Tab:
    """The tab that a text holds; `path` names it in errors.

    Raises TabError at the first place where `understand` would have to change or leave out what may be music.
    """
    reading = understand(text, vocabulary)
    for fault in reading.faults:
        raise TabError(fault.why, path, fault.line, fault.column, fault.text)
    if not reading.tab.bars and not reading.silent:
        raise TabError("there is no tab here; a row is a label and bars with a character a slot: SD|----o---|", path)
    return reading.tab


def understand(text: str, vocabulary: Vocabulary) -> Reading:
    """Whatever can be understood of a text as a tab. Raises nothing: a text without bars gives a tab without."""
    remarks = Remarks(text.splitlines())
    lines = [spelling.mend(line, number, remarks) for number, line in enumerate(remarks.lines, start=1)]
    lines = spaced.barred(lines, remarks)
    repeats_follow = any(map(words.says_once_more, lines))
    page = Page.of(lines, remarks, repeats_follow)
    legend = Legend.of(page.words, _used(page.rows), vocabulary)
    measurer = Measurer.of(page.rows, legend, vocabulary, remarks)
    arranger = Arranger(measurer, remarks, repeats_follow)
    arranger.arrange(item for item in page.items() if not _is_understood(item, legend))
    for row in page.rows:
        if habit := legend.habits.get(row.label):
            remarks.repair(row.line, 1, habit, fault=False)
    for line, words_left in legend.left:
        remarks.leave(line, 1, f"{words_left!r} explains nothing that is known", fault=False)
    bars = tuple(measure.bar for measure in arranger.measures)
    tempo = arranger.tempo
    key, feel = _said(page, _KEYED, "key"), _said(page, _FELT, "feel")
    tab = Tab(_title(page), DEFAULT_TEMPO if tempo is None else tempo, bars, arranger.sections, key, feel)
    places = tuple((measure.line, measure.column) for measure in arranger.measures)
    notes = remarks.notes(places, arranger.starts)
    silent = not bars and EMPTY in text
    return Reading(tab, places, tempo is not None, remarks.repairs, remarks.unread, notes, silent)


def _title(page: Page) -> str:
    """The first title that a text states."""
    facts = [(fact.line, fact.value) for fact in page.facts if fact.name == "Title"]
    titled = [(line, found[1]) for line, text in page.words if (found := _TITLED.match(text))]
    return _first([*facts, *titled], "title", page.remarks)


def _said(page: Page, pattern: re.Pattern[str], what: str) -> str:
    """The first key, or other such thing, that a text states in a line of this pattern."""
    stated = [(line, found[1]) for line, text in page.words if (found := pattern.fullmatch(text))]
    return _first(stated, what, page.remarks)


def _first(stated: Iterable[tuple[int, str]], what: str, remarks: Remarks) -> str:
    """What the first line states; a remark on others that state something else."""
    (_, first), *others = sorted(stated) or [(0, "")]
    for line, other in others:
        if other.strip() != first.strip():
            remarks.leave(line, 1, f"the {what} stands above", fault=False)
    return first


def _is_understood(item: Item, legend: Legend) -> bool:
    """Whether an item is a title, a key or a legend's line, which say nothing of the order of bars."""
    if isinstance(item, Words):
        stated = _TITLED.match(item.text) or _KEYED.fullmatch(item.text) or _FELT.fullmatch(item.text)
        return item.line in legend.lines or item.text.strip() in (EMPTY, DOUBTFUL) or bool(stated)
    return isinstance(item, Fact) and item.name == "Title"


def _used(rows: Iterable[Row]) -> dict[str, str]:
    """All characters on the rows of each label."""
    used: dict[str, list[str]] = {}
    for row in rows:
        used.setdefault(row.label, []).extend(cell.text for cell in row.cells)
    return {label: REST.join(texts) for label, texts in used.items() if label not in "-?"}
