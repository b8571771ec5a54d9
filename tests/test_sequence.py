"""Tabs as MIDI files: everything that a tab can say comes back, and what plays the file hears it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_tab import tabs

import configs
from drum_tabber import midi
from drum_tabber.errors import DrumTabberError
from drum_tabber.notation import sequence
from drum_tabber.tab import Bar, Section, Stroke, Tab
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)


@settings(deadline=None, max_examples=60)
@given(tabs(), st.integers(0, 9))
def test_a_tab_comes_back_whole(tmp_path_factory: pytest.TempPathFactory, tab: Tab, number: int) -> None:
    path = tmp_path_factory.mktemp("midi") / f"{number}.mid"
    tab = replace(tab, key="Bb major" if number % 2 else "")
    sequence.write(path, tab, DRUMS)
    assert sequence.read(path, DRUMS) == tab


def test_its_notes_sound_when_the_tab_has_them(tmp_path: Path) -> None:
    strokes = (Stroke(0, "BD"), Stroke(4, "SD", "accent", "flam"), Stroke(6, "SD", "ghost"))
    tab = Tab(
        "Ünïcode",
        60.0,
        (Bar(strokes=strokes), Bar.even(12, (6, 8), [Stroke(6, "HH")])),
        (Section("B", 2, None, 120.0),),
    )
    sequence.write(tmp_path / "x.mid", tab, DRUMS)
    hits = midi.read(tmp_path / "x.mid", DRUMS).hits
    assert hits.drum.tolist() == ["BD", "SD", "SD", "SD", "HH"]
    np.testing.assert_allclose(hits.time, [0, 1 - 30 / 960, 1, 1.5, 4 + 0.75], atol=1e-3)
    assert hits.velocity.tolist() == [96, 48, 120, 30, 96]


def test_a_ghost_note_where_a_grace_note_would_lie(tmp_path: Path) -> None:
    """The first of a drag's two grace notes falls on the 64th before it."""
    tab = Tab("", 100.0, (Bar.even(16, (2, 8), [Stroke(4, "SD", "ghost"), Stroke(5, "SD", "normal", "drag")]),))
    sequence.write(tmp_path / "x.mid", tab, DRUMS)
    assert sequence.read(tmp_path / "x.mid", DRUMS) == tab


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mid").write_bytes(b"RIFF")
    with pytest.raises(DrumTabberError, match="transcribe it"):
        sequence.read(tmp_path / "x.mid", DRUMS)
