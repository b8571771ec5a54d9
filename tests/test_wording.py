"""A number with its noun; a name that may have been meant."""

from __future__ import annotations

import pytest

from drum_tabber.wording import counted, meant


def test_one_has_no_plural_and_thousands_are_parted() -> None:
    assert [counted(n, "bar") for n in (0, 1, 2, 1234)] == ["0 bars", "1 bar", "2 bars", "1,234 bars"]


@pytest.mark.parametrize(
    ("said", "hint"),
    [("PDF", "; did you mean pdf?"), ("musicxlm", "; did you mean MusicXML?"), ("doc", ""), ("", "")],
)
def test_what_was_meant(said: str, hint: str) -> None:
    assert meant(said, ["pdf", "midi", "MusicXML"]) == hint
