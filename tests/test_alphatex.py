"""alphaTex: what alphaTab's own reader took without complaint, kept; and what each way of playing becomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scores import PRESENTATION, one_drum

from drum_tabber.export import alphatex
from drum_tabber.notation.written import from_tab
from drum_tabber.tab import Bar, Section, Stroke, Tab


def lines(tab: Tab, path: Path) -> list[str]:
    """The tab as lines of alphaTex."""
    alphatex.write(path, from_tab(tab, PRESENTATION))
    return path.read_text(encoding="utf-8").splitlines()


def test_a_whole_file(tmp_path: Path) -> None:
    hats = tuple(Stroke(slot, "HH") for slot in (0, 4, 8, 9, 10))
    tab = Tab('Say "x" \\ <b>', 97.5, (
        Bar((4, 4, 3), 4, (*hats, Stroke(0, "BD"), Stroke(4, "SD", "accent", "drag"), Stroke(6, "SD", "ghost"))),
        Bar((2,) * 6, 8, (Stroke(0, "SD"), Stroke(6, "SD"))),
        Bar((2,) * 6, 8),
    ), (Section("Verse", 2, None, 120.0),))  # fmt: skip
    song = replace(from_tab(tab, PRESENTATION), audio=Path("demo.ogg"))
    alphatex.write(tmp_path / "song.atex", song)
    assert (
        (tmp_path / "song.atex").read_text(encoding="utf-8")
        == """\
// made by Drum Tabber
\\title "Say \\"x\\" \\\\ <b>"
\\tempo 97.5
\\track "Drums"
\\instrument percussion
\\clef neutral
\\articulation (BD 36)
\\articulation (HH 42)
\\articulation (SD 38)
\\voice
\\ts (3 4) (HH).4 (SD).32 {gr} (SD).32 {gr} (HH SD {ac}).8 (SD {g}).8 (HH).8 THIRD (HH).8 THIRD (HH).8 THIRD |
\\ts (6 8) \\section "Verse" \\tempo 120 (SD).4 {d} (SD).4 {d} |
r.1 |
\\voice
(BD).4 r.2 |
r.1 |
r.1 |
\\sync (0 0 0)
\\sync (1 0 1846)
\\sync (2 0 3346)
""".replace("r.2 |", "r.4 r.4 |").replace("THIRD", "{tu (3 2)}")
    )


@pytest.mark.parametrize(
    ("stroke", "name", "note"),
    [
        (Stroke(0, "CC", "accent", "choke"), "CCChoke 97", "(CCChoke {ac}).4"),
        (Stroke(0, "HO", "normal", "half-open"), "HOHalfOpen 92", "(HOHalfOpen).4"),
        (Stroke(0, "SD", "normal", "roll"), "SD 38", "(SD).4 {tp (32)}"),
        (Stroke(0, "LT", "normal", "flam"), "LT 43", "(LT).32 {gr} (LT).4"),
        (Stroke(0, "HT"), "HT 48", "(HT).4"),
    ],
)
def test_ways_of_playing(tmp_path: Path, stroke: Stroke, name: str, note: str) -> None:
    written = lines(one_drum([stroke]), tmp_path / "song.atex")
    assert f"\\articulation ({name})" in written
    assert f"\\ts (4 4) {note} r.4 r.2 |" in written
