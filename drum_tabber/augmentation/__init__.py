"""Augmentation: samples and labels in, the same as other rooms, desks, tapes and codecs give them out; no attack moves.

`augment` draws what is done and does it to both alike; `effects`, `mastering` and `coding` are what it does.
"""
