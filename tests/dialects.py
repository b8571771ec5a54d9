"""Tabs as drummers write them: a known part, put into text in a dialect drawn at random.

`song(rng)` draws what is played and how it is written together. The text comes with what each bar must be read as and
with the lines on which it stands, so that a test can ask of every bar: was it read right, or was its place reported?
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from drum_tabber.tab.score import Bar, Stroke

Hit = tuple[int, str, str, str]  # slot, drum, dynamic, articulation

LABELS = (  # by author
    {"BD": "BD", "SD": "SD", "HH": "HH", "CC": "CC", "RD": "RD", "HT": "HT", "MT": "MT", "LT": "LT", "HP": "HF"},
    {"BD": "B", "SD": "S", "HH": "H", "CC": "C", "RD": "Rd", "HT": "T1", "MT": "T2", "LT": "F", "HP": "Hf"},
    {"BD": "b", "SD": "s", "HH": "h", "CC": "c", "RD": "r", "HT": "st", "MT": "mt", "LT": "ft", "HP": "hf"},
    {"BD": "K", "SD": "SN", "HH": "Hh", "CC": "Cr", "RD": "R", "HT": "sT", "MT": "mT", "LT": "FT", "HP": "FH"},
    {"BD": "Kd", "SD": "Sn", "HH": "HH", "CC": "C1", "RD": "RC", "HT": "Ht", "MT": "Mt", "LT": "Ft", "HP": "Hf"},
    {"BD": "Bass", "SD": "Snare", "HH": "Hi-hat", "CC": "Crash", "RD": "Ride", "HT": "High Tom", "MT": "Mid Tom",
     "LT": "Floor Tom", "HP": "Foot"},
)  # fmt: skip
NAMES = {
    "BD": "bass drum", "SD": "snare", "HH": "hi-hat", "CC": "crash cymbal", "RD": "ride", "HT": "high tom",
    "MT": "mid tom", "LT": "floor tom", "HP": "hi-hat with the foot",
}  # fmt: skip
PLAYED = {  # by drum: characters and what they say
    "BD": {"o": ("BD", "normal", ""), "O": ("BD", "accent", "")},
    "SD": {"o": ("SD", "normal", ""), "O": ("SD", "accent", ""), "g": ("SD", "ghost", ""),
           "f": ("SD", "normal", "flam"), "d": ("SD", "normal", "drag"), "@": ("SS", "normal", "")},
    "HH": {"x": ("HH", "normal", ""), "X": ("HH", "accent", ""), "o": ("HO", "normal", "")},
    "CC": {"x": ("CC", "normal", ""), "X": ("CC", "accent", ""), "#": ("CC", "normal", "choke")},
    "RD": {"x": ("RD", "normal", ""), "b": ("RB", "normal", "")},
    "HT": {"o": ("HT", "normal", ""), "f": ("HT", "normal", "flam")},
    "MT": {"o": ("MT", "normal", "")},
    "LT": {"o": ("LT", "normal", "")},
    "HP": {"x": ("HP", "normal", "")},
}  # fmt: skip
COUNTS = {
    1: ("",),
    2: ("+", "&", " "),
    3: ("te", "  ", "ta"),
    4: ("e+a", "e&a", " + ", "   ", " & "),
    6: ("ts+ts", "     "),
    8: (" e + a ", "       "),
}
SECTIONS = ("Intro", "Verse 1", "Chorus", "Verse 2", "Bridge", "Solo", "Interlude", "Outro")
PROSE = (
    "Tabbed by somebody <me@example.com>",
    "I am walking down the road again, oh yeah",
    "listen to the song for the feel!",
    "(crash on the first time only)",
    "     guitar comes in here",
    "***",
    "Words & music: nobody | all rights reserved",
)
METERS = ((4, 4),) * 7 + ((3, 4), (6, 8), (7, 8), (5, 4))


@dataclass
class Song:
    """Text in some dialect, and for each bar that is played what it is and on which lines it stands."""

    data: bytes
    bars: list[tuple[Bar, frozenset[int]]]


@dataclass(frozen=True)
class Measure:
    """A written bar: its meter, columns, the divisions of the beats, and characters by drum and column."""

    meter: tuple[int, int]
    division: int
    cells: dict[str, dict[int, str]]

    @property
    def width(self) -> int:
        """Columns."""
        return self.meter[0] * self.division

    @property
    def bar(self) -> Bar:
        """What it must be read as."""
        strokes = [Stroke(slot, *PLAYED[drum][sign]) for drum, row in self.cells.items() for slot, sign in row.items()]  # type: ignore[arg-type]
        return Bar((self.division,) * self.meter[0], self.meter[1], tuple(strokes))


@dataclass
class Writer:
    """One author: habits drawn once, and the lines written so far."""

    rng: Random
    lines: list[str] = field(default_factory=list)
    bars: list[tuple[Bar, frozenset[int]]] = field(default_factory=list)
    meter: tuple[int, int] = (4, 4)

    def __post_init__(self) -> None:
        rng = self.rng
        self.labels = rng.choice(LABELS)
        self.pad = rng.random() < 0.8
        self.indent = " " * rng.choice((0, 0, 0, 1, 4))
        self.count = rng.choice(("below", "below", "above", "none", "some", "unbarred"))
        self.rest = rng.choice("-----.")
        self.dash = rng.choice(("-", "-", "-", "\u2013"))
        self.bar_line = rng.choice("||||||:")
        self.crlf = rng.random() < 0.3
        self.entities = rng.random() < 0.1
        self.cp1252 = rng.random() < 0.2
        self.ragged = rng.random() < 0.1
        self.careless = rng.random() < 0.1
        self.tabs = rng.random() < 0.1
        self.spaced = rng.random() < 0.05
        self.letters = self._letters()
        self.prose = rng.choice((0.0, 0.1, 0.3))

    def _letters(self) -> dict[str, dict[str, str]]:
        """Other characters for what is played, by drum."""
        own = self.rng.random() < 0.15
        crosses = self.rng.random() < 0.1
        letters = {"BD": {"o": "b", "O": "B"}, "SD": {"o": "s"}, "HH": {"x": "h"}, "RD": {"x": "r"}} if own else {}
        if own and self.labels["BD"][0].lower() != "b":
            letters.pop("BD")
        if own and self.labels["HH"][0].lower() != "h":
            letters.pop("HH")
        if crosses:
            return {"BD": {"o": "x", "O": "X"}, "SD": {"o": "x", "O": "X"}, "HT": {"o": "x"}, "LT": {"o": "x"}}
        return letters

    def measure(self, counted: bool) -> Measure:
        """A new bar in the meter that is on; triplets and odd columns only where a count tells them."""
        beats, unit = self.meter
        fine = (1, 2, 3, 4, 6, 8) if unit == 4 else (1, 2, 4)
        usual = 4 if unit == 4 else 2
        division = self.rng.choice(fine) if counted and self.rng.random() < 0.2 else usual
        width = beats * division
        cells = {}
        for drum in self.rng.sample(sorted(PLAYED), self.rng.randint(1, 5)):
            slots = [slot for slot in range(width) if self.rng.random() < self.rng.choice((0.15, 0.4))]
            if slots:
                signs = sorted(PLAYED[drum])
                plain = "x" if "x" in signs else "o"
                cells[drum] = {slot: plain if self.rng.random() < 0.7 else self.rng.choice(signs) for slot in slots}
        return Measure(self.meter, division, cells)

    def system(
        self, measures: list[Measure], times: list[tuple[int, int, int]], tail: str = "", marks: str = ""
    ) -> frozenset[int]:
        """Write measures side by side, with rulers for `times` (first, last, plays); the numbers of their lines."""
        rows = [drum for drum in PLAYED if any(drum in measure.cells for measure in measures)] or ["BD"]
        self.rng.shuffle(rows)
        width = max(len(self.labels[drum]) for drum in rows) if self.pad else len(self.labels[rows[0]])
        start = len(self.lines)
        below = self._counted(measures)
        ruler = self._ruler(measures, times, width)
        self.lines += [ruler] if ruler else []
        above = self.count == "above"
        self.lines += below if above else []
        for number, drum in enumerate(rows):
            bars = []
            for index, measure in enumerate(measures):
                signs = self.letters.get(drum, {})
                cells = {slot: signs.get(sign, sign) for slot, sign in measure.cells.get(drum, {}).items()}
                text = "".join(cells.get(slot, self.rest) for slot in range(measure.width))
                if index and measure is measures[index - 1]:
                    text = "%".center(measure.width, "-")
                opening, closing = (
                    (":" if ":" in marks and index == 0 else ""),
                    (":" if ":" in marks and index == len(measures) - 1 else ""),
                )
                bars.append(opening + text + closing)
            if self.ragged and self.rng.random() < 0.15:
                bars[-1] = bars[-1][: -self.rng.randint(1, 3)]
            width = len(self.labels[drum]) if not self.pad else width
            line = f"{self.indent}{self.labels[drum]:<{width}}|" + "|".join(bars) + "|"
            if self.careless and self.rng.random() < 0.1:
                line = line.replace("|", "!", 2).replace("!", "|", 1).replace("!", "", 1)
            if self.bar_line == ":" and not marks and not tail:
                line = line.replace("|", ":") if "--" in line else line
            self.lines.append(line + (tail if number == 0 else ""))
        self.lines += [] if above else below
        return frozenset(range(start + 1, len(self.lines) + 1))

    def _is_counted(self) -> bool:
        return self.count in ("below", "above", "unbarred")

    def _counted(self, measures: list[Measure]) -> list[str]:
        if self.count == "none" or (self.count == "some" and self.rng.random() < 0.5):
            return []
        rows = [drum for drum in PLAYED if any(drum in measure.cells for measure in measures)] or ["BD"]
        width = max(len(self.labels[drum]) for drum in rows) if self.pad else 2
        texts = []
        for measure in measures:
            letters = self.rng.choice(COUNTS[measure.division])
            if self.count == "unbarred" and measure.division == 1:
                letters = ""
            texts.append("".join(str(beat % 10) + letters for beat in range(1, measure.meter[0] + 1)))
        line_start = self.indent + " " * width
        if self.count == "unbarred" and self.pad and self.bar_line == "|":
            return [f"{line_start} " + " ".join(texts)]
        return [f"{line_start}|" + "|".join(texts) + "|"]

    def _ruler(self, measures: list[Measure], times: list[tuple[int, int, int]], width: int) -> str:
        if not times:
            return ""
        line = [" "] * (len(self.indent) + width + 1 + sum(measure.width + 1 for measure in measures))
        for first, last, plays in times:
            start = len(self.indent) + width + 1 + sum(measure.width + 1 for measure in measures[:first])
            length = sum(measure.width + 1 for measure in measures[first : last + 1]) - 1
            text = self.rng.choice((f"x{plays}", f"repeat x{plays}"))
            fill = self.rng.choice("-_")
            line[start - 1 : start + length + 1] = (
                "|" + (text.center(length, fill) if length > len(text) else text) + "|"
            )
        return "".join(line)


def song(rng: Random) -> Song:
    """A song of some sections, written by one author."""
    writer = Writer(rng)
    known: dict[str, list[tuple[Bar, frozenset[int]]]] = {}
    _head(writer)
    for name in rng.sample(SECTIONS, rng.randint(1, 4)):
        _say(writer, rng.choice(("{}", "{}:", "[{}]", ">>{} - 0'30''", "{} (0:12)")).format(name))
        first = len(writer.bars)
        if known and rng.random() < 0.3:
            source = rng.choice(sorted(known))
            writer.lines[-1] = rng.choice(("Repeat {0} for {1}", "{1}: same as {0}")).format(source, name)
            number = len(writer.lines)
            writer.bars += [(bar, lines | {number}) for bar, lines in known[source]]
        else:
            if rng.random() < 0.15:
                writer.meter = rng.choice(METERS)
                _say(writer, f"Meter: {writer.meter[0]}/{writer.meter[1]}", blank=False)
            for _ in range(rng.randint(1, 3)):
                _system(writer)
                writer.lines.append("")
                if rng.random() < writer.prose:
                    _say(writer, rng.choice(PROSE))
        known[name] = writer.bars[first:]
    return Song(_encoded(writer), writer.bars)


def _head(writer: Writer) -> None:
    rng = writer.rng
    writer.lines += ["Tempo: 120", ""] if rng.random() < 0.5 else []
    writer.lines += [rng.choice(PROSE), ""] if rng.random() < writer.prose else []
    if rng.random() < 0.5:
        separator = rng.choice((" = ", "=", ": ", " - "))
        writer.lines += [
            f"{writer.labels[drum]}{separator}{name}" for drum, name in NAMES.items() if len(writer.labels[drum]) < 3
        ]
        writer.lines += [rng.choice(("f = flam", "x - hit", "O: accent", "g = ghost note", "o = open hi-hat")), ""]


def _say(writer: Writer, words: str, blank: bool = True) -> None:
    writer.lines += [words, ""] if blank and writer.rng.random() < 0.3 else [words]


def _system(writer: Writer) -> None:
    """Some bars, with what repeats them."""
    rng = writer.rng
    measures = [writer.measure(writer._is_counted()) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.15:
        measures += [measures[-1]]
    way = rng.choice(("plain", "plain", "ruler", "tail", "signs", "endings", "line"))
    if way == "endings" and (not writer.pad or len(measures) < 3 or min(one.width for one in measures) < 6):
        way = "plain"
    plays = rng.randint(2, 5)
    if way == "plain":
        lines = writer.system(measures, [])
        writer.bars += [(one.bar, lines) for one in measures]
    elif way == "ruler":
        first = rng.randrange(len(measures))
        last = rng.randrange(first, len(measures))
        lines = writer.system(measures, [(first, last, plays)])
        order = [*measures[:first], *(measures[first : last + 1] * plays), *measures[last + 1 :]]
        writer.bars += [(one.bar, lines) for one in order]
    elif way == "tail":
        lines = writer.system(measures, [], tail=rng.choice((f" x{plays}", f"  ({plays}x)", f" repeat x{plays}")))
        writer.bars += [(one.bar, lines) for one in measures * plays]
    elif way == "signs":
        lines = writer.system(measures, [], marks=":")
        writer.bars += [(one.bar, lines) for one in measures * 2]
    elif way == "line":
        lines = writer.system(measures, [])
        writer.lines.append(rng.choice((f"x{plays}", f"(play {plays} times)", f"repeat x{plays}")))
        writer.bars += [(one.bar, lines) for one in measures * plays]
    else:
        body, one, two = measures[:-2], measures[-2], measures[-1]
        marks = "".join(f"{number}.".ljust(end.width) + "|" for number, end in ((1, one), (2, two)))
        rows = [drum for drum in PLAYED if any(drum in measure.cells for measure in measures)] or ["BD"]
        width = max(len(writer.labels[drum]) for drum in rows) if writer.pad else 0
        offset = len(writer.indent) + width + sum(each.width + 1 for each in body)
        number = len(writer.lines) + 1
        writer.lines.append(" " * offset + "|" + marks)
        lines = writer.system(measures, []) | {number}
        writer.bars += [(each.bar, lines) for each in [*body, one, *body, two]]


def _encoded(writer: Writer) -> bytes:
    text = ("\r\n" if writer.crlf else "\n").join(writer.lines) + "\n"
    if writer.dash != "-" and writer.rng.random() < 0.5:
        text = text.replace("--", "-" + writer.dash)
    if writer.spaced:
        text = re.sub(r"^(.*[|:][-.\w%#@:+& \u2013]+[|:].*\n)", r"\1\n", text, flags=re.MULTILINE)
    if writer.tabs and writer.pad:
        text = re.sub(r"^(\w+) *\|", "\\1\t|", text, flags=re.MULTILINE)
    if writer.entities:
        text = text.replace("&", "&amp;")
    return text.encode("cp1252" if writer.cp1252 else "utf-8")
