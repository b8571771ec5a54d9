"""A number with its noun."""

from __future__ import annotations

from drum_tabber.wording import counted


def test_one_has_no_plural_and_thousands_are_parted() -> None:
    assert [counted(n, "bar") for n in (0, 1, 2, 1234)] == ["0 bars", "1 bar", "2 bars", "1,234 bars"]
