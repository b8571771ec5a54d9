"""Training examples to hear: the very audio that spectrograms are made of, with its labels on the right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

import configs
from drum_tabber import __main__ as commands
from drum_tabber import midi
from drum_tabber.events import Beats, Hits
from drum_tabber.export import columns
from drum_tabber.material.corpora import split_of
from drum_tabber.rendering import studio
from drum_tabber.sound import audio
from drum_tabber.tasks import prepare, sources
from drum_tabber.vocabulary import Vocabulary

RATE = 8000
TRAIN = [name for name in map(str, range(30)) if split_of(name) == "train"]


@pytest.fixture
def midi_corpus(page: None, tmp_path: Path) -> str:
    """Two MIDI files of a bar and a kit of clicks, and settings under which they are rendered plainly."""
    configs.DATA_DIR, configs.WORKERS = str(tmp_path / "data"), 1
    configs.SAMPLE_RATE, configs.FMAX, configs.RENDER_COPIES = RATE, 3900.0, 2
    for name in vars(configs):
        if name.startswith("P_"):
            setattr(configs, name, 0.0)
    folder, beats = tmp_path / "midi", Beats(np.arange(4.0) * 0.5, np.arange(4) + 1)
    folder.mkdir()
    for name in TRAIN[:2]:
        hits = Hits.of([0.0, 0.5, 1.0, 1.25], ["BD", "SD", "BD", "HH"], 90)
        midi.write(folder / f"{name}.mid", hits, beats, Vocabulary.of(configs.DRUMS))
    rng = np.random.default_rng(0)
    for name in ("kick", "snare", "hihat_closed", "crash"):
        noise = rng.normal(0, 0.3, 900) * np.exp(-np.arange(900) / 150)
        audio.write(tmp_path / "kit" / f"{name}.wav", noise.astype(np.float32), RATE)
    configs.KITS_DIRS = [str(tmp_path / "kit")]
    return f"midi:{folder}"


def test_an_example_is_what_would_be_trained_on(
    midi_corpus: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "REORCHESTRATIONS", ())  # no side stick, which the kit lacks: that would be hidden
    assert commands.main(["prepare", midi_corpus, "--listen", "2"]) == 0
    folder = Path(configs.DATA_DIR) / "listen"
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [str(folder / name) for name in ("001.wav", "002.wav")]
    sound, rate = soundfile.read(folder / "001.wav", dtype="float32")
    hits = columns.read_hits(folder / "001.hits.csv")
    assert rate == RATE and len(hits) == 8 and (folder / "001.beats.csv").is_file()
    ticks = np.abs(sound[:, 1] - sound[:, 0])
    assert all(ticks[round(time * RATE) :][:80].max() > 0.1 for time in hits.time)

    copy = int(lines[0].split("copy ")[1].split(",")[0])
    (shard,) = (s for s in prepare.shards(sources.material([midi_corpus]), "spectrograms") if s.copies == (copy,))
    (piece,) = prepare.pieces(shard, {"facts": [], "failed": []})
    scale = np.abs(sound[:, 0]).max() / np.abs(piece.segment.samples).max()
    np.testing.assert_allclose(sound[:, 0], scale * piece.segment.samples, atol=1e-4)
    assert piece.segment.hits.drum.tolist() == hits.drum.tolist()


def test_examples_are_the_same_each_time(midi_corpus: str) -> None:
    folder, seen = Path(configs.DATA_DIR) / "listen", []
    for _ in range(2):
        commands.main(["prepare", midi_corpus, "--listen", "1"])
        seen.append((folder / "001.wav").read_bytes())
    assert seen[0] == seen[1]


def test_a_recording_is_heard_as_it_is_augmented(midi_corpus: str, tmp_path: Path) -> None:
    home = tmp_path / "songs" / TRAIN[0]
    noise = np.random.default_rng(3).normal(0, 0.1, RATE).astype(np.float32)
    configs.P_GAIN, configs.GAIN_DB = 1.0, (30.0, 30.0)
    from drum_tabber.learning.segments import Segment
    from drum_tabber.material import rendered
    from drum_tabber.material.corpora import Labels

    labels = Labels(Hits.of([0.25], ["SD"]), None, tuple((row[0],) for row in configs.DRUMS), True)
    rendered.write(home, 0, "train", labels, Segment(noise, labels.hits, None), RATE)
    assert commands.main(["prepare", f"rendered:{tmp_path / 'songs'}", "--listen", "1"]) == 0
    sound, _ = soundfile.read(Path(configs.DATA_DIR) / "listen" / "001.wav", dtype="float32")
    assert np.abs(sound[:, 0]).max() == pytest.approx(0.9, abs=0.01)  # turned up, then down so that a file holds it
    assert np.corrcoef(sound[:, 0], noise)[0, 1] > 0.999
    assert not (Path(configs.DATA_DIR) / "listen" / "001.beats.csv").exists()


def test_all_kept_for_validation(midi_corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    configs.VALIDATION_SONGS = TRAIN[:2]
    assert commands.main(["prepare", midi_corpus, "--listen", "1"]) == 1
    assert capsys.readouterr().err.startswith("error: there is nothing to listen to")
