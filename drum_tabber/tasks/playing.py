"""Who plays what is MIDI alone: the studio that the settings describe, and the performances that it records."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import SettingError

if TYPE_CHECKING:
    from drum_tabber.kits.kit import Kit
    from drum_tabber.material.corpora import Split, Track
    from drum_tabber.rendering.studio import Performance, Studio

PERFORMANCE_SECONDS = 45.0  # shorter performances are chained until they last this long


def studio(split: Split = "train") -> Studio:
    """A studio by the settings, with the kits that may play this split.

    Raises CorpusError or SettingError where kits or soundfonts are missing.
    """
    from drum_tabber.augmentation.augment import Augmenter
    from drum_tabber.kits import hats, soundfont_kits
    from drum_tabber.kits.kit import load_kits
    from drum_tabber.rendering.stems import StemCache
    from drum_tabber.rendering.studio import Studio
    from drum_tabber.tasks import specs

    need_kits()
    songs = [
        Path(path) for folder in configs.BACKING_DIRS for path in sorted(Path(folder).glob("[0-9]*")) if path.is_dir()
    ]
    soundfonts = tuple(map(Path, configs.SOUNDFONTS))
    kits = [kit for folder in configs.KITS_DIRS for kit in load_kits(folder, configs.SAMPLE_RATE).values()]
    for path in soundfonts if configs.SOUNDFONT_KITS else ():
        kits += soundfont_kits.kept(path, configs.SAMPLE_RATE, Path(configs.DATA_DIR) / "soundfonts")
    return Studio(
        kits=_playing([hats.telling(kit) for kit in kits], split),
        augmenter=Augmenter(replace(specs.augment_spec(), p_time_stretch=0.0, p_shift=0.0)),
        soundfonts=soundfonts,
        songs=songs,
        music=configs.RENDER_MUSIC,
        music_alone=configs.RENDER_MUSIC_ALONE,
        drums_to_music_db=configs.DRUMS_TO_MUSIC_DB,
        imagined=configs.P_IMAGINED_DRUMS,
        sample_rate=configs.SAMPLE_RATE,
        seed=configs.SEED,
        copies_a_take=configs.COPIES_A_TAKE,
        stems=StemCache(Path(configs.DATA_DIR) / "stems", round(configs.STEMS_GB * 1e9)),
        as_they_are=split == "validation",
    )


def chosen_kit(args: argparse.Namespace) -> Kit | None:
    """The kit that the options --kit and --kit-name name, None without. Raises CorpusError as `Kit.load` does."""
    from drum_tabber.kits.kit import Kit

    return Kit.load(args.kit, configs.SAMPLE_RATE, args.kit_name) if args.kit else None


def _playing(kits: Sequence[Kit], split: Split) -> list[Kit]:
    """Of all kits those that may play a split, each sound once: VALIDATION_KITS play for validation alone.

    What else has their sounds leaves those out. Raises SettingError.
    """
    from drum_tabber.kits.distinct import distinct

    apart = set(configs.VALIDATION_KITS)
    unknown = apart - {kit.name for kit in kits}
    if unknown:
        there = ", ".join(sorted(kit.name for kit in kits))
        raise SettingError(f"VALIDATION_KITS names {sorted(unknown)[0]!r}, which is not among the kits: {there}")
    judging = [kit for kit in kits if kit.name in apart]
    others = [kit for kit in kits if kit.name not in apart]
    playing = [*distinct(judging)] if split == "validation" and judging else [*distinct(others, apart=judging)]
    if not playing:
        raise SettingError("VALIDATION_KITS names every kit, or what all others are copies of: name fewer")
    return playing


def need_kits() -> None:
    """Raises SettingError where there are none to play on."""
    if not configs.KITS_DIRS:
        raise SettingError("some of the material is MIDI alone: set KITS_DIRS to folders of drum samples to play it on")


def performances(tracks: Iterable[Track]) -> Iterator[Performance]:
    """The performances of tracks without audio, short ones chained; pieces with a band keep it."""
    from drum_tabber.events import Beats
    from drum_tabber.rendering import backing
    from drum_tabber.rendering.studio import Performance, chained

    def read() -> Iterator[Performance]:
        for track in tracks:
            labels = track.labels()
            if track.audio is None and len(labels.hits):
                notes = (tuple(backing.from_midi(track.midi)) or None) if track.midi else None
                yield Performance(track.name, labels.hits, labels.beats or Beats(), notes, track.version)

    return chained(read(), PERFORMANCE_SECONDS)
