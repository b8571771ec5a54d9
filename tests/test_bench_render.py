"""The bench of rendering: a made-up kit that plays every drum, and figures that fit together."""

from __future__ import annotations

import pytest

import configs
from drum_tabber import __main__ as commands
from drum_tabber.tasks import bench_render
from drum_tabber.tasks.bench_render import Speed

pytestmark = pytest.mark.usefixtures("page")


def test_a_made_up_kit_plays_every_drum() -> None:
    kit = bench_render._kit(8000)
    assert all(len(kit.pieces[row[0]][0].samples) == 6 for row in configs.DRUMS)


def test_speeds_are_told_as_factors_of_real_time() -> None:
    assert str(Speed("drums alone", 100.0, 0.8, 0.2)) == (
        "drums alone: 100 s of sound, 100 x real time (recording 125 x, features 500 x)"
    )


def test_drums_are_recorded_without_any_material(capsys: pytest.CaptureFixture[str]) -> None:
    configs.SAMPLE_RATE, configs.HOP_SIZE, configs.WINDOW_SIZE, configs.FMAX = 8000, 80, 512, 3900.0
    assert commands.main(["bench", "render", "--songs", "1", "--copies", "1"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("drums alone: ") and "x real time (recording " in line
