"""One-shots as a classifier hears them: level, silence before, format and padding make no difference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drum_tabber.errors import AudioError
from drum_tabber.kits import struck
from drum_tabber.kits.sample import Sample
from drum_tabber.oneshots import listening
from drum_tabber.oneshots.listening import OneShotSpec
from drum_tabber.sound import audio
from drum_tabber.sound.features import log_mel

SPEC = OneShotSpec()
RATE = SPEC.features.sample_rate


@pytest.fixture
def wave() -> NDArray[np.float32]:
    return struck.strike("tom", np.random.default_rng(4), RATE)


def test_level_and_silence_before_it_make_no_difference(tmp_path: Path, wave: NDArray[np.float32]) -> None:
    audio.write(tmp_path / "plain.flac", np.float32(0.8) * wave, RATE)
    audio.write(tmp_path / "late.flac", np.concatenate([np.zeros(RATE // 3, np.float32), np.float32(0.4) * wave]), RATE)
    plain, late = (listening.read(tmp_path / f"{name}.flac", SPEC) for name in ("plain", "late"))
    n = min(len(plain.frames), len(late.frames))
    assert np.abs(plain.frames[: n - 2] - late.frames[: n - 2]).mean() < 0.1
    assert plain.level_db - late.level_db == pytest.approx(6.02, abs=0.05)


def test_a_sound_that_begins_after_the_first_seconds_is_found(tmp_path: Path, wave: NDArray[np.float32]) -> None:
    audio.write(tmp_path / "very_late.flac", np.concatenate([np.zeros(RATE * 7, np.float32), wave]), RATE)
    assert len(listening.read(tmp_path / "very_late.flac", SPEC).frames) > 5


def test_no_more_frames_than_the_spec_allows(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(RATE * 4).astype(np.float32) * 0.1
    audio.write(tmp_path / "long.wav", noise, RATE)
    n_hops = SPEC.features.n_frames(round(SPEC.seconds * RATE))
    whole = listening.widened(np.zeros((n_hops, 5), np.float32))
    assert listening.read(tmp_path / "long.wav", SPEC).frames.shape == (len(whole), SPEC.n_bands)


def test_frames_grow_wider_apart_and_lose_nothing() -> None:
    hops = np.arange(90, dtype=np.float32)[:, None] * [1.0, 2.0]
    frames = listening.widened(hops.astype(np.float32))
    first = listening.WIDENING[0][0]
    assert np.array_equal(frames[:first], hops[:first])
    assert frames[first].tolist() == [first + 0.5, 2 * first + 1]
    widths = np.array([1] * 32 + [2] * 16 + [4] * 6 + [2])  # the last frame has what is left of its four hops
    assert frames.shape == (len(widths), 2)
    assert widths @ frames[:, 0] == pytest.approx(hops[:, 0].sum())
    assert listening.widened(hops[:0].astype(np.float32)).shape == (0, 2)


def test_older_classifiers_hear_as_they_were_taught(wave: NDArray[np.float32]) -> None:
    sample = Sample.of(wave, RATE)
    assert sample is not None and sample.attack < 0.01 * RATE, "the stroke begins at once"
    older = OneShotSpec(seconds=1.1, widens=False, n_lows=0)
    frames = listening.frames_of(sample, older)
    assert np.array_equal(frames, log_mel(sample.signal[: round(1.1 * RATE)] * np.float32(0.25), older.features))


def test_lows_tell_the_pitch_of_a_drum_whatever_its_level() -> None:
    time = np.arange(RATE) / RATE
    stroke = (np.sin(2 * np.pi * 80 * time) * np.exp(-time / 0.2)).astype(np.float32)
    heard = listening.lows(stroke, RATE, 21)
    pitches = np.geomspace(*listening.LOWS, 21)
    assert pitches[heard.argmax()] == pytest.approx(80, rel=0.06), "half a band"
    assert heard == pytest.approx(listening.lows(np.float32(0.1) * stroke, RATE, 21), abs=1e-4)
    assert heard.min() >= 0 and listening.lows(stroke[:100], RATE, 0).shape == (0,)


def test_silence_is_refused_by_name(tmp_path: Path) -> None:
    audio.write(tmp_path / "nothing.wav", np.zeros(RATE, np.float32), RATE)
    with pytest.raises(AudioError, match=r"nothing\.wav is silent"):
        listening.read(tmp_path / "nothing.wav", SPEC)


def test_a_stack_is_padded_with_zeros_to_a_whole_fold() -> None:
    sounds = [np.full((n, 5), n, np.float32) for n in (3, 17)]
    stack, lengths = listening.stacked(sounds)
    assert stack.shape == (2, 2 * listening.FOLD, 5)
    assert lengths.tolist() == [3, 17]
    assert np.all(stack[0, :3] == 3) and not stack[0, 3:].any()
