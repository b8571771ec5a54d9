"""An audio file opened: a path in, checked chunks of float32 samples at the file's own rate out.

libsndfile decodes wav, flac, ogg, opus, mp3, aiff, caf and their relatives; what it does not know (m4a, aac, the sound
of videos) goes to PyAV where it is installed, else to an `ffmpeg` on the PATH. What a file is, its content says and not
its name. A file that was cut in the middle is an error: a tab of half a song is not what anybody asked for.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from drum_tabber.errors import AudioError
from drum_tabber.sound import container

Samples = NDArray[np.float32]

CHUNK = 1 << 16  # frames decoded at a time; fixed, so that resampling meets the same chunks whoever asks
MIN_RATE, MAX_RATE = (2000, 768_000)  # hertz: a header that claims a rate outside is broken
CUT_SLACK = 0.1  # seconds that a decoder may fall short of the declared length: encoders pad
UNKNOWN_LENGTH = 1 << 62  # frames: libsndfile says 2^63 - 1 of a flac that was streamed and never finished
_STDERR = 2  # its number to the operating system
MALFORMED = 3  # libsndfile's code for a format it knows in a state it does not
CUT_SIGNS = "partial file|ended prematurely|packet corrupt|moov atom not found"  # in ffmpeg's words
INSTALL_DECODER = "install PyAV (pip install av) or ffmpeg, or convert the file to wav, flac, ogg or mp3"


@dataclass(frozen=True)
class Source:
    """A file being decoded: `chunks` of (n, channels) float32, `declared` the length its container states, seconds."""

    sample_rate: int
    channels: int
    declared: float | None
    chunks: Iterator[Samples]


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file behind the first decoder that knows it, every chunk checked. Raises AudioError, also between chunks."""
    what = _checked_kind(path)
    share = container.share_present(path)
    if share < 1:
        there = f"only {share:.0%} of it is there" if share else "its end is missing"
        raise AudioError(f"{path} is cut short: {there}; download or export it again")
    with _decoder(path, what) as source:
        if not MIN_RATE <= source.sample_rate <= MAX_RATE:
            raise AudioError(f"{path} claims {source.sample_rate} samples a second, which is no sound; export it again")
        yield replace(source, chunks=_checked(path, source))


def _checked_kind(path: Path) -> str:
    """What the file is, by its first bytes; AudioError where it can't be sound at all."""
    if path.is_dir():
        raise AudioError(f"{path} is a folder; name a song, or a folder that holds some")
    try:
        if not path.is_file():
            raise AudioError(f"there is no file {path}; check the name")
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise AudioError(f"can't read {path}: {error.strerror}; check its permissions") from error
    if not head:
        raise AudioError(f"{path} is empty (0 bytes); download or export it again")
    what = container.kind(head)
    if what == "text":
        raise AudioError(f"{path} is text, whatever its name says; give an audio file")
    if head.startswith(b"MThd"):
        raise AudioError(f"{path} is MIDI, which holds no sound; python -m drum_tabber tab FILE shows its drums")
    return what


def _checked(path: Path, source: Source) -> Iterator[Samples]:
    """The source's chunks; AudioError for samples that are no numbers and for an end that comes too early."""
    n_frames = 0
    try:
        for chunk in source.chunks:
            if not np.isfinite(chunk).all():
                at = (n_frames + int(np.argmin(np.isfinite(chunk).all(axis=1)))) / source.sample_rate
                raise AudioError(
                    f"{path} holds samples that are no numbers (NaN or infinite) at {at:.2f} s; export it again"
                )
            n_frames += len(chunk)
            yield chunk
    except soundfile.LibsndfileError as error:
        raise _cut_short(path, n_frames, source) from error
    if source.declared is not None and n_frames / source.sample_rate < source.declared - CUT_SLACK:
        raise _cut_short(path, n_frames, source)


def _cut_short(path: Path, n_frames: int, source: Source) -> AudioError:
    whole = "" if source.declared is None else f" of {source.declared:.1f} s"
    there = f"{n_frames / source.sample_rate:.1f} s{whole}"
    return AudioError(f"{path} is damaged or cut short: {there} can be read; download or export it again")


def _decoder(path: Path, what: str) -> AbstractContextManager[Source]:
    """The first decoder that knows the file, libsndfile last where it looks like nothing we know."""
    for find_decoder in (_libsndfile, _other_decoder) if what else (_other_decoder, _libsndfile):
        if decoder := find_decoder(path, what):
            return decoder
    raise AudioError(f"{path} is no audio that can be decoded here; {INSTALL_DECODER}")


def _libsndfile(path: Path, what: str) -> AbstractContextManager[Source] | None:
    try:
        name = os.fsencode(path) if os.name == "posix" else path  # a name there may be no text
        with _hushed():
            file = soundfile.SoundFile(name)
        return _by_soundfile(path, file)
    except TypeError:  # a name in .raw, which soundfile wants described
        return None
    except soundfile.LibsndfileError as error:
        if error.code == MALFORMED:
            raise _undecodable(path, error.error_string) from error
        return None


def _other_decoder(path: Path, what: str) -> AbstractContextManager[Source] | None:
    with suppress(ImportError):
        return _by_av(path, what, importlib.import_module("av"))
    ffmpeg = shutil.which("ffmpeg")
    return _by_ffmpeg(path, ffmpeg) if ffmpeg else None


@contextmanager
def _by_soundfile(path: Path, file: soundfile.SoundFile) -> Iterator[Source]:
    _forward(file)
    if file.frames >= UNKNOWN_LENGTH:
        with file:
            yield Source(file.samplerate, file.channels, None, _soundfile_chunks(file, file.frames))
        return
    counted = container.mp3_duration(path)
    n_guessed, n_frames = (file.frames, file.frames if counted is None else round(counted * file.samplerate))
    falls_short = n_frames > n_guessed + CUT_SLACK * file.samplerate
    with file, _piped(path) if falls_short else nullcontext(file) as whole:
        yield Source(whole.samplerate, whole.channels, n_frames / whole.samplerate, _soundfile_chunks(whole, n_frames))


def _forward(file: soundfile.SoundFile) -> soundfile.SoundFile:
    """The file without the seeking that soundfile does after every read, which garbles an mp3 for a moment."""
    file.seekable = lambda: False
    return file


@contextmanager
def _piped(path: Path) -> Iterator[soundfile.SoundFile]:
    """The file through a pipe, of which libsndfile knows no length; of an mp3 it would stop where its guess ends."""
    out, into = os.pipe()

    def feed() -> None:
        with suppress(BrokenPipeError), open(into, "wb") as pipe, path.open("rb") as file:
            shutil.copyfileobj(file, pipe)

    threading.Thread(target=feed, daemon=True).start()
    with _forward(soundfile.SoundFile(out)) as file:
        yield file


def _soundfile_chunks(file: soundfile.SoundFile, n_left: int) -> Iterator[Samples]:
    """At most `n_left` frames: libsndfile gives up on an mp3 when it meets the padding that may follow the last one."""
    while n_left:
        with _hushed():
            chunk = file.read(min(CHUNK, n_left), dtype="float32", always_2d=True)
        if not len(chunk):
            return
        n_left -= len(chunk)
        yield chunk


@contextmanager
def _hushed() -> Iterator[None]:
    """Nothing on the process's own standard error, where libmpg123 talks of what we say in a sentence."""
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is none
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)


@contextmanager
def _by_av(path: Path, what: str, av: Any) -> Iterator[Source]:
    try:
        with av.open(str(path)) as file:
            if not file.streams.audio:
                raise AudioError(f"{path} is a video without sound; give a file with audio")
            track = file.streams.audio[0]
            # Other containers only estimate, and a film may outlast its sound.
            declared = file.duration / 1e6 if what in ("mp4", "matroska") and len(file.streams) == 1 else None
            to_float = av.AudioResampler(format="fltp")
            planes = (part.to_ndarray().T for frame in file.decode(track) for part in to_float.resample(frame))
            yield Source(track.sample_rate, track.channels, declared, planes)
    except av.FFmpegError as error:
        raise _undecodable(path, error.strerror) from error


@contextmanager
def _by_ffmpeg(path: Path, program: str) -> Iterator[Source]:
    """Decoding by an ffmpeg process that writes the simplest float format, Sun's .au, into a pipe."""
    command = [program, "-nostdin", "-nostats", "-hide_banner", "-protocol_whitelist", "file,pipe"]
    command += ["-i", f"file:{path}", "-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        try:
            head = process.stdout.read(24)
            if len(head) < 24:
                process.wait()
                raise _ffmpeg_error(path, _text(log))
            _, offset, _, _, rate, channels = struct.unpack(">4s5I", head)
            process.stdout.read(offset - 24)
            yield Source(rate, channels, None, _ffmpeg_chunks(path, process, log, channels))
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def _ffmpeg_chunks(path: Path, process: subprocess.Popen[bytes], log: Any, channels: int) -> Iterator[Samples]:
    assert process.stdout is not None
    while chunk := process.stdout.read(CHUNK * channels * 4):
        yield np.frombuffer(chunk, ">f4").astype(np.float32).reshape(-1, channels)
    if process.wait() or re.search(CUT_SIGNS, text := _text(log), re.IGNORECASE):
        raise _ffmpeg_error(path, text)


def _ffmpeg_error(path: Path, log: str) -> AudioError:
    if "matches no streams" in log:
        return AudioError(f"{path} is a video without sound; give a file with audio")
    if re.search(CUT_SIGNS, log, re.IGNORECASE):
        return AudioError(f"{path} is cut short: its end is missing; download or export it again")
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return _undecodable(path, lines[-1].removeprefix(f"file:{path}: ") if lines else "ffmpeg says nothing")


def _undecodable(path: Path, reason: str) -> AudioError:
    return AudioError(
        f"can't decode {path}: {reason}; it may be cut short: download it again, or convert it to wav, flac, ogg or mp3"
    )


def _text(log: Any) -> str:
    log.seek(0)
    return str(log.read())
