"""Drum kits: folders of samples and soundfonts in, a `Kit` that can be played out; and kits for samplers.

`kit` is the noun, `sample` one recorded stroke; `kit_files`, `hydrogen` and `soundfont_kits` are where kits come from,
`voicing` makes one kit another, `struck` makes strokes up (`synthesis`), `sampler` writes kits that samplers open.
"""
