"""From a network's answers to a song's key: pieces, keys over time, the baseline; and the shipped model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.errors import BundleError
from drum_tabber.key import changes, cqt, tonality
from drum_tabber.key.bundle import KeyBundle
from drum_tabber.key.keys import KEYS, Key, parse
from drum_tabber.key.tonality import Floats, Listener

SHIPPED = Path(__file__).parents[1] / "models" / "key" / "default"
RATE = 11025


def cadence(tonic: int, seconds: float = 2.0) -> Floats:
    """I IV V I in major, each chord with a bass, some partials to a note; mono samples at `RATE`."""
    times = np.arange(round(seconds * RATE)) / RATE
    chords = []
    for root in (0, 5, 7, 0):
        pitches = [36 + tonic + root, *(60 + (tonic + root + step) % 12 for step in (0, 4, 7))]
        partials = [(440 * 2 ** ((pitch - 69) / 12) * n, 1 / n**1.5) for pitch in pitches for n in range(1, 5)]
        chords.append(np.sum([level * np.sin(2 * np.pi * f * times) for f, level in partials], axis=0))
    samples: Floats = (0.1 * np.concatenate(chords)).astype(np.float32)
    return samples


def test_keys_over_time_ignore_a_moment_and_follow_a_change() -> None:
    path = [3] * 40 + [7] * 2 + [3] * 20 + [11] * 40
    probability = np.full((len(path), 24), 0.02)
    probability[np.arange(len(path)), path] = 0.54
    spans = changes.over_time(probability, 1.5, change=1e-3, trust=0.5)
    assert [span.key for span in spans] == [KEYS[3], KEYS[11]]
    assert spans[0].end == spans[1].start == pytest.approx(62 * 1.5 + 1), "the chord before it is heard as its own"
    assert spans[-1].end == len(path) * 1.5


def test_a_change_goes_where_songs_go() -> None:
    """Between two answers as good as each other, the last chorus is a semitone up, not three."""
    usual, odd = (Key(2, "maj").transposed(up).index for up in (1, 3))
    probability = np.full((60, 24), 0.01)
    probability[:30, Key(2, "maj").index] = 0.7
    probability[30:, [usual, odd]] = 0.4
    assert [span.key for span in changes.over_time(probability, 1.5, 1e-3, 0.5)] == [Key(2, "maj"), KEYS[usual]]


def test_no_song_goes_to_its_relative_key() -> None:
    """What is doubted between two answers, a while each, is one key; a semitone up it would be two."""
    major, relative, higher = (key.index for key in (Key(2, "maj"), Key(11, "min"), Key(3, "maj")))
    for other, n_spans in ((relative, 1), (higher, 2)):
        probability = np.full((60, 24), 0.01)
        probability[:30, [major, other]] = 0.6, 0.2
        probability[30:, [major, other]] = 0.2, 0.6
        assert len(changes.over_time(probability, 1.5, 1e-4, 0.4)) == n_spans


@pytest.mark.parametrize("name", ["C-maj", "F-min", "B-maj"])
def test_the_baseline_knows_its_own_profiles(name: str) -> None:
    key = parse(name)
    major, minor = ((0, 4, 7, 0, 7, 2, 5, 9, 11), (0, 3, 7, 0, 7, 2, 5, 8, 11))
    magnitude = np.zeros((1, 120), np.float32)
    for step in major if key.mode == "maj" else minor:
        magnitude[0, 2 * ((key.tonic + step) % 12) + 48] += 1
    assert tonality.krumhansl(magnitude) == key


def test_a_folder_without_a_key_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no trained model"):
        KeyBundle.load(tmp_path)


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(KeyBundle.load(SHIPPED))


def test_the_shipped_model_follows_a_cadence_through_all_keys(listener: Listener) -> None:
    heard = [listener(np.tile(cadence(tonic), 2)) for tonic in range(12)]
    assert [each.key for each in heard] == [Key(tonic, "maj") for tonic in range(12)]
    assert all(each.runner_up != each.key and abs(each.tuning) < 0.03 for each in heard)


def test_level_does_not_count(listener: Listener) -> None:
    loud, soft = (listener(np.float32(gain) * cadence(4)).probability for gain in (1.0, 0.01))
    np.testing.assert_allclose(loud, soft, atol=1e-3)


def test_silence_is_unsure(listener: Listener) -> None:
    heard = listener(np.zeros(5 * RATE, np.float32))
    assert heard.unsure and heard.confidence == pytest.approx(1 / 24)
    assert heard.spans == ()


def test_noise_has_no_key_however_probable(listener: Listener) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 20 * RATE).astype(np.float32)
    assert listener(noise).unsure
    sure = np.tile(cadence(4), 2)
    assert (
        cqt.tuning(noise, listener.bundle.cqt).agreement < 0.03 < 0.3 < cqt.tuning(sure, listener.bundle.cqt).agreement
    )


def test_what_is_overheard_is_what_is_heard(listener: Listener) -> None:
    samples = np.repeat(np.tile(cadence(4), 2), 2)
    overheard = tonality.Overhearing(listener, 2 * RATE)
    blocks = np.array_split(samples, 7)
    for passed, block in zip(overheard(blocks), blocks, strict=True):
        assert passed is block
    assert overheard.tonality().key == Key(4, "maj")


def test_a_long_song_is_overheard_in_part(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tonality, "LONGEST", 16)
    overheard = tonality.Overhearing(listener, RATE)
    blocks = [np.tile(cadence(4), 2), np.tile(cadence(5), 2), np.tile(cadence(6), 2)]
    assert len(list(overheard(blocks))) == 3
    assert overheard.tonality().key == Key(4, "maj")
    assert sum(map(len, overheard.kept)) == pytest.approx(16 * RATE, abs=1)
