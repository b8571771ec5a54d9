"""`python -m drum_tabber generate`: raw recordings `<class>_<NNN>` cut into chunks, mono at 16 kHz, silence left out.

Beside the chunks, `_samples.csv` tells of each file: seconds, level in dB, class and its number in order of the names.
Another run into the same folder replaces the chunks that the table lists.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import AudioError, CorpusError, SettingError
from drum_tabber.files import output_folder, replacing

RAW, CLEAN = Path("data/raw"), Path("data/clean")
TABLE = "_samples.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--raw", type=Path, default=RAW, metavar="DIR", help=f"recordings (default: {RAW})")
    parser.add_argument(
        "--clean", type=output_folder, default=CLEAN, metavar="DIR", help=f"where chunks go (default: {CLEAN})"
    )
    parser.add_argument("--seconds", type=float, default=0.1, help="of a chunk (default: 0.1)")
    parser.add_argument("--rate", type=int, default=16000, help="hertz (default: 16000)")
    parser.add_argument("--silence", type=float, default=-80.0, metavar="DB", help="chunks below go (default: -80)")


def run(args: argparse.Namespace) -> int:
    """Write the chunks and their table; the exit status is 1 where a recording could not be read."""
    from tqdm import tqdm

    from drum_tabber.oneshots import packs
    from drum_tabber.sound import audio

    size = _size(args.seconds, args.rate)
    sounds = packs.files(args.raw, _names(args.raw))
    classes = {label: number for number, label in enumerate(sorted({sound.label for sound in sounds}))}
    given: Counter[str] = Counter()
    rows: list[list[str | float | int]] = []
    status = 0
    for sound in tqdm(sounds, desc="cutting", unit="file", delay=1, leave=False):
        try:
            wave = audio.read(sound.path, args.rate, mono=True).samples[0]
        except AudioError as error:
            print(f"error: {error}", file=sys.stderr)
            status = 1
            continue
        for chunk in chunks(wave, size):
            level = level_db(chunk)
            if level > args.silence:
                given[sound.label] += 1
                name = f"{sound.label}_{given[sound.label]:03}.wav"
                audio.write(args.clean / name, chunk, args.rate)
                rows.append([name, args.seconds, round(level, 2), sound.label, classes[sound.label]])
    for name in _listed(args.clean / TABLE) - {str(row[0]) for row in rows}:
        (args.clean / name).unlink(missing_ok=True)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["file", "length", "avg_db", "class", "class_id"], *rows])
    with replacing(args.clean / TABLE) as part:
        part.write_text(text.getvalue(), encoding="utf-8")
    print(f"wrote {len(rows)} chunks of {len(classes)} classes into {args.clean}")
    return status


def chunks(wave: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    """Pieces (size,) of a wave (n,); what is left at the end is padded where it is all there is, else dropped."""
    if 0 < len(wave) < size:
        yield np.pad(wave, (0, size - len(wave)))
    for start in range(0, len(wave) - size + 1, size):
        yield wave[start : start + size]


def level_db(wave: NDArray[np.float32]) -> float:
    """The RMS level of a wave (n,), dB of full scale."""
    return 20 * float(np.log10(max(float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))), 1e-9)))


def _size(seconds: float, rate: int) -> int:
    """Samples in a chunk; raises SettingError where there are none."""
    if rate < 1:
        raise SettingError(f"--rate needs a number of at least 1, not {rate}")
    if not 1 <= seconds * rate < math.inf:
        raise SettingError(f"--seconds needs a number of at least {1 / rate:g}, one sample, not {seconds:g}")
    return round(seconds * rate)


def _listed(table: Path) -> set[str]:
    """The names of the chunks that the table of an earlier run lists; a name that leads out of the folder is none."""
    if not table.is_file():
        return set()
    rows = csv.DictReader(io.StringIO(table.read_text(encoding="utf-8", errors="replace")))
    return {name for row in rows if (name := row.get("file")) and name == Path(name).name}


def _names(folder: Path) -> list[str]:
    """The classes that raw files name, whatever they are."""
    from drum_tabber.oneshots.packs import RAW as PATTERN
    from drum_tabber.sound import audio

    if not folder.is_dir():
        raise CorpusError(
            f"{folder} is not a folder; put raw recordings <class>_<number>.wav there, or name it with --raw"
        )
    return sorted({found[1].lower() for path in audio.find([folder]) if (found := PATTERN.fullmatch(path.stem))})
