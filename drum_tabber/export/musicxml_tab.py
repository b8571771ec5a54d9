"""MusicXML to a tab: the percussion part of a score, ours (musicxml.py) or another program's.

A note is the drum that its instrument's MIDI note stands for, or else the one that has its place and its head on our
staff. Repeats are not written out; what no drum has is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from drum_tabber.errors import DrumTabberError
from drum_tabber.export.bars import bars_of, sections_at
from drum_tabber.export.musicxml import ACCENT_DYNAMICS, CHOKE
from drum_tabber.export.staff import Spot, spot
from drum_tabber.tab import DEFAULT_TEMPO, Tab
from drum_tabber.tab.meter import meter_of
from drum_tabber.tab.notation import GRACES, HALF_OPEN, OPEN_HAT, Dynamic, Meaning
from drum_tabber.vocabulary import Vocabulary

_QUARTERS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
_GRACED = {n: name for name, n in GRACES.items()}
_DRUM_CHANNEL = "10"


def read(path: Path, vocabulary: Vocabulary) -> Tab:
    """The tab of a MusicXML file (`score-partwise`, not compressed). Raises DrumTabberError for anything else."""
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise DrumTabberError(f"can't read {path}: {error.strerror or error}; give a MusicXML file") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DrumTabberError(f"can't read {path}: this is no XML ({error}); give a MusicXML file") from error
    if root.tag != "score-partwise" or root.find("part") is None:
        raise DrumTabberError(f"can't read {path}: this is no score in parts; export it as uncompressed MusicXML")
    title = root.findtext("work/work-title") or root.findtext("movement-title") or ""
    try:
        score = _Score(_drums_of(root, vocabulary), {spot(drum): drum.code for drum in reversed(vocabulary.drums)})
        for measure in _percussion(root).iterfind("measure"):
            score.take(measure)
    except (ValueError, ZeroDivisionError) as error:
        raise DrumTabberError(f"can't read {path}: a number is missing or none ({error}); export it anew") from error
    tempi = score.tempi or [DEFAULT_TEMPO]
    bars = bars_of(score.meters, score.strokes)
    return Tab(title, tempi[0], bars, sections_at(score.names.items(), score.tempi))


def _drums_of(root: Element, vocabulary: Vocabulary) -> dict[str, str]:
    """The drum that each instrument of the score is, by the instrument's id."""
    drums = {}
    for instrument in root.iterfind("part-list/score-part/midi-instrument"):
        note = instrument.findtext("midi-unpitched")
        if note and note.strip().isdigit() and int(note) - 1 in vocabulary.by_note:
            drums[instrument.get("id", "")] = vocabulary.by_note[int(note) - 1]
    return drums


def _percussion(root: Element) -> Element:
    """The part with the drums: by its MIDI channel or its clef, else the first."""
    parts = {part.get("id"): part for part in root.iterfind("part")}
    for about in root.iterfind("part-list/score-part"):
        channels = {channel.text for channel in about.iterfind("midi-instrument/midi-channel")}
        if _DRUM_CHANNEL in channels and about.get("id") in parts:
            return parts[about.get("id")]
    clefs = (part for part in parts.values() if part.findtext("measure/attributes/clef/sign") == "percussion")
    return next(clefs, next(iter(parts.values())))


@dataclass
class _Score:
    """What has been read of a part: meters and tempi by bar, names and strokes."""

    drums: dict[str, str]
    spots: dict[Spot, str]
    meters: list[tuple[int, int]] = field(default_factory=list)
    tempi: list[float] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    strokes: list[tuple[int, Fraction, Meaning]] = field(default_factory=list)
    divisions: int = 1
    meter: tuple[int, int] = (4, 4)

    def take(self, measure: Element) -> None:
        """Take in a measure."""
        number = len(self.meters) + 1
        tempo = None
        at = start = Fraction(0)
        graces: Counter[str] = Counter()
        for element in measure:
            if element.tag == "attributes":
                self._attributes(element)
            elif element.tag == "direction":
                tempo = tempo or _tempo(element)
                name = element.findtext("direction-type/rehearsal") or ""
                self.names |= {number: name} if name.strip() else {}
            elif element.tag in ("backup", "forward"):
                at += self._length(element) * (-1 if element.tag == "backup" else 1)
            elif element.tag == "note":
                drum = self._drum(element)
                if element.find("grace") is not None:
                    graces[drum] += 1
                    continue
                start = start if element.find("chord") is not None else at
                at = start + self._length(element)
                if drum and not _is_tied(element):
                    self._stroke(number, start, element, drum, graces.pop(drum, 0))
                if element.find("rest") is not None:
                    graces.clear()
        self.meters.append(self.meter)
        self.tempi.append(tempo or (self.tempi[-1] if self.tempi else DEFAULT_TEMPO))

    def _attributes(self, attributes: Element) -> None:
        self.divisions = int(attributes.findtext("divisions") or self.divisions)
        beats, unit = attributes.findtext("time/beats"), attributes.findtext("time/beat-type")
        if beats and unit:
            self.meter = meter_of(sum(map(int, beats.split("+"))), int(unit))

    def _length(self, element: Element) -> Fraction:
        """Whole notes that a note or a jump lasts."""
        return Fraction((element.findtext("duration") or "0").strip()) / (4 * self.divisions)

    def _stroke(self, number: int, start: Fraction, note: Element, drum: str, graces: int) -> None:
        n_beats, unit = self.meter
        beat = start * unit
        if not 0 <= beat < n_beats:
            return
        graced = _GRACED.get(min(graces, max(_GRACED)), "")
        self.strokes.append((number, beat, _meaning(note, drum, graced)))

    def _drum(self, note: Element) -> str:
        """A note's drum, "" for a rest and for what isn't among ours."""
        instrument = note.find("instrument")
        if instrument is not None and instrument.get("id", "") in self.drums:
            return self.drums[instrument.get("id", "")]
        step, octave = note.findtext("unpitched/display-step"), note.findtext("unpitched/display-octave")
        if not step or not octave:
            return ""
        head = note.findtext("notehead") or "normal"
        place = Spot(step.strip(), int(octave), head.strip())
        code = self.spots.get(place, "")
        opened = note.find("notations/technical/open") is not None
        return OPEN_HAT if opened and code == "HH" and OPEN_HAT in self.spots.values() else code


def _meaning(note: Element, drum: str, graced: str) -> Meaning:
    head = note.find("notehead")
    articulations = note.find("notations/articulations")
    tags = {child.tag: child.text for child in articulations} if articulations is not None else {}
    dynamic: Dynamic = "normal"
    if tags.keys() & {"accent", "strong-accent"} or note.get("dynamics") == ACCENT_DYNAMICS:
        dynamic = "accent"
    elif head is not None and head.get("parentheses") == "yes":
        dynamic = "ghost"
    signs = (
        (graced, bool(graced)),
        ("roll", note.find("notations/ornaments/tremolo") is not None),
        (HALF_OPEN, note.find("notations/technical/half-muted") is not None),
        (CHOKE, tags.get("other-articulation") == CHOKE),
    )
    return Meaning(drum, dynamic, next((name for name, found in signs if found), ""))


def _is_tied(note: Element) -> bool:
    """Whether a note only goes on with the one before it."""
    return any(tie.get("type") == "stop" for tie in note.iterfind("tie"))


def _tempo(direction: Element) -> float | None:
    """Quarter notes a minute that a direction asks for."""
    for metronome in direction.iterfind("direction-type/metronome"):
        unit, said = metronome.findtext("beat-unit"), metronome.findtext("per-minute")
        if unit in _QUARTERS and said:
            dotted = 1.5 if metronome.find("beat-unit-dot") is not None else 1.0
            digits = "".join(_numeric(said))
            return float(digits) * _QUARTERS[unit] * dotted if digits else None
    sound = direction.find("sound")
    return float(sound.get("tempo", "")) if sound is not None and sound.get("tempo") else None


def _numeric(text: str) -> Iterator[str]:
    """The characters of the first number in a text such as "c. 108"."""
    started = False
    for character in text:
        if character.isdigit() or (started and character == "."):
            started = True
            yield character
        elif started:
            return
