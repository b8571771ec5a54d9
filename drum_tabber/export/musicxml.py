"""MusicXML 4.0 for a drum part: two voices on a percussion staff; written from a song.

A stroke is an unpitched note of its drum's instrument. Dynamics are accents, one a chord, and bracketed heads; flams
and drags have grace notes, rolls tremolo bars, chokes and half-open hats their SMuFL signs. What MusicXML can't say is
lost: how many columns a beat has in the tab, and when a section begins in the song; musicxml_tab.py reads the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from drum_tabber.export.rhythm import FEET_VOICE, HANDS_VOICE, Written, hidden, slot_times, voices
from drum_tabber.export.staff import STAFF_NAME, spot
from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription
from drum_tabber.tab import Bar, Stroke
from drum_tabber.tab.notation import GRACES, HALF_OPEN

SOFTWARE = "Drum Tabber"
PART = "P1"
CHOKE, CHOKE_SIGN = "choke", "pictChokeCymbal"
ACCENT_DYNAMICS = "133.33"  # per cent of forte, a MIDI velocity of 120: an accent whose sign its chord has already

_TYPES = ("whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th", "256th", "512th", "1024th")
_TREMOLO = 3  # strokes through the stem of a roll: thirty-seconds
_GHOST_DYNAMICS = "33.33"  # per cent of forte, a MIDI velocity of 30
_TEMPO_STEP = 0.08  # share by which a bar's pace differs from what was said before it is said anew, as readers print it
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(path: Path, song: Transcription) -> None:
    """Write the tab of a song, to be played at its tempi and where it really changes pace. Two writings are alike."""
    text = ElementTree.tostring(_document(song), encoding="unicode")
    with replacing(path) as part:
        part.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', encoding="utf-8", newline="\n")


def _document(song: Transcription) -> Element:
    vocabulary = song.presentation.vocabulary
    root = Element("score-partwise", version="4.0")
    _put(_put(root, "work"), "work-title", _plain(song.title or song.tab.title))
    about = _put(root, "identification")
    _put(_put(about, "encoding"), "software", SOFTWARE)
    if song.tab.key:  # no signature: that would stand on the percussion staff
        _put(_put(about, "miscellaneous"), "miscellaneous-field", song.tab.key).set("name", "key")
    used = {stroke.drum for bar in song.tab.bars for stroke in bar.strokes}
    part = _put(_put(root, "part-list"), "score-part", id=PART)
    _put(part, "part-name", STAFF_NAME)
    codes = [code for code in vocabulary.codes if code in used]
    for code in codes:
        _put(_put(part, "score-instrument", id=_instrument(code)), "instrument-name", vocabulary.by_code[code].name)
    for code in codes:
        instrument = _put(part, "midi-instrument", id=_instrument(code))
        for name, value in (("channel", 10), ("program", 1), ("unpitched", vocabulary.by_code[code].note + 1)):
            _put(instrument, f"midi-{name}", str(value))
    _Measures(song).write(_put(root, "part", id=PART))
    ElementTree.indent(root, " ")
    return root


class _Measures:
    """The measures of a song, one after the other."""

    def __init__(self, song: Transcription) -> None:
        self.vocabulary = song.presentation.vocabulary
        self.bars: Sequence[Bar] = song.tab.bars or (Bar(),)
        self.divisions = _divisions(self.bars)
        self.names = {section.bar: section.name for section in song.sections}
        self.tempi = list(song.tab.tempi()) or [song.tab.tempo]
        self.paces = _paces(song, self.tempi)

    def write(self, part: Element) -> None:
        """Put all measures into the part."""
        meter, tempo, pace = (0, 0), 0.0, 0.0
        for number, bar in enumerate(self.bars, start=1):
            measure = _put(part, "measure", number=str(number))
            if bar.meter != meter:
                self._attributes(measure, bar, first=number == 1)
            if number in self.names:
                direction = _put(measure, "direction", placement="above")
                _put(_put(direction, "direction-type"), "rehearsal", _plain(self.names[number]))
            if self.tempi[number - 1] != tempo:
                _tempo(measure, self.tempi[number - 1], self.paces[number - 1])
                pace = self.paces[number - 1]
            elif abs(self.paces[number - 1] - pace) > _TEMPO_STEP * pace:
                pace = self.paces[number - 1]
                _put(measure, "sound", tempo=_number(round(pace, 1)))
            meter, tempo = bar.meter, self.tempi[number - 1]
            self._notes(measure, bar)

    def _attributes(self, measure: Element, bar: Bar, first: bool) -> None:
        attributes = _put(measure, "attributes")
        if first:
            _put(attributes, "divisions", str(self.divisions))
        time = _put(attributes, "time")
        _put(time, "beats", str(bar.meter[0]))
        _put(time, "beat-type", str(bar.unit))
        if first:
            _put(_put(attributes, "clef"), "sign", "percussion")

    def _notes(self, measure: Element, bar: Bar) -> None:
        length = self._ticks(slot_times(bar)[-1])
        written = voices(bar)
        unseen = hidden(bar, written)
        if not written:
            silence = _put(measure, "note")
            _put(silence, "rest", measure="yes")
            _put(silence, "duration", length)
            _put(silence, "voice", str(HANDS_VOICE))
        for index, (voice, notes) in enumerate(written.items()):
            if index:
                _put(_put(measure, "backup"), "duration", length)
            for note in notes:
                self._chord(measure, note, voice, seen=voice != FEET_VOICE or note.time not in unseen)

    def _chord(self, measure: Element, written: Written, voice: int, seen: bool) -> None:
        graces = max((GRACES.get(stroke.articulation, 0) for stroke in written.strokes), default=0)
        for left in range(graces, 0, -1):
            graced = [one for one in written.strokes if GRACES.get(one.articulation, 0) >= left]
            for place, stroke in enumerate(graced):
                grace = _put(measure, "note")
                _put(grace, "grace", **({"slash": "yes"} if graces == 1 else {}))
                self._head(grace, stroke, voice, chord=place > 0)
                _put(grace, "type", "eighth" if graces == 1 else "16th")
                self._stem_and_head(grace, stroke, voice)
        sounding: Sequence[Stroke | None] = written.strokes or (None,)
        accented = next((place for place, one in enumerate(sounding) if one and one.dynamic == "accent"), None)
        for place, one in enumerate(sounding):
            note = _put(measure, "note", **_unsigned(one, accented not in (None, place), seen))
            self._note(note, written, one, voice, place > 0, signed=place == accented)

    def _note(
        self, note: Element, written: Written, stroke: Stroke | None, voice: int, chord: bool, signed: bool
    ) -> None:
        self._head(note, stroke, voice, chord, self._ticks(written.length))
        _put(note, "type", _TYPES[written.value.denominator.bit_length() - 1])
        if written.dotted:
            _put(note, "dot")
        if written.tuplet != (1, 1):
            modification = _put(note, "time-modification")
            _put(modification, "actual-notes", str(written.tuplet[0]))
            _put(modification, "normal-notes", str(written.tuplet[1]))
        if stroke:
            self._stem_and_head(note, stroke, voice)
        if not chord:
            for level, beam in enumerate(written.beams, start=1):
                _put(note, "beam", beam, number=str(level))
        signs = list(_signs(written, stroke, chord, signed))
        if signs:
            _put(note, "notations").extend(signs)

    def _head(self, note: Element, stroke: Stroke | None, voice: int, chord: bool, ticks: str = "") -> None:
        """The parts of a note up to its voice."""
        if chord:
            _put(note, "chord")
        if stroke:
            place = spot(self.vocabulary.by_code[stroke.drum])
            unpitched = _put(note, "unpitched")
            _put(unpitched, "display-step", place.step)
            _put(unpitched, "display-octave", str(place.octave))
        else:
            _put(note, "rest")
        if ticks:
            _put(note, "duration", ticks)
        if stroke:
            _put(note, "instrument", id=_instrument(stroke.drum))
        _put(note, "voice", str(voice))

    def _stem_and_head(self, note: Element, stroke: Stroke, voice: int) -> None:
        _put(note, "stem", "down" if voice == FEET_VOICE else "up")
        head = spot(self.vocabulary.by_code[stroke.drum]).head
        if stroke.dynamic == "ghost":
            _put(note, "notehead", head, parentheses="yes")
        elif head != "normal":
            _put(note, "notehead", head)

    def _ticks(self, length: Fraction) -> str:
        return str(int(length * 4 * self.divisions))


def _unsigned(stroke: Stroke | None, beside_accent: bool, seen: bool) -> dict[str, str]:
    """How loud a note is where no sign says so, and that a rest isn't printed."""
    if stroke is None:
        return {} if seen else {"print-object": "no"}
    if stroke.dynamic == "ghost":
        return {"dynamics": _GHOST_DYNAMICS}
    return {"dynamics": ACCENT_DYNAMICS} if stroke.dynamic == "accent" and beside_accent else {}


def _signs(written: Written, stroke: Stroke | None, chord: bool, accented: bool) -> Iterator[Element]:
    """What stands at a note, beside its head; `accented`: this one has the chord's accent, of which one is seen."""
    for end in written.tuplet_ends if not chord else ():
        yield Element("tuplet", type=end)
    if stroke is None:
        return
    if stroke.articulation == "roll":
        ornaments = Element("ornaments")
        _put(ornaments, "tremolo", str(_TREMOLO), type="single")
        yield ornaments
    if stroke.articulation == HALF_OPEN:
        technical = Element("technical")
        _put(technical, "half-muted")
        yield technical
    if accented or stroke.articulation == CHOKE:
        articulations = Element("articulations")
        if accented:
            _put(articulations, "accent")
        if stroke.articulation == CHOKE:
            _put(articulations, "other-articulation", CHOKE, smufl=CHOKE_SIGN)
        yield articulations


def _tempo(measure: Element, said: float, played: float) -> None:
    direction = _put(measure, "direction", placement="above")
    metronome = _put(_put(direction, "direction-type"), "metronome")
    _put(metronome, "beat-unit", "quarter")
    _put(metronome, "per-minute", _number(said))
    _put(direction, "sound", tempo=_number(round(played, 1)))


def _paces(song: Transcription, tempi: Sequence[float]) -> list[float]:
    """Quarter notes a minute of each bar as the song plays it; a bar that lies beyond its grid is played as said."""
    quarters = 4 * np.array(song.grid.meters) / np.array(song.grid.units)
    paces = 60 * quarters / np.diff(song.grid.beat_time[song.grid.bar_beat])
    return [float(pace) for pace in paces[: len(tempi)]] + list(tempi[len(paces) :])


def _divisions(bars: Sequence[Bar]) -> int:
    """Ticks of a quarter note with which every slot, dot and halving comes out whole."""
    written = (note for bar in set(bars) for notes in voices(bar).values() for note in notes)
    lengths = {note.length for note in written} | {slot_times(bar)[-1] for bar in bars}
    return math.lcm(*((4 * length).denominator for length in lengths))


def _instrument(code: str) -> str:
    return f"{PART}-{code}"


def _number(value: float) -> str:
    return f"{round(value, 4):.10g}"


def _plain(text: str) -> str:
    """Text without the characters that XML can't hold."""
    return _NO_XML.sub("\ufffd", text)


def _put(parent: Element, name: str, text: str | None = None, /, **attributes: str) -> Element:
    child = SubElement(parent, name, attributes)
    child.text = text
    return child
