"""ENST-Drums (Gillet & Richard 2006): three drummers, each a split of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from drum_tabber.material.corpora.annotation import TOMS, text_labels, version_of
from drum_tabber.material.corpora.track import Groups, Split, Track
from drum_tabber.vocabulary import Vocabulary

CODES = dict.fromkeys(("mt", "mtr", "lmt", "lt", "ltr", "lft"), "HT")
CODES |= {"bd": "BD", "sd": "SD", "sd-": "SD", "rs": "SD", "cs": "SS", "chh": "HH", "ohh": "HO"}
CODES |= {"cr": "CC", "c": "CC", "spl": "CC", "ch": "CC", "rc": "RD", "sweep": "", "sticks": "", "cb": "", "tamb": ""}
APART: Groups = (("BD",), ("SD",), ("SS",), ("HH",), ("HO",), TOMS, ("CC", "SC", "CH"), ("RD", "RB"))
SPLITS: dict[str, Split] = {"drummer_1": "train", "drummer_2": "validation", "drummer_3": "test"}


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """The folder may be the corpus, or hold it; `part` is the mix."""
    for path in [*folder.glob("drummer_*/annotation/*.txt"), *folder.glob("*/drummer_*/annotation/*.txt")]:
        drummer = path.parents[1].name
        audio = path.parents[1] / "audio" / part / f"{path.stem}.wav"
        if audio.is_file():
            labels = partial(text_labels, path, CODES, APART, vocabulary)
            split = SPLITS.get(drummer, "test")
            yield Track(f"{drummer}/{path.stem}", split, audio, None, labels, version=version_of(path))
