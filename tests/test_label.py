"""What is taught of a tab whose times are known, and what is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import configs
from drum_tabber import tab as tabs
from drum_tabber.alignment.align import PlayedBar
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.errors import CorpusError
from drum_tabber.events import ALL_DRUMS, BEATS, Beats, Hits, Spans
from drum_tabber.hearing.targets import Decoding, TargetSpec, encode
from drum_tabber.material.corpora import Labels
from drum_tabber.material.label import LabelSpec, Laid, doubtful_bars, labels_of, laid_as_given, merged
from drum_tabber.material.songs import Alignment
from drum_tabber.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(configs.DRUMS)
CODES = VOCABULARY.codes
TEXT = """\
HH|x---x---x---x---|x---x---x---x---|x---x---x---x---|
SD|----o-------f---|----o-------g---|----o-------x---|
BD|o-------o-------|o-------o-------|o-------o-------|
CC|#---------------|----------------|----------------|
  |1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|1e+a2e+a3e+a4e+a|
"""
TAB = tabs.read(TEXT, VOCABULARY)
GIVEN = laid_as_given(TAB, Alignment(1.0, ((0, 120.0),)))  # a bar lasts 2 s


def hidden_at(labels: Labels, drum: str, time: float) -> bool:
    """Whether silence of the drum at a time weighs nothing."""
    spec = TargetSpec(CODES, 100.0)
    onset = encode(Hits(), labels.beats, labels.told_apart, False, spec, 1200, labels.hidden)["onset"]
    return bool(onset[round(time * 100), CODES.index(drum), 1] == 0)


def taught(labels: Labels) -> set[tuple[float, str]]:
    return set(zip(np.round(labels.hits.time, 3).tolist(), labels.hits.drum.tolist(), strict=True))


class TestGiven:
    LABELS = labels_of(GIVEN, LabelSpec(), VOCABULARY)

    def test_strokes_lie_on_their_slots(self) -> None:
        assert self.LABELS.hits.of_drum("BD").time.tolist() == [1, 2, 3, 4, 5, 6]
        assert self.LABELS.hits.of_drum("SS").time.tolist() == [6.5]
        assert self.LABELS.beats is not None and not self.LABELS.velocity
        np.testing.assert_allclose(self.LABELS.beats.time, 1 + 0.5 * np.arange(12))
        assert self.LABELS.beats.place.tolist() == [1, 2, 3, 4] * 3

    def test_before_and_after_the_tab_nothing_is_known(self) -> None:
        for time in (0.0, 0.8, 7.2, 11.0):
            assert all(hidden_at(self.LABELS, drum, time) for drum in CODES)
        assert not hidden_at(self.LABELS, "SD", 1.25) and self.LABELS.hidden.cropped(1.5, 3.0).seconds(BEATS) == 0

    def test_drums_that_are_never_written_are_hidden_or_taught_as_silence(self) -> None:
        assert [group[0] for group in self.LABELS.told_apart] == ["BD", "SD", "SS", "HH", "CC"]
        silent = labels_of(GIVEN, LabelSpec(unwritten="train"), VOCABULARY)
        assert [group[0] for group in silent.told_apart] == list(CODES)

    def test_a_choke_is_no_stroke_for_sure(self) -> None:
        assert (1.0, "CC") not in taught(self.LABELS) and self.LABELS.left_out["chokes"] == 1
        assert hidden_at(self.LABELS, "CC", 1.05) and not hidden_at(self.LABELS, "BD", 1.05)

    def test_a_flam_is_taught_and_open_about_its_other_stroke(self) -> None:
        assert (2.5, "SD") in taught(self.LABELS)
        assert hidden_at(self.LABELS, "SD", 2.45) and not hidden_at(self.LABELS, "SS", 2.45)
        assert not hidden_at(self.LABELS, "SD", 1.45)  # plain strokes are sharp

    @pytest.mark.parametrize(
        ("spec", "time", "drum", "what"),
        [(LabelSpec(ghosts="mask"), 4.5, "SD", "ghost notes"), (LabelSpec(rims="mask"), 6.5, "SS", "rims")],
    )
    def test_ghosts_and_rims_are_taught_or_hidden_and_never_silence(
        self, spec: LabelSpec, time: float, drum: str, what: str
    ) -> None:
        assert (time, drum) in taught(self.LABELS) and what not in self.LABELS.left_out
        masked = labels_of(GIVEN, spec, VOCABULARY)
        assert taught(self.LABELS) - taught(masked) == {(time, drum)} and masked.left_out[what] == 1
        for member in ("SD", "SS"):  # whichever of the two it was
            assert hidden_at(masked, member, time)

    def test_a_tab_without_strokes(self) -> None:
        with pytest.raises(CorpusError, match="without strokes"):
            laid_as_given(tabs.read("BD|----|\n  |1e+a|\n", VOCABULARY), Alignment(1.0, ((0, 120.0),)))


class TestAligned:
    def changed(self, **columns: object) -> Laid:
        return replace(GIVEN, **columns)  # type: ignore[arg-type]

    def test_strokes_in_doubt_are_left_out_and_their_family_is_hidden(self) -> None:
        confidence = np.where((GIVEN.hits.time == 3.0) & (GIVEN.hits.drum == "HH"), 0.49, 0.51)
        laid = self.changed(hits=replace(GIVEN.hits, confidence=confidence))
        labels = labels_of(laid, LabelSpec(), VOCABULARY)
        assert (3.0, "HH") not in taught(labels) and (3.0, "BD") in taught(labels)
        assert labels.left_out["strokes in doubt"] == 1
        assert hidden_at(labels, "HH", 3.0) and not hidden_at(labels, "BD", 3.0)
        assert (3.0, "HH") in taught(labels_of(laid, LabelSpec(min_confidence=0.4), VOCABULARY))

    def test_bars_in_doubt_are_hidden_with_their_beats(self) -> None:
        bars = (GIVEN.bars[0], replace(GIVEN.bars[1], agreement=0.3), GIVEN.bars[2])
        labels = labels_of(self.changed(bars=bars), LabelSpec(), VOCABULARY)
        assert not len(labels.hits.cropped(3.0, 5.0)) and len(labels.hits.cropped(5.0, 7.0))
        assert labels.left_out["bars in doubt"] == 1
        assert all(hidden_at(labels, group[0], 4.1) for group in labels.told_apart)
        assert labels.hidden.cropped(3.0, 5.0).seconds(BEATS) == 2.0
        assert labels_of(self.changed(bars=bars), LabelSpec(min_agreement=0.2), VOCABULARY).left_out.keys() == {
            "chokes"
        }

    def test_bars_that_were_hard_to_read_are_hidden(self) -> None:
        labels = labels_of(GIVEN, LabelSpec(), VOCABULARY, doubtful=[3])
        assert labels.left_out["bars in doubt"] == 1 and not len(labels.hits.cropped(5.0, 7.0))

    def test_what_the_song_plays_beside_the_tab_is_hidden(self) -> None:
        """A cut leaves a bar out and a gap between; bars come back."""
        first, _, third = GIVEN.bars
        later = PlayedBar(1, (12.0, 12.5, 13.0, 13.5, 14.0), 1.0)
        kept = GIVEN.played != 1
        laid = Laid(TAB, (first, third, later), GIVEN.hits.select(kept), GIVEN.played[kept] // 2, GIVEN.slot[kept])
        labels = labels_of(laid, LabelSpec(), VOCABULARY)
        assert labels.left_out["bars not played"] == 1
        assert hidden_at(labels, "SD", 4.0) and not hidden_at(labels, "BD", 5.25)
        assert labels.hidden.cropped(0.0, 14.0).seconds(ALL_DRUMS) == 1 + 2 + 5

    def test_what_is_heard_beside_the_written_is_left_open(self) -> None:
        hats = ("HH", "HO", "HP")
        onset = np.full((1200, 3), 0.01, np.float32)
        for frame, hat, loud in ((202, "HH", 0.9), (225, "HO", 0.9), (325, "HH", 0.1)):
            onset[frame, hats.index(hat)] = loud
        decoding = Decoding((hats,), dict.fromkeys(hats, 0.4), dict.fromkeys(hats, 0.03))
        evidence = Evidence.of(onset, 100.0, hats, decoding)
        timed = replace(GIVEN, beside=Laid.of(_Timed(GIVEN), evidence).beside)  # type: ignore[arg-type]
        assert timed.beside.time.tolist() == [2.25]  # one is written, another hardly heard
        labels = labels_of(timed, LabelSpec(), VOCABULARY)
        assert hidden_at(labels, "HH", 2.25) and not hidden_at(labels, "BD", 2.25)
        assert labels.left_out["strokes heard and not written"] == 1

    def test_bars_near_what_could_not_be_read(self) -> None:
        text = TEXT + "\n" * 20 + TEXT.replace("|x---x---x---x---|x", "|x---x---x-?!x---|x")
        reading = tabs.understand(text, VOCABULARY)
        assert any(remark.fault for remark in (*reading.repairs, *reading.unread))
        assert doubtful_bars(reading) == frozenset({4, 5, 6})
        assert doubtful_bars(tabs.understand(TEXT, VOCABULARY)) == frozenset()


class _Timed:
    """As much of the aligner's answer as `Laid` takes."""

    def __init__(self, laid: Laid) -> None:
        self.tab, self.bars, self.hits, self.played, self.slot = laid.tab, laid.bars, laid.hits, laid.played, laid.slot


class TestMerged:
    LABELS = Labels(
        Hits.of([1.0, 2.0, 3.0, 4.0], ["CC", "RD", "HH", "BD"]),
        Beats(),
        (("BD",), ("CC",), ("RD",), ("HH", "HO", "HP"), ("HT", "MT")),
        False,
        Spans.of([1.0, 2.0], [1.1, 2.1], ["RD", ALL_DRUMS]),
    )

    def test_nothing_to_merge(self) -> None:
        assert merged(self.LABELS, {code: code for code in CODES}) is self.LABELS

    def test_drums_become_one_and_groups_a_drum(self) -> None:
        codes = VOCABULARY.merged(hihat_classes=1, cymbal_classes=1, toms_separate=False)
        labels = merged(self.LABELS, codes)
        assert labels.hits.drum.tolist() == ["CC", "CC", "HH", "BD"]
        assert labels.told_apart == (("BD",), ("CC",), ("HH",), ("MT",))
        assert labels.hidden.what.tolist() == ["CC", ALL_DRUMS]

    def test_what_has_no_class_is_not_labelled(self) -> None:
        labels = merged(self.LABELS, {"BD": "BD", "HH": "HH", "HO": "HH"})
        assert labels.told_apart == (("BD",), ("HH",)) and labels.hits.drum.tolist() == ["HH", "BD"]
