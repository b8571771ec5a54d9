"""Which bar of the tab each bar of a song is, the beats being known: bars left out, other music, drums not written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from drum_tabber.alignment.evidence import Evidence
from drum_tabber.alignment.follow import FEELS, READ_AS
from drum_tabber.alignment.reading import Reading, SongBar, _inside, read
from drum_tabber.hearing.targets import Decoding
from drum_tabber.tab import Bar, Stroke

DRUMS = ("BD", "SD", "HH")
DECODING = Decoding((("BD",), ("SD",), ("HH",)), dict.fromkeys(DRUMS, 0.4), dict.fromkeys(DRUMS, 0.05))
FRAME_RATE = 100.0
LENGTH = 2.0  # seconds of a bar
BACKBEAT = {Stroke(4, "SD"), Stroke(12, "SD")}
HATS = {Stroke(slot, "HH") for slot in range(0, 16, 2)}
QUARTERS = {Stroke(slot, "HH") for slot in range(0, 16, 4)}
ON_TIME = np.zeros(49)


def with_kicks(*slots: int, other: Iterable[Stroke] = ()) -> Bar:
    return Bar.even(strokes={*BACKBEAT, *other, *(Stroke(slot, "BD") for slot in slots)})


def varied(n_bars: int, other: Iterable[Stroke] = HATS) -> list[Bar]:
    """Bars each with a bass drum of its own."""
    rng = np.random.default_rng(1)
    return [with_kicks(*rng.choice(16, 5, replace=False).tolist(), other=other) for _ in range(n_bars)]


def played(bars: Sequence[Bar], extra: Iterable[Stroke] = ()) -> tuple[list[SongBar], Evidence]:
    """A song that plays these bars one after the other, and what is heard of it."""
    frames = np.arange(round(len(bars) * LENGTH * FRAME_RATE))
    onset = np.random.default_rng(0).uniform(0.001, 0.01, (len(frames), len(DRUMS)))
    for number, bar in enumerate(bars):
        for one in {*bar.strokes, *extra}:
            time = (number + one.slot / 16) * LENGTH
            bump = 0.8 * np.maximum(0, 1 - np.abs(frames - time * FRAME_RATE) / 3)
            np.maximum(onset[:, DRUMS.index(one.drum)], bump, out=onset[:, DRUMS.index(one.drum)])
    song = [SongBar(tuple((number + np.arange(5) / 4) * LENGTH), 4) for number in range(len(bars))]
    return song, Evidence.of(onset.astype(np.float32), FRAME_RATE, DRUMS, DECODING)


def reading(tab: Sequence[Bar], song: tuple[list[SongBar], Evidence], first: Sequence[int]) -> Reading:
    return read(song[0], first, tab, song[1], (), ON_TIME)


@pytest.mark.parametrize("order", [[0, 1, 2, 6, 7], [0, 1, 2, 3, 1, 2, 3, 4, 5, 6, 7], [2, 3, 4, 5], [0, 1, 2, 3, 4]])
def test_bars_left_out_and_played_again_are_found(order: list[int]) -> None:
    tab = varied(8)
    found = reading(tab, played([tab[index] for index in order]), [0] * len(order))
    assert list(found.bars) == order


def test_a_cut_that_cannot_be_heard_lies_amidst_where_it_may_be() -> None:
    first, same, last = with_kicks(0, 3), with_kicks(0, 8, other=HATS), with_kicks(5, 11)
    found = reading([first, *[same] * 9, last], played([first, *[same] * 7, last]), [0, *range(3, 11)])
    assert found.bars == (0, 1, 2, 3, 6, 7, 8, 9, 10)


def test_a_bar_that_is_hardly_recorded_is_no_evidence_of_other_music() -> None:
    song = [SongBar((start, start + 1.0, start + 2.0), 4) for start in (-2.0, -1.0, 0.0, 3.5)]
    np.testing.assert_allclose(_inside(song, 4.0), [0.0, 0.5, 1.0, 0.25])


def test_a_like_beat_before_and_after_the_tab_is_other_music() -> None:
    tab = [with_kicks(0, 6, 10, other=HATS)] * 6
    beside = [with_kicks(0, 3, 8, 14, other=QUARTERS)] * 5
    found = reading(tab, played([*beside, *tab, *beside]), [*range(6), *range(6), *range(4)])
    assert found.bars == (*[-1] * 5, *range(6), *[-1] * 5)


def test_a_drum_that_is_played_and_not_written_makes_no_other_music() -> None:
    tab = varied(8, other=())
    found = reading(tab, played(tab, extra=HATS), range(8))
    assert found.bars == tuple(range(8))


def test_what_speaks_for_a_reading_hangs_neither_on_the_first_one_nor_on_music_before() -> None:
    tab = varied(8)
    song = played(tab)
    right, wrong = (reading(tab, song, first) for first in (range(8), [0, 1, 2, 3, 3, 2, 6, 7]))
    assert right == wrong
    assert right.bars == tuple(range(8)) and min(right.nats) > 0
    other = [with_kicks(0, 3, 8, 14, other=QUARTERS)] * 5
    late = reading(tab, played([*other, *tab]), [*[-1] * 5, *range(8)])
    assert late.bars == (*[-1] * 5, *range(8)) and late.nats[:5] == (0.0,) * 5
    assert sum(late.nats) == pytest.approx(sum(right.nats), rel=0.2)  # strokes are rarer in the song as a whole


def test_an_early_last_of_three_is_read_as_either_sixteenth() -> None:
    """The third bar is cut, and not the second one, whose hats are written a sixteenth too early for triplets."""
    late, early = ({Stroke(beat + place, "HH") for beat in range(0, 16, 4) for place in (0, third)} for third in (3, 2))
    kicks, hats = ((0, 8), (0, 6, 8), (0, 8, 12), (0, 10)), (late, early, late, late)
    tab = [with_kicks(*slots, other=other) for slots, other in zip(kicks, hats, strict=True)]
    triplets = [Stroke(beat + place, "HH") for beat in range(0, 16, 4) for place in (0, 2.5)]  # type: ignore[arg-type]
    song, evidence = played([with_kicks(*kicks[index]) for index in (0, 1, 3)], triplets)
    strict, loose = (read(song, [0, 1, 3], tab, evidence, feels["triplets"], ON_TIME) for feels in (FEELS, READ_AS))
    assert strict.bars == (0, 2, 3)
    assert loose.bars == (0, 1, 3)


def test_a_bar_of_another_meter_is_never_laid_there() -> None:
    tab = varied(4)
    song, evidence = played(tab)
    song[1] = SongBar((2.0, 2.5, 3.0, 4.0), 4)
    found = read(song, [0, -1, 2, 3], tab, evidence, (), ON_TIME)
    assert found.bars[1] == -1
    assert set(found.bars) - {-1} <= set(range(4))
