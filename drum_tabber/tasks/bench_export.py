"""`python -m drum_tabber bench export`: what each format of a song adds to its transcription.

The song is the demo, over and over, as an mp3; its drums are the demo's tab, played by someone who is human.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from drum_tabber.notation.transcription import Transcription

_SPREAD = 0.008  # seconds, standard deviation of hits about the beats
_DRIFT = 0.002  # seconds, standard deviation of the change from one beat's length to the next


def run(args: argparse.Namespace) -> None:
    """Write a song of each length in every format, once, in this process; print seconds by the clock and the CPU's."""
    from drum_tabber.export import WRITERS
    from drum_tabber.tasks.bench import write_song

    for minutes in args.minutes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "song.mp3"
            write_song(path, minutes * 60)
            song = played(path, minutes * 60)
            print(f"{minutes:g} min, {counted(len(song.hits), 'hit')} in {counted(len(song.tab.bars), 'bar')}")
            total = busy = 0.0
            for name, writer in WRITERS.items():
                target = Path(folder) / f"song{writer.suffix}"
                start, worked = time.perf_counter(), time.process_time()
                writer.write(target, song)
                clock, cpu = time.perf_counter() - start, time.process_time() - worked
                total, busy = total + clock, busy + cpu
                print(
                    f"  {name:9}{clock:7.2f} s {cpu:7.2f} s of CPU {target.stat().st_size / 1024:8.0f} KiB", flush=True
                )
            print(f"  {'all':9}{total:7.2f} s {busy:7.2f} s of CPU", flush=True)


def played(path: Path, seconds: float) -> Transcription:
    """The demo's tab for so many seconds, as a transcription of a recording."""
    import numpy as np

    from drum_tabber import tab
    from drum_tabber.events import Beats, Hits
    from drum_tabber.meter.grid import Grid
    from drum_tabber.notation.quantize import hits_of
    from drum_tabber.notation.transcription import notate
    from drum_tabber.tasks.drums import presentation

    shown = presentation()
    written = tab.load(Path(configs.TABS_DIR) / "demo.txt", shown.vocabulary)
    n_times = round(seconds / float(Grid.of_tab(written).beat_time[-1])) or 1
    long = replace(written, bars=written.bars * n_times, sections=())
    even = Grid.of_tab(long, 1.0)
    rng = np.random.default_rng(1)
    drift = np.cumsum(rng.normal(0, _DRIFT, len(even.beat_time)))
    beats = Beats(even.beats.time + drift[:-1], even.beats.place)
    score = hits_of(long, even)
    times = score.time + np.interp(score.time, even.beat_time, drift) + rng.normal(0, _SPREAD, len(score))
    velocities = score.velocity + rng.normal(0, 6, len(score))
    hits = Hits.of(np.maximum(times, 0), score.drum, velocities, rng.uniform(0.4, 1, len(score)))
    return replace(notate(path.stem, seconds, hits, beats, shown), audio=path)
