"""`python -m drum_tabber tab`: what is understood of a drum tab in any dialect, in our own form, and a report."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs

if TYPE_CHECKING:
    from drum_tabber.tab import Reading
    from drum_tabber.tab.remark import Remark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("tab", type=Path, metavar="FILE", help="a drum tab, in whatever dialect")
    parser.add_argument("--json", action="store_true", help="print what was understood as JSON instead of as a tab")


def run(args: argparse.Namespace) -> int:
    """Print the tab and the report; exit status 1 where no bar was found."""
    from drum_tabber import tab
    from drum_tabber.vocabulary import Vocabulary

    vocabulary = Vocabulary.of(configs.DRUMS)
    reading = tab.understand(tab.open_text(args.tab), vocabulary)
    if args.json:
        print(json.dumps(document(reading), ensure_ascii=False, indent=1))
    else:
        layout = configs.TAB_BARS_PER_LINE, configs.TAB_WIDTH, configs.TAB_FOLD
        style = tab.TabStyle(tuple(configs.TAB_ROWS), *layout)
        print(tab.write(reading.tab, vocabulary, style))
        print("\n".join(report(reading)))
    return 0 if reading.tab.bars else 1


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
    }


def report(reading: Reading) -> list[str]:
    """The same in lines to read."""
    content = document(reading)
    tempo = f"{content['beats_per_minute']:g} beats a minute" if reading.tempo_stated else "no tempo stated"
    hits = ", ".join(f"{drum} {n}" for drum, n in content["hits"].items())
    lines = [f"{content['bars']} bars in {', '.join(content['meters']) or 'no meter'}; {tempo}; hits: {hits or 'none'}"]
    for section in reading.sections:
        time = "" if section.time is None else f" at {section.time:g} s"
        pace = "" if section.tempo is None else f", {section.tempo:g} beats a minute"
        lines.append(f"  bar {section.bar}: {section.name or '(no name)'}{time}{pace}")
    lines += _listed("put right, or taken for what it most likely means", reading.repairs)
    return lines + _listed("left", reading.unread)


def _listed(heading: str, remarks: Iterable[Remark]) -> list[str]:
    lines = [f"  {one.line}:{one.column} {one.why}{'  <' if one.fault else ''}\n      {one.text}" for one in remarks]
    return [f"{heading} ({len(lines)}):", *lines] if lines else []


def _remark(remark: Remark) -> dict[str, Any]:
    return {"line": remark.line, "column": remark.column, "text": remark.text, "why": remark.why}
