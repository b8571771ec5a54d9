"""Hydrogen's kits: layers and velocities, licences stated, missing and refused, drums told by instrument and file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.kits import hydrogen
from drum_tabber.kits.kit import Kit, load_kits
from drum_tabber.sound import audio

RATE = 16000


def make(folder: Path, licence: str, *instruments: tuple[str, int, list[tuple[str, float]]], info: str = "") -> Path:
    """A kit of decaying noises, an instrument of a name, a note and layers (file, highest velocity)."""
    folder.mkdir(parents=True)
    rows: list[str] = []
    for name, note, layers in instruments:
        for file, _ in layers:
            noise = np.random.default_rng(len(rows)).uniform(-0.5, 0.5, 3000) * np.exp(-np.arange(3000) / 600)
            audio.write(folder / file, noise.astype(np.float32), RATE)
        inside = "".join(
            f"<layer><filename>{file}</filename><min>0</min><max>{top}</max></layer>" for file, top in layers
        )
        rows.append(f"<instrument><name>{name}</name><midiOutNote>{note}</midiOutNote>{inside}</instrument>")
    stated = f"<license>{licence}</license><info>{info}</info>"
    text = f'<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit">{stated}{"".join(rows)}</drumkit_info>'
    (folder / "drumkit.xml").write_text(text, encoding="utf-8")
    return folder


KICK = ("Kick", 60, [("soft.wav", 0.4), ("a hard one.wav", 1.0)])
SNARE = ("Snare (Free Floating)", 60, [("s.wav", 1.0)])
HATS = ("Closed HH", 60, [("h1.wav", 1.0)]), ("Hat 1 Op", 60, [("h2_Op.wav", 1.0)])


def test_layers_are_ordered_by_their_velocities_not_their_names(tmp_path: Path) -> None:
    kit = Kit.load(make(tmp_path / "kit", "GPL", KICK, SNARE, *HATS), RATE)
    assert {code: len(pieces) for code, pieces in kit.pieces.items()} == {"BD": 1, "SD": 1, "HH": 1, "HO": 1}
    assert [sample.name for sample in kit.pieces["BD"][0].samples] == ["soft", "a hard one"]
    assert [sample.strength[0] for sample in kit.pieces["BD"][0].samples] == [51, 127]
    assert kit.pieces["BD"][0].layered
    assert kit.licences == {"GPL"}


def test_a_folder_of_kits_gives_those_that_may_be_used(tmp_path: Path) -> None:
    for name, licence in (("a", "CC0"), ("b", ""), ("c", "CC BY-NC-SA 4.0"), ("d", "free for non-commercial use")):
        make(tmp_path / name, licence, KICK, SNARE, *HATS)
    make(tmp_path / "e", "", KICK, SNARE, *HATS, info="Recorded at home. Released under the GPL. Enjoy")
    make(tmp_path / "f", "", KICK, SNARE, *HATS)
    (tmp_path / "f" / "README").write_text("My kit\nLicence: GNU GPL v2\n", encoding="utf-8")
    british = make(tmp_path / "g", "GPL", KICK, SNARE, *HATS) / "drumkit.xml"
    british.write_text(british.read_text(encoding="utf-8").replace("license>", "licence>"), encoding="utf-8")
    kits = load_kits(tmp_path, RATE)
    assert [*kits] == ["a", "e", "f", "g"]
    assert [*kits["e"].licences] == ["Released under the GPL."]
    assert [*kits["f"].licences] == ["Licence: GNU GPL v2"]


@pytest.mark.parametrize(
    ("name", "note", "file", "code"),
    [
        ("Pedal HH", 60, "hihat-semi-open-1.wav", "HO"), ("Pedal HH", 60, "hh_p.wav", "HP"),
        ("Stick", 60, "stick.wav", "SS"), ("Stick", 39, "x.wav", None),
        ("Hat Swish", 60, "x.wav", None), ("Splash Choke", 60, "x.wav", None), ("Crash/Ride", 57, "x.wav", None),
        ("crash16inch", 60, "crash_ride2.wav", None), ("Snare Rimshot", 60, "SnareRim-0.wav", "SD"),
        ("Snare 2", 47, "SnareOff-0.wav", None), ("Kick", 60, "tom-0105.wav", None), ("Cajon Thump", 60, "x.wav", None),
    ],
)  # fmt: skip
def test_a_drum_is_what_instrument_and_file_agree_on(
    tmp_path: Path, name: str, note: int, file: str, code: str | None
) -> None:
    kit = Kit.load(make(tmp_path / "kit", "CC0", (name, note, [(file, 1.0)]), KICK), RATE)
    assert {*kit.pieces} - {"BD"} == ({code} - {None})


def test_a_broken_description_is_named(tmp_path: Path) -> None:
    (tmp_path / "drumkit.xml").write_text("<drumkit_info><name>", encoding="utf-8")
    assert hydrogen.kit_folders(tmp_path) == [tmp_path]
    with pytest.raises(CorpusError, match=r"can't read .*drumkit.xml: .*; mend the kit or move it away"):
        Kit.load(tmp_path, RATE)
