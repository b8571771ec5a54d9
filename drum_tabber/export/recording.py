"""The recording of a song as a page takes it: its bytes or a link to it, and its outline.

What browsers play is taken as it is. What they don't (aiff, wma and their like) is coded as mp3 once more.
"""

from __future__ import annotations

import base64
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import AudioError
from drum_tabber.sound import audio, waveform

PLAYED = {  # by browsers, each with its type
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".wave": "audio/wav",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".m4v": "audio/mp4",
    ".aac": "audio/aac",
    ".webm": "audio/webm",
}


@dataclass(frozen=True)
class Recording:
    """A recording in a page: its `media_type`, its bytes or else a `link` to it, and its `peaks` (n,), 0 to 255."""

    media_type: str
    data: bytes
    link: str
    peaks: NDArray[np.uint8]

    @classmethod
    def of(cls, song: Path, swing: NDArray[np.float32], page: Path, most: int) -> Recording:
        """The recording `song`, of that waveform, for a page at `page`: in it up to `most` bytes. Raises AudioError."""
        peaks = outline(swing)
        try:
            if song.suffix.lower() not in PLAYED:
                return cls(PLAYED[".mp3"], _as_mp3(song), "", peaks)
            kind = PLAYED[song.suffix.lower()]
            if song.stat().st_size <= most:
                return cls(kind, song.read_bytes(), "", peaks)
        except OSError as error:
            raise AudioError(f"can't read {song}: {error.strerror or error}; check the file") from error
        return cls(kind, b"", linked(song, page.parent), peaks)

    @property
    def described(self) -> dict[str, Any]:
        """What the page has to know of it, for JSON."""
        peaks = base64.b64encode(self.peaks.tobytes()).decode("ascii")
        return {"type": self.media_type, "link": self.link, "peaks": peaks, "peaks_per_second": waveform.RATE}


def outline(swing: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A waveform's (n, 2) least and greatest samples as (n,) its reach, of the largest, on a scale to 255."""
    reach = np.abs(swing).max(axis=1, initial=0.0)
    return np.rint(reach / (float(reach.max(initial=0.0)) or 1.0) * 255).astype(np.uint8)


def linked(song: Path, folder: Path) -> str:
    """The address of a file as a page in `folder` finds it; whatever characters its name has."""
    try:
        relative = os.path.relpath(song, folder)
    except ValueError:  # on another drive
        return song.resolve().as_uri()
    return quote(os.fsencode(f".{os.sep}{relative}".replace(os.sep, "/")))


def _as_mp3(song: Path) -> bytes:
    sound = audio.read(song)
    rate = sound.sample_rate if sound.sample_rate in (32000, 44100, 48000) else 44100
    samples = sound.samples[:2] if rate == sound.sample_rate else audio.read(song, rate).samples[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.mp3"
        audio.write(path, samples, rate)
        return path.read_bytes()
