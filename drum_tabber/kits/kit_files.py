"""Folders of drum samples in, the files of each kit with the drum they sound out; `kit` decodes them.

Folders are described by a `manifest.csv` (columns path, kit, instrument, gm, licence; it may list several kits), or by
Hydrogen's `drumkit.xml`, a folder a kit, or plain: there the names of files, else of folders, tell the drum
("kick/soft 1.wav", "snare_ff_03.flac", "42.wav" by General MIDI note).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from drum_tabber.errors import CorpusError
from drum_tabber.kits import hydrogen, manifest
from drum_tabber.kits.sample import without_strength
from drum_tabber.sound import audio

# The drum that a name tells, first match wins; "" marks sounds that are no single stroke on one of our drums.
NAMES: tuple[tuple[str, str], ...] = (
    ("", r"\broll|rhythm|cresc|scrape|snare ?\d? ?off|timbal|roto"),
    ("SS", r"side ?stick|cross ?stick|stick rim|rim ?click|\brim\b"),
    ("HP", r"(hi ?hat|hat|hh).*(pedal|foot|chick)|(pedal|foot|chick).*(hat|hh)|^php?$"),
    ("HO", r"(hat|hh).*open|open.*(hat|hh)|^ohh?$"),
    ("HH", r"hi ?hat|\bhats?\b|^c?hh$"),
    ("BD", r"kick|bass ?drum|\bbd\b"),
    ("SD", r"snare|\bsd\b"),
    ("RB", r"ride.*bell|bell.*ride"),
    ("RD", r"\bride"),
    ("SC", r"splash"),
    ("CH", r"china|chinese"),
    ("CC", r"crash|^cymbal"),
    ("LT", r"floor|\blow? ?tom|tom ?lo"),
    ("MT", r"\bmid(dle)? ?tom|tom ?mid"),
    ("HT", r"\bhi(gh)? ?tom|tom ?hi"),
    ("tom", r"\btoms?(?![a-z])"),
)

# General MIDI's percussion map, for folders that name samples by note.
NOTES: dict[int, str] = {
    35: "BD", 36: "BD", 37: "SS", 38: "SD", 40: "SD", 41: "LT", 43: "LT", 45: "MT", 47: "MT", 48: "HT", 50: "HT",
    42: "HH", 44: "HP", 46: "HO", 49: "CC", 57: "CC", 51: "RD", 59: "RD", 52: "CH", 53: "RB", 55: "SC",
}  # fmt: skip

# Drums that come from one kit together when kits are mixed; the first one decides which kits can give the group.
FAMILIES: tuple[tuple[str, ...], ...] = (
    ("BD",), ("SD", "SS"), ("HH", "HO", "HP"), ("LT", "MT", "HT"), ("CC",), ("SC",), ("CH",), ("RD", "RB"),
)  # fmt: skip
# Hydrogen's instruments that are neither a plain open nor a plain closed stroke, or may be struck as either of two.
UNSURE = re.compile(r"swish|choke|flink|hat free|crash.*ride|ride.*crash")
HAND_CLAP = 39  # General MIDI's; where an instrument "stick" has it, two sticks are struck together


def drum_of(name: str, note: int | None = None) -> str | None:
    """The drum code that an instrument's name tells, or else its General MIDI note.

    Within a family (toms, hats, rides) the note decides: "low tom" or "hi-hat" mean different things from kit to kit.
    "tom" is a tom of unknown height, "" a sound that is no single stroke on one of our drums, None an unknown name.
    """
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()).strip()
    code = next((code for code, pattern in NAMES if re.search(pattern, words)), None)
    if code is None and not words.strip("0123456789 "):
        numbers = [note, *map(int, words.split())]
        return next((NOTES[number] for number in numbers if number in NOTES), None)
    by_note = NOTES.get(note or 0)
    if code == "tom" or any({code, by_note} <= {*family} for family in FAMILIES):
        return by_note or code
    return code


@dataclass(frozen=True)
class Entry:
    """One file of a kit, as a manifest or its place in the folder describes it."""

    path: Path
    drum: str
    piece: str
    licence: str = ""
    strength: int | None = None  # for the formats that tell it; by the file's name otherwise


def listing(folder: Path) -> dict[str, list[Entry]]:
    """The drum samples of each kit in a folder. Raises CorpusError where there are none, or a manifest is at fault."""
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder of drum samples; give one that holds a kit, or several")
    if (folder / "manifest.csv").exists():
        kits = _listed(folder / "manifest.csv")
    elif described := hydrogen.kit_folders(folder):
        kits = {kit.name: _layered(kit) for kit in described}
    else:
        kits = {folder.name: _found(folder)}
    kits = {name: entries for name, entries in kits.items() if entries}
    if not kits:
        raise CorpusError(f"{folder} has no drum samples; name its files or folders like kick, snare, hihat_closed")
    return kits


def _listed(described: Path) -> dict[str, list[Entry]]:
    kits: dict[str, list[Entry]] = defaultdict(list)
    for row in manifest.read(described):
        # The instrument tells the drum; a file's name can still say that it is no plain stroke ("snareOFF").
        if drum_of(row.path.stem) != "" and (drum := drum_of(row.instrument, row.note)):
            kits[row.kit].append(Entry(row.path, drum, _piece_name(row.path.stem, drum), row.licence))
    return kits


def _layered(folder: Path) -> list[Entry]:
    """The files of a Hydrogen kit whose drum is sure."""
    return [
        Entry(layer.path, drum, layer.instrument, layer.licence, round(127 * layer.velocity))
        for layer in hydrogen.layers(folder)
        if (drum := _drum_of_layer(layer))
    ]


def _drum_of_layer(layer: hydrogen.Layer) -> str | None:
    """What instrument and file agree on; the file tells hats apart ("hihat-semi-open" under "Pedal HH")."""
    words = layer.instrument.lower()
    if UNSURE.search(words):
        return None
    told = "SS" if words == "stick" and layer.note != HAND_CLAP else drum_of(layer.instrument, layer.note)
    own = drum_of(hydrogen.spelt_out(layer.path.stem))
    if told == "tom" or own == "tom":
        return told if {told, own} <= {"tom", "HT", "MT", "LT", None} else None
    if told is None or (told in ("HH", "HO", "HP") and own in ("HO", "HP")):
        return own
    return told if own is None or any({told, own} <= {*family} for family in FAMILIES) else None


def _found(folder: Path) -> list[Entry]:
    entries = []
    for path in audio.find([folder]):
        names = (path.stem, *path.relative_to(folder).parts[-2::-1])  # the file's own name first, then its folders'
        if drum := next((code for code in map(drum_of, names) if code is not None), ""):
            entries.append(Entry(path, drum, _piece_name(path.stem, drum)))
    return entries


def _piece_name(stem: str, drum: str) -> str:
    """What a file's name leaves without strength and take number, so that takes of one instrument share it."""
    name = without_strength(stem)
    return name if drum == "tom" else re.sub(r"((^|[-_ ]+)\d+)+$", "", name)
