"""`verify`: figures of rendered material by a network whose answers can be told by hand, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import configs
from drum_tabber import __main__ as commands
from drum_tabber.events import Hits
from drum_tabber.export import columns
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.material.corpora import Labels, Track
from drum_tabber.material.provenance import Provenance
from drum_tabber.sound import audio
from drum_tabber.tasks import judging

RATE = 8000
TIMES = 0.5 + 0.4 * np.arange(12)
pytestmark = pytest.mark.usefixtures("page")


@pytest.fixture
def bundle(tmp_path: Path, convolution_bundle: Callable[..., Bundle]) -> Bundle:
    """A rise of the lowest band is a bass drum to this network."""
    kernel = np.zeros((8, 7, 3))
    kernel[0, 0] = [-2.0, 0.0, 2.0]
    made = convolution_bundle(tmp_path / "model", kernel, np.array([-6.0, -9, -9, 0, 0, 0, -6, -6]))
    made.weights.write_bytes(b"weights")
    return made


def sound(path: Path, strokes: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    samples = 0.0003 * rng.standard_normal(6 * RATE)
    time = np.arange(640) / RATE
    for stroke in strokes:
        at = round(stroke * RATE)
        samples[at : at + 640] += np.sin(200 * np.pi * time) * np.minimum(1, time / 0.005) * np.exp(-time / 0.02) / 2
    audio.write(path, samples[None].astype(np.float32), RATE)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """One piece of bass drums, of which the last isn't played where it is labelled."""
    home = tmp_path / "corpus"
    home.mkdir()
    sound(home / "piece.flac", TIMES)
    moved = np.append(TIMES[:-1], TIMES[-1] + 0.3)
    columns.write_hits(home / "piece.hits.csv", Hits.of(moved, ["BD"] * 12, 64))
    (home / "labels.json").write_text(json.dumps({"splits": {"piece": "validation"}, "kits": {"piece": ["tin"]}}))
    return home


def verify(bundle: Bundle, *arguments: object) -> int:
    return commands.main(["verify", "--no-demo", "--model", str(bundle.folder), *map(str, arguments)])


def trained_on(bundle: Bundle, name: str = "another", kits: tuple[str, ...] = ()) -> None:
    nothing = Track(name, "train", None, None, lambda: Labels(Hits(), None, (), velocity=False))
    replace(bundle, facts={"trained_on": Provenance.of([nothing], kits).as_dict()}).save()


def test_figures_are_printed_and_kept(
    bundle: Bundle, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained_on(bundle)
    files = ["--json", tmp_path / "f.json", "--card", tmp_path / "card.md", "--plot", tmp_path / "p.png"]
    assert verify(bundle, "--corpus", f"rendered:{corpus}", *files) == 0
    printed = capsys.readouterr().out
    assert "rendered corpus" in printed and "notice" not in printed
    content = json.loads((tmp_path / "f.json").read_text())["rendered corpus"]
    kick = content["reports"][0]["classes"]["kick"]
    assert (kick["tp"], kick["fp"], kick["fn"]) == (11, 1, 1)
    assert content["absent"]["snare"]["invented"] == 0
    card = (tmp_path / "card.md").read_text()
    assert "### rendered corpus: 1 piece, 0.1 min" in card and str(tmp_path) not in card
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_that_does_not_say_what_it_was_trained_on(
    bundle: Bundle, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(bundle, "--corpus", f"rendered:{corpus}") == 0
    assert "notice: this model doesn't say which tracks it was trained on" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "kits", "reason"),
    [
        ("Piece", (), "a track of this name was trained on (piece)"),
        ("x", ("tin",), "the kit tin was trained on (piece)"),
    ],
)
def test_leaks_are_refused_before_anything_is_measured(
    bundle: Bundle, corpus: Path, name: str, kits: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    trained_on(bundle, name, kits)
    assert verify(bundle, "--corpus", f"rendered:{corpus}") == 1
    said = capsys.readouterr()
    assert f"rendered:{corpus} can't judge this model: {reason}" in said.err and not said.out


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--corpus", "mdb"], "--corpus needs LAYOUT:FOLDER"),
        (["--corpus", "mdb:nowhere"], "there is no folder nowhere"),
        (["--drumless", "nowhere"], "nowhere has no music to listen to"),
    ],
)
def test_what_is_not_there_is_said_first(
    bundle: Bundle, given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["verify", "--model", str(bundle.folder), *given]) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


def test_music_without_drums(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "quiet").mkdir()
    sound(tmp_path / "quiet" / "still.wav", np.zeros(0))
    sound(tmp_path / "quiet" / "beaten.wav", TIMES[:3])
    assert verify(bundle, "--drumless", tmp_path / "quiet", "--json", tmp_path / "f.json") == 0
    assert "1 of 2 pieces left empty" in capsys.readouterr().out
    found = json.loads((tmp_path / "f.json").read_text())["drumless"]
    assert found == {"n_hits": 3, "minutes": pytest.approx(0.2), "n_pieces": 2, "n_empty": 1}


def test_midi_without_drums_needs_a_soundfont(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mid").write_bytes(b"")
    configs.SOUNDFONTS = []
    assert verify(bundle, "--drumless", f"midi:{tmp_path}") == 1
    assert "must be played: name some .sf2 files in SOUNDFONTS" in capsys.readouterr().err


@pytest.mark.slow
def test_segments_made_ahead_are_scored_too(bundle: Bundle, corpus: Path, tmp_path: Path) -> None:
    from drum_tabber.augmentation.augment import Augmenter, AugmentSpec
    from drum_tabber.learning.dataset import SegmentCache
    from drum_tabber.learning.segments import SegmentSpec, encoded
    from drum_tabber.material import corpora
    from drum_tabber.material.rendered import augmented
    from drum_tabber.vocabulary import Vocabulary

    configs.SEGMENT_SECONDS = 3.0
    tracks = corpora.load("rendered", corpus, Vocabulary.of(configs.DRUMS))
    cache = SegmentCache(tmp_path / "shards", SegmentSpec(bundle.features, bundle.targets, 300))
    with cache.writing("validation") as add:
        for track in tracks:
            made = augmented(track, 0, Augmenter(AugmentSpec()), bundle.features.sample_rate)
            add(*encoded(made, track.labels(), cache.spec))
    assert verify(bundle, "--corpus", f"spectrograms:{tmp_path / 'shards'}", "--json", tmp_path / "f.json") == 0
    content = json.loads((tmp_path / "f.json").read_text())["spectrograms shards"]
    kick = content["reports"][0]["classes"]["kick"]
    assert kick["fn"] + kick["tp"] == 12 and kick["tp"] >= 10


def test_segments_know_the_condition_of_their_piece() -> None:
    pieces = [{"segments": 2, "music": True, "stood_in": ["CH"]}, {"segments": 1, "music": False}, {"segments": 1}]
    notes: dict[str, dict[str, Any]] = {"new": {"pieces": pieces}, "old": {}}
    cache = SimpleNamespace(shards=lambda prefix: {Path("new"): 4, Path("old"): 2}, about=notes.get)
    music, alone = ("drums with music", ("CH",)), ("drums alone", ())
    assert [*judging.played_how(cache, "")] == [music, music, alone, ("", ()), ("", ()), ("", ())]
