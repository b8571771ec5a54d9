"""One-shots: a sound in, which percussion it is out; folders of sounds in, a classifier of them out.

`listening` makes frames of a sound, `classifier` answers; `percussion` names the thirty kinds. `packs`, `outliers`,
`variants` and `feed` are what `network` learns from; `cuts` takes one-shots out of songs.
"""
