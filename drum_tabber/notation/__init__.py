"""Notation: hits on the grid become a part that a drummer reads."""
