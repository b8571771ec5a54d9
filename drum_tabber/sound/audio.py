"""Sound in files: any format in, float32 samples out, at the rate that is asked for.

`read` gives the whole file, `stream` the same samples block by block with flat memory; the two agree bit for bit.
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
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from drum_tabber.errors import AudioError
from drum_tabber.files import replacing
from drum_tabber.sound import container

Samples = NDArray[np.float32]

EXTENSIONS = frozenset(
    {".wav", ".wave", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".caf", ".au"}
    | {".m4a", ".mp4", ".m4v", ".mov", ".aac", ".webm", ".mkv", ".mka", ".wma"}
)
CHUNK = 1 << 16  # frames decoded at a time; fixed, so that resampling meets the same chunks whoever asks
MIN_RATE, MAX_RATE = (2000, 768_000)  # hertz: a header that claims a rate outside is broken
CUT_SLACK = 0.1  # seconds that a decoder may fall short of the declared length: encoders pad
UNKNOWN_LENGTH = 1 << 62  # frames: libsndfile says 2^63 - 1 of a flac that was streamed and never finished
MALFORMED = 3  # libsndfile's code for a format it knows in a state it does not
CUT_SIGNS = "partial file|ended prematurely|packet corrupt|moov atom not found"  # in ffmpeg's words
INSTALL_DECODER = "install PyAV (pip install av) or ffmpeg, or convert the file to wav, flac, ogg or mp3"


@dataclass(frozen=True)
class Audio:
    """Sound: `samples` (channels, n) float32, full scale is 1, and `sample_rate` in hertz."""

    samples: Samples
    sample_rate: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1] / self.sample_rate)

    def mono(self) -> Samples:
        """The mean of all channels, (n,)."""
        return _mono(self.samples.T)


class Info(NamedTuple):
    """What a file says of itself: `seconds` it lasts (None where it doesn't say), `sample_rate` in hertz."""

    seconds: float | None
    sample_rate: int


def read(path: str | Path, sample_rate: int | None = None, mono: bool = False) -> Audio:
    """A whole file, resampled where a rate is given, its channels averaged to one where `mono`.

    Raises AudioError, in a sentence that names the file and the way out, for anything that can't be read in full.
    """
    with _opened(Path(path)) as source:
        rate = sample_rate or source.sample_rate
        chunks = (_mono(chunk)[:, None] for chunk in source.chunks) if mono else source.chunks
        channels = 1 if mono else source.channels
        parts = list(_resampled(chunks, source.sample_rate, rate, channels))
    samples = np.concatenate([np.zeros((0, channels), np.float32), *parts])
    return Audio(np.ascontiguousarray(samples.T), rate)


def stream(path: str | Path, sample_rate: int, block: float = 10.0) -> Iterator[Samples]:
    """A file's mono samples in blocks (n,) of `block` seconds, the last one shorter; memory stays flat.

    Joined, they are `read(path, sample_rate, mono=True).samples[0]` bit for bit. Raises AudioError as `read` does; a
    fault far into the file is raised when its block is reached.
    """
    with _opened(Path(path)) as source:
        chunks = (_mono(chunk)[:, None] for chunk in source.chunks)
        resampled = (chunk[:, 0] for chunk in _resampled(chunks, source.sample_rate, sample_rate, 1))
        yield from _reblocked(resampled, max(1, round(block * sample_rate)))


def info(path: str | Path) -> Info:
    """What the file says of itself, without decoding it. Raises AudioError."""
    with _opened(Path(path)) as source:
        return Info(source.declared, source.sample_rate)


def length(path: str | Path) -> float | None:
    """Seconds that the file says it lasts, without decoding it; None where it does not say. Raises AudioError."""
    return info(path).seconds


def write(path: str | Path, samples: Samples, sample_rate: int) -> None:
    """Write samples, (channels, n) or (n,), in the format that the extension names: wav, flac, ogg, opus, mp3 …

    Samples beyond full scale are clipped. Raises AudioError for an extension that can't be written, DrumTabberError
    where the folder or the disk can't take the file.
    """
    path = Path(path)
    columns = np.atleast_2d(np.asarray(samples, np.float32)).T
    kind = {".opus": ("OGG", "OPUS")}.get(path.suffix.lower(), (path.suffix[1:].upper(), None))
    if kind[0] not in soundfile.available_formats():
        raise AudioError(
            f"can't write {path}: no encoder for {path.suffix or 'a name without extension'}; use .wav or .flac"
        )
    with replacing(path) as part:
        try:
            with soundfile.SoundFile(part, "w", sample_rate, columns.shape[1], kind[1], format=kind[0]) as file:
                # In chunks: libsndfile's Vorbis encoder overflows its stack on long arrays.
                for start in range(0, len(columns), CHUNK):
                    file.write(columns[start : start + CHUNK])
        except soundfile.LibsndfileError as error:
            raise AudioError(f"can't write {path}: {error.error_string}") from error


def find(paths: Iterable[str | Path]) -> list[Path]:
    """The audio files among `paths`: files as given, whatever their names; folders searched through, in sorted order.

    Nothing is listed twice, hidden files are left out; a path that does not exist is kept for `read` to complain of.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        inside = path.rglob("*") if path.is_dir() else [path]
        for file in sorted(inside):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file == path or (file.suffix.lower() in EXTENSIONS and not hidden and file.is_file()):
                found[file] = None
    return list(found)


@dataclass(frozen=True)
class _Source:
    """A file being decoded: `chunks` of (n, channels) float32, `declared` the length its container states, seconds."""

    sample_rate: int
    channels: int
    declared: float | None
    chunks: Iterator[Samples]


@contextmanager
def _opened(path: Path) -> Iterator[_Source]:
    """The file behind the first decoder that knows it, every chunk checked."""
    what = _checked_kind(path)
    share = container.share_present(path)
    if share < 1:
        there = f"only {share:.0%} of it is there" if share else "its end is missing"
        raise AudioError(f"{path} is cut short: {there}; download or export it again")
    with _decoder(path, what) as source:
        if not MIN_RATE <= source.sample_rate <= MAX_RATE:
            raise AudioError(f"{path} claims {source.sample_rate} samples a second, which is no sound; export it again")
        yield _Source(source.sample_rate, source.channels, source.declared, _checked(path, source))


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
    return what


def _checked(path: Path, source: _Source) -> Iterator[Samples]:
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


def _cut_short(path: Path, n_frames: int, source: _Source) -> AudioError:
    whole = "" if source.declared is None else f" of {source.declared:.1f} s"
    there = f"{n_frames / source.sample_rate:.1f} s{whole}"
    return AudioError(f"{path} is damaged or cut short: {there} can be read; download or export it again")


def _decoder(path: Path, what: str) -> AbstractContextManager[_Source]:
    """The first decoder that knows the file; what looks like nothing we know gives libmpg123 much to say on stderr."""
    for find_decoder in (_libsndfile, _other_decoder) if what else (_other_decoder, _libsndfile):
        if decoder := find_decoder(path, what):
            return decoder
    raise AudioError(f"{path} is no audio that can be decoded here; {INSTALL_DECODER}")


def _libsndfile(path: Path, what: str) -> AbstractContextManager[_Source] | None:
    try:
        name = os.fsencode(path) if os.name == "posix" else path  # a name there may be no text
        return _by_soundfile(path, soundfile.SoundFile(name))
    except TypeError:  # a name in .raw, which soundfile wants described
        return None
    except soundfile.LibsndfileError as error:
        if error.code == MALFORMED:
            raise _undecodable(path, error.error_string) from error
        return None


def _other_decoder(path: Path, what: str) -> AbstractContextManager[_Source] | None:
    with suppress(ImportError):
        return _by_av(path, what, importlib.import_module("av"))
    ffmpeg = shutil.which("ffmpeg")
    return _by_ffmpeg(path, ffmpeg) if ffmpeg else None


@contextmanager
def _by_soundfile(path: Path, file: soundfile.SoundFile) -> Iterator[_Source]:
    _forward(file)
    if file.frames >= UNKNOWN_LENGTH:
        with file:
            yield _Source(file.samplerate, file.channels, None, _soundfile_chunks(file, file.frames))
        return
    counted = container.mp3_duration(path)
    n_guessed, n_frames = (file.frames, file.frames if counted is None else round(counted * file.samplerate))
    falls_short = n_frames > n_guessed + CUT_SLACK * file.samplerate
    with file, _piped(path) if falls_short else nullcontext(file) as whole:
        yield _Source(whole.samplerate, whole.channels, n_frames / whole.samplerate, _soundfile_chunks(whole, n_frames))


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
    while len(chunk := file.read(min(CHUNK, n_left), dtype="float32", always_2d=True)):
        n_left -= len(chunk)
        yield chunk


@contextmanager
def _by_av(path: Path, what: str, av: Any) -> Iterator[_Source]:
    try:
        with av.open(str(path)) as file:
            if not file.streams.audio:
                raise AudioError(f"{path} is a video without sound; give a file with audio")
            track = file.streams.audio[0]
            # Other containers only estimate, and a film may outlast its sound.
            declared = file.duration / 1e6 if what in ("mp4", "matroska") and len(file.streams) == 1 else None
            to_float = av.AudioResampler(format="fltp")
            planes = (part.to_ndarray().T for frame in file.decode(track) for part in to_float.resample(frame))
            yield _Source(track.sample_rate, track.channels, declared, planes)
    except av.FFmpegError as error:
        raise _undecodable(path, error.strerror) from error


@contextmanager
def _by_ffmpeg(path: Path, program: str) -> Iterator[_Source]:
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
            yield _Source(rate, channels, None, _ffmpeg_chunks(path, process, log, channels))
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


def _mono(chunk: Samples) -> Samples:
    """The mean over channels of (n, channels)."""
    return chunk[:, 0] if chunk.shape[1] == 1 else chunk.mean(axis=1, dtype=np.float32)


def _resampled(chunks: Iterator[Samples], from_rate: int, to_rate: int, channels: int) -> Iterator[Samples]:
    """Chunks (n, channels) at another rate, by soxr at its high quality."""
    if from_rate == to_rate:
        yield from chunks
        return
    resampler = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality="HQ")
    for chunk in chunks:
        yield resampler.resample_chunk(chunk)
    yield resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True)


def _reblocked(chunks: Iterator[Samples], n: int) -> Iterator[Samples]:
    """The same samples in arrays of exactly `n`, but for the last."""
    held: list[Samples] = []
    n_held = 0
    for chunk in chunks:
        held.append(chunk)
        n_held += len(chunk)
        if n_held >= n:
            joined = np.concatenate(held)
            n_whole = n_held // n * n
            yield from np.split(joined[:n_whole], n_whole // n)
            held, n_held = [joined[n_whole:]], n_held - n_whole
    if n_held:
        yield np.concatenate(held)
