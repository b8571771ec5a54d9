"""What drummers call their drums and write for their strokes: the tables that a text's own legend overrides.

Labels and words name drums by their codes; `!what` stands for what drummers write down and we have no drum for. The
tab-trained precursor's use decides where authors differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from drum_tabber.tab.notation import HALF_OPEN, OPEN_HAT, Dynamic, Meaning
from drum_tabber.vocabulary import Vocabulary

RESTS = frozenset("-. _=~>()")  # a hit that rings on is drawn as an arrow; brackets stand around a ghost note

# By row, what is read beside what we write.
SYMBOLS: Mapping[str, Mapping[str, Meaning]] = {
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
ANY_ROW: Mapping[str, Dynamic] = {
    "x": "normal",
    "o": "normal",
    "*": "normal",
    "X": "accent",
    "O": "accent",
    "0": "accent",
    "^": "accent",
    "g": "ghost",
}
OWN_LETTERS, OWN_LETTERS_ALONE = frozenset("bchkrst"), frozenset("dfg")  # labels' letters that are hits, too

_LABELS = {  # by drum; what is not found is looked for in other case, then without points and a last digit
    "BD": "B K Kd KD KK Bd bd BA Ba b k B1 B2 BS Bs",
    "SD": "S SN Sn Sd sd s",
    "SS": "SS RS XS CS Rm RM St",
    "HH": "H HH Hh hh h HC Hc Hi",
    "HO": "HO OH Ho Oh",
    "HP": "HF Hf hf FH Fh HP Hp hp PH Ph",
    "HT": "T1 sT ST st Ht HT H1 RT",
    "MT": "T t T2 mT mt Mt MT M",
    "LT": "T3 T4 FT Ft ft fT F f F1 F2 lT lt Lt LT L",
    "CC": "C Cr CR CC Cc cc C1 C2 C3 C4 c cr CY Cy Cym",
    "SC": "Sp SP sp SC Sc",
    "CH": "CH Ch ch CN Cn G",
    "RD": "R RD Rd rd RC Rc rc r Ri",
    "RB": "RB Rb rb",
    "!cowbell": "CB Cb cb cow Cow COW",
    "!tambourine": "Tm TM tm Tamb TA",
    "!count-in sticks": "stk",
    "!woodblock": "WB",
    "!hand claps": "HCL",
}
_ABSENT_WORDS = (
    "cow", "tambourine", "woodblock", "wood block", "clap", "shaker", "triangle", "conga", "bongo", "timbale",
)  # fmt: skip
_DRUM_WORDS = (  # the first of which all parts occur names the drum
    ("bell", "RB"),
    ("ride", "RD"),
    ("splash", "SC"),
    ("china", "CH"),
    ("chinese", "CH"),
    ("crash", "CC"),
    ("pedal&hat", "HP"),
    ("pedal&hh", "HP"),
    ("foot", "HP"),
    ("open&hat", "HO"),
    ("open&hi", "HO"),
    ("hat", "HH"),
    ("floor", "LT"),
    ("low&tom", "LT"),
    ("lo tom", "LT"),
    ("tom 3", "LT"),
    ("high&tom", "HT"),
    ("hi tom", "HT"),
    ("hi-tom", "HT"),
    ("small tom", "HT"),
    ("tom 1", "HT"),
    ("tom1", "HT"),
    ("tom 2", "MT"),
    ("rack", "HT"),
    ("tom", "MT"),
    ("stick", "SS"),
    ("rim", "SS"),
    ("snare", "SD"),
    ("bass", "BD"),
    ("kick", "BD"),
    ("pedal", "HP"),
    ("cymbal", "CC"),
)

_STROKES: tuple[tuple[str, Dynamic, str], ...] = (  # words of a stroke: dynamic, articulation
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
_VARIANTS = (  # words of a stroke that make another drum of the row's, by family
    ("hihat", re.compile(r"half|loose|wash|slosh|slight"), Meaning(OPEN_HAT, "normal", HALF_OPEN)),
    ("hihat", re.compile(r"\bopen"), Meaning(OPEN_HAT)),
    ("hihat", re.compile(r"close|tight"), Meaning("HH")),
    ("hihat", re.compile(r"foot|pedal"), Meaning("HP")),
    ("cymbal", re.compile(r"\bbell|\bcup"), Meaning("RB")),
    ("snare", re.compile(r"cross|side|\brim(?! ?-?shot)|stick"), Meaning("SS")),
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


class StrokeNamed(NamedTuple):
    """What words say of a stroke; `family` is "" where they go for all drums, and so is the meaning's `drum`."""

    family: str
    meaning: Meaning


def drum_labelled(label: str, vocabulary: Vocabulary) -> str:
    """The code of the drum that a label stands for, "!what" for what the vocabulary lacks, "" where that is unknown."""
    if label in vocabulary.rows:  # a row's own label stands for all drums of the row
        return vocabulary.rows[label][0]
    known = {code: names.split() for code, names in _LABELS.items() if code[0] == "!" or code in vocabulary.by_code}
    exact = {name: code for code, names in known.items() for name in names}
    folded = {name.lower(): code for name, code in reversed(exact.items())}
    plain = re.sub(r"[\s.'():/-]", "", label)
    tries = (
        exact.get(label),
        drum_named(label.lower(), vocabulary) if len(plain) > 2 else "",
        exact.get(plain),
        folded.get(plain.lower()),
        folded.get(plain.lower().rstrip("123456")),
    )
    return next(filter(None, tries), "")


def drum_named(words: str, vocabulary: Vocabulary) -> str:
    """The code of the drum that lower-case words name, "!what" for what the vocabulary lacks, "" for no drum.

    What stands in brackets counts where it only says which of its kind a drum is: "tom (low)".
    """
    name, _, aside = re.split(r"[:;,]", words)[0].partition("(")
    code = _named(name.strip(), vocabulary)
    closer = _named(f"{name}{aside}", vocabulary) if code in vocabulary.by_code else ""
    alike = closer in vocabulary.by_code and vocabulary.by_code[closer].family == vocabulary.by_code[code].family
    return closer if alike else code


def _named(words: str, vocabulary: Vocabulary) -> str:
    exact = {drum.name: drum.code for drum in vocabulary.drums}
    if words in exact:
        return exact[words]
    if any(word in words for word in _ABSENT_WORDS):
        return "!" + words
    named = (code for known, code in _DRUM_WORDS if all(part in words for part in known.split("&")))
    return next((code for code in named if code in vocabulary.by_code), "")


def stroke_named(words: str) -> StrokeNamed | None:
    """What lower-case words say of a stroke; None for words that say nothing of one."""
    family = next((family for word, family in _FAMILIES if word in words), "")
    variants = ((of, meaning) for of, said, meaning in _VARIANTS if family in ("", of) and said.search(words))
    family, variant = next(variants, (family, None))
    dynamics = [dynamic for word, dynamic, _ in _STROKES if word in words and dynamic != "normal"]
    articulations = [articulation for word, _, articulation in _STROKES if word in words and articulation]
    if not (variant or dynamics or articulations or _PLAIN.search(words)):
        return None
    meaning = variant or Meaning("")
    dynamic = dynamics[0] if dynamics else meaning.dynamic
    return StrokeNamed(family, Meaning(meaning.drum, dynamic, (articulations or [meaning.articulation])[0]))
