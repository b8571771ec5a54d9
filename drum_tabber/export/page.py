"""A transcription as one HTML page that plays it, without a server and without a network.

The page is `web/page.html` with everything it needs inside: its style, the bundled libraries (`web/vendor.js`), our own
scripts, a few drum sounds, the song itself or a link to it, and the content as JSON in an element that no browser runs.
Only scripts with the hashes in its Content-Security-Policy run, and it may ask for nothing but the song beside it.
Whatever names a song or a tab holds stay text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator
from fractions import Fraction
from functools import cache
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from drum_tabber import tab
from drum_tabber.export import rhythm
from drum_tabber.export.bars import legible
from drum_tabber.export.recording import Recording
from drum_tabber.export.rhythm import Written
from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription
from drum_tabber.tab import Bar, Tab
from drum_tabber.tab.meter import count_row
from drum_tabber.tab.notation import Notation

# What the page runs, in this order; each is a plain script, all share one scope.
SCRIPTS = ("content", "clock", "kit", "engraver", "score", "roll", "overview", "player", "app", "keys")
NONCE = "waveform"  # of the one style that the waveform library makes for itself
EXACT = 4  # decimals of seconds in the page


def write(path: Path, song: Transcription) -> None:
    """Write the page. Raises AudioError where the song's recording can't be read any more."""
    recording = _recording(song, path)
    with replacing(path) as part:
        part.write_text(_page(song, recording), encoding="utf-8", newline="\n")


def _recording(song: Transcription, path: Path) -> Recording | None:
    if song.audio is None or song.waveform is None:
        return None
    return Recording.of(song.audio, song.waveform, path, song.presentation.page.embedded)


def _page(song: Transcription, recording: Recording | None) -> str:
    style, script = _asset("page.css"), _script()
    parts = {
        "title": html.escape(song.title or "Drum tab"),
        "policy": html.escape(_policy([style], [script], recording)),
        "style": style,
        "script": script,
        "content": _inert(json.dumps(_content(song, recording), ensure_ascii=False, separators=(",", ":"))),
        "kit": _inert(_kit()),
        "audio": base64.b64encode(recording.data).decode("ascii") if recording else "",
    }
    before, *pieces = _asset("page.html").split("{{")
    named = (piece.split("}}", 1) for piece in pieces)
    return before + "".join(parts[name] + after for name, after in named)


def _policy(styles: list[str], scripts: list[str], recording: Recording | None) -> str:
    """A Content-Security-Policy that lets nothing run but these, and nothing be fetched but a recording beside."""
    hashes = {"style": " ".join(map(_hash, styles)), "script": " ".join(map(_hash, scripts))}
    beside = " 'self' file:" if recording and recording.link else ""
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']} 'nonce-{NONCE}'; "
        f"img-src data:; media-src blob:{beside}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inert(document: str) -> str:
    """JSON that can stand in a script element: nothing in it can end the element or begin a comment."""
    return document.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


# ---------------------------------------------------------------------------------------------------------- the assets


@cache
def _asset(name: str) -> str:
    return (resources.files("drum_tabber.export") / "web" / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    """The libraries, then our own scripts in a scope of their own."""
    own = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    return f'{_asset("vendor.js")}\n(() => {{\n"use strict";\n{own}}})();\n'


@cache
def _kit() -> str:
    """The drum sounds, as JSON: `kit.json` with each file's bytes in base64 in place of its name."""
    folder = resources.files("drum_tabber.export") / "web/kit"
    sounds = json.loads((folder / "kit.json").read_text(encoding="utf-8"))
    for sound in sounds:
        sound["data"] = base64.b64encode((folder / sound.pop("file")).read_bytes()).decode("ascii")
    return json.dumps(sounds)


# --------------------------------------------------------------------------------------------------------- the content


def _content(song: Transcription, recording: Recording | None) -> dict[str, Any]:
    """What the page shows: times in seconds, bars and slots from 0, hits and strokes as columns."""
    shown = song.presentation
    plain, _ = legible(song.tab, shown.vocabulary)
    used = set(song.hits.drum.tolist()) | {stroke.drum for bar in song.tab.bars for stroke in bar.strokes}
    drums = [drum for row in shown.style.rows for drum in shown.vocabulary.drums if drum.row == row]
    end = float(song.grid.beat_time[-1]) if len(song.tab.bars) else 0.0
    return {
        "title": song.title,
        "duration": round(max(song.duration, end), EXACT),
        "tempo": round(song.tab.tempo, 1),
        "key": song.tab.key,
        "doubt": shown.doubtful,
        "drums": [
            {
                "code": drum.code,
                "label": shown.vocabulary.label(drum.code),
                "name": drum.name,
                "row": drum.row,
                "family": drum.family,
            }
            for drum in drums
            if drum.code in used
        ],
        "rows": list(shown.style.rows),
        "hits": _hits(song),
        "bars": list(_bars(song, plain)),
        "sections": _sections(song),
        "text": tab.write(plain, shown.vocabulary, shown.style),
        "audio": recording.described if recording else None,
    }


def _hits(song: Transcription) -> dict[str, Any]:
    hits, placement = song.hits, song.placement
    return {
        "time": np.round(hits.time, EXACT).tolist(),
        "drum": hits.drum.tolist(),
        "velocity": hits.velocity.tolist(),
        "confidence": np.round(hits.confidence, 3).tolist(),
        "bar": (placement.bar - 1).tolist(),
        "shown": placement.shown.astype(int).tolist(),
    }


def _bars(song: Transcription, plain: Tab) -> Iterator[dict[str, Any]]:
    """Each bar: when its beats fall and how they are divided, its strokes, their engraving, and its rows of the tab,
    which `plain` has room for."""
    notation = Notation(song.presentation.vocabulary)
    heard = _hit_of_stroke(song)
    beats, first = np.round(song.grid.beat_time, EXACT).tolist(), song.grid.bar_beat.tolist()
    for number, (bar, rows) in enumerate(zip(song.tab.bars, plain.bars, strict=True), start=1):
        yield {
            "beats": beats[first[number - 1] : first[number] + 1],
            "divisions": bar.divisions,
            "unit": bar.unit,
            "strokes": [
                [stroke.slot, stroke.drum, stroke.dynamic, stroke.articulation, heard.get((number, *stroke[:2]), -1)]
                for stroke in bar.strokes
            ],
            "voices": _voices(bar),
            "rows": _rows(rows, notation),
            "count": count_row(bar.divisions),
        }


def _hit_of_stroke(song: Transcription) -> dict[tuple[int, int, str], int]:
    """Which hit stands at each bar, slot and drum of the tab; the surest where several do."""
    places = zip(song.placement.bar.tolist(), song.placement.slot.tolist(), song.hits.drum.tolist(), strict=True)
    found: dict[tuple[int, int, str], int] = {}
    for hit, place in enumerate(places):
        if song.placement.shown[hit] and song.hits.confidence[hit] >= song.hits.confidence[found.get(place, hit)]:
            found[place] = hit
    return found


def _voices(bar: Bar) -> list[list[Any]]:
    """Hands and feet, each as groups [tuplet or null, [[slot, base, dots, strokes, hidden], …]]; no groups in silence.

    `base` is 4 for a quarter, strokes are indices into the bar's.
    """
    voices = rhythm.voices(bar)
    hands, feet = (voices.get(voice, ()) for voice in (rhythm.HANDS_VOICE, rhythm.FEET_VOICE))
    return [_groups(bar, hands, frozenset()), _groups(bar, feet, rhythm.hidden(bar, voices))]


def _groups(bar: Bar, notes: Iterable[Written], hidden: Container[Fraction]) -> list[Any]:
    """The notes of a voice in their groups; a tuplet's number is said once, for all of its group."""
    times = rhythm.slot_times(bar)
    index = {stroke: number for number, stroke in enumerate(bar.strokes)}
    groups = []
    for _, group in groupby(notes, key=lambda note: note.group):
        own = list(group)
        written = [
            [
                bisect_right(times, note.time) - 1,
                note.value.denominator,
                int(note.dotted),
                [index[stroke] for stroke in note.strokes],
                int(note.time in hidden),
            ]
            for note in own
        ]
        groups.append([own[0].tuplet if own[0].tuplet != (1, 1) else None, written])
    return groups


def _rows(bar: Bar, notation: Notation) -> dict[str, str]:
    """The bar's characters by row."""
    cells: dict[str, list[str]] = {}
    for stroke in bar.strokes:
        row = cells.setdefault(notation.vocabulary.by_code[stroke.drum].row, ["-"] * bar.n_slots)
        row[stroke.slot] = notation.symbol(stroke.meaning)
    return {row: "".join(characters) for row, characters in cells.items()}


def _sections(song: Transcription) -> list[dict[str, Any]]:
    """The song's sections, or those that its tab states, with the first bar of each and how many there are."""
    n_bars = len(song.tab.bars)
    if song.sections:
        parts = [(part.name, part.bar, part.n_bars) for part in song.sections]
    else:
        stated = [(section.name, section.bar) for section in song.tab.sections]
        ends = [*(bar for _, bar in stated), n_bars + 1][1:]
        parts = [(name, bar, end - bar) for (name, bar), end in zip(stated, ends, strict=True)]
    return [{"name": name, "bar": bar - 1, "bars": n} for name, bar, n in parts if name and 0 < bar <= n_bars and n > 0]
