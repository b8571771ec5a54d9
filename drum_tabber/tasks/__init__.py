"""Tasks: what a user asks for, from the settings and the command line to files and a printed answer.

The only modules that read `configs`: `specs` freezes the page into what everything below takes as arguments.
"""
