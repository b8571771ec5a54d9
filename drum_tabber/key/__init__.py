"""Musical keys: a song in, its key and where it changes out.

`keys` holds names and relations, `cqt` is what is heard, `tonality` answers, `tag` writes it into the file; `corpus`
and `sketch` make songs of known key, from which `network` learns (`training`).
"""
