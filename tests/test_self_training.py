"""Self-training: songs without labels become material as far as the model is sure of what it hears in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber import __main__ as commands
from drum_tabber import settings
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.inference import Network
from drum_tabber.material import corpora
from drum_tabber.sound import audio
from drum_tabber.tasks import self_training, sources
from drum_tabber.vocabulary import Vocabulary

RATE = 8000
LOUD, SOFT = (0.5, 1.5, 2.5), 2.0  # seconds
FAINT = 0.01  # amplitude of what may be a stroke


@pytest.fixture(autouse=True)
def songs(page: None, tmp_path: Path, convolution_bundle: Callable[..., Bundle]) -> Path:
    """A song of low bursts, one of them faint, and a network to which a rise of the lowest band is a bass drum."""
    kernel = np.zeros((8, 7, 3))
    kernel[0, 0] = [-2.0, 0.0, 2.0]
    bundle = convolution_bundle(tmp_path / "bundle", kernel, np.array([-6.0, -9.0, -9.0, 0.0, 0.0, 0.0, -6.0, -6.0]))
    for name in ("songs", "tabs"):
        (tmp_path / name).mkdir()
    configs.SONGS_DIR, configs.TABS_DIR = str(tmp_path / "songs"), str(tmp_path / "tabs")
    configs.DATA_DIR, configs.WORKERS, configs.SAMPLE_RATE, configs.FMAX = str(tmp_path / "data"), 1, RATE, 3900.0
    configs.MODEL_BUNDLE, configs.RENDER_COPIES = str(bundle.folder), 1
    folder = tmp_path / "unlabelled"
    samples = 0.0003 * np.random.default_rng(0).standard_normal(4 * RATE)
    time = np.arange(640) / RATE
    burst = np.sin(2 * np.pi * 100 * time) * np.minimum(1, time / 0.005) * np.exp(-time / 0.02)
    for at, level in [*((at, 0.5) for at in LOUD), (SOFT, FAINT)]:
        samples[round(at * RATE) : round(at * RATE) + len(burst)] += level * burst
    audio.write(folder / "album" / "one.wav", samples.astype(np.float32), RATE)
    configs.UNLABELLED_DIRS, configs.SELF_TRAINING_WEIGHT = [str(folder)], 0.5
    return folder


def test_songs_join_the_material_as_they_are_heard(songs: Path) -> None:
    found = sources.material()
    (corpus,) = (corpus for corpus in found.corpora if corpus.tracks)
    (track,) = corpus.tracks
    assert (corpus.name, corpus.weight, track.name, track.split) == ("unlabelled", 0.5, "album/one", "train")
    labels = track.labels()
    np.testing.assert_allclose(labels.hits.time, LOUD, atol=0.02)
    assert set(labels.hits.drum) == {"BD"} and labels.told_apart == (("BD",), ("SD",), ("HH",))
    assert any(start < SOFT < end for start, end in zip(labels.hidden.start, labels.hidden.end, strict=True))


def test_what_was_heard_is_kept_until_something_changes(songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    listen = Network.activations

    def counted(*args: object) -> object:
        heard.append(1)
        return listen(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Network, "activations", counted)
    for _ in range(2):
        sources.material()
    assert len(heard) == 1
    configs.SELF_TRAINING_SURE = 0.5
    sources.material()
    assert len(heard) == 2


def test_made_ahead_with_what_is_hidden(songs: Path) -> None:
    assert commands.main(["prepare", "--as", "rendered"]) == 0
    (copy,) = corpora.load("rendered", Path(configs.DATA_DIR) / "rendered", Vocabulary.of(configs.DRUMS))
    labels = copy.labels()
    assert len(labels.hits) == len(LOUD) and len(labels.hidden) >= 1 and labels.beats is None and not labels.velocity


def test_a_song_that_has_labels_is_not_heard(songs: Path) -> None:
    with pytest.raises(CorpusError, match="hold no songs to hear"):
        self_training.tracks([songs / "album" / "one.wav"])


def test_a_broken_song_is_left_out(songs: Path) -> None:
    (songs / "bad.wav").write_bytes(b"RIFF")
    found, left_out = self_training.tracks([])
    assert [track.name for track in found] == ["album/one"]
    assert len(left_out) == 1 and left_out[0].startswith("bad is left out: ")


def test_folders_are_needed() -> None:
    with pytest.raises(SettingError, match="SELF_TRAINING_WEIGHT needs songs"):
        settings.override(configs, ["UNLABELLED_DIRS=", "SELF_TRAINING_WEIGHT=1"])
