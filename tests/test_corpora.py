"""Every corpus layout on a tiny copy of itself, and what its labels can tell apart."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import mido
import numpy as np
import pytest

import configs
from drum_tabber import midi
from drum_tabber.errors import CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.export import columns
from drum_tabber.material import corpora
from drum_tabber.material.corpora import Labels, Track, adtof, annotation, enst, idmt, mdb
from drum_tabber.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(configs.DRUMS)
HITS = Hits.of([0.0, 0.5, 1.0, 1.5], ["BD", "HH", "SD", "CH"], [100, 60, 90, 120])
BEATS = Beats(np.array([0.0, 0.5, 1.0, 1.5]), np.array([1, 2, 3, 4]))


def put(root: Path, files: dict[str, str]) -> Path:
    """Write text files; empty ones stand for audio."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def put_midi(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    midi.write(path, HITS, BEATS, VOCABULARY)


def only(layout: str, root: Path) -> tuple[Track, Labels]:
    (track,) = corpora.load(layout, root, VOCABULARY)
    return track, track.labels()


def written(hits: Hits) -> list[tuple[float, str]]:
    return list(zip(hits.time.tolist(), hits.drum.tolist(), strict=True))


MDB = {
    "MDB Drums/annotations/class/MusicDelta_Rock_class.txt": "0.1 \t KD \n0.2 \t HH \n0.3 \t OT \n0.4 \t CY \n",
    "MDB Drums/annotations/subclass/MusicDelta_Rock_subclass.txt": "0.1\tKD\n0.2\tOHH\n0.25\tSDG\n0.3\tTMB\n0.4\tRDC\n",
    "MDB Drums/annotations/beats/MusicDelta_Rock_MIX.beats": "0.1\t4\n0.6\t1\n",
    "MDB Drums/audio/drum_only/MusicDelta_Rock_Drum.wav": "",
    "MDB Drums/audio/full_mix/MusicDelta_Rock_MIX.wav": "",
}
MDB_FLAT = {
    "annotations/Rock.class.txt": "0.1 KD\n",
    "annotations/Rock.subclass.txt": "0.1 KD\n0.2 PHH\n",
    "annotations/Rock.beats.txt": "0.100\t1\n",
    "annotations/Reggae.subclass.txt": "0.1 SST\n",
    "drums/Rock.flac": "",
    "drums/Reggae.flac": "",
    "mix/Rock.flac": "",
}


class TestMdb:
    def test_as_published(self, tmp_path: Path) -> None:
        track, labels = only("mdb", put(tmp_path, MDB))
        assert (track.name, track.split, track.audio and track.audio.name) == (
            "Rock",
            "test",
            "MusicDelta_Rock_Drum.wav",
        )
        assert written(labels.hits) == [(0.1, "BD"), (0.2, "HO"), (0.25, "SD"), (0.4, "RD")]
        assert labels.unmapped == {"TMB": 1} and labels.hidden == Spans.about([0.3], 0.05)
        assert labels.beats == Beats(np.array([0.1, 0.6]), np.array([4, 1]))
        assert not labels.velocity

    def test_part_chooses_the_recording(self, tmp_path: Path) -> None:
        track, _ = only("mdb/mix", put(tmp_path, MDB))
        assert track.audio is not None
        assert track.audio.name == "MusicDelta_Rock_MIX.wav"

    def test_classes_where_there_are_no_subclasses(self, tmp_path: Path) -> None:
        root = put(tmp_path, {name: text for name, text in MDB.items() if "subclass" not in name})
        labels = only("mdb", root)[1]
        assert written(labels.hits) == [(0.1, "BD"), (0.2, "HH"), (0.4, "CC")]
        assert ("HH", "HO", "HP") in labels.told_apart
        assert not any("SS" in group for group in labels.told_apart)  # among the others there, and unlabelled for us

    def test_flat(self, tmp_path: Path) -> None:
        root = put(tmp_path, MDB_FLAT)
        reggae, rock = corpora.load("mdb/drums", root, VOCABULARY)
        assert (reggae.name, rock.name) == ("Reggae", "Rock")
        assert reggae.labels().beats is None
        assert written(rock.labels().hits) == [(0.1, "BD"), (0.2, "HP")]
        assert [track.name for track in corpora.load("mdb/mix", root, VOCABULARY)] == ["Rock"]
        with pytest.raises(CorpusError, match="isn't laid out as mdb/remix"):
            corpora.load("mdb/remix", root, VOCABULARY)

    def test_unknown_label(self, tmp_path: Path) -> None:
        put(tmp_path, MDB_FLAT | {"annotations/Rock.subclass.txt": "0.1 KD\n0.2 GONG\n"})
        with pytest.raises(
            CorpusError, match=r"Rock\.subclass\.txt:2: expected a time and a drum's label, not '0\.2 GONG'"
        ):
            corpora.load("mdb", tmp_path, VOCABULARY)[1].labels()


class TestPerformances:
    HEAD = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split\n"
    ROW = "drummer1,drummer1/s,drummer1/s/{n},rock,120,beat,4-4,drummer1/s/{n}.mid,{audio},2.0,{split}\n"

    def table(self, **rows: str) -> str:
        return self.HEAD + "".join(
            self.ROW.format(n=n, audio=f"drummer1/s/{n}.wav", split=split) for n, split in rows.items()
        )

    @pytest.mark.parametrize("layout", ["groove", "egmd"])
    def test_midi_with_and_without_audio(self, tmp_path: Path, layout: str) -> None:
        put(tmp_path, {"info.csv": self.table(a="train", b="validation", gone="test"), "drummer1/s/a.wav": ""})
        for name in "ab":
            put_midi(tmp_path / f"drummer1/s/{name}.mid")
        a, b = corpora.load(layout, tmp_path, VOCABULARY)
        assert [(track.name, track.split) for track in (a, b)] == [
            ("drummer1/s/a", "train"),
            ("drummer1/s/b", "validation"),
        ]
        assert a.audio == tmp_path / "drummer1/s/a.wav"
        assert b.audio is None
        assert b.midi == tmp_path / "drummer1/s/b.mid"

    def test_labels(self, tmp_path: Path) -> None:
        put(tmp_path, {"info.csv": self.table(a="train")})
        put_midi(tmp_path / "drummer1/s/a.mid")
        labels = only("groove", tmp_path)[1]
        np.testing.assert_allclose(labels.hits.time, HITS.time, atol=1e-3)
        assert labels.hits.drum.tolist() == ["BD", "HH", "SD", "CC"]  # note 52 is the edge of a crash on these pads
        assert labels.hits.velocity.tolist() == HITS.levelled().velocity.tolist()
        assert labels.velocity
        assert labels.beats is not None
        assert labels.beats.place[:4].tolist() == [1, 2, 3, 4]

    def test_notes_of_no_drum_are_listed_and_hidden(self, tmp_path: Path) -> None:
        """And those of the rims and edges of electronic kits are drums: E-GMD's precursor lost 19 % of its notes."""
        put(tmp_path, {"e-gmd-v1.0.0/e-gmd-v1.0.0.csv": self.table(a="train")})
        notes = [36, 40, 22, 26, 58, 59, 56, 99]
        track = mido.MidiTrack(
            [
                mido.Message("note_on", channel=9, note=note, velocity=70, time=480 * (at > 0))
                for at, note in enumerate(notes)
            ]
        )
        path = tmp_path / "e-gmd-v1.0.0/drummer1/s/a.mid"
        path.parent.mkdir(parents=True)
        mido.MidiFile(tracks=[track]).save(path)
        labels = only("egmd", tmp_path)[1]
        assert labels.hits.drum.tolist() == ["BD", "SD", "HH", "HO", "LT", "RD"]
        assert labels.unmapped == {"note 56 (cowbell)": 1, "note 99": 1}
        assert labels.hidden == Spans.about([3.0, 3.5], 0.05)

    def test_unknown_split(self, tmp_path: Path) -> None:
        put(tmp_path, {"info.csv": self.table(a="holdout")})
        put_midi(tmp_path / "drummer1/s/a.mid")
        with pytest.raises(CorpusError, match=r"info\.csv names a split 'holdout'"):
            corpora.load("groove", tmp_path, VOCABULARY)


class TestEnst:
    def test_drummers_are_the_split(self, tmp_path: Path) -> None:
        lines = "0.10 bd\n0.20 chh\n0.30 cr2\n0.40 lmt\n0.50 sticks\n0.60 cs\n"
        files = {f"drummer_{n}/annotation/001_phrase.txt": lines for n in (1, 2, 3)}
        files |= {f"drummer_{n}/audio/wet_mix/001_phrase.wav": "" for n in (1, 2, 3)}
        tracks = corpora.load("enst", put(tmp_path, files), VOCABULARY)
        assert [track.split for track in tracks] == ["train", "validation", "test"]
        assert tracks[0].name == "drummer_1/001_phrase"
        labels = tracks[0].labels()
        assert written(labels.hits) == [(0.1, "BD"), (0.2, "HH"), (0.3, "CC"), (0.4, "HT"), (0.6, "SS")]
        assert ("HT", "MT", "LT") in labels.told_apart
        assert labels.unmapped == {"sticks": 1} and labels.hidden == Spans.about([0.5], 0.05)

    def test_the_folder_that_holds_the_corpus_will_do(self, tmp_path: Path) -> None:
        home = "ENST-drums-public/drummer_1"
        put(tmp_path, {f"{home}/annotation/a.txt": "0.1 bd\n", f"{home}/audio/dry_mix/a.wav": ""})
        assert only("enst/dry_mix", tmp_path)[0].name == "drummer_1/a"


class TestIdmt:
    EVENT = "<event><pitch>0</pitch><onsetSec>{}</onsetSec><offsetSec>1</offsetSec><instrument>{}</instrument></event>"

    def test_events(self, tmp_path: Path) -> None:
        events = self.EVENT.format(0.5, "HH") + self.EVENT.format(0.25, "KD") + self.EVENT.format(0.75, "SD")
        xml = f'<?xml version="1.0"?><instrumentRecording><transcription>{events}</transcription></instrumentRecording>'
        root = put(tmp_path, {"annotation_xml/RealDrum01_00#MIX.xml": xml, "audio/RealDrum01_00#MIX.wav": ""})
        track, labels = only("idmt", root)
        assert track.name == "RealDrum01_00"
        assert written(labels.hits) == [(0.25, "BD"), (0.5, "HH"), (0.75, "SD")]
        assert {code for group in labels.told_apart for code in group} == {"BD", "SD", "SS", "HH", "HO", "HP"}

    def test_broken_xml(self, tmp_path: Path) -> None:
        root = put(tmp_path, {"annotation_xml/a#MIX.xml": "<event>", "audio/a#MIX.wav": ""})
        with pytest.raises(CorpusError, match="is no SMT-Drums annotation"):
            only("idmt", root)


class TestSlakh:
    METADATA = "audio_dir: stems\nstems:\n  S00:\n    inst_class: Bass\n    is_drum: false\n  S01:\n    is_drum: true\n"

    def test_drum_stems(self, tmp_path: Path) -> None:
        put(tmp_path, {"validation/Track00001/metadata.yaml": self.METADATA, "validation/Track00001/mix.flac": ""})
        for stem in ("S00", "S01"):
            put_midi(tmp_path / f"validation/Track00001/MIDI/{stem}.mid")
        track, labels = only("slakh", tmp_path)
        assert (track.name, track.split) == ("Track00001", "validation")
        assert track.audio == tmp_path / "validation/Track00001/mix.flac"
        assert track.midi is not None
        assert track.midi.stem == "S01"
        assert labels.hits.drum.tolist() == HITS.drum.tolist()

    def test_baby_slakh_and_stems_that_do_not_sound(self, tmp_path: Path) -> None:
        silent = self.METADATA.replace("is_drum: true", "audio_rendered: false\n    is_drum: true")
        put(tmp_path, {"babyslakh_16k/Track00001/metadata.yaml": self.METADATA, "babyslakh_16k/Track00001/mix.wav": ""})
        put(tmp_path, {"babyslakh_16k/Track00002/metadata.yaml": silent, "babyslakh_16k/Track00002/mix.wav": ""})
        for number in "12":
            put_midi(tmp_path / f"babyslakh_16k/Track0000{number}/MIDI/S01.mid")
        track, _ = only("slakh", tmp_path)
        assert (track.name, track.split) == ("Track00001", corpora.split_of("Track00001"))

    def test_duplicates_are_left_out(self, tmp_path: Path) -> None:
        for split in ("omitted", "train"):
            put(tmp_path, {f"{split}/Track0000{len(split)}/metadata.yaml": self.METADATA})
            put_midi(tmp_path / f"{split}/Track0000{len(split)}/MIDI/S01.mid")
        assert only("slakh", tmp_path)[0].split == "train"


class TestMidi:
    def test_alone_or_beside_a_recording(self, tmp_path: Path) -> None:
        for name in ("alone", "beside", "midi/apart"):
            put_midi(tmp_path / f"{name}.mid")
        put(tmp_path, {"beside.FLAC": "", "audio/apart.mp3": ""})
        alone, beside, apart = corpora.load("midi", tmp_path, VOCABULARY)
        assert (alone.audio, beside.audio, apart.audio) == (
            *(None, tmp_path / "beside.FLAC"),
            tmp_path / "audio/apart.mp3",
        )
        assert beside.labels().hits.drum.tolist() == HITS.drum.tolist()

    def test_files_that_differ_in_their_ending_alone(self, tmp_path: Path) -> None:
        for name in ("a.mid", "a.midi", "b.mid"):
            put_midi(tmp_path / name)
        assert [track.name for track in corpora.load("midi", tmp_path, VOCABULARY)] == ["a.mid", "a.midi", "b"]

    @pytest.mark.parametrize(("recorded", "drums"), [(True, ["SD"]), (False, [])])
    def test_a_recordings_only_channel_is_drums(self, tmp_path: Path, recorded: bool, drums: list[str]) -> None:
        track = mido.MidiTrack([mido.Message("note_on", channel=0, note=38, velocity=80, time=0)])
        mido.MidiFile(tracks=[track]).save(tmp_path / "a.mid")
        put(tmp_path, {"a.wav": ""} if recorded else {})
        assert only("midi", tmp_path)[1].hits.drum.tolist() == drums


class TestAdtof:
    def test_text(self, tmp_path: Path) -> None:
        files = {
            "audio/audio/song.OGG": "",
            "annotations/aligned_drum/song.txt": "0.1\t35\n0.2\t42\n0.3\t47\n0.4\t49\n",
        }
        track, labels = only("adtof", put(tmp_path, files))
        assert track.name == "song"
        assert written(labels.hits) == [(0.1, "BD"), (0.2, "HH"), (0.3, "HT"), (0.4, "CC")]
        assert len(labels.told_apart) == 5

    def test_midi(self, tmp_path: Path) -> None:
        put(tmp_path, {"audio/song.ogg": ""})
        put_midi(tmp_path / "annotations/midi/song.mid")
        assert only("adtof", tmp_path)[1].hits.drum.tolist() == ["BD", "HH", "SD", "CC"]


class TestRendered:
    def test_round_trip(self, tmp_path: Path) -> None:
        columns.write_hits(tmp_path / "a" / "one.hits.csv", HITS)
        columns.write_beats(tmp_path / "a" / "one.beats.csv", BEATS)
        put(tmp_path, {"a/one.flac": ""})
        track, labels = only("rendered", tmp_path)
        assert track.name == "a/one"
        assert (labels.hits, labels.beats) == (HITS, BEATS)
        assert labels.told_apart == tuple((code,) for code in VOCABULARY.codes)
        assert labels.velocity

    @pytest.mark.parametrize("kind", [".wav", ".ogg", ".mp3", ".opus", ".WAV"])
    def test_whatever_render_was_told_to_write(self, tmp_path: Path, kind: str) -> None:
        columns.write_hits(tmp_path / "one.2.hits.csv", HITS)
        track, _ = only("rendered", put(tmp_path, {f"one.2{kind}": "", "one.txt": ""}))
        assert track.name == "one.2" and track.audio == tmp_path / f"one.2{kind}"

    def test_labels_json(self, tmp_path: Path) -> None:
        columns.write_hits(tmp_path / "one.hits.csv", HITS)
        about = {"told_apart": [["BD"], ["HT", "MT"]], "velocity": False, "splits": {"one": "validation"}}
        track, labels = only("rendered", put(tmp_path, {"one.flac": "", "labels.json": json.dumps(about)}))
        assert track.split == "validation"
        assert (labels.told_apart, labels.velocity, labels.beats) == ((("BD",), ("HT", "MT")), False, None)


class TestSongs:
    def test_tabs_are_a_corpus(self, tmp_path: Path) -> None:
        sidecar = json.dumps({"alignment_info": {"BPM": 120, "first drum note onset": 1}})
        files = {"songs/one.ogg": "", "songs/one.json": sidecar, "tabs/one.txt": "BD|o-o-|\n  |1+2+|\n"}
        track, labels = only("songs", put(tmp_path, files))
        assert track.audio == tmp_path / "songs/one.ogg"
        assert written(labels.hits) == [(1.0, "BD"), (1.5, "BD")]


class TestLoad:
    @pytest.mark.parametrize("layout", corpora.layouts())
    def test_another_layout_is_refused_with_what_was_expected(self, tmp_path: Path, layout: str) -> None:
        put(tmp_path, {"readme.txt": "", "songs/x.txt": ""})
        with pytest.raises(
            CorpusError, match=f"isn't laid out as {layout}: expected .+; check the folder or the layout"
        ):
            corpora.load(layout, tmp_path, VOCABULARY)

    @pytest.mark.parametrize("layout", ["egdm", "mdb/drum", "groove/mix"])
    def test_unknown_layout(self, tmp_path: Path, layout: str) -> None:
        with pytest.raises(CorpusError, match=r"no corpus layout .*; there are mdb/drums, mdb/mix,"):
            corpora.load(layout, tmp_path, VOCABULARY)

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="there is no folder"):
            corpora.load("groove", tmp_path / "none", VOCABULARY)

    @pytest.mark.parametrize(
        ("layout", "files"),
        [
            ("mdb", ("annotations/Rock.subclass.txt", "annotations/Rock.beats.txt", "drums/Rock.flac")),
            ("enst", ("drummer_1/annotation/a.txt", "drummer_1/audio/wet_mix/a.wav")),
            ("idmt", ("annotation_xml/a#MIX.xml", "audio/a#MIX.wav")),
            ("adtof", ("annotations/aligned_drum/a.txt", "audio/a.ogg")),
            ("midi", ("a.mid", "a.wav")),
            ("slakh", ("train/Track1/MIDI/S01.mid", "train/Track1/metadata.yaml")),
            ("groove", ("drummer1/s/a.mid", "info.csv")),
            ("rendered", ("a.hits.csv", "a.beats.csv", "a.hidden.csv", "a.flac")),
            ("songs", ("tabs/one.txt", "songs/one.json", "songs/one.ogg")),
        ],
    )
    def test_another_annotation_is_another_version(self, tmp_path: Path, layout: str, files: tuple[str, ...]) -> None:
        """Every file but the last, a recording or a table of all tracks, says what was played when."""
        texts = {
            "info.csv": TestPerformances().table(a="train"),
            "train/Track1/metadata.yaml": TestSlakh.METADATA,
            "songs/one.json": json.dumps({"alignment_info": {"BPM": 120, "first drum note onset": 1}}),
        }
        put(tmp_path, {name: texts.get(name, "") for name in files})

        def version() -> str:
            (track,) = corpora.load(layout, tmp_path, VOCABULARY)
            return track.version

        versions = [version()]
        for name in files[:-1]:
            assert version() == versions[-1]
            put(tmp_path, {name: texts.get(name, "0.1\t35\n").replace("120", "121")})
            versions.append(version())
        assert len(set(versions)) == len(files)

    def test_labels_travel_to_other_processes(self, tmp_path: Path) -> None:
        (track,) = corpora.load("mdb", put(tmp_path, MDB), VOCABULARY)
        assert pickle.loads(pickle.dumps(track)).labels().hits == track.labels().hits

    def test_groups_name_known_drums_once(self) -> None:
        for groups in (
            mdb.SUBCLASSES_APART,
            mdb.CLASSES_APART,
            enst.APART,
            idmt.APART,
            adtof.APART,
        ):
            codes = [code for group in groups for code in group]
            assert len(codes) == len(set(codes))
            assert set(codes) <= set(VOCABULARY.codes)

    def test_hits_carry_the_first_code_of_their_group(self) -> None:
        for table, groups in ((annotation.MDB_SUBCLASSES, mdb.SUBCLASSES_APART), (enst.CODES, enst.APART)):
            assert set(table.values()) - {""} <= {group[0] for group in groups}

    def test_split_of_a_name_lasts(self) -> None:
        splits = [corpora.split_of(str(n)) for n in range(1000)]
        assert splits == [corpora.split_of(str(n)) for n in range(1000)]
        assert splits.count("train") == pytest.approx(800, abs=50)


class TestAnnotations:
    def test_text_midi_and_csv_read_alike(self, tmp_path: Path) -> None:
        put(
            tmp_path,
            {
                "a.txt": "# time note\n0 36\n0.5 42\n1 40\n1.5 52\n2 99\n",
                "b.tsv": "0\tkick\n0.5\tHH\n1\tSD\n1.5\tCHC\n",
                "e.csv": "time,drum\n0,kick\n0.5,HH\n1,SD\n1.2,99\n1.5,CHC\n",
            },
        )
        columns.write_hits(tmp_path / "c.hits.csv", HITS)
        put_midi(tmp_path / "d.mid")
        found = corpora.find_annotations(tmp_path)
        assert list(found) == ["a", "b", "c", "d", "e"]
        for path in found.values():
            hits = corpora.read_annotation(path, VOCABULARY)
            assert hits.drum.tolist() == HITS.drum.tolist()
            np.testing.assert_allclose(hits.time, HITS.time, atol=1e-3)

    def test_midi_of_any_channel(self, tmp_path: Path) -> None:
        track = mido.MidiTrack([mido.Message("note_on", channel=0, note=38, velocity=80, time=0)])
        mido.MidiFile(tracks=[track]).save(tmp_path / "a.mid")
        assert corpora.read_annotation(tmp_path / "a.mid", VOCABULARY).drum.tolist() == ["SD"]

    @pytest.mark.parametrize(
        "name",
        ["MusicDelta_Rock_class.txt", "MusicDelta_Rock_Drum.wav", "Rock.subclass.txt", "Rock.hits.csv", "Rock.mid"],
    )
    def test_piece(self, name: str) -> None:
        assert corpora.piece(Path(name)) == "Rock"

    def test_subclasses_go_before_classes_and_beats_are_none(self, tmp_path: Path) -> None:
        put(tmp_path, {f"Rock.{kind}.txt": "" for kind in ("beats", "class", "subclass")})
        assert corpora.find_annotations(tmp_path) == {"Rock": tmp_path / "Rock.subclass.txt"}


def test_what_transcribing_writes_is_found_by_the_name_of_its_song(tmp_path: Path) -> None:
    for name in ("a.tab.txt", "a.mid", "a.hits.csv", "a.beats.csv", "b.tab.txt", "b.mid", "c.txt"):
        (tmp_path / name).touch()
    found = corpora.find_annotations(tmp_path)
    assert {name: path.name for name, path in found.items()} == {"a": "a.hits.csv", "b": "b.mid", "c": "c.txt"}


class TestPatterns:
    def test_a_number_stands_in_the_folders_place(self) -> None:
        tracks = corpora.load("patterns", "25", VOCABULARY)
        assert [track.name for track in tracks] == [f"patterns-{number:05d}" for number in range(25)]
        assert [n for n, track in enumerate(tracks) if track.split == "validation"] == [11, 23]
        assert all(track.audio is None and track.midi is None and track.split != "test" for track in tracks)
        first, again = tracks[0].labels(), corpora.load("patterns", "1", VOCABULARY)[0].labels()
        assert first.hits == again.hits and first.velocity and len(first.hits) > 100
        assert first.beats is not None and len(first.beats) > 40 and not len(first.hidden)

    def test_drums_that_are_not_wanted_are_left_out(self) -> None:
        few = Vocabulary.of([row for row in configs.DRUMS if row[0] in ("BD", "SD")])
        assert set(corpora.load("patterns", "1", few)[0].labels().hits.drum.tolist()) == {"BD", "SD"}

    @pytest.mark.parametrize("count", ["0", "-3", "many"])
    def test_what_is_no_number_of_songs(self, count: str) -> None:
        with pytest.raises(CorpusError, match=f"{count} isn't laid out as patterns: expected the number of songs"):
            corpora.load("patterns", count, VOCABULARY)
