"""Songs whose key is known: POP909's, arranged and played by a soundfont, and folders of recordings.

POP909 (Wang et al. 2020) writes its keys over time into `key_audio.txt`. Songs are split by their number: those that
end in 0 are for judging, those that end in 5 for validation. Recordings come in the layouts of the precursor's data:
"ncs" (`<key>/<song>.mp3`), "giantsteps-mtg" (`annotations.txt`, lines of id and key) and "giantsteps-key"
(`keys_gs+/<id>.LOFI.txt`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import CorpusError
from drum_tabber.key import cqt, keys
from drum_tabber.key.cqt import CqtSpec
from drum_tabber.rendering import backing
from drum_tabber.rendering.pop909 import read as read_song
from drum_tabber.sound import audio, soundfont
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

Floats = NDArray[np.float32]
Split = Literal["train", "validation", "test"]
_RENDER_RATE = 22050  # enough for bins below 2.1 kHz
LAYOUTS = ("ncs", "giantsteps-mtg", "giantsteps-key")
UNKNOWN = -1  # the label where no key is annotated
_DRUMS = (36, 38, 42)  # bass drum, snare, hi-hat


@dataclass(frozen=True)
class Labelled:
    """A spectrogram (steps, bins) and its keys by step, numbered as `keys.NAMES` or `UNKNOWN`."""

    magnitude: Floats
    key: NDArray[np.int64]


def pop909(folder: Path, split: Split) -> list[Path]:
    """The songs of a split. Raises CorpusError where the folder holds none."""
    songs = [path.parent for path in sorted(folder.glob("[0-9][0-9][0-9]/key_audio.txt"))]
    songs = [song for song in songs if split_of(song.name) == split]
    if not songs:
        raise CorpusError(
            f"{folder} holds no songs of POP909 to {split}: NNN/NNN.mid and NNN/key_audio.txt belong there"
        )
    return songs


def split_of(name: str) -> Split:
    """The part of POP909 that a song belongs to, by the last digit of its number."""
    return {"0": "test", "5": "validation"}.get(name[-1], "train")  # type: ignore[return-value]


def spans(song: Path) -> list[keys.Span]:
    """The keys of a POP909 song over time."""
    return keys.read_spans(song / "key_audio.txt")


def arrange(song: Path, drums: bool, rng: np.random.Generator) -> list[Note]:
    """The song's notes for a band, with a plain drum beat where `drums`."""
    notes = backing.whole_pop909(song, rng)
    if drums:
        beats = read_song(song).beats[:, 0]
        halves = np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats)
        strokes = [(time, _DRUMS[number % 2]) for number, time in enumerate(beats)]
        strokes += [(time, _DRUMS[2]) for time in halves]
        notes += [Note(time, time + 0.1, DRUM_CHANNEL, pitch, int(rng.integers(70, 115)), 0) for time, pitch in strokes]
    return notes


def excerpt(song: Path, seconds: float, rng: np.random.Generator) -> tuple[float, float, list[Note]]:
    """A place in a POP909 song, start and end in seconds, and the song's notes, with drums or without."""
    notes = arrange(song, bool(rng.random() < 0.5), rng)
    annotated = spans(song)
    begin, end = annotated[0].start, max(span.end for span in annotated)
    start = float(rng.uniform(begin, max(begin, end - seconds)))
    return start, min(end, start + seconds), notes


def labelled(samples: Floats, annotated: list[keys.Span], spec: CqtSpec, fold: int) -> Labelled:
    """Steps of `fold` frames of mono samples at `spec.rate`, whose time 0 is that of the spans, their tuning undone."""
    magnitude = cqt.transform(samples, spec, cqt.tuning(samples, spec).semitones)
    n_steps = len(magnitude) // fold
    steps = magnitude[: n_steps * fold].reshape(n_steps, fold, -1).mean(axis=1)
    times = (np.arange(n_steps) + 0.5) * fold / spec.frame_rate
    key = np.full(n_steps, UNKNOWN)
    for span in annotated:
        key[(times >= span.start) & (times < span.end)] = span.key.index
    return Labelled(steps, key)


def moved(annotated: list[keys.Span], start: float, end: float) -> list[keys.Span]:
    """What of the spans lies between `start` and `end`, in time from `start` on."""
    inside = [span for span in annotated if span.start < end and span.end > start]
    return [keys.Span(max(0.0, span.start - start), min(span.end, end) - start, span.key) for span in inside]


def detuned(samples: Floats, annotated: list[keys.Span], semitones: float) -> tuple[Floats, list[keys.Span]]:
    """Samples played a little faster or slower, and their keys over time: out of tune by so many semitones."""
    import soxr

    pace = 2 ** (semitones / 12)
    spans = [keys.Span(span.start / pace, span.end / pace, span.key) for span in annotated]
    return soxr.resample(samples, pace * 1e4, 1e4), spans


def recordings(layout: str, folder: Path) -> list[tuple[Path, keys.Key]]:
    """Recordings with their keys, in one of `LAYOUTS`. Raises CorpusError where the folder isn't laid out so."""
    if layout not in LAYOUTS:
        raise CorpusError(f"there is no layout {layout!r} of recordings with keys; choose among {', '.join(LAYOUTS)}")
    songs = [path for path in audio.find([folder]) if path.is_file()]
    try:
        if layout == "ncs":
            found = [(song, keys.parse(song.parent.name)) for song in songs]
        else:
            said = _mtg(folder) if layout == "giantsteps-mtg" else _giantsteps(folder)
            found = [(song, said[number]) for song in songs if (number := song.name.partition(".")[0]) in said]
    except (OSError, ValueError) as error:
        raise CorpusError(f"{folder} isn't laid out as {layout} ({error}); see the docs on keys") from error
    if not found:
        raise CorpusError(f"{folder} holds no recordings whose key is known; is it laid out as {layout}?")
    return found


def _mtg(folder: Path) -> dict[str, keys.Key]:
    """Keys by id from `annotations.txt`; songs without one clear key are left out, as its authors mark them."""
    found = {}
    for line in (folder / "annotations.txt").read_text(encoding="utf-8").splitlines():
        number, _, rest = line.partition("\t")
        name = rest.split("\t")[0].strip()
        if number.strip().isdigit() and name and "/" not in name and name != "-":
            found[number.strip()] = keys.parse(name)
    return found


def _giantsteps(folder: Path) -> dict[str, keys.Key]:
    files = sorted((folder / "keys_gs+").glob("*.txt"))
    return {path.name.partition(".")[0]: keys.parse(path.read_text(encoding="utf-8")) for path in files}


def play(notes: list[Note], font: Path, start: float, seconds: float, spec: CqtSpec) -> Floats:
    """The notes from `start` on, `seconds` long, played by a soundfont: mono samples at `spec.rate`."""
    import soxr

    inside = [
        replace(note, start=max(0.0, note.start - start), end=note.end - start)
        for note in notes
        if note.end > start and note.start < start + seconds
    ]
    sound = soundfont.play(inside, font, seconds, _RENDER_RATE).mean(axis=0)
    resampled: Floats = soxr.resample(sound, _RENDER_RATE, spec.rate)
    return resampled
