"""`python -m drum_tabber tab`: what is understood of a drum tab in any dialect, in our own form, and a report.

Also the drums of a MIDI file, a MusicXML score or a game's chart; and any of them written in other formats.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.errors import DrumTabberError
from drum_tabber.files import as_text, output_folder
from drum_tabber.vocabulary import Vocabulary
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from drum_tabber.tab import Reading, Tab
    from drum_tabber.tab.remark import Remark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "tab", type=Path, metavar="FILE", help="a drum tab, in whatever dialect; or a .mid, .musicxml or .chart file"
    )
    parser.add_argument("--formats", metavar="A,B", help="write it in these formats, too, such as midi,musicxml,pdf")
    parser.add_argument("--out", type=output_folder, metavar="DIR", help="where to (default: beside FILE)")
    parser.add_argument("--json", action="store_true", help="print what was understood as JSON instead of as a tab")


def run(args: argparse.Namespace) -> int:
    """Print the tab and the report, write what is wanted; exit status 1 where no bar was found, but for a tab that says
    that there are none."""
    from drum_tabber import export, midi, tab
    from drum_tabber.tasks.drums import presentation

    shown = presentation()
    vocabulary = shown.vocabulary
    formats = formats_of(args.formats)
    reader = export.READERS.get(args.tab.suffix.lower())
    if reader:
        score = reader(args.tab, vocabulary)
        is_midi = args.tab.suffix.lower() in midi.EXTENSIONS
        others = midi.read_events(args.tab, vocabulary).others if is_midi else ()
        reading = _as_text(score, vocabulary, unmapped(note for _, note in others))
    else:
        reading = tab.understand(tab.open_text(args.tab), vocabulary)
        score = reading.tab
    if args.json:
        print(json.dumps(document(reading), ensure_ascii=False, indent=1))
    elif reading.tab.bars:
        print(tab.write(reading.tab, vocabulary, shown.style, tempo_stated=reading.tempo_stated))
        print("\n".join(report(reading)))
    else:
        said = report(reading)[1:]  # but for the number of bars, which is none
        print("\n".join(said), end="\n" if said else "")
    if reading.silent:
        print(tab.EMPTY, file=sys.stderr)
    elif not reading.tab.bars:
        print(f"error: there is no tab in {args.tab}; a row is a label and bars, such as HH|x-x-x-x-|", file=sys.stderr)
    if formats and score.bars:
        from drum_tabber.notation.written import from_tab

        titled = replace(score, title=score.title or as_text(args.tab.stem))
        folder, name = args.out or args.tab.parent, args.tab.stem.removesuffix(".tab")
        targets = export.targets(folder, name, formats)
        if any(target.exists() and target.samefile(args.tab) for target in targets):
            raise DrumTabberError(f"{args.tab} would be written over itself; name another folder with --out")
        for path in export.export(from_tab(titled, shown), folder, name, formats, partial(print, file=sys.stderr)):
            print(f"{path} written", file=sys.stderr)
    return 0 if reading.tab.bars or reading.silent else 1


def unmapped(notes: Iterable[int]) -> str:
    """MIDI notes that are no drum of the table, in a clause; "" where there are none."""
    from drum_tabber.material.corpora.annotation import note_name

    times = Counter(notes)
    told = ", ".join(f"{note_name(note)} x{n}" for note, n in times.most_common())
    return f"{counted(times.total(), 'note')} of no drum in the table: {told}" if told else ""


def _as_text(score: Tab, vocabulary: Vocabulary, left: str) -> Reading:
    """A score as a tab in text shows it, with a remark on each drum that has no room there, and what was left."""
    from drum_tabber import export, tab
    from drum_tabber.tab.remark import Remark

    plain, given = export.legible(score, vocabulary)
    repairs = []
    for (drum, other), bars in given.items():
        where = f"bar {bars[0]}" if len(bars) == 1 else f"{counted(len(bars), 'bar')}, the first is bar {bars[0]}"
        repairs.append(Remark(0, 0, "", f"{drum} gives way to {other} in one slot of {where}", True))
    unread = (Remark(0, 0, "", left, True),) if left else ()
    return tab.Reading(plain, ((0, 0),) * len(plain.bars), True, tuple(repairs), unread)


def formats_of(text: str | None) -> list[str]:
    """The formats that an option names. Raises DrumTabberError for one that there isn't, or that lacks its package."""
    from drum_tabber import export

    formats = [name.strip() for name in (text or "").split(",") if name.strip()]
    export.check(formats)
    return formats


def document(reading: Reading) -> dict[str, Any]:
    """What was understood, for other programs; hits count a drum's strokes with repeats written out."""
    hits = Counter(stroke.drum for bar in reading.tab.bars for stroke in bar.strokes)
    return {
        "title": reading.tab.title,
        "bars": len(reading.tab.bars),
        "beats_per_minute": reading.tab.tempo if reading.tempo_stated else None,
        "meters": list(dict.fromkeys(f"{beats}/{unit}" for beats, unit in (bar.meter for bar in reading.tab.bars))),
        "hits": dict(hits.most_common()),
        "sections": [section._asdict() for section in reading.sections],
        "repairs": [_remark(remark) for remark in reading.repairs],
        "unread": [_remark(remark) for remark in reading.unread],
        "notes": [note._asdict() for note in reading.notes],
    }


def report(reading: Reading) -> list[str]:
    """The same in lines to read."""
    content = document(reading)
    tempo = f"{content['beats_per_minute']:g} beats a minute" if reading.tempo_stated else "no tempo stated"
    vocabulary = Vocabulary.of(configs.DRUMS)
    hits = ", ".join(f"{vocabulary.label(drum)} {n}" for drum, n in content["hits"].items())
    meters = ", ".join(content["meters"]) or "no meter"
    lines = [f"{counted(content['bars'], 'bar')} in {meters}; {tempo}; hits: {hits or 'none'}"]
    for section in reading.sections:
        time = "" if section.time is None else f" at {section.time:g} s"
        pace = "" if section.tempo is None else f", {section.tempo:g} beats a minute"
        lines.append(f"  bar {section.bar}: {section.name or '(no name)'}{time}{pace}")
    if reading.notes:
        lines.append("how to play, in words:")
        lines += [f"  {f'bar {note.bar}' if note.bar else 'the end'}: {note.text}" for note in reading.notes]
    lines += _listed("put right, or taken for what it most likely means", reading.repairs)
    return lines + _listed("left", reading.unread)


def _listed(heading: str, remarks: Iterable[Remark]) -> list[str]:
    lines = []
    for one in remarks:
        why = f"{one.why}{'  <' if one.fault else ''}"
        lines.append(f"  {one.line}:{one.column} {why}\n      {one.text}" if one.line else f"  {why}")
    return [f"{heading} ({len(lines)}):", *lines] if lines else []


def _remark(remark: Remark) -> dict[str, Any]:
    return {"line": remark.line, "column": remark.column, "text": remark.text, "why": remark.why}
