"""Slakh2100 and BabySlakh (Manilow et al. 2019): bands of sampled instruments, a MIDI file for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import get_args

from drum_tabber.material.corpora.annotation import midi_labels, version_of
from drum_tabber.material.corpora.track import Split, Track, split_named, split_of
from drum_tabber.vocabulary import Vocabulary


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """Every mix whose drums sound in it; the folder it lies in names its split, in BabySlakh there is none."""
    for path in folder.glob("**/Track*/metadata.yaml"):
        stems = [path.parent / "MIDI" / f"{stem}.mid" for stem in _drum_stems(path.read_text(encoding="utf-8"))]
        audio = next((mix for mix in sorted(path.parent.glob("mix.*")) if mix.suffix in (".flac", ".wav")), None)
        stems = [stem for stem in stems if stem.is_file()]
        home = path.parents[1].name
        if stems and home != "omitted":  # duplicates of other tracks, in Slakh's own words
            split = split_named(home, path) if home in get_args(Split) else split_of(path.parent.name)
            labels = partial(midi_labels, stems, vocabulary, None)
            yield Track(path.parent.name, split, audio, stems[0], labels, version=version_of(*stems))


def _drum_stems(metadata: str) -> list[str]:
    """The stems that a metadata.yaml marks `is_drum: true` and that sound in the mix."""
    sections = re.split(r"^\s+(S\d+):\s*$", metadata, flags=re.MULTILINE)
    return [
        name
        for name, body in zip(sections[1::2], sections[2::2], strict=True)
        if re.search(r"is_drum:\s*true", body) and not re.search(r"audio_rendered:\s*false", body)
    ]
