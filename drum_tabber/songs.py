"""Songs that have a tab: recordings, tabs and sidecars on disk, and the clock that lays a tab over its recording.

    songs/<name>.mp3   songs/<name>.json   tabs/<name>.txt          a song is three files of one name
    songs/<name>/<name>.json beside the files that it names         or the tab-trained precursor's folder, unchanged

The sidecar says where the tab lies in the recording: `{"alignment_info": {"BPM": 120, "first drum note onset": 1.77}}`.
The onset, in seconds, is that of the first stroke in the tab; every slot's time is computed from it, never added up.
"tempo sections" (`[[columns of the section before, new BPM], ...]`) change the pace; "tab_char_labels" names the rows.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber import tab as tabs
from drum_tabber.errors import CorpusError
from drum_tabber.tab import Tab
from drum_tabber.vocabulary import Vocabulary

NEEDED = '{"alignment_info": {"BPM": 120, "first drum note onset": 1.77}}'
STEM_SUFFIX = "_drums"  # <song>_drums.mp3 is the song's drum stem, not a song


@dataclass(frozen=True)
class Alignment:
    """Where a tab lies in its recording: `onset` seconds of its first stroke, `sections` of (first slot, BPM)."""

    onset: float
    sections: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> Alignment:
        """The alignment of a sidecar's "alignment_info". Raises KeyError, TypeError or ValueError where it has none."""
        starts, paces = [0], [float(info["BPM"])]
        for n_columns, bpm in info.get("tempo sections", ()) if info.get("tempo change", True) else ():
            starts.append(starts[-1] + int(n_columns))
            paces.append(float(bpm))
        if min(paces) <= 0:
            raise ValueError("a BPM must be greater than 0")
        return cls(float(info["first drum note onset"]), tuple(zip(starts, paces, strict=True)))

    def beat_times(self, tab: Tab) -> NDArray[np.float64]:
        """(beats + 1,) seconds of every beat of the tab and of its end. Raises ValueError for a tab without strokes."""
        slots, quarters = _positions(tab)
        first = _first_slot(tab)
        at = np.interp([first, *(start for start, _ in self.sections)], slots, quarters)
        return self.onset + self._clock(quarters, at[1:]) - self._clock(at[:1], at[1:])

    def _clock(self, quarters: ArrayLike, starts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds from the tab's start to positions in quarter notes; each section starts where the last one ends."""
        seconds = 60 / np.array([bpm for _, bpm in self.sections])
        begins = np.concatenate([[0.0], np.cumsum(np.diff(starts) * seconds[:-1])])
        section = np.searchsorted(starts[1:], quarters, side="right")
        return begins[section] + (np.asarray(quarters) - starts[section]) * seconds[section]


@dataclass(frozen=True)
class Song:
    """A recording with its tab; `drums` is its drum stem where there is one, `labels` names the tab's rows in words."""

    name: str
    audio: Path
    tab: Path
    alignment: Alignment
    drums: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def read_tab(self, vocabulary: Vocabulary) -> Tab:
        """The tab, its rows understood as the sidecar says. Raises TabError."""
        if not self.labels:
            return tabs.load(self.tab, vocabulary)
        legend = "".join(f"\n{label.strip()} = {name}" for name, label in self.labels.items())
        text = tabs.open_text(self.tab)
        return tabs.read(f"{text}\n{legend}\n", vocabulary, str(self.tab))  # at the end, so that line numbers hold


def load(songs_dir: str | Path, tabs_dir: str | Path) -> tuple[list[Song], list[str]]:
    """All songs that can be trained on, by name, and a sentence for each that can't yet. Raises CorpusError."""
    songs_dir, tabs_dir = Path(songs_dir), Path(tabs_dir)
    if not songs_dir.is_dir():
        raise CorpusError(f"there is no folder {songs_dir}; set SONGS_DIR to the folder that holds your recordings")
    songs, notices = [], []
    for name, folder, sidecar in _candidates(songs_dir, tabs_dir):
        try:
            songs.append(_song(name, folder, sidecar, tabs_dir))
        except CorpusError as error:
            notices.append(str(error))
    return sorted(songs, key=lambda song: song.name), notices


def alignment_beside(audio: Path) -> Alignment | None:
    """The alignment that a recording's sidecar gives; None where there is no sidecar. Raises CorpusError."""
    sidecar = _sidecar(audio.parent, audio.stem)
    return _alignment(sidecar, _read_sidecar(sidecar)) if sidecar.is_file() else None


def _alignment(sidecar: Path, content: Mapping[str, Any]) -> Alignment:
    try:
        return Alignment.of(content["alignment_info"])
    except (KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"{sidecar} lacks a usable {error}; it needs {NEEDED}") from error


def _candidates(songs_dir: Path, tabs_dir: Path) -> Iterator[tuple[str, Path, Path]]:
    """(name, folder, sidecar) of every tab's song and of every sidecar, whether or not their files exist."""
    names = {path.stem for path in tabs_dir.glob("*.txt")}
    names |= {path.stem for pattern in ("*.json", "*.py") for path in songs_dir.glob(pattern)}
    for name in sorted(name for name in names if not name.endswith(".drums")):  # those are transcriptions
        yield name, songs_dir, _sidecar(songs_dir, name)
    for folder in sorted(path for path in songs_dir.iterdir() if path.is_dir() and not path.name.startswith(".")):
        yield folder.name, folder, _sidecar(folder, folder.name)


def _sidecar(folder: Path, name: str) -> Path:
    legacy = folder / f"{name}.py"
    return legacy if legacy.is_file() else folder / f"{name}.json"


def _song(name: str, folder: Path, sidecar: Path, tabs_dir: Path) -> Song:
    if not sidecar.is_file():
        raise CorpusError(f"{name} is not used: write {sidecar}, which says where its tab begins, such as {NEEDED}")
    content = _read_sidecar(sidecar)
    tab = _existing(name, "tab", content.get("tab_file"), [folder, tabs_dir], [tabs_dir / f"{name}.txt"])
    audio = _existing(name, "recording", content.get("song"), [folder], _recordings(folder, name))
    alignment = _alignment(sidecar, content)
    stem = audio.with_name(f"{audio.stem}{STEM_SUFFIX}{audio.suffix}")
    return Song(name, audio, tab, alignment, stem if stem.is_file() else None, content.get("tab_char_labels", {}))


def _read_sidecar(path: Path) -> dict[str, Any]:
    """A sidecar's content: JSON, or the precursor's older form, a .py of four literals, never executed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text) if path.suffix == ".json" else _literals(text)
    except (OSError, ValueError, SyntaxError) as error:
        raise CorpusError(f"{path} can't be read as a sidecar ({error}); it needs {NEEDED}") from error
    if not isinstance(content, dict):
        raise CorpusError(f"{path} must hold one object, such as {NEEDED}")
    return content


def _literals(text: str) -> dict[str, Any]:
    """Values of the plain assignments in Python text. Raises ValueError for anything that is no literal."""
    return {
        target.id: ast.literal_eval(statement.value)
        for statement in ast.parse(text).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _recordings(folder: Path, name: str) -> list[Path]:
    others = {".json", ".py", ".txt"}
    return sorted(path for path in folder.glob("*") if path.stem == name and path.suffix.lower() not in others)


def _existing(name: str, what: str, named: str | None, folders: list[Path], otherwise: list[Path]) -> Path:
    """The file that the sidecar names, else the one of the song's own name."""
    candidates = [folder / named for folder in folders if named] + otherwise
    for path in candidates:
        if path.is_file():
            return path
    missing = candidates[0] if candidates else f"(a file {name}.* beside its sidecar)"
    raise CorpusError(f"{name} is not used: its {what} {missing} is missing; add it, or remove the rest of the song")


def _positions(tab: Tab) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(beats + 1,) slots and quarter notes from the start of the tab to every beat and to its end."""
    slots = [division for bar in tab.bars for division in bar.divisions]
    quarters = [4 / bar.unit for bar in tab.bars for _ in bar.divisions]
    return np.cumsum([0.0, *slots]), np.cumsum([0.0, *quarters])


def _first_slot(tab: Tab) -> int:
    before = 0
    for bar in tab.bars:
        if bar.strokes:
            return before + bar.strokes[0].slot
        before += bar.n_slots
    raise ValueError("a tab without strokes can't be laid over a recording")
