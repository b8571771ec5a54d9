"""What the labels and characters of a tab mean: the tables, and the legend lines that go before them.

`Notation` holds what we write: on each row the characters, and the `Meaning` of each. `Legend` is what one text means
when read: the notation, the labels and characters of the tab-trained precursor, and above both the text's own legend
lines, such as `C2 = china` or `@ = flam`. `describe` writes legend lines that `Legend.of` understands.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from drum_tabber.vocabulary import Vocabulary

Dynamic = Literal["normal", "accent", "ghost"]
_GLUE = "\u00a0"
DYNAMICS: tuple[Dynamic, ...] = ("normal", "accent", "ghost")  # in the order of Drum.symbols


class Meaning(NamedTuple):
    """What a character says: a drum's code, how strong it is hit and how it is played ("" plainly)."""

    drum: str
    dynamic: Dynamic = "normal"
    articulation: str = ""


_ARTICULATIONS = {  # the characters of a row's first drum, normal and accented, and the families that have them
    "flam": ("fF", ()),
    "drag": ("dD", ()),
    "roll": ("zZ", ()),
    "choke": ("#", ("cymbal", "hihat")),
}
_OPEN_HAT, _HALF_OPEN = "HO", "half-open"
_HALF_OPEN_SIGNS = "wW"

# What is read beside what we write. Where authors differ, the precursor's use decides.
_SYMBOLS: Mapping[str, Mapping[str, Meaning]] = {  # by row
    "HH": {
        "s": Meaning("HP"),
        "S": Meaning("HP", "accent"),
        "p": Meaning("HP"),
        "c": Meaning("HH"),
        "+": Meaning("HH"),
        "b": Meaning("HH"),
    },
    "SD": {
        "r": Meaning("SS"),
        "@": Meaning("SS"),
        "t": Meaning("SS"),
        "b": Meaning("SD", "normal", "roll"),
        "B": Meaning("SD", "accent", "roll"),
    },
    "CC": {"b": Meaning("CC"), "c": Meaning("CC")},
    "RD": {"^": Meaning("RB"), "c": Meaning("RD")},
}
_ANY_ROW: Mapping[str, Dynamic] = {
    "x": "normal",
    "o": "normal",
    "X": "accent",
    "O": "accent",
    "0": "accent",
    "^": "accent",
    "g": "ghost",
}
_ROLL = "rr"  # of an author who writes rolls out; a single r is a rim
RESTS = frozenset("-. _=~>")  # a hit that rings on is drawn as an arrow
_LABELS = {  # by drum; what is not found is looked for in other case, then without points and a last digit
    "BD": "B K Kd KD Bd bd BA Ba b k B1 B2 BS Bs",
    "SD": "S SN Sn Sd sd s",
    "SS": "SS RS XS CS Rm RM St",
    "HH": "H HH Hh hh h HC Hc Hi",
    "HO": "HO OH Ho Oh",
    "HP": "HF Hf hf FH Fh HP Hp hp PH Ph",
    "HT": "T1 sT ST st Ht HT H1",
    "MT": "T t T2 mT mt Mt MT M",
    "LT": "T3 T4 FT Ft ft fT F f F1 F2 lT lt Lt LT L",
    "CC": "C Cr CR CC Cc cc C1 C2 C3 C4 c cr",
    "SC": "Sp SP sp SC Sc",
    "CH": "CH Ch ch CN Cn G",
    "RD": "R RD Rd rd RC Rc rc r Ri",
    "RB": "RB Rb rb",
}
_OWN_LETTERS, _OWN_LETTERS_ALONE = frozenset("bchkrst"), frozenset("dfg")  # labels' letters that are hits, too
_ABSENT = {  # what authors write down and the table of drums has no row for, by what it is
    "cowbell": "CB Cb cb cow Cow COW",
    "tambourine": "Tm TM tm Tamb TA",
    "count-in sticks": "stk",
    "woodblock": "WB",
    "hand claps": "HCL",
}
_ABSENT_WORDS = (
    "cow",
    "tambourine",
    "woodblock",
    "wood block",
    "clap",
    "shaker",
    "triangle",
    "conga",
    "bongo",
    "timbale",
)
_WORDS = (  # of legend lines; the first that occurs names the drum
    ("bell", "RB"),
    ("ride", "RD"),
    ("splash", "SC"),
    ("china", "CH"),
    ("chinese", "CH"),
    ("crash", "CC"),
    ("pedal hat", "HP"),
    ("hi-hat pedal", "HP"),
    ("hihat pedal", "HP"),
    ("foot", "HP"),
    ("open hat", "HO"),
    ("open hi", "HO"),
    ("hat", "HH"),
    ("high hat", "HH"),
    ("floor", "LT"),
    ("low tom", "LT"),
    ("tom 3", "LT"),
    ("low-tom", "LT"),
    ("high tom", "HT"),
    ("hi tom", "HT"),
    ("hi-tom", "HT"),
    ("small tom", "HT"),
    ("rack tom 1", "HT"),
    ("tom 1", "HT"),
    ("tom1", "HT"),
    ("tom", "MT"),
    ("stick", "SS"),
    ("rim", "SS"),
    ("snare", "SD"),
    ("bass", "BD"),
    ("kick", "BD"),
    ("pedal", "HP"),
    ("cymbal", "CC"),
)
_MARKS: tuple[tuple[str, Dynamic, str], ...] = (  # words of a legend's characters: dynamic, articulation
    ("accent", "accent", ""),
    ("loud", "accent", ""),
    ("hard", "accent", ""),
    ("ghost", "ghost", ""),
    ("soft", "ghost", ""),
    ("light", "ghost", ""),
    ("grace", "ghost", ""),
    ("flam", "normal", "flam"),
    ("drag", "normal", "drag"),
    ("ruff", "normal", "drag"),
    ("double", "normal", "drag"),
    ("diddle", "normal", "drag"),
    ("roll", "normal", "roll"),
    ("buzz", "normal", "roll"),
    ("choke", "normal", "choke"),
    ("mute", "normal", "choke"),
    ("grab", "normal", "choke"),
)
_PLAIN = re.compile(r"\b(?:hit|hits|normal|strike|struck|stroke|regular|played?|note)\b")
_VARIANTS = (  # words of a legend's characters that make another drum of the row's
    (("hihat",), re.compile(r"half|loose|wash|slosh|slight"), Meaning("HO", "normal", _HALF_OPEN)),
    (("hihat",), re.compile(r"\bopen"), Meaning("HO")),
    (("hihat",), re.compile(r"close|tight"), Meaning("HH")),
    (("hihat",), re.compile(r"foot|pedal"), Meaning("HP")),
    (("cymbal",), re.compile(r"\bbell|\bcup"), Meaning("RB")),
    (("snare",), re.compile(r"cross|side|\brim(?! ?-?shot)|stick"), Meaning("SS")),
)
_FAMILIES = (  # by the first word that occurs in what a legend says of a character
    ("hat", "hihat"),
    ("snare", "snare"),
    ("tom", "tom"),
    ("bass", "kick"),
    ("kick", "kick"),
    ("cow", "none"),
    ("ride", "cymbal"),
    ("crash", "cymbal"),
    ("cymbal", "cymbal"),
    ("china", "cymbal"),
)
_KEY = r"[^\s=:|,;]{1,4}"
_LINE = re.compile(rf"\s*[\"'(]?(?P<key>{_KEY})[\"')]?(?:\s*[=:|]\s*|\s+[-~]+>?\s+|\s*->\s*)(?P<meaning>[^|]*\w[^|]*)")
_LINE_PARTS = re.compile(r"\s{2,}(?=\S{1,4}\s*[=:-])|[,;]\s*(?=\S{1,4}\s*[=:]\s)")


class Notation:
    """The characters that we write: `rows` holds, by tab row, each character's meaning."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.rows = {row: self._row(codes) for row, codes in vocabulary.rows.items()}
        self._symbols = {meaning: symbol for row in self.rows.values() for symbol, meaning in row.items()}

    def symbol(self, meaning: Meaning) -> str:
        """The character for the nearest that its row can show."""
        return self._symbols[self.nearest(meaning)]

    def nearest(self, meaning: Meaning) -> Meaning:
        """The meaning itself if there is a character for it, else without its dynamic, its articulation, or both."""
        drum, dynamic, articulation = meaning
        tries = (meaning, Meaning(drum, "normal", articulation), Meaning(drum, dynamic), Meaning(drum))
        return next(one for one in tries if one in self._symbols)

    def _row(self, codes: Sequence[str]) -> dict[str, Meaning]:
        meanings: dict[str, Meaning] = {}
        for code in codes:
            for symbol, dynamic in zip(self.vocabulary.by_code[code].symbols, DYNAMICS, strict=True):
                meanings.setdefault(symbol, Meaning(code, dynamic))
        first = self.vocabulary.by_code[codes[0]]
        for articulation, (symbols, families) in _ARTICULATIONS.items():
            if not families or first.family in families:
                for symbol, dynamic in zip(symbols, DYNAMICS, strict=False):
                    meanings.setdefault(symbol, Meaning(codes[0], dynamic, articulation))
        if _OPEN_HAT in codes:
            for symbol, dynamic in zip(_HALF_OPEN_SIGNS, DYNAMICS, strict=False):
                meanings.setdefault(symbol, Meaning(_OPEN_HAT, dynamic, _HALF_OPEN))
        return meanings


def describe(used: Collection[Meaning], notation: Notation, rows: Iterable[str], width: int) -> list[str]:
    """Legend lines for the meanings that a tab uses, a line for each of its `rows`, wrapped to `width` columns."""
    lines: list[str] = []
    for row in rows:
        signs: dict[str, list[str]] = {}
        for symbol, (drum, dynamic, articulation) in notation.rows.get(row, {}).items():
            if Meaning(drum, dynamic, articulation) in used:
                words = (symbol, "" if dynamic == "normal" else dynamic, articulation)
                signs.setdefault(notation.vocabulary.by_code[drum].name, []).append(" ".join(filter(None, words)))
        if signs:
            glued = {_glued(name): [_glued(sign) for sign in each] for name, each in signs.items()}
            text = f"{row} = " + "; ".join(f"{name}: {', '.join(each)}" for name, each in glued.items())
            lines += [line.replace(_GLUE, " ") for line in textwrap.wrap(text, width, subsequent_indent=" " * 5)]
    return lines


def _glued(words: str) -> str:
    """Words that no line break shall part."""
    return words.replace(" ", _GLUE)


@dataclass(frozen=True)
class Legend:
    """One text's labels, each with its drum's code, and by label what each character means on such a row.

    `absent` names what stands behind labels that are no drums of the vocabulary. `habits` says in sentences how the
    author's characters were understood from their use, by label.
    """

    labels: Mapping[str, str]
    symbols: Mapping[str, Mapping[str, Meaning]]
    absent: Mapping[str, str]
    habits: Mapping[str, str]

    @classmethod
    def of(cls, lines: Iterable[str], used: Mapping[str, str], vocabulary: Vocabulary) -> Legend:
        """The tables, overridden by those of the lines that are a legend's.

        `used` holds the characters that the text has on the rows of each label.
        """
        entries = [entry for line in lines for entry in _entries(line)]
        stated: dict[str, str] = {}
        marks: list[_Mark] = []
        for key, text in entries:
            drum = _drum_named(text, vocabulary)
            if key in used or (drum and len(key) > 1):
                stated |= {key: drum} if drum else {}
            elif mark := _mark(key, text):
                marks.append(mark)
        found = {label: _found(label, stated, vocabulary) for label in {*used, *stated}}
        labels = {label: code for label, code in found.items() if code in vocabulary.by_code}
        absent = {label: name.lstrip("!") for label, name in found.items() if name.startswith("!")}
        notation = Notation(vocabulary)
        symbols: dict[str, Mapping[str, Meaning]] = {}
        habits: dict[str, str] = {}
        for label, code in labels.items():
            own = " ".join(text for key, text in entries if key == label)
            shown, habit = _habit(label, code, used.get(label, ""), own, vocabulary)
            habits |= {label: habit} if habit else {}
            symbols[label] = _characters(code, notation, marks, shown)
        return cls(labels, symbols, absent, habits)


class _Mark(NamedTuple):
    """A character that a legend explains; `family` and `drum` are "" where it goes for all rows."""

    symbol: str
    family: str
    meaning: Meaning

    def on(self, code: str, vocabulary: Vocabulary) -> Meaning | None:
        """What it means on the rows of a drum."""
        family = vocabulary.by_code[code].family
        if self.family and family != self.family:
            return None
        return self.meaning._replace(drum=self.meaning.drum or code)


def is_legend(line: str, vocabulary: Vocabulary) -> bool:
    """Whether a line explains a label or a character."""
    return any(_drum_named(text, vocabulary) or _mark(key, text) for key, text in _entries(line))


def _entries(line: str) -> list[tuple[str, str]]:
    """The (key, lower-case meaning) pairs of a legend line; one line may hold several."""
    parts = filter(None, _LINE_PARTS.split(line))
    return [(found["key"], found["meaning"].lower()) for part in parts if (found := _LINE.fullmatch(part))]


def _drum_named(text: str, vocabulary: Vocabulary) -> str:
    """The code of the drum that a meaning names, "!what" for what the vocabulary lacks, "" where it names none."""
    name = re.split(r"[:;,(]", text)[0].strip()
    exact = {drum.name: drum.code for drum in vocabulary.drums}
    if name in exact:
        return exact[name]
    if any(word in name for word in _ABSENT_WORDS):
        return "!" + name
    return next((code for word, code in _WORDS if word in name and code in vocabulary.by_code), "")


def _mark(key: str, text: str) -> _Mark | None:
    """The character that a legend line explains."""
    if len(key) != 1 or key in RESTS:
        return None
    family = next((family for word, family in _FAMILIES if word in text), "")
    variant = next(
        (one for families, words, one in _VARIANTS if family in ("", *families) and words.search(text)), None
    )
    dynamics = [dynamic for word, dynamic, _ in _MARKS if word in text and dynamic != "normal"]
    articulations = [articulation for word, _, articulation in _MARKS if word in text and articulation]
    if not (variant or dynamics or articulations or _PLAIN.search(text)):
        return None
    if variant and not family:
        family = next(families[0] for families, _, one in _VARIANTS if one == variant)
    meaning = variant or Meaning("")
    dynamic = dynamics[0] if dynamics else meaning.dynamic
    articulation = articulations[0] if articulations else meaning.articulation
    return _Mark(key, family, Meaning(meaning.drum, dynamic, articulation))


def _found(label: str, stated: Mapping[str, str], vocabulary: Vocabulary) -> str:
    """The code of the drum that a label stands for, "!what" for what the vocabulary lacks, "" where that is unknown."""
    if label in stated and not (label in vocabulary.rows and stated[label] in vocabulary.rows[label]):
        return stated[label]
    if label in vocabulary.rows:  # a row's own label stands for all drums of the row
        return vocabulary.rows[label][0]
    tables = {code: known.split() for code, known in _LABELS.items() if code in vocabulary.by_code}
    tables |= {"!" + what: known.split() for what, known in _ABSENT.items()}
    exact = {name: code for code, names in tables.items() for name in names}
    folded = {name.lower(): code for name, code in reversed(exact.items())}
    plain = re.sub(r"[\s.'()/-]", "", label)
    spoken = _drum_named(label.lower(), vocabulary) if len(plain) > 2 else ""
    tries = (
        exact.get(label),
        spoken,
        exact.get(plain),
        folded.get(plain.lower()),
        folded.get(plain.lower().rstrip("123456")),
    )
    return next(filter(None, tries), "")


def _habit(label: str, code: str, shown: str, legend: str, vocabulary: Vocabulary) -> tuple[dict[str, Meaning], str]:
    """What characters mean because of how the author uses them on this row, and the sentence that says so."""
    family, plain = vocabulary.by_code[code].family, Meaning(code)
    used = set(shown) - RESTS
    own = label[:1].lower()
    drawn = own in used or own.upper() in used
    found: dict[str, Meaning] = {}
    if drawn and (own in _OWN_LETTERS or (own in _OWN_LETTERS_ALONE and not used & set("xXoO"))):  # b|b--b--
        found = {own: plain, own.upper(): Meaning(code, "accent" if used & {own, *"xo"} else "normal")}
    if family == "snare" and code == "SD":
        if used & set("xX") and not used & set("oO") and not re.search("stick|rim", legend):
            sentence = f"{label!r} has no o: its x is taken for a plain stroke, not for a cross-stick"
            return {**found, "x": plain, "X": Meaning(code, "accent")}, sentence
        if _ROLL in shown:
            sentence = f"{label!r} has r after r: taken for a roll"
            return {**found, "r": Meaning(code, "normal", "roll"), "R": Meaning(code, "accent", "roll")}, sentence
    if (
        code == "HH"
        and not drawn
        and used & set("oO")
        and not used & set("xX")
        and not re.search("open", legend)
        and "o" in used
    ):
        sentence = f"{label!r} has no x: its o is taken for a plain stroke, not for an open hat"
        return {**found, "o": plain, "O": Meaning(code, "accent")}, sentence
    return found, ""


def _characters(
    code: str, notation: Notation, marks: Sequence[_Mark], shown: Mapping[str, Meaning]
) -> dict[str, Meaning]:
    """What each character means on a row whose label stands for the drum `code`; earlier tables go first."""
    row = notation.vocabulary.by_code[code].row
    own = {symbol: Meaning(code, dynamic) for symbol, dynamic in _ANY_ROW.items()}
    tables = [notation.rows[row], _SYMBOLS.get(row, {}), own]
    if code != notation.vocabulary.rows[row][0]:  # a row for the ride bell alone, say: there x is the bell
        tables.insert(0, tables.pop())
    stated = {mark.symbol: meaning for mark in marks if (meaning := mark.on(code, notation.vocabulary))}
    characters: dict[str, Meaning] = {}
    for table in (stated, shown, *tables):
        known = {symbol: meaning for symbol, meaning in table.items() if meaning.drum in notation.vocabulary.by_code}
        characters = {**known, **characters}
    return characters
