"""Decoding: every format, the same samples whole or in blocks, and a sentence for every kind of broken file."""

from __future__ import annotations

import shutil
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drum_tabber.errors import AudioError
from drum_tabber.sound import audio, container, decoding

RATE = 32000
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on the PATH")


def tone(seconds: float = 1.5, rate: int = RATE, channels: int = 2) -> decoding.Samples:
    """A tone of another pitch in each channel, (channels, n)."""
    time = np.arange(round(seconds * rate)) / rate
    return np.stack([0.4 * np.sin(2 * np.pi * 300 * (c + 1) * time) for c in range(channels)]).astype(np.float32)


@pytest.fixture
def song(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a tone under a name and gives its path."""

    def write(name: str, **tone_arguments: float) -> Path:
        rate = int(tone_arguments.get("rate", RATE))
        audio.write(tmp_path / name, tone(**tone_arguments), rate)  # type: ignore[arg-type]
        return tmp_path / name

    return write


def cut(path: Path, share: float = 0.5) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


class TestRead:
    @pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.caf"])
    def test_lossless_formats_give_back_what_was_written(self, song: Callable[..., Path], name: str) -> None:
        heard = audio.read(song(name))
        assert heard.sample_rate == RATE
        assert heard.samples.dtype == np.float32
        np.testing.assert_allclose(heard.samples, tone(), atol=2**-15)  # 16 bits

    @pytest.mark.parametrize("name", ["a.ogg", "a.mp3"])
    def test_lossy_formats_keep_length_and_sound(self, song: Callable[..., Path], name: str) -> None:
        heard = audio.read(song(name)).samples
        assert heard.shape == tone().shape
        middle = slice(RATE // 2, RATE)
        assert np.corrcoef(heard[0, middle], tone()[0, middle])[0, 1] > 0.99

    def test_opus(self, song: Callable[..., Path]) -> None:
        assert audio.read(song("a.opus", rate=48000)).samples.shape == (2, 72000)

    @pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 96000, 192000])
    def test_resampling_keeps_time_and_pitch(self, song: Callable[..., Path], rate: int) -> None:
        heard = audio.read(song("a.wav", rate=rate, channels=1), sample_rate=RATE)
        assert heard.duration == pytest.approx(1.5, abs=1 / rate)
        middle = slice(RATE // 4, RATE)
        np.testing.assert_allclose(heard.samples[0, middle], tone()[0, middle], atol=2e-3)

    @pytest.mark.parametrize("channels", [1, 2, 6])
    def test_mono_is_the_mean_of_the_channels(self, song: Callable[..., Path], channels: int) -> None:
        path = song("a.wav", channels=channels)
        mono = audio.read(path, mono=True).samples
        assert mono.shape == (1, tone().shape[1])
        np.testing.assert_allclose(mono[0], tone(channels=channels).mean(axis=0), atol=2**-14)
        np.testing.assert_array_equal(mono[0], audio.read(path).mono())

    def test_midi_is_no_sound(self, tmp_path: Path) -> None:
        (tmp_path / "a.mid").write_bytes(b"MThd" + bytes(60))
        with pytest.raises(AudioError, match=r"a\.mid is MIDI, which holds no sound"):
            audio.read(tmp_path / "a.mid")

    def test_a_side_that_is_upside_down_is_turned(self, tmp_path: Path) -> None:
        side = tone()[0]
        audio.write(tmp_path / "a.wav", np.stack([side, -0.95 * side]), RATE)
        for mono in (audio.read(tmp_path / "a.wav", mono=True).samples[0], audio.read(tmp_path / "a.wav").mono()):
            np.testing.assert_allclose(mono, 0.975 * side, atol=2**-13)
        wide = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 5000)).astype(np.float32)  # neither alike nor opposed
        audio.write(tmp_path / "b.wav", wide, RATE)
        np.testing.assert_allclose(audio.read(tmp_path / "b.wav", mono=True).samples[0], wide.mean(axis=0), atol=2**-14)

    def test_no_samples_at_all_is_valid(self, song: Callable[..., Path]) -> None:
        path = song("a.wav", seconds=0)
        assert audio.read(path, 44100).samples.shape == (2, 0)
        assert list(audio.stream(path, 44100)) == []

    def test_content_counts_not_the_name(self, song: Callable[..., Path]) -> None:
        mp3 = song("a.mp3")
        assert audio.read(mp3.rename(mp3.with_suffix(".wav"))).samples.shape == tone().shape

    def test_name_in_any_script(self, song: Callable[..., Path]) -> None:
        assert audio.read(song("трек №1 太鼓.flac")).duration == 1.5

    @needs_ffmpeg
    @pytest.mark.parametrize("name", ["a.m4a", "a.aac", "a.webm"])
    def test_what_libsndfile_does_not_know(self, song: Callable[..., Path], name: str) -> None:
        path = encoded(song("a.wav", rate=48000), name)
        heard = audio.read(path)
        assert heard.sample_rate == 48000
        assert heard.samples.shape[0] == 2
        assert heard.duration == pytest.approx(1.5, abs=0.1)  # encoders pad
        assert np.abs(np.fft.rfft(heard.samples[0, 24000:48000])).argmax() == 150  # 300 Hz over half a second

    def test_flac_without_a_length_is_read_to_its_end(self, song: Callable[..., Path]) -> None:
        path = song("a.flac", seconds=5)
        content = bytearray(path.read_bytes())
        content[21:26] = bytes([content[21] & 0xF0, 0, 0, 0, 0])  # STREAMINFO's 36 bits of total samples
        path.write_bytes(content)
        assert audio.length(path) is None
        np.testing.assert_array_equal(audio.read(path).samples, audio.read(song("b.flac", seconds=5)).samples)
        with pytest.raises(AudioError, match="cut short"):
            audio.read(cut(path))

    @needs_ffmpeg
    def test_other_layers_of_mpeg(self, song: Callable[..., Path]) -> None:
        assert audio.read(encoded(song("a.wav"), "a.mp2")).duration == pytest.approx(1.5, abs=0.1)

    @needs_ffmpeg
    def test_mp3_without_a_length_is_read_to_its_end(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).uniform(-0.3, 0.3, 10 * RATE)
        audio.write(tmp_path / "a.wav", np.concatenate([noise, np.zeros(40 * RATE)]).astype(np.float32), RATE)
        path = encoded(tmp_path / "a.wav", "a.mp3", "-q:a", "4", "-write_xing", "0")  # libsndfile would guess 9 s
        assert audio.length(path) == pytest.approx(50, abs=0.1)
        assert audio.read(path).duration == pytest.approx(50, abs=0.1)

    @needs_ffmpeg
    @pytest.mark.parametrize("rate", [8000, 24000, 48000])
    def test_mp3_without_a_length_and_with_padding(self, song: Callable[..., Path], rate: int) -> None:
        path = encoded(song("a.wav", rate=rate, seconds=4), "a.mp3", "-write_xing", "0")
        path.write_bytes(path.read_bytes() + bytes(3000))
        assert audio.read(path).duration == pytest.approx(4, abs=0.2)  # encoders pad by up to two frames


class TestStream:
    @pytest.mark.parametrize("block", [0.01, 0.3, 10.0])
    @pytest.mark.parametrize("rate", [RATE, 44100])
    def test_blocks_are_the_whole_bit_for_bit(self, song: Callable[..., Path], block: float, rate: int) -> None:
        path = song("a.flac", seconds=5)
        blocks = list(audio.stream(path, rate, block))
        assert {len(one) for one in blocks[:-1]} <= {round(block * rate)}
        assert 0 < len(blocks[-1]) <= round(block * rate)
        np.testing.assert_array_equal(np.concatenate(blocks), audio.read(path, rate, mono=True).samples[0])

    def test_memory_stays_flat(self, song: Callable[..., Path]) -> None:
        path = song("a.flac", seconds=60)
        tracemalloc.start()
        n_samples = sum(len(block) for block in audio.stream(path, 44100, block=1.0))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert n_samples == 60 * 44100
        assert peak < 4e6  # the whole is 10.6 MB


class TestLength:
    @pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg"])
    def test_as_declared(self, song: Callable[..., Path], name: str) -> None:
        assert audio.length(song(name)) == 1.5


class TestFaults:
    """One sentence each, naming the file and a way out."""

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(AudioError, match=r"there is no file .*song\.mp3; check the name"):
            audio.read(tmp_path / "song.mp3")

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(AudioError, match="is a folder"):
            audio.read(tmp_path)

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "a.wav").touch()
        with pytest.raises(AudioError, match=r"a\.wav is empty \(0 bytes\); download"):
            audio.read(tmp_path / "a.wav")

    @pytest.mark.parametrize(
        "text", ["x", "<html>Not found</html>", "Übergröße " * 100, "太鼓" * 200, "#EXTM3U\nb.mp3\n"]
    )
    def test_text(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "a.mp3").write_text(text, encoding="utf-8")
        with pytest.raises(AudioError, match=r"a\.mp3 is text, whatever its name says"):
            audio.read(tmp_path / "a.mp3")

    def test_unreadable(self, song: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
        path = song("a.wav")

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)  # modes don't stop a test that runs as root
        with pytest.raises(AudioError, match=r"can't read .*a\.wav: Permission denied; check its permissions"):
            audio.read(path)

    @pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg", "a.mp3", "a.caf"])
    @pytest.mark.parametrize("share", [0.3, 0.8])
    def test_cut_in_the_middle(self, song: Callable[..., Path], name: str, share: float) -> None:
        path = cut(song(name, seconds=4), share)
        with pytest.raises(AudioError, match=r"a\.\w+\b.* cut short.*download"):
            audio.read(path)
        with pytest.raises(AudioError, match=r"a\.\w+\b.* cut short.*download"):
            list(audio.stream(path, 44100))

    @needs_ffmpeg
    @pytest.mark.parametrize("name", ["a.m4a", "a.webm"])
    def test_cut_in_the_middle_for_ffmpeg(self, song: Callable[..., Path], name: str) -> None:
        with pytest.raises(AudioError, match="cut short"):
            audio.read(cut(encoded(song("a.wav", rate=48000), name)))

    def test_a_few_bytes_may_be_missing(self, song: Callable[..., Path]) -> None:
        assert audio.read(cut(song("a.wav"), 0.995)).duration == pytest.approx(1.5, rel=0.01)

    @needs_ffmpeg
    def test_video_without_sound(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mp4"
        picture = ["-f", "lavfi", "-i", "color=size=16x16:duration=0.2", "-c:v", "mpeg4"]
        subprocess.run(["ffmpeg", "-loglevel", "error", *picture, path], check=True)
        with pytest.raises(AudioError, match=r"a\.mp4 is a video without sound"):
            audio.read(path)

    def test_no_decoder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
        monkeypatch.setattr(decoding, "_other_decoder", lambda *_: None)
        with pytest.raises(AudioError, match=r"a\.m4a .*install PyAV \(pip install av\) or ffmpeg"):
            audio.read(tmp_path / "a.m4a")

    def test_noise_that_is_no_audio(self, tmp_path: Path) -> None:
        (tmp_path / "a.mp3").write_bytes(b"\0\1\2\3" + np.random.default_rng(0).bytes(5000))
        with pytest.raises(AudioError, match=r"a\.mp3"):
            audio.read(tmp_path / "a.mp3")

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_no_numbers(self, tmp_path: Path, bad: float) -> None:
        samples = np.zeros(RATE, np.float32)
        samples[RATE // 2] = bad
        soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
        with pytest.raises(AudioError, match=r"a\.wav .*\(NaN or infinite\) at 0\.50 s"):
            audio.read(tmp_path / "a.wav")


class TestWrite:
    def test_mono_and_clipping(self, tmp_path: Path) -> None:
        audio.write(tmp_path / "new" / "a.wav", np.array([0, 0.5, 2, -2], np.float32), RATE)
        np.testing.assert_allclose(audio.read(tmp_path / "new" / "a.wav").samples, [[0, 0.5, 1, -1]], atol=2**-14)

    @pytest.mark.parametrize(("name", "kept"), [("a.wav", "mine"), ("a.flac", "mine"), ("a.ogg", "mine"), ("a.au", "")])
    def test_a_comment_where_the_format_has_a_place(self, tmp_path: Path, name: str, kept: str) -> None:
        audio.write(tmp_path / name, np.zeros(1000, np.float32), 8000, "mine")
        assert audio.comment_of(tmp_path / name) == kept
        audio.write(tmp_path / name, np.zeros(1000, np.float32), 8000)
        assert audio.comment_of(tmp_path / name) == ""

    def test_unknown_extension(self, tmp_path: Path) -> None:
        with pytest.raises(AudioError, match=r"can't write .*a\.xyz"):
            audio.write(tmp_path / "a.xyz", tone(), RATE)
        assert list(tmp_path.iterdir()) == []

    def test_refused_by_the_encoder_leaves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(AudioError, match=r"can't write .*a\.opus"):
            audio.write(tmp_path / "a.opus", tone(), 44100)  # Opus knows 48 kHz and its fractions
        assert list(tmp_path.iterdir()) == []


class TestFind:
    def test_folders_are_searched_and_files_kept_as_given(self, tmp_path: Path) -> None:
        for name in ("b/2.MP3", "b/1.wav", "a.flac", "notes.txt", ".hidden/x.wav", "odd.bin"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        found = audio.find([tmp_path / "odd.bin", tmp_path, tmp_path / "a.flac", "nowhere.mp3"])
        names = [path.relative_to(tmp_path).as_posix() if path.is_absolute() else path.name for path in found]
        assert names == ["odd.bin", "a.flac", "b/1.wav", "b/2.MP3", "nowhere.mp3"]


class TestContainer:
    @pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF])
    def test_sizes_of_streams_declare_nothing(self, song: Callable[..., Path], size: int) -> None:
        path = song("a.wav")
        content = bytearray(path.read_bytes())
        at = content.index(b"data") + 4
        content[at : at + 4] = size.to_bytes(4, "little")
        path.write_bytes(content)
        assert container.share_present(path) == 1

    def test_share_present(self, song: Callable[..., Path]) -> None:
        assert container.share_present(song("a.wav")) == 1
        assert container.share_present(cut(song("a.wav"), 0.25)) == pytest.approx(0.25, abs=0.01)

    def test_tag_before_the_mp3(self, song: Callable[..., Path]) -> None:
        path = song("a.mp3", seconds=3)
        tag = b"ID3\x04\0\0\0\0\x02\0" + bytes(256)
        path.write_bytes(tag + path.read_bytes())
        assert container.mp3_duration(path) is None
        assert audio.read(path).duration == 3


def encoded(path: Path, name: str, *options: str) -> Path:
    target = path.with_name(name)
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", path, *options, target], check=True)
    return target


def test_an_mp3_read_in_chunks_is_the_mp3_read_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    path = tmp_path / "noise.mp3"
    soundfile.write(path, 0.3 * rng.standard_normal((44100 * 5, 2)), 44100)
    whole, _ = soundfile.read(path, dtype="float32", always_2d=True)
    chunked = audio.read(path).samples
    assert chunked.shape == whole.T.shape
    np.testing.assert_array_equal(chunked, whole.T)
