"""The command line: bad input in one line each, the rest of a batch done, nothing written in half."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

import configs
import transcribe
from drum_tabber import __main__ as commands
from drum_tabber import command, errors, settings
from drum_tabber.errors import AudioError, DrumTabberError
from drum_tabber.events import Beats, Hits
from drum_tabber.notation.transcription import Presentation, Transcription, notate
from drum_tabber.sound import audio
from drum_tabber.tab import TabStyle, signature
from drum_tabber.vocabulary import Vocabulary

ROOT = Path(__file__).parents[1]
HITS = Hits.of([0.0, 0.5, 1.0, 1.5], ["BD", "SD", "BD", "SD"])
MURKY = Hits.of([0.0, 0.5, 1.0, 1.5], ["BD", "SD", "BD", "SD"], confidence=[0.9, 0.2, 0.3, 0.8])
BEATS = Beats(np.array([0.0, 0.5, 1.0, 1.5]), np.arange(4) + 1)


def shell(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script run as a user does."""
    words = [sys.executable, str(ROOT / "transcribe.py"), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


def sound(path: Path, seconds: float = 1.0, rate: int = 16000) -> Path:
    audio.write(path, np.zeros(round(seconds * rate), np.float32), rate)
    return path


class TestAsAUser:
    def test_help_loads_nothing_heavy(self) -> None:
        probe = "import sys, transcribe\ntry: transcribe.main(['--help'])\nexcept SystemExit: print(*sys.modules)"
        words = [sys.executable, "-c", probe]
        modules = (
            subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True).stdout.splitlines()[-1].split()
        )
        assert not {"numpy", "scipy", "soundfile", "tqdm", "onnxruntime", "keras", "tensorflow"} & set(modules)

    def test_a_batch_of_bad_files(self, tmp_path: Path) -> None:
        (tmp_path / "empty.wav").touch()
        (tmp_path / "text.mp3").write_text("not audio")
        cut = sound(tmp_path / "cut.wav")
        cut.write_bytes(cut.read_bytes()[:9000])
        (tmp_path / "folder").mkdir()
        soundfile.write(tmp_path / "header.wav", np.zeros(0), 44100)
        before = sorted(tmp_path.rglob("*"))
        names = ["missing.mp3", "empty.wav", "header.wav", "text.mp3", "cut.wav", "folder"]
        done = shell(*(tmp_path / name for name in names))
        lines = done.stderr.splitlines()
        assert done.returncode == 1
        assert done.stdout == ""
        assert len(lines) == len(names)
        assert all(line.startswith("error: ") for line in lines)
        assert all(sum(name in line for line in lines) == 1 for name in names)
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--formats", "tab,PDF"], "error: there is no format 'PDF'; did you mean pdf?"),
            (["--formats", "musicxlm"], "error: there is no format 'musicxlm'; did you mean musicxml?"),
            (["--set", "SENSITIVTY=1"], "error: there is no setting SENSITIVTY; did you mean SENSITIVITY?"),
            (["--set", "SENSITIVITY=2"], "error: SENSITIVITY must be between 0 and 1, not 2.0"),
            (
                ["--formats", ""],
                "error: there is no output format to write; name some, such as tab,midi",
            ),
            (
                ["--formats", "tab,doc"],
                "error: there is no format 'doc'; choose among tab, midi, csv, review, json, musicxml, "
                "alphatex, chart, png, pdf, html",
            ),
        ],
    )
    def test_bad_settings(self, tmp_path: Path, options: list[str], sentence: str) -> None:
        done = shell(sound(tmp_path / "a.wav"), *options)
        assert (done.returncode, done.stderr.strip()) == (1, sentence)

    def test_settings_from_the_environment(self, tmp_path: Path) -> None:
        done = shell(tmp_path / "a.wav", DRUM_TABBER_SENSITIVITY="much", DRUM_TABBER_DEBUG="")
        assert done.stderr.strip() == "error: SENSITIVITY must be a number, not 'much'"

    def test_no_song(self) -> None:
        assert shell().returncode == 2

    def test_a_name_that_looks_like_an_option(self, tmp_path: Path) -> None:
        sound(tmp_path / "-a.wav")
        words = [sys.executable, str(ROOT / "transcribe.py"), "-a.wav"]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].endswith("write ./-a.wav for the file of that name")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
    def test_a_full_disk_behind_the_output(self) -> None:
        folder = ROOT / "tests" / "golden" / "evaluate"
        words = [sys.executable, "-m", "drum_tabber", "evaluate"]
        words += ["--predictions", str(folder / "estimate"), "--annotations", str(folder / "reference")]
        with open("/dev/full", "w") as full:
            done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
        assert done.returncode == 1
        assert done.stderr == (
            "error: evaluate: output: No space left on device; choose another place, or check the disk and its "
            "permissions\n"
        )

    @pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
    def test_a_name_that_is_no_text(self, tmp_path: Path) -> None:
        song = tmp_path / os.fsdecode(b"bad\xff.wav")
        sound(tmp_path / "a.wav").rename(song)
        done = shell(song)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Title: bad\N{REPLACEMENT CHARACTER}")
        assert len(names(tmp_path)) == 4


@pytest.fixture(autouse=True)
def page() -> Iterator[None]:
    """The settings page as it was, whatever a test sets."""
    before = settings.snapshot(configs)
    yield
    for name, value in before.items():
        setattr(configs, name, value)


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A transcriber that hears one bar in every song; the songs it was given."""
    heard: list[Path] = []

    def transcribe_one(path: Path, on_progress: Callable[[float], object] | None = None) -> Transcription:
        heard.append(path)
        if "broken" in path.name:
            raise ZeroDivisionError("oh")
        if "late" in path.name:
            raise AudioError(f"{path} is damaged; download it again")
        if on_progress:
            on_progress(0.5)
        hits = Hits() if "silence" in path.name else MURKY if "murky" in path.name else HITS
        presentation = Presentation(Vocabulary.of(configs.DRUMS), TabStyle(tuple(configs.TAB_ROWS)), doubtful=0.5)
        return notate(path.stem, 2.0, hits, BEATS, presentation)

    task = types.ModuleType("drum_tabber.tasks.drums")
    task.transcriber = lambda *asked: types.SimpleNamespace(transcribe=transcribe_one)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "drum_tabber.tasks.drums", task)
    monkeypatch.setattr("drum_tabber.tasks.drums", task, raising=False)
    return heard


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("hear")
class TestBatch:
    def test_one_song_prints_its_tab_and_writes_beside_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert transcribe.main([str(sound(tmp_path / "a.wav"))]) == 0
        printed = capsys.readouterr()
        assert signature.signed(printed.out) == (tmp_path / "a.tab.txt").read_text()
        assert "SD|----o-------o---|" in printed.out
        assert names(tmp_path) == ["a.hits.csv", "a.mid", "a.tab.txt", "a.wav"]
        assert "4 hits in 1 bar" in printed.err

    def test_several_songs_print_a_line_each(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        sound(tmp_path / "in" / "a.wav")
        sound(tmp_path / "in" / "deep" / "silence.flac")
        out = tmp_path / "out"
        assert transcribe.main([str(tmp_path / "in"), "--out", str(out), "--formats", "tab"]) == 0
        first, second = capsys.readouterr().out.splitlines()
        assert first.endswith(f"a.wav: 4 hits in 1 bar -> {out / 'a.tab.txt'}")
        assert second.endswith(f"silence.flac: no drums were heard -> {out / 'silence.tab.txt'}")
        assert "No drums were heard." in (out / "silence.tab.txt").read_text()
        assert transcribe.main([str(tmp_path / "in" / "deep"), "--out", str(out)]) == 0
        assert "silence.flac, --set SENSITIVITY=0.7 may hear them" in capsys.readouterr().err

    def test_a_song_of_doubtful_hits_is_told_of(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        songs = [str(sound(tmp_path / name)) for name in ("a.wav", "murky.wav")]
        assert transcribe.main([*songs, "--formats", "tab"]) == 0
        notice = f"notice: 2 of 4 hits are doubtful; {songs[1]} may hold few drums, or none\n"
        assert capsys.readouterr().err == notice

    def test_a_format_without_its_package_is_refused_before_listening(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, hear: list[Path]
    ) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it weren't installed
        assert transcribe.main([str(sound(tmp_path / "a.wav")), "--formats", "tab,pdf"]) == 1
        sentence = "error: pictures are drawn by matplotlib, which isn't here: pip install matplotlib\n"
        assert capsys.readouterr().err == sentence
        assert (hear, names(tmp_path)) == ([], ["a.wav"])

    def test_what_others_made_is_not_written_over_and_what_we_made_is(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], hear: list[Path]
    ) -> None:
        song, formats = str(sound(tmp_path / "a.wav")), "midi,musicxml,alphatex,chart,html"
        assert transcribe.main([song, "--formats", formats]) == 0
        assert transcribe.main([song, "--formats", formats]) == 0
        for suffix in (".mid", ".musicxml", ".atex", ".chart", ".html"):
            theirs = tmp_path / f"a{suffix}"
            ours = theirs.read_bytes()
            theirs.write_bytes(b"mine")
            capsys.readouterr()
            assert transcribe.main([song, "--formats", formats]) == 1
            assert f"a{suffix} is not Drum Tabber's and would be written over" in capsys.readouterr().err
            assert theirs.read_bytes() == b"mine"
            theirs.write_bytes(ours)
        assert len(hear) == 2, "it is said before listening"

    def test_a_tab_that_someone_corrected_is_kept(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        song, written = str(sound(tmp_path / "a.wav")), tmp_path / "a.tab.txt"
        for corrected in ("oooo", "gggg"):
            assert transcribe.main([song]) == 0
            ours = written.read_text()
            assert transcribe.main([song]) == 0
            written.write_text(ours.replace("SD|----", f"SD|{corrected}"))
        capsys.readouterr()
        assert transcribe.main([song, "--quiet"]) == 0
        kept = [tmp_path / "a.tab.txt.bak", tmp_path / "a.tab.txt.bak2"]
        assert "SD|oooo" in kept[0].read_text() and "SD|gggg" in kept[1].read_text()
        notice = f"notice: {written} isn't as Drum Tabber wrote it; what was there is kept as {kept[1]}\n"
        assert capsys.readouterr().err == notice
        assert written.read_text() == ours

    def test_a_tab_that_we_wrote_is_written_over_whatever_the_settings(self, tmp_path: Path) -> None:
        song, written = str(sound(tmp_path / "a.wav")), tmp_path / "a.tab.txt"
        for columns in ("80", "40"):
            assert transcribe.main([song, "--formats", "tab", "--set", f"TAB_WIDTH={columns}"]) == 0
            written.write_bytes(written.read_bytes().replace(b"\n", b"\r\n"))  # as some tools leave a text
        assert names(tmp_path) == ["a.tab.txt", "a.wav"]

    def test_a_tab_that_was_there_before_any_run_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "a.tab.txt").write_text("SD|o---|")
        assert transcribe.main([str(sound(tmp_path / "a.wav")), "--formats", "tab,midi"]) == 0
        assert (tmp_path / "a.tab.txt.bak").read_text() == "SD|o---|"

    def test_faults_don_t_stop_the_rest(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        songs = [str(sound(tmp_path / name)) for name in ("late.wav", "broken.wav", "good.wav")]
        assert transcribe.main([*songs, "--out", str(tmp_path / "out"), "--formats", "midi"]) == 1
        late, broken = capsys.readouterr().err.splitlines()
        assert late == f"error: {songs[0]} is damaged; download it again"
        assert broken.startswith(f"error: {songs[1]}: ZeroDivisionError oh; this is our fault: please report it")
        assert names(tmp_path / "out") == ["good.mid"]

    def test_songs_of_one_name_are_kept_apart(self, tmp_path: Path) -> None:
        given = ("a.wav", "a.flac", "x/b.wav", "y/b.wav", "c.wav", "1/z/d.wav", "2/z/d.wav")
        songs = [str(sound(tmp_path / name)) for name in given]
        assert transcribe.main([*songs, "--out", str(tmp_path / "out"), "--formats", "tab"]) == 0
        assert names(tmp_path / "out") == [
            "a.flac.tab.txt",
            "a.wav.tab.txt",
            "c.tab.txt",
            "x-b.tab.txt",
            "y-b.tab.txt",
            "z-d-2.tab.txt",
            "z-d.tab.txt",
        ]

    def test_a_song_named_twice_is_heard_once(self, tmp_path: Path, hear: list[Path]) -> None:
        song = sound(tmp_path / "a.wav")
        assert transcribe.main([str(song), str(tmp_path)]) == 0
        assert hear == [song]

    def test_work_that_takes_time_shows_a_bar(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transcribe, "PATIENCE", -1)
        assert transcribe.main([str(sound(tmp_path / "a.wav", 4.0))]) == 0
        assert "a.wav:  12%|" in capsys.readouterr().err

    def test_quiet(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert transcribe.main([str(sound(tmp_path / "a.wav")), "--quiet"]) == 0
        assert capsys.readouterr() == ("", "")

    def test_output_folder_that_is_a_file(
        self, tmp_path: Path, hear: list[Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "out").touch()
        assert transcribe.main([str(sound(tmp_path / "a.wav")), "--out", str(tmp_path / "out")]) == 1
        assert (
            capsys.readouterr().err
            == f"error: can't write to {tmp_path / 'out'}: a file has that name; choose another folder with --out\n"
        )
        assert hear == []

    def test_a_folder_in_the_place_of_a_result(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.tab.txt").mkdir()
        assert transcribe.main([str(sound(tmp_path / "a.wav")), "--formats", "tab"]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"error: can't write {tmp_path / 'a.tab.txt'}: a folder has that name; move it")
        assert names(tmp_path) == ["a.tab.txt", "a.wav"]

    def test_a_low_sample_rate_is_noticed(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        song = sound(tmp_path / "a.wav", rate=8000)
        assert transcribe.main([str(song), "--formats", "tab"]) == 0
        assert f"notice: {song} is sampled at 8000 Hz: hats and cymbals are lost in it" in capsys.readouterr().err

    def test_disk_full(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Path, *_: object, **__: object) -> None:
            self.touch()
            raise OSError(28, "No space left on device")

        song = sound(tmp_path / "a.wav")
        monkeypatch.setattr(Path, "write_text", refuse)
        assert transcribe.main([str(song), "--formats", "tab"]) == 1
        assert capsys.readouterr().err.startswith(
            f"error: can't write {tmp_path / 'a.tab.txt'}: No space left on device"
        )
        assert names(tmp_path) == ["a.wav"]


class TestCommand:
    """What all scripts share."""

    def test_status(self, capsys: pytest.CaptureFixture[str]) -> None:
        def stop(error: BaseException) -> int:
            raise error

        assert command.run(lambda: None, "x") == 0
        assert command.run(lambda: 3, "x") == 3
        assert command.run(lambda: stop(KeyboardInterrupt()), "x") == 130
        assert command.run(lambda: stop(DrumTabberError("a, b")), "x") == 1
        assert command.run(lambda: stop(MemoryError()), "x") == 1
        assert capsys.readouterr().err.splitlines() == [
            "stopped",
            "error: a, b",
            "error: x: not enough memory; close other programs",
        ]

    def test_what_the_machine_lacks_is_not_our_fault(self, capsys: pytest.CaptureFixture[str]) -> None:
        def load() -> None:
            importlib.import_module("no_such_package")

        assert command.run(load, "x") == 1
        assert capsys.readouterr().err.startswith("error: the package no_such_package isn't installed for this Python")

    def test_debugging_shows_the_traceback(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(errors.DEBUG, "1")
        with pytest.raises(ZeroDivisionError):
            command.run(lambda: 1 // 0, "x")

    def test_commands_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="0"):
            commands.main(["--help"])
        printed = capsys.readouterr().out
        assert all(f"  {name} " in printed for name in commands.COMMANDS)

    def test_no_command_gets_the_list(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert commands.main([]) == 0
        assert "\ncommands:\n" in capsys.readouterr().out

    def test_unknown_command(self) -> None:
        with pytest.raises(SystemExit, match="2"):
            commands.main(["evalute"])


class TestEvaluateCommand:
    FILES = ROOT / "tests" / "golden" / "evaluate"

    def test_files_against_files(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        given = ["--predictions", str(self.FILES / "estimate"), "--annotations", str(self.FILES / "reference")]
        assert (
            commands.main(["evaluate", *given, "--tolerance", "0.05", "--search", "--json", str(tmp_path / "f.json")])
            == 0
        )
        printed = capsys.readouterr().out
        assert "overall    0.750  0.791  0.770" in printed
        assert '"f": 0.7701863354037267' in (tmp_path / "f.json").read_text()

    @pytest.mark.usefixtures("hear")
    def test_a_corpus(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "annotations").mkdir()
        (tmp_path / "annotations" / "one.subclass.txt").write_text("0 KD\n0.5 SD\n1 KD\n1.5 SD\n")
        (tmp_path / "annotations" / "one.beats.txt").write_text("0 1\n0.5 2\n1 3\n1.5 4\n")
        sound(tmp_path / "drums" / "one.wav")
        assert commands.main(["evaluate", "--corpus", f"mdb/drums:{tmp_path}", "--classes", "3"]) == 0
        printed = capsys.readouterr().out
        assert "overall    1.000  1.000  1.000" in printed
        assert "beats F 1.000, downbeats F 1.000, mean of 1 tracks" in printed

    @pytest.mark.usefixtures("hear")
    def test_a_track_that_can_t_be_read_is_left_out(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "annotations").mkdir()
        for name in ("late", "one"):
            (tmp_path / "annotations" / f"{name}.subclass.txt").write_text("0 KD\n0.5 SD\n1 KD\n1.5 SD\n")
            sound(tmp_path / "drums" / f"{name}.wav")
        assert commands.main(["evaluate", "--corpus", f"mdb/drums:{tmp_path}"]) == 1
        printed = capsys.readouterr()
        assert "overall    1.000  1.000  1.000" in printed.out
        assert printed.err.startswith("left out: mdb/drums:late: ") and "download it again" in printed.err

    @pytest.mark.usefixtures("hear")
    def test_songs_whose_beats_alone_are_known(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        track = mido.MidiTrack([mido.Message("note_on", note=60, time=time) for time in (0, 480, 480, 480)])
        mido.MidiFile(tracks=[track], ticks_per_beat=480).save(tmp_path / "notes.mid")
        sound(tmp_path / "song.wav")
        given = ["--corpus", f"charts:{tmp_path}", "--search", "--json", str(tmp_path / "f.json")]
        assert commands.main(["evaluate", *given]) == 0
        printed = capsys.readouterr().out
        assert printed == "beats F 1.000, downbeats F 1.000, mean of 1 tracks\n"
        assert json.loads((tmp_path / "f.json").read_text())["reports"] == []

    def test_files_that_have_no_fellow_are_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("a/one.txt", "a/two.txt", "b/one.txt", "b/Two.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("0 KD\n")
        given = ["--predictions", str(tmp_path / "a"), "--annotations", str(tmp_path / "b")]
        assert commands.main(["evaluate", *given]) == 0
        notices = [line for line in capsys.readouterr().err.splitlines() if line.startswith("notice: not scored")]
        assert [notice.rpartition(": ")[2] for notice in notices] == ["two.txt", "Two.txt"]

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ([], "say what to score: --corpus LAYOUT:FOLDER"),
            (["--corpus", "here"], "--corpus needs LAYOUT:FOLDER"),
            (["--predictions", "here"], "--predictions needs --annotations DIR"),
            (["--corpus", "mdb:nowhere"], "there is no folder nowhere"),
        ],
    )
    @pytest.mark.usefixtures("hear")
    def test_faults(self, given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert commands.main(["evaluate", *given]) == 1
        assert capsys.readouterr().err.startswith(f"error: {sentence}")
