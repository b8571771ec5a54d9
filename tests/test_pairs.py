"""Songs with tabs become tracks: aligned once where no sidecar says where, refused by name, drum stems beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import configs
from drum_tabber import tab as tabs
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.hearing.targets import Decoding, TargetSpec, encode
from drum_tabber.material.corpora import Track
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import hits_of
from drum_tabber.tab import Bar, Stroke, Tab, TabStyle
from drum_tabber.tasks import align, pairs
from drum_tabber.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(configs.DRUMS)
RATE = 8000
TEMPO, START = 123.0, 2.5
SPEC = TargetSpec(VOCABULARY.codes, 80.0)
DECODING = Decoding(
    tuple(VOCABULARY.families.values()), dict.fromkeys(VOCABULARY.codes, 0.4), dict.fromkeys(VOCABULARY.codes, 0.03)
)


def song(seed: int) -> Tab:
    """Sixteen bars with a bass drum of their own and a crash now and then."""
    rng = np.random.default_rng(seed)
    hats = [Stroke(slot, "HH") for slot in range(0, 16, 2)]
    bars = []
    for number in range(16):
        kicks = [Stroke(int(slot), "BD") for slot in rng.choice(16, rng.integers(3, 7), replace=False)]
        snares = [Stroke(slot, "SD") for slot in ((4, 12), (4, 11, 14), (8,))[int(rng.integers(3))]]
        bars.append(Bar.even(strokes=[*hats, *kicks, *snares, *([Stroke(0, "CC")] if number % 4 == 0 else [])]))
    return Tab(tempo=TEMPO, bars=tuple(bars))


def heard(tab: Tab) -> Evidence:
    """What a good listener hears of a tab that begins at START."""
    hits = hits_of(tab, Grid.of_tab(tab, START))
    onset = encode(hits, None, tuple((code,) for code in SPEC.drums), False, SPEC, 3200)["onset"][..., 0]
    rng = np.random.default_rng(0)
    onset = np.clip(0.9 * onset + rng.uniform(0.001, 0.01, onset.shape), 0, 1).astype(np.float32)
    return Evidence.of(onset, SPEC.frame_rate, SPEC.drums, DECODING)


class House:
    """Folders with songs, what is heard in them, and how often somebody listened."""

    def __init__(self, root: Path) -> None:
        self.root, self.tabs, self.listened = root, dict[str, Tab](), list[str]()

    def add(self, name: str, seed: int, plays: int | None = None) -> None:
        """A song whose tab is that of a seed; it may play the tab of another."""
        style = TabStyle(tuple(configs.TAB_ROWS))
        (self.root / "tabs" / f"{name}.txt").write_text(tabs.write(song(seed), VOCABULARY, style))
        self.tabs[name] = song(seed if plays is None else plays)
        self.record(name, seed)

    def record(self, name: str, seed: int = 0) -> None:
        noise = 0.1 * np.random.default_rng(seed).standard_normal(RATE)
        soundfile.write(self.root / "songs" / f"{name}.wav", noise, RATE)

    def listen(self, path: Path, network: object, shows: bool = True) -> Evidence:
        assert not shows  # many songs are heard side by side
        self.listened.append(path.stem)
        return heard(self.tabs[path.stem])


@pytest.fixture
def house(page: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    for name in ("songs", "tabs", "model"):
        (tmp_path / name).mkdir()
    for name in ("bundle.json", "model.onnx"):
        (tmp_path / "model" / name).touch()
    configs.SONGS_DIR, configs.TABS_DIR = str(tmp_path / "songs"), str(tmp_path / "tabs")
    configs.DATA_DIR, configs.MODEL_BUNDLE = str(tmp_path / "data"), str(tmp_path / "model")
    configs.WORKERS, configs.SAMPLE_RATE = 1, RATE
    made = House(tmp_path)
    monkeypatch.setattr(align, "listen", made.listen)
    monkeypatch.setattr(pairs, "_network", lambda: None)
    return made


def found(house: House) -> dict[str, Track]:
    return {track.name: track for track in pairs.tracks()[0]}


def test_a_tab_without_a_sidecar_is_aligned_once(house: House) -> None:
    house.add("one", seed=1)
    labels = found(house)["one"].labels()
    truth = hits_of(song(1), Grid.of_tab(song(1), START))
    for drum in ("BD", "SD", "HH", "CC"):
        np.testing.assert_allclose(labels.hits.of_drum(drum).time, truth.of_drum(drum).time, atol=0.01)
    assert found(house)["one"].note.startswith("aligned, 9")
    assert labels.beats is not None and len(labels.beats) == 64
    assert labels.hidden.cropped(0.0, START - 0.1).seconds("BD") == pytest.approx(START - 0.1)
    again = found(house)["one"]
    assert house.listened == ["one"] and again.labels().hits == labels.hits
    configs.MIN_CONFIDENCE = 1.0  # another choice from what was found
    assert len(found(house)["one"].labels().hits) == 0 and house.listened == ["one"]


def test_another_tab_recording_or_tempo_is_aligned_anew(house: House) -> None:
    house.add("one", seed=1)
    versions = [found(house)["one"].version]
    (house.root / "songs" / "one.json").write_text('{"alignment_info": {"BPM": 122}}')
    found(house)
    house.record("one", seed=9)
    found(house)
    text = (house.root / "tabs" / "one.txt").read_text()
    (house.root / "tabs" / "one.txt").write_text(text.replace("CC|X", "CC|x").replace("CC|x", "CC|X", 1))
    versions.append(found(house)["one"].version)
    assert len(house.listened) == 4 and len(set(versions)) == 2


def test_a_tab_of_another_song_is_refused_by_name_and_stays_so(house: House) -> None:
    house.add("right", seed=1)
    house.add("wrong", seed=2, plays=8)
    for _ in range(2):
        tracks, notices = pairs.tracks()
        assert [track.name for track in tracks] == ["right"]
        (notice,) = notices
        assert notice.startswith("wrong is left out: the tab doesn't fit the song")
    assert sorted(house.listened) == ["right", "wrong"]


def test_no_tab_and_no_audio_are_left_out_with_a_reason(house: House) -> None:
    (house.root / "tabs" / "words.txt").write_text("nothing but words\n")
    house.record("words")
    (house.root / "tabs" / "alone.txt").write_text("SD|o---|\n")
    tracks, notices = pairs.tracks()
    assert tracks == [] and len(notices) == 2
    assert "alone is not used: its recording" in notices[0] and "is missing" in notices[0]
    assert notices[1].startswith("words is left out: there is no tab in ")


def test_a_sidecar_is_believed_unheard(house: House) -> None:
    house.add("one", seed=1)
    info = {"BPM": TEMPO, "first drum note onset": 7.25}
    (house.root / "songs" / "one.json").write_text(json.dumps({"alignment_info": info}))
    labels = found(house)["one"].labels()
    assert labels.hits.time[0] == 7.25 and house.listened == []
    assert found(house)["one"].note == "as its sidecar says"


@pytest.mark.parametrize(
    ("stems", "names"),
    [
        ([], {"one": "one"}),
        (["channel"], {"one": "one", "one (drums)": "one_drums"}),
        (["channel", "mix"], {"one": "one", "one (drums)": "one_drums", "one (mix)": "one-0.25"}),
        (["replace"], {"one": "one-0.25"}),
    ],
)
def test_drum_stems_are_recordings_of_the_same_song(house: House, stems: list[str], names: dict[str, str]) -> None:
    house.add("one", seed=1)
    house.record("one_drums", seed=5)
    configs.DRUM_STEMS, configs.STEM_SHARE = stems, 0.25
    tracks = found(house)
    assert {name: track.audio.stem for name, track in tracks.items() if track.audio} == names
    assert {track.split for track in tracks.values()} == {tracks["one"].split}
    assert {track.piece for track in tracks.values()} == {"one"} and house.listened == ["one"]
    if "replace" in stems:
        whole, drums = (soundfile.read(house.root / "songs" / f"{name}.wav")[0] for name in ("one", "one_drums"))
        blend = soundfile.read(str(tracks["one"].audio))[0]
        np.testing.assert_allclose(blend, 0.75 * whole + 0.25 * drums, atol=2e-4)
