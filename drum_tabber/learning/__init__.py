"""Learning: tracks in, a trained network's files out.

`segments` cuts training segments, `dataset` makes batches of them, with `masks`; `training` fits a network,
`pretraining` lets it begin with songs that have no labels, `growing` with a narrower network, `serving` writes what
runs elsewhere.
"""
