"""Notation: hits and beats in, a part that a drummer reads out, as a `Transcription` with its `Tab`.

`subdivision` divides each beat, `quantize` puts hits on slots and back, `sections` finds the parts of the song, `doubt`
what to look at first; `written` makes a transcription of a tab.
"""
