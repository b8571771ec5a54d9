"""Provenance: what was trained on is known again under other spellings and copies, strangers aren't."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from drum_tabber.events import Hits
from drum_tabber.material.corpora import Labels, Track
from drum_tabber.material.provenance import Provenance


def track(name: str, audio: Path | None = None, **more: object) -> Track:
    made = Track(name, "train", audio, None, lambda: Labels(Hits(), None, (), velocity=False))
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture
def known(tmp_path: Path) -> Provenance:
    (tmp_path / "a.wav").write_bytes(b"some sound")
    trained = [track("drummer1/session1/12_funk_80_beat_4-4"), track("Song", tmp_path / "a.wav", piece="The Piece")]
    return Provenance.of([*trained, replace(track("kept"), split="validation")], ["pearl"])


@pytest.mark.parametrize(
    "name",
    [
        "drummer1/session1/12_funk_80_beat_4-4",
        "drummer1/session1/12_funk_80_beat_4-4_37",  # E-GMD's, on its 37th kit
        "song",
        "the_piece",
    ],
)
def test_names_are_known_again(known: Provenance, name: str) -> None:
    assert known.knows_name(name)
    assert known.leak(track("other", piece=name)) == known.leak(track(name)) == "a track of this name was trained on"


@pytest.mark.parametrize("name", ["drummer1/session1/13_funk_80_beat_4-4", "kept", "Song 2", ""])
def test_strangers_are_not(known: Provenance, name: str) -> None:
    assert not known.knows_name(name) and known.leak(track(name)) is None


def test_a_recording_is_known_by_its_bytes(known: Provenance, tmp_path: Path) -> None:
    (tmp_path / "copy.wav").write_bytes(b"some sound")
    (tmp_path / "other.wav").write_bytes(b"some sound.")
    assert known.leak(track("x", tmp_path / "copy.wav")) == "this recording was trained on"
    assert known.leak(track("x", tmp_path / "other.wav")) is None


def test_kits_are_known_by_name(known: Provenance) -> None:
    assert known.leak(track("x", kits=("salamander", "pearl"))) == "the kit pearl was trained on"
    assert known.leak(track("x", kits=("salamander",))) is None


def test_json_holds_it(known: Provenance) -> None:
    assert Provenance.read(json.loads(json.dumps(known.as_dict()))) == known
    assert Provenance.read({}) == Provenance()


def test_what_a_model_went_on_from_stays_known(known: Provenance) -> None:
    later = Provenance.of([track("later")], ["avl"]).joined(known)
    assert later.knows_name("later") and later.knows_name("song") and later.kits == {"avl", "pearl"}
    assert later.recordings == known.recordings
