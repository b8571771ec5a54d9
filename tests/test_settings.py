"""Settings: what may be written, what is refused and in which words, and who overrules whom."""

from __future__ import annotations

import json
import types
from pathlib import Path
from typing import Any

import pytest

import configs
from drum_tabber import settings
from drum_tabber.errors import SettingError

SOURCE = Path(configs.__file__).read_text(encoding="utf-8")


@pytest.fixture
def page() -> types.ModuleType:
    """A copy of the settings page to write on, with a dictionary besides."""
    copy = types.ModuleType("page")
    exec(SOURCE + "\nFOLDERS: dict[str, int] = {}\nlower: int = 1\n", copy.__dict__)
    return copy


def test_the_page_passes_its_own_checks(page: types.ModuleType) -> None:
    settings.check(page)


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("SENSITIVITY=0.7", 0.7),
        ("SENSITIVITY = 1", 1.0),
        ("N_MELS=80", 80),
        ("MODEL=crnn", "crnn"),
        ("HIHAT_CLASSES=2", 2),
        ("CYMBAL_CLASSES=-1", -1),
        ("RUN_NAME=3", "3"),
        ("OUTPUT_DIR=", ""),
        ("TABS_DIR=a=b", "a=b"),
        ("KEEP_BELLS=false", False),
        ("KEEP_BELLS=No", False),
        ("KEEP_BELLS=1", True),
        ("OUTPUT_FORMATS=tab, json", ["tab", "json"]),
        ("OUTPUT_FORMATS=['tab', 'json']", ["tab", "json"]),
        ("OUTPUT_FORMATS=", []),
        ("PRETRAIN_MASKS=time, noise", ["time", "noise"]),
        ("METERS=[3, 5]", [3, 5]),
        ("METERS=3,5", [3, 5]),
        ("METERS=3", [3]),
        ("GAIN_DB=(-3, 3.5)", (-3, 3.5)),
        ("GAIN_DB=[-3, 3.5]", (-3, 3.5)),
        ("GAIN_DB=-3,3.5", (-3, 3.5)),
        ("FOLDERS={'a': 1}", {"a": 1}),
    ],
)
def test_what_is_written_is_what_is_set(page: types.ModuleType, assignment: str, value: Any) -> None:
    settings.override(page, [assignment])
    found = getattr(page, assignment.partition("=")[0].strip())
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("SENSITIVTY=1", "there is no setting SENSITIVTY; did you mean SENSITIVITY?"),
        ("sensitivity=1", "there is no setting sensitivity; did you mean SENSITIVITY?"),
        ("QQQQ=1", "there is no setting QQQQ; configs.py lists them all"),
        ("lower=1", "there is no setting lower"),
        ("SENSITIVITY", "--set needs NAME=VALUE, not 'SENSITIVITY'"),
        ("SENSITIVITY=much", "SENSITIVITY must be a number, not 'much'"),
        ("SENSITIVITY=True", "SENSITIVITY must be a number, not 'True'"),
        ("SENSITIVITY=1.5", "SENSITIVITY must be between 0 and 1, not 1.5"),
        ("P_ROOM=-0.1", "P_ROOM must be between 0 and 1, not -0.1"),
        ("CODEC_SHARE=2", "CODEC_SHARE must be between 0 and 1, not 2"),
        ("COPIES_A_TAKE=0", "COPIES_A_TAKE must be greater than 0, not 0"),
        ("N_MELS=80.5", "N_MELS must be a whole number, not '80.5'"),
        ("N_MELS=0", "N_MELS must be greater than 0, not 0"),
        ("KEEP_BELLS=maybe", "KEEP_BELLS must be true or false, not 'maybe'"),
        ("MODEL=rnn", "MODEL must be one of conv_attention, crnn, tst, context_cnn, timefreq_cnn, not 'rnn'"),
        ("HIHAT_CLASSES=4", "HIHAT_CLASSES must be one of 1, 2, 3, not '4'"),
        ("GAIN_DB=1", "GAIN_DB must be 2 values such as (float, float), not '1'"),
        ("GAIN_DB=(1, 2, 3)", "GAIN_DB must be 2 values such as (float, float), not '(1, 2, 3)'"),
        ("GAIN_DB=(3, -3)", "GAIN_DB must run from low to high, not (3, -3)"),
        ("METERS=three", "METERS must be whole numbers such as 3,4, not 'three'"),
        ("METERS=3/4", "METERS must be whole numbers such as 3,4, not '3/4'; beats alone are named: METERS=3"),
        (
            "METERS=6/8,5/4",
            "METERS must be whole numbers such as 3,4, not '6/8,5/4'; beats alone are named: METERS=2,5",
        ),
        (
            "MODEL=TST",
            "MODEL must be one of conv_attention, crnn, tst, context_cnn, timefreq_cnn, not 'TST'; did you mean tst?",
        ),
        ("METERS=[3.5]", "METERS must be whole numbers such as 3,4, not '[3.5]'"),
        ("METERS=[]", "METERS must name numbers of beats from 2 to 16, such as 3,4"),
        ("METERS=1", "METERS must name numbers of beats from 2 to 16, such as 3,4"),
        ("DRUMS=[]", "DRUMS must have at least one row"),
        (f"DRUMS={[('COW', *configs.DRUMS[0][1:])]}", "DRUMS must begin each row with a code of two letters"),
        (
            f"DRUMS={[configs.DRUMS[0], configs.DRUMS[0]]}",
            "DRUMS must begin each row with a code of two letters, no two",
        ),
        (f"DRUMS={[(*configs.DRUMS[0][:3], 'x', *configs.DRUMS[0][4:])]}", "DRUMS must have three symbols in each row"),
        (f"DRUMS={[(*configs.DRUMS[0][:5], 156, *configs.DRUMS[0][6:])]}", "DRUMS must have MIDI notes from 0 to 127"),
        ("FOO=1", "there is no setting FOO; configs.py lists them all"),
        ("FOLDERS=a", "FOLDERS must be a dictionary, not 'a'"),
        ("DRUMS=[1]", "DRUMS must be a list of rows, not '[1]'"),
        ("MAX_BPM=60", "MAX_BPM must be at least twice MIN_BPM"),
        ("MAX_BPM=100000", "MAX_BPM must be at most 1000, not 100000"),
        ("PAGE_EMBED_MB=-1", "PAGE_EMBED_MB must not be negative, not -1"),
        ("FMAX=30000", "FMIN < FMAX <= SAMPLE_RATE / 2 must hold"),
        ("HOP_SIZE=4096", "HOP_SIZE must not exceed WINDOW_SIZE"),
        ("LONG_WINDOW_SIZE=1024", "LONG_WINDOW_SIZE must exceed WINDOW_SIZE"),
        ("LONG_WINDOW_SIZE=4097", "WINDOW_SIZE and LONG_WINDOW_SIZE must be even"),
        ("N_HEADS=5", "D_MODEL must be a multiple of N_HEADS"),
        ("ATTENTION_FOLD=3", "ATTENTION_FOLD must divide 64"),
        ("CONV_FILTERS=[]", "CONV_FILTERS must name more widths for conv_attention"),
        ("GHOST_VELOCITY=120", "1 <= GHOST_VELOCITY < ACCENT_VELOCITY <= 127 must hold"),
        ("TAB_ROWS=HH,SD,BD", "TAB_ROWS must name every row"),
        ("TAB_WIDTH=10", "TAB_WIDTH must hold at least one bar"),
        (
            "RUN_NAME=../../mine",
            "RUN_NAME must be a name such as own, of letters, digits, points and dashes, not ../../mine",
        ),
        ("RUN_NAME=..", "RUN_NAME must be a name such as own, of letters, digits, points and dashes, not .."),
        (
            "PRETRAIN_MASKS=tim",
            "PRETRAIN_MASKS must be a list of seq, feature, time, forecast, noise, not 'tim'",
        ),
        ("PRETRAIN_MASKS=", "PRETRAIN_MASKS must name at least one mask"),
        ("PRETRAIN_MASK_SHARE=0", "PRETRAIN_MASK_SHARE must be greater than 0"),
        ("PRETRAIN_MASK_SHARE=0.9", "PRETRAIN_MASK_RUN is too short to hide PRETRAIN_MASK_SHARE"),
        ("PRETRAIN_MASK_RUN=0.5", "PRETRAIN_MASK_RUN is too short"),
        ("SELF_SUPERVISED=yes", "SELF_SUPERVISED needs songs: name their folders in UNLABELLED_DIRS"),
    ],
)
def test_what_is_refused(page: types.ModuleType, assignment: str, sentence: str) -> None:
    with pytest.raises(SettingError) as raised:
        settings.override(page, [assignment])
    assert str(raised.value).startswith(sentence)


def test_one_way_to_begin(page: types.ModuleType) -> None:
    with pytest.raises(SettingError, match="SELF_SUPERVISED and START_FROM are two ways to begin: choose one"):
        settings.override(page, ["SELF_SUPERVISED=1", "UNLABELLED_DIRS=songs", "START_FROM=models/drums/default"])


def test_a_page_edited_by_hand_is_checked_too(page: types.ModuleType) -> None:
    page.N_MELS = "96"  # type: ignore[attr-defined]
    with pytest.raises(SettingError, match="N_MELS must be a whole number, not '96'"):
        settings.check(page)


def test_the_command_line_overrules_the_environment_and_that_the_page(page: types.ModuleType) -> None:
    environment = {"DRUM_TABBER_SENSITIVITY": "0.2", "DRUM_TABBER_N_MELS": "80", "SEED": "9", "HOME": "/"}
    seed = page.SEED
    settings.override(page, ["SENSITIVITY=0.8"], environment)
    assert (page.SENSITIVITY, page.N_MELS, page.SEED) == (0.8, 80, seed)


def test_a_later_assignment_overrules_an_earlier_one(page: types.ModuleType) -> None:
    settings.override(page, ["SEED=3", "SEED=4"])
    assert page.SEED == 4


def test_an_unknown_name_in_the_environment_is_refused_as_it_stands_there(page: types.ModuleType) -> None:
    with pytest.raises(SettingError, match=r"there is no setting DRUM_TABBER_SED; did you mean SEED\?"):
        settings.override(page, environment={"DRUM_TABBER_SED": "1"})


def test_settings_that_only_make_sense_together_may_be_set_together(page: types.ModuleType) -> None:
    settings.override(page, ["FMAX=4000", "SAMPLE_RATE=8000", "HOP_SIZE=80", "WINDOW_SIZE=256"])
    assert page.SAMPLE_RATE == 8000


def test_a_snapshot_is_the_whole_page_as_json_holds_it(page: types.ModuleType) -> None:
    snapshot = settings.snapshot(page)
    assert list(snapshot) == settings.names(page) and "lower" not in snapshot
    assert snapshot["SENSITIVITY"] == page.SENSITIVITY
    assert json.loads(json.dumps(snapshot))["DRUMS"] == [list(row) for row in page.DRUMS]
