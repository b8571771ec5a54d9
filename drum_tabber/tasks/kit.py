"""`python -m drum_tabber kit`: folders of one-shots, or a song, in; kits that samplers open out, one for each."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import AudioError, DrumTabberError, SettingError
from drum_tabber.oneshots import percussion
from drum_tabber.sound import audio
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from drum_tabber.oneshots.classifier import Verdicts

FORMATS = ("drumkv1", "hydrogen", "sfz", "drumgizmo", "decentsampler")
CUTS = "cuts"  # the folder of what is cut out of a song


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folders", nargs="*", type=Path, metavar="DIR", help="folders of one-shots, searched through")
    parser.add_argument("--from-song", type=Path, metavar="SONG", help="cut the one-shots out of a song")
    parser.add_argument(
        "--format", default="sfz,hydrogen", metavar="NAME,NAME", help=f"of {', '.join(FORMATS)} (default: sfz,hydrogen)"
    )
    parser.add_argument("--keys", choices=("8", "24", "36", "gm"), default="24", help="the map of keys (default: 24)")
    parser.add_argument("--out", type=Path, default=Path("kits"), metavar="DIR", help="where kits go (default: kits)")
    parser.add_argument("--randomise", type=int, metavar="SEED", help="vary the parameters of drumkv1's elements")
    parser.add_argument("--overwrite", action="store_true", help="write into a kit's folder that is there already")
    parser.add_argument("--model", metavar="DIR", help=f"the classifier (default: {configs.SAMPLES_BUNDLE})")


def run(args: argparse.Namespace) -> int:
    """Build the kits and say what is in them; the exit status is 1 where a file could not be read."""
    formats = [name.strip() for name in args.format.split(",") if name.strip()]
    for unknown in (name for name in formats if name not in FORMATS):
        raise SettingError(f"there is no kit format {unknown!r}; choose among {', '.join(FORMATS)}")
    if not args.folders and not args.from_song:
        raise SettingError("name folders of one-shots, or a song with --from-song")
    status = 0
    for folder in args.folders:
        paths = audio.find([folder])
        if not paths or not folder.is_dir():
            raise AudioError(f"{folder} is no folder with audio files; name one that holds one-shots")
        heard = _heard(paths, args.model)
        status |= bool(heard.failures)
        _build(heard, _place(args, folder.resolve().name), args, formats)
    if args.from_song:
        place = _place(args, args.from_song.stem)
        _build(_from_song(args.from_song, place, args.model), place, args, formats)
    return status


def _place(args: argparse.Namespace, name: str) -> Path:
    """The kit's folder. Raises DrumTabberError where it holds something that must not be overwritten."""
    folder = Path(args.out) / name
    if folder.exists() and any(folder.iterdir()) and not args.overwrite:
        raise DrumTabberError(f"{folder} is there already; choose another --out, or --overwrite it")
    return folder


def _heard(paths: list[Path], model: str | None) -> Verdicts:
    from drum_tabber.tasks import classify

    return classify.heard(paths, model)


def _build(heard: Verdicts, folder: Path, args: argparse.Namespace, formats: Iterable[str]) -> None:
    from drum_tabber.kits import sampler

    plan = sampler.planned(heard, sampler.KEY_MAPS[args.keys])
    if not plan:
        raise DrumTabberError(
            f"none of the {len(heard.paths)} sounds for {folder.name} is a percussion that a key wants"
        )
    kit = sampler.collected(plan, folder, folder.name)
    for name in formats:
        print(f"wrote {sampler.WRITERS[name](kit, args.randomise)}")
    layers = sum(len(voice.layers) for voice in kit.voices)
    named = ", ".join(dict.fromkeys(percussion.LABELS[voice.code] for voice in kit.voices))
    print(f"{folder.name}: {counted(len(kit.voices), 'key')}, {counted(layers, 'sample')}: {named}")


def _from_song(song: Path, folder: Path, model: str | None) -> Verdicts:
    """What is heard in the solitary strokes of a song; the transcriber's word counts beside the classifier's."""
    import numpy as np

    from drum_tabber.oneshots import cuts
    from drum_tabber.tasks import drums

    transcriber = drums.transcriber()
    hits = transcriber.transcribe(song).hits
    sound = audio.read(song)
    meant: dict[Path, str] = {}
    for number, cut in enumerate(cuts.cuts(hits, sound.samples, sound.sample_rate), 1):
        path = folder / CUTS / f"{cuts.NAMES.get(cut.drum, cut.drum)}_{number:03}.wav"
        audio.write(path, cut.samples, sound.sample_rate)
        meant[path] = cuts.CLASSES.get(cut.drum, "")
    if not meant:
        raise DrumTabberError(f"{song} has no drum stroke that sounds alone; give a song with sparser drums")
    print(f"cut {len(meant)} of {counted(len(hits), 'stroke')} out of {song} into {folder / CUTS}")
    heard = _heard(list(meant), model)
    prior = np.array([[1.0 if code == meant[path] else 0.25 for code in heard.classes] for path in heard.paths])
    weighed = (heard.probabilities + 0.05) * prior
    weighed /= weighed.sum(axis=1, keepdims=True)
    return replace(heard, probabilities=weighed.astype(np.float32), unknown=np.zeros_like(heard.unknown))
