"""Doubtful hits: in order of doubt, with what each may be instead, in the tab and in the review list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

import configs
from drum_tabber import tab
from drum_tabber.events import Beats, Hits
from drum_tabber.export import export
from drum_tabber.hearing.targets import Decoding, Floats, TargetSpec
from drum_tabber.notation import doubt
from drum_tabber.notation.transcription import Presentation, notate
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
TARGETS = TargetSpec(("BD", "HH", "HO", "CC"), 100.0)
DECODING = Decoding(
    (("BD",), ("HH", "HO", "CC")), dict.fromkeys(TARGETS.drums, 0.5), dict.fromkeys(TARGETS.drums, 0.03)
)
BEATS = Beats(np.array([0.5 * beat for beat in range(8)]), np.arange(8) % 4 + 1)
HITS = Hits.of([0.0, 0.5, 1.0, 1.5], ["HH", "HH", "BD", "HO"], 90, [0.9, 0.55, 0.4, 0.58])
INSTEAD = ("CC", "HO", "", "")


def activations() -> Floats:
    """(frames, drums) with the hits, and other drums beside two of them."""
    onset = np.zeros((200, 4), np.float32)
    for time, drum, confidence in zip(HITS.time, HITS.drum, HITS.confidence, strict=True):
        onset[round(time * 100), TARGETS.drums.index(str(drum))] = confidence
    onset[1, 3], onset[50, 2], onset[150, 1] = 0.3, 0.4, 0.1
    return onset


def test_the_likeliest_other_drum_or_none() -> None:
    shown = {drum: drum for drum in TARGETS.drums}
    assert doubt.instead(HITS, activations(), TARGETS, DECODING, shown) == INSTEAD


def test_a_drum_that_is_written_alike_or_left_out_is_no_alternative() -> None:
    assert doubt.instead(HITS, activations(), TARGETS, DECODING, {"BD": "BD", "HH": "HH", "HO": "HH"})[:2] == ("", "")


def test_the_most_doubtful_come_first() -> None:
    assert doubt.ordered(HITS, 0.6).tolist() == [2, 1, 3]
    assert doubt.ordered(HITS, 0.0).tolist() == []


def test_the_tab_marks_them_and_the_review_list_names_them(tmp_path: Path) -> None:
    style = tab.TabStyle(tuple(configs.TAB_ROWS))
    song = notate("x", 4.0, HITS, BEATS, Presentation(DRUMS, style, doubtful=0.6), INSTEAD)
    written, review = export(song, tmp_path, "x", ["tab", "review"])
    text = written.read_text(encoding="utf-8")
    assert "  |1e+a2e+a3e+a4e+a|\n ?|----?---?---?---|\n\nWritten by" in text and "\n? = doubtful\n" in text
    assert tab.load(written, DRUMS) == song.tab
    assert review.read_text(encoding="utf-8").splitlines() == [
        "time,bar,slot,drum,confidence,instead",
        "1.000000,1,8,BD,0.4000,-",
        "0.500000,1,4,HH,0.5500,HO",
        "1.500000,1,12,HO,0.5800,-",
    ]


def test_without_a_bound_nothing_is_marked() -> None:
    song = notate("x", 4.0, HITS, BEATS, Presentation(DRUMS, tab.TabStyle(tuple(configs.TAB_ROWS))))
    assert not len(song.doubtful) and not song.doubts
    assert not replace(song, hits=Hits()).doubts
