"""Annotated recordings by the folder layout they come in: corpora in, `Track`s with lazily read labels out.

`LAYOUTS` is the table of layouts. Where a layout holds several recordings of one piece, the part follows the name:
`mdb/mix`. No corpus labels everything: `Labels.told_apart` says which drums are labelled, and how far apart.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import numpy as np

from drum_tabber import midi
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.export import columns
from drum_tabber.material import songs
from drum_tabber.material.songs import Alignment, Song
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import hits_of
from drum_tabber.rendering import patterns
from drum_tabber.sound.audio import EXTENSIONS
from drum_tabber.vocabulary import Vocabulary

Split = Literal["train", "validation", "test"]
Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Labels:
    """What is known of a recording.

    `beats` is None where beats aren't labelled. `told_apart` groups drum codes: a group of one is a drum labelled by
    itself; of a group of several it is known that one of them was hit, not which, and the hits carry the first code;
    a code in no group isn't labelled at all. `velocity` tells whether the hits' velocities mean anything. In the spans
    of `hidden` there may be more than is labelled: `unmapped` counts the notes that were heard there and are none of
    our drums, and `left_out` the strokes that were labelled and are not believed, both by what they are.
    """

    hits: Hits
    beats: Beats | None
    told_apart: Groups
    velocity: bool
    hidden: Spans = field(default_factory=Spans)
    unmapped: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Track:
    """One recording or performance: `audio`, `midi` or both, and `labels()`, which reads the annotation when called.

    Tracks of one `piece` belong in one split ("" for the track's own name); another `version` has other labels; `note`
    may say in words where they come from, `kits` which drums were sampled to render it.
    """

    name: str
    split: Split
    audio: Path | None
    midi: Path | None
    labels: Callable[[], Labels]
    piece: str = ""
    version: str = ""
    note: str = ""
    kits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How a corpus lies in its folder: what to expect there, the parts to choose from (first: default), how to find."""

    expected: str
    find: Callable[[Path, str, Vocabulary], Iterator[Track]]
    parts: tuple[str, ...] = ("",)
    made_up: bool = False  # nothing lies in a folder: a number stands in its place


def load(layout: str, folder: str | Path, vocabulary: Vocabulary) -> list[Track]:
    """All tracks of a corpus, by name. Raises CorpusError where the folder isn't laid out so."""
    name, _, part = layout.partition("/")
    if name not in LAYOUTS or part not in ("", *LAYOUTS[name].parts):
        raise CorpusError(f"there is no corpus layout {layout!r}; there are {', '.join(layouts())}")
    folder, known = Path(folder), LAYOUTS[name]
    if not known.made_up and not folder.is_dir():
        raise CorpusError(f"there is no folder {folder}; give the folder that holds the corpus {name}")
    tracks = sorted(known.find(folder, part or known.parts[0], vocabulary), key=lambda track: track.name)
    if not tracks:
        raise CorpusError(
            f"{folder} isn't laid out as {layout}: expected {known.expected}; check the folder or the layout"
        )
    return tracks


def layouts() -> list[str]:
    """The names that `load` takes."""
    return [f"{name}/{part}".rstrip("/") for name, layout in LAYOUTS.items() for part in layout.parts]


def read_annotation(path: Path, vocabulary: Vocabulary) -> Hits:
    """Hits of a file of any kind that is scored: MIDI, a hits CSV, or text lines of a time and a label or MIDI note."""
    if path.suffix.lower() in (".mid", ".midi"):
        return midi.read(path, vocabulary, channel=None).hits
    if path.suffix.lower() == ".csv":
        return columns.read_hits(path)
    return _read_generic(path, vocabulary)[0]


def _read_generic(path: Path, vocabulary: Vocabulary) -> tuple[Hits, list[tuple[float, str]]]:
    return _read_lines(path, GENERIC | {code: code for code in vocabulary.codes} | _notes(vocabulary))


ANNOTATIONS = (".mid", ".midi", ".csv", ".txt", ".tsv")


def find_annotations(folder: Path) -> dict[str, Path]:
    """The annotation of each piece in a folder, by the piece's name; subclasses go before classes.

    What we write is among them, hits before MIDI; beats and tabs, which have no times, are left aside.
    """
    found: dict[str, Path] = {}

    def rank(path: Path) -> tuple[bool, bool, str]:
        return "subclass" in path.name, path.suffix == ".csv", path.name

    for path in sorted(folder.glob("*"), key=rank):
        if path.suffix.lower() in ANNOTATIONS and not path.name.endswith((".beats.txt", ".beats.csv", ".tab.txt")):
            found[piece(path)] = path
    return dict(sorted(found.items()))


def piece(path: Path) -> str:
    """The name of the piece that a file belongs to: without extension, kind of annotation or part."""
    name = re.sub(r"[._](class|subclass|MIX|Drum|hits|tab)$", "", path.stem)
    return re.sub(r"^MusicDelta_", "", name)


def split_of(name: str) -> Split:
    """A lasting split by name for corpora without one of their own: a tenth for testing, a tenth for validation."""
    return ("test", "validation", *["train"] * 8)[zlib.crc32(name.encode()) % 10]  # type: ignore[return-value]


# What a corpus calls its drums, "" for what we leave out. MDB Drums: Southall et al. 2017; ENST: Gillet & Richard 2006.
MDB_SUBCLASSES = dict.fromkeys(("SD", "SDB", "SDD", "SDF", "SDG", "SDNS"), "SD")
MDB_SUBCLASSES |= {"KD": "BD", "SST": "SS", "CHH": "HH", "OHH": "HO", "PHH": "HP", "TMB": ""}
MDB_SUBCLASSES |= {"HIT": "HT", "MHT": "HT", "HFT": "LT", "LFT": "LT"}
MDB_SUBCLASSES |= {"CRC": "CC", "SPC": "SC", "CHC": "CH", "RDC": "RD", "RDB": "RB"}
MDB_CLASSES = {"KD": "BD", "SD": "SD", "HH": "HH", "TT": "HT", "CY": "CC", "RD": "CC", "OT": ""}
ENST = dict.fromkeys(("mt", "mtr", "lmt", "lt", "ltr", "lft"), "HT")
ENST |= {"bd": "BD", "sd": "SD", "sd-": "SD", "rs": "SD", "cs": "SS", "chh": "HH", "ohh": "HO"}
ENST |= {"cr": "CC", "c": "CC", "spl": "CC", "ch": "CC", "rc": "RD", "sweep": "", "sticks": "", "cb": "", "tamb": ""}
IDMT = {"KD": "BD", "SD": "SD", "HH": "HH"}
GENERIC = (
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
_PATTERNS_SEED = 1  # of the songs that are made up: their numbers alone tell them apart
_UNKNOWN = 0.05  # seconds about what is no drum of ours within which nothing is taken for silence

_HATS, _TOMS, _CYMBALS = (("HH", "HO", "HP"), ("HT", "MT", "LT"), ("CC", "SC", "CH", "RD", "RB"))
MDB_APART: Groups = (*((code,) for code in ("BD", "SD", "SS", *_HATS, "LT", *_CYMBALS)), ("HT", "MT"))
MDB_CLASSES_APART: Groups = (("BD",), ("SD",), _HATS, _TOMS, _CYMBALS)
ENST_APART: Groups = (("BD",), ("SD",), ("SS",), ("HH",), ("HO",), _TOMS, ("CC", "SC", "CH"), ("RD", "RB"))
IDMT_APART: Groups = (("BD",), ("SD", "SS"), _HATS)
ADTOF_APART: Groups = (("BD",), ("SD", "SS"), _HATS, _TOMS, _CYMBALS)
# Roland's TD-11 and its like send 55 and 52 for the edges of their two crashes: splash and china never sound.
ROLAND = {"SC": "CC", "CH": "CC"}


def _mdb(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """MDB Drums as published, or flat: `annotations/<name>.subclass.txt` beside the folders `drums`, `mix`, `remix`."""
    root = folder / "MDB Drums" if (folder / "MDB Drums").is_dir() else folder
    audio_dir = root / {"drums": "audio/drum_only", "mix": "audio/full_mix"}.get(part, "")
    audio_dir = audio_dir if audio_dir.is_dir() and audio_dir != root else root / part
    audio = {piece(path): path for path in sorted(audio_dir.glob("*.*"))}
    annotations = [*root.glob("annotations/subclass/*.txt"), *root.glob("annotations/*.subclass.txt")]
    annotations = annotations or [*root.glob("annotations/class/*.txt"), *root.glob("annotations/*.class.txt")]
    for path in annotations:
        name = piece(path)
        if name in audio:
            beats = [*root.glob(f"annotations/beats/*_{name}_*.beats"), *root.glob(f"annotations/{name}.beats.txt")]
            yield Track(
                name, "test", audio[name], None, partial(_mdb_labels, path, beats[0] if beats else None, vocabulary)
            )


def _mdb_labels(path: Path, beats: Path | None, vocabulary: Vocabulary) -> Labels:
    subclasses = "subclass" in path.name
    codes, apart = (MDB_SUBCLASSES, MDB_APART) if subclasses else (MDB_CLASSES, MDB_CLASSES_APART)
    labels = _grouped_labels(path, codes, apart, vocabulary)
    return replace(labels, beats=_read_beats(beats) if beats else None)


def _performances(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """Groove MIDI and E-GMD: a CSV table of performances with their official split; audio is optional.

    The folder may be the corpus, or hold it.
    """
    for table in [*sorted(folder.glob("*.csv")), *sorted(folder.glob("*/*.csv"))]:
        root = table.parent
        with table.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                score = root / (row.get("midi_filename") or "")
                audio = root / (row.get("audio_filename") or "")
                if score.is_file():
                    name = score.relative_to(root).with_suffix("").as_posix()
                    split = _split(row.get("split", ""), table)
                    labels = partial(_roland_labels, score, vocabulary)
                    yield Track(name, split, audio if audio.is_file() else None, score, labels)


def _roland_labels(path: Path, vocabulary: Vocabulary) -> Labels:
    labels = _midi_labels([path], vocabulary)
    return replace(labels, hits=_renamed(labels.hits, ROLAND))


def _bands(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """MIDI files anywhere below the folder, with a recording of the same name beside each or in `audio` for `midi`."""
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        audio = _recording(path)
        labels = partial(_band_labels, path, audio is not None, vocabulary)
        yield Track(name, split_of(name), audio, path, labels)


def _recording(score: Path) -> Path | None:
    homes = [score.parent, *([score.parent.with_name("audio")] if score.parent.name.lower() == "midi" else [])]
    found = (home / f"{score.stem}{kind}" for home in homes for kind in sorted(EXTENSIONS))
    return next(filter(Path.is_file, found), None)


def _band_labels(path: Path, recorded: bool, vocabulary: Vocabulary) -> Labels:
    """The drums of channel 10; beside a recording a file without that channel is taken for drums alone."""
    labels = _midi_labels([path], vocabulary)
    if recorded and not len(labels.hits) and not labels.unmapped:
        return _midi_labels([path], vocabulary, channel=None)
    return labels


def _enst(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    for path in [*folder.glob("drummer_*/annotation/*.txt"), *folder.glob("*/drummer_*/annotation/*.txt")]:
        drummer = path.parents[1].name
        audio = path.parents[1] / "audio" / part / f"{path.stem}.wav"
        if audio.is_file():
            split = {"drummer_1": "train", "drummer_2": "validation"}.get(drummer, "test")
            labels = partial(_grouped_labels, path, ENST, ENST_APART, vocabulary)
            yield Track(f"{drummer}/{path.stem}", _split(split, path), audio, None, labels)


def _idmt(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    for path in folder.glob("annotation_xml/*.xml"):
        audio = folder / "audio" / f"{path.stem}.wav"
        if audio.is_file():
            name = path.stem.removesuffix("#MIX")
            yield Track(name, split_of(name), audio, None, partial(_idmt_labels, path, vocabulary))


def _idmt_labels(path: Path, vocabulary: Vocabulary) -> Labels:
    try:
        events = list(ElementTree.parse(path).iter("event"))
        times = [float(event.findtext("onsetSec", "")) for event in events]
        drums = [IDMT[event.findtext("instrument", "").strip()] for event in events]
    except (ElementTree.ParseError, ValueError, KeyError) as error:
        raise CorpusError(f"{path} is no SMT-Drums annotation ({error}): fetch the corpus again") from error
    return Labels(_known(Hits.of(times, drums), vocabulary), None, IDMT_APART, velocity=False)


def _slakh(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    for path in folder.glob("**/Track*/metadata.yaml"):
        stems = [path.parent / "MIDI" / f"{stem}.mid" for stem in _drum_stems(path.read_text(encoding="utf-8"))]
        audio = next((mix for mix in sorted(path.parent.glob("mix.*")) if mix.suffix in (".flac", ".wav")), None)
        stems = [stem for stem in stems if stem.is_file()]
        home = path.parents[1].name
        if stems and home != "omitted":  # duplicates of other tracks, in Slakh's own words
            split = _split(home, path) if home in ("train", "validation", "test") else split_of(path.parent.name)
            labels = partial(_midi_labels, stems, vocabulary, None)
            yield Track(path.parent.name, split, audio, stems[0], labels)


def _drum_stems(metadata: str) -> list[str]:
    """The stems that a metadata.yaml marks `is_drum: true` and that sound in the mix."""
    sections = re.split(r"^\s+(S\d+):\s*$", metadata, flags=re.MULTILINE)
    return [
        name
        for name, body in zip(sections[1::2], sections[2::2], strict=True)
        if re.search(r"is_drum:\s*true", body) and not re.search(r"audio_rendered:\s*false", body)
    ]


def _adtof(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """ADTOF's: audio in `audio`, annotations as text (`time note`) or MIDI below `annotations`."""
    audio = {path.stem: path for path in sorted(folder.glob("audio/**/*.*")) if path.suffix in EXTENSIONS}
    kinds = (folder / "annotations" / name for name in ("aligned_drum", "aligned_midi", "midi", "."))
    found = ([path for path in kind.glob("*.*") if path.stem in audio] for kind in kinds)
    for path in next(filter(None, found), []):
        labels = partial(_adtof_labels, path, vocabulary)
        yield Track(path.stem, split_of(path.stem), audio[path.stem], path if path.suffix == ".mid" else None, labels)


def _adtof_labels(path: Path, vocabulary: Vocabulary) -> Labels:
    codes = {code: group[0] for group in ADTOF_APART for code in group}
    if path.suffix.lower() in (".mid", ".midi"):
        found = _midi_labels([path], vocabulary, channel=None)
        hits, hidden, unmapped = found.hits, found.hidden, found.unmapped
    else:
        hits, other = _read_generic(path, vocabulary)
        hidden = Spans.about([time for time, _ in other], _UNKNOWN)
        unmapped = Counter(label for _, label in other)
    return Labels(_renamed(hits, codes), None, ADTOF_APART, velocity=False, hidden=hidden, unmapped=unmapped)


def _rendered(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """What we render: `<name>.flac`, `<name>.hits.csv` and `<name>.beats.csv` in any folder below.

    A `labels.json` beside them may say what is told apart, whether velocities are known, and of each name its split and
    the kits that play it: `{"told_apart": [["BD"], ["HT", "MT"]], "velocity": true, "splits": {"name": "validation"},
    "kits": {"name": ["pearl_master"]}}`.
    """
    for path in folder.glob("**/*.hits.csv"):
        stem = path.name.removesuffix(".hits.csv")
        candidates = (path.with_name(stem + kind) for kind in (".flac", ".wav", ".ogg"))
        if audio := next(filter(Path.is_file, candidates), None):
            about = _read_about(path.with_name("labels.json"))
            name = path.relative_to(folder).as_posix().removesuffix(".hits.csv")
            split = _split(about.get("splits", {}).get(stem, split_of(name)), path)
            kits = tuple(about.get("kits", {}).get(stem, ()))
            yield Track(name, split, audio, None, partial(_rendered_labels, path, about, vocabulary), kits=kits)


def _rendered_labels(path: Path, about: Mapping[str, Any], vocabulary: Vocabulary) -> Labels:
    beats = path.with_name(path.name.removesuffix(".hits.csv") + ".beats.csv")
    groups = tuple(map(tuple, about.get("told_apart", _all_apart(vocabulary))))
    hits = _known(columns.read_hits(path), vocabulary)
    hidden = path.with_name(path.name.removesuffix(".hits.csv") + ".hidden.csv")
    return Labels(
        hits,
        _read_beats(beats) if beats.is_file() else None,
        groups,
        bool(about.get("velocity", True)),
        columns.read_spans(hidden) if hidden.is_file() else Spans(),
    )


def _songs(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    for song in songs.load(folder / "songs", folder / "tabs")[0]:
        if song.alignment is not None:
            labels = partial(_song_labels, song, song.alignment, vocabulary)
            yield Track(song.name, split_of(song.name), song.audio, None, labels)


def _song_labels(song: Song, alignment: Alignment, vocabulary: Vocabulary) -> Labels:
    tab = song.read_tab(vocabulary)
    try:
        beat_time = alignment.beat_times(tab)
    except ValueError as error:
        raise CorpusError(f"{song.tab}: {error}; write its strokes down, or take the song away") from error
    divisions = np.array([division for bar in tab.bars for division in bar.divisions])
    meters, units = zip(*(bar.meter for bar in tab.bars), strict=True)
    grid = Grid(beat_time, divisions, meters, units)
    return Labels(hits_of(tab, grid), grid.beats, _all_apart(vocabulary), velocity=False)


def _patterns(count: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """So many songs of the pattern generator, every twelfth for validation."""
    for number in range(int(str(count)) if str(count).isdecimal() else 0):
        split: Split = "validation" if number % 12 == 11 else "train"
        yield Track(f"patterns-{number:05d}", split, None, None, partial(_pattern_labels, number, vocabulary))


def _pattern_labels(number: int, vocabulary: Vocabulary) -> Labels:
    song = patterns.performance(_PATTERNS_SEED, number)
    return Labels(_known(song.hits, vocabulary), song.beats, _all_apart(vocabulary), velocity=True)


LAYOUTS: dict[str, Layout] = {
    "mdb": Layout(
        "annotations/ with *subclass.txt files, and audio/drum_only or drums/", _mdb, ("drums", "mix", "remix")
    ),
    "groove": Layout("info.csv and the MIDI files that it lists", _performances),
    "egmd": Layout("e-gmd-v1.0.0.csv and the MIDI files that it lists", _performances),
    "enst": Layout("drummer_*/annotation/*.txt and drummer_*/audio/wet_mix", _enst, ("wet_mix", "dry_mix")),
    "idmt": Layout("annotation_xml/*.xml and audio/*.wav", _idmt),
    "slakh": Layout("Track*/metadata.yaml with MIDI/ and mix.flac beside it", _slakh),
    "adtof": Layout("audio/ and annotations/ with files of the same names", _adtof),
    "rendered": Layout("<name>.flac and <name>.hits.csv side by side", _rendered),
    "midi": Layout("MIDI files with drums on channel 10, alone or each beside its recording", _bands),
    "songs": Layout("songs/ and tabs/ with a sidecar songs/<name>.json for each song", _songs),
    "patterns": Layout("the number of songs to make up, such as 400, in the folder's place", _patterns, made_up=True),
}


def _all_apart(vocabulary: Vocabulary) -> Groups:
    return tuple((code,) for code in vocabulary.codes)


def _notes(vocabulary: Vocabulary) -> dict[str, str]:
    """MIDI notes as text, "" for those of no drum."""
    return {str(note): vocabulary.by_note.get(note, "") for note in range(128)}


def _known(hits: Hits, vocabulary: Vocabulary) -> Hits:
    return hits.of_drum(*vocabulary.codes)


def _renamed(hits: Hits, codes: Mapping[str, str]) -> Hits:
    return hits.renamed({code: codes.get(code, code) for code in {*hits.drum.tolist()}})


def _midi_labels(paths: Iterable[Path], vocabulary: Vocabulary, channel: int | None = midi.DRUM_CHANNEL) -> Labels:
    """Labels of MIDI files that sound together; about notes of no drum all silence is hidden."""
    scores = [midi.read(path, vocabulary, channel) for path in paths]
    other = [each for score in scores for each in score.other]
    return Labels(
        Hits.concatenate(score.hits for score in scores),
        scores[0].beats,
        _all_apart(vocabulary),
        velocity=True,
        hidden=Spans.about([time for time, _ in other], _UNKNOWN),
        unmapped=Counter(f"note {note}{_called(note)}" for _, note in other),
    )


def _called(note: int) -> str:
    return f" ({GENERAL_MIDI[note]})" if note in GENERAL_MIDI else ""


def _grouped_labels(path: Path, codes: Mapping[str, str], apart: Groups, vocabulary: Vocabulary) -> Labels:
    hits, other = _read_lines(path, codes)
    hidden = Spans.about([time for time, _ in other], _UNKNOWN)
    unmapped = Counter(label for _, label in other)
    return Labels(_known(hits, vocabulary), None, apart, velocity=False, hidden=hidden, unmapped=unmapped)


def _read_lines(path: Path, codes: Mapping[str, str]) -> tuple[Hits, list[tuple[float, str]]]:
    """Hits of text lines `time label …`, and time and label of what is no drum of ours.

    `codes` gives each label's drum, "" for none. Raises CorpusError for a label that it lacks.
    """
    times, drums, other = [], [], []
    for number, line in enumerate(_text(path).splitlines(), start=1):
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


def _read_beats(path: Path) -> Beats:
    """Beats of lines `time place`, parted by blanks or, below a heading, by commas. Raises CorpusError."""
    rows = [line.replace(",", " ").split() for line in _text(path).splitlines()]
    try:
        numbers = [(float(row[0]), int(float(row[1]))) for row in rows if row and row != ["time", "place"]]
    except (ValueError, IndexError):
        raise CorpusError(f"{path} must hold a time and the beat's number in the bar on every line") from None
    return Beats(np.array([time for time, _ in numbers]), np.array([place for _, place in numbers], np.int64))


def _read_about(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(_text(path)))
    except (ValueError, TypeError) as error:
        raise CorpusError(f"{path} must hold a JSON object ({error}); render the corpus again") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise CorpusError(f"can't read {path}: {error.strerror}; check its permissions") from error


def _split(name: str, where: Path) -> Split:
    if name not in ("train", "validation", "test"):
        raise CorpusError(f"{where} names a split {name!r}; expected train, validation or test")
    return name  # type: ignore[return-value]
