"""`python -m drum_tabber kit`: folders of one-shots, or a song, in; kits that samplers open out, one for each."""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import AudioError, DrumTabberError, SettingError
from drum_tabber.files import output_folder, replacing
from drum_tabber.sound import audio
from drum_tabber.wording import counted, meant

if TYPE_CHECKING:
    from drum_tabber.kits.sampler import Plan

FORMATS = ("drumkv1", "hydrogen", "sfz", "drumgizmo", "decentsampler")
LEFT_OUT = "left_out.csv"  # the file that names what plays nowhere, in a kit's folder
NAMED = 4  # files named for each reason when printed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folders", nargs="*", type=Path, metavar="DIR", help="folders of one-shots, searched through")
    parser.add_argument(
        "--only", type=Path, metavar="FILE", help="a list of names in the folders, a line each, such as a map saves"
    )
    parser.add_argument("--from-song", type=Path, metavar="SONG", help="cut the one-shots out of a song")
    parser.add_argument(
        "--format", default="sfz,hydrogen", metavar="NAME,NAME", help=f"of {', '.join(FORMATS)} (default: sfz,hydrogen)"
    )
    parser.add_argument(
        "--keys",
        choices=("8", "24", "36", "gm"),
        help="how many keys the map has, or General MIDI's (default: 24; a song's own MIDI notes)",
    )
    parser.add_argument(
        "--out", type=output_folder, default=Path("kits"), metavar="DIR", help="where kits go (default: kits)"
    )
    parser.add_argument("--randomise", type=int, metavar="SEED", help="vary the parameters of drumkv1's elements")
    parser.add_argument("--overwrite", action="store_true", help="write into a kit's folder that is there already")
    parser.add_argument("--model", metavar="DIR", help=f"the classifier (default: {configs.SAMPLES_BUNDLE})")


def run(args: argparse.Namespace) -> int:
    """Build the kits and say what is in them; the exit status is 1 where a file could not be read."""
    formats = [name.strip() for name in args.format.split(",") if name.strip()]
    for unknown in (name for name in formats if name not in FORMATS):
        hint = meant(unknown, FORMATS) or f"; choose among {', '.join(FORMATS)}"
        raise SettingError(f"there is no kit format {unknown!r}{hint}")
    if not args.folders and not args.from_song:
        raise SettingError("name folders of one-shots, or a song with --from-song")
    from drum_tabber.kits import sampler
    from drum_tabber.tasks import classify, song_kit

    status = 0
    for folder in args.folders:
        paths = _wanted(folder, args.only)
        place = _place(args, folder.resolve().name)
        heard = classify.heard(paths, args.model)
        if not heard.paths:
            raise AudioError(f"none of the audio files in {folder} can be read, so there is no kit to build")
        status |= bool(heard.failures)
        _build(sampler.planned(heard, sampler.KEY_MAPS[args.keys or "24"]), place, args, formats)
    if args.from_song:
        place = _place(args, args.from_song.stem)
        with tempfile.TemporaryDirectory() as cut:
            _build(song_kit.planned(args.from_song, Path(cut), args.keys, args.model), place, args, formats)
    return status


def _wanted(folder: Path, only: Path | None) -> list[Path]:
    """The audio files of a folder, or those of them that a list names. Raises AudioError where there are none."""
    paths = audio.find([folder])
    if not paths or not folder.is_dir():
        raise AudioError(f"{folder} is no folder with audio files; name one that holds one-shots")
    if only is None:
        return paths
    try:
        named = {line.strip() for line in only.read_text(encoding="utf-8").splitlines()}
    except (OSError, UnicodeDecodeError) as error:
        raise DrumTabberError(f"can't read the list {only}; save it anew from a map") from error
    chosen = [path for path in paths if path.relative_to(folder).as_posix() in named]
    if not chosen:
        raise AudioError(f"{only} names no file of {folder}; give the folder that the map was made of")
    return chosen


def _place(args: argparse.Namespace, name: str) -> Path:
    """The kit's folder. Raises DrumTabberError where it holds something that must not be overwritten."""
    folder = Path(args.out) / name
    if folder.exists() and any(folder.iterdir()) and not args.overwrite:
        raise DrumTabberError(f"{folder} is there already; choose another --out, or --overwrite it")
    return folder


def _build(plan: Plan, folder: Path, args: argparse.Namespace, formats: Iterable[str]) -> None:
    from drum_tabber.kits import sampler

    if not plan.keys:
        raise DrumTabberError(
            f"none of the {len(plan.left_out)} sounds for {folder.name} is a percussion that a key wants; choose "
            "another map with --keys"
        )
    kit = sampler.collected(plan.keys, folder, folder.name)
    for name in formats:
        print(f"wrote {sampler.WRITERS[name](kit, args.randomise)}")
    layers = sum(len(voice.layers) for voice in kit.voices)
    named = ", ".join(dict.fromkeys(one.name for one in plan.keys))
    print(f"{folder.name}: {counted(len(kit.voices), 'key')}, {counted(layers, 'sample')}: {named}")
    _tell_left_out(plan.left_out, folder / LEFT_OUT)


def _tell_left_out(left_out: Mapping[Path, str], table: Path) -> None:
    """Print how many samples play nowhere for each reason, and write which; no table where there are none."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for path, reason in left_out.items():
        reasons[reason].append(path.name)
    for reason, names in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        print(f"left out {len(names)}, {reason}: {', '.join(names[:NAMED])}{more}")
    if left_out:
        text = io.StringIO()
        rows = [[str(path), reason] for path, reason in left_out.items()]
        csv.writer(text, lineterminator="\n").writerows([["file", "reason"], *rows])
        with replacing(table) as part:
            part.write_text(text.getvalue(), encoding="utf-8")
    elif table.exists():
        table.unlink()
