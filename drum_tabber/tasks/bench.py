"""`python -m drum_tabber bench`: how fast we are, measured on made-up material."""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.tasks import bench_models

if TYPE_CHECKING:
    from drum_tabber.learning.dataset import SegmentCache
    from drum_tabber.learning.segments import Segments
    from drum_tabber.material.corpora import Track

N_TRACKS, N_COPIES, TRACK_SECONDS = 4, 4, 60.0
N_WARM = 2  # steps before the clock runs: tracing, and what the prefetch holds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "what",
        metavar="{feed,render,transcribe,export,align,grid,models}",
        choices=["feed", "render", "transcribe", "export", "align", "grid", "models"],
        help="feed: the time that training waits for its input; render: how many times faster than it sounds material "
        "is rendered; transcribe: seconds and memory of the whole program; "
        "export: seconds that each format adds; align: how well tabs are laid over annotated recordings; "
        "grid: beats, bar lines and slots; models: a table of variants trained at equal cost",
    )
    parser.add_argument("--minutes", type=_minutes, nargs="+", default=[4, 60], help="lengths of mp3 (default: 4 60)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each length (default: 3)")
    parser.add_argument(
        "--modes", nargs="+", default=["audio", "rendered", "spectrograms"], help="of FEED (default: all)"
    )
    parser.add_argument("--steps", type=int, default=20, help="training steps that are timed (default: 20)")
    parser.add_argument("--songs", type=int, default=8, help="made-up songs that are rendered (default: 8)")
    parser.add_argument("--copies", type=int, default=3, help="recordings of each (default: 3)")
    group = parser.add_argument_group("align and grid")
    group.add_argument("--corpus", action="append", default=[], metavar="LAYOUT:FOLDER", help="annotated recordings")
    group.add_argument("--kit", type=Path, metavar="DIR", help="drum samples to render songs with tempo changes")
    group.add_argument("--kit-name", metavar="NAME", help="one of the kits that the folder's manifest.csv lists")
    group.add_argument(
        "--score", action="append", default=[], metavar="LAYOUT:FOLDER", help="what is played: MIDI or made up (grid)"
    )
    group.add_argument("--pieces", type=int, default=16, help="of --score, at most (default: 16)")
    group.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    bench_models.add_arguments(parser)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 600:
        raise argparse.ArgumentTypeError(f"minutes are a number above 0 and up to 600, not {text!r}")
    return minutes


def run(args: argparse.Namespace) -> None:
    """Measure what was asked for and print it."""
    if args.what == "feed":
        _bench_feed(args)
    elif args.what == "transcribe":
        _bench_transcribe(args)
    elif args.what == "models":
        bench_models.run(args)
    elif args.what == "render":
        from drum_tabber.tasks import bench_render

        bench_render.run(args.songs, args.copies)
    elif args.what == "grid":
        from drum_tabber.tasks import bench_grid

        bench_grid.run(args)
    elif args.what == "export":
        from drum_tabber.tasks import bench_export

        bench_export.run(args)
    else:
        from drum_tabber.tasks import bench_align

        bench_align.run(args)


def _bench_transcribe(args: argparse.Namespace) -> None:
    """Run `transcribe.py` on stereo mp3s, each time as a process of its own; print its seconds and greatest memory."""
    for minutes in args.minutes:
        with tempfile.TemporaryDirectory() as folder:
            song = Path(folder) / "song.mp3"
            write_song(song, minutes * 60)
            command = [sys.executable, "-c", _MEASURED, "transcribe.py", str(song), "--quiet"]
            runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(args.repeats)]
        seconds, mebibytes = zip(*(map(float, run.stdout.split()) for run in runs), strict=True)
        print(
            f"{minutes:g} min of stereo mp3: {statistics.median(seconds):.1f} s "
            f"({min(seconds):.1f} to {max(seconds):.1f} in {args.repeats} runs), {max(mebibytes):.0f} MiB at most",
            flush=True,
        )


# Runs a program and prints its seconds and its peak memory in MiB: in a process of its own, or ours would count.
_MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run([sys.executable, *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def write_song(path: Path, seconds: float) -> None:
    """The demo song over and over, as mp3."""
    import soundfile

    from drum_tabber.sound import audio

    demo = audio.read(Path(configs.SONGS_DIR) / "demo.ogg", configs.SAMPLE_RATE).samples.T
    n_left = round(seconds * configs.SAMPLE_RATE)
    with soundfile.SoundFile(path, "w", configs.SAMPLE_RATE, 2) as file:
        while n_left > 0:
            file.write(demo[:n_left].copy())
            n_left -= len(demo)


def _bench_feed(args: argparse.Namespace) -> None:
    """For each mode of FEED: how long a training step takes when it is fed, and when its batch is at hand already."""
    from drum_tabber.tasks import frameworks, specs

    frameworks.load()
    from drum_tabber import model
    from drum_tabber.learning import dataset

    with tempfile.TemporaryDirectory() as folder:
        material = _material(Path(folder), args.modes)
        read = specs.read_spec()
        network = model.build(specs.model_spec())
        network.compile(optimizer="adamw", loss=dict.fromkeys(["onset", "velocity", "beat"], _weighted_error))
        print(f"a step: {read.batch_size} segments of {read.n_frames} frames; {os.cpu_count()} cores")
        print(f"{'fed by':13} {'step':>8} {'waiting':>8} {'at hand':>8}   frames/s without training")
        for mode in args.modes:
            batch = next(iter(dataset.feed(material[mode], read)))
            at_hand, _ = _timed(network, itertools.repeat(batch), args.steps)
            step, waiting = _timed(network, dataset.feed(material[mode], read), args.steps)
            _, alone = _timed(None, dataset.feed(material[mode], read), args.steps)
            rate = read.batch_size * read.n_frames / alone
            print(f"{mode:13} {step:6.2f} s {waiting / step:8.1%} {at_hand:6.2f} s   {rate:,.0f}", flush=True)


def _timed(network: Any, batches: Iterable[Any], n_steps: int) -> tuple[float, float]:
    """Seconds that a step takes (without a network: a batch), and how many of them pass until its batch is there."""
    source = iter(batches)
    waiting = start = 0.0
    for step in range(-N_WARM, n_steps):
        asked = time.perf_counter()
        if step == 0:
            start, waiting = asked, 0.0
        batch = next(source)
        waiting += time.perf_counter() - asked
        if network is not None:
            network.train_on_batch(*batch)
    return (time.perf_counter() - start) / n_steps, waiting / n_steps


def _weighted_error(target: Any, answer: Any) -> Any:
    from keras import ops

    return ops.mean(target[..., 1] * ops.square(target[..., 0] - answer))


def _material(folder: Path, modes: Iterable[str]) -> dict[str, Segments | SegmentCache]:
    from drum_tabber.augmentation.augment import Augmenter
    from drum_tabber.learning.dataset import SegmentCache
    from drum_tabber.learning.segments import Segments, encoded
    from drum_tabber.material.rendered import augmented
    from drum_tabber.tasks import specs

    spec = specs.segment_spec()
    augmenter = Augmenter(specs.augment_spec())
    tracks = [_track(folder, number) for number in range(N_TRACKS)]
    cache = SegmentCache(folder / "spectrograms", spec)
    if "spectrograms" in modes:
        with cache.writing("train") as add:
            for track, copy in itertools.product(tracks, range(N_COPIES)):
                made = augmented(track, copy, augmenter, spec.features.sample_rate)
                add(*encoded(made, track.labels(), spec))
    return {"audio": Segments(tracks, spec, augmenter), "rendered": Segments(tracks, spec), "spectrograms": cache}


def _track(folder: Path, number: int) -> Track:
    """A minute of hiss with a burst, labelled as a snare, on every quarter of a second."""
    import numpy as np

    from drum_tabber.events import Beats, Hits
    from drum_tabber.material.corpora import Labels, Track
    from drum_tabber.sound import audio

    rng = np.random.default_rng(number)
    samples = 0.01 * rng.standard_normal((2, round(TRACK_SECONDS * configs.SAMPLE_RATE)), np.float32)
    times = np.arange(0.25, TRACK_SECONDS - 0.25, 0.25)
    decay = np.exp(-np.arange(4000) / 600)
    for start in np.rint(times * configs.SAMPLE_RATE).astype(int):
        samples[:, start : start + 4000] += 0.3 * decay * rng.standard_normal(4000)
    path = folder / f"{number}.flac"
    audio.write(path, samples, configs.SAMPLE_RATE)
    beats = Beats(times, np.arange(len(times)) % 4 + 1)
    labels = Labels(Hits.of(times, ["SD"] * len(times)), beats, (("SD",),), velocity=True)
    return Track(str(number), "train", path, None, lambda: labels)
