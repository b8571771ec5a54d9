"""One-shots: which percussion is this?"""
