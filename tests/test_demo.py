"""The demo song: its tab is in our own form, its recording and sidecar agree with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import configs
from drum_tabber import tab
from drum_tabber.material import songs
from drum_tabber.meter.grid import Grid
from drum_tabber.sound import audio
from drum_tabber.tasks.drums import tab_style
from drum_tabber.vocabulary import Vocabulary

ROOT = Path(__file__).parents[1]
VOCABULARY = Vocabulary.of(configs.DRUMS)


@pytest.fixture(scope="module")
def written() -> tab.Tab:
    return tab.load(ROOT / "tabs/demo.txt", VOCABULARY)


def test_the_tab_is_as_we_write_tabs(written: tab.Tab) -> None:
    assert tab.write(written, VOCABULARY, tab_style()) == (ROOT / "tabs/demo.txt").read_text(encoding="utf-8")


def test_it_is_a_song_with_a_tab(written: tab.Tab) -> None:
    (demo,) = (song for song in songs.load(ROOT / "songs", ROOT / "tabs")[0] if song.name == "demo")
    assert demo.read_tab(VOCABULARY) == written and demo.alignment is not None
    beat_time = demo.alignment.beat_times(written)
    info = json.loads((ROOT / "songs/demo.json").read_text(encoding="utf-8"))["alignment_info"]
    assert beat_time == pytest.approx(Grid.of_tab(written, info["first drum note onset"]).beat_time)
    assert beat_time[-1] < (audio.length(ROOT / "songs/demo.ogg") or 0) < beat_time[-1] + 5


def test_the_recording_is_small() -> None:
    assert (ROOT / "songs/demo.ogg").stat().st_size < 1_000_000
