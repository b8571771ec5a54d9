"""The words around the bars: tempo, meter, time stamps, how often to play, which section this is or which it repeats.

Each function answers None (or nothing) for words that say no such thing. The tables hold the spellings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from drum_tabber.tab.meter import meter_of

LONGEST = 300  # characters of a line that is understood; the rest is prose
_LONGEST_ENDING = 40
_LONGEST_HOW = 72

_NUMBER = r"(\d+(?:\.\d+)?)"
_NOTE = r"(?:dotted[\s-]+)?(?:half|quarter|eighth|8th|sixteenth|16th)s?(?:[\s-]?notes?)?"
_QUARTERS = {"half": 2.0, "quarter": 1.0, "eighth": 0.5, "8th": 0.5, "sixteenth": 0.25, "16th": 0.25}
_DOTTED = re.compile(r"\bdotted\b|[q\u2669]\.", re.IGNORECASE)
_TEMPO = re.compile(
    rf"(?:\b(?:tempo|bpm)\b(?: change)?\W*(?:to )?{_NUMBER}|(?<![\d/.]){_NUMBER}\s*(?:bpm\b|beats per minute))"
    rf"(?:\s*\(\s*{_NOTE}\s*\))?"
    rf"|(?:(?:\bq|\u2669)\.?|\b{_NOTE})\s*=\s*{_NUMBER}",
    re.IGNORECASE,
)
_PACE = rf"(?:tempo|bpm)\b|\d+(?:\.\d+)?\s*bpm\b|(?:[q\u2669]\.?|{_NOTE})\s*="  # begins a tempo
_METER = re.compile(
    r"\b(?:meter|metre|time(?: sig(?:nature)?)?|in|to)\b\W*(\d{1,2})/(\d{1,2})(?!\d|/)"
    r"|\((\d{1,2})/(4|8|16)\)"
    r"|(?<![\d/.])(\d{1,2})/(4|8|16)\s*(?:time|meter|metre|feel|shuffle|groove)\b|^\W*(\d{1,2})/(4|8|16)\W*$"
    rf"|^\W*(\d{{1,2}})/(4|8|16)(?=[\s,;@-]+(?:{_PACE}))"
    r"|(?:bpm|per minute)[\s,;-]+(\d{1,2})/(4|8|16)\W*$",
    re.IGNORECASE,
)
_STAMP = re.compile(r"(?<![\d:'/])(\d{1,2})\s?[:'](\d{2}(?:\.\d+)?)(?![\d:])(?:''|'|\")?")

_HOW = re.compile(  # how to play, and on what
    r"\b(?:loose|slosh\w*|wash\w*|tight|closed?|open(?:ed)?|h\.? ?h\b|hi-?hats?|hats?|ride|crash(?:es)?|splash|china"
    r"|cymbals?|snares?|toms?|kick|bass drum|bell|rim(?:-?shots?)?|sticks?|cross-?sticks?|side-?sticks?|brush(?:es)?"
    r"|mallets?|pedal|foot|ghost(?:s|ed)?|accents?|accented|flams?|drags?|rolls?|buzz|chokes?|choked|ring|fills?"
    r"|(?:de)?cresc(?:endo)?|dim(?:inuendo)?|loud(?:er|ly)?|soft(?:er|ly)?|quiet(?:er|ly)?|hard(?:er)?|light(?:er|ly)?"
    r"|swing|swung|shuffle|straight|triplets?|(?:half|double)[- ]?time|ad lib|improvis\w+|fade|feel|laid back|lay back"
    r"|rit|accel|faster|slower)\b",
    re.IGNORECASE,
)
_NO_HOW = re.compile(r"[=:@]|\b(?:by|from)\b", re.IGNORECASE)  # a legend, an author
_SAYS_LITTLE = re.compile(
    r"\b(?:bpm|beats|per|minute|tempo|time|meter|metre|sig(?:nature)?|quarter|notes?|about|approx\w*|circa|rep\w*|play(?:ed|s)?"
    r"|measures?|bars?|whole|section|part|again|and|then|now|this|that|all|it|is|are|the|in|to|at|on|of|for|as|same)\b",
    re.IGNORECASE,
)

_WRITTEN = {"once": 1, "twice": 2, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_WRITTEN |= {"eight": 8, "thrice": 3}
_COUNT = rf"(\d{{1,2}}|{'|'.join(_WRITTEN)})"
_MORE = r"\brep(?:eat|\.)?s?(?:ed)?\W*(?:this\W*)?"
_PLAYS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (  # the first that is found decides
        (rf"\b{_COUNT}\s*(?:x|times?)?\s*more\b", "more"),
        (r"(?<![a-z0-9])x\s?-?(\d{1,2})(?!\w)", "plays"),
        (rf"{_MORE}{_COUNT}\s*(?:x|times?)(?!\w)", "repeat"),
        (rf"{_MORE}(once|twice|thrice)\b", "repeat"),
        (rf"(?<!\w){_COUNT}\s?(?:x|times?)(?!\w)", "plays"),
        (r"\b(twice|thrice)\b", "plays"),
        (rf"{_MORE}(\d{{1,2}})(?![\w:'/])", "repeat"),
    )
)
_ONCE_MORE = re.compile(rf"{_MORE}(?:1|one|once)\s*(?:x|times?)?(?!\w)", re.IGNORECASE)
_ENDING = re.compile(
    r"\W*((?:\d\s*(?:[.,](?!\.)|(?:st|nd|rd|th)[.,&]?)\s*)+\d?|\d ?(?:&|and) ?\d\.?)\s*(?:time|ending)?\.?\W*",
    re.IGNORECASE,
)
_ENDING_TOLD = re.compile(r"\b(?:time|ending)\W*$", re.IGNORECASE)
_ORDINALS = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th"}
_ORDER = re.compile(
    r"[\W_]*(?:(?:song|playing|part)s?\s+)?(?:order|structure|format?|arrangement|sequence)\b[^\w\n]*[:=-]\s*(?P<what>.+)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[\s(\[]*([A-H](?:[ ,>|/-]*[A-H]){2,})[\s)\].]*")

_PARTS = (
    r"intro(?:duction)?|verse|pre-?\s?chorus|post-?\s?chorus|chorus|refrain|bridge|solo|outro|interlude|break(?:down)?"
    r"|instrumental|middle(?: eight| 8)?|coda|hook|ending|end|riff|part|section|fill|jam|build-?\s?up|lead|tag|vamp"
    r"|opening|main (?:beat|groove|riff)|groove|beat|theme|head|tempo change|finale|transition"
)
_HEADING = re.compile(
    rf"[\W_]*(?P<name>(?:[\w'&/-]+\s+){{0,2}}?\b(?:{_PARTS})s?\b(?:\s*[-#]?\s*(?:\d{{1,2}}|[A-H]|[IVX]+)\b(?![:'/]\d))?)"
    r"(?P<rest>.*)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\w.*\s(?:on|in|for|during|at|through|until|till|from|before|after)(?:\s+the)?\s+\S.*", re.IGNORECASE
)
_TITLED = re.compile(r"[\W_]*(?P<name>\w[\w '&#/-]{0,30}?)\s*:?\s*(?P<rest>)$")
_NO_PART = re.compile(
    r"\b(?:key|legend|notes?|notation|title|album|artist|song|band|drummer|drums|tab(?:bed|s)?|by|transcribed|symbols"
    r"|tempo|bpm|time|meter|explanation|instructions|comments?|tuning|e-?mail|date|year|from|hits?)\W*$",
    re.IGNORECASE,
)
_RECALL = re.compile(
    r"^[\W_]*+(?P<before>[^:(=-]{0,30}?)[\s:(=,-]*\b"
    r"(?:repe?ai?ts?|same(?: thing)? as(?: in)?|as in|like(?: in)?|play)\b\s*(?:the\s+)?(?P<what>.*)$",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"^(?P<what>.*?)\s+(?:for|as)\s+(?:the\s+)?(?P<rest>rest of\s+)?(?:the\s+)?(?P<name>.+)$", re.IGNORECASE
)
_DIFFERENT = re.compile(
    rf"last\s+(?:{_COUNT}\s+)?(?:measure|bar)s?\s+(?:is\s+|are\s+)?(?:different|changed?s?|differs?)"
    rf"(?:\s+plus\s+{_COUNT}\s+(?:measure|bar)s?)?",
    re.IGNORECASE,
)
_FILLER = re.compile(r"^\W*(?:then|now|and|just|next|ok|so|please)\b\W*|\W*(?:then|now|and)\W*$", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)?|\[[^\[\]]*\]?|\s+-\s.*$|\s+with\b.*$|,?\s+(?:but|except)\b.*$")


class Plays(NamedTuple):
    """How often something is played in all, and whether that is a reading of words that leave it open."""

    times: int
    guessed: bool = False


@dataclass(frozen=True)
class Heading:
    """A line that begins a section; `rest` is what else it says."""

    name: str
    time: float | None = None
    tempo: float | None = None
    plays: Plays | None = None
    rest: str = ""


@dataclass(frozen=True)
class Recall:
    """A line that has an earlier section played again: `what`, as the section `name` ("" for a name of its own).

    `goes_on`: it belongs to the section that is under way. `replaced`: so many of its last bars are written anew.
    `rest` is what else it says.
    """

    what: str
    name: str = ""
    goes_on: bool = False
    replaced: int = 0
    time: float | None = None
    plays: Plays | None = None
    rest: str = ""


def how(line: str) -> bool:
    """Whether a line says how to play, or on what."""
    return len(line) <= _LONGEST_HOW and bool(_HOW.search(line)) and not _NO_HOW.search(line)


def aside(line: str) -> bool:
    """Whether a line says how to play and nothing that we understand besides."""
    other = recall(line) or heading(line) or plays(line) or ending_told(line) or order(line)
    return how(line) and not other and tempo(line) is None and meter(line) is None


def beyond(text: str) -> str:
    """What words say besides tempo, meter, time stamp and how often to play; "" where that is nothing."""
    for pattern in (_STAMP, _TEMPO, _METER, *(pattern for pattern, _ in _PLAYS)):
        text = pattern.sub(" ", text)
    if not re.search(r"[A-Za-z]{2}", _SAYS_LITTLE.sub("", text)):
        return ""
    text = re.sub(r"\s+(?=[,;.])", "", " ".join(text.split())).strip(" ,;:_=*>|-")
    return text[1:-1] if re.fullmatch(r"\([^()]*\)|\[[^\[\]]*\]", text) else text


def tempo(line: str) -> float | None:
    """Quarter notes a minute; a line may count other notes, such as "dotted quarter = 60"."""
    found = _TEMPO.search(line)
    if not found:
        return None
    quarters = next((value for note, value in _QUARTERS.items() if note in found[0].lower()), 1.0)
    value = float(next(filter(None, found.groups()))) * quarters * (1.5 if _DOTTED.search(found[0]) else 1.0)
    return value if 10 <= value <= 1000 else None


def meter(line: str) -> tuple[int, int] | None:
    """Beats in a bar and what note a beat is."""
    found = _METER.search(line)
    try:
        return meter_of(*map(int, filter(None, found.groups()))) if found else None
    except ValueError:
        return None


def stamp(line: str) -> float | None:
    """Seconds from the start of the song."""
    found = _STAMP.search(line)
    return int(found[1]) * 60 + float(found[2]) if found and float(found[2]) < 60 else None


def says_once_more(text: str) -> bool:
    """Whether a text has a "repeat 1x" in it: its author then counts the repeats after the first playing."""
    return bool(_ONCE_MORE.search(text))


def plays(line: str, repeats_follow: bool = False) -> Plays | None:
    """How often to play; `repeats_follow` the author's "repeat 2x" means twice more, not twice in all."""
    for pattern, kind in _PLAYS:
        if found := pattern.search(line.replace("_", " ")):
            times = _WRITTEN.get(found[1].lower(), 0) or int(found[1])
            if kind == "more" or (kind == "repeat" and (repeats_follow or times == 1)):
                times += 1
            return Plays(times, kind == "repeat") if 1 <= times <= 99 else None
    return None


def endings(text: str) -> frozenset[int]:
    """Which times an ending is played: {1, 3} for "1.3."."""
    found = _ENDING.fullmatch(text) if len(text) <= _LONGEST_ENDING else None
    return frozenset(map(int, re.findall(r"\d", found[1]))) if found else frozenset()


def ending_told(text: str) -> frozenset[int]:
    """Which times the block is played that a line of words stands above, {1} for "1st time:" or "first ending"."""
    ordinal = re.sub("|".join(_ORDINALS), lambda found: _ORDINALS[found[0].lower()], text, flags=re.IGNORECASE)
    return endings(ordinal) if _ENDING_TOLD.search(text) else frozenset()


def order(line: str) -> tuple[str, ...]:
    """The names of the sections in the order in which they are played: "Order: A B A" or "Form: Verse, Chorus", or
    letters alone, which may also be chords."""
    found = _ORDER.fullmatch(line) if len(line) <= LONGEST else None
    what = found["what"] if found else line
    if letters := _LETTERS.fullmatch(what):
        return tuple(re.findall(r"[A-H]", letters[1]))
    if not found or re.search(r"\d+/\d+", what):
        return ()
    names = re.split(r"\s*(?:,|->|>|\s-\s|\||;)\s*", what) if re.search(r",|->|>|\s-\s|\||;", what) else what.split()
    return tuple(name for one in names if (name := _tidy(one)))


def states_order(line: str) -> bool:
    """Whether a line says in words that it gives the order of the sections; letters alone may be chords."""
    return len(line) <= LONGEST and _ORDER.fullmatch(line) is not None


def heading(line: str) -> Heading | None:
    """The section that a line begins: one that names a usual part, ends with a colon, or carries a time stamp."""
    text = line.strip()
    time = stamp(text)
    plain = _STAMP.sub(" ", text)
    if len(text) > 72:
        return None
    found = _HEADING.match(plain)
    if found and (len(found["name"]) > 32 or re.match(r"\s+[a-z]\w*\s+[a-z]\w*\s+[a-z]", found["rest"])):
        return None  # a sentence that mentions one
    if not found and (time is not None or text.endswith(":") or re.fullmatch(r"\[[^\]]+\]", text)):
        found = _TITLED.match(re.sub(r"[-()\s]*$", "", plain))
    if not found or _NO_PART.search(found["name"]) or (how(text) and _ABOUT.fullmatch(found["name"])):
        return None
    rest = plain[found.end("name") :]
    return Heading(_tidy(found["name"]), time, tempo(text), plays(rest), beyond(rest))


def recall(line: str) -> Recall | None:
    """The section that a line has played again."""
    found = _RECALL.match(_STAMP.sub(" ", line))
    if not found:
        return None
    different = _DIFFERENT.search(line)
    what = _ASIDE.sub("", found["what"]).strip(" .:;,)]!*>-")
    name, goes_on = _tidy(_FILLER.sub("", found["before"])), False
    if target := _FOR.match(what):
        what, name, goes_on = target["what"], _tidy(target["name"]), bool(target["rest"])
    repeated = plays(re.sub(r"^\W*repeat\W*", "", line, flags=re.IGNORECASE))
    if repeated and re.search(r"\bmore\b", line, re.IGNORECASE):  # what is played again is not the first time
        repeated = Plays(max(repeated.times - 1, 1))
    what = re.sub(r"\W*(?:x\s?\d+|\d+\s?x|\d+ times|once|twice|again)\W*$", "", what, flags=re.IGNORECASE)
    if not re.search(rf"\b(?:{_PARTS})s?\b|\babove\b|\bbefore\b", what, re.IGNORECASE):
        return None
    replaced = _WRITTEN.get((different[1] or "1").lower(), 0) or int(different[1] or 1) if different else 0
    rest = beyond(_DIFFERENT.sub(" ", "".join(_ASIDE.findall(found["what"]))))
    return Recall(_tidy(what), name, goes_on, replaced, stamp(line), repeated, rest)


def _tidy(name: str) -> str:
    return " ".join(name.split()).strip(" .:;,()[]*>-=_#\"'")
