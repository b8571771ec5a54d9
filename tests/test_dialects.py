"""Tabs in random dialects: no text stops the reader, and of what they hold nothing is lost without a word."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from random import Random

import dialects
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import configs
from drum_tabber.tab import Reading, TabStyle, read, spelling, understand, write
from drum_tabber.tab.score import Bar
from drum_tabber.vocabulary import Vocabulary

DRUMS = Vocabulary.of(configs.DRUMS)
STYLE = TabStyle(tuple(configs.TAB_ROWS))


@dataclass
class Score:
    """How many bars there were, how many of them were read right, and how many of the others were not reported."""

    bars: int = 0
    right: int = 0
    silent: int = 0

    def add(self, song: dialects.Song, reading: Reading) -> None:
        """Count one song: bars are right in their order, and each other one, or one too many, must be reported."""
        remarks = (*reading.repairs, *reading.unread)
        reported = {remark.line for remark in remarks if remark.fault or "without a count" in remark.why}
        wanted = [sound(bar) for bar, _ in song.bars]
        found = [*map(sound, reading.tab.bars)]
        if len(wanted) == len(found):
            right = {index for index, bar in enumerate(wanted) if bar == found[index]}
            surplus: set[int] = set()
        else:
            blocks = SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
            right = {block.a + index for block in blocks for index in range(block.size)}
            surplus = {*range(len(found))} - {block.b + index for block in blocks for index in range(block.size)}
        self.bars += len(wanted)
        self.right += len(right)
        self.silent += sum(index not in right and not lines & reported for index, (_, lines) in enumerate(song.bars))
        self.silent += sum(reading.places[index][0] not in reported for index in surplus)


def sound(bar: Bar) -> tuple[Fraction, frozenset[tuple[Fraction, str, str, str]]]:
    """How long a bar lasts and what it sounds like, whatever its columns: lengths in quarter notes."""
    starts = [Fraction(4 * beat, bar.unit) + Fraction(4 * slot, bar.unit * division)
              for beat, division in enumerate(bar.divisions) for slot in range(division)]  # fmt: skip
    strokes = ((starts[one.slot], one.drum, one.dynamic, one.articulation) for one in bar.strokes)
    return Fraction(4 * len(bar.divisions), bar.unit), frozenset(strokes)


def judged(seeds: range) -> Score:
    """The score of the songs of these seeds; each must also survive being written and read again."""
    score = Score()
    for seed in seeds:
        song = dialects.song(Random(seed))
        reading = understand(spelling.decode(song.data)[0], DRUMS)
        score.add(song, reading)
        assert read(write(reading.tab, DRUMS, STYLE), DRUMS).bars == reading.tab.bars, f"seed {seed}"
    return score


def test_bars_in_random_dialects_are_read_right_or_reported() -> None:
    score = judged(range(200))
    assert score.bars > 4000
    assert score.right >= 0.95 * score.bars
    assert score.silent <= 0.01 * score.bars


@pytest.mark.slow
def test_ten_thousand_tabs_in_random_dialects() -> None:
    score = judged(range(1000, 11000))
    assert score.right >= 0.95 * score.bars
    assert score.silent <= 0.01 * score.bars


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text("|-xoXO gfd@1234&+e:%_ \tabcHSBCRT=.>x", max_size=40), max_size=12), st.randoms())
def test_no_text_stops_the_reader(lines: list[str], rng: Random) -> None:
    text = "\n".join(lines)
    reading = understand(text, DRUMS)
    assert len(reading.places) == len(reading.tab.bars)
    written = spelling.decode(dialects.song(Random(rng.randrange(10**6))).data)[0]
    cut = sorted(rng.sample(range(len(written) + 1), 2))
    understand(written[: cut[0]] + text + written[cut[1] :], DRUMS)
