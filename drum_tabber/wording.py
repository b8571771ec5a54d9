"""Words of messages: a number with what it counts, a name that may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """ "1 bar", "2 bars", "1,234 bars": a noun whose plural ends in s."""
    return f"{number:,} {noun}" + ("s" if number != 1 else "")


def meant(said: str, known: Iterable[str]) -> str:
    """ "; did you mean pdf?" for "PDF" or "pfd"; "" where nothing known is like what was said."""
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(said.casefold(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]}?" if near else ""
