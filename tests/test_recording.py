"""Recordings in pages: their outline, and whether they are held, linked or coded anew."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from drum_tabber.errors import AudioError
from drum_tabber.export.recording import PLAYED, Recording, linked, outline
from drum_tabber.sound import audio, waveform

RATE = 22050
FLAT = np.zeros((2, 2), np.float32)


def bursts(path: Path, seconds: float = 2.3) -> Path:
    """A file that is silent but for a loud and a softer moment, at 0.5 and 1.5 s."""
    samples = np.zeros(round(seconds * RATE), np.float32)
    for start, level in ((0.5, 0.8), (1.5, 0.2)):
        samples[round(start * RATE) : round((start + 0.1) * RATE)] = level
    audio.write(path, np.stack([samples, samples]), RATE)
    return path


def test_the_outline_rises_where_it_is_loud(tmp_path: Path) -> None:
    peaks = outline(waveform.read(bursts(tmp_path / "song.wav")))
    assert len(peaks) == round(2.3 * waveform.RATE)
    at = {time: int(peaks[round(time * waveform.RATE)]) for time in (0.25, 0.55, 1.0, 1.55, 2.2)}
    assert at == {0.25: 0, 0.55: 255, 1.0: 0, 1.55: pytest.approx(64, abs=1), 2.2: 0}


def test_silence_has_a_flat_outline() -> None:
    assert outline(np.zeros((3, 2), np.float32)).tolist() == [0, 0, 0]
    assert outline(np.zeros((0, 2), np.float32)).tolist() == []


def test_a_small_recording_is_held_as_it_is(tmp_path: Path) -> None:
    song = bursts(tmp_path / "song.flac")
    recording = Recording.of(song, FLAT, tmp_path / "song.html", song.stat().st_size)
    assert (recording.data, recording.link, recording.media_type) == (song.read_bytes(), "", "audio/flac")


def test_a_large_one_is_linked(tmp_path: Path) -> None:
    song = bursts(tmp_path / "song.flac")
    recording = Recording.of(song, FLAT, tmp_path / "out/song.html", song.stat().st_size - 1)
    assert (recording.data, recording.link) == (b"", "./../song.flac")


@pytest.mark.parametrize("name", ['a#b?c%20"d".wav', "javascript:alert(1).wav", "Söng & <b>.wav"])
def test_a_link_is_an_address_whatever_the_name(name: str, tmp_path: Path) -> None:
    link = linked(tmp_path / name, tmp_path)
    assert link.startswith("./")
    assert not set(link) & set('#?"<>& ')
    assert unquote(link) == f"./{name}"


def test_what_browsers_dont_play_is_coded_anew(tmp_path: Path) -> None:
    song = bursts(tmp_path / "song.aiff")
    recording = Recording.of(song, FLAT, tmp_path / "song.html", 0)
    assert (recording.media_type, recording.link) == (PLAYED[".mp3"], "")
    coded = tmp_path / "coded.mp3"
    coded.write_bytes(recording.data)
    assert audio.length(coded) == pytest.approx(2.3, abs=0.1)


def test_a_recording_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.mp3"):
        Recording.of(tmp_path / "gone.mp3", FLAT, tmp_path / "x.html", 1)
