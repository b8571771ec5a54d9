"""Annotation files in, `Hits`, `Beats` and `Labels` out: text lines, MIDI, and tables of hits.

What an annotation names and we have no drum for is counted, and around it nothing is taken for silence.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from drum_tabber import midi
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.export import columns
from drum_tabber.material.corpora.track import Groups, Labels
from drum_tabber.vocabulary import Vocabulary

Named = list[tuple[float, str]]  # time and label

KINDS = (*midi.EXTENSIONS, ".csv", ".txt", ".tsv")
HATS, TOMS, CYMBALS = (("HH", "HO", "HP"), ("HT", "MT", "LT"), ("CC", "SC", "CH", "RD", "RB"))

# What annotations call drums, "" for what is none of ours. MDB Drums' names (Southall et al. 2017) are often borrowed.
MDB_SUBCLASSES = dict.fromkeys(("SD", "SDB", "SDD", "SDF", "SDG", "SDNS"), "SD")
MDB_SUBCLASSES |= {"KD": "BD", "SST": "SS", "CHH": "HH", "OHH": "HO", "PHH": "HP", "TMB": ""}
MDB_SUBCLASSES |= {"HIT": "HT", "MHT": "HT", "HFT": "LT", "LFT": "LT"}
MDB_SUBCLASSES |= {"CRC": "CC", "SPC": "SC", "CHC": "CH", "RDC": "RD", "RDB": "RB"}
MDB_CLASSES = {"KD": "BD", "SD": "SD", "HH": "HH", "TT": "HT", "CY": "CC", "RD": "CC", "OT": ""}
COMMON = (
    {"kick": "BD", "snare": "SD", "hihat": "HH", "tom": "MT", "toms": "MT", "cymbal": "CC", "crash": "CC", "ride": "RD"}
    | MDB_CLASSES
    | MDB_SUBCLASSES
    | {"TT": "MT", "RD": "RD"}
)

GENERAL_MIDI = {  # percussion of General MIDI, level 2, that is no drum of ours
    27: "high Q", 28: "slap", 29: "scratch push", 30: "scratch pull", 31: "sticks", 32: "square click",
    33: "metronome click", 34: "metronome bell", 39: "hand clap", 54: "tambourine", 56: "cowbell", 60: "high bongo",
    61: "low bongo", 62: "mute high conga", 63: "open high conga", 64: "low conga", 65: "high timbale",
    66: "low timbale", 67: "high agogo", 68: "low agogo", 69: "cabasa", 70: "maracas", 71: "short whistle",
    72: "long whistle", 73: "short guiro", 74: "long guiro", 75: "claves", 76: "high woodblock", 77: "low woodblock",
    78: "mute cuica", 79: "open cuica", 80: "mute triangle", 81: "open triangle", 82: "shaker", 83: "jingle bell",
    84: "bell tree", 85: "castanets", 86: "mute surdo", 87: "open surdo",
}  # fmt: skip
_UNKNOWN = 0.05  # seconds about what is no drum of ours within which nothing is taken for silence


def read_annotation(path: Path, vocabulary: Vocabulary) -> Hits:
    """Hits of a file of any kind that is scored: MIDI, a hits CSV, or text lines of a time and a label or MIDI note."""
    if path.suffix.lower() in midi.EXTENSIONS:
        return midi.read(path, vocabulary, channel=None).hits
    if path.suffix.lower() == ".csv":
        return columns.read_hits(path, common_labels(vocabulary))
    return read_lines(path, common_labels(vocabulary))[0]


def find_annotations(folder: Path) -> dict[str, Path]:
    """The annotation of each piece in a folder, by the piece's name; subclasses go before classes.

    What we write is among them, hits before MIDI; beats and tabs, which have no times, are left aside.
    """
    found: dict[str, Path] = {}

    def rank(path: Path) -> tuple[bool, bool, str]:
        return "subclass" in path.name, path.suffix == ".csv", path.name

    for path in sorted(folder.glob("*"), key=rank):
        if path.suffix.lower() in KINDS and not path.name.endswith((".beats.txt", ".beats.csv", ".tab.txt")):
            found[piece(path)] = path
    return dict(sorted(found.items()))


def piece(path: Path) -> str:
    """The name of the piece that a file belongs to: without extension, kind of annotation or part."""
    name = re.sub(r"[._](class|subclass|MIX|Drum|hits|tab)$", "", path.stem)
    return re.sub(r"^MusicDelta_", "", name)


def common_labels(vocabulary: Vocabulary) -> dict[str, str]:
    """Every label whose drum can be told without knowing the corpus: words, MDB's, our codes, MIDI notes as text."""
    notes = {str(note): vocabulary.by_note.get(note, "") for note in range(128)}
    return COMMON | {code: code for code in vocabulary.codes} | notes


def version_of(*paths: Path, also: object = "") -> str:
    """A digest of annotation files, and of what `also` decides their labels, by its repr: other labels, another one."""
    digest = hashlib.sha256(repr(also).encode())
    for path in paths:
        with suppress(OSError):  # what can't be read is told when its labels are asked for
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def all_apart(vocabulary: Vocabulary) -> Groups:
    """Every drum labelled by itself."""
    return tuple((code,) for code in vocabulary.codes)


def renamed(hits: Hits, codes: Mapping[str, str]) -> Hits:
    """The hits with those drums that `codes` names under other codes."""
    return hits.renamed({code: codes.get(code, code) for code in {*hits.drum.tolist()}})


def midi_labels(paths: Iterable[Path], vocabulary: Vocabulary, channel: int | None = midi.DRUM_CHANNEL) -> Labels:
    """Labels of MIDI files that sound together; `channel` None takes every one for drums."""
    scores = [midi.read(path, vocabulary, channel) for path in paths]
    other = [(time, note_name(note)) for score in scores for time, note in score.other]
    hits = Hits.concatenate(score.hits for score in scores)
    return _labels(hits.levelled(), other, all_apart(vocabulary), beats=scores[0].beats, velocity=True)


def text_labels(path: Path, codes: Mapping[str, str], apart: Groups, vocabulary: Vocabulary) -> Labels:
    """Labels of text lines as `read_lines` reads them, `apart` what the corpus tells apart. Raises CorpusError."""
    hits, other = read_lines(path, codes)
    return _labels(hits.of_drum(*vocabulary.codes), other, apart)


def _labels(hits: Hits, other: Named, apart: Groups, beats: Beats | None = None, velocity: bool = False) -> Labels:
    hidden = Spans.about([time for time, _ in other], _UNKNOWN)
    return Labels(hits, beats, apart, velocity, hidden, unmapped=Counter(label for _, label in other))


def note_name(note: int) -> str:
    """What a MIDI note is called that is no drum of ours."""
    return f"note {note} ({GENERAL_MIDI[note]})" if note in GENERAL_MIDI else f"note {note}"


def read_lines(path: Path, codes: Mapping[str, str]) -> tuple[Hits, Named]:
    """Hits of text lines `time label …`, and time and label of what is no drum of ours.

    `codes` gives each label's drum, "" for none. Raises CorpusError for a label that it lacks.
    """
    times, drums, other = [], [], []
    for number, line in enumerate(text(path).splitlines(), start=1):
        words = line.split()
        if len(words) < 2 or line.startswith("#"):
            continue
        try:
            time, label = float(words[0]), words[1]
            code = codes[label] if label in codes else codes[label.rstrip("0123456789")]  # ENST counts its cymbals
        except (ValueError, KeyError):
            raise CorpusError(f"{path}:{number}: expected a time and a drum's label, not {line.strip()!r}") from None
        if code:
            times.append(time)
            drums.append(code)
        else:
            other.append((time, label))
    return Hits.of(times, drums), other


def read_beats(path: Path) -> Beats:
    """Beats of lines `time place`, parted by blanks or, below a heading, by commas. Raises CorpusError."""
    rows = [line.replace(",", " ").split() for line in text(path).splitlines()]
    try:
        numbers = [(float(row[0]), int(float(row[1]))) for row in rows if row and row != ["time", "place"]]
    except (ValueError, IndexError):
        raise CorpusError(f"{path} must hold a time and the beat's number in the bar on every line") from None
    return Beats(np.array([time for time, _ in numbers]), np.array([place for _, place in numbers], np.int64))


def text(path: Path) -> str:
    """The text of an annotation, whatever its encoding. Raises CorpusError."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise CorpusError(f"can't read {path}: {error.strerror}; check its permissions") from error
