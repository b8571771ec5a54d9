"""The commands about one-shots, run as a user runs them, with a classifier that needs no training."""

from __future__ import annotations

import ast
import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import sample_fakes

from drum_tabber.__main__ import main
from drum_tabber.sound import audio
from drum_tabber.tasks import generate
from drum_tabber.tasks.map import laid_out

RATE = 44100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A low and a high sound, the high one in a folder of its own, and a file that is no sound."""
    time = np.arange(RATE // 4) / RATE
    for name, pitch in {"low 1.wav": 90, "more/high,2.flac": 9000}.items():
        wave = 0.5 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.05)
        audio.write(tmp_path / "sounds" / name, wave.astype(np.float32), RATE)
    return tmp_path / "sounds"


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(sample_fakes.tiny_bundle(tmp_path / "model").folder)


def test_labels_are_printed_as_a_dictionary(folder: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "-d", str(folder), "--recursive", "--model", model]) == 0
    out = capsys.readouterr().out
    assert ast.literal_eval(out) == json.loads(out)
    assert {*json.loads(out)} == {str(folder / "low 1.wav"), str(folder / "more/high,2.flac")}
    assert out.count("\n") == 4  # an entry a line between the braces


@pytest.mark.parametrize("kind", ["rank", "prob"])
def test_dictionaries_are_json_that_python_reads_too(
    kind: str, folder: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = folder / "grosse caisse é\udcff.wav"  # a byte that is no UTF-8
    (folder / "low 1.wav").rename(named)
    assert main(["classify", "-d", str(folder), "-t", kind, "--model", model]) == 0
    out = capsys.readouterr().out
    assert ast.literal_eval(out) == json.loads(out) and [*json.loads(out)] == [str(named)]


def test_a_folder_is_not_searched_through_unless_asked(
    folder: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", "-d", str(folder), "--model", model]) == 0
    assert len(ast.literal_eval(capsys.readouterr().out)) == 1


def test_tables_have_the_precursor_s_form(folder: Path, model: str, tmp_path: Path) -> None:
    tables = {}
    for kind in ("label", "rank", "prob", "mat"):
        out = tmp_path / f"{kind}.csv"
        assert main(["classify", "-d", str(folder), "--recursive", "-t", kind, "-o", str(out), "--model", model]) == 0
        with out.open(newline="", encoding="utf-8") as file:
            tables[kind] = list(csv.reader(file))
    assert tables["prob"][0] == ["file", "kick", "snr", "hhc", "unknown"]
    assert [len(rows) for rows in tables.values()] == [2, 2, 3, 2]
    assert [len(rows[-1]) for rows in tables.values()] == [2, 4, 5, 3]
    assert sum(map(float, tables["mat"][0])) == pytest.approx(1.0, abs=1e-4)
    assert tables["rank"][0][1] == "kick" and tables["rank"][1][1] == "hhc"


def test_a_bad_file_is_said_and_the_rest_goes_on(folder: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.wav").write_text("no sound")
    assert main(["classify", "-l", f"{folder}/bad.wav,{folder}/low 1.wav", "--model", model]) == 1
    out, err = capsys.readouterr()
    assert len([line for line in err.splitlines() if "bad.wav" in line]) == 1
    assert [*ast.literal_eval(out)] == [f"{folder}/low 1.wav"]


def test_sorting_copies_or_links_and_overwrites_nothing(folder: Path, model: str, tmp_path: Path) -> None:
    audio.write(folder / "more" / "low 1.wav", audio.read(folder / "low 1.wav").samples, RATE)
    command = ["classify", "-d", str(folder), "--recursive", "--model", model, "--sort", str(tmp_path / "sorted")]
    assert main(command) == 0
    names = sorted(path.name for path in (tmp_path / "sorted").rglob("*.*"))
    assert names == ["high,2.flac", "low 1.wav", "low 1_2.wav"]
    command[-1] = str(tmp_path / "linked")
    assert main([*command, "--link"]) == 0
    assert all(path.is_symlink() and path.exists() for path in (tmp_path / "linked").rglob("*.*"))


def test_no_files_is_an_error_with_a_way_out(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "-d", str(tmp_path / "model"), "--model", model]) == 1
    assert "--recursive" in capsys.readouterr().err


def test_places_on_the_map_keep_neighbours_together() -> None:
    rng = np.random.default_rng(0)
    latent = np.concatenate([rng.normal(0, 0.01, (5, 7)), rng.normal(3, 0.01, (5, 7))]).astype(np.float32)
    places = laid_out(latent)
    assert places.shape == (10, 2) and places.min() == 0 and places.max() == 1
    assert abs(np.median(places[:5, 0]) - np.median(places[5:, 0])) > 0.9
    assert laid_out(latent[:1]).tolist() == [[0, 0]] and laid_out(latent[:0]).shape == (0, 2)


def test_a_map_is_a_page_that_a_browser_opens(folder: Path, model: str, tmp_path: Path) -> None:
    assert main(["map", str(folder), "--out", str(tmp_path / "page"), "--model", model]) == 0
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "page.png").is_file() and not (tmp_path / "page").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("map bad", "no map to draw"),
        ("kit bad", "no kit to build"),
        ("classify -d bad", "nothing to class"),
        ("classify -d bad -o out.csv", "nothing to class"),
    ],
)
def test_nothing_that_can_be_read_is_an_error_and_leaves_nothing(
    command: str,
    said: str,
    tmp_path: Path,
    model: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "kick.wav").write_text("no sound")
    assert main([*command.split(), "--model", model]) == 1
    out, err = capsys.readouterr()
    assert said in err and not out
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == sorted(["bundle.json", "kick.wav", "model.onnx"])


def test_chunks_are_clean_and_the_table_says_so(tmp_path: Path) -> None:
    wave = np.concatenate([np.full(5000, 0.5), np.zeros(8000)]).astype(np.float32)
    for name in ("snare_001", "kick_001", "kick_002"):
        audio.write(tmp_path / "raw" / f"{name}.wav", wave, 16000)
    assert main(["generate", "--raw", str(tmp_path / "raw"), "--clean", str(tmp_path / "clean")]) == 0
    with (tmp_path / "clean" / generate.TABLE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [*rows[0]] == ["file", "length", "avg_db", "class", "class_id"]
    assert {(row["class"], row["class_id"]) for row in rows} == {("kick", "0"), ("snare", "1")}
    for row in rows:
        sound = audio.read(tmp_path / "clean" / row["file"])
        assert (sound.samples.shape, sound.sample_rate) == ((1, 1600), 16000)


def test_chunks_of_an_earlier_run_go(tmp_path: Path) -> None:
    raw, clean = tmp_path / "raw", tmp_path / "clean"
    kept = (clean / "mine.wav", tmp_path / "apart.wav")
    for name, n_samples in (("kick_001", 8000), ("snare_001", 3200)):
        audio.write(raw / f"{name}.wav", np.full(n_samples, 0.5, np.float32), 16000)
    for path in kept:
        audio.write(path, np.full(1600, 0.5, np.float32), 16000)
    command = ["generate", "--raw", str(raw), "--clean", str(clean)]
    assert main(command) == 0 and len([*clean.glob("*_*.wav")]) == 7
    with (clean / generate.TABLE).open("a", encoding="utf-8") as file:
        file.write("../apart.wav,0.1,-6,kick,0\n")
    (raw / "snare_001.wav").unlink()
    assert main([*command, "--seconds", "0.5"]) == 0
    assert sorted(path.name for path in clean.glob("*.wav")) == ["kick_001.wav", "mine.wav"]
    assert all(path.is_file() for path in kept)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--seconds 0", "--seconds needs a number of at least 6.25e-05, one sample, not 0"),
        ("--seconds -1", "--seconds needs a number of at least 6.25e-05, one sample, not -1"),
        ("--seconds nan", "--seconds needs a number of at least 6.25e-05, one sample, not nan"),
        ("--seconds inf", "--seconds needs a number of at least 6.25e-05, one sample, not inf"),
        ("--rate 0", "--rate needs a number of at least 1, not 0"),
    ],
)
def test_chunks_without_a_length_are_refused(
    option: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audio.write(tmp_path / "raw" / "kick_001.wav", np.full(5000, 0.5, np.float32), 16000)
    assert main(["generate", "--raw", str(tmp_path / "raw"), "--clean", str(tmp_path / "c"), *option.split()]) == 1
    assert capsys.readouterr().err == f"error: {said}\n"


def test_an_archive_comes_back_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "raw" / "in").mkdir(parents=True)
    (tmp_path / "raw" / "in" / "kick_001.wav").write_bytes(b"sound")
    assert main(["archive", "compress", "raw", "--data", str(tmp_path)]) == 0
    (tmp_path / "raw" / "in" / "kick_001.wav").unlink()
    assert main(["archive", "extract", "raw", "--data", str(tmp_path)]) == 0
    assert (tmp_path / "raw" / "in" / "kick_001.wav").read_bytes() == b"sound"
    assert main(["archive", "extract", "clean", "--data", str(tmp_path)]) == 1
    assert "clean.zip" in capsys.readouterr().err


def test_an_archive_that_leads_elsewhere_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "raw.zip", "w") as packed:
        packed.writestr("../out.wav", b"sound")
    assert main(["archive", "extract", "raw", "--data", str(tmp_path)]) == 1
    assert "leads out" in capsys.readouterr().err and not (tmp_path / "out.wav").exists()
