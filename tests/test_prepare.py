"""Preparing: what is asked for is made, once, in shares that add up."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import configs
from drum_tabber import midi
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.events import Beats, Hits
from drum_tabber.material import corpora
from drum_tabber.material.corpora import split_of
from drum_tabber.rendering import studio
from drum_tabber.sound import audio
from drum_tabber.tasks import playing, prepare, sources
from drum_tabber.tasks.prepare import Part
from drum_tabber.vocabulary import Vocabulary

RATE = 8000
DRUMS = Vocabulary.of(configs.DRUMS)
NAMES = {split: [name for name in map(str, range(60)) if split_of(name) == split] for split in ("train", "validation")}
BROKEN = f"{NAMES['train'][2]}.mid"


@pytest.fixture(autouse=True)
def settings(page: None, tmp_path: Path) -> None:
    """No songs, no augmentation, everything below the test's own folder."""
    for name in ("songs", "tabs"):
        (tmp_path / name).mkdir()
    configs.SONGS_DIR, configs.TABS_DIR = str(tmp_path / "songs"), str(tmp_path / "tabs")
    configs.DATA_DIR, configs.WORKERS = str(tmp_path / "data"), 1
    configs.SAMPLE_RATE, configs.FMAX, configs.RENDER_COPIES = RATE, 3900.0, 1
    for name in vars(configs):
        if name.startswith("P_"):
            setattr(configs, name, 0.0)


@pytest.fixture
def band(tmp_path: Path) -> Path:
    """MIDI files, one for validation and two for training, each a bar of drums; and a kit of four clicks."""
    folder = tmp_path / "midi"
    beats = Beats(np.arange(4.0) * 0.5, np.arange(4) + 1)
    for name in (NAMES["validation"][0], *NAMES["train"][:2]):
        folder.mkdir(exist_ok=True)
        midi.write(folder / f"{name}.mid", Hits.of([0.0, 0.5, 1.0, 1.25], ["BD", "SD", "BD", "HH"], 90), beats, DRUMS)
    configs.CORPORA, configs.KITS_DIRS = [f"midi:{folder}"], [str(clicks(tmp_path / "kit", 0))]
    return folder


def clicks(folder: Path, seed: int) -> Path:
    """A kit of four clicks, others for each seed."""
    rng = np.random.default_rng(seed)
    for name in ("kick", "snare", "hihat_closed", "crash"):
        noise = rng.normal(0, 0.3, 900) * np.exp(-np.arange(900) / 150)
        audio.write(folder / f"{name}.wav", noise.astype(np.float32), RATE)
    return folder


def asked(corpora: Sequence[str] = (), kind: str = "spectrograms", part: str = "1/1") -> Namespace:
    return Namespace(corpora=list(corpora), kind=kind, part=part, workers=None, listen=None)


@pytest.mark.parametrize(("text", "part"), [("1/1", Part(0, 1)), ("3/4", Part(2, 4)), ("4/4", Part(3, 4))])
def test_parts(text: str, part: Part) -> None:
    assert Part.of(text) == part


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/", "a/2", "1/0", "-1/2", ""])
def test_parts_that_are_none(text: str) -> None:
    with pytest.raises(SettingError, match="--part needs I/N such as 1/2, not '"):
        Part.of(text)


def test_nothing_to_train_on() -> None:
    with pytest.raises(CorpusError, match=r"there is nothing to train on: put tabs in .*tabs and songs in .*songs"):
        sources.material()


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_corpora_do_without_songs(
    folder: str, band: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And an empty SONGS_DIR isn't the current folder, whatever lies there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.wav").touch()
    (tmp_path / "mine.json").write_text(json.dumps({"alignment_info": {"BPM": 120, "first drum note onset": 1}}))
    (tmp_path / "tabs" / "mine.txt").write_text("BD|o-o-|\n  |1+2+|\n")
    configs.SONGS_DIR = folder
    found = sources.material()
    assert len(found.tracks) == 3 and not found.left_out
    noticed = "notice: there is no folder nowhere, so CORPORA alone are used\n" if folder else ""
    assert capsys.readouterr().err == noticed


@pytest.mark.parametrize(
    ("folder", "said"), [("", "songs in a folder that SONGS_DIR names"), ("nowhere", "there is no folder nowhere")]
)
def test_neither_songs_nor_corpora(folder: str, said: str) -> None:
    configs.SONGS_DIR = folder
    with pytest.raises(CorpusError, match=said):
        sources.material()


def test_a_corpus_without_a_layout() -> None:
    configs.CORPORA = ["somewhere"]
    with pytest.raises(SettingError, match=r"CORPORA needs layout:folder or .*, such as .*, not 'somewhere'"):
        sources.material()


def test_songs_for_validation_are_chosen_by_name(band: Path) -> None:
    assert sorted(track.split for track in sources.material().tracks) == ["train", "train", "validation"]
    configs.VALIDATION_SONGS = NAMES["train"][:1]
    chosen = {track.name: track.split for track in sources.material().tracks}
    assert chosen[NAMES["train"][0]] == "validation" and chosen[NAMES["train"][1]] == "train"
    configs.VALIDATION_SONGS = ["nobody"]
    with pytest.raises(SettingError, match="VALIDATION_SONGS names 'nobody', which no song or corpus has"):
        sources.material()


def test_midi_alone_needs_a_kit(band: Path) -> None:
    configs.KITS_DIRS = []
    with pytest.raises(SettingError, match="set KITS_DIRS to folders of drum samples"):
        prepare.make("rendered", sources.material())


def test_kits_for_validation_play_nothing_else(band: Path, tmp_path: Path) -> None:
    configs.KITS_DIRS = [str(tmp_path / "kit"), str(clicks(tmp_path / "other", 1))]
    assert {kit.name for kit in playing.studio("train").kits} == {"kit", "other"}
    assert not playing.studio("train").as_they_are and playing.studio("validation").as_they_are
    configs.VALIDATION_KITS = ["other"]
    assert [kit.name for kit in playing.studio("train").kits] == ["kit"]
    assert [kit.name for kit in playing.studio("validation").kits] == ["other"]
    configs.VALIDATION_KITS = ["kit", "other"]
    with pytest.raises(SettingError, match="VALIDATION_KITS names every kit"):
        playing.studio("train")
    configs.VALIDATION_KITS = ["nobody"]
    with pytest.raises(SettingError, match="names 'nobody', which is not among the kits: kit, other"):
        playing.studio("train")


def test_copies_of_kits_for_validation_are_not_trained_on(band: Path, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "kit", tmp_path / "copy")
    configs.KITS_DIRS = [str(tmp_path / "kit"), str(tmp_path / "copy"), str(clicks(tmp_path / "other", 1))]
    assert [kit.name for kit in playing.studio("train").kits] == ["kit", "other"]
    configs.VALIDATION_KITS = ["copy"]
    assert [kit.name for kit in playing.studio("train").kits] == ["other"]
    configs.VALIDATION_KITS = ["copy", "other"]
    with pytest.raises(SettingError, match="VALIDATION_KITS names every kit, or what all others are copies of"):
        playing.studio("train")


def test_performances_are_chained_within_their_split(band: Path) -> None:
    tracks = sources.material().tracks
    splits = {split: [track for track in tracks if track.split == split] for split in ("train", "validation")}
    found = {split: list(playing.performances(each)) for split, each in splits.items()}
    assert [performance.name for performance in found["train"]] == ["+".join(sorted(NAMES["train"][:2]))]
    assert [len(performance.hits) for performances in found.values() for performance in performances] == [8, 4]


def test_made_up_songs_are_performances_by_themselves() -> None:
    tracks = sources.material(["patterns:13*0.5"]).tracks
    assert [track.split for track in tracks].count("validation") == 1
    songs = list(playing.performances(tracks[:2]))
    assert [song.name for song in songs] == ["patterns-00000", "patterns-00001"]
    assert all(song.notes is None and song.duration > playing.PERFORMANCE_SECONDS for song in songs)


def test_rendered_audio_is_a_corpus(
    band: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "LEFT_OUT", ())
    configs.RENDER_COPIES = 2
    assert prepare.run(asked(kind="rendered")) == 0
    printed = capsys.readouterr().out
    assert f"midi:{band}: 1 for validation, 2 for training, " in printed and " 12 hits (BD 6, SD 3, HH 3)" in printed
    folder = Path(configs.DATA_DIR) / "rendered"
    tracks = corpora.load("rendered", folder, DRUMS)
    assert sorted((track.split, len(track.labels().hits)) for track in tracks) == [
        ("train", 8),
        ("train", 8),
        ("validation", 4),
    ]
    for track in tracks:
        labels, seconds = track.labels(), audio.length(track.audio)  # type: ignore[arg-type]
        assert labels.velocity and labels.beats is not None and len(labels.beats) >= 4
        assert seconds is not None and labels.hits.time.max() < seconds < 8


def test_spectrograms_say_how_each_piece_was_played(band: Path) -> None:
    assert prepare.run(asked()) == 0
    for index in (Path(configs.DATA_DIR) / "spectrograms").glob("*.json"):
        content = json.loads(index.read_text())
        [piece] = content["about"]["pieces"]
        assert piece["segments"] == content["n_segments"] and piece["music"] is False
        assert set(piece["stood_in"]).isdisjoint({"BD", "SD", "HH", "CC"})


def test_what_is_there_is_left_alone_and_shares_add_up(band: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "PERFORMANCE_SECONDS", 1.0)  # no chaining
    monkeypatch.setattr(prepare, "TRACKS_A_SHARD", 1)
    folder = Path(configs.DATA_DIR) / "rendered"

    def made() -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.flac")}

    found = sources.material()
    prepare.make("rendered", found, Part(1, 2))
    second = made()
    prepare.make("rendered", found, Part(0, 2))
    both = made()
    assert (len(second), len(both)) == (1, 3) and second.items() <= both.items()
    next(iter(folder.rglob("*.flac"))).write_bytes(b"mine")
    mine = made()
    prepare.make("rendered", found)
    assert made() == mine


def test_two_processes_make_what_one_makes(band: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "TRACKS_A_SHARD", 1)  # not in the processes, but those are told what to do
    made = {}
    for n_workers in (1, 2):
        configs.WORKERS, configs.DATA_DIR = n_workers, str(tmp_path / str(n_workers))
        assert prepare.make("rendered", sources.material()).failures == ()
        made[n_workers] = {path.name: path.read_bytes() for path in Path(configs.DATA_DIR).rglob("*.flac")}
    assert made[1] == made[2] and made[1]


def test_what_fails_is_listed_and_tried_again(band: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = sorted(band.iterdir())
    (band / BROKEN).write_bytes(b"MThd")
    named = [f"midi:{band}"]
    configs.CORPORA = []
    assert split_of(BROKEN.removesuffix(".mid")) == "train"
    assert prepare.run(asked(kind="rendered", corpora=named)) == 1
    said = capsys.readouterr()
    assert f"failed: can't read {band / BROKEN}: this is no complete MIDI file" in said.err
    assert "1 failed; the rest is there" in said.err and "hits (BD " in said.out
    (band / BROKEN).write_bytes(good[0].read_bytes())
    assert prepare.run(asked(kind="rendered", corpora=named)) == 0
    assert capsys.readouterr().err.count("failed") == 0


class TestWeights:
    @pytest.mark.parametrize(
        ("text", "weight"), [("midi:{}", 1.0), ("midi:{}*2.5", 2.5), ("midi:{}*0.1", 0.1), ("midi:{}*1e1", 10.0)]
    )
    def test_a_corpus_may_have_one(self, band: Path, text: str, weight: float) -> None:
        configs.CORPORA = [text.format(band)]
        found = sources.material()
        assert [corpus.weight for corpus in found.corpora] == [configs.SONGS_WEIGHT, weight]
        assert found.corpora[1].name == f"midi:{band}"
        assert {sources.weights(found)(track) for track in found.tracks} == {weight}

    @pytest.mark.parametrize("weight", ["0", "-1", "much", "inf", ""])
    def test_that_is_none(self, band: Path, weight: str) -> None:
        configs.CORPORA = [f"midi:{band}*{weight}"]
        with pytest.raises(SettingError, match=r"CORPORA needs layout:folder or layout:folder\*weight"):
            sources.material()

    def test_rendered_copies_have_that_of_their_corpus(self, band: Path) -> None:
        configs.CORPORA = [f"midi:{band}*3"]
        found = sources.material()
        weights = sources.weights(found)
        copies = prepare.rendered_tracks(prepare.make("rendered", found))
        assert len(copies) == 2 and {weights(copy) for copy in copies} == {3.0}


def test_merging_settings_decide_what_is_told_apart(band: Path) -> None:
    configs.HIHAT_CLASSES, configs.CYMBAL_CLASSES, configs.KEEP_TOMS_SEPARATE = 1, 1, False
    apart = sources.material().tracks[0].labels().told_apart
    assert [group[0] for group in apart] == ["BD", "SD", "SS", "HH", "MT", "CC"]


def test_other_tracks_are_made_anew(band: Path) -> None:
    before = list(prepare.shards(sources.material(), "spectrograms"))
    next(band.glob(f"{NAMES['train'][1]}.mid")).unlink()
    after = list(prepare.shards(sources.material(), "spectrograms"))
    assert [shard.name for shard in before] == [shard.name for shard in after]
    assert [one.holds == other.holds for one, other in zip(before, after, strict=True)] == [True, False]


def lone(folder: Path, name: str, *drums: str) -> None:
    """A MIDI file with a stroke of each of some drums."""
    times = np.arange(float(len(drums))) / 2
    midi.write(folder / f"{name}.mid", Hits.of(times, drums, 90), Beats(times, np.arange(len(drums)) + 1), DRUMS)


class TestChanges:
    """Material that is made again after its corpus has changed: what changed, and nothing else."""

    @pytest.fixture(autouse=True)
    def unchained(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(playing, "PERFORMANCE_SECONDS", 0.1)
        monkeypatch.setattr(studio, "LEFT_OUT", ())

    def rendered(self) -> dict[str, tuple[bytes, list[str]]]:
        """Audio and drums of each copy that would be trained on, by the performance's name."""
        copies = prepare.rendered_tracks(prepare.make("rendered", sources.material()))
        return {
            copy.name.split("-")[-1]: (copy.audio.read_bytes(), copy.labels().hits.drum.tolist())
            for copy in copies
            if copy.audio
        }

    def test_a_corrected_performance_is_made_anew(self, band: Path) -> None:
        corrected, other = NAMES["train"][:2]
        lone(band, corrected, "BD", "BD")
        before = self.rendered()
        assert self.rendered() == before
        lone(band, corrected, "SD", "SD")
        after = self.rendered()
        assert before[f"{corrected}/0"][1] == ["BD", "BD"] and after[f"{corrected}/0"][1] == ["SD", "SD"]
        assert before[f"{other}/0"] == after[f"{other}/0"] and before.keys() == after.keys()

    def test_one_that_comes_first_is_made_and_moves_no_other(self, band: Path) -> None:
        first = next(name for name in (f"0{number}" for number in range(60)) if split_of(name) == "train")
        before = self.rendered()
        lone(band, first, "SD", "BD")
        after = self.rendered()
        assert after.keys() - before.keys() == {f"{first}/0"} and before.items() <= after.items()

    def test_one_that_is_gone_is_not_trained_on(self, band: Path) -> None:
        gone = NAMES["train"][0]
        before = self.rendered()
        (band / f"{gone}.mid").unlink()
        assert before.keys() - self.rendered().keys() == {f"{gone}/0"}

    def test_spectrograms_of_a_corrected_performance_too(self, band: Path) -> None:
        def made() -> dict[str, int]:
            found = prepare.make("spectrograms", sources.material())
            folder = Path(configs.DATA_DIR) / "spectrograms"
            return {shard.split: (folder / f"{shard.name}.tfrecord").stat().st_ino for shard in found.shards}

        before = made()
        assert made() == before
        lone(band, NAMES["train"][0], "SD", "SD")
        after = made()
        assert [before[split] == after[split] for split in ("train", "validation")] == [False, True]


def test_a_corpus_kept_for_testing_says_so(tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "A.class.txt").write_text("0.1 KD\n")
    (tmp_path / "drums").mkdir()
    (tmp_path / "drums" / "A.wav").touch()
    configs.CORPORA = [f"mdb:{tmp_path}"]
    with pytest.raises(CorpusError, match="all of it is kept for testing"):
        sources.material()
    configs.VALIDATION_SONGS = ["A"]
    assert [track.split for track in sources.material().tracks] == ["validation"]


def test_copies_that_share_music_are_made_one_after_the_other(band: Path) -> None:
    configs.RENDER_COPIES, configs.COPIES_A_TAKE = 4, 2
    found = sources.material(["patterns:400"])
    takes = prepare.by_take([shard for shard in prepare.shards(found, "spectrograms") if shard.split == "train"])
    assert {tuple(shard.copies[0] for shard in shards) for shards in takes} == {(0, 1), (2, 3)}
    assert all(len({shard.tracks for shard in shards}) == 1 for shards in takes)
    order = prepare.dealt(takes, 2)
    assert [shard.copies[0] for shard in order[:8]] == [0, 2, 1, 3, 0, 2, 1, 3]
    assert sorted(shard.name for shard in order) == sorted(shard.name for shards in takes for shard in shards)
