"""Songs of games as a corpus: lanes become drums, as far as charts tell them apart, and tempo maps beats."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest

import configs
from drum_tabber.errors import CorpusError, DrumTabberError
from drum_tabber.material import corpora
from drum_tabber.material.corpora import Labels, Track, adtof
from drum_tabber.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(configs.DRUMS)
TICKS = 480  # a quarter note, half a second
KNOWN = (("BD",), ("SD", "SS"))

Note = tuple[int, int]  # tick and number


def song(
    folder: Path,
    notes: list[Note],
    markers: tuple[tuple[int, int, int], ...] = (),
    mixes: tuple[tuple[int, str], ...] = (),
    facts: str = "",
    part: str = "PART DRUMS",
) -> Path:
    """A song with a MIDI chart: notes, markers from tick to tick, events that mix stems, and lines of a song.ini."""
    events: list[tuple[int, int, mido.Message | mido.MetaMessage]] = []
    for tick, number in notes:
        events.append((tick, 1, mido.Message("note_on", note=number, velocity=100)))
        events.append((tick + 60, 0, mido.Message("note_off", note=number)))
    for start, end, number in markers:
        events.append((start, 1, mido.Message("note_on", note=number, velocity=100)))
        events.append((end, 0, mido.Message("note_off", note=number)))
    events += [(tick, 0, mido.MetaMessage("text", text=text)) for tick, text in mixes]
    track, now = mido.MidiTrack([mido.MetaMessage("track_name", name=part)]), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    folder.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(ticks_per_beat=TICKS, tracks=[mido.MidiTrack(), track]).save(folder / "notes.mid")
    (folder / "song.ogg").touch()
    if facts:
        (folder / "song.ini").write_text(f"[song]\nname = 100% [one]\n{facts}\n", encoding="utf-8")
    return folder


def only(root: Path) -> tuple[Track, Labels]:
    (track,) = corpora.load("charts", root, VOCABULARY)
    return track, track.labels()


def written(labels: Labels) -> list[tuple[float, str]]:
    return [(round(time, 6), drum) for time, drum in zip(labels.hits.time.tolist(), labels.hits.drum, strict=True)]


EVERY = [(0, 96), (480, 97), (960, 98), (1440, 99), (1920, 100), (2400, 95)]


class TestMidi:
    def test_lanes_of_a_pro_chart(self, tmp_path: Path) -> None:
        track, labels = only(song(tmp_path / "a", EVERY, ((960, 1441, 110), (1440, 1500, 112))))
        assert written(labels) == [(0, "BD"), (0.5, "SD"), (1, "HT"), (1.5, "CC"), (2, "CC"), (2.5, "BD")]
        assert (track.name, labels.told_apart, labels.velocity) == ("a", adtof.APART, False)
        np.testing.assert_allclose(labels.beats.time, np.arange(6) / 2)  # type: ignore[union-attr]
        assert labels.beats.place.tolist() == [1, 2, 3, 4, 1, 2]  # type: ignore[union-attr]

    def test_yellow_cymbals_are_hats(self, tmp_path: Path) -> None:
        assert written(only(song(tmp_path, EVERY, facts="pro_drums = True"))[1])[2] == (1, "HH")

    def test_of_lanes_that_may_be_anything_kick_and_snare_are_known(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, EVERY))
        assert (written(labels), labels.told_apart) == ([(0, "BD"), (0.5, "SD"), (2.5, "BD")], KNOWN)

    def test_five_lanes(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, [*EVERY, (2880, 101)]))
        assert [drum for _, drum in written(labels)] == ["BD", "SD", "HH", "HT", "CC", "BD", "HT"]
        assert labels.told_apart == adtof.APART

    def test_both_kicks_at_once_are_one(self, tmp_path: Path) -> None:
        assert written(only(song(tmp_path, [(0, 95), (0, 96)]))[1]) == [(0, "BD")]

    @pytest.mark.parametrize(("flag", "drums"), [("d", ["HH", "SD"]), ("", ["SD", "HH"]), ("dnoflip", ["SD", "HH"])])
    def test_red_and_yellow_are_swapped_where_the_mix_says_so(
        self, tmp_path: Path, flag: str, drums: list[str]
    ) -> None:
        fast = [(0, 97), (480, 97), (720, 98), (1920, 97)]
        mixes = ((400, f"[mix 3 drums0{flag}]"), (1900, "mix_3_drums0"))
        _, labels = only(song(tmp_path, fast, mixes=mixes, facts="pro_drums = 1"))
        assert [drum for _, drum in written(labels)] == ["SD", *drums, "SD"]

    def test_rolls_are_hidden(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, EVERY, ((480, 960, 126),)))
        assert (labels.hidden.start.tolist(), labels.hidden.end.tolist()) == ([0.5], [1.0])

    def test_a_delay_moves_hits_and_beats(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, EVERY, ((480, 960, 127),), facts="delay = -250"))
        assert written(labels)[1] == (0.25, "SD")
        assert labels.beats.time[1] == pytest.approx(0.25)  # type: ignore[union-attr]
        assert labels.hidden.start[0] == pytest.approx(0.25)

    def test_other_instruments_alone_give_beats(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, EVERY, part="PART GUITAR"))
        assert (len(labels.hits), labels.told_apart) == (0, ())
        assert len(labels.beats) == 6  # type: ignore[arg-type]

    @pytest.mark.parametrize("delay", ["late", "nan"])
    def test_a_delay_that_is_no_number_is_named(self, tmp_path: Path, delay: str) -> None:
        (track,) = corpora.load("charts", song(tmp_path, EVERY, facts=f"delay = {delay}"), VOCABULARY)
        with pytest.raises(CorpusError, match=rf"song\.ini.*'{delay}'"):
            track.labels()

    @pytest.mark.parametrize("names", [("NOTES.MID", "SONG.INI"), ("notes.Mid", "Song.ini")])
    def test_names_in_any_case(self, tmp_path: Path, names: tuple[str, str]) -> None:
        song(tmp_path, EVERY, facts="delay = 250")
        for name in names:
            (tmp_path / name.lower()).rename(tmp_path / name)
        track, labels = only(tmp_path)
        assert (track.midi, written(labels)[0]) == (tmp_path / names[0], (0.25, "BD"))

    def test_a_song_ini_in_utf_16(self, tmp_path: Path) -> None:
        song(tmp_path, EVERY, facts="delay = 250")
        text = (tmp_path / "song.ini").read_text(encoding="utf-8")
        (tmp_path / "song.ini").write_text(text, encoding="utf-16")
        assert written(only(tmp_path)[1])[0] == (0.25, "BD")

    def test_lanes_that_a_song_ini_calls_five(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, EVERY, facts="five_lane_drums = true"))
        assert [drum for _, drum in written(labels)][2:5] == ["HH", "HT", "CC"]

    def test_markers_of_toms_go_before_a_fifth_lane(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, EVERY, ((960, 1000, 110),), facts="five_lane_drums = true"))
        assert [drum for _, drum in written(labels)][2:5] == ["HT", "CC", "CC"]

    def test_a_tom_is_not_swapped(self, tmp_path: Path) -> None:
        _, labels = only(song(tmp_path, [(480, 98)], ((480, 500, 110),), ((0, "[mix 3 drums0d]"),)))
        assert written(labels) == [(0.5, "HT")]

    def test_another_song_ini_is_another_version(self, tmp_path: Path) -> None:
        before = only(song(tmp_path, EVERY, facts="delay = 1"))[0].version
        assert only(song(tmp_path, EVERY, facts="delay = 2"))[0].version != before
        assert only(song(tmp_path, EVERY[1:], facts="delay = 2"))[0].version != before

    def test_a_folder_is_named_wherever_one_stands(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(song(tmp_path / "here", EVERY))
        assert only(Path())[0].name == "here"

    def test_what_is_no_midi_file_is_named(self, tmp_path: Path) -> None:
        song(tmp_path, EVERY)
        (tmp_path / "notes.mid").write_bytes(b"MThd")
        (track,) = corpora.load("charts", tmp_path, VOCABULARY)
        with pytest.raises(DrumTabberError, match=r"notes\.mid"):
            track.labels()


CHART = """[Song]
{{
  Resolution = 192
  Offset = 0.25
}}
[SyncTrack]
{{
  0 = TS 3
  0 = B 120000
  576 = B 60000
}}
{drums}
"""
DRUMS = "[ExpertDrums]\n{\n  0 = N 0 0\n  192 = N 1 0\n  384 = N 2 0\n  384 = N 66 0\n  576 = N 3 0\n  768 = N 32 0\n}"


class TestChart:
    def put(self, folder: Path, drums: str) -> Path:
        (folder / "notes.chart").write_text(CHART.format(drums=drums), encoding="utf-8")
        (folder / "song.opus").touch()
        return folder

    def test_lanes_tempi_and_the_offset(self, tmp_path: Path) -> None:
        track, labels = only(self.put(tmp_path, DRUMS))
        assert written(labels) == [(0.25, "BD"), (0.75, "SD"), (1.25, "HH"), (1.75, "HT"), (2.75, "BD")]
        assert (track.audio, track.midi, labels.told_apart) == (tmp_path / "song.opus", None, adtof.APART)
        assert labels.beats.time.tolist() == pytest.approx([0.25, 0.75, 1.25, 1.75, 2.75])  # type: ignore[union-attr]
        assert labels.beats.place.tolist() == [1, 2, 3, 1, 2]  # type: ignore[union-attr]

    def test_without_cymbals_kick_and_snare_are_known(self, tmp_path: Path) -> None:
        _, labels = only(self.put(tmp_path, DRUMS.replace("384 = N 66 0", "")))
        assert ([drum for _, drum in written(labels)], labels.told_apart) == (["BD", "SD", "BD"], KNOWN)

    def test_without_drums(self, tmp_path: Path) -> None:
        _, labels = only(self.put(tmp_path, '[Events]\n{\n  768 = E "end"\n}'))
        assert (len(labels.hits), labels.told_apart, len(labels.beats)) == (0, (), 5)  # type: ignore[arg-type]

    def test_rolls_are_hidden_and_lanes_swapped_back(self, tmp_path: Path) -> None:
        drums = DRUMS.replace("576 = N 3 0", "576 = N 3 0\n  576 = S 65 192\n  0 = E mix_3_drums0d")
        _, labels = only(self.put(tmp_path, drums))
        assert written(labels)[1:3] == [(0.75, "HH"), (1.25, "SD")]
        assert (labels.hidden.start.tolist(), labels.hidden.end.tolist()) == ([1.75], [2.75])

    def test_a_delay_goes_before_the_offset_where_there_is_one(self, tmp_path: Path) -> None:
        self.put(tmp_path, DRUMS)
        for delay, first in (("0.0", 0.25), ("", 0.25), ("100", 0.1)):
            (tmp_path / "song.ini").write_text(f"[song]\ndelay={delay}\n", encoding="utf-8")
            assert written(only(tmp_path)[1])[0] == (first, "BD")

    def test_of_two_charts_the_one_with_drums_counts(self, tmp_path: Path) -> None:
        song(tmp_path, EVERY, part="PART GUITAR")
        assert written(only(self.put(tmp_path, DRUMS))[1])[0] == (0.25, "BD")
        song(tmp_path, EVERY)
        assert written(only(tmp_path)[1])[0] == (0, "BD")

    def test_a_chart_that_is_not_needed_may_be_broken(self, tmp_path: Path) -> None:
        song(tmp_path, EVERY)
        (tmp_path / "notes.chart").write_text("no chart", encoding="utf-8")
        assert written(only(tmp_path)[1])[0] == (0, "BD")

    def test_in_utf_16(self, tmp_path: Path) -> None:
        self.put(tmp_path, DRUMS)
        (tmp_path / "notes.chart").write_text(CHART.format(drums=DRUMS), encoding="utf-16")
        assert len(only(tmp_path)[1].hits) == 5

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("0 = N 0 0", "x = N 0 0"),
            ("0 = N 0 0", "0 = N one 0"),
            ("0 = N 0 0", "-10 = N 0 0"),
            ("768 = N 32 0", "99999999999999 = N 32 0"),
            ("768 = N 32 0", "768 = S 65 99999999999999999999"),
            ("Resolution = 192", f"Resolution = {'9' * 400}"),
            ("0 = B 120000", "0 = B -120000"),
            ("0 = TS 3", "-5 = TS 3"),
            ("Resolution = 192", "Resolution = 0"),
            ("Resolution = 192", "Resolution = -192"),
            ("Offset = 0.25", "Offset = nan"),
        ],
    )
    def test_a_broken_line_is_told(self, tmp_path: Path, old: str, new: str) -> None:
        self.put(tmp_path, DRUMS)
        text = (tmp_path / "notes.chart").read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "notes.chart").write_text(text.replace(old, new, 1), encoding="utf-8")
        (track,) = corpora.load("charts", tmp_path, VOCABULARY)
        with pytest.raises(DrumTabberError, match=r"notes\.chart"):
            track.labels()


class TestRecordings:
    def test_the_drums_own_is_taken(self, tmp_path: Path) -> None:
        song(tmp_path, EVERY)
        (tmp_path / "drums.ogg").touch()
        assert only(tmp_path)[0].audio == tmp_path / "drums.ogg"

    def test_a_song_may_lie_in_guitar_alone(self, tmp_path: Path) -> None:
        (song(tmp_path, EVERY) / "song.ogg").rename(tmp_path / "guitar.ogg")
        assert only(tmp_path)[0].audio == tmp_path / "guitar.ogg"

    def test_drums_spread_over_stems_and_songs_without_recording_are_left_out(self, tmp_path: Path) -> None:
        (song(tmp_path / "stems", EVERY) / "drums_1.ogg").touch()
        (song(tmp_path / "silent", EVERY) / "song.ogg").unlink()
        song(tmp_path / "band/whole", EVERY)
        assert only(tmp_path)[0].name == "band/whole"
