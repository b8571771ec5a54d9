"""Songs as MIDI files: to tab and back, by others' readers, quantised or not, on other maps."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import DRUMS, PRESENTATION, bars, even_tabs, music, one_drum, tabs

from drum_tabber import midi
from drum_tabber.errors import DrumTabberError
from drum_tabber.events import Beats, Hits
from drum_tabber.export import midifile
from drum_tabber.meter.grid import Grid
from drum_tabber.meter.timeline import Timeline
from drum_tabber.notation.quantize import VELOCITIES, Dynamics
from drum_tabber.notation.transcription import MidiStyle, Transcription, notate
from drum_tabber.notation.written import from_tab
from drum_tabber.tab import Bar, Section, Stroke, Tab
from drum_tabber.vocabulary import LANE_NOTES

SOUNDFONTS = ("/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2")


def written(tab: Tab, path: Path, style: MidiStyle | None = None) -> Path:
    """The tab as a MIDI file."""
    midifile.write(path, from_tab(tab, replace(PRESENTATION, midi=style or MidiStyle())))
    return path


def playable(tab: Tab) -> Tab:
    """The same, but that flams and drags are plain where the stroke before, or the start, is too near for them."""
    grid = Grid.of_tab(tab)
    last: dict[str, float] = {}
    played = []
    for number, bar in enumerate(tab.bars, start=1):
        strokes = []
        for stroke in bar.strokes:
            time = float(grid.time_of(number, stroke.slot))
            near = time - last.get(stroke.drum, 0.0) < 0.15
            last[stroke.drum] = time
            strokes.append(stroke._replace(articulation="" if near else stroke.articulation))
        played.append(replace(bar, strokes=tuple(strokes)))
    return replace(tab, bars=tuple(played))


@settings(deadline=None, max_examples=40)
@given(tabs(articulations=("", "flam", "drag")), st.booleans())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, tab: Tab, quantised: bool) -> None:
    tab = playable(tab)
    if not any(bar.strokes for bar in tab.bars):
        return
    path = written(tab, tmp_path_factory.mktemp("midi") / "song.mid", MidiStyle(quantised))
    found = music(midifile.read(path, DRUMS))
    assert found[:4] == music(tab)[:4]
    np.testing.assert_allclose(found[4], music(tab)[4], atol=0.05)


@settings(deadline=None, max_examples=20)
@given(even_tabs())
def test_bars_keep_their_columns(tmp_path_factory: pytest.TempPathFactory, tab: Tab) -> None:
    path = written(tab, tmp_path_factory.mktemp("even") / "song.mid")
    assert midifile.read(path, DRUMS).bars == tab.bars


@pytest.mark.parametrize(
    ("stroke", "back"),
    [
        (Stroke(4, "SD", "normal", "flam"), Stroke(4, "SD", "normal", "flam")),
        (Stroke(4, "SD", "accent", "drag"), Stroke(4, "SD", "accent", "drag")),
        (Stroke(0, "LT", "normal", "flam"), Stroke(0, "LT", "normal", "flam")),
        (Stroke(4, "SD", "ghost"), Stroke(4, "SD", "ghost")),
        (Stroke(4, "SD", "normal", "roll"), Stroke(4, "SD")),
        (Stroke(4, "CC", "accent", "choke"), Stroke(4, "CC", "accent")),
        (Stroke(4, "HO", "normal", "half-open"), Stroke(4, "HO")),
    ],
)
def test_what_midi_can_say_of_a_stroke(tmp_path: Path, stroke: Stroke, back: Stroke) -> None:
    path = written(one_drum([stroke]), tmp_path / "song.mid")
    assert midifile.read(path, DRUMS).bars[0].strokes == (back,)


def performed() -> Transcription:
    """Two bars that someone played, with a flam."""
    beats = Beats(np.linspace(0.8, 4.3, 8), np.arange(8) % 4 + 1)
    hits = Hits.of([0.81, 1.29, 1.772, 1.80, 2.81], ["BD", "HH", "SD", "SD", "BD"], [90, 80, 40, 100, 90])
    return notate("Played", 5.0, hits, beats, PRESENTATION)


def test_performed_and_quantised_timing(tmp_path: Path) -> None:
    song = performed()
    midifile.write(tmp_path / "played.mid", song)
    np.testing.assert_allclose(midi.read(tmp_path / "played.mid", DRUMS).hits.time, song.hits.time, atol=1e-3)
    quantised = replace(song, presentation=replace(PRESENTATION, midi=MidiStyle(quantised=True)))
    midifile.write(tmp_path / "grid.mid", quantised)
    score = midi.read(tmp_path / "grid.mid", DRUMS)
    np.testing.assert_allclose(score.hits.time, [0.8, 1.3, 1.77, 1.8, 2.8], atol=1e-3)
    assert score.hits.velocity.tolist() == [90, 80, 40, 100, 90]
    assert midifile.read(tmp_path / "grid.mid", DRUMS).bars[0].strokes[-1] == Stroke(8, "SD", "normal", "flam")


def test_a_played_file_is_quantised(tmp_path: Path) -> None:
    song = performed()
    midifile.write(tmp_path / "played.mid", song)
    tab = midifile.read(tmp_path / "played.mid", DRUMS, Dynamics())
    assert [bar.strokes for bar in tab.bars] == [bar.strokes for bar in song.tab.bars]


def test_eight_lanes_and_own_notes(tmp_path: Path) -> None:
    tab = one_drum([Stroke(slot, code) for slot, code in enumerate(DRUMS.codes)])
    notes = DRUMS.lane_notes() | {"SS": 39}
    path = written(tab, tmp_path / "lanes.mid", MidiStyle(notes=notes))
    found = [message.note for message in mido.MidiFile(path).tracks[1] if message.type == "note_on"]
    expected = [39 if code == "SS" else LANE_NOTES[DRUMS.by_code[code].lane] for code in DRUMS.codes]
    assert found == expected
    assert set(found) == {*LANE_NOTES.values(), 39}


def test_meters_tempi_and_sections_are_in_the_file(tmp_path: Path) -> None:
    tab = Tab("Söng", 90.0, (Bar((2,) * 6, 8, (Stroke(0, "BD"),)), Bar(), Bar((4,) * 7, 4, (Stroke(3, "SD"),))),
              (Section("Verse", 2), Section("Odd", 3, None, 132.5)))  # fmt: skip
    file = mido.MidiFile(written(tab, tmp_path / "song.mid"))
    messages = list(file.tracks[0])
    signatures = [(one.numerator, one.denominator) for one in messages if one.type == "time_signature"]
    assert signatures == [(6, 8), (4, 4), (7, 4)]
    assert [one.text for one in messages if one.type == "marker"] == ["Verse", "Odd"]
    tempi = [mido.tempo2bpm(one.tempo) for one in messages if one.type == "set_tempo"]
    np.testing.assert_allclose(tempi, [90.0, 132.5], atol=1e-3)
    assert {one.channel for one in file.tracks[1] if one.type == "note_on"} == {9}
    assert file.tracks[0].name == "Söng"


@settings(deadline=None, max_examples=40)
@given(st.lists(bars(), min_size=1, max_size=4), st.floats(-3, 12), st.floats(40, 300))
def test_a_timeline_holds_every_bar(content: list[Bar], start: float, tempo: float) -> None:
    grid = Grid.of_tab(Tab("", tempo, tuple(content)), start)
    timeline = Timeline.of(grid)
    assert 0 <= timeline.beat_time[0] < 1e-9 and np.all(np.diff(timeline.beat_time) > 0)
    late = grid.beat_time >= 1e-3
    np.testing.assert_allclose(timeline.beat_time[timeline.n_lead :][late], grid.beat_time[late])
    assert timeline.meters[timeline.n_lead_bars :] == grid.meters
    assert sum(timeline.meters[: timeline.n_lead_bars]) == timeline.n_lead
    assert len(timeline.beat_time) == len(timeline.beat_quarter) == sum(timeline.meters) + 1
    if start > 2:  # what leads in has about the music's pace
        lead = np.diff(timeline.beat_time[: timeline.n_lead + 1])
        np.testing.assert_allclose(lead, np.diff(grid.beat_time)[0], rtol=0.5)


def test_pretty_midi_hears_the_same(tmp_path: Path) -> None:
    pretty_midi = pytest.importorskip("pretty_midi")
    tab = Tab("", 97.0, (Bar(strokes=(Stroke(0, "BD"), Stroke(6, "HO", "accent"), Stroke(7, "SD", "ghost"))),))
    heard = pretty_midi.PrettyMIDI(str(written(tab, tmp_path / "song.mid")))
    (kit,) = heard.instruments
    assert kit.is_drum
    notes = sorted((note.start, note.pitch, note.velocity) for note in kit.notes)
    sixteenth = 15 / 97
    np.testing.assert_allclose([start for start, _, _ in notes], [0, 6 * sixteenth, 7 * sixteenth], atol=1e-3)
    assert [note[1:] for note in notes] == [(36, 96), (46, 120), (38, VELOCITIES["ghost"])]
    np.testing.assert_allclose(heard.get_tempo_changes()[1], [97.0], atol=1e-3)


def test_fluidsynth_plays_it(tmp_path: Path) -> None:
    """It sounds where the strokes are, and there alone."""
    soundfile = pytest.importorskip("soundfile")
    font = next((font for font in SOUNDFONTS if Path(font).exists()), None)
    if shutil.which("fluidsynth") is None or font is None:
        pytest.skip("FluidSynth and a soundfont aren't installed")
    tab = Tab("", 60.0, (Bar(), Bar(strokes=(Stroke(0, "SS"), Stroke(8, "SS")))))
    path, wave = written(tab, tmp_path / "song.mid"), tmp_path / "song.wav"
    subprocess.run(
        ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-F", str(wave), "-r", "8000", font, str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    samples, rate = soundfile.read(wave)
    level = np.abs(samples).max(axis=1)
    loud = np.flatnonzero(level > 0.1 * level.max()) / rate
    onsets = [float(loud[0])] + [float(after) for before, after in pairwise(loud) if after - before > 0.5]
    np.testing.assert_allclose(onsets, [4.0, 6.0], atol=0.03)


def broken() -> Iterator[tuple[str, bytes]]:
    """Files that are no drum part."""
    yield "channel 10 holds no drums", b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"
    for why, ticks, event in (
        ("no meter of 0/4", b"\1\xe0", b"\xff\x58\4\0\2\x18\x08"),
        ("a beat lasts no time", b"\1\xe0", b"\xff\x51\3\0\0\0"),
        ("at 1 ticks a quarter note a bar of 1/64 lasts none", b"\0\1", b"\xff\x58\4\1\6\x18\x08"),
    ):
        track = b"\0" + event + b"\0\x99\x24\x60" + b"\0\xff\x2f\0"
        yield why, b"MThd\0\0\0\6\0\0\0\1" + ticks + b"MTrk" + len(track).to_bytes(4, "big") + track


@pytest.mark.parametrize(("why", "content"), list(broken()))
def test_what_is_no_drum_part_is_refused(tmp_path: Path, why: str, content: bytes) -> None:
    (tmp_path / "wrong.mid").write_bytes(content)
    with pytest.raises(DrumTabberError, match=rf"wrong\.mid: .*{why}"):
        midifile.read(tmp_path / "wrong.mid", DRUMS)


def test_accents_and_ghosts_of_what_was_played_are_kept(tmp_path: Path) -> None:
    times = 0.5 * np.arange(16) + np.random.default_rng(0).normal(0, 0.006, 16)
    hits = Hits.of(times, ["BD", "SD"] * 8, [100, 125, 100, 20] * 4)
    midi.write(tmp_path / "played.mid", hits, Beats(0.5 * np.arange(16.0), np.arange(16) % 4 + 1), DRUMS)
    read = midifile.read(tmp_path / "played.mid", DRUMS)
    assert {stroke.dynamic for bar in read.bars for stroke in bar.strokes} == {"normal", "accent", "ghost"}


def test_a_stated_meter_stays_though_triplets_are_played_throughout(tmp_path: Path) -> None:
    beats = np.arange(1.0, 17.5, 0.5)
    times = (beats[:-1, None] + 0.5 * np.array([0.01, 0.34, 0.66])).ravel()
    played = Hits.concatenate([Hits.of(times, ["HH"] * len(times), 90), Hits.of(beats[:-1], ["BD", "SD"] * 16, 100)])
    song = notate("thirds", 18.0, played, Beats(beats, np.arange(len(beats)) % 4 + 1), PRESENTATION)
    assert song.tab.bars[0].meter == (12, 8)
    grid = Grid.of(Beats(beats, np.arange(len(beats)) % 4 + 1))
    midi.write(tmp_path / "a.mid", played, grid, DRUMS, "thirds", [], song.beats)
    assert {bar.meter for bar in midifile.read(tmp_path / "a.mid", DRUMS).bars} == {(4, 4)}
