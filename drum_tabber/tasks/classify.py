"""`python -m drum_tabber classify`: which percussion each one-shot is; printed, written as CSV, sorted into folders."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import AudioError, DrumTabberError, SettingError
from drum_tabber.files import output_file, output_folder, replacing, spare
from drum_tabber.oneshots import percussion
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from drum_tabber.oneshots.classifier import Verdicts

Row = list[str | float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes, and what its answers mean."""
    classes = "; ".join(f"{code} {label}" for code, label in percussion.LABELS.items() if code != label)
    parser.epilog = f"the classes: {classes}. {percussion.UNKNOWN}: none of them."
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("-l", "--list", metavar="FILE,FILE", help="files, separated by commas")
    chosen.add_argument("-d", "--dir", type=Path, metavar="DIR", help="a folder of files")
    parser.add_argument("--recursive", action="store_true", help="the folder's folders too")
    parser.add_argument("-o", "--out", type=output_file, metavar="FILE", help="write a CSV file instead of printing")
    parser.add_argument(
        "-t",
        "--type",
        choices=WRITERS,
        default="label",
        help="label: the class (default); rank: all classes, the likeliest first; prob: how likely each is; mat: the "
        "same as bare numbers",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="also say how sure each answer is")
    parser.add_argument(
        "--sort", type=output_folder, metavar="DIR", help="put each file into a folder named by its class here"
    )
    parser.add_argument("--link", action="store_true", help="with --sort: links instead of copies")
    parser.add_argument("--model", metavar="DIR", help=f"the classifier (default: {configs.SAMPLES_BUNDLE})")


def run(args: argparse.Namespace) -> int:
    """Class the files; the exit status is 1 where one could not be read."""
    if args.link and not args.sort:
        raise SettingError("--link needs --sort DIR, the folder to put the links in")
    files = chosen_files(args)
    spare([args.out], files)
    verdicts = heard(files, args.model)
    if not verdicts.paths:
        raise AudioError("none of these files can be read, so there is nothing to class")
    if args.verbose:
        for row, (path, label) in enumerate(zip(verdicts.paths, verdicts.labels, strict=True)):
            sure, unknown = float(verdicts.probabilities[row].max()), float(verdicts.unknown[row])
            print(f"{path}: {percussion.LABELS.get(label, label)} ({sure:.2f}, unknown {unknown:.2f})", file=sys.stderr)
    text = WRITERS[args.type](verdicts, bool(args.out))
    if args.out:
        with replacing(args.out) as part:
            part.write_text(text, encoding="utf-8", newline="")
        print(f"wrote {args.out}: {counted(len(verdicts.paths), 'file')}")
    else:
        print(text, end="")
    if args.sort:
        print(f"sorted {counted(_sort(verdicts, args.sort, args.link), 'file')} into {args.sort}")
    return 1 if verdicts.failures else 0


def chosen_files(args: argparse.Namespace) -> list[Path]:
    """The files that the arguments name. Raises AudioError where there are none."""
    from drum_tabber.sound import audio

    if args.list:
        return [Path(name.strip()) for name in args.list.split(",") if name.strip()]
    if not args.dir.is_dir():
        raise AudioError(f"{args.dir} is not a folder; name one, or files with -l")
    found = [path for path in audio.find([args.dir]) if args.recursive or path.parent == args.dir]
    if not found:
        raise AudioError(f"{args.dir} holds no audio files; add --recursive to search its folders too")
    return found


def heard(paths: list[Path], model: str | None) -> Verdicts:
    """What is heard in the files, under a progress bar; those that can't be read are said on stderr."""
    from tqdm import tqdm

    from drum_tabber.tasks import samples

    classifier = samples.classifier(model)
    with tqdm(total=len(paths), desc="listening", unit="file", delay=1, leave=False) as bar:
        verdicts = classifier.classify(paths, bar.update)
    for failure in verdicts.failures.values():
        print(f"error: {failure}", file=sys.stderr)
    return verdicts


def _labels(verdicts: Verdicts, as_csv: bool) -> str:
    """A dictionary of path and class as the precursor prints it; rows without a header in a file."""
    pairs = [(str(path), label) for path, label in zip(verdicts.paths, verdicts.labels, strict=True)]
    return _csv(pairs) if as_csv else _dictionary(dict(pairs))


def _ranks(verdicts: Verdicts, as_csv: bool) -> str:
    ranks = {str(path): verdicts.ranked(row) for row, path in enumerate(verdicts.paths)}
    return _csv([[path, *ranked] for path, ranked in ranks.items()]) if as_csv else _dictionary(ranks)


def _probabilities(verdicts: Verdicts, as_csv: bool) -> str:
    """A dictionary of dictionaries; with a header in a file. The score of "unknown" is no part of the sum of 1."""
    names = [*verdicts.classes, percussion.UNKNOWN]
    rows = {str(path): _figures(verdicts, row) for row, path in enumerate(verdicts.paths)}
    if as_csv:
        return _csv([["file", *names], *([path, *figures] for path, figures in rows.items())])
    return _dictionary({path: dict(zip(names, figures, strict=True)) for path, figures in rows.items()})


def _matrix(verdicts: Verdicts, as_csv: bool) -> str:
    """A row of bare probabilities for each file, in the order of the classes."""
    rows: list[Row] = [_figures(verdicts, row)[:-1] for row in range(len(verdicts.paths))]
    return _csv(rows)


def _figures(verdicts: Verdicts, row: int) -> Row:
    return [round(float(value), 6) for value in (*verdicts.probabilities[row], verdicts.unknown[row])]


def _dictionary(entries: Mapping[str, object]) -> str:
    """An entry a line, as JSON, which Python reads too; what a terminal can't show of a path is escaped."""
    lines = [
        f"  {json.dumps(path, ensure_ascii=not path.isprintable())}: {json.dumps(said)}"
        for path, said in entries.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _sort(verdicts: Verdicts, folder: Path, link: bool) -> int:
    """Copy or link each file into a folder named by its class; nothing there is overwritten."""
    for path, label in zip(verdicts.paths, verdicts.labels, strict=True):
        target = folder / label / path.name
        for number in range(2, 1000):
            if not target.exists() or target.samefile(path):
                break
            target = target.with_name(f"{path.stem}_{number}{path.suffix}")
        if target.exists():
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if link:
                os.symlink(path.resolve(), target)
            else:
                with replacing(target) as part:
                    shutil.copyfile(path, part)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DrumTabberError(f"can't write {target}: {reason}; choose another folder for --sort") from error
    return len(verdicts.paths)


WRITERS: dict[str, Callable[[Verdicts, bool], str]] = {
    "label": _labels,
    "rank": _ranks,
    "prob": _probabilities,
    "mat": _matrix,
}
