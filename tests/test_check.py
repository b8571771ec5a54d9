"""Checking and aligning as commands: what they print and write, and how they refuse."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import configs
from drum_tabber import __main__
from drum_tabber.alignment import report
from drum_tabber.alignment.align import align_given
from drum_tabber.alignment.correct import Disagreement
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.hearing.targets import Decoding
from drum_tabber.sound import audio
from drum_tabber.tab import Bar, Stroke, Tab, TabStyle, write
from drum_tabber.vocabulary import Vocabulary

RATE = 8000
BARS = tuple(Bar.even(strokes=tuple(Stroke(slot, "BD") for slot in slots)) for slots in
             [(0, 3, 8), (0, 6, 8, 13), (1, 4, 10), (0, 2, 7, 12), (0, 5, 9, 14), (3, 8, 11, 15)])  # fmt: skip
START, TEMPO = 1.2, 100.0


@pytest.fixture
def project(convolution_bundle, tmp_path: Path, page: None) -> Path:  # type: ignore[no-untyped-def]
    """A folder with a tab, its song of bursts of noise, and a model that hears bursts as bass drum."""
    kernel = np.zeros((8, 7, 5))
    kernel[0, :, 2], kernel[0, :, :2] = 0.35, -0.17  # louder than the frames before
    bias = np.full(8, -6.0)
    bias[0] = -4.0
    convolution_bundle(tmp_path / "model", kernel, bias)
    tab = Tab("Bursts", TEMPO, BARS)
    text = write(tab, Vocabulary.of(configs.DRUMS), TabStyle(tuple(configs.TAB_ROWS)))
    (tmp_path / "bursts.txt").write_text(text, encoding="utf-8")
    rng = np.random.default_rng(0)
    samples = 1e-4 * rng.standard_normal(round(18 * RATE)).astype(np.float32)
    for time in times():
        first = round(time * RATE)
        samples[first : first + 240] += 0.5 * rng.standard_normal(240) * np.exp(-np.arange(240) / 80)
    audio.write(tmp_path / "bursts.wav", samples, RATE)
    configs.MODEL_BUNDLE, configs.SAMPLE_RATE, configs.FMAX = str(tmp_path / "model"), RATE, 3900.0
    return tmp_path


def times() -> list[float]:
    """When the bursts are."""
    return [START + (4 * n + one.slot / 4) * 60 / TEMPO for n, bar in enumerate(BARS) for one in bar.strokes]


def run(*arguments: object) -> int:
    return __main__.main([*map(str, arguments), "--set", f"SAMPLE_RATE={RATE}", "--set", "FMAX=3900.0"])


def test_align_writes_a_line_a_hit(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = project / "elsewhere" / "hits.csv"
    assert run("align", project / "bursts.txt", project / "bursts.wav", "--out", out, "--correct") == 0
    assert "hits in 6 bars" in capsys.readouterr().out
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == ["time", "drum", "velocity", "confidence", "bar", "slot"]
    assert [(int(row["bar"]), int(row["slot"])) for row in rows] == [
        (number, one.slot) for number, bar in enumerate(BARS, 1) for one in bar.strokes
    ]
    assert np.abs(np.array([float(row["time"]) for row in rows]) - times()).max() < 0.02
    written = {path.name for path in out.parent.iterdir()}
    assert written == {"hits.csv", "bursts.marked.txt", "bursts.corrected.txt"}
    assert [path.name for path in project.glob("bursts*.txt")] == ["bursts.txt"]


def test_hits_go_into_a_folder_under_the_tabs_name(project: Path) -> None:
    given = "align", project / "bursts.txt", project / "bursts.wav", "--formats", "midi", "--out"
    for folder in (project, project / "new"):
        assert run(*given, f"{folder}/") == 0
        assert (folder / "bursts.hits.csv").is_file() and (folder / "bursts.mid").is_file()


def test_a_tab_is_not_written_over_as_it_is_aligned(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (project / "bursts.txt").rename(project / "bursts.tab.txt")
    before = given.read_bytes()
    out = project / "bursts.hits.csv"
    assert run("align", given, project / "bursts.wav", "--out", out, "--formats", "tab,midi") == 1
    assert f"{given} is read and would be written over" in capsys.readouterr().err
    (project / "bursts.mid").write_bytes(b"theirs")
    assert run("align", given, project / "bursts.wav", "--out", out, "--formats", "midi") == 1
    assert "bursts.mid is not Drum Tabber's" in capsys.readouterr().err
    assert not out.exists() and given.read_bytes() == before, "all of it is said before listening"


@pytest.mark.parametrize(("doubted", "told"), [(1.01, True), (0.0, False)])
def test_a_tab_that_is_only_just_believed_is_told_of(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, doubted: float, told: bool
) -> None:
    monkeypatch.setattr("drum_tabber.tasks.align.DOUBTED", doubted)
    assert run("align", project / "bursts.txt", project / "bursts.wav", "--out", project / "hits.csv", "--afresh") == 0
    assert ("is doubtful" in capsys.readouterr().err) == told


def test_a_tab_that_does_not_fit_is_refused_by_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audio.write(project / "other.wav", np.zeros(8 * RATE, np.float32), RATE)
    assert run("align", project / "bursts.txt", project / "other.wav") == 2
    assert re.search(r"refused: .*bursts\.txt on .*other\.wav: nothing in the song", capsys.readouterr().err)
    assert not (project / "bursts.hits.csv").exists()


def test_a_wrong_tempo_is_blamed_where_the_tab_fits_without_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("align", project / "bursts.txt", project / "bursts.wav", "--tempo", "230") == 1
    said = capsys.readouterr().err
    assert re.search(
        r"--tempo 230 is not the tempo of .*: without it the tab fits, at about 100 BPM; leave it out", said
    )
    audio.write(project / "other.wav", np.zeros(8 * RATE, np.float32), RATE)
    assert run("align", project / "bursts.txt", project / "other.wav", "--tempo", "230") == 2
    assert re.search(r"refused: .*nothing in the song .*, without --tempo too;", capsys.readouterr().err)


def test_a_wrong_tempo_is_blamed_though_part_of_the_tab_fits_at_it(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drum_tabber.alignment.align.accepted", lambda timed: timed)  # as a plainer song would have it
    out = project / "hits.csv"
    assert run("align", project / "bursts.txt", project / "bursts.wav", "--tempo", "60", "--out", out) == 1
    assert "without it more of the tab fits, at about 100 BPM" in capsys.readouterr().err
    assert not out.exists()
    assert run("align", project / "bursts.txt", project / "bursts.wav", "--tempo", "60", "--out", out, "--insist") == 0


def test_align_goes_on_where_a_row_is_remarked_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tab = project / "bursts.txt"
    text = tab.read_text(encoding="utf-8")
    tab.write_text(text + "\nQQ|x---|\n", encoding="utf-8")
    assert run("align", tab, project / "bursts.wav") == 0
    said = capsys.readouterr()
    assert "hits in 6 bars" in said.out
    assert f"{tab}:{len(text.splitlines()) + 2}:1: no drum is called 'QQ'" in said.err
    tab.write_text("no tab\n", encoding="utf-8")
    assert run("align", tab, project / "bursts.wav") == 1
    assert "there is no tab here" in capsys.readouterr().err


def test_check_writes_what_to_see_and_hear(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run("check", project / "bursts.wav", "--tab", project / "bursts.txt", "--at", "1.2") == 0
    printed = capsys.readouterr().out
    assert re.search(
        r"1\.200 s, bar 1, beat 1, \d+% sure: bass drum\nBD\|o--o----o-------\|o-----o-o----o--\|", printed
    )
    assert printed.splitlines()[3] == "   ^"
    out = project / "bursts.check"
    assert {path.name for path in out.iterdir()} == {"check.wav", "check-augmented.wav", "check.png", "report.html"}
    left, right = audio.read(out / "check.wav").samples
    assert np.abs(left).max() > 0.1
    clicks = np.flatnonzero(np.abs(right) > 0.05) / RATE
    assert min(abs(clicks - times()[0])) < 0.02
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "http" not in re.sub(r"base64,[^\"]*", "", page)
    assert 'src="check.wav"' in page and 'src="check-augmented.wav"' in page


def test_the_tab_that_was_transcribed_beside_a_song_is_found(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configs, "TABS_DIR", str(project / "tabs"))
    assert run("check", project / "bursts.wav", "--at", "500") == 1
    assert f"has no tab {project / 'tabs' / 'bursts.txt'}" in capsys.readouterr().err
    (project / "bursts.txt").rename(project / "bursts.tab.txt")
    assert run("check", project / "bursts.wav", "--at", "500") == 1
    assert "--at 500 is outside" in capsys.readouterr().err


def test_a_place_beyond_the_song_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", project / "bursts.wav", "--tab", project / "bursts.txt", "--at", "500") == 1
    assert "--at 500 is outside" in capsys.readouterr().err
    assert not (project / "bursts.check").exists()


def test_a_folder_without_drums_is_said_before_anything_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "no_kit").mkdir()
    tab, out = project / "bursts.txt", project / "out"
    assert run("check", project / "bursts.wav", "--tab", tab, "--kit", project / "no_kit", "--out", out) == 1
    said = capsys.readouterr()
    assert "no_kit" in said.err and not said.out and not out.exists()


def test_a_tempo_of_nought_is_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("align", project / "bursts.txt", project / "bursts.wav", "--tempo", 0) == 1
    assert "--tempo is in quarter notes a minute" in capsys.readouterr().err


def test_what_was_made_to_check_is_no_song(project: Path) -> None:
    (project / "bursts.check").mkdir()
    audio.write(project / "bursts.check" / "check.wav", np.zeros(8, np.float32), RATE)
    assert audio.find([project]) == [project / "bursts.wav"]


def test_a_recording_without_samples_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audio.write(project / "none.wav", np.zeros(0, np.float32), RATE)
    assert run("align", project / "bursts.txt", project / "none.wav") == 1
    assert "none.wav holds no sound" in capsys.readouterr().err


def test_check_without_a_tab_says_where_it_looked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", project / "bursts.wav") == 1
    assert re.search(r"bursts\.wav has no tab tabs.bursts\.txt; name it with --tab FILE", capsys.readouterr().err)


def test_the_page_is_well_formed_and_names_disagreements() -> None:
    decoding = Decoding((("BD",),), {"BD": 0.4}, {"BD": 0.05})
    evidence = Evidence.of(np.full((900, 1), 0.01, np.float32), 50.0, ("BD",), decoding)
    timed = align_given(Tab(bars=BARS), evidence, 0.5 + 0.6 * np.arange(25))
    text = report.page(
        "<A & B>", timed, [Disagreement(2, Stroke(6, "HP"), False)], Vocabulary.of(configs.DRUMS), "six bars"
    )
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(drawing)
    assert text.count("<svg") == 3 and "&lt;A &amp; B&gt;" in text
    assert "bar 2: HF on beat 2.5 isn't heard" in text and "prefers-color-scheme: dark" in text
