"""IDMT-SMT-Drums (Dittmar & Gärtner 2014): loops of kick, snare and hi-hat, annotated in XML."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from drum_tabber.errors import CorpusError
from drum_tabber.events import Hits
from drum_tabber.material.corpora.annotation import HATS, version_of
from drum_tabber.material.corpora.track import Groups, Labels, Track, split_of
from drum_tabber.vocabulary import Vocabulary

CODES = {"KD": "BD", "SD": "SD", "HH": "HH"}
APART: Groups = (("BD",), ("SD", "SS"), HATS)


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """Each annotation with the mix of its name; the single drums beside it are left aside."""
    for path in folder.glob("annotation_xml/*.xml"):
        audio = folder / "audio" / f"{path.stem}.wav"
        if audio.is_file():
            name = path.stem.removesuffix("#MIX")
            labels = partial(_labels, path, vocabulary)
            yield Track(name, split_of(name), audio, None, labels, version=version_of(path))


def _labels(path: Path, vocabulary: Vocabulary) -> Labels:
    try:
        events = list(ElementTree.parse(path).iter("event"))
        times = [float(event.findtext("onsetSec", "")) for event in events]
        drums = [CODES[event.findtext("instrument", "").strip()] for event in events]
    except (ElementTree.ParseError, ValueError, KeyError) as error:
        raise CorpusError(f"{path} is no SMT-Drums annotation ({error}): fetch the corpus again") from error
    return Labels(Hits.of(times, drums).of_drum(*vocabulary.codes), None, APART, velocity=False)
