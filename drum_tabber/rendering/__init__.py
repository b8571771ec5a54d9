"""Rendering: performances in, recordings with true labels out, a band around the drums."""
