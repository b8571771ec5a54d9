"""The model card: blocks are replaced where they stand, and prose stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import configs
from drum_tabber.events import Hits
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.sound.features import FeatureSpec
from drum_tabber.tasks import model_card
from drum_tabber.tasks.figures import Judged, measure
from drum_tabber.vocabulary import Vocabulary

TABLE = Vocabulary.of(configs.DRUMS)
BUNDLE = Bundle(
    Path("model"),
    FeatureSpec(),
    TargetSpec(TABLE.codes, 100.0),
    {"kind": "crnn"},
    5,
    (),
    Decoding((), {}, {}),
    facts={
        "data": ["Groove, CC BY"],
        "settings": {"EPOCHS": 7, "CORPORA": ["groove:/elsewhere/groove*2"], "DATA_DIR": "/elsewhere"},
        "cost": "two hours",
    },
)


def test_a_card_is_made_and_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    model_card.write(path, BUNDLE, {"mdb/drums": "alpha"}, "abc")
    text = path.read_text()
    assert "- Groove, CC BY" in text and "--set 'EPOCHS=7'" in text and "Cost: two hours." in text
    assert "--set 'CORPORA=groove:groove*2'" in text and "/elsewhere" not in text
    assert text.index("alpha") < text.index("## Limits")
    path.write_text(text.replace("## Limits\n", "## Limits\n\nSomebody's prose.\n"))
    model_card.write(path, replace(BUNDLE, facts={}), {"mdb/mix": "beta", "mdb/drums": "gamma"}, "abc")
    text = path.read_text()
    assert "Somebody's prose." in text and "alpha" not in text and "Groove" not in text
    assert text.index("gamma") < text.index("beta") < text.index("## Limits")


def test_a_block_that_is_not_measured_again_stays(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    model_card.write(path, BUNDLE, {"mdb/drums": "old figures", "mdb/mix": "others"}, "abc")
    model_card.write(path, BUNDLE, {"mdb/mix": "new ones"}, "def")
    assert "old figures" in path.read_text() and "others" not in path.read_text()


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    for _ in range(2):
        model_card.write(path, BUNDLE, {"mdb/drums": "figures\\1 with a backslash"}, "abc")
        first = path.read_text()
    assert path.read_text() == first


@pytest.mark.parametrize(("n_pieces", "beside"), [(7, True), (6, False)])
def test_adtof_stands_beside_the_recordings_that_it_was_measured_on(n_pieces: int, beside: bool) -> None:
    hits = Hits.of([1.0, 2.0], ["BD", "SD"])
    pieces = [Judged(str(i), hits, hits, tuple((c,) for c in TABLE.codes), False, 60.0) for i in range(n_pieces)]
    text = model_card.block("mdb/drums", measure(pieces, TABLE), "abc")
    assert "| all | 1.000 | 1.000 | 1.000 (1.000 to 1.000) | +0.0 ms |" in text
    assert f"tom: 0 invented in {n_pieces}.0 min of pieces without any" in text and "for the weights `abc`" in text
    assert ("| ADTOF, all | | | 0.941 | | | | 0.845 |" in text) == ("(ADTOF: 25)" in text) == beside


def test_music_without_drums() -> None:
    assert "1.50 hits a minute invented; 2 of 3 pieces left empty" in model_card.drumless_block(3, 2.0, 3, 2, "abc")
