"""Words of messages: a number with what it counts."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """ "1 bar", "2 bars", "1,234 bars": a noun whose plural ends in s."""
    return f"{number:,} {noun}" + ("s" if number != 1 else "")
