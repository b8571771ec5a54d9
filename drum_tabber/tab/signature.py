"""The line at the end of a tab's file by which one that somebody corrected is told from one that is as we wrote it."""

from __future__ import annotations

import hashlib
import re

LINE = re.compile(r"Written by Drum Tabber, (?P<digest>[0-9a-f]{8})")


def signed(text: str) -> str:
    """A tab's text, ended by the line that holds a digest of it."""
    return f"{text.rstrip()}\n\nWritten by Drum Tabber, {_digest(text)}\n"


def is_signed(text: str) -> bool:
    """Whether a text is one that we signed, unchanged but for the characters that end its lines."""
    above, _, last = text.rstrip().rpartition("\n")
    found = LINE.fullmatch(last.strip())
    return found is not None and found["digest"] == _digest(above)


def _digest(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.rstrip().splitlines())
    return hashlib.sha256(lines.encode()).hexdigest()[:8]
