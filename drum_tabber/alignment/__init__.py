"""Alignment: a tab and what was heard of a song in, the time of every stroke and whether the tab belongs to it out.

`align` does it all: `evidence` is what was heard, `follow` finds the way through the song, `timing` the beats,
`reading` reads the bars anew, `trust` judges. `correct` says where song and tab disagree, `report` shows it.
"""
