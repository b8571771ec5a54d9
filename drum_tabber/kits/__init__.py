"""Drum kits: recorded strokes, the folders and soundfonts they come from, and the samplers they go to."""
