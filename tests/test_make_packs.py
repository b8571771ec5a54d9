"""Packs made of other packages' sounds: what is named after a drum is kept, and training reads what is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drum_tabber.oneshots import packs
from drum_tabber.sound import audio
from tools import make_packs

RATE = 22050


def test_files_named_after_drums_become_a_pack_that_training_reads(tmp_path: Path) -> None:
    wave = (0.5 * np.random.default_rng(0).standard_normal(RATE // 3)).astype(np.float32)
    for name in ("BD_Acou_01", "5-open-hi-hat", "hhclosed_02", "Violin"):
        audio.write(tmp_path / "in" / f"{name}.wav", wave, RATE)
    (tmp_path / "in" / "kick.wav").write_bytes(b"no sound")
    sounds = make_packs.named_files(sorted((tmp_path / "in").iterdir()))
    make_packs.write_pack(tmp_path, "Kit (v. 1)", "CC0", sounds)
    found = packs.files(tmp_path / "Kit_v._1_")
    assert {(sound.path.stem, sound.label) for sound in found} == {
        ("BD_Acou_01", "kick"),
        ("5-open-hi-hat", "hho"),
        ("hhclosed_02", "hhc"),
    }
    assert {(sound.pack, sound.licence) for sound in found} == {("Kit (v. 1)", "CC0")}
    heard = audio.read(found[0].path)
    assert heard.sample_rate == make_packs.RATE and heard.samples.shape == (1, len(wave) * 2)


def test_nothing_is_written_where_a_source_is_missing(tmp_path: Path) -> None:
    make_packs.write_pack(tmp_path, "kit", "CC0", make_packs.named_files([]))
    assert not [*tmp_path.iterdir()]


def test_raw_waves_are_named_by_their_table(tmp_path: Path) -> None:
    np.arange(-500, 500, dtype=">i2").tofile(tmp_path / "tommiddr.raw")
    np.zeros(10, ">i2").tofile(tmp_path / "sinewave.raw")
    (sound,) = make_packs.raw_waves(tmp_path)
    assert (sound.name, sound.instrument, len(sound.wave)) == ("tommiddr", "tom mid", 2000)
