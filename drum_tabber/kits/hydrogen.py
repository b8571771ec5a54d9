"""Drum kits of the drum machine Hydrogen: a folder with a `drumkit.xml` in, its layers with their licence out.

The format: an instrument has a name, perhaps a MIDI note, and either one file or layers, each a file with the range of
velocities (0 to 1) that it serves. A kit that states no licence, or one that forbids commercial use, has no layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from drum_tabber.errors import CorpusError

DESCRIPTION = "drumkit.xml"
ABBREVIATIONS = {"op": "open", "cl": "closed", "pd": "pedal", "hh": "hat"}
_STATEMENT = re.compile(r"licen[cs]e|\bC?GPL\b|creative commons|\bcc0\b|\bcc[- ]by\b|public domain", re.IGNORECASE)
_NON_COMMERCIAL = re.compile(r"non-? ?commercial|\bby-nc\b|/by-nc", re.IGNORECASE)
_STATING_FILES = re.compile(r"(licen[cs]e|copying|copyright|readme)\b", re.IGNORECASE)
_LONGEST_STATEMENT = 300  # characters kept of a file that states a licence


@dataclass(frozen=True)
class Layer:
    """One file: the instrument it belongs to, its MIDI note if any, the highest velocity (0 to 1) that it serves."""

    path: Path
    instrument: str
    note: int | None
    velocity: float
    licence: str


def kit_folders(folder: Path) -> list[Path]:
    """The folder itself if it is a Hydrogen kit, else those in it that are."""
    return [path.parent for path in (folder / DESCRIPTION, *sorted(folder.glob(f"*/{DESCRIPTION}"))) if path.exists()]


def layers(folder: Path) -> Iterator[Layer]:
    """The layers of a kit whose files are there; none where the licence is missing or forbids commercial use.

    Raises CorpusError where the description can't be read.
    """
    path = folder / DESCRIPTION
    try:
        kit = _without_namespaces(ElementTree.parse(path).getroot())
    except (ElementTree.ParseError, OSError) as error:
        raise CorpusError(f"can't read {path}: {error}; mend the kit or move it away") from error
    licence = licence_of(kit, folder)
    if licence is None:
        return
    for instrument in kit.iter("instrument"):
        name = spelt_out(instrument.findtext("name") or "")
        note = instrument.findtext("midiOutNote") or ""
        for layer in (*instrument.iter("layer"), instrument):
            file = folder / (layer.findtext("filename") or "")
            if file.is_file():
                velocity = float(layer.findtext("max") or 1.0)
                yield Layer(file, name, int(note) if note.isdecimal() else None, velocity, licence)


def licence_of(kit: ElementTree.Element, folder: Path) -> str | None:
    """What the kit states of its licence, in its description or in a file beside it; None where that is no leave."""
    stated = " ".join((kit.findtext("license") or kit.findtext("licence") or "").split())
    if not stated:
        beside = sorted(path for path in folder.iterdir() if path.is_file() and _STATING_FILES.match(path.name))
        texts = [kit.findtext("info") or "", *(path.read_text(encoding="utf-8", errors="replace") for path in beside)]
        lines = [line.strip(" =\t") for text in texts for line in re.split(r"[\r\n]+|(?<=\.) ", text)]
        stated = " ".join(line for line in lines if _STATEMENT.search(line))[:_LONGEST_STATEMENT]
    return stated if stated and not _NON_COMMERCIAL.search(stated) else None


def _without_namespaces(root: ElementTree.Element) -> ElementTree.Element:
    """The same tree with plain tags: older kits declare no namespace."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def spelt_out(name: str) -> str:
    """A name with its abbreviations in full: "Hat 1 Op" is an open hat."""
    return " ".join(ABBREVIATIONS.get(word.lower(), word) for word in re.split(r"[\s_]+", name))
