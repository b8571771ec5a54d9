"""Augmented audio made ahead: it reads back as a corpus, and a broken job goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drum_tabber.augmentation.augment import Augmenter, AugmentSpec
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.material import corpora
from drum_tabber.material.corpora import Labels, Split, Track
from drum_tabber.material.rendered import augmented, exists, write
from drum_tabber.vocabulary import Vocabulary

RATE = 8000
TIMES = np.array([0.1, 0.35, 0.6])
APART = (("BD",), ("HT", "MT"))
HIDDEN = Spans.of([0.2], [0.3], "BD")
VOCABULARY = Vocabulary.of(
    [
        ("BD", "bass drum", "BD", "oOg", [36], 36, "kick", "kick", "kick"),
        ("HT", "high tom", "HT", "oOg", [48], 48, "hi_tom", "tom", ""),
    ]
)
FASTER = Augmenter(AugmentSpec(p_varispeed=1.0, varispeed_rates=(1.25, 1.25), p_gain=1.0))


def track(folder: Path, name: str, split: Split = "train") -> Track:
    path = folder / f"{name}.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(RATE), RATE)
    hits, beats = Hits.of(TIMES, ["BD", "HT", "BD"], 90), Beats(TIMES, np.array([1, 2, 3]))
    labels = Labels(hits, beats, APART, velocity=False, hidden=HIDDEN)
    return Track(f"corpus/{name}", split, path, None, lambda: labels)


def write_copy(track: Track, copy: int, folder: Path, augmenter: Augmenter, rate: int, seed: int = 0) -> None:
    home = folder / track.name
    if not exists(home, copy, track.version):
        made = augmented(track, copy, augmenter, rate, seed)
        write(home, copy, track.split, track.labels(), made, rate, track.version)


def test_copies_read_back_as_a_corpus_with_their_labels(tmp_path: Path) -> None:
    tracks = [track(tmp_path, "song"), track(tmp_path, "held", "validation")]
    for one, copy in ((tracks[0], 0), (tracks[0], 1), (tracks[1], 0)):
        write_copy(one, copy, tmp_path / "out", FASTER, RATE, seed=1)
    read = {track.name: track for track in corpora.load("rendered", tmp_path / "out", VOCABULARY)}
    assert {name: track.split for name, track in read.items()} == {
        "corpus/song/0": "train", "corpus/song/1": "train", "corpus/held/0": "validation",
    }  # fmt: skip
    for name, speed in (("corpus/song/1", 1.25), ("corpus/held/0", 1.0)):
        labels = read[name].labels()
        np.testing.assert_allclose(labels.hits.time, TIMES / speed, atol=1e-6)
        assert labels.beats is not None and labels.told_apart == APART and not labels.velocity
        np.testing.assert_allclose(labels.beats.time, TIMES / speed, atol=1e-6)
        assert labels.hidden == Spans.of([0.2 / speed], [0.3 / speed], "BD")
        assert soundfile.info(read[name].audio).frames == pytest.approx(RATE / speed, abs=1)


def test_a_job_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    def write() -> None:
        for copy in range(2):
            write_copy(track(tmp_path, "song"), copy, tmp_path / "out", FASTER, RATE)

    write()
    home = tmp_path / "out/corpus/song"
    whole = {path.name: path.read_bytes() for path in home.iterdir()}
    (home / "1.hits.csv").unlink()
    (home / "0.flac").write_bytes(b"left alone")
    write()
    assert {path.name: path.read_bytes() for path in home.iterdir()} == {**whole, "0.flac": b"left alone"}


def test_a_copy_made_anew_keeps_nothing_of_the_one_before(tmp_path: Path) -> None:
    before = track(tmp_path, "song")
    write_copy(before, 0, tmp_path / "out", FASTER, RATE)
    plain = replace(before.labels(), beats=None, hidden=Spans())
    write_copy(replace(before, labels=lambda: plain, version="corrected"), 0, tmp_path / "out", FASTER, RATE)
    (copy,) = corpora.load("rendered", tmp_path / "out", VOCABULARY)
    assert copy.labels().beats is None and not len(copy.labels().hidden)


def test_a_track_without_audio_is_refused(tmp_path: Path) -> None:
    silent = Track("groove/1", "train", None, tmp_path / "a.mid", lambda: Labels(Hits(), None, (), False))
    with pytest.raises(CorpusError, match="groove/1 has no audio"):
        write_copy(silent, 0, tmp_path / "out", FASTER, RATE)


def test_other_labels_are_written_anew(tmp_path: Path) -> None:
    song, hits = track(tmp_path, "song"), tmp_path / "out/corpus/song/0.hits.csv"
    write_copy(song, 0, tmp_path / "out", FASTER, RATE)
    hits.write_text("time,drum\n")
    write_copy(song, 0, tmp_path / "out", FASTER, RATE)
    assert hits.read_text() == "time,drum\n"
    write_copy(replace(song, version="corrected"), 0, tmp_path / "out", FASTER, RATE)
    assert len(hits.read_text().splitlines()) == 1 + len(TIMES)
