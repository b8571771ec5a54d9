"""Drum tabs: text in any dialect in, a `Tab` out, and back (ascii.py).

A text becomes plain lines (spelling.py), lines become rows, counts, rulers and words (dialect.py, words.py), rows
become measures by the text's legend (legend.py, measure.py, meter.py), and what is played follows from repeats
(repeats.py). What had to be put right or left is remarked (remark.py). The result is the noun itself (score.py).
"""

from drum_tabber.tab.ascii import EMPTY, Reading, TabStyle, load, open_text, read, understand, write
from drum_tabber.tab.score import DEFAULT_TEMPO, Bar, Section, Stroke, Tab

__all__ = [
    "DEFAULT_TEMPO", "EMPTY", "Bar", "Reading", "Section", "Stroke", "Tab", "TabStyle", "load", "open_text", "read",
    "understand", "write",
]  # fmt: skip
