"""Musical keys: which key is this song in, and when does it change?"""
