"""What a model hears of a song without labels becomes labels to train on: what is sure is taught, the rest is hidden.

A hit counts where it is sure enough. About whatever else may be one the drums of its family are hidden, and about a
sure hit the others of its family, for which of them it was is less sure than that there was one. All other time is
silence. Beats and velocities aren't taught: nobody has checked them.
"""

from __future__ import annotations

from collections.abc import Iterator

from drum_tabber.events import Hits, Spans
from drum_tabber.hearing.inference import Activations
from drum_tabber.hearing.targets import Decoding, TargetSpec, calibrated, decode
from drum_tabber.material.corpora import Labels

KEEN = 0.85  # sensitivity with which hits are looked for, sure and doubtful
REACH = 0.05  # seconds about a hit in which others of its family are hidden


def labels_of(heard: Activations, spec: TargetSpec, decoding: Decoding, sure: float) -> Labels:
    """Labels of what was heard: hits of at least the confidence `sure`, a probability as `decoding` calibrates it."""
    found = calibrated(decode(heard.onset, heard.velocity, spec, decoding.at(KEEN)), decoding)
    known = found.select(found.confidence >= sure)
    hidden = [span for family in decoding.families for span in _hidden(found.of_drum(*family), family, sure)]
    taught = Hits.of(known.time, known.drum, confidence=known.confidence)
    apart = tuple((drum,) for drum in spec.drums)
    return Labels(taught, None, apart, velocity=False, hidden=Spans.concatenate(hidden))


def _hidden(found: Hits, family: tuple[str, ...], sure: float) -> Iterator[Spans]:
    """Spans about a family's hits, in which its members are hidden, but for the drum of a sure hit."""
    for member in family:
        doubtful = (found.drum != member) | (found.confidence < sure)
        yield Spans.about(found.time[doubtful], REACH, member)
