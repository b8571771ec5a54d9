"""Songs on disk, our layout and the precursor's, and the clock of their tabs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber import tab as tabs
from drum_tabber.errors import CorpusError, TabError
from drum_tabber.material import corpora, songs
from drum_tabber.material.songs import Alignment
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import hits_of
from drum_tabber.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(configs.DRUMS)
TAB = """\
Verse
HH|----------------|x---x---x---x---|
SD|----------------|----o-------o---|
BD|--------o-------|o-------o-------|
  |1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with one complete song called "one", at 120 BPM, its first stroke at 3.5 s."""
    (tmp_path / "songs").mkdir()
    (tmp_path / "tabs").mkdir()
    (tmp_path / "songs" / "one.mp3").touch()
    (tmp_path / "songs" / "one_drums.mp3").touch()
    (tmp_path / "tabs" / "one.txt").write_text(TAB)
    write_sidecar(tmp_path / "songs" / "one.json", {"BPM": 120, "first drum note onset": 3.5})
    return tmp_path


def write_sidecar(path: Path, alignment: Mapping[str, object], **more: object) -> None:
    path.write_text(json.dumps({"alignment_info": alignment, **more}).replace("\n", "\r\n"), encoding="utf-8-sig")


def load(house: Path) -> tuple[list[songs.Song], list[str]]:
    return songs.load(house / "songs", house / "tabs")


def labels(house: Path, name: str = "one") -> corpora.Labels:
    return {track.name: track for track in corpora.load("songs", house, VOCABULARY)}[name].labels()


class TestLoad:
    def test_three_files_of_one_name(self, house: Path) -> None:
        (song,), notices = load(house)
        assert (song.name, song.audio.name, song.tab.name, song.drums and song.drums.name) == (
            *("one", "one.mp3", "one.txt"),
            "one_drums.mp3",
        )
        assert notices == []

    def test_the_precursors_folder(self, house: Path) -> None:
        folder = house / "songs" / "two"
        folder.mkdir()
        (folder / "music.flac").touch()
        (folder / "two_tab.txt").write_text(TAB.replace("BD|", "K |").replace("HH|", "q |"))
        names = {"bass drum": "K ", "hi-hat": "q ", "crash cymbal 2": "C2"}
        info = {"BPM": 128.5, "first drum note onset": 0.25, "triplets": False, "tempo change": False}
        write_sidecar(folder / "two.json", info, song="music.flac", tab_file="two_tab.txt", tab_char_labels=names)
        song = load(house)[0][1]
        assert song.drums is None
        assert (song.name, song.audio, song.alignment) == ("two", folder / "music.flac", Alignment(0.25, ((0, 128.5),)))
        assert set(labels(house, "two").hits.drum.tolist()) == {"BD", "SD", "HH"}

    def test_the_precursors_older_sidecar_is_read_and_not_run(self, house: Path) -> None:
        sidecar = house / "songs" / "one.json"
        sidecar.unlink()
        info = "{'BPM': 120, 'first drum note onset': 1.5}"
        legacy = sidecar.with_suffix(".py")
        legacy.write_text(f"song = 'one.mp3'\ntab_file = 'one.txt'\ntab_char_labels = {{}}\nalignment_info = {info}\n")
        assert load(house)[0][0].alignment == Alignment(1.5, ((0, 120.0),))
        legacy.write_text("alignment_info = open('/etc/passwd')\n")
        assert "can't be read as a sidecar" in load(house)[1][0]

    def test_without_a_sidecar_the_place_is_left_open(self, house: Path) -> None:
        (house / "songs" / "one.json").unlink()
        (song,), notices = load(house)
        assert (song.alignment, song.tempo, notices) == (None, None, [])
        assert song.read_tab(VOCABULARY).bars
        with pytest.raises(CorpusError, match="isn't laid out as songs"):
            corpora.load("songs", house, VOCABULARY)

    def test_what_was_transcribed_is_learnt_from_under_another_name(self, house: Path) -> None:
        for name in ("one", "two", "three"):
            (house / "tabs" / f"{name}.tab.txt").write_text(TAB)
        (house / "songs" / "two.ogg").touch()
        found, notices = load(house)
        assert [song.name for song in found] == ["one"]
        assert len(notices) == 1 and "two.tab.txt is named as what was transcribed" in notices[0]

    def test_a_tempo_alone_is_a_hint(self, house: Path) -> None:
        write_sidecar(house / "songs" / "one.json", {"BPM": 131})
        (song,), notices = load(house)
        assert (song.alignment, song.tempo, notices) == (None, 131.0, [])
        assert songs.alignment_beside(house / "songs" / "one.mp3") is None

    def test_a_folder_of_its_own_without_a_sidecar(self, house: Path) -> None:
        folder = house / "songs" / "three"
        folder.mkdir()
        for name in ("three.ogg", "three_drums.flac", "three.mid"):
            (folder / name).touch()
        (folder / "three_tab.txt").write_text(TAB)
        song = load(house)[0][1]
        assert (song.name, song.audio.name, song.tab.name) == ("three", "three.ogg", "three_tab.txt")
        assert song.drums == folder / "three_drums.flac" and song.alignment is None

    def test_the_alignment_however_its_fields_are_written(self, house: Path) -> None:
        info = {"bpm": "120", "First_Drum_Note_Onset": "3.5", "tempo-change": True, "tempo_sections": [[16, 90]]}
        write_sidecar(house / "songs" / "one.json", info)
        assert load(house)[0][0].alignment == Alignment(3.5, ((0, 120.0), (16, 90.0)))

    def test_what_we_write_beside_tabs_is_no_song(self, house: Path) -> None:
        for name in ("tabs/one.marked.txt", "tabs/one.corrected.txt", "songs/one.drums.json"):
            (house / name).write_text("{}")
        assert [song.name for song in load(house)[0]] == ["one"] and load(house)[1] == []

    def test_labels_that_are_none(self, house: Path) -> None:
        write_sidecar(house / "songs" / "one.json", {"BPM": 1}, tab_char_labels={"snare drum": 3})
        assert 'needs a label for each drum in "tab_char_labels"' in load(house)[1][0]

    @pytest.mark.parametrize(
        ("info", "reason"),
        [
            ({"first drum note onset": 1}, "'bpm'"),
            ({"BPM": -3}, "greater than 0"),
            ({"BPM": 0, "first drum note onset": 1}, "greater than 0"),
            ({"BPM": "fast", "first drum note onset": 1}, "'fast'"),
            ({"BPM": float("nan"), "first drum note onset": 1}, "a number greater than 0"),
            ({"BPM": 120, "first drum note onset": float("inf")}, "a number of seconds"),
            ({"BPM": 120, "first drum note onset": 1, "tempo sections": [[float("inf"), 90]]}, "infinity"),
        ],
    )
    def test_unusable_alignment(self, house: Path, info: dict[str, object], reason: str) -> None:
        write_sidecar(house / "songs" / "one.json", info)
        (notice,) = load(house)[1]
        assert "one.json lacks a usable" in notice
        assert reason in notice

    @pytest.mark.parametrize("field", ["tab_file", "song"])
    @pytest.mark.parametrize("value", [3, 0, ["one.mp3"], {}, False])
    def test_a_name_of_a_file_that_is_none(self, house: Path, field: str, value: object) -> None:
        write_sidecar(house / "songs" / "one.json", {}, **{field: value})
        found, notices = load(house)
        assert not found and notices == [
            f'{house / "songs" / "one.json"} needs the name of a file in "{field}", not {value!r}'
        ]

    def test_a_name_too_long_for_any_file(self, house: Path) -> None:
        write_sidecar(house / "songs" / "one.json", {}, song="a" * 300)
        assert load(house)[0][0].audio.name == "one.mp3"

    @pytest.mark.parametrize("name", ["songs/one.mp3", "tabs/one.txt"])
    def test_missing_counterpart(self, house: Path, name: str) -> None:
        (house / name).unlink()
        assert "is missing" in load(house)[1][0]

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="set SONGS_DIR"):
            songs.load(tmp_path / "none", tmp_path)


class TestClock:
    def test_anchored_at_the_first_stroke(self, house: Path) -> None:
        read = labels(house)
        assert read.hits.time[0] == 3.5  # slot 8 of bar 1, which therefore starts a second earlier
        np.testing.assert_allclose(read.hits.of_drum("HH").time, 4.5 + 0.5 * np.arange(4))
        assert read.beats is not None
        np.testing.assert_allclose(read.beats.time, 2.5 + 0.5 * np.arange(8))
        assert read.beats.place.tolist() == [1, 2, 3, 4, 1, 2, 3, 4]
        assert not read.velocity

    @pytest.mark.parametrize("bpm", [128, 134, 148, 186])
    def test_no_drift(self, bpm: int) -> None:
        n_bars = 200
        bar = "BD|o---------------|\n  |1e+a2e+a3e+a4e+a|\n\n"
        tab = tabs.read(bar * n_bars, VOCABULARY)
        times = Alignment(1.77, ((0, bpm),)).beat_times(tab)
        beat = np.arange(4 * n_bars + 1)
        np.testing.assert_allclose(times, 1.77 + 4 * beat * 15 / bpm, rtol=0, atol=1e-9)

    def test_2500_sixteenths_at_128_beats_a_minute(self) -> None:
        """The precursor's clock carries a remainder over from slot to slot and forgets it whenever it adds a sample."""
        bar = "BD|o---------------|\n  |1e+a2e+a3e+a4e+a|\n\n"
        tab = tabs.read(bar * 157, VOCABULARY)
        beat_time = Alignment(5.625, ((0, 128),)).beat_times(tab)
        slot = Grid(beat_time, np.full(628, 4), (4,) * 157, (4,) * 157)
        bars, slots = np.divmod(np.arange(2501), 16)
        times = slot.time_of(bars + 1, slots)
        np.testing.assert_allclose(times, 5.625 + np.arange(2501) * 15 / 128, rtol=0, atol=1e-9)
        whole, remainder = divmod(15 * 44100, 128)
        sample, carried = round(5.625 * 44100), 0.0
        for _ in range(2500):
            carry = carried > 1
            carried += -1 if carry else remainder / 128
            sample += whole + carry
        assert times[2500] - sample / 44100 == pytest.approx(0.027, abs=5e-4)

    @pytest.mark.parametrize(
        ("count", "sixteenths"),
        [
            ("1te2e+a3e+a4e+a", [0, 4 / 3, 8 / 3, 4]),
            ("1ts+a2e+a3e+a4e+a", [0, 2 / 3, 4 / 3, 2]),
            ("1tq3e+a4e+a", [0, 8 / 3, 16 / 3, 8]),
        ],
    )
    def test_triplets_share_their_span(self, count: str, sixteenths: list[float]) -> None:
        row = "oooo" + "-" * (len(count) - 5) + "o"
        tab = tabs.read(f"BD|{row}|\n  |{count}|\n\nBD|o---|\n  |1e+a|\n", VOCABULARY)
        beat_time = Alignment(2.0, ((0, 90),)).beat_times(tab)
        grid = Grid(beat_time, np.array([n for bar in tab.bars for n in bar.divisions]), (4, 1), (4, 4))
        times = hits_of(tab, grid).time
        np.testing.assert_allclose(times[:4], 2 + np.array(sixteenths) * 15 / 90)
        np.testing.assert_allclose(times[-2:], 2 + np.array([15, 16]) * 15 / 90)

    def test_tempo_sections_count_columns_as_they_are_written(self) -> None:
        tab = tabs.read("BD|o----o-----------|\n  |1ts+a2e+a3e+a4e+a|\n\nBD|o---|\n  |1e+a|\n", VOCABULARY)
        info = {"BPM": 60, "first drum note onset": 0, "tempo change": True, "tempo sections": [[17, 120]]}
        np.testing.assert_allclose(Alignment.of(info).beat_times(tab), [0, 1, 2, 3, 4, 4.5])

    def test_tempo_sections(self) -> None:
        tab = tabs.read(TAB, VOCABULARY)
        info = {"BPM": 60, "first drum note onset": 10, "tempo change": True, "tempo sections": [[16, 120], [8, 240]]}
        times = Alignment.of(info).beat_times(tab)
        np.testing.assert_allclose(times, [8, 9, 10, 11, 12, 12.5, 13, 13.25, 13.5])

    def test_sections_count_only_when_the_tempo_changes(self) -> None:
        info = {"BPM": 60, "first drum note onset": 10, "tempo change": False, "tempo sections": [[16, 120]]}
        assert Alignment.of(info).sections == ((0, 60.0),)

    def test_a_tab_without_strokes(self, house: Path) -> None:
        (house / "tabs" / "one.txt").write_text("BD|----|\n  |1234|\n")
        with pytest.raises(CorpusError, match=r"one\.txt: a tab without strokes"):
            labels(house)

    def test_a_fault_in_the_tab_is_reported_when_it_is_read(self, house: Path) -> None:
        (house / "tabs" / "one.txt").write_text(TAB.replace("|x---x", "|x--x"))
        with pytest.raises(TabError, match=r"one\.txt:2"):
            labels(house)


@pytest.mark.parametrize(
    ("tab", "audio", "paired"),
    [
        ("tabs/one.txt", "songs/one.ogg", True),
        ("out/One.tab.txt", "songs/one.ogg", True),
        ("songs/two/two_tab.txt", "songs/two/music.flac", True),
        ("tabs/other.txt", "songs/one.ogg", False),
    ],
)
def test_a_sidecar_speaks_of_its_own_tab(tab: str, audio: str, paired: bool) -> None:
    assert songs.is_pair(Path(tab), Path(audio)) == paired


def test_a_sidecar_that_names_its_tab_speaks_of_that_alone(tmp_path: Path) -> None:
    write_sidecar(tmp_path / "one.json", {"BPM": 120}, tab_file="one.txt")
    audio = tmp_path / "one.ogg"
    assert songs.is_pair(tmp_path / "tabs" / "one.txt", audio)
    assert not songs.is_pair(tmp_path / "one.tab.txt", audio)
