"""Names, notations and relations of keys, held against their definitions and mir_eval."""

from __future__ import annotations

from pathlib import Path

import mir_eval
import pytest

from drum_tabber.errors import CorpusError
from drum_tabber.key import keys
from drum_tabber.key.keys import KEYS, NAMES, Key, Span


def test_the_order_is_that_of_the_precursors_folders() -> None:
    assert len(set(KEYS)) == 24
    assert list(NAMES) == sorted(NAMES)
    assert NAMES[:7] == ("A-maj", "A-min", "Ab-maj", "Ab-min", "B-maj", "B-min", "Bb-maj")
    assert [key.index for key in KEYS] == list(range(24))


@pytest.mark.parametrize(
    ("text", "name", "camelot", "open_key", "tag"),
    [
        ("C:maj", "C major", "8B", "1d", "C"),
        ("A minor", "A minor", "8A", "1m", "Am"),
        ("Gb minor", "F# minor", "11A", "4m", "F#m"),
        ("Db-maj", "Db major", "3B", "8d", "Db"),
        ("eb m", "Eb minor", "2A", "7m", "Ebm"),
        ("g sharp minor", "G# minor", "1A", "6m", "G#m"),
        ("F#", "Gb major", "2B", "7d", "Gb"),
        ("B", "B major", "1B", "6d", "B"),
        ("Bm", "B minor", "10A", "3m", "Bm"),
    ],
)
def test_spellings_and_notations(text: str, name: str, camelot: str, open_key: str, tag: str) -> None:
    key = keys.parse(text)
    assert (str(key), key.camelot, key.open_key, key.tag) == (name, camelot, open_key, tag)
    assert keys.parse(camelot) == keys.parse(open_key) == keys.parse(key.folder) == keys.parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "H major", "C dorian", "13A", "C/G"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        keys.parse(text)


def test_every_pair_scores_as_mir_eval_counts_it() -> None:
    for reference in KEYS:
        for estimate in KEYS:
            names = (str(reference), str(estimate))
            assert keys.weighted_score([reference], [estimate]) == mir_eval.key.weighted_score(*names), names


def test_scores_are_means() -> None:
    c, g, a_minor = Key(0, "maj"), Key(7, "maj"), Key(9, "min")
    assert keys.weighted_score([c, c, c, c], [c, g, a_minor, Key(5, "maj")]) == pytest.approx((1 + 0.5 + 0.3) / 4)
    assert keys.accuracy([c, c, c, c], [c, g, a_minor, c]) == 0.5


def test_twelve_semitones_lead_back() -> None:
    assert all(key.transposed(5).transposed(7) == key != key.transposed(5) for key in KEYS)


def test_keys_over_time(tmp_path: Path) -> None:
    path = tmp_path / "key_audio.txt"
    path.write_text("2.5\t100\tGb:maj\n100\t130.5\tG:maj\n130.5\t150\tGb:maj\n")
    spans = keys.read_spans(path)
    assert spans[1] == Span(100.0, 130.5, Key(7, "maj"))
    assert keys.longest(spans) == Key(6, "maj")
    path.write_text("2.5\tC:maj\n")
    with pytest.raises(CorpusError, match="start, end and key"):
        keys.read_spans(path)
