"""MIDI files of whole bands, each alone or beside its recording; the drums are on channel 10."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from drum_tabber import midi
from drum_tabber.material.corpora.annotation import midi_labels, version_of
from drum_tabber.material.corpora.track import Labels, Track, split_of
from drum_tabber.sound import audio
from drum_tabber.vocabulary import Vocabulary


def tracks(folder: Path, part: str, vocabulary: Vocabulary) -> Iterator[Track]:
    """MIDI files anywhere below the folder, with a recording of the same name beside each or in `audio` for `midi`.

    Tracks are named without the ending, but where two files differ in nothing else.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in midi.EXTENSIONS)
    alike = Counter(path.with_suffix("") for path in paths)
    for path in paths:
        named = path.with_suffix("") if alike[path.with_suffix("")] == 1 else path
        name = named.relative_to(folder).as_posix()
        recording = _recording(path)
        labels = partial(_labels, path, recording is not None, vocabulary)
        yield Track(name, split_of(name), recording, path, labels, version=version_of(path))


def _recording(score: Path) -> Path | None:
    homes = [score.parent, *([score.parent.with_name("audio")] if score.parent.name.lower() == "midi" else [])]
    return next(filter(None, (audio.named(home / score.stem) for home in homes)), None)


def _labels(path: Path, recorded: bool, vocabulary: Vocabulary) -> Labels:
    """The drums of channel 10; beside a recording a file without that channel is taken for drums alone."""
    labels = midi_labels([path], vocabulary)
    if recorded and not len(labels.hits) and not labels.unmapped:
        return midi_labels([path], vocabulary, channel=None)
    return labels
