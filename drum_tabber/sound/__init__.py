"""Sound: files in, samples and log-mel frames out; notes in, audio out.

`audio` reads and writes any file (`decoding` opens it, `container` knows what it is and whether it is whole),
`features` makes frames of samples, `waveform` an outline for pictures, `soundfont` plays notes.
"""
