"""The drums we know, looked up from one table: MIDI notes, tab rows, coarser vocabularies.

The table itself lives in `configs.py` (`DRUMS`); this module only reads rows that it is given, so that a trained
model can carry the table it was trained with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

LANE_NOTES = {  # the MIDI note of each of the eight lanes, as the CRNN precursor writes them
    "kick": 36, "snare": 38, "hihat": 42, "hi_tom": 50, "mid_tom": 47, "low_tom": 45, "crash": 49, "ride": 51,
}  # fmt: skip


@dataclass(frozen=True)
class Drum:
    """One row of the drum table.

    `row` is the tab row that shows it, `symbols` its (normal, accented, ghost) characters there, `notes` the MIDI
    notes read as this drum and `note` the one written. `family`, `lane` and `simple` name its class in the five-,
    eight- and three-class vocabularies ("" where that vocabulary leaves it out).
    """

    code: str
    name: str
    row: str
    symbols: str
    notes: tuple[int, ...]
    note: int
    lane: str
    family: str
    simple: str


@dataclass(frozen=True)
class Vocabulary:
    """All drums, in the table's order, which is also the order of a model's outputs."""

    drums: tuple[Drum, ...]

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> Vocabulary:
        """A vocabulary from table rows, each in the order of `Drum`'s fields."""
        return cls(tuple(Drum(*map(_frozen, row)) for row in rows))

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every drum's code."""
        return tuple(drum.code for drum in self.drums)

    @cached_property
    def by_code(self) -> dict[str, Drum]:
        """Each drum under its code."""
        return {drum.code: drum for drum in self.drums}

    @cached_property
    def by_note(self) -> dict[int, str]:
        """The code that a MIDI note is read as; notes of no drum are absent."""
        return {note: drum.code for drum in self.drums for note in drum.notes}

    @cached_property
    def families(self) -> dict[str, tuple[str, ...]]:
        """The codes of each family (bass drum, snare, hi-hat, tom, cymbal), in the table's order."""
        families: dict[str, tuple[str, ...]] = {}
        for drum in self.drums:
            families[drum.family] = (*families.get(drum.family, ()), drum.code)
        return families

    @cached_property
    def rows(self) -> dict[str, tuple[str, ...]]:
        """The codes that share each tab row."""
        rows: dict[str, tuple[str, ...]] = {}
        for drum in self.drums:
            rows[drum.row] = (*rows.get(drum.row, ()), drum.code)
        return rows

    def label(self, code: str) -> str:
        """What a tab calls a drum: its row, where it has that to itself, else its code."""
        row = self.by_code[code].row
        return row if self.rows[row] == (code,) else code

    def classes(self, n_classes: int) -> dict[str, str]:
        """Each code's class in the vocabulary of 3, 5 or 8 classes; codes outside it are absent."""
        attribute = {3: "simple", 5: "family", 8: "lane"}.get(n_classes)
        if attribute is None:
            raise ValueError(f"no vocabulary of {n_classes} classes; there are 3, 5 and 8")
        return {drum.code: getattr(drum, attribute) for drum in self.drums if getattr(drum, attribute)}

    def lane_notes(self) -> dict[str, int]:
        """Each code's MIDI note by the lane that it is in; codes in none are absent."""
        return {drum.code: LANE_NOTES[drum.lane] for drum in self.drums if drum.lane in LANE_NOTES}

    def noted(self, notes: Mapping[str, int]) -> Vocabulary:
        """The same drums, some of them written as other MIDI notes."""
        return Vocabulary(tuple(replace(drum, note=notes.get(drum.code, drum.note)) for drum in self.drums))

    def merged(
        self, hihat_classes: int = 3, cymbal_classes: int = -1, toms_separate: bool = True, bells: bool = True
    ) -> dict[str, str]:
        """Which drum shows which after the tab-trained precursor's merging options.

        `hihat_classes`: 1 all hats as HH, 2 closed (with the pedal) and open, 3 all apart. `cymbal_classes`: 1 every
        cymbal as CC, 2 crashes and rides, -1 all apart. Without `toms_separate` every tom is MT; without `bells` the
        ride bell is a ride.
        """
        merged = {code: code for code in self.codes}
        if hihat_classes <= 2:
            merged["HP"] = "HH"
        if hihat_classes == 1:
            merged["HO"] = "HH"
        if not bells:
            merged["RB"] = "RD"
        if cymbal_classes in (1, 2):
            merged |= {"SC": "CC", "CH": "CC", "RB": "RD"}
        if cymbal_classes == 1:
            merged |= {"RD": "CC", "RB": "CC"}
        if not toms_separate:
            merged |= {"HT": "MT", "LT": "MT"}
        return merged


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
