"""The thirty kinds of one-shot: their codes in the precursor's order, what names and General MIDI notes mean them.

A name that means none of them, or that several people would class differently (agogo bells, tambourines, rolls,
rim shots on a snare), has no class: nothing is taught from it.
"""

from __future__ import annotations

import re

# The order is that of the model's outputs, and of the columns of a table of probabilities.
CLASSES: tuple[str, ...] = (
    "whis", "met", "cow", "taik", "clav", "hhc", "cah", "tim", "tab", "kick", "rid", "bass", "thd", "hho", "rim",
    "shk", "stick", "tom", "clp", "wood", "cong", "snr", "tri", "vib", "cym", "gui", "fx", "tomf", "ped", "cui",
)  # fmt: skip
UNKNOWN = "unknown"  # what is none of them: music, speech, noise, a held tone

LABELS: dict[str, str] = {
    "whis": "whistle", "met": "metal", "cow": "cowbell", "taik": "taiko", "clav": "claves", "hhc": "hi-hat closed",
    "cah": "distorted snare or clap", "tim": "timpani", "tab": "tabla", "kick": "kick drum", "rid": "ride",
    "bass": "bass note", "thd": "thud", "hho": "hi-hat open", "rim": "side stick, rim shot", "shk": "shaker",
    "stick": "sticks", "tom": "tom", "clp": "clap", "wood": "woodblock", "cong": "conga, bongo", "snr": "snare",
    "tri": "triangle", "vib": "vibraphone", "cym": "crash, splash, china", "gui": "guiro", "fx": "effect",
    "tomf": "floor tom", "ped": "hi-hat pedal", "cui": "cuica", UNKNOWN: "unknown",
}  # fmt: skip

# General MIDI's percussion notes, those of GM 2 included.
NOTES: dict[int, str] = {
    29: "fx", 30: "fx", 31: "stick", 34: "met", 35: "kick", 36: "kick", 37: "rim", 38: "snr", 39: "clp", 40: "snr",
    41: "tomf", 42: "hhc", 43: "tomf", 44: "ped", 45: "tom", 46: "hho", 47: "tom", 48: "tom", 49: "cym", 50: "tom",
    51: "rid", 52: "cym", 53: "rid", 55: "cym", 56: "cow", 57: "cym", 59: "rid", 60: "cong", 61: "cong", 62: "cong",
    63: "cong", 64: "cong", 69: "shk", 70: "shk", 71: "whis", 72: "whis", 73: "gui", 74: "gui", 75: "clav",
    76: "wood", 77: "wood", 78: "cui", 79: "cui", 80: "tri", 81: "tri", 82: "shk",
}  # fmt: skip

# What General MIDI 2's drum sets (program, note) have there instead; "" is none of ours.
SET_NOTES: dict[tuple[int, int], str] = {
    (24, 52): "",  # the electronic set's reversed cymbal
    (40, 39): "",  # a brush's slap
    (40, 40): "",  # a brush's swirl
}

CYMBAL_NOTES = {52: "china", 55: "splash"}  # of those; the others are crashes

# General MIDI's melodic programs that are one of ours, with the pitches that such one-shots have.
PROGRAMS: dict[int, tuple[str, range]] = {
    11: ("vib", range(53, 90)),
    47: ("tim", range(36, 60)),
    78: ("whis", range(79, 101)),
    115: ("wood", range(55, 90)),
    116: ("taik", range(36, 62)),
    117: ("tom", range(52, 68)),
    **{program: ("bass", range(28, 56)) for program in range(32, 40)},
    **{program: ("fx", range(40, 80)) for program in (96, 97, 99, 101, 103, 119, 120, 122, 125, 127)},
}

# What a name says, first match wins; "" has no class.
NAMES: tuple[tuple[str, str], ...] = (
    (
        "",
        r"\broll|rhythm|cresc|\bscraped\b(?!.*guiro)|semi|swish|choke|flink|hat free|ride.*crash|crash.*ride|effect"
        r"|flam|gliss|snare.*rim ?shot|rim ?shot.*snare|snare rim( \d+)?$|side (hat|ohh)"
        r"|bass drum.*(mallet|rute|struck)|tambou?rine|\bhand cymbal|clash|snare off|timbale|roto|glass"
        r"|(^|breaks )drum \d|^sample beats|snare hat|opclo",
    ),
    ("cah", r"^cah\b|distorted (snare|clap)|industrial"),
    ("taik", r"taiko?\b"),
    ("tim", r"timpan|^tim\b|kettle ?drum"),
    ("tab", r"tabla|^tab\b"),
    ("vib", r"vibraphone|^vibe?s?\b"),
    ("whis", r"whistle|^whis\b"),
    ("clav", r"\bclaves?\b|^clav\b"),
    ("wood", r"wood ?block|^wood\b|temple ?block"),
    ("cow", r"cow ?bell|^cow\b"),
    ("tri", r"triangle|^tri\b"),
    ("gui", r"gui(ro|ra)|^gui\b"),
    ("cui", r"cuica|\bcui\b"),
    ("cong", r"conga|bongo|^cong\b"),
    ("shk", r"shaker|maraca|cabasa|^shk\b"),
    ("clp", r"\bclaps?\b|handclap|hand ?clap|^clp\b|^cp\b"),
    ("rim", r"side ?stick|cross ?stick|stick ?rim|rim ?click|\brim\b|rimshot|rim ?shot|^rs\b"),
    ("ped", r"(hi ?hat|hat|hh).*(pedal|foot|chick)|(pedal|foot|chick).*(hat|hh)|^ped(al)?\b|^php?$|^hp$"),
    ("hho", r"(hat|hh).*open|open.*(hat|hh)|^ohh?$|^hho\b|^oh\b(?! so)|\boh$|^ho$|\b(hat|hh) o\b"),
    ("hhc", r"hi ?hat|\bhats?\b|\bc?hh\b|^hhc\b|^ch\b"),
    ("kick", r"kick|bass ?drum|\bbd\b"),
    ("snr", r"snare|\bsd\b|\bsnr?\b"),
    ("rid", r"\bride?\b|^rd\b|^rb\b"),
    ("cym", r"crash|splash|china|chinese|cymbal|^cym\b|^cc\b|^sc\b"),
    ("tomf", r"floor|^tomf\b|^lt$|^ft\b"),
    ("tom", r"\btoms?(?![a-z])|^[hm]t$"),
    ("stick", r"\bsticks\b|^stick\b"),
    ("thd", r"\bthu?d\b|explosion"),
    ("bass", r"^bass\b|bass (note|guitar|tone)"),
    ("met", r"^met(al)?\b|anvil|brake ?drum|spring coil"),
    ("fx", r"\bfx\b|\bzap|laser|scratch"),
)


HATS, TOMS = ("hhc", "hho", "ped"), ("tom", "tomf")
NUMBERED_TOM = re.compile(r"\btom \d$")
LOW_TOM = re.compile(r"\blow? tom|\btom lo(w|\b)")


def class_of(name: str, note: int | None = None) -> str | None:
    """The class that a name means, or else a General MIDI note; None where it has none.

    Toms, and hats that are called no more than that, are told by their note where there is one: "tom 1" is high in one
    kit and low in another. A "low tom" without a note is a floor tom or is not, so it has no class, nor has a "tom
    2" on a floor tom's note.
    """
    words = _words(name)
    found = next((code for code, pattern in NAMES if re.search(pattern, words)), None)
    by_note = NOTES.get(note or 0)
    if found == "tom" and by_note == "tomf" and NUMBERED_TOM.search(words):
        return None
    if (found in TOMS and by_note in TOMS) or (found == "hhc" and by_note in HATS and "closed" not in words):
        return by_note
    if found == "tom" and LOW_TOM.search(words):
        return None
    if found is None and not words.strip("0123456789 "):
        numbers = [note, *map(int, words.split())]
        found = next((NOTES[number] for number in numbers if number in NOTES), None)
    return found or None


def class_in_set(program: int, note: int) -> str | None:
    """The class of a percussion note in one of General MIDI 2's drum sets; None where it has none."""
    return SET_NOTES.get((program, note), NOTES.get(note)) or None


def cymbal_named(name: str) -> str:
    """ "splash" or "china" where a name says so, "" for all other cymbals, which are taken for crashes."""
    found = re.search(r"\b(splash|china)|\bchinese|\bsp\b", _words(name))
    return "" if found is None else found[1] or ("splash" if found[0] == "sp" else "china")


def is_refused(name: str) -> bool:
    """Whether a name says that the sound is no single stroke on one of our instruments."""
    return re.search(NAMES[0][1], _words(name)) is not None


def _words(name: str) -> str:
    """Lower-case words: "HiHatClosed_02" is "hi hat closed 02", "clap01" is "clap 01"."""
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", name).lower()).strip()
