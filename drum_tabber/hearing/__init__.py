"""Hearing: activations in, hits with their confidence out, and how right they are."""
