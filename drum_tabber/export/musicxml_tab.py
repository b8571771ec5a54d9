"""MusicXML to a tab: the percussion part of a score, ours (musicxml.py) or another program's.

A note is the drum that its instrument's MIDI note stands for, or where none is given the one that has its place and its
head on our staff. Repeats are not written out; what no drum has is left out. A bar that doesn't count, such as a
pick-up, lasts as long as what it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from drum_tabber.errors import DrumTabberError
from drum_tabber.export.bars import bars_of, sections_at
from drum_tabber.export.musicxml import ACCENT_DYNAMICS, CHOKE, SOFTWARE
from drum_tabber.export.staff import Spot, spot
from drum_tabber.tab import DEFAULT_TEMPO, Tab
from drum_tabber.tab.meter import UNITS, meter_of, tempo_of
from drum_tabber.tab.notation import GRACES, HALF_OPEN, OPEN_HAT, Dynamic, Meaning
from drum_tabber.vocabulary import Vocabulary

_QUARTERS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
_GRACED = {n: name for name, n in GRACES.items()}
_DRUM_CHANNEL = "10"
_PERCUSSION = range(27, 88)  # MIDI notes that General MIDI 2 gives to drums and percussion


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
    part = _percussion(root)
    if part is None:
        raise DrumTabberError(f"can't read {path}: it has no part for drums; give a score with a drum part")
    title = root.findtext("work/work-title") or root.findtext("movement-title") or ""
    try:
        spots = {spot(drum): drum.code for drum in reversed(vocabulary.drums)}
        own = root.findtext("identification/encoding/software") == SOFTWARE
        score = _Score(_drums_of(root, vocabulary), spots, paced=own)
        for measure in part.iterfind("measure"):
            score.take(measure)
    except (ValueError, ZeroDivisionError) as error:
        raise DrumTabberError(f"can't read {path}: a number is missing or none ({error}); export it anew") from error
    tempi = score.tempi or [DEFAULT_TEMPO]
    bars = bars_of(score.meters, score.strokes)
    return Tab(title, tempi[0], bars, sections_at(score.names.items(), score.tempi))


def _drums_of(root: Element, vocabulary: Vocabulary) -> dict[str, str]:
    """The drum that each instrument is by its MIDI note, by the instrument's id; "" for what isn't among ours."""
    drums = {}
    for instrument in root.iterfind("part-list/score-part/midi-instrument"):
        said = (instrument.findtext("midi-unpitched") or "").strip()
        note = int(said) - 1 if said.isdigit() else -1
        if note in _PERCUSSION or note in vocabulary.by_note:
            drums[instrument.get("id", "")] = vocabulary.by_note.get(note, "")
    return drums


def _percussion(root: Element) -> Element | None:
    """The part with the drums: by its MIDI channel, its clef or its notes without pitch."""
    parts = {part.get("id"): part for part in root.iterfind("part")}
    for about in root.iterfind("part-list/score-part"):
        channels = {channel.text for channel in about.iterfind("midi-instrument/midi-channel")}
        if _DRUM_CHANNEL in channels and about.get("id") in parts:
            return parts[about.get("id")]
    clefs = (part for part in parts.values() if part.findtext("measure/attributes/clef/sign") == "percussion")
    unpitched = (part for part in parts.values() if part.find("measure/note/unpitched") is not None)
    return next(chain(clefs, unpitched), None)


@dataclass
class _Score:
    """What has been read of a part: meters and tempi by bar, names and strokes.

    `paced`: a tempo that no sign shows is how fast the song is played there, not how it is written.
    """

    drums: dict[str, str]
    spots: dict[Spot, str]
    paced: bool
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
        at = start = end = Fraction(0)
        strokes: list[tuple[Fraction, Meaning]] = []
        graces: Counter[str] = Counter()
        for element in measure:
            if element.tag == "attributes":
                self._attributes(element)
            elif element.tag == "direction":
                tempo = tempo or _tempo(element)
                name = element.findtext("direction-type/rehearsal") or ""
                self.names |= {number: name} if name.strip() else {}
            elif element.tag == "sound" and not self.paced:
                tempo = tempo or _sound_tempo(element)
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
                    strokes.append((start, _meaning(element, drum, graces.pop(drum, 0))))
                if element.find("rest") is not None:
                    graces.clear()
            end = max(end, at)
        n_beats, unit = _shortened(self.meter, end) if measure.get("implicit") == "yes" else self.meter
        beats = ((start * unit, meaning) for start, meaning in strokes)
        self.strokes += [(number, beat, meaning) for beat, meaning in beats if 0 <= beat < n_beats]
        self.meters.append((n_beats, unit))
        self.tempi.append(tempo or (self.tempi[-1] if self.tempi else DEFAULT_TEMPO))

    def _attributes(self, attributes: Element) -> None:
        self.divisions = int(attributes.findtext("divisions") or self.divisions)
        beats, unit = attributes.findtext("time/beats"), attributes.findtext("time/beat-type")
        if beats and unit:
            self.meter = meter_of(sum(map(int, beats.split("+"))), int(unit))

    def _length(self, element: Element) -> Fraction:
        """Whole notes that a note or a jump lasts."""
        return Fraction((element.findtext("duration") or "0").strip()) / (4 * self.divisions)

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


def _meaning(note: Element, drum: str, graces: int) -> Meaning:
    head = note.find("notehead")
    articulations = note.find("notations/articulations")
    tags = {child.tag: child.text for child in articulations} if articulations is not None else {}
    dynamic: Dynamic = "normal"
    if tags.keys() & {"accent", "strong-accent"} or note.get("dynamics") == ACCENT_DYNAMICS:
        dynamic = "accent"
    elif head is not None and head.get("parentheses") == "yes":
        dynamic = "ghost"
    signs = (
        (_GRACED.get(min(graces, max(_GRACED)), ""), graces > 0),
        ("roll", note.find("notations/ornaments/tremolo") is not None),
        (HALF_OPEN, note.find("notations/technical/half-muted") is not None),
        (CHOKE, tags.get("other-articulation") == CHOKE),
    )
    return Meaning(drum, dynamic, next((name for name, found in signs if found), ""))


def _shortened(meter: tuple[int, int], length: Fraction) -> tuple[int, int]:
    """The meter of a bar that holds no more than `length` whole notes; its own where it holds none or is full."""
    units = (unit for unit in UNITS if unit >= meter[1] and (length * unit).denominator == 1)
    unit = next(units, None)
    return (int(length * unit), unit) if unit and 0 < length < Fraction(*meter) else meter


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
            return tempo_of(float(digits) * _QUARTERS[unit] * dotted) if digits else None
    sound = direction.find("sound")
    return _sound_tempo(sound) if sound is not None else None


def _sound_tempo(sound: Element) -> float | None:
    return tempo_of(float(sound.get("tempo", ""))) if sound.get("tempo") else None


def _numeric(text: str) -> Iterator[str]:
    """The characters of the first number in a text such as "c. 108"."""
    started = False
    for character in text:
        if character.isdigit() or (started and character == "."):
            started = True
            yield character
        elif started:
            return
