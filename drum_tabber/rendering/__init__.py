"""Rendering: performances in, recordings with true labels out, a band around the drums.

`render` plays hits on a kit. `studio` makes a recording of them, with music that `backing` writes (`accompaniment`,
`pop909`) and a `band` plays (`voice`, `guitar`, `foley`), mixed from `stems`. `patterns` makes performances up.
"""
