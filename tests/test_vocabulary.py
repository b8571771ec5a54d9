"""The drum table: one row a drum, looked up from every side."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import configs
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)


def test_the_table_is_consistent() -> None:
    assert len(set(DRUMS.codes)) == len(DRUMS.drums)
    assert max(Counter(note for drum in DRUMS.drums for note in drum.notes).values()) == 1
    for drum in DRUMS.drums:
        assert drum.note in drum.notes, drum.code
        assert len(drum.symbols) == 3 and drum.symbols[0] != drum.symbols[1], drum.code
        assert "-" not in drum.symbols and "|" not in drum.symbols, drum.code
        assert drum.code == DRUMS.by_note[drum.note] == DRUMS.by_code[drum.code].code


def test_drums_that_share_a_row_have_symbols_of_their_own() -> None:
    for row, codes in DRUMS.rows.items():
        symbols = [DRUMS.by_code[code].symbols[0] for code in codes]
        assert len(set(symbols)) == len(symbols), row


def test_general_midi() -> None:
    known = {35: "BD", 36: "BD", 37: "SS", 38: "SD", 42: "HH", 44: "HP", 46: "HO", 49: "CC", 51: "RD", 53: "RB"}
    assert {note: DRUMS.by_note[note] for note in known} == known
    assert 60 not in DRUMS.by_note


def test_families_and_rows_hold_every_drum_once() -> None:
    assert DRUMS.families["hihat"] == ("HH", "HO", "HP")
    assert DRUMS.rows["SD"] == ("SD", "SS")
    for groups in (DRUMS.families, DRUMS.rows):
        assert sorted(code for codes in groups.values() for code in codes) == sorted(DRUMS.codes)


@pytest.mark.parametrize(("n_classes", "n_codes"), [(3, 6), (5, 14), (8, 14)])
def test_coarser_vocabularies(n_classes: int, n_codes: int) -> None:
    classes = DRUMS.classes(n_classes)
    assert (len(set(classes.values())), len(classes)) == (n_classes, n_codes)
    assert classes["HO"] == "hihat"


def test_a_tab_calls_a_drum_by_its_row_where_it_has_that_to_itself() -> None:
    assert {code: DRUMS.label(code) for code in ("BD", "HP", "HH", "HO", "SS")} == {
        "BD": "BD", "HP": "HF", "HH": "HH", "HO": "HO", "SS": "SS",
    }  # fmt: skip


def test_there_are_no_four_classes() -> None:
    with pytest.raises(ValueError, match="no vocabulary of 4 classes; there are 3, 5 and 8"):
        DRUMS.classes(4)


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({}, {}),
        ({"hihat_classes": 2}, {"HP": "HH"}),
        ({"hihat_classes": 1}, {"HP": "HH", "HO": "HH"}),
        ({"cymbal_classes": 2}, {"SC": "CC", "CH": "CC", "RB": "RD"}),
        ({"cymbal_classes": 1}, {"SC": "CC", "CH": "CC", "RB": "CC", "RD": "CC"}),
        ({"bells": False}, {"RB": "RD"}),
        ({"cymbal_classes": 1, "bells": False}, {"SC": "CC", "CH": "CC", "RB": "CC", "RD": "CC"}),
        ({"toms_separate": False}, {"HT": "MT", "LT": "MT"}),
    ],
)
def test_merging(options: dict[str, Any], changed: dict[str, str]) -> None:
    merged = DRUMS.merged(**options)
    assert {code: target for code, target in merged.items() if code != target} == changed
    assert all(merged[target] == target for target in merged.values())
