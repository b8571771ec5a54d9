"""Segments: the audio, labels and features of one place in one track, repeatable and cut exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from drum_tabber.augmentation.augment import Augmenter, AugmentSpec
from drum_tabber.errors import AudioError, CorpusError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.hearing.targets import TargetSpec, encode
from drum_tabber.learning.segments import Segments, SegmentSpec, read_span
from drum_tabber.material.corpora import Labels, Track
from drum_tabber.sound import audio
from drum_tabber.sound.features import FeatureSpec, log_mel

RATE = 8000
FEATURES = FeatureSpec(sample_rate=RATE, hop_size=80, window_size=256, n_mels=12, fmin=50.0, fmax=3900.0)
SPEC = SegmentSpec(FEATURES, TargetSpec(("BD", "SD", "HH"), FEATURES.frame_rate), n_frames=50)


@dataclass(frozen=True)
class Bursts:
    """A track of noise bursts at `times`."""

    seconds: float
    times: NDArray[np.float64]

    def samples(self) -> NDArray[np.float32]:
        rng = np.random.default_rng(len(self.times))
        samples = 1e-4 * rng.standard_normal(round(self.seconds * RATE))
        for time in self.times:
            burst = samples[round(time * RATE) :][:200]
            burst += 0.4 * np.cos(np.arange(len(burst))) * np.exp(-np.arange(len(burst)) / 40)
        return samples.astype(np.float32)

    def track(self, folder: Path, name: str = "song", beats: bool = True) -> Track:
        path = folder / f"{name}.wav"
        soundfile.write(path, self.samples(), RATE, "FLOAT")
        drums = (["BD", "SD"] * len(self.times))[: len(self.times)]
        places = np.arange(len(self.times)) % 4 + 1
        labels = Labels(
            Hits.of(self.times, drums), Beats(self.times, places) if beats else None, (("BD",), ("SD",)), velocity=False
        )
        return Track(name, "train", path, None, lambda: labels)


SONG = Bursts(2.3, np.array([0.2, 0.49, 0.51, 0.9, 1.4, 1.7, 2.2]))


def test_cuts_are_the_track_in_order_without_gaps(tmp_path: Path) -> None:
    segments = Segments([SONG.track(tmp_path, "a"), SONG.track(tmp_path, "b")], SPEC)
    assert segments.n_cuts == 2 * 5
    labels = segments.tracks[0].labels()
    n_frames = 5 * SPEC.n_frames
    whole_mel = log_mel(SONG.samples(), FEATURES)
    whole = encode(labels.hits, labels.beats, labels.told_apart, labels.velocity, SPEC.targets, n_frames)
    for first in (0, 5):
        cuts = [segments.cut(first + number) for number in range(5)]
        for name in whole:
            joined = np.concatenate([targets[name] for _, targets in cuts])
            np.testing.assert_allclose(joined, whole[name], atol=1e-5)
        mel = np.concatenate([mel for mel, _ in cuts])
        place = np.arange(len(whole_mel)) % SPEC.n_frames
        inner = (place > 2) & (place < SPEC.n_frames - 2)  # frames whose windows reach over no cut
        np.testing.assert_allclose(mel[: len(whole_mel)][inner], whole_mel[inner], atol=1e-4)


def test_drawn_segments_have_their_hits_on_the_bursts(tmp_path: Path) -> None:
    augmenter = Augmenter(AugmentSpec(p_time_stretch=0.3, p_varispeed=0.5, p_gain=1.0, p_polarity=0.5))
    segments = Segments([SONG.track(tmp_path)], SPEC, augmenter, seed=4)
    n_found = 0
    for number in range(30):
        _, segment = segments.draw_audio(number)
        assert len(segment.samples) == SPEC.n_samples
        for time in segment.hits.time[(segment.hits.time > 0.02) & (segment.hits.time < 0.48)]:
            near = np.abs(segment.samples[round((time - 0.012) * RATE) : round((time + 0.02) * RATE)])
            risen = int(np.argmax(near > 0.3 * near.max())) / RATE - 0.012
            # A stretch smears an attack over some milliseconds; of two 20 ms apart the first may ring on.
            assert risen == pytest.approx(0.0, abs=4e-3) or time > 0.49 / 1.3
            n_found += 1
    assert n_found > 30


def test_a_number_and_a_seed_say_all(tmp_path: Path) -> None:
    tracks = [SONG.track(tmp_path, "a"), SONG.track(tmp_path, "b")]
    augmenter = Augmenter(AugmentSpec(p_noise=0.5, p_shift=0.5, p_eq=0.5))
    segments, same, other = (Segments(tracks, SPEC, augmenter, seed) for seed in (1, 1, 2))
    backwards = [same.draw(number)[0] for number in reversed(range(6))]
    forwards = [segments.draw(number)[0] for number in range(6)]
    np.testing.assert_array_equal(forwards, backwards[::-1])
    assert not np.array_equal(forwards[0], other.draw(0)[0])


def test_what_is_not_labelled_weighs_nothing(tmp_path: Path) -> None:
    _, targets = Segments([SONG.track(tmp_path, beats=False)], SPEC).draw(0)
    assert targets["onset"][:, :2, 1].all() and not targets["onset"][:, 2, 1].any()
    assert not targets["velocity"][..., 1].any() and not targets["beat"][..., 1].any()


@pytest.mark.parametrize("varispeed", [1.0, 1.1])
def test_spans_hide_the_same_moments_however_the_audio_is_changed(tmp_path: Path, varispeed: float) -> None:
    track, hidden = SONG.track(tmp_path), Spans.of([0.45], [1.2], "BD")
    labels = replace(track.labels(), hidden=hidden)
    augmenter = Augmenter(AugmentSpec(p_varispeed=1.0, varispeed_rates=(varispeed, varispeed)))
    segments = Segments([replace(track, labels=lambda: labels)], SPEC, augmenter)
    for number in range(5):
        _, targets = segments.draw(number)
        _, segment = segments.draw_audio(number)
        spans = segment.hidden.cropped(0.0, 0.5)
        open_frames = np.zeros(50, bool)
        for start, end in zip(spans.start, spans.end, strict=True):
            assert end - start <= 0.75 / varispeed + 1e-9
            open_frames |= (np.arange(50) / 100 >= start) & (np.arange(50) / 100 <= end)
        silent = targets["onset"][:, 0, 0] == 0
        assert not targets["onset"][open_frames & silent, 0, 1].any() and targets["onset"][:, 1, 1].all()


def test_a_track_shorter_than_a_segment_is_followed_by_silence(tmp_path: Path) -> None:
    short = Bursts(0.3, np.array([0.1]))
    mel, targets = Segments([short.track(tmp_path)], SPEC).draw(0)
    assert mel.shape == (50, 12) and not mel[33:].any()
    assert targets["onset"][10, 0].tolist() == [1, 1]


def test_tracks_without_audio_and_no_tracks_are_refused(tmp_path: Path) -> None:
    silent = Track("groove/1", "train", None, tmp_path / "a.mid", lambda: Labels(Hits(), None, (), False))
    with pytest.raises(CorpusError, match="groove/1 has no audio"):
        Segments([silent], SPEC).draw(0)
    with pytest.raises(CorpusError, match="no tracks"):
        Segments([], SPEC)


@pytest.mark.parametrize(("suffix", "tolerance"), [("wav", 1e-4), ("flac", 1e-4), ("ogg", 0.05), ("mp3", 0.05)])
def test_a_span_is_that_piece_of_the_whole_file(tmp_path: Path, suffix: str, tolerance: float) -> None:
    seconds = np.arange(4 * 44100) / 44100
    sweep = 0.5 * np.sin(2 * np.pi * (200 + 300 * seconds) * seconds)
    audio.write(tmp_path / f"sweep.{suffix}", np.stack([sweep, sweep]).astype(np.float32), 44100)
    whole = soxr.resample(soundfile.read(tmp_path / f"sweep.{suffix}", dtype="float32")[0].mean(axis=1), 44100, 22050)
    span = read_span(tmp_path / f"sweep.{suffix}", 1.3, 0.7, 22050)
    at = round(1.3 * 22050)
    assert len(span) == round(0.7 * 22050)
    np.testing.assert_allclose(span[300:-300], whole[at : at + len(span)][300:-300], atol=tolerance)


def test_a_span_is_silent_outside_the_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", np.ones(RATE), RATE, "FLOAT")
    span = read_span(tmp_path / "one.wav", -0.5, 2.0, RATE)
    np.testing.assert_array_equal(span, np.repeat([0, 1, 0], [RATE // 2, RATE, RATE // 2]))
    assert not read_span(tmp_path / "one.wav", 3.0, 1.0, RATE).any()
    with pytest.raises(AudioError, match="absent"):
        read_span(tmp_path / "absent.wav", 0.0, 1.0, RATE)


def test_material_made_before_there_was_a_long_window_serves_on() -> None:
    assert "long_window" not in SPEC.contract["features"]
    assert replace(SPEC, features=replace(FEATURES, long_window=512)).contract["features"]["long_window"] == 512
