"""What is trained on: your own songs with tabs and the corpora that are named, each with its split and its weight."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.tasks import drums, pairs, self_training
from drum_tabber.tasks.survey import OWN_SONGS
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.material.corpora import Labels, Track

FEW_SONGS = 10  # with fewer of one's own, all of them train


@dataclass(frozen=True)
class Corpus:
    """Tracks that are weighed together. `name` is layout:folder, or `OWN_SONGS`."""

    name: str
    tracks: tuple[Track, ...]
    weight: float = 1.0

    @property
    def slug(self) -> str:
        """A short name for files, other for other folders."""
        layout, _, folder = self.name.partition(":")
        return layout.replace("/", "-") + (f"-{zlib.crc32(folder.encode()):08x}" if folder else "")


@dataclass(frozen=True)
class Material:
    """Everything to train on, and a sentence for each song that can't be used."""

    corpora: tuple[Corpus, ...]
    left_out: tuple[str, ...] = ()

    @property
    def tracks(self) -> list[Track]:
        """The tracks of all corpora."""
        return [track for corpus in self.corpora for track in corpus.tracks]


def material(named: Sequence[str] | None = None) -> Material:
    """The corpora named as layout:folder*weight; by default the songs with tabs, CORPORA, and what self-training heard.

    Splits are those of the corpora; VALIDATION_SONGS, where named, overrule them, and tracks for testing are left out.
    Drums are told apart as the merging settings say. Raises CorpusError where nothing is found, and SettingError.
    """
    from drum_tabber.material import corpora

    vocabulary = Vocabulary.of(configs.DRUMS)
    found: list[Corpus] = []
    left_out: list[str] = []
    if named is None:
        songs, left_out = _own_songs()
        if len({track.piece for track in songs}) < FEW_SONGS:
            songs = [replace(track, split="train") for track in songs]
        found.append(Corpus(OWN_SONGS, tuple(songs), configs.SONGS_WEIGHT))
    for corpus in configs.CORPORA if named is None else named:
        layout, folder, weight = _parsed(corpus)
        found.append(Corpus(f"{layout}:{folder}", tuple(corpora.load(layout, folder, vocabulary)), weight))
    if named is None and configs.SELF_TRAINING_WEIGHT:
        heard, unheard = self_training.tracks([one.audio for each in found for one in each.tracks if one.audio])
        found.append(Corpus(self_training.UNLABELLED, tuple(heard), configs.SELF_TRAINING_WEIGHT))
        left_out += unheard
    if not any(corpus.tracks for corpus in found):
        reasons = "".join(f"; {reason}" for reason in left_out[:1])
        raise CorpusError(
            f"there is nothing to train on: put tabs in {configs.TABS_DIR} and songs in "
            f"{configs.SONGS_DIR or 'a folder that SONGS_DIR names'}, or name a corpus in CORPORA{reasons}"
        )
    shown = drums.shown(vocabulary)
    tracks = _split([track for corpus in found for track in corpus.tracks])
    kept = {id(before): after for before, after in tracks if after.split != "test"}
    if not kept:
        names = ", ".join(corpus.name for corpus in found if corpus.tracks)
        raise CorpusError(
            f"there is nothing to train on in {names}: all of it is kept for testing; name another corpus"
        )
    return Material(
        tuple(
            replace(corpus, tracks=tuple(_merged(kept[id(one)], shown) for one in corpus.tracks if id(one) in kept))
            for corpus in found
        ),
        tuple(left_out),
    )


def split_by_audio(tracks: Sequence[Track]) -> tuple[list[Track], list[Track]]:
    """Tracks that are recordings, and those that are MIDI alone."""
    return [track for track in tracks if track.audio], [track for track in tracks if not track.audio]


def weights(found: Material) -> Callable[[Track], float]:
    """A function that tells how often a track, or a rendered copy of one, is drawn from, by its corpus's weight."""
    own = {track.name: corpus.weight for corpus in found.corpora for track in corpus.tracks}
    slugs = {corpus.slug: corpus.weight for corpus in found.corpora}

    def weight(track: Track) -> float:
        home = track.name.rpartition("/")[0]
        rendered = next((each for slug, each in slugs.items() if f"-{slug}-rendered-" in home), 1.0)
        return own.get(track.name, own.get(home, rendered))

    return weight


def _own_songs() -> tuple[list[Track], list[str]]:
    """What `pairs.tracks` finds; nothing where SONGS_DIR is empty, or its folder is missing and there are CORPORA."""
    if configs.CORPORA and configs.SONGS_DIR and not Path(configs.SONGS_DIR).is_dir():
        print(f"notice: there is no folder {configs.SONGS_DIR}, so CORPORA alone are used", file=sys.stderr)
    elif configs.SONGS_DIR:
        return pairs.tracks()
    return [], []


def _parsed(corpus: str) -> tuple[str, str, float]:
    """Layout, folder and weight of layout:folder*weight; raises SettingError."""
    layout, colon, folder = corpus.partition(":")
    before, star, weight = folder.rpartition("*")
    try:
        number = float(weight) if star else 1.0
    except ValueError:
        number = 0.0
    folder = before if star else folder
    if not (colon and layout and folder and 0 < number < float("inf")):
        raise SettingError(f"CORPORA needs layout:folder or layout:folder*weight, such as groove:/data, not {corpus!r}")
    return layout, folder, number


def _split(tracks: Sequence[Track]) -> list[tuple[Track, Track]]:
    """Each track, and the same in the split that VALIDATION_SONGS asks for; all tracks of a piece go together."""
    if not configs.VALIDATION_SONGS:
        return [(track, track) for track in tracks]
    names = set(configs.VALIDATION_SONGS)
    unknown = names - {name for track in tracks for name in (track.name, track.piece)}
    if unknown:
        raise SettingError(f"VALIDATION_SONGS names {sorted(unknown)[0]!r}, which no song or corpus has")
    chosen = [track.name in names or track.piece in names for track in tracks]
    return [
        (track, replace(track, split="validation" if own else track.split))
        for track, own in zip(tracks, chosen, strict=True)
    ]


def _merged(track: Track, shown: dict[str, str]) -> Track:
    """The track with its drums told apart no further than the merging settings do."""
    if all(code == other for code, other in shown.items()) and len(shown) == len(configs.DRUMS):
        return track
    version = f"{track.version} {zlib.crc32(repr(sorted(shown.items())).encode()):08x}".strip()
    return replace(track, labels=partial(_merged_labels, track, shown), version=version)


def _merged_labels(track: Track, shown: dict[str, str]) -> Labels:
    from drum_tabber.material.label import merged

    return merged(track.labels(), shown)
