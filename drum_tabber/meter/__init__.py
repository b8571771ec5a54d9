"""Meter: beats, bar lines, tempo, and the grid they make."""
