"""Writers of transcriptions: each is read back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber import midi, tab
from drum_tabber.errors import DrumTabberError
from drum_tabber.events import Beats, Hits
from drum_tabber.export import WRITERS, Writer, check, export, read_hits_csv
from drum_tabber.export.columns import write_beats, write_hits
from drum_tabber.notation.quantize import Dynamics
from drum_tabber.notation.transcription import Presentation, Transcription, notate
from drum_tabber.tab import EMPTY, TabStyle
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
STYLE = TabStyle(tuple(configs.TAB_ROWS))
BEATS = Beats(np.array([0.25 + 0.5 * beat for beat in range(9)]), np.arange(9) % 4 + 1)
HITS = Hits.of(
    [0.2512345678, 0.749, 1.251, 1.75, 2.253, 3.1249],
    ["BD", "SD", "BD", "SD", "CC", "HO"],
    [99, 120, 80, 30, 127, 64],
    0.87654,
)


def song(hits: Hits = HITS, beats: Beats = BEATS) -> Transcription:
    """A short transcription."""
    return notate("Söng", 6.5, hits, beats, Presentation(DRUMS, STYLE, 4, Dynamics()))


def test_every_format_is_written_under_its_name(tmp_path: Path) -> None:
    paths = export(song(), tmp_path / "new", "demo", WRITERS)
    assert [path.name for path in paths] == [f"demo{writer.suffix}" for writer in WRITERS.values()]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in paths)


def test_two_exports_are_identical(tmp_path: Path) -> None:
    first, second = (export(song(), tmp_path / name, "demo", WRITERS) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_the_tab_is_read_back(tmp_path: Path) -> None:
    (path,) = export(song(), tmp_path, "demo", ["tab"])
    assert tab.load(path, DRUMS) == song().tab


def test_the_midi_file_is_read_back(tmp_path: Path) -> None:
    (path,) = export(song(), tmp_path, "demo", ["midi"])
    score = midi.read(path, DRUMS)
    np.testing.assert_allclose(score.hits.time, HITS.time, atol=1e-3)
    np.testing.assert_allclose(score.beats.time, BEATS.time, atol=1e-5)


def test_the_columns(tmp_path: Path) -> None:
    (path,) = export(song(), tmp_path, "demo", ["csv"])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["time,drum,velocity,confidence,bar,slot", "0.251235,BD,99,0.8765,1,0"]
    assert lines[-1] == "3.124900,HO,64,0.8765,2,7"
    hits = read_hits_csv(path)
    np.testing.assert_allclose(hits.time, HITS.time, atol=1e-6)
    np.testing.assert_allclose(hits.confidence, HITS.confidence, atol=1e-4)
    assert (hits.drum.tolist(), hits.velocity.tolist()) == (HITS.drum.tolist(), HITS.velocity.tolist())


def test_hits_without_places(tmp_path: Path) -> None:
    path = tmp_path / "x.hits.csv"
    write_hits(path, HITS)
    assert path.read_text(encoding="utf-8").splitlines()[1] == "0.251235,BD,99,0.8765,,"
    assert len(read_hits_csv(path)) == len(HITS)


def test_columns_of_others(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("drum,time\nSD,2\nBD,1.5\n", encoding="utf-8")
    assert read_hits_csv(path) == Hits.of([1.5, 2.0], ["BD", "SD"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column 'time'"),
        ("time,drum\nx,BD\n", "numbers"),
        ("time,drum\n1\n", "lacks"),
        ("time,drum\n1,kick\n", "'kick' is no drum; name drums by codes such as BD"),
        ("", "no column"),
    ],
)
def test_wrong_columns_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DrumTabberError, match=message) as caught:
        read_hits_csv(path)
    assert "wrong.csv" in str(caught.value)


def test_beats_as_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.beats.csv"
    write_beats(path, BEATS)
    assert path.read_text(encoding="utf-8").splitlines()[:2] == ["time,place", "0.250000,1"]


def test_the_document(tmp_path: Path) -> None:
    (path,) = export(song(), tmp_path, "demo", ["json"])
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["title"] == "Söng"
    assert content["hits"][1] == {
        "time": 0.749,
        "drum": "SD",
        "velocity": 120,
        "confidence": 0.8765,
        "bar": 1,
        "slot": 4,
    }
    assert content["beats"][4] == {"time": 2.25, "position": 1}
    assert content["tempo"] == [{"bar": 1, "time": 0.25, "bpm": 120.0}]
    assert content["meters"] == [{"bar": 1, "beats": 4, "unit": 4}]
    assert content["sections"] == []


def test_silence_makes_files_too(tmp_path: Path) -> None:
    text, columns, document = export(song(Hits(), Beats()), tmp_path, "silence", ["tab", "csv", "json"])
    export(song(Hits(), Beats()), tmp_path, "silence", WRITERS)
    assert EMPTY in text.read_text(encoding="utf-8")
    assert len(read_hits_csv(columns)) == 0
    assert json.loads(document.read_text(encoding="utf-8"))["tempo"] == []


def test_what_cannot_be_written_keeps_nothing_else_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, song: Transcription) -> None:
        raise DrumTabberError("pip install matplotlib")

    monkeypatch.setitem(WRITERS, "png", Writer(".drums.png", fail))
    with pytest.raises(DrumTabberError, match="matplotlib"):
        export(song(), tmp_path, "song", ["png", "csv", "csv"])
    assert [path.name for path in tmp_path.iterdir()] == ["song.hits.csv"]


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DrumTabberError, match="'doc'; choose among tab, midi, csv"):
        export(song(), tmp_path, "demo", ["tab", "doc"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["png", "pdf"])
def test_a_missing_package_is_told_ahead_and_costs_no_other_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    check(WRITERS)
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it weren't installed
    check(format_name for format_name in WRITERS if format_name not in ("png", "pdf"))
    with pytest.raises(DrumTabberError, match="which isn't here: pip install matplotlib"):
        check(["tab", name])
    with pytest.raises(DrumTabberError, match="which isn't here: pip install matplotlib"):
        export(song(), tmp_path, "song", [name, "tab"])
    assert [path.name for path in tmp_path.iterdir()] == ["song.tab.txt"]


def test_formats_are_checked_without_loading_what_they_need() -> None:
    probe = "import sys\nfrom drum_tabber import export\nexport.check(export.WRITERS)\nprint(*sys.modules)"
    words = [sys.executable, "-c", probe]
    root = Path(__file__).parents[1]
    modules = subprocess.run(words, capture_output=True, text=True, cwd=root, check=True).stdout.split()
    assert "drum_tabber.export.picture" in modules and "matplotlib" not in modules


@pytest.mark.parametrize("name", WRITERS)
def test_a_failure_leaves_nothing_half_written(tmp_path: Path, name: str) -> None:
    (tmp_path / f"demo{WRITERS[name].suffix}").mkdir()
    with pytest.raises(DrumTabberError, match="a folder has that name"):
        export(song(), tmp_path, "demo", [name])
    assert [path.name for path in tmp_path.iterdir()] == [f"demo{WRITERS[name].suffix}"]
