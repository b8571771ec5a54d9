"""Where drums stand on a staff and with what heads: the percussion clef as Weinberg's guide has it, by drum.

Norman Weinberg, "Guidelines for Drumset Notation", Percussive Notes 32 (1994), which most publishers and notation
programs follow; what it leaves open (splash, china) is as notation programs have it.
"""

from __future__ import annotations

from typing import NamedTuple

from drum_tabber.vocabulary import Drum

STAFF_NAME = "Drums"


class Spot(NamedTuple):
    """A line or space, named as in the treble clef, and the head there, as MusicXML calls it."""

    step: str
    octave: int
    head: str = "normal"


SPOTS = {
    "BD": Spot("F", 4),
    "SD": Spot("C", 5),
    "SS": Spot("C", 5, "x"),
    "HH": Spot("G", 5, "x"),
    "HO": Spot("G", 5, "circle-x"),
    "HP": Spot("D", 4, "x"),
    "HT": Spot("E", 5),
    "MT": Spot("D", 5),
    "LT": Spot("A", 4),
    "CC": Spot("A", 5, "x"),
    "SC": Spot("B", 5, "diamond"),
    "CH": Spot("C", 6, "slash"),
    "RD": Spot("F", 5, "x"),
    "RB": Spot("F", 5, "diamond"),
}
_FAMILY_SPOTS = {  # of drums that someone has added to the table
    "kick": Spot("E", 4),
    "snare": Spot("C", 5, "triangle"),
    "hihat": Spot("G", 5, "triangle"),
    "tom": Spot("B", 4),
    "cymbal": Spot("B", 5, "x"),
}


def spot(drum: Drum) -> Spot:
    """Where a drum stands."""
    return SPOTS.get(drum.code) or _FAMILY_SPOTS.get(drum.family) or Spot("B", 4, "triangle")
