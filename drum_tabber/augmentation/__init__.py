"""Augmentation: what rooms, desks, tapes and codecs do to a recording, without moving an attack."""
