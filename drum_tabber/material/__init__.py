"""Material to train on and to judge by: folders in, `Track`s with `Labels` out.

`corpora` reads public layouts, `songs` your own songs with tabs, whose `label`s say what is taught and what is hidden;
`rendered` writes augmented copies, `provenance` remembers what a model was trained on.
"""
