"""Meter: beat activations and hits in, beats, bar lines and the grid that they make out.

`beats` tracks the pulse, `tempo` decides half against double, `barlines` and `downbeats` weigh bars and `bars` finds
them, all by what the drums do in each beat (`rhythm`), and `free` says where there is nothing to count; `grid` is the
clock that quantising and aligning share, `timeline` that of a file.
"""
