"""The thirty classes: the precursor's order, and what names and notes mean."""

from __future__ import annotations

import pytest

from drum_tabber.kits import struck
from drum_tabber.oneshots import percussion


def test_the_order_is_the_precursor_s() -> None:
    order = (
        "whis met cow taik clav hhc cah tim tab kick rid bass thd hho rim shk stick tom clp wood cong snr tri vib cym "
        "gui fx tomf ped cui"
    )
    assert percussion.CLASSES == tuple(order.split())


def test_every_table_speaks_of_these_classes() -> None:
    codes = {*percussion.CLASSES}
    assert {*percussion.LABELS} == codes | {percussion.UNKNOWN}
    assert {*percussion.NOTES.values()} <= codes
    assert {code for code, _ in percussion.PROGRAMS.values()} <= codes
    assert {*struck.MODELS} <= codes


@pytest.mark.parametrize("code", percussion.CLASSES)
def test_a_code_means_itself(code: str) -> None:
    assert percussion.class_of(code) == code


@pytest.mark.parametrize(
    ("name", "note", "code"),
    [
        ("Kick (Tama Superstar 22)", None, "kick"),
        ("HiHat_Closed", None, "hhc"),
        ("hi-hat open", None, "hho"),
        ("hihat_pedal", None, "ped"),
        ("SideStick", None, "rim"),
        ("tom", 43, "tomf"),
        ("tom 2", 43, None),
        ("tom 1", 47, "tom"),
        ("Tom Low", None, None),
        ("Tom Low", 45, "tom"),
        ("ft_01", None, "tomf"),
        ("hi_hat", 46, "hho"),
        ("hihat_closed", 46, "hhc"),
        ("clap01", None, "clp"),
        ("Ride Bell", None, "rid"),
        ("57", None, "cym"),
        ("Snare Roll", None, None),
        ("Snare Rimshot", None, None),
        ("tambourine", None, None),
        ("something", 36, None),
        ("Hat_o", None, "hho"),
        ("hat-o2", None, "hho"),
        ("dusty_simple_oh", None, "hho"),
        ("oh_so_high_hat", None, "hhc"),
        ("scratchy_hh", None, "hhc"),
        ("think_sn_1", None, "snr"),
        ("JazzSnr_H", None, "snr"),
        ("snare&hat", None, None),
    ],
)
def test_what_names_mean(name: str, note: int | None, code: str | None) -> None:
    assert percussion.class_of(name, note) == code


def test_what_is_no_single_stroke_is_refused() -> None:
    assert percussion.is_refused("Snare Roll") and not percussion.is_refused("Snare 3")
