"""Sound in files: any format in, float32 samples out, at the rate that is asked for.

`read` gives the whole file, `stream` the same samples block by block with flat memory; the two agree bit for bit.
`decoding` opens the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from drum_tabber.errors import AudioError
from drum_tabber.files import CHECKED, replacing
from drum_tabber.sound.decoding import CHUNK, Samples, opened

EXTENSIONS = frozenset(
    {".wav", ".wave", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".caf", ".au"}
    | {".m4a", ".mp4", ".m4v", ".mov", ".aac", ".webm", ".mkv", ".mka", ".wma"}
)
_CANCELLED = 0.03  # of the energy of two sides' difference: a sum with less of it is what they cancel
_LOOKED_FOR = (".flac", ".wav", ".ogg", *sorted(EXTENSIONS - {".flac", ".wav", ".ogg"}))  # in this order


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
        """The mean of all channels, (n,); of two that cancel each other, half their difference."""
        return _Mono()(self.samples.T)


class Info(NamedTuple):
    """What a file says of itself: `seconds` it lasts (None where it doesn't say), `sample_rate` in hertz."""

    seconds: float | None
    sample_rate: int


def read(path: str | Path, sample_rate: int | None = None, mono: bool = False) -> Audio:
    """A whole file, resampled where a rate is given, its channels averaged to one where `mono`.

    Raises AudioError, in a sentence that names the file and the way out, for anything that can't be read in full.
    """
    with opened(Path(path)) as source:
        rate = sample_rate or source.sample_rate
        to_mono = _Mono()
        chunks = (to_mono(chunk)[:, None] for chunk in source.chunks) if mono else source.chunks
        channels = 1 if mono else source.channels
        parts = list(_resampled(chunks, source.sample_rate, rate, channels))
    samples = np.concatenate([np.zeros((0, channels), np.float32), *parts])
    return Audio(np.ascontiguousarray(samples.T), rate)


def stream(path: str | Path, sample_rate: int, block: float = 10.0) -> Iterator[Samples]:
    """A file's mono samples in blocks (n,) of `block` seconds, the last one shorter; memory stays flat.

    Joined, they are `read(path, sample_rate, mono=True).samples[0]` bit for bit. Raises AudioError as `read` does; a
    fault far into the file is raised when its block is reached.
    """
    with opened(Path(path)) as source:
        to_mono = _Mono()
        chunks = (to_mono(chunk)[:, None] for chunk in source.chunks)
        resampled = (chunk[:, 0] for chunk in _resampled(chunks, source.sample_rate, sample_rate, 1))
        yield from _reblocked(resampled, max(1, round(block * sample_rate)))


def info(path: str | Path) -> Info:
    """What the file says of itself, without decoding it. Raises AudioError."""
    with opened(Path(path)) as source:
        return Info(source.declared, source.sample_rate)


def length(path: str | Path) -> float | None:
    """Seconds that the file says it lasts, without decoding it; None where it does not say. Raises AudioError."""
    return info(path).seconds


def comment_of(path: Path) -> str:
    """The comment that `write` put into a file; empty where there is none."""
    try:
        with soundfile.SoundFile(path) as file:
            return str(file.comment)
    except soundfile.LibsndfileError:
        return ""


def write(path: str | Path, samples: Samples, sample_rate: int, comment: str = "") -> None:
    """Write samples, (channels, n) or (n,), in the format that the extension names: wav, flac, ogg, opus, mp3 …

    Samples beyond full scale are clipped; a comment is kept where the format has a place for it. Raises AudioError for
    an extension that can't be written, DrumTabberError where the folder or the disk can't take the file.
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
                if comment:
                    with suppress(soundfile.LibsndfileError):
                        file.comment = comment
                # In chunks: libsndfile's Vorbis encoder overflows its stack on long arrays.
                for start in range(0, len(columns), CHUNK):
                    file.write(columns[start : start + CHUNK])
        except soundfile.LibsndfileError as error:
            raise AudioError(f"can't write {path}: {error.error_string}") from error


def find(paths: Iterable[str | Path]) -> list[Path]:
    """The audio files among `paths`: files as given, whatever their names; folders searched through, in sorted order.

    Nothing is listed twice; hidden files and what `check` wrote (`CHECKED`) are left out; a path that does not exist is
    kept for `read` to complain of.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        inside = path.rglob("*") if path.is_dir() else [path]
        for file in sorted(inside):
            hidden = any(part.startswith(".") or part.endswith(CHECKED) for part in file.relative_to(path).parts)
            if file == path or (file.suffix.lower() in EXTENSIONS and not hidden and file.is_file()):
                found[file] = None
    return list(found)


def named(name: Path) -> Path | None:
    """The recording of a name that lacks its extension, of several the one as it was rendered; None without any."""
    kinds = (kind for each in _LOOKED_FOR for kind in (each, each.upper()))
    return next(filter(Path.is_file, (name.with_name(name.name + kind) for kind in kinds)), None)


class _Mono:
    """The mean over channels of chunks (n, channels); summed by channel, which is many times as fast as by sample.

    A cable soldered the wrong way round leaves a side upside down, and the mean of both is all but silence: where that
    has been so of all that was heard until then, one side is turned.
    """

    def __init__(self) -> None:
        self._energy = np.zeros(2)  # energies of the sum and the difference of two sides

    def __call__(self, chunk: Samples) -> Samples:
        if chunk.shape[1] == 1:
            return chunk[:, 0]
        total = reduce(np.add, chunk.T)
        if chunk.shape[1] == 2:
            apart = chunk[:, 0] - chunk[:, 1]
            self._energy += [np.vdot(total, total), np.vdot(apart, apart)]
            if self._energy[0] < _CANCELLED * self._energy[1]:
                total = apart
        return total / np.float32(chunk.shape[1])


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
