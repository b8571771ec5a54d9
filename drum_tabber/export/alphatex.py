"""alphaTex, the text of alphaTab's scores (alphatab.net): a drum part that it shows, plays and turns into Guitar Pro.

Two voices, as in rhythm.py. A stroke is one of alphaTab's percussion articulations, which are numbered as in Guitar
Pro; the names that we give them are our drums' codes. Sync points tie the bars to the recording.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from drum_tabber.export.rhythm import FEET_VOICE, HANDS_VOICE, Written, voices
from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription
from drum_tabber.tab import Bar, Stroke
from drum_tabber.tab.notation import GRACES, HALF_OPEN
from drum_tabber.vocabulary import Vocabulary

_NUMBERS = {  # alphaTab's articulations, by drum and how it is played; others are numbered as in General MIDI
    ("SS", ""): 37,
    ("HT", ""): 48,
    ("MT", ""): 47,
    ("LT", ""): 43,
    ("HO", HALF_OPEN): 92,
    ("CC", "choke"): 97,
    ("SC", "choke"): 95,
    ("CH", "choke"): 96,
    ("RD", "choke"): 94,
}
MADE_BY = "// made by Drum Tabber"
_GRACE_VALUE = 32
_EMPTY = "r.1"


def write(path: Path, song: Transcription) -> None:
    """Write the tab of a song as alphaTex."""
    with replacing(path) as part:
        part.write_text("\n".join(_lines(song)) + "\n", encoding="utf-8", newline="\n")


def _lines(song: Transcription) -> Iterator[str]:
    bars = song.tab.bars or (Bar(),)
    tempi = list(song.tab.tempi()) or [song.tab.tempo]
    used = {(stroke.drum, stroke.articulation) for bar in bars for stroke in bar.strokes}
    names = {key: _name(*key) for key in sorted(used)}
    yield MADE_BY
    yield f"\\title {_quoted(song.title)}"
    yield f"\\tempo {tempi[0]:g}"
    yield '\\track "Drums"'
    yield "\\instrument percussion"
    yield "\\clef neutral"
    for name, number in sorted({(names[key], _number(*key, song.presentation.vocabulary)) for key in used}):
        yield f"\\articulation ({name} {number})"
    yield "\\voice"
    sections = {section.bar: section.name for section in song.sections}
    before = Bar(), tempi[0]
    for number, bar in enumerate(bars, start=1):
        head = [f"\\ts ({bar.meter[0]} {bar.meter[1]})"] if number == 1 or bar.meter != before[0].meter else []
        head += [f"\\section {_quoted(sections[number])}"] if number in sections else []
        head += [f"\\tempo {tempi[number - 1]:g}"] if tempi[number - 1] != before[1] else []
        before = bar, tempi[number - 1]
        yield " ".join([*head, _voice(bar, HANDS_VOICE), "|"])
    if any(FEET_VOICE in voices(bar) for bar in bars):
        yield "\\voice"
        yield from (f"{_voice(bar, FEET_VOICE)} |" for bar in bars)
    if song.audio:
        starts = song.grid.beat_time[song.grid.bar_beat].tolist()
        for number, start in enumerate(starts[: len(bars)]):
            yield f"\\sync ({number} 0 {max(0, round(start * 1000))})"


def _voice(bar: Bar, voice: int) -> str:
    """The beats of a bar's voice."""
    written = voices(bar).get(voice)
    return " ".join(beat for note in written for beat in _beats(note)) if written else _EMPTY


def _beats(written: Written) -> Iterator[str]:
    """A note or rest, after its grace notes."""
    graces = {stroke: GRACES.get(stroke.articulation, 0) for stroke in written.strokes}
    for left in range(max(graces.values(), default=0), 0, -1):
        graced = [stroke for stroke, n in graces.items() if n >= left]
        yield f"{_chord(graced, plain=True)}.{_GRACE_VALUE} {{gr}}"
    value = written.value.denominator
    properties = ["d"] if written.dotted else []
    properties += [f"tu ({written.tuplet[0]} {written.tuplet[1]})"] if written.tuplet != (1, 1) else []
    properties += ["tp (32)"] if any(stroke.articulation == "roll" for stroke in written.strokes) else []
    suffix = f" {{{' '.join(properties)}}}" if properties else ""
    yield f"{_chord(written.strokes) or 'r'}.{value}{suffix}"


def _chord(strokes: Iterable[Stroke], plain: bool = False) -> str:
    marks = {"accent": " {ac}", "ghost": " {g}", "normal": ""}
    notes = [f"{_name(stroke.drum, stroke.articulation)}{'' if plain else marks[stroke.dynamic]}" for stroke in strokes]
    return f"({' '.join(notes)})" if notes else ""


def _name(drum: str, articulation: str) -> str:
    known = (drum, articulation) in _NUMBERS and articulation
    return f"{drum}{articulation.title().replace('-', '')}" if known else drum


def _number(drum: str, articulation: str, vocabulary: Vocabulary) -> int:
    tries = (_NUMBERS.get((drum, articulation)), _NUMBERS.get((drum, "")))
    return next((number for number in tries if number), vocabulary.by_code[drum].note)


def _quoted(text: str) -> str:
    return json.dumps(" ".join(text.split()))
