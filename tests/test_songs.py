"""Songs on disk, our layout and the precursor's, and the clock of their tabs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber import corpora, songs
from drum_tabber import tab as tabs
from drum_tabber.errors import CorpusError, TabError
from drum_tabber.songs import Alignment
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


def labels(song: songs.Song) -> corpora.Labels:
    return corpora.track_of(song, VOCABULARY).labels()


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
        assert (song.name, song.audio, song.alignment) == ("two", folder / "music.flac", Alignment(0.25, ((0, 128.5),)))
        assert set(labels(song).hits.drum.tolist()) == {"BD", "SD", "HH"}

    def test_the_precursors_older_sidecar_is_read_and_not_run(self, house: Path) -> None:
        sidecar = house / "songs" / "one.json"
        sidecar.unlink()
        info = "{'BPM': 120, 'first drum note onset': 1.5}"
        legacy = sidecar.with_suffix(".py")
        legacy.write_text(f"song = 'one.mp3'\ntab_file = 'one.txt'\ntab_char_labels = {{}}\nalignment_info = {info}\n")
        assert load(house)[0][0].alignment.onset == 1.5
        legacy.write_text("alignment_info = open('/etc/passwd')\n")
        assert "can't be read as a sidecar" in load(house)[1][0]

    def test_without_a_sidecar_says_what_to_write(self, house: Path) -> None:
        (house / "songs" / "one.json").unlink()
        found, (notice,) = load(house)
        assert found == []
        assert notice.startswith(f"one is not used: write {house / 'songs' / 'one.json'}")
        assert '"first drum note onset": 1.77' in notice

    @pytest.mark.parametrize(
        ("info", "reason"),
        [
            ({"BPM": 120}, "'first drum note onset'"),
            ({"BPM": 0, "first drum note onset": 1}, "greater than 0"),
            ({"BPM": "fast", "first drum note onset": 1}, "'fast'"),
        ],
    )
    def test_unusable_alignment(self, house: Path, info: dict[str, object], reason: str) -> None:
        write_sidecar(house / "songs" / "one.json", info)
        (notice,) = load(house)[1]
        assert "one.json lacks a usable" in notice
        assert reason in notice

    @pytest.mark.parametrize("name", ["songs/one.mp3", "tabs/one.txt"])
    def test_missing_counterpart(self, house: Path, name: str) -> None:
        (house / name).unlink()
        assert "is missing" in load(house)[1][0]

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="set SONGS_DIR"):
            songs.load(tmp_path / "none", tmp_path)


class TestClock:
    def test_anchored_at_the_first_stroke(self, house: Path) -> None:
        read = labels(load(house)[0][0])
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
            labels(load(house)[0][0])

    def test_a_fault_in_the_tab_is_reported_when_it_is_read(self, house: Path) -> None:
        (house / "tabs" / "one.txt").write_text(TAB.replace("|x---x", "|x--x"))
        (song,), _ = load(house)
        with pytest.raises(TabError, match=r"one\.txt:2"):
            labels(song)
