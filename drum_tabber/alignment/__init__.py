"""Alignment: a tab laid over its song, and whether it belongs to it."""
