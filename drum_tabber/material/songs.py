"""Songs that have a tab: recordings, tabs and sidecars on disk, and the clock that lays a tab over its recording.

    songs/<name>.mp3   tabs/<name>.txt   songs/<name>.json          a song is two files of one name, perhaps three
    songs/<name>/      <name>.json beside the files that it names   or the tab-trained precursor's folder, unchanged
    <recording>_drums.mp3                                           the drums alone, beside the recording, if any

The sidecar may say where the tab lies in the recording: `{"alignment_info": {"BPM": 120, "first drum note onset":
1.77}}`. The onset, in seconds, is that of the first stroke in the tab; every slot's time is computed from it, never
added up. "tempo sections" (`[[columns of the section before, new BPM], ...]`) change the pace; "tab_char_labels" names
the rows. Without a sidecar, or with a BPM alone, the place of the tab is for the aligner to find.
"""

from __future__ import annotations

import ast
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drum_tabber import tab as tabs
from drum_tabber.errors import CorpusError
from drum_tabber.files import CHECKED
from drum_tabber.tab import Tab
from drum_tabber.vocabulary import Vocabulary

NEEDED = '{"alignment_info": {"BPM": 120, "first drum note onset": 1.77}}'
STEM_SUFFIX = "_drums"  # <song>_drums.mp3 is the song's drum stem, not a song
_TRANSCRIBED = ".tab.txt"
_MADE_HERE = (".corrected", ".drums", ".hits", ".marked", ".tab")  # endings of what we write beside songs and tabs
_NO_RECORDINGS = {".csv", ".html", ".json", ".md", ".mid", ".midi", ".png", ".py", ".txt"}
_TRIPLET_SLOTS, _TRIPLET_COLUMNS = 12, 5  # of a beat counted `1ts+a` or `1e+ts`


@dataclass(frozen=True)
class Alignment:
    """Where a tab lies in its recording: `onset` seconds of its first stroke, `sections` of (first slot, BPM)."""

    onset: float
    sections: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> Alignment:
        """The alignment of a sidecar's "alignment_info". Raises KeyError, TypeError or ValueError where it has none."""
        info = {_plain(key): value for key, value in info.items()}
        starts, paces = [0], [float(info["bpm"])]
        for n_columns, bpm in info.get("tempo sections", ()) if info.get("tempo change", True) else ():
            starts.append(starts[-1] + int(n_columns))
            paces.append(float(bpm))
        if not all(0 < pace < math.inf for pace in paces):
            raise ValueError("a BPM must be a number greater than 0")
        if not math.isfinite(onset := float(info["first drum note onset"])):
            raise ValueError("the onset must be a number of seconds")
        return cls(onset, tuple(zip(starts, paces, strict=True)))

    def beat_times(self, tab: Tab) -> NDArray[np.float64]:
        """(beats + 1,) seconds of every beat of the tab and of its end. Raises CorpusError where it has no strokes."""
        slots, columns, quarters = _positions(tab)
        starts = np.interp([start for start, _ in self.sections], columns, quarters)
        first = np.interp([_first_slot(tab)], slots, quarters)
        return self.onset + self._clock(quarters, starts) - self._clock(first, starts)

    def _clock(self, quarters: ArrayLike, starts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds from the tab's start to positions in quarter notes; each section starts where the last one ends."""
        seconds = 60 / np.array([bpm for _, bpm in self.sections])
        begins = np.concatenate([[0.0], np.cumsum(np.diff(starts) * seconds[:-1])])
        section = np.searchsorted(starts[1:], quarters, side="right")
        return begins[section] + (np.asarray(quarters) - starts[section]) * seconds[section]


@dataclass(frozen=True)
class Song:
    """A recording with its tab.

    `alignment` says where the tab lies and `tempo` about how fast it is (quarter notes a minute), None where that is
    not known; `drums` is the song's drum stem where there is one, `labels` names the tab's rows in words.
    """

    name: str
    audio: Path
    tab: Path
    alignment: Alignment | None = None
    tempo: float | None = None
    drums: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def read_tab(self, vocabulary: Vocabulary) -> Tab:
        """The tab, its rows understood as the sidecar says. Raises TabError."""
        return tabs.read(self.text(), vocabulary, str(self.tab))

    def text(self) -> str:
        """The tab's text, with the sidecar's labels as a legend at its end, so that line numbers hold."""
        legend = "".join(f"\n{label.strip()} = {name}" for name, label in self.labels.items())
        return tabs.open_text(self.tab) + (f"\n{legend}\n" if legend else "")


def load(songs_dir: str | Path, tabs_dir: str | Path) -> tuple[list[Song], list[str]]:
    """All songs that have a tab, by name, and a sentence for each of which something is missing. Raises CorpusError."""
    songs_dir, tabs_dir = Path(songs_dir), Path(tabs_dir)
    if not songs_dir.is_dir():
        raise CorpusError(f"there is no folder {songs_dir}; set SONGS_DIR to the folder that holds your recordings")
    songs, notices = [], []
    for name, folder, sidecar in _candidates(songs_dir, tabs_dir):
        try:
            songs.append(_song(name, folder, sidecar, tabs_dir))
        except CorpusError as error:
            notices.append(str(error))
    known = {song.name for song in songs}
    for path in sorted(tabs_dir.glob(f"*{_TRANSCRIBED}")):
        name = path.name.removesuffix(_TRANSCRIBED)
        if name not in known and _recordings(songs_dir, name):
            said = f"{path} is named as what was transcribed; if it is right, call it {name}.txt to learn from it"
            notices.append(said)
    return sorted(songs, key=lambda song: song.name), notices


def is_pair(tab: Path, audio: Path) -> bool:
    """Whether a tab is the one that a recording's sidecar speaks of: it names it, or else they share a name, or a
    folder of their own. Raises CorpusError where the sidecar can't be read."""
    named = _read_sidecar(_sidecar(audio.parent, audio.stem)).get("tab_file")
    if isinstance(named, str):
        return tab.name == Path(named).name
    names = {path.stem.removesuffix(".tab").casefold() for path in (tab, audio)}
    return len(names) == 1 or tab.resolve().parent == audio.resolve().parent


def alignment_beside(audio: Path) -> Alignment | None:
    """The alignment that a recording's sidecar gives; None where it gives none. Raises CorpusError."""
    sidecar = _sidecar(audio.parent, audio.stem)
    return _aligned(sidecar, _read_sidecar(sidecar))[0]


def _aligned(sidecar: Path, content: Mapping[str, Any]) -> tuple[Alignment | None, float | None]:
    """The alignment and the tempo that a sidecar gives; None for what it leaves out."""
    info = content.get("alignment_info") or {}
    try:
        given = {_plain(key): value for key, value in info.items() if value is not None}
        if "first drum note onset" not in given:
            return None, Alignment.of({**given, "first drum note onset": 0}).sections[0][1] if "bpm" in given else None
        return Alignment.of(given), float(given["bpm"])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise CorpusError(f"{sidecar} lacks a usable alignment ({error}); it needs {NEEDED}") from error


def _plain(key: str) -> str:
    """A key of the alignment however it is written: "tempo_sections" and "Tempo sections" are the same."""
    return " ".join(key.replace("_", " ").replace("-", " ").lower().split())


def _candidates(songs_dir: Path, tabs_dir: Path) -> Iterator[tuple[str, Path, Path]]:
    """(name, folder, sidecar) of every tab's song and of every sidecar, whether or not their files exist."""
    inside = [path for path in songs_dir.iterdir() if path.is_dir()]
    folders = sorted(path for path in inside if path.suffix != CHECKED and not path.name.startswith("."))
    names = {path.stem for path in tabs_dir.glob("*.txt")} - {folder.name for folder in folders}
    names |= {path.stem for pattern in ("*.json", "*.py") for path in songs_dir.glob(pattern)}
    for name in sorted(name for name in names if not name.endswith(_MADE_HERE)):
        yield name, songs_dir, _sidecar(songs_dir, name)
    for folder in folders:
        yield folder.name, folder, _sidecar(folder, folder.name)


def _sidecar(folder: Path, name: str) -> Path:
    legacy = folder / f"{name}.py"
    return legacy if legacy.is_file() else folder / f"{name}.json"


def _song(name: str, folder: Path, sidecar: Path, tabs_dir: Path) -> Song:
    content = _read_sidecar(sidecar)
    for what in ("tab_file", "song"):
        if not isinstance(content.get(what), str | None):
            raise CorpusError(f'{sidecar} needs the name of a file in "{what}", not {content[what]!r}')
    own = [tabs_dir / f"{name}.txt"]
    if folder.name == name:  # a folder of its own
        own = [folder / f"{name}.txt", folder / f"{name}_tab.txt", *own]
    tab = _existing(name, "tab", content.get("tab_file"), [folder, tabs_dir], own)
    audio = _existing(name, "recording", content.get("song"), [folder], _recordings(folder, name))
    stem = next(iter(_recordings(audio.parent, audio.stem + STEM_SUFFIX)), None)
    labels = content.get("tab_char_labels") or {}
    if not (isinstance(labels, dict) and all(isinstance(word, str) for pair in labels.items() for word in pair)):
        raise CorpusError(f'{sidecar} needs a label for each drum in "tab_char_labels", such as {{"snare drum": "S "}}')
    return Song(name, audio, tab, *_aligned(sidecar, content), stem, labels)


def _read_sidecar(path: Path) -> dict[str, Any]:
    """A sidecar's content, nothing where there is none: JSON, or the precursor's older form, a .py of four literals,
    never executed."""
    if not path.is_file():
        return {}
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
    named = (path for path in folder.glob("*") if path.stem == name and path.is_file())
    return sorted(path for path in named if path.suffix.lower() not in _NO_RECORDINGS)


def _existing(name: str, what: str, named: str | None, folders: list[Path], otherwise: list[Path]) -> Path:
    """The file that the sidecar names, else the one of the song's own name."""
    candidates = [folder / named for folder in folders if named] + otherwise
    for path in candidates:
        if os.path.isfile(path):  # is_file would raise where a name is too long
            return path
    missing = candidates[0] if candidates else f"(a file {name}.* beside its sidecar)"
    raise CorpusError(f"{name} is not used: its {what} {missing} is missing; add it, or remove the rest of the song")


def _positions(tab: Tab) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(beats + 1,) slots, columns as they were written, and quarter notes from the tab's start to every beat and its
    end. Where half a beat is a triplet, there are more slots than columns."""
    slots = [division for bar in tab.bars for division in bar.divisions]
    columns = [_TRIPLET_COLUMNS if division == _TRIPLET_SLOTS else division for division in slots]
    quarters = [4 / bar.unit for bar in tab.bars for _ in bar.divisions]
    return np.cumsum([0.0, *slots]), np.cumsum([0.0, *columns]), np.cumsum([0.0, *quarters])


def _first_slot(tab: Tab) -> int:
    before = 0
    for bar in tab.bars:
        if bar.strokes:
            return before + bar.strokes[0].slot
        before += bar.n_slots
    raise CorpusError("a tab without strokes can't be laid over a recording; write them down, or take the song away")
