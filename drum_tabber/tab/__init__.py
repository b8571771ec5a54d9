"""Drum tabs: text in any dialect in, a `Tab` out, and back (ascii.py).

    layout    the page: bars in lines, repeats folded
    notation  the characters that we write, and the legend that explains them
    score     the noun itself: a Tab of Bars of Strokes, in Sections
    collision strokes that share a row and slot: which is kept
    remark    what was put right, and what was left, each with its place and the reason
    spelling  bytes to lines in plain characters
    spaced    rows whose rests are spaces, given bar lines
    line      a line to a row, a count, a ruler, a fact or words
    block     rows that sound together
    legend    what the text's labels and characters mean; labels.py holds the tables for texts that don't say
    measure   a block to bars: rows fitted to one another (fit.py), columns to beats (meter.py), characters to strokes
    part      a part of a song, and the order of all
    arrange   what is played: sections and instructions (words.py), repeats and endings written out (repeats.py)

Each module builds on those above it.
"""

from drum_tabber.tab.ascii import EMPTY, Reading, load, load_most, open_text, read, understand, write
from drum_tabber.tab.layout import TabStyle
from drum_tabber.tab.score import DEFAULT_TEMPO, SWUNG, Bar, Section, Stroke, Tab

__all__ = [
    "DEFAULT_TEMPO", "EMPTY", "SWUNG", "Bar", "Reading", "Section", "Stroke", "Tab", "TabStyle", "load",
    "load_most", "open_text", "read", "understand", "write",
]  # fmt: skip
