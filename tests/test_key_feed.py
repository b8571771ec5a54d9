"""Spectrograms made ahead: what is kept comes back, in arrays and in images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.key import feed
from drum_tabber.key.corpus import UNKNOWN, Labelled
from drum_tabber.key.feed import Feed
from drum_tabber.key.keys import parse

F_MINOR, C = parse("F minor").index, parse("C").index


def piece() -> Labelled:
    magnitude = np.random.default_rng(0).gamma(0.5, 3.0, (9, 20)).astype(np.float32)  # beyond 1, most of it small
    return Labelled(magnitude, np.array([UNKNOWN, C, C, *[F_MINOR] * 5, UNKNOWN]))


@pytest.mark.parametrize(("kind", "n_made"), [("audio", 2), ("spectrograms", 1), ("images", 1)])
def test_what_is_kept_is_not_made_again(tmp_path: Path, kind: Feed, n_made: int) -> None:
    made: list[int] = []

    def make() -> Labelled:
        made.append(1)
        return piece()

    first, again = (feed.fed(kind, tmp_path, "song", make) for _ in range(2))
    assert len(made) == n_made
    np.testing.assert_array_equal(first.magnitude, again.magnitude)
    np.testing.assert_array_equal(first.key, again.key)
    if kind != "images":
        np.testing.assert_array_equal(first.magnitude, piece().magnitude)
        np.testing.assert_array_equal(first.key, piece().key)


def test_an_image_clips_nothing_and_has_one_key(tmp_path: Path) -> None:
    path = feed.write_image(tmp_path, "song", piece())
    assert path == tmp_path / "F-min" / "song.png" and path.read_bytes().startswith(b"\x89PNG")
    back, wanted = feed.read_image(path), piece().magnitude[3:8]
    assert back.key.tolist() == [F_MINOR] * 5
    np.testing.assert_allclose(back.magnitude, wanted / wanted.max(), atol=1 / 65535)


def test_a_folder_of_images_trains(tmp_path: Path) -> None:
    feed.write_image(tmp_path, "song", piece())
    (back,) = feed.images(tmp_path, 20)
    assert back.magnitude.shape == (5, 20)
    with pytest.raises(CorpusError, match=r"song.png is 20 bins high, and 144 are needed"):
        list(feed.images(tmp_path, 144))
    with pytest.raises(CorpusError, match="holds no spectrograms"):
        list(feed.images(tmp_path / "F-min", 20))


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "F-min").mkdir()
    (tmp_path / "F-min" / "song.png").write_bytes(b"nothing")
    (tmp_path / "other").mkdir()
    feed.write_image(tmp_path, "real", piece()).rename(tmp_path / "other" / "real.png")
    for path in (tmp_path / "F-min" / "song.png", tmp_path / "other" / "real.png"):
        with pytest.raises(CorpusError, match=f"{path.name} is no spectrogram in a folder named like a key"):
            feed.read_image(path)
    with pytest.raises(CorpusError, match="without a key"):
        feed.write_image(tmp_path, "x", Labelled(piece().magnitude, np.full(9, UNKNOWN)))
