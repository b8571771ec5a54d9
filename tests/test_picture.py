"""Pictures: pages, sizes, and that a hit is where its time and its drum put it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from scores import PRESENTATION

from drum_tabber.events import Beats, Hits
from drum_tabber.export import picture
from drum_tabber.notation.transcription import Transcription, notate
from drum_tabber.sound import audio, waveform

RATE = 8000


def song(seconds: float = 20.0, codes: Sequence[str] = ("BD", "SD", "HH")) -> Transcription:
    """Hits on beats of half a second, each drum in turn."""
    times = np.arange(0.5, seconds - 1, 0.5)
    hits = Hits.of(
        times, [codes[index % len(codes)] for index in range(len(times))], 100, np.linspace(0.2, 1, len(times))
    )
    beats = Beats(times, np.arange(len(times)) % 4 + 1)
    return notate("$Söng_{1}$ 歌", seconds, hits, beats, PRESENTATION)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Twenty seconds, silent but for a click every second; 8 kHz."""
    samples = np.zeros(20 * RATE, np.float32)
    samples[::RATE] = 0.5
    samples[1::RATE] = -0.25
    audio.write(tmp_path / "song.flac", samples, RATE)
    return tmp_path / "song.flac"


def pages(pdf: bytes) -> int:
    """How many pages a PDF says that it has."""
    return int(pdf.split(b"/Count ")[1].split()[0])


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_the_waveform_keeps_its_peaks(recording: Path) -> None:
    swing = waveform.read(recording)
    assert swing.shape == (20 * waveform.RATE, 2)
    loud = np.flatnonzero(swing[:, 1] > 0.1)
    np.testing.assert_array_equal(loud, np.arange(20) * waveform.RATE)
    np.testing.assert_allclose(swing[loud], [[-0.25, 0.5]] * 20, atol=1e-3)


@pytest.mark.parametrize(
    ("n_samples", "rate"), [(0, 8000), (1, 8000), (11025, 11025), (250_007, 11025), (441_000, 44100)]
)
def test_a_waveform_of_any_length(tmp_path: Path, n_samples: int, rate: int) -> None:
    """The least and greatest of each hundredth of a second, also where it is no whole number of samples."""
    samples = np.random.default_rng(1).uniform(-1, 1, n_samples).astype(np.float32)
    audio.write(tmp_path / "x.wav", samples, rate)
    stored = audio.read(tmp_path / "x.wav").samples[0]
    starts = [-(-point * rate // waveform.RATE) for point in range(n_samples * waveform.RATE // rate + 2)]
    parts = [stored[start:end] for start, end in itertools.pairwise(starts)]
    expected = [(part.min(), part.max()) for part in parts if len(part)]
    np.testing.assert_array_equal(waveform.read(tmp_path / "x.wav"), np.array(expected, np.float32).reshape(-1, 2))


def test_pictures_are_alike_and_carry_no_date(tmp_path: Path, recording: Path) -> None:
    shown = replace(song(), audio=recording)
    for write, suffix in ((picture.write_png, "png"), (picture.write_pdf, "pdf")):
        for name in ("a", "b"):
            write(tmp_path / f"{name}.{suffix}", shown)
        first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
        assert first == second
        assert b"CreationDate" not in first and b"tIME" not in first


def test_long_songs_have_more_pages_and_rows_but_no_endless_picture(tmp_path: Path) -> None:
    for seconds, n_pages in ((20, 1), (400, 3)):
        picture.write_pdf(tmp_path / "song.pdf", song(seconds))
        assert pages((tmp_path / "song.pdf").read_bytes()) == n_pages
    heights = []
    for seconds in (20, 240, 3600):
        picture.write_png(tmp_path / "song.png", song(seconds))
        width, height = size((tmp_path / "song.png").read_bytes())
        assert width == 1320
        heights.append(height)
    assert heights[0] < heights[1] < heights[2] < 9000


@pytest.mark.parametrize(("start", "tempo"), [(0.0, 120), (7.3, 60), (-1.0, 200)])
def test_rows_are_whole_bars_and_cover_the_song(start: float, tempo: float) -> None:
    shown = song(60)
    moved = replace(shown, grid=replace(shown.grid, beat_time=start + shown.grid.beat_time * 120 / tempo))
    rows = picture._rows(moved, 17.0)
    assert rows[0][0] == 0 and rows[-1][1] >= 60
    assert all(before[1] == after[0] for before, after in itertools.pairwise(rows))
    assert all(0 < end - begin <= 17.0 + 1e-6 for begin, end in rows)
    bars = moved.grid.beat_time[moved.grid.bar_beat]
    cuts = [begin for begin, _ in rows if bars[0] + 17 < begin < min(60, bars[-1])]
    assert all(np.abs(bars - cut).min() < 1e-9 for cut in cuts)


def test_doubtful_hits_are_lighter_and_loud_ones_taller() -> None:
    shown = song(10, ["SD"])
    hits = Hits.of([1.0, 2.0, 3.0], ["SD"] * 3, [30, 90, 120], [0.2, 0.6, 1.0])
    score = picture._Score.of(replace(shown, hits=hits), 12.0, 20.0)
    page = picture._Page(score)
    page._hits(score.drums[0], 0.0, 10.0, left=2.0, middle=5.0)
    opacities = [opacity for _, opacity in page.boxes]
    assert opacities[0] < opacities[1] < opacities[2] == 1.0
    boxes = [box for each in page.boxes.values() for box in each]
    tall = [float(np.ptp(box[:, 1])) for box in boxes]
    assert tall[0] < tall[1] < tall[2] < picture._LANE
    np.testing.assert_allclose([box[0, 0] for box in boxes], 2.0 + score.scale * np.array([1.0, 2.0, 3.0]))


def test_a_hit_a_little_before_its_row_is_on_it_and_no_hit_is_drawn_twice() -> None:
    shown = song(40, ["SD"])
    rows = [(0.0, 10.0), (10.0, 20.0), (20.0, 40.0)]
    times = [0.0, 9.96, 9.98, 10.0, 19.99, 39.0]
    score = picture._Score.of(replace(shown, hits=Hits.of(times, ["SD"] * 6, 100)), 12.0, 20.0)
    counts = []
    for start, end in rows:
        page = picture._Page(score)
        page._hits(score.drums[0], start, end, left=2.0, middle=5.0)
        counts.append(sum(map(len, page.boxes.values())))
    assert counts == [2, 2, 2]


def test_a_box_is_drawn_whole_in_its_colour(tmp_path: Path) -> None:
    """The pixels of a lone loud hit fill its rectangle, corners and all."""
    shown = replace(song(10, ["SD"]), hits=Hits.of([3.0], ["SD"], [127], [1.0]))
    picture.write_png(tmp_path / "song.png", shown)
    image = matplotlib.image.imread(tmp_path / "song.png")[..., :3]
    red = np.abs(image - np.array([0xB3, 0x26, 0x1E]) / 255).max(axis=2) < 0.02
    rows, columns = np.nonzero(red)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert red.sum() == height * width
    assert (width, height) == pytest.approx((110 * picture._BOX, 110 * 0.9 * picture._LANE), abs=2)
