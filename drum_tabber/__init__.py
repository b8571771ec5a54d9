"""Drum Tabber: a song in, a drum tab out."""

__version__ = "0.1.0"
