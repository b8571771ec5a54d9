"""What we render: `<name>.flac`, or another format, `<name>.hits.csv` and `<name>.beats.csv` in any folder below.

A `labels.json` beside them may say what is told apart, whether velocities are known, and of each name its split and the
kits that play it: `{"told_apart": [["BD"], ["HT", "MT"]], "velocity": true, "splits": {"name": "validation"}, "kits":
{"name": ["pearl_master"]}}`. `material.rendered` writes such folders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from drum_tabber.errors import CorpusError
from drum_tabber.events import Spans
from drum_tabber.export import columns
from drum_tabber.material.corpora.annotation import all_apart, read_beats, text, version_of
from drum_tabber.material.corpora.track import Labels, Track, split_named, split_of
from drum_tabber.sound import audio
from drum_tabber.vocabulary import Vocabulary

HITS = ".hits.csv"


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """Every recording that has its hits beside it."""
    for path in folder.glob(f"**/*{HITS}"):
        stem = path.name.removesuffix(HITS)
        if recording := audio.named(path.with_name(stem)):
            about = read_about(path.parent)
            name = path.relative_to(folder).as_posix().removesuffix(HITS)
            split = split_named(about.get("splits", {}).get(stem, split_of(name)), path)
            kits = tuple(about.get("kits", {}).get(stem, ()))
            version = version_of(path, *_beside(path), also=(about.get("told_apart"), about.get("velocity")))
            labels = partial(_labels, path, about, vocabulary)
            yield Track(name, split, recording, None, labels, version=version, kits=kits)


def _beside(hits: Path) -> list[Path]:
    """Where the beats and the hidden spans of a recording are, if there are any."""
    return [hits.with_name(hits.name.removesuffix(HITS) + kind) for kind in (".beats.csv", ".hidden.csv")]


def _labels(path: Path, about: Mapping[str, Any], vocabulary: Vocabulary) -> Labels:
    beats, hidden = _beside(path)
    return Labels(
        columns.read_hits(path).of_drum(*vocabulary.codes),
        read_beats(beats) if beats.is_file() else None,
        tuple(map(tuple, about.get("told_apart", all_apart(vocabulary)))),
        bool(about.get("velocity", True)),
        columns.read_spans(hidden) if hidden.is_file() else Spans(),
    )


def read_about(home: Path) -> dict[str, Any]:
    """What the `labels.json` of a folder says, nothing where there is none. Raises CorpusError."""
    path = home / "labels.json"
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(text(path)))
    except (ValueError, TypeError) as error:
        raise CorpusError(f"{path} must hold a JSON object ({error}); render the corpus again") from error
