"""`python -m drum_tabber map`: one-shots laid out by how they sound, as a picture and as a page to click and hear.

Sounds are placed by the first two principal components of what the classifier makes of them. The page holds the first
second and a half of every sound, so it needs nothing beside it.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import configs
from drum_tabber.errors import AudioError
from drum_tabber.files import output_file, replacing, spare
from drum_tabber.oneshots import percussion
from drum_tabber.sound import audio

if TYPE_CHECKING:
    from drum_tabber.oneshots.classifier import Verdicts

HEARD_SECONDS, HEARD_RATE = 1.5, 22050  # of each sound, in the page
GOLDEN = (5**0.5 - 1) / 2  # of the colour wheel between one class and the next
TEMPLATE = Path(__file__).with_name("map.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder of one-shots, searched through")
    parser.add_argument(
        "--out", type=output_file, metavar="FILE", help="the page; the picture goes beside it (DIR/map.html)"
    )
    parser.add_argument("--model", metavar="DIR", help=f"the classifier (default: {configs.SAMPLES_BUNDLE})")


def run(args: argparse.Namespace) -> int:
    """Write the picture and the page; the exit status is 1 where a file could not be read."""
    from drum_tabber.tasks import classify

    paths = audio.find([args.folder])
    if not args.folder.is_dir() or not paths:
        raise AudioError(f"{args.folder} is no folder with audio files; name one that holds one-shots")
    out = args.out or args.folder / "map.html"
    out = out if out.suffix else out.with_suffix(".html")  # a browser opens no page without
    spare([out, out.with_suffix(".png")], paths)
    heard = classify.heard(paths, args.model)
    if not heard.paths:
        raise AudioError(f"none of the audio files in {args.folder} can be read, so there is no map to draw")
    places = laid_out(heard.latent)
    colours = _colours(heard.labels)
    _draw(heard, places, colours, out.with_suffix(".png"), args.folder)
    page = TEMPLATE.read_text(encoding="utf-8")
    said = json.dumps(list(_points(heard, places, args.folder)), ensure_ascii=False).replace("</", "<\\/")
    page = page.replace("__TITLE__", _escaped(args.folder.resolve().name)).replace("__COLOURS__", json.dumps(colours))
    with replacing(out) as part:
        part.write_text(page.replace("__POINTS__", said), encoding="utf-8")
    print(f"wrote {out} and {out.with_suffix('.png').name}: {len(heard.paths)} sounds")
    return 1 if heard.failures else 0


def laid_out(latent: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places (sounds, 2) from 0 to 1: the first two principal components, each with its largest weight positive."""
    if not len(latent):
        return np.zeros((0, 2))
    centred = latent.astype(np.float64) - latent.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    chosen = np.zeros((2, latent.shape[1]))
    chosen[: min(2, len(axes))] = axes[:2]
    signs = np.sign(chosen[np.arange(2), np.abs(chosen).argmax(axis=1)])
    places = centred @ (chosen * np.where(signs == 0, 1, signs)[:, None]).T
    low, high = places.min(axis=0), places.max(axis=0)
    return (places - low) / np.where(high > low, high - low, 1.0)


def _points(heard: Verdicts, places: NDArray[np.float64], folder: Path) -> Iterator[dict[str, Any]]:
    from tqdm import tqdm

    rows = zip(heard.paths, heard.labels, places.tolist(), strict=True)
    for path, label, (x, y) in tqdm(rows, total=len(heard.paths), desc="the page", delay=1, leave=False):
        name = path.relative_to(folder).as_posix()
        place = {"x": round(x, 4), "y": round(y, 4)}
        yield {
            "name": name,
            "label": label,
            "words": percussion.LABELS.get(label, label),
            **place,
            "sound": _sound(path),
        }


def _sound(path: Path) -> str:
    """The beginning of a file as Ogg Vorbis in base 64."""
    import soundfile

    wave = next(audio.stream(path, HEARD_RATE, HEARD_SECONDS), np.zeros(1, np.float32))
    file = io.BytesIO()
    soundfile.write(file, wave, HEARD_RATE, format="OGG", subtype="VORBIS")
    return base64.b64encode(file.getvalue()).decode()


def _colours(labels: list[str]) -> dict[str, str]:
    """A colour for each class that is there, the unknown grey: hues far apart, seen on white and on black."""
    from colorsys import hls_to_rgb

    from matplotlib import colors

    names = sorted(set(labels) - {percussion.UNKNOWN})
    shades = [hls_to_rgb(number * GOLDEN % 1, 0.45 + 0.2 * (number % 2), 0.75) for number in range(len(names))]
    return {percussion.UNKNOWN: "#888888"} | {name: colors.to_hex(c) for name, c in zip(names, shades, strict=True)}


def _draw(heard: Verdicts, places: NDArray[np.float64], colours: dict[str, str], path: Path, folder: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots()
    labels = np.array(heard.labels)
    for label in dict.fromkeys(sorted(heard.labels)):
        here = labels == label
        axes.scatter(
            places[here, 0], places[here, 1], s=18, color=colours[label], label=percussion.LABELS.get(label, label)
        )
    axes.set(title=folder.resolve().name, xticks=[], yticks=[])
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7, frameon=False)
    with replacing(path) as part:
        figure.savefig(part, dpi=120)


def _escaped(text: str) -> str:
    import html

    return html.escape(text)
