"""The figures of a classifier of one-shots, its card, and a song's own kit, with a classifier told by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sample_fakes

from drum_tabber.__main__ import main
from drum_tabber.errors import CorpusError
from drum_tabber.oneshots.cuts import Cut
from drum_tabber.sound import audio
from drum_tabber.tasks import sample_card, sample_figures, song_kit

RATE = 44100


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Low and high sounds, named kick and closed hat; the last is named wrongly."""
    time = np.arange(RATE // 4) / RATE
    for name, pitch in {"kick_001": 90, "kick_002": 100, "hhc_001": 9000, "hhc_002": 9500, "hhc_003": 90}.items():
        wave = 0.5 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.05)
        audio.write(tmp_path / "pack" / f"{name}.wav", wave.astype(np.float32), RATE)
    return tmp_path / "pack"


def test_figures_leave_out_what_was_learnt_from(pack: Path, tmp_path: Path) -> None:
    bundle = sample_fakes.tiny_bundle(tmp_path / "model")
    assert len(sample_figures.judged([pack], bundle)) == 5
    learnt = replace(bundle, facts={**bundle.facts, "learnt_elsewhere": ["pack/hhc_003.wav"]})
    sounds = sample_figures.judged([pack], learnt)
    assert len(sounds) == 4
    figures = sample_figures.measure(sounds, [], str(bundle.folder))
    assert figures.report.macro_f == 1 and figures.packs == {"pack": 1.0}
    assert sample_figures.measure(sample_figures.judged([pack], bundle), [], str(bundle.folder)).packs["pack"] == 0.8
    with pytest.raises(CorpusError, match="other"):
        sample_figures.judged([pack], bundle, ["other"])


def test_a_card_says_what_was_measured_and_keeps_its_prose(pack: Path, tmp_path: Path) -> None:
    bundle = sample_fakes.tiny_bundle(tmp_path / "model")
    figures = sample_figures.measure(sample_figures.judged([pack], bundle), [], str(bundle.folder))
    card = tmp_path / "README.md"
    sample_card.write(card, bundle, replace(figures, unknown=(0.99, 0.9, 0.01, 7), seconds=12.3), "abc")
    text = card.read_text(encoding="utf-8")
    assert "| kick | 0.800 | 2 |" in text and "AUROC 0.9900 over 7" in text and "12.3 s" in text
    card.write_text(text.replace("## Limits", "My own words.\n\n## Limits"), encoding="utf-8")
    sample_card.write(card, bundle, figures, "def")
    text = card.read_text(encoding="utf-8")
    assert "My own words." in text and "`def`" in text and "`abc`" not in text


def test_evaluation_writes_its_figures(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = sample_fakes.tiny_bundle(tmp_path / "model").folder
    assert main(["evaluate-samples", str(pack), "--model", str(model), "--json", str(tmp_path / "f.json")]) == 0
    assert "right by pack: pack 0.800" in capsys.readouterr().out
    assert '"packs"' in (tmp_path / "f.json").read_text(encoding="utf-8")


def test_a_kit_is_built_of_what_a_list_names(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = sample_fakes.tiny_bundle(tmp_path / "model").folder
    (tmp_path / "kit.txt").write_text("kick_001.wav\nhhc_001.wav\n", encoding="utf-8")
    command = ["kit", str(pack), "--model", str(model), "--out", str(tmp_path / "kits"), "--only"]
    assert main([*command, str(tmp_path / "kit.txt")]) == 0
    assert "2 keys, 2 samples: kick drum, hi-hat closed" in capsys.readouterr().out
    (tmp_path / "kit.txt").write_text("elsewhere.wav\n", encoding="utf-8")
    assert main([*command, str(tmp_path / "kit.txt"), "--overwrite"]) == 1
    assert "names no file of" in capsys.readouterr().err


def test_what_a_kit_leaves_out_is_said_and_listed(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = sample_fakes.tiny_bundle(tmp_path / "model").folder
    assert main(["kit", str(pack), "--model", str(model), "--out", str(tmp_path / "kits"), "--keys", "8"]) == 0
    said = capsys.readouterr().out
    rows = (tmp_path / "kits" / "pack" / "left_out.csv").read_text(encoding="utf-8").splitlines()
    played = sum(1 for _ in (tmp_path / "kits" / "pack" / "samples").iterdir())
    assert "left out" in said and rows[0] == "file,reason" and len(rows) - 1 + played == 5


def test_each_drum_of_a_song_plays_on_its_own_note_in_layers() -> None:
    said = {"BD": ["kick", "kick", "snr"], "LT": ["kick", "kick"]}
    found: dict[Path, Cut] = {}
    meant: dict[Path, str] = {}
    for drum, codes in said.items():
        for number, code in enumerate(codes):
            path = Path(f"{drum}_{number}.wav")
            found[path] = Cut(drum, 1.0, np.zeros((1, 9), np.float32), -30.0 + 5 * number, 0.5, 0.5)
            meant[path] = code
    plan = song_kit.by_drum(sample_fakes.verdicts(meant), found)
    assert [(one.key, one.code, one.name) for one in plan.keys] == [(36, "kick", "kick"), (43, "tomf", "tom floor")]
    assert [path.name for path, _ in plan.keys[0].files] == ["BD_0.wav", "BD_1.wav"]
    # No cut of the floor tom sounds like one, so the transcriber is believed; the kick's odd one is left out.
    assert len(plan.keys[1].files) == 2
    assert plan.left_out == {Path("BD_2.wav"): "it sounds like: snr"}
