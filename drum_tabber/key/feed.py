"""How training is fed with spectrograms: heard anew each time, or made ahead, as arrays or as images.

Images are PNGs of 16 bits, the lowest bin at the bottom, in folders that are named like keys, `Bb-min/<name>.png`, as
the precursor kept its own. The loudest cell of a piece is white, so nothing is clipped; how loud that was is lost,
which no network here hears. An image has one key, so of a piece with several the longest stretch in one is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
import tensorflow as tf

from drum_tabber.errors import CorpusError
from drum_tabber.files import replacing
from drum_tabber.key import keys
from drum_tabber.key.corpus import UNKNOWN, Labelled

Feed = Literal["audio", "spectrograms", "images"]
_WHITE = 65535


def fed(feed: Feed, folder: Path, name: str, make: Callable[[], Labelled]) -> Labelled:
    """The piece of this name, by `make`; but for "audio", it is kept in the folder and read from there next time."""
    if feed == "audio":
        return make()
    if feed == "images":
        kept = sorted((folder / "images").glob(f"*/{name}.png"))
        return read_image(kept[0] if kept else write_image(folder / "images", name, make()))
    path = folder / f"{name}.npz"
    if not path.exists():
        piece = make()
        with replacing(path) as part:
            np.savez(part, magnitude=piece.magnitude, key=piece.key)
    with np.load(path) as held:
        return Labelled(held["magnitude"], held["key"])


def images(folder: Path, n_bins: int) -> Iterator[Labelled]:
    """The pieces in a folder of images that somebody made ahead. Raises CorpusError where there are none of use."""
    paths = sorted(folder.glob("*/*.png"))
    if not paths:
        raise CorpusError(f"{folder} holds no spectrograms; images are named like Bb-min/song.png")
    for path in paths:
        piece = read_image(path)
        if piece.magnitude.shape[1] != n_bins:
            high = piece.magnitude.shape[1]
            raise CorpusError(f"{path} is {high} bins high, and {n_bins} are needed; make it anew with KEY_FEED=images")
        yield piece


def write_image(folder: Path, name: str, piece: Labelled) -> Path:
    """Write a piece as an image below the folder; the file's path. Raises CorpusError where no key of it is known."""
    start, end, key = _longest(piece)
    magnitude = piece.magnitude[start:end]
    cells = np.round(magnitude / max(float(magnitude.max()), 1e-9) * _WHITE).astype(np.uint16)
    path = folder / keys.NAMES[key] / f"{name}.png"
    with replacing(path) as part:
        part.write_bytes(tf.io.encode_png(cells.T[::-1, :, None]).numpy())
    return path


def read_image(path: Path) -> Labelled:
    """The piece in an image, in the key of its folder. Raises CorpusError for what is none."""
    try:
        key = keys.parse(path.parent.name).index
        cells = tf.io.decode_png(path.read_bytes(), channels=1, dtype=tf.uint16).numpy()[::-1, :, 0].T
    except (OSError, ValueError, tf.errors.InvalidArgumentError) as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(f"{path} is no spectrogram in a folder named like a key ({reason}); leave it out") from error
    return Labelled(cells.astype(np.float32) / _WHITE, np.full(len(cells), key))


def _longest(piece: Labelled) -> tuple[int, int, int]:
    """Where the longest stretch in one key begins and ends, and the key."""
    found: list[tuple[int, int, int]] = []
    start = 0
    for key, steps in groupby(piece.key.tolist()):
        end = start + len(list(steps))
        found += [(start, end, key)] if key != UNKNOWN else []
        start = end
    if not found:
        raise CorpusError("a piece without a key can't be kept as an image; use KEY_FEED=spectrograms")
    return max(found, key=lambda one: one[1] - one[0])
