"""`python -m drum_tabber prepare`: make training material ahead, as audio to listen to or as spectrograms.

Performances that are MIDI only are recorded in the studio; recordings are augmented. What exists is left alone, so a
job that was broken off goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.corpora import Labels, Split, Track
    from drum_tabber.dataset import SegmentCache
    from drum_tabber.segments import Segment
    from drum_tabber.studio import Performance, Studio

PERFORMANCE_SECONDS = 45.0  # shorter performances are chained until they last this long
PERFORMANCES_A_SHARD = 5
FEW_SONGS = 10  # with fewer of one's own, all of them train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--as", dest="kind", choices=("spectrograms", "rendered"), default="spectrograms", help="what to make"
    )
    parser.add_argument("--part", default="1/1", metavar="I/N", help="do the Ith of N parts, to share the work out")


def run(args: argparse.Namespace) -> None:
    """Make the material that CORPORA, SONGS_DIR and the rendering settings ask for, in DATA_DIR."""
    make(args.kind, Part.of(args.part))


@dataclass(frozen=True)
class Part:
    """The `index`th (from 0) of `n` equal shares of some work."""

    index: int
    n: int

    @classmethod
    def of(cls, text: str) -> Part:
        """Read "I/N", I from 1; raises SettingError."""
        index, _, n = text.partition("/")
        if not (index.isdecimal() and n.isdecimal() and 1 <= int(index) <= int(n)):
            raise SettingError(f"--part needs I/N such as 1/2, not {text!r}")
        return cls(int(index) - 1, int(n))


def make(kind: str, part: Part = Part(0, 1)) -> None:
    """Make whatever is missing of the "spectrograms" or the "rendered" audio. Raises CorpusError or SettingError."""
    recorded, performed = split_by_audio(tracks())
    if kind == "rendered":
        _prepare_audio(recorded, performed, part)
    else:
        _prepare_spectrograms(recorded, performed, part)


def tracks() -> list[Track]:
    """The songs with tabs and every corpus of the settings; VALIDATION_SONGS, where named, overrule the splits."""
    from drum_tabber import corpora, songs

    vocabulary = Vocabulary.of(configs.DRUMS)
    with_tabs, notices = songs.load(configs.SONGS_DIR, configs.TABS_DIR)
    for notice in notices:
        print(f"notice: {notice}", file=sys.stderr)
    found = [corpora.track_of(song, vocabulary) for song in with_tabs]
    if len(found) < FEW_SONGS:
        found = [replace(track, split="train") for track in found]
    for corpus in configs.CORPORA:
        layout, colon, folder = corpus.partition(":")
        if not colon:
            raise SettingError(f"CORPORA needs layout:folder, such as groove:/data/groove, not {corpus!r}")
        found += corpora.load(layout, folder, vocabulary)
    if not found:
        raise CorpusError(
            f"there is nothing to train on: put tabs in {configs.TABS_DIR} and songs in {configs.SONGS_DIR}, "
            "or name a corpus in CORPORA"
        )
    if configs.VALIDATION_SONGS:
        unknown = set(configs.VALIDATION_SONGS) - {track.name for track in found}
        if unknown:
            raise SettingError(f"VALIDATION_SONGS names {sorted(unknown)[0]!r}, which no song or corpus has")
        names = set(configs.VALIDATION_SONGS)
        found = [replace(track, split="validation" if track.name in names else track.split) for track in found]
    return [track for track in found if track.split != "test"]


def split_by_audio(tracks: Sequence[Track]) -> tuple[list[Track], list[Track]]:
    """Tracks that are recordings, and those that are MIDI alone."""
    return [track for track in tracks if track.audio], [track for track in tracks if not track.audio]


def studio() -> Studio:
    """A studio by the settings; raises CorpusError or SettingError where kits or soundfonts are missing."""
    from drum_tabber import soundfont
    from drum_tabber.augment import Augmenter
    from drum_tabber.kit import load_kits
    from drum_tabber.studio import Studio
    from drum_tabber.tasks import specs

    if not configs.KITS_DIR:
        raise SettingError("some of the material is MIDI alone: set KITS_DIR to a folder of drum samples to play it on")
    songs = [
        Path(path) for folder in configs.BACKING_DIRS for path in sorted(Path(folder).glob("[0-9]*")) if path.is_dir()
    ]
    soundfonts = tuple(map(Path, configs.SOUNDFONTS))
    kits = [*load_kits(configs.KITS_DIR, configs.SAMPLE_RATE).values()]
    for path in soundfonts if configs.SOUNDFONT_KITS else ():
        kits += soundfont.kits(path, configs.SAMPLE_RATE)
    return Studio(
        kits=kits,
        augmenter=Augmenter(replace(specs.augment_spec(), p_time_stretch=0.0, p_shift=0.0)),
        soundfonts=soundfonts,
        songs=songs,
        music=configs.RENDER_MUSIC,
        music_alone=configs.RENDER_MUSIC_ALONE,
        drums_to_music_db=configs.DRUMS_TO_MUSIC_DB,
        sample_rate=configs.SAMPLE_RATE,
        seed=configs.SEED,
    )


def performances(tracks: Sequence[Track], split: str) -> list[Performance]:
    """The performances of one split, short ones chained; pieces with a band keep it."""
    from drum_tabber import backing
    from drum_tabber.events import Beats
    from drum_tabber.studio import Performance, chained

    def read() -> Iterator[Performance]:
        for track in tracks:
            if track.split == split and track.midi is not None:
                labels = track.labels()
                if len(labels.hits):
                    notes = tuple(backing.from_midi(track.midi)) or None
                    yield Performance(track.name, labels.hits, labels.beats or Beats(), notes)

    return list(chained(read(), PERFORMANCE_SECONDS))


def shards(performed: Sequence[Track]) -> Iterator[tuple[str, int, list[Performance]]]:
    """What each shard of rendered material holds: its name, the number of the copy and its performances."""
    for split in ("validation", "train"):
        found = performances(performed, split)
        for copy in range(configs.RENDER_COPIES if split == "train" else 1):
            for number in range(-(-len(found) // PERFORMANCES_A_SHARD)):
                chosen = found[number * PERFORMANCES_A_SHARD :][:PERFORMANCES_A_SHARD]
                yield f"{split}-rendered-{copy}-{number:04d}", copy, chosen


def _prepare_spectrograms(recorded: Sequence[Track], performed: Sequence[Track], part: Part) -> None:
    from drum_tabber.augment import Augmenter
    from drum_tabber.dataset import SegmentCache, write_spectrograms
    from drum_tabber.tasks import specs

    cache = SegmentCache(Path(configs.DATA_DIR) / "spectrograms", specs.segment_spec())
    if recorded and part.index == 0:
        augmenter = Augmenter(specs.augment_spec())
        for split in ("validation", "train"):
            chosen = [track for track in recorded if track.split == split]
            write_spectrograms(cache, f"{split}-recorded", chosen, augmenter, configs.RENDER_COPIES, configs.SEED)
    if performed:
        _render_spectrograms(cache, performed, part)


def _render_spectrograms(cache: SegmentCache, performed: Sequence[Track], part: Part) -> None:
    from drum_tabber.segments import encoded

    place = studio()
    for name, copy, chosen in _shared(performed, part):
        if cache.finished(name):
            continue
        with cache.writing(name) as add:
            for performance in chosen:
                segment, labels = _recorded(place, performance, copy)
                add(*encoded(segment, labels, cache.spec))


def _prepare_audio(recorded: Sequence[Track], performed: Sequence[Track], part: Part) -> None:
    from drum_tabber import rendered
    from drum_tabber.augment import Augmenter
    from drum_tabber.tasks import specs

    folder, rate = Path(configs.DATA_DIR) / "rendered", configs.SAMPLE_RATE
    if recorded and part.index == 0:
        augmenter = Augmenter(specs.augment_spec())
        rendered.write_rendered(recorded, folder, augmenter, rate, configs.RENDER_COPIES, configs.SEED)
    place = studio() if performed else None
    for name, copy, chosen in _shared(performed, part):
        split: Split = "train" if name.startswith("train") else "validation"
        for number, performance in enumerate(chosen):
            home = folder / f"{name}-{number}"
            if place and not rendered.exists(home, copy):
                segment, labels = _recorded(place, performance, copy)
                rendered.write(home, copy, split, labels, segment, rate)


def _shared(performed: Sequence[Track], part: Part) -> Iterator[tuple[str, int, list[Performance]]]:
    """This part's share of the shards, under a progress bar."""
    from tqdm import tqdm

    yield from tqdm(list(shards(performed))[part.index :: part.n], desc="rendering", unit="shard")


def _recorded(place: Studio, performance: Performance, copy: int) -> tuple[Segment, Labels]:
    from drum_tabber.corpora import Labels
    from drum_tabber.segments import Segment

    made = place.record(performance, copy)
    apart = tuple((code,) for code in Vocabulary.of(configs.DRUMS).codes)
    return Segment(made.samples, made.hits, made.beats), Labels(made.hits, made.beats, apart, velocity=True)
