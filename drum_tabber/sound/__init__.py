"""Sound: files, frames, outlines; and soundfonts, which play notes."""
