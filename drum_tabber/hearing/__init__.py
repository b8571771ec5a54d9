"""Hearing: audio in, activations, hits and their confidence out, and how right they are.

`bundle` is what a trained model knows of itself, `inference` runs it, `targets` goes from labels to frames and back;
`hats` and `consensus` correct what was heard, `calibration` makes confidence a probability, `tuning` finds thresholds,
`evaluate` scores.
"""
