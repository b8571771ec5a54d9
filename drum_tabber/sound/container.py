"""What an audio file is by its first bytes, and whether all of it is there, told without decoding it.

Names lie (an mp3 called .wav plays in every player) and decoders are polite: most read a file that was cut in the
middle to where it ends and say nothing. What the container declares is therefore compared with what the disk holds.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAGIC = {
    "wav": (0, b"RIFF"),
    "aiff": (0, b"FORM"),
    "flac": (0, b"fLaC"),
    "ogg": (0, b"OggS"),
    "mp4": (4, b"ftyp"),
    "matroska": (0, b"\x1a\x45\xdf\xa3"),
    "asf": (0, b"\x30\x26\xb2\x75"),
    "mp3": (0, b"ID3"),
    "w64": (0, b"riff"),
    "rf64": (0, b"RF64"),
    "caf": (0, b"caff"),
    "au": (0, b".snd"),
}
SLACK_BYTES = 1 << 16  # a tail this long may be missing: careless editors write sizes that are a little off
SLACK_SHARE = 0.01  # of a short file, at most this much of it
# kbit/s by index: MPEG 1 layer III, and MPEG 2
MP3_BIT_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
MP3_LOW_BIT_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
STREAMED_SIZE = 0x7FFFF000  # writers that can't seek leave sizes from here up (sox, ffmpeg) or 0


def kind(head: bytes) -> str:
    """What a file that begins with `head` is: a name of `MAGIC`, "text", or "" for none we know."""
    for name, (offset, magic) in MAGIC.items():
        if head[offset : offset + len(magic)] == magic:
            return name
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return "text" if _is_text(head) else ""


def mp3_duration(path: Path) -> float | None:
    """Seconds that an mp3 without a Xing or VBRI header lasts, stepping from frame to frame; None for all other files.

    Decoders guess from the first frames' bit rate, which is far off where the rate varies.
    """
    with path.open("rb") as file:
        if kind(file.read(16)) != "mp3" or _mp3_size(file) is not None:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            at, seconds = _tag_size(content[:10]), 0.0
            while frame := _mp3_frame(content[at : at + 4]):
                at, seconds = at + frame[0], seconds + frame[1]
    return seconds or None  # none: of another layer, or junk first, which decoders skip


def share_present(path: Path) -> float:
    """How much of what the container declares is on the disk, 0 to 1; 1 where it declares nothing or within the slack.

    Known for wav, aiff, mp3 with a Xing or Info header, and (as 0: cut, nobody knows where) Ogg.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        what = kind(file.read(16))
        if what == "ogg":
            return 1.0 if _ogg_ends_well(file, size) else 0.0
        declared = {"wav": _chunk_end, "aiff": _chunk_end, "mp3": _mp3_size}.get(what, lambda _: None)(file)
    if declared is None or declared - size <= min(SLACK_BYTES, SLACK_SHARE * declared):
        return 1.0
    return size / declared


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in head):
        return False
    try:
        head[: len(head) - 3].decode("utf-8", "strict")  # the last character may be cut
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _chunk_end(file: BinaryIO) -> int | None:
    """Where the sound chunk of a RIFF or AIFF file says that it ends, bytes from the start."""
    file.seek(0)
    order, sound = ("<", b"data") if file.read(4) == b"RIFF" else (">", b"SSND")
    file.seek(12)
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack(f"{order}4sI", head)
        if name == sound:
            return None if size == 0 or size >= STREAMED_SIZE else file.tell() + size
        file.seek(size + size % 2, 1)
    return None


def _mp3_size(file: BinaryIO) -> int | None:
    """The bytes that an mp3's Xing, Info or VBRI header declares, with the ID3 tag in front of it."""
    file.seek(0)
    start = _tag_size(file.read(10))
    file.seek(start)
    frame = file.read(256)
    for name in (b"Xing", b"Info"):
        at = frame.find(name)
        if at >= 0 and len(frame) >= at + 16:
            flags = frame[at + 7]
            return start + int.from_bytes(frame[at + 12 : at + 16]) if flags & 3 == 3 else None
    at = frame.find(b"VBRI")
    return start + int.from_bytes(frame[at + 10 : at + 14]) if 0 <= at <= len(frame) - 14 else None


def _tag_size(head: bytes) -> int:
    """Bytes of the ID3 tag that begins so; 0 where there is none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _mp3_frame(head: bytes) -> tuple[int, float] | None:
    """Bytes and seconds of the layer III frame with this header of four bytes; None where it is no such header."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version = head[1] >> 3 & 3  # 3: MPEG 1, 2: MPEG 2 with half the rates, 0: MPEG 2.5 with a quarter
    rate_index, bit_rate = (head[2] >> 2 & 3, (MP3_BIT_RATES if version == 3 else MP3_LOW_BIT_RATES)[head[2] >> 4])
    if version == 1 or rate_index == 3 or not bit_rate:
        return None
    rate = (44100, 48000, 32000)[rate_index] // {3: 1, 2: 2, 0: 4}[version]
    n_samples = 1152 if version == 3 else 576
    return n_samples // 8 * 1000 * bit_rate // rate + (head[2] >> 1 & 1), n_samples / rate


def _ogg_ends_well(file: BinaryIO, size: int) -> bool:
    """Whether the last Ogg page is complete."""
    file.seek(max(0, size - (1 << 17)))  # a page holds at most 65,307 bytes
    tail = file.read()
    for at in _found_backwards(tail, b"OggS"):
        n_segments = tail[at + 26] if at + 26 < len(tail) else 0
        table = tail[at + 27 : at + 27 + n_segments]
        return 0 < n_segments == len(table) and at + 27 + n_segments + sum(table) <= len(tail)
    return False


def _found_backwards(text: bytes, word: bytes) -> Iterator[int]:
    at = text.rfind(word)
    while at >= 0:
        yield at
        at = text.rfind(word, 0, at)
