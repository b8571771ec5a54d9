#!/usr/bin/env python3
"""Songs in, drum tabs out: `python transcribe.py song.mp3`. The shell only; `drum_tabber.tasks.drums` does the work."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import configs
from drum_tabber import command
from drum_tabber.errors import AudioError, SettingError
from drum_tabber.files import check_place
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from tqdm import tqdm

    from drum_tabber.notation.transcription import Transcription

PATIENCE = 2.0  # seconds of work that need no progress bar
HEARS_MORE = 0.7  # a SENSITIVITY to try where nothing was heard
UNSURE, DUBIOUS = 0.6, 0.4  # a confidence, and the share of hits of less that no song with a clear drum part has
LOW_RATE = 16000  # hertz of sampling below which most of what cymbals sound like is missing


def main(arguments: Sequence[str] | None = None) -> int:
    """Transcribe what the command line names; the exit status is 1 if any song failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    for dashed in (name for name in arguments if name.startswith("-") and Path(name).is_file()):
        parser.error(f"{dashed} would be an option; write ./{dashed} for the file of that name")
    options = parser.parse_args(arguments)
    return command.run(lambda: _transcribe_all(options), "transcribe.py")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Write the drum part of songs as tabs, MIDI and more.")
    parser.add_argument("songs", nargs="+", metavar="SONG", help="an audio file, or a folder to search for some")
    parser.add_argument("--out", metavar="DIR", help="folder for the results (default: beside each song)")
    parser.add_argument("--formats", metavar="A,B", help=f"what to write (default: {','.join(configs.OUTPUT_FORMATS)})")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors and notices")
    command.add_set_option(parser)
    return parser


def _transcribe_all(options: argparse.Namespace) -> int:
    given = {"OUTPUT_DIR": options.out, "OUTPUT_FORMATS": options.formats, "MODEL_BUNDLE": options.model}
    command.override_settings(
        [*options.set, *(f"{name}={value}" for name, value in given.items() if value is not None)]
    )
    _check_formats(configs.OUTPUT_FORMATS)
    songs, failures = _find(options.songs)
    return 1 if failures + _Batch(songs, options.quiet).run() else 0


def _check_formats(formats: Sequence[str]) -> None:
    from drum_tabber import export

    if not formats:
        raise SettingError("there is no output format to write; name some, such as tab,midi")
    export.check(formats)


def _find(paths: Sequence[str]) -> tuple[dict[Path, float], int]:
    """The songs that can be read, with the seconds they declare, and how many were reported because they can't."""
    from drum_tabber.sound import audio

    songs: dict[Path, float] = {}
    failures = 0
    for path in paths:
        found = audio.find([path])
        if not found:
            why = "holds no audio files" if os.access(path, os.R_OK | os.X_OK) else "may not be searched through"
            command.report(AudioError(f"{path} {why}; name a song, or a folder with songs"), path)
            failures += 1
        for song in found:
            try:
                said = audio.info(song)
                songs[song] = said.seconds or 0.0
                if said.sample_rate < LOW_RATE:
                    print(
                        f"notice: {song} is sampled at {said.sample_rate} Hz: hats and cymbals are lost in it",
                        file=sys.stderr,
                    )
            except Exception as error:
                command.report(error, str(song))
                failures += 1
    return songs, failures


class _Batch:
    """Songs, by path with their seconds, transcribed one after the other under one progress bar."""

    def __init__(self, songs: dict[Path, float], quiet: bool) -> None:
        self.songs, self.quiet = songs, quiet
        self.targets = _targets(list(songs))
        self.progress = _Progress(sum(songs.values()), hidden=quiet)

    def run(self) -> int:
        """Transcribe all; how many failed, each of them reported."""
        if not self.songs:
            return 0
        from drum_tabber import export
        from drum_tabber.tasks import drums

        transcriber = drums.transcriber()
        failures, done = 0, 0.0
        for song, seconds in self.songs.items():
            try:
                check_place(self.targets[song].parent, "choose another folder with --out", folder=True)
                export.check_targets(self.targets[song].parent, self.targets[song].name, configs.OUTPUT_FORMATS)
                heard = transcriber.transcribe(song, partial(self.progress.move, song.name, done))
                self.progress.clear()
                self._deliver(song, heard)
            except BrokenPipeError:
                raise
            except Exception as error:
                self.progress.clear()
                command.report(error, str(song))
                failures += 1
            done += seconds
        self.progress.close()
        return failures

    def _deliver(self, song: Path, heard: Transcription) -> None:
        """Write the files; print the tab of a single song, a line for each of several."""
        from drum_tabber import export, tab

        target, notice = self.targets[song], partial(print, file=sys.stderr, flush=True)
        files = export.export(heard, target.parent, target.name, configs.OUTPUT_FORMATS, notice)
        if self.quiet:
            return
        alone = len(self.songs) == 1
        if alone:
            shown = heard.presentation
            print(tab.write(heard.tab, shown.vocabulary, shown.style, heard.doubts), end="", flush=True)
        summary = "no drums were heard"
        if len(heard.hits):
            summary = f"{counted(len(heard.hits), 'hit')} in {counted(len(heard.tab.bars), 'bar')}"
        line = f"{song}: {summary} -> {', '.join(map(str, files))}"
        print(line, file=sys.stderr if alone else sys.stdout, flush=True)
        if hint := _hint(song, heard):
            notice(hint)


def _hint(song: Path, heard: Transcription) -> str:
    """What a user should know of a song in which no drums were heard, or hardly any for sure; "" of any other."""
    n_hits, n_doubtful = len(heard.hits), int((heard.hits.confidence < UNSURE).sum())
    if n_doubtful > DUBIOUS * n_hits:
        return f"notice: {n_doubtful} of {counted(n_hits, 'hit')} are doubtful; {song} may hold few drums, or none"
    if n_hits or configs.SENSITIVITY >= HEARS_MORE:
        return ""
    return f"notice: if there are drums in {song}, --set SENSITIVITY={HEARS_MORE} may hear them"


class _Progress:
    """A bar over all songs, in seconds of audio, on stderr; it appears when the work has taken `PATIENCE` seconds."""

    def __init__(self, total: float, hidden: bool) -> None:
        self.total, self.hidden = total, hidden
        self.started = time.monotonic()
        self.bar: tqdm[NoReturn] | None = None

    def move(self, name: str, before: float, seconds: float) -> None:
        """The song `name`, which follows `before` seconds of others, is done up to `seconds`."""
        if self.bar is None and not self.hidden and time.monotonic() - self.started > PATIENCE:
            from tqdm import tqdm

            at = self._capped(before + seconds)
            self.bar = tqdm(total=self.total or None, unit="s", unit_scale=True, leave=False, desc=name, initial=at)
        elif self.bar is not None:
            self.bar.set_description(name, refresh=False)
            self.bar.update(self._capped(before + seconds) - self.bar.n)

    def _capped(self, seconds: float) -> float:
        """Files may last a little longer than they say."""
        return min(seconds, self.total) if self.total else seconds

    def clear(self) -> None:
        """Make way for a line of text; the bar comes back when it moves."""
        if self.bar is not None:
            self.bar.clear()

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()


def _targets(songs: Sequence[Path]) -> dict[Path, Path]:
    """Where each song's files go, without their suffixes: under the song's name, and where another's would go there
    with its extension, else its folder's name before it, else a number behind it."""
    folders = {song: Path(configs.OUTPUT_DIR) if configs.OUTPUT_DIR else song.parent for song in songs}
    targets: dict[Path, Path] = {}
    left = list(songs)
    for named in _NAMES:
        targets |= {song: folders[song] / named(song) for song in left}
        times = Counter(targets.values())
        left = [song for song in left if times[targets[song]] > 1]
    taken = {target for song, target in targets.items() if song not in left}
    for song in left:
        name = targets[song].name
        names = (folders[song] / f"{name}{f'-{number}' if number else ''}" for number in (0, *range(2, len(songs) + 2)))
        targets[song] = next(target for target in names if target not in taken)
        taken.add(targets[song])
    return targets


_NAMES: tuple[Callable[[Path], str], ...] = (  # what a song's files may be called, from the plainest on
    lambda song: song.stem,
    lambda song: song.name,
    lambda song: f"{song.resolve().parent.name}-{song.stem}",
)


if __name__ == "__main__":
    sys.exit(main())
