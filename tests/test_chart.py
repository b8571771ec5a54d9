"""Charts for games: lanes, flags, tempo and sections, and back."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import PRESENTATION, even_tabs, music, one_drum, tabs

from drum_tabber.errors import DrumTabberError
from drum_tabber.export import chart
from drum_tabber.notation.transcription import Transcription
from drum_tabber.notation.written import from_tab
from drum_tabber.tab import Bar, Section, Stroke, Tab

EXACT = {"BD", "SD", "HH", "HT", "MT", "LT", "CC", "RD"}  # drums that have a lane to themselves
TOMS = {"HT", "MT", "LT"}


def written(tab: Tab, path: Path) -> Path:
    """The tab as a chart."""
    chart.write(path, from_tab(tab, PRESENTATION))
    return path


def notes(path: Path) -> list[tuple[int, int]]:
    """Ticks and numbers of the notes in a chart."""
    block = path.read_text(encoding="utf-8").split("[ExpertDrums]")[1]
    rows = [line.split() for line in block.splitlines() if " = N " in line]
    return [(int(row[0]), int(row[3])) for row in rows]


def reduced(tab: Tab) -> Tab:
    """What of a tab a chart can hold: drums with a lane of their own, no tom beside a cymbal, kicks all alike."""
    content = []
    for bar in tab.bars:
        strokes = [stroke for stroke in bar.strokes if stroke.drum in EXACT]
        cymbals = {stroke.slot for stroke in strokes if stroke.drum not in TOMS}
        strokes = [stroke for stroke in strokes if stroke.drum not in TOMS or stroke.slot not in cymbals]
        kept = (
            stroke._replace(articulation="", dynamic="normal" if stroke.drum == "BD" else stroke.dynamic)
            for stroke in strokes
        )
        content.append(replace(bar, strokes=tuple(kept)))
    last = max((number for number, bar in enumerate(content, start=1) if bar.strokes), default=1)
    sections = tuple(section for section in tab.sections if section.bar <= last)
    return replace(tab, bars=tuple(content[:last]), sections=sections)


@settings(deadline=None, max_examples=30)
@given(tabs())
def test_what_a_chart_can_say_is_read_back(tmp_path_factory: pytest.TempPathFactory, tab: Tab) -> None:
    tab = reduced(replace(tab, title=tab.title.replace('"', "'").replace("]", "")))
    tab = replace(tab, sections=tuple(one._replace(name=one.name.translate(str.maketrans('"', "'", "[]{}")))
                                      for one in tab.sections))  # fmt: skip
    tab = Tab(tab.title, tab.tempo, tab.bars, tab.sections)
    path = written(tab, tmp_path_factory.mktemp("chart") / "song.chart")
    found, expected = music(chart.read(path)), music(tab)
    assert found[:2] == expected[:2] and found[3] == expected[3]
    assert found[2] == expected[2]
    np.testing.assert_allclose(found[4], expected[4], atol=0.05)


@settings(deadline=None, max_examples=20)
@given(even_tabs())
def test_bars_keep_their_columns(tmp_path_factory: pytest.TempPathFactory, tab: Tab) -> None:
    path = written(tab, tmp_path_factory.mktemp("even") / "song.chart")
    assert chart.read(path).bars == tab.bars


@pytest.mark.parametrize(
    ("strokes", "numbers"),
    [
        ([Stroke(0, "BD", "accent")], [0]),
        ([Stroke(0, "SD", "ghost")], [1, 40]),
        ([Stroke(0, "SS", "accent")], [1, 34]),
        ([Stroke(0, "HO", "accent")], [2, 35, 66]),
        ([Stroke(0, "HT")], [2]),
        ([Stroke(0, "MT", "accent")], [3, 36]),
        ([Stroke(0, "RB")], [3, 67]),
        ([Stroke(0, "LT", "ghost")], [4, 43]),
        ([Stroke(0, "CC", "accent")], [4, 37, 68]),
        ([Stroke(0, "HP")], []),
        ([Stroke(0, "HH"), Stroke(0, "HT")], [2, 66, 3]),  # one lane plays one
        ([Stroke(0, "CC"), Stroke(0, "CH"), Stroke(0, "BD")], [0, 3, 67, 4, 68]),
    ],
)
def test_lanes_and_flags(tmp_path: Path, strokes: list[Stroke], numbers: list[int]) -> None:
    assert notes(written(one_drum(strokes), tmp_path / "song.chart")) == [(0, number) for number in numbers]


def test_kicks_for_two_feet(tmp_path: Path) -> None:
    """Sixteenths at 100 beats a minute are too fast for one foot; two of them aren't, nor are eighths."""
    fast = [Stroke(slot, "BD") for slot in (0, 1, 4, 6, 8, 9, 10, 11, 12, 13)]
    numbers = [number for _, number in notes(written(one_drum(fast), tmp_path / "song.chart"))]
    assert numbers == [0, 0, 0, 0, 0, 32, 0, 32, 0, 32]


def test_a_whole_chart(tmp_path: Path) -> None:
    tab = Tab('A "song"', 120.0, (Bar(strokes=(Stroke(4, "SD"),)), Bar((2,) * 6, 8, (Stroke(0, "BD"),))),
              (Section("Verse", 1), Section("Six", 2, None, 90.5)))  # fmt: skip
    song = replace(from_tab(tab, PRESENTATION), audio=Path("music/demo.ogg"))
    chart.write(tmp_path / "song.chart", song)
    assert (tmp_path / "song.chart").read_bytes().decode().splitlines() == [
        "[Song]", "{", "  Name = \"A 'song'\"", '  Charter = "Drum Tabber"', "  Resolution = 480", "  Offset = 0",
        '  MusicStream = "demo.ogg"', "}",
        "[SyncTrack]", "{", "  0 = TS 4 2", "  0 = B 120000", "  1920 = TS 6 3", "  1920 = B 90500", "}",
        "[Events]", "{", '  0 = E "section Verse"', '  1920 = E "section Six"', "}",
        "[ExpertDrums]", "{", "  480 = N 1 0", "  1920 = N 0 0", "}",
    ]  # fmt: skip


def tempi(path: Path) -> list[tuple[int, float]]:
    """Ticks and tempi of a chart."""
    sync = path.read_text(encoding="utf-8").split("[Events]")[0]
    rows = [line.split() for line in sync.splitlines() if " = B " in line]
    return [(int(row[0]), int(row[3]) / 1000) for row in rows]


def sounded(path: Path) -> list[float]:
    """Seconds at which a game plays the kicks of a chart."""
    changes, ticks = tempi(path), [tick for tick, number in notes(path) if number in (0, 32)]
    now, times = 0.0, []
    for (tick, tempo), (end, _) in zip(changes, [*changes[1:], (ticks[-1] + 1, 0.0)], strict=True):
        times += [now + (one - tick) / 480 * 60 / tempo for one in ticks if tick <= one < end]
        now += (end - tick) / 480 * 60 / tempo
    return times


def kicks(n_bars: int, tempo: float = 120) -> Transcription:
    """A kick on the first beat of every bar."""
    return from_tab(Tab("", tempo, (Bar(strokes=(Stroke(0, "BD"),)),) * n_bars), PRESENTATION)


def test_tempo_never_drifts(tmp_path: Path) -> None:
    """Where tempi are rounded to thousandths, the notes still stand where the song has them, bars later."""
    song = kicks(200, 133.33)
    song.grid.beat_time[1:] += np.cumsum(np.full(len(song.grid.beat_time) - 1, 1e-5 / 3))
    chart.write(tmp_path / "song.chart", song)
    np.testing.assert_allclose(sounded(tmp_path / "song.chart"), song.grid.beat_time[:-1:4], atol=2e-4)


def test_a_played_tempo_is_a_few_tempi_that_games_keep_to(tmp_path: Path) -> None:
    """Beats that a hand plays: some milliseconds about a tempo that rises by a twentieth over two minutes."""
    song = kicks(60)
    n_beats = len(song.grid.beat_time)
    pace = np.linspace(0.5, 0.475, n_beats - 1)
    song.grid.beat_time[1:] = np.cumsum(pace) + np.random.default_rng(1).normal(0, 0.003, n_beats - 1)
    chart.write(tmp_path / "song.chart", song)
    assert len(tempi(tmp_path / "song.chart")) <= n_beats / 8
    assert all(119 < tempo < 128 for _, tempo in tempi(tmp_path / "song.chart"))
    np.testing.assert_allclose(sounded(tmp_path / "song.chart"), song.grid.beat_time[:-1:4], atol=0.0101)
    assert not chart.read(tmp_path / "song.chart").sections


@pytest.mark.parametrize(("early", "meter", "first"), [(0.9, 3, 0.1), (0.51, 3, 0.49), (0.49, 3, 0.5), (0.03, 4, 0.97)])
def test_a_recording_that_begins_within_a_bar_has_a_short_one_first(
    tmp_path: Path, early: float, meter: int, first: float
) -> None:
    song = from_tab(
        Tab("", 120, (Bar(strokes=(Stroke(8, "BD"),)), *[Bar(strokes=(Stroke(0, "BD"),))] * 3)), PRESENTATION
    )
    song.grid.beat_time[:] -= early
    chart.write(tmp_path / "song.chart", song)
    assert f"0 = TS {meter} 2" in (tmp_path / "song.chart").read_text(encoding="utf-8")
    assert all(tempo < 1000 for _, tempo in tempi(tmp_path / "song.chart"))
    np.testing.assert_allclose(sounded(tmp_path / "song.chart"), first + np.array([0, 1, 3, 5]), atol=0.0101)
    assert [bar.meter for bar in chart.read(tmp_path / "song.chart").bars] == [(meter, 4), (4, 4), (4, 4), (4, 4)]


def test_what_leads_in_to_the_music_is_no_bar_of_the_tab(tmp_path: Path) -> None:
    song = from_tab(Tab("", 120, (Bar(strokes=(Stroke(4, "BD"),)),) * 3), PRESENTATION)
    late = replace(song, grid=replace(song.grid, beat_time=song.grid.beat_time + 3.2))  # seconds: six beats and a bit
    chart.write(tmp_path / "song.chart", late)
    text = (tmp_path / "song.chart").read_text(encoding="utf-8")
    assert f'{6 * chart.RESOLUTION} = E "music_start"' in text
    assert chart.read(tmp_path / "song.chart").bars == song.tab.bars


@pytest.mark.parametrize(("start", "n_bars"), [(384, 1), (9_000_000, 2), (2_000_000_000, 2)])
def test_music_that_starts_after_a_note_or_after_all(tmp_path: Path, start: int, n_bars: int) -> None:
    blocks = {"Song": "Resolution = 96", "SyncTrack": "0 = TS 4", "Events": f'{start} = E "music_start"',
              "ExpertDrums": "0 = N 0 0\n  384 = N 1 0"}  # fmt: skip
    text = "".join(f"[{name}]\n{{\n  {line}\n}}\n" for name, line in blocks.items())
    (tmp_path / "song.chart").write_text(text, encoding="utf-8")
    assert len(chart.read(tmp_path / "song.chart").bars) == n_bars


@pytest.mark.parametrize(
    "content",
    [None, "", "[Song]\n{\n}\n", "[SyncTrack]\n{\n  0 = TS 4\n}\n[ExpertDrums]\n{\n  x = N 0 0\n}\n",
     "[SyncTrack]\n{\n  0 = TS 0\n}\n[ExpertDrums]\n{\n  0 = N 0 0\n}\n"],
)  # fmt: skip
def test_what_is_no_chart_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "wrong.chart").write_text(content, encoding="utf-8")
    with pytest.raises(DrumTabberError, match=r"can't read .*wrong\.chart: [^;]+; "):
        chart.read(tmp_path / "wrong.chart")


@pytest.mark.parametrize(
    ("resolution", "sync", "why"),
    [
        (192, "0 = B 0", "there is no tempo of 0"),
        (192, "0 = B -90000", "there is no tempo of -90"),
        (192, "0 = TS 0", "there is no meter of 0/4"),
        (0, "0 = TS 4", "a bar of 4/4 lasts none"),
        (1, "0 = TS 1 6", "a bar of 1/64 lasts none"),
    ],
)
def test_a_chart_in_which_time_stands_still_is_refused(tmp_path: Path, resolution: int, sync: str, why: str) -> None:
    blocks = {"Song": f"Resolution = {resolution}", "SyncTrack": sync, "Events": '96 = E "music_start"',
              "ExpertDrums": "96 = N 0 0"}  # fmt: skip
    text = "".join(f"[{name}]\n{{\n  {line}\n}}\n" for name, line in blocks.items())
    (tmp_path / "wrong.chart").write_text(text, encoding="utf-8")
    with pytest.raises(DrumTabberError, match=rf"can't read .*wrong\.chart: .*{why}\); save it anew"):
        chart.read(tmp_path / "wrong.chart")


@given(st.text(max_size=40))
def test_text_for_quotation_marks(text: str) -> None:
    assert '"' not in chart._quoted(text) and "\n" not in chart._quoted(text)


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    song = replace(kicks(1), audio=Path(os.fsdecode(b"caf\xe9.ogg")))
    chart.write(tmp_path / "song.chart", song)
    assert 'MusicStream = "caf\ufffd.ogg"' in (tmp_path / "song.chart").read_text(encoding="utf-8")
