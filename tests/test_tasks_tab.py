"""The tab command: what it prints of a tab in a dialect."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import mido
import pytest
from scores import PRESENTATION

import configs
from drum_tabber import tab
from drum_tabber.__main__ import main
from drum_tabber.errors import TabError
from drum_tabber.export import midifile
from drum_tabber.notation.written import from_tab
from drum_tabber.tab import Bar, Stroke, Tab, read
from drum_tabber.tasks import bench
from drum_tabber.vocabulary import Vocabulary

TEXT = """\
tempo 96
Verse 1 (0:32)
H |x---x---x---x---|x---x---x---x---| x2
S |----@-------@---|----o-------o--|
B |o-------o-------|o-------o-------|
QQ|----------------|--------x-------|
let it ring
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A tab on disk, as an old editor saved it."""
    file = tmp_path / "song.txt"
    file.write_bytes(TEXT.replace("-@", "\u2013@").replace("\n", "\r\n").encode("cp1252"))
    return file


def test_it_prints_our_own_form_and_a_report(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tab", str(path)]) == 0
    written, report = capsys.readouterr().out.split("4 bars in 4/4; 96 beats a minute; hits: ")
    tab = read(written, Vocabulary.of(configs.DRUMS))
    assert len(tab.bars) == 4 and tab.sections[0].time == 32.0
    assert "HH 16" in report
    assert "bar 1: Verse 1 at 32 s" in report
    assert "4:36 bar 2 has 15 columns here and 16 on line 3: rests put at its end" in report
    assert "6:1 no drum is called 'QQ'" in report
    assert "how to play, in words:\n  the end: let it ring\n" in report


def test_it_prints_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tab", str(path), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["bars"], content["beats_per_minute"], content["meters"]) == (4, 96.0, ["4/4"])
    assert content["hits"] == {"HH": 16, "BD": 8, "SS": 4, "SD": 4}
    assert content["sections"] == [{"name": "Verse 1", "bar": 1, "time": 32.0, "tempo": None}]
    assert {remark["line"] for remark in content["repairs"]} == {4}
    assert [remark["line"] for remark in content["unread"]] == [6]
    assert content["notes"] == [{"bar": 0, "line": 7, "column": 1, "text": "let it ring"}]
    assert all({"line", "text", "why"} <= remark.keys() for remark in content["repairs"] + content["unread"])


def test_a_text_without_a_bar_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("Dear all,\nno tab today.\n", encoding="utf-8")
    assert main(["tab", str(tmp_path / "letter.txt")]) == 1
    assert "error: there is no tab in" in capsys.readouterr().err


def test_the_tab_of_a_song_without_drums(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent = tmp_path / "silent.tab.txt"
    silent.write_text(tab.write(Tab("Silence", key="A minor"), PRESENTATION.vocabulary, PRESENTATION.style))
    assert silent.read_text() == "Title: Silence\nKey: A minor\n\nNo drums were heard.\n"
    assert main(["tab", str(silent)]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "No drums were heard.\n")


def test_a_file_that_is_not_there_is_named_without_a_place_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tab", str(tmp_path / "lost.txt")]) == 1
    said = capsys.readouterr().err
    assert said == f"error: {tmp_path / 'lost.txt'}: can't read the tab: No such file or directory; check the name\n"


def test_it_writes_other_formats_and_reads_them(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formats = "tab,midi,musicxml,chart,alphatex,json,csv"
    assert main(["tab", str(path), "--formats", formats, "--out", str(path.parent / "out")]) == 0
    first = capsys.readouterr().out.split("put right")[0]
    written = sorted(file.name for file in (path.parent / "out").iterdir())
    assert written == ["song.atex", "song.chart", "song.drums.json", "song.hits.csv", "song.mid", "song.musicxml",
                       "song.tab.txt"]  # fmt: skip
    for name in ("song.mid", "song.musicxml"):
        assert main(["tab", str(path.parent / "out" / name)]) == 0
        again = capsys.readouterr().out
        assert again.split("\n\n")[2] == first.split("\n\n")[2].replace(" 0:32\n", "\n")  # that alone is lost
        assert "4 bars in 4/4; 96 beats a minute" in again


def test_a_score_that_a_tab_has_no_room_for_is_reported_as_it_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strokes = (Stroke(0, "HH"), Stroke(0, "HO"), Stroke(4, "SD"), Stroke(8, "HH"))
    path = tmp_path / "hats.mid"
    midifile.write(path, from_tab(Tab(bars=(Bar(strokes=strokes),) * 2), PRESENTATION))
    assert main(["tab", str(path), "--formats", "html,tab,musicxml"]) == 0
    said = capsys.readouterr().out
    assert "HH|o-------x-------|" in said and "hits: HO 2, SD 2, HH 2\n" in said
    assert "  HH gives way to HO in one slot of 2 bars, the first is bar 1  <\n" in said
    assert "HH|o-------x-------|" in (tmp_path / "hats.tab.txt").read_text(encoding="utf-8")
    assert main(["tab", str(tmp_path / "hats.musicxml"), "--json"]) == 0
    (repair,) = json.loads(capsys.readouterr().out)["repairs"]  # both are still in the score
    assert (repair["line"], repair["why"][:18]) == (0, "HH gives way to HO")


def test_a_bar_alone_is_drawn_and_its_tempo_is_not_made_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bar.txt").write_text("HH|x-x-x-x-x-x-x-x-|\nSD|----o-------o---|\n")
    assert main(["tab", str(tmp_path / "bar.txt"), "--formats", "pdf,png,tab"]) == 0
    said = capsys.readouterr()
    assert "Tempo" not in said.out and "no tempo stated" in said.out
    assert [(tmp_path / f"bar.{kind}").is_file() for kind in ("drums.pdf", "drums.png", "tab.txt")] == [True] * 3


def test_a_format_that_there_is_not_and_a_file_over_itself(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tab", str(path), "--formats", "doc"]) == 1
    assert "there is no format 'doc'; choose among tab, midi" in capsys.readouterr().err
    assert main(["tab", str(path), "--formats", "midi"]) == 0
    assert main(["tab", str(path.with_suffix(".mid")), "--formats", "midi"]) == 1
    assert "written over itself; name another folder with --out" in capsys.readouterr().err


@pytest.mark.parametrize("spelling", ["absolute", "roundabout", "linked"])
def test_a_file_over_itself_however_its_folder_is_spelt(
    spelling: str, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tab", str(path), "--formats", "midi"]) == 0
    folder = path.parent
    monkeypatch.chdir(folder)
    (folder / "sub").mkdir()
    (folder / "link").symlink_to(folder)
    out = {"absolute": str(folder), "roundabout": "sub/..", "linked": "link"}[spelling]
    before = (folder / "song.mid").read_bytes()
    assert main(["tab", "song.mid", "--formats", "midi", "--out", out]) == 1
    assert "song.mid would be written over itself" in capsys.readouterr().err
    assert (folder / "song.mid").read_bytes() == before


def test_a_recording_is_told_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "song.ogg").write_bytes(b"OggS\x00\x02" + bytes(200))
    with pytest.raises(TabError, match=r"song\.ogg.*no text.*transcribe\.py SONG.*align TAB SONG"):
        tab.open_text(tmp_path / "song.ogg")


@pytest.mark.parametrize("text", ["x", "0", "-1", "601", "nan"])
def test_minutes_are_a_number_that_makes_sense(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="minutes are a number above 0"):
        bench._minutes(text)


def test_notes_of_a_midi_file_that_are_no_drum_here_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    track = mido.MidiTrack()
    for note in (36, 56, 38, 56, 39):
        track.append(mido.Message("note_on", channel=9, note=note, velocity=90))
        track.append(mido.Message("note_off", channel=9, note=note, time=480))
    mido.MidiFile(tracks=[track]).save(tmp_path / "odd.mid")
    assert main(["tab", str(tmp_path / "odd.mid")]) == 0
    said = "3 notes of no drum in the table: note 56 (cowbell) x2, note 39 (hand clap) x1"
    assert said in capsys.readouterr().out
    assert main(["tab", str(tmp_path / "odd.mid"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unread"][0]["why"] == said


def test_a_bar_that_is_a_column_short_has_a_rest_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x|\nSD|●---o-------•---|----o-------o--|\n")
    assert main(["tab", str(tmp_path / "a.txt")]) == 0
    out = capsys.readouterr().out
    assert "HH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|\nSD|o---o-------o---|----o-------o---|" in out
    assert "its columns are taken for sixteenths, rests put at its end" in out
