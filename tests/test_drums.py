"""The drums task: a song in, the tab that was played out, by a network whose answers can be told by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_tonality import RATE as CADENCE_RATE
from test_tonality import cadence

import configs
from drum_tabber import tab
from drum_tabber.errors import AudioError, BundleError
from drum_tabber.events import Hits
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.sound import audio
from drum_tabber.tasks import drums
from drum_tabber.tasks.drums import has_drums, merged, shown
from drum_tabber.vocabulary import Vocabulary

RATE = 16000  # of the song; the network hears 8000
START, BEAT, N_BARS = 0.5, 0.48, 4
BEATS = START + BEAT * np.arange(4 * N_BARS)
ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("page")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, convolution_bundle: Callable[..., Bundle]) -> Bundle:
    """A rise of the lowest band is a bass drum on a beat to this network, one of the highest hats on a downbeat."""
    kernel = np.zeros((8, 7, 3))
    rise = [-2.0, 0.0, 2.0]
    for answer, band in ((0, 0), (2, 6), (6, 0), (7, 6)):
        kernel[answer, band] = rise
    bias = np.array([-6.0, -9.0, -6.0, 0.0, 0.0, 2.6, -6.0, -6.0])
    return convolution_bundle(tmp_path_factory.mktemp("bundle"), kernel, bias)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four bars: a low burst on every beat, a high one on every first, in some hiss."""
    rng = np.random.default_rng(0)
    samples = 0.0003 * rng.standard_normal(round((BEATS[-1] + 1.5) * RATE))
    time = np.arange(round(0.08 * RATE)) / RATE
    shape = np.minimum(1, time / 0.005) * np.exp(-time / 0.02)  # no click: low bursts stay low
    for index, beat in enumerate(BEATS):
        at = round(beat * RATE)
        samples[at : at + len(time)] += 0.5 * np.sin(2 * np.pi * 100 * time) * shape
        if index % 4 == 0:
            samples[at : at + len(time)] += 0.3 * np.sin(2 * np.pi * 3300 * time) * shape
    doubtful = round((BEATS[5] + BEAT / 2) * RATE)
    samples[doubtful : doubtful + len(time)] += 0.001 * np.sin(2 * np.pi * 100 * time) * shape
    path = tmp_path_factory.mktemp("songs") / "Four Bars.wav"
    audio.write(path, np.stack([samples, samples]).astype(np.float32), RATE)
    return path


@pytest.fixture
def model(page: None, bundle: Bundle) -> None:
    configs.MODEL_BUNDLE = str(bundle.folder)


@pytest.mark.usefixtures("model")
class TestASong:
    def test_what_was_played_is_written(self, song: Path) -> None:
        heard = drums.transcriber().transcribe(song)
        kicks, hats = heard.hits.of_drum("BD"), heard.hits.of_drum("HH")
        assert len(heard.hits) == len(kicks) + len(hats) == 4 * N_BARS + N_BARS
        np.testing.assert_allclose(kicks.time, BEATS, atol=0.02)  # two frames
        np.testing.assert_allclose(hats.time, BEATS[::4], atol=0.02)
        np.testing.assert_allclose(heard.beats.downbeats, BEATS[::4], atol=0.02)
        assert set(hats.velocity.tolist()) == {round(127 / (1 + np.exp(-2.6)))}
        text = tab.write(heard.tab, heard.presentation.vocabulary, heard.presentation.style)
        assert heard.title == "Four Bars" and "Title: Four Bars" in text
        assert text.count("o---o---o---o---|") == text.count("X---------------|") == 1  # and folded: all bars are alike
        assert f"_x{N_BARS}_" in text
        assert heard.duration == pytest.approx(BEATS[-1] + 1.5, abs=0.01)

    def test_progress_is_told_in_seconds_up_to_the_end(self, song: Path) -> None:
        told: list[float] = []
        drums.transcriber().transcribe(song, told.append)
        assert told[-1] == pytest.approx(BEATS[-1] + 1.5, abs=0.01) and told == sorted(told)

    def test_more_sensitive_hears_more(self, song: Path) -> None:
        counts = []
        for sensitivity in (0.0, 0.5, 1.0):
            configs.SENSITIVITY = sensitivity
            counts.append(len(drums.transcriber().transcribe(song).hits))
        assert counts[0] == counts[1] == 20 < counts[2]

    def test_settings_present(self, song: Path) -> None:
        configs.KEEP_DYNAMICS, configs.SLOTS_PER_BEAT, configs.DRUMS = False, 2, configs.DRUMS[:1]
        heard = drums.transcriber().transcribe(song)
        text = tab.write(heard.tab, heard.presentation.vocabulary, heard.presentation.style)
        assert set(heard.hits.drum.tolist()) == {"BD"} and "o-o-o-o-|" in text

    def test_the_key_stands_in_the_header_where_it_is_sure(self, song: Path, tmp_path: Path) -> None:
        samples = np.repeat(np.tile(cadence(2), 2), 2)
        beaten = audio.read(song).samples[0][: len(samples)]
        samples[: len(beaten)] += beaten
        audio.write(tmp_path / "sung.wav", samples, 2 * CADENCE_RATE)
        sung, beaten_alone = (drums.transcriber().transcribe(path).tab for path in (tmp_path / "sung.wav", song))
        assert (sung.key, beaten_alone.key) == ("D major", "")
        configs.TAB_KEY = False
        configs.KEY_BUNDLE = "nowhere"
        assert drums.transcriber().transcribe(tmp_path / "sung.wav").tab.key == ""
        configs.TAB_KEY = True
        with pytest.raises(BundleError, match="nowhere holds no trained model"):
            drums.transcriber()

    def test_no_sound_no_drums(self, tmp_path: Path) -> None:
        audio.write(tmp_path / "hush.wav", np.zeros(RATE, np.float32), RATE)
        heard = drums.transcriber().transcribe(tmp_path / "hush.wav")
        assert len(heard.hits) == 0 and heard.duration == pytest.approx(1.0)

    def test_no_song(self, tmp_path: Path) -> None:
        with pytest.raises(AudioError, match=r"lost\.wav"):
            drums.transcriber().transcribe(tmp_path / "lost.wav")


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    configs.MODEL_BUNDLE = str(tmp_path / "none")
    with pytest.raises(BundleError, match="none holds no trained model"):
        drums.transcriber()


def test_transcribing_loads_nothing_that_it_does_not_need(song: Path, bundle: Bundle, tmp_path: Path) -> None:
    given = [str(song), "--model", str(bundle.folder), "--out", str(tmp_path), "--formats", "tab,midi,csv,json"]
    probe = f"import sys, transcribe\nstatus = transcribe.main({given!r})\nprint(status, *sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)
    status, *modules = done.stdout.splitlines()[-1].split()
    assert status == "0" and "onnxruntime" in modules and len(list(tmp_path.iterdir())) == 4
    heavy = {"tensorflow", "keras", "librosa", "audiomentations", "pandas", "matplotlib", "numba", "scipy.signal"}
    assert heavy & set(modules) == set()


class TestShown:
    VOCABULARY = Vocabulary.of(configs.DRUMS)

    def test_all_drums_as_they_are(self) -> None:
        assert shown(self.VOCABULARY) == {code: code for code in self.VOCABULARY.codes}

    def test_merging_settings(self) -> None:
        configs.HIHAT_CLASSES, configs.CYMBAL_CLASSES, configs.KEEP_TOMS_SEPARATE = 1, 2, False
        changed = {code: other for code, other in shown(self.VOCABULARY).items() if code != other}
        assert changed == {"HO": "HH", "HP": "HH", "HT": "MT", "LT": "MT", "SC": "CC", "CH": "CC", "RB": "RD"}

    def test_three_drums(self) -> None:
        configs.SIMPLE_CLASS_ONLY = True
        assert shown(self.VOCABULARY) == {"BD": "BD", "SD": "SD", "SS": "SD", "HH": "HH", "HO": "HH", "HP": "HH"}


def test_the_parts_of_a_song_do_not_depend_on_which_drums_are_written_apart() -> None:
    """The demo, by the shipped model: its chorus is told from its verse by open hats and accents."""
    transcriber = drums.transcriber()
    heard = transcriber.network.activations(audio.stream(ROOT / "songs" / "demo.ogg", configs.SAMPLE_RATE))
    whole = transcriber.notate("demo", heard)
    configs.SIMPLE_CLASS_ONLY, configs.KEEP_DYNAMICS = True, False
    simple = drums.transcriber().notate("demo", heard)
    assert {*simple.hits.drum.tolist()} == {"BD", "SD", "HH"}
    assert len({section.name for section in whole.sections}) > 2
    assert simple.sections == whole.sections and simple.tab.sections == whole.tab.sections
    assert simple.under_sections_of(replace(whole, tab=replace(whole.tab, bars=()))) is simple


def test_strokes_written_as_one_drum_become_one_where_they_meet() -> None:
    hits = Hits.of([0.0, 0.0, 0.01, 0.02, 0.5], ["BD", "HH", "HO", "HO", "HP"], [1, 2, 3, 4, 5])
    found = merged(hits, {"BD": "BD", "HH": "HH", "HO": "HH", "HP": "HH"})
    assert found.velocity.tolist() == [1, 2, 4, 5]
    assert found.drum.tolist() == ["BD", "HH", "HH", "HH"]
    assert len(merged(hits, {code: code for code in ("BD", "HH", "HO", "HP")})) == 5 - 1  # HO twice in 10 ms
    assert merged(hits, {}) == Hits()


def test_feet_play_no_flams_but_hands_do() -> None:
    hits = Hits.of([1.0, 1.03, 2.0, 2.07, 3.0, 3.03, 4.0, 4.03], ["BD", "BD", "BD", "BD", "HP", "HP", "SD", "SD"])
    found = merged(hits, {code: code for code in ("BD", "HP", "SD")})
    assert found.time.tolist() == [1.0, 2.0, 2.07, 3.0, 4.0, 4.03]


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        ([], False),
        ([0.6] * 9, False),
        ([0.95] * 9, True),
        ([0.6] * 200, False),
        ([0.95] * 20 + [0.4] * 400, True),
        ([0.9] * 2 + [0.6] * 6, False),
    ],
)
def test_a_song_without_a_sure_hit_has_no_drums(confidence: list[float], expected: bool) -> None:
    n_hits = len(confidence)
    hits = Hits.of(np.linspace(0, 59, n_hits), ["SD"] * n_hits, confidence=confidence)
    assert has_drums(hits, 0.82) is expected
