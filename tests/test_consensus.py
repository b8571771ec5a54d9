"""Repetition corrects what was heard doubtfully, and nothing else."""

from __future__ import annotations

import numpy as np

import configs
from drum_tabber.events import Beats, Hits
from drum_tabber.hearing.consensus import ConsensusSpec, agreed
from drum_tabber.hearing.targets import Decoding, Floats, TargetSpec, decode
from drum_tabber.vocabulary import Vocabulary

CLASSES = Vocabulary.of(configs.DRUMS).classes(5)
TARGETS = TargetSpec(("BD", "SD", "HH"), 100.0)
DECODING = Decoding((("BD",), ("SD",), ("HH",)), dict.fromkeys(TARGETS.drums, 0.5), dict.fromkeys(TARGETS.drums, 0.03))
N_BARS = 8
BEATS = Beats(0.5 + np.arange(4 * N_BARS).astype(np.float64) / 2, np.arange(4 * N_BARS) % 4 + 1)
GROOVE = [(slot, "HH") for slot in range(0, 16, 2)] + [(0, "BD"), (8, "BD"), (4, "SD"), (12, "SD")]


def frame(bar: int, slot: int) -> int:
    """Where a slot of a bar (from 0) sounds, at 120 beats a minute."""
    return round(100 * (0.5 + 2 * bar + slot / 8))


def activations(*changes: tuple[int, int, str, float]) -> Floats:
    """(frames, drums) of one groove eight times, surely heard, with other activations at some bars and slots."""
    onset = np.zeros((100 * (2 * N_BARS + 2), 3), np.float32)
    for bar in range(N_BARS):
        for slot, drum in GROOVE:
            onset[frame(bar, slot), TARGETS.drums.index(drum)] = 0.95
    for bar, slot, drum, value in changes:
        onset[frame(bar, slot), TARGETS.drums.index(drum)] = value
    return onset


def heard(onset: Floats, beats: Beats = BEATS, spec: ConsensusSpec | None = None) -> tuple[Hits, Hits]:
    """The hits before and after."""
    velocity = np.full_like(onset, 0.7)
    hits = decode(onset, velocity, TARGETS, DECODING)
    return hits, agreed(hits, onset, velocity, TARGETS, DECODING, beats, CLASSES, spec or ConsensusSpec())


def kicks(hits: Hits) -> list[int]:
    """Frames of the bass drum."""
    return np.rint(100 * hits.of_drum("BD").time).astype(int).tolist()


def test_what_all_like_bars_have_is_found() -> None:
    before, after = heard(activations((3, 8, "BD", 0.42)))
    assert frame(3, 8) not in kicks(before) and frame(3, 8) in kicks(after)
    assert len(after) == len(before) + 1


def test_what_all_like_bars_lack_goes() -> None:
    before, after = heard(activations((3, 10, "BD", 0.55)))
    assert frame(3, 10) in kicks(before) and frame(3, 10) not in kicks(after)
    assert len(after) == len(before) - 1


def test_a_sure_hit_stays_though_no_other_bar_has_it() -> None:
    before, after = heard(activations((3, 10, "BD", 0.97)))
    assert kicks(after) == kicks(before)


def test_confidence_follows_the_like_bars() -> None:
    _, after = heard(activations((3, 8, "BD", 0.6), (5, 6, "BD", 0.9)))
    confidence = dict(zip(kicks(after), after.of_drum("BD").confidence.tolist(), strict=True))
    assert confidence[frame(3, 8)] > 0.6 and confidence[frame(5, 6)] < 0.9


def test_the_snare_and_flams_are_left_alone() -> None:
    flam = (3, 8, "BD", 0.95), (3, 10, "SD", 0.55)
    onset = activations(*flam)
    onset[frame(3, 8) - 4, 0] = 0.55
    before, after = heard(onset)
    assert len(before) == len(after)


def test_without_beats_or_likeness_nothing_changes() -> None:
    assert heard(activations((3, 10, "BD", 0.55)), Beats())[1] == heard(activations((3, 10, "BD", 0.55)))[0]
    onset = np.zeros((1800, 3), np.float32)
    rng = np.random.default_rng(4)
    onset[rng.choice(1800, 60, replace=False), rng.integers(0, 3, 60)] = 0.6
    before, after = heard(onset)
    assert set(zip(before.time, before.drum, strict=True)) == set(zip(after.time, after.drum, strict=True))
