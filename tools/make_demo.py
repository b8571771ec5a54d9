"""Make the demo song: tabs/demo.txt on a drum kit, with a band around it, to songs/demo.ogg and its sidecar.

    python -m tools.make_demo --kit DIR [--kit-name NAME]

The band (bass, two guitars, a lead, a pad) is written and synthesised here, so the song is ours alone but for the
drum samples; songs/README.md names the kit that the committed file was made with. The same kit gives the same sound
(but not the same bytes: the encoder numbers its streams at random).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

import configs
from drum_tabber import tab
from drum_tabber.events import Hits
from drum_tabber.files import replacing
from drum_tabber.kits.kit import Kit
from drum_tabber.meter.grid import Grid
from drum_tabber.notation import quantize
from drum_tabber.rendering.render import RenderOptions, render
from drum_tabber.vocabulary import Vocabulary

Signal = NDArray[np.float64]

ROOT = Path(__file__).parents[1]
RATE = 44100
SEED = 112
FIRST_HIT = 2.5  # seconds: the band plays one bar alone before the drums come in
RING = 3.0  # seconds after the last bar
DRUMS_OVER_BAND_DB = 1.0
COMPRESSION = 0.75  # libsndfile's scale for Vorbis, 0 best to 1 smallest; 70 s come to about 0.8 MB
ROWS = {  # the tab's rows in the words of the sidecar's format
    "crash cymbal": "CC", "china cymbal": "CH", "ride cymbal": "RD", "hi-hat": "HH", "high tom": "HT", "mid tom": "MT",
    "low tom": "LT", "snare drum": "SD", "bass drum": "BD",
}  # fmt: skip

# One chord a bar, from the bar before the drums to the last one.
CHORDS = {
    "Am": (45, 57, 60, 64), "F": (41, 57, 60, 65), "C": (48, 55, 60, 64), "G": (43, 55, 59, 62), "Dm": (50, 57, 62, 65),
    "E": (40, 56, 59, 64),
}  # fmt: skip
PICK_UP, INTRO, VERSE, CHORUS = ("Am", "Am F C G", "Am F C G Am F C G", "F G Am C F G Am G")
BRIDGE, LAST_CHORUS, END = "Dm Am F C Dm E", "F G Am C F", "Am"
SONG = f"{PICK_UP} {INTRO} {VERSE} {CHORUS} {BRIDGE} {LAST_CHORUS} {END}".split()
LOUD = [*range(13, 21), *range(27, 32)]  # the choruses' bars, counted from 0, the bar before the drums
# The lead, by first bar: MIDI note and length in eighths; 0 is a rest.
LEAD: dict[int, str] = {
    13: "72:3 69:1 72:2 74:2 71:3 67:1 71:2 74:2 76:4 72:2 69:2 67:6 0:2",
    17: "69:2 72:2 77:3 76:1 74:3 71:1 67:2 71:2 72:4 76:4 74:6",
    21: "77:4 74:4 76:6 72:2 69:4 72:4 67:8 74:2 76:2 77:2 81:2 80:8",
    27: "72:3 69:1 72:2 74:2 71:3 67:1 71:2 74:2 76:4 72:2 69:2 67:6 0:2",
    31: "69:2 72:2 77:3 76:1 81:8",
}


def main() -> None:
    """Read the tab, play it, mix it with the band, write the song and its sidecar."""
    parser = argparse.ArgumentParser(description="Make the demo song from its tab and a folder of drum samples.")
    parser.add_argument("--kit", type=Path, required=True, metavar="DIR", help="folder of drum samples")
    parser.add_argument("--kit-name", default="muldjord_mix", metavar="NAME", help="kit in the folder's manifest.csv")
    args = parser.parse_args()
    written = tab.load(ROOT / "tabs/demo.txt", Vocabulary.of(configs.DRUMS))
    rng = np.random.default_rng(SEED)
    grid = Grid.of_tab(written, FIRST_HIT)
    duration = float(grid.beat_time[-1]) + RING
    hits = _performed(quantize.hits_of(written, grid), grid, rng)
    options = RenderOptions(room_level=-16, room_decay=0.5)
    drums = render(hits, Kit.load(args.kit, RATE, args.kit_name), rng, duration=duration, options=options)
    song = _mastered(_mixed(drums, _band(60 / written.tempo, drums.shape[1], rng)))
    _write(ROOT / "songs/demo.ogg", song)
    _write_sidecar(ROOT / "songs/demo.json", written.tempo)


def _performed(hits: Hits, grid: Grid, rng: np.random.Generator) -> Hits:
    """The hits with a drummer's dynamics: off-beats softer, every stroke a little different."""
    _, place = grid.locate(hits.time)
    off_beat = np.isin(hits.drum, ("HH", "HO", "RD")) & (np.rint(place) % 4 != 0)
    return Hits.of(hits.time, hits.drum, hits.velocity - 18 * off_beat + rng.normal(0, 5, len(hits)))


# ------------------------------------------------------------------------------------------------------------- the band


def _band(beat: float, n: int, rng: np.random.Generator) -> Signal:
    """(2, n) everything but the drums; `beat` is the length of a quarter note in seconds."""
    tracks = {"bass": (0.0, 1.0), "left": (-0.7, 0.55), "right": (0.7, 0.5), "pad": (0.0, 0.35), "lead": (0.15, 0.5)}
    buses = {name: np.zeros(n) for name in tracks}
    start = FIRST_HIT - 4 * beat
    for bar, name in enumerate(SONG):
        chord, at, loud = CHORDS[name], start + bar * 4 * beat, bar in LOUD
        last = bar == len(SONG) - 1
        _add(buses["pad"], at, _pad(chord[1:], (6 if last else 4.2) * beat))
        for time, note, length in _bass_line(chord[0], loud, last):
            _add(buses["bass"], at + time * beat, _bass(note, length * beat))
        for time, notes, length in _strums(chord, loud, last):
            for side in ("left", "right"):
                _add(buses[side], at + time * beat, _guitar(notes, length * beat, loud or last, rng))
    for bar, line in LEAD.items():
        time = start + bar * 4 * beat
        for note, eighths in (map(int, event.split(":")) for event in line.split()):
            if note:
                _add(buses["lead"], time, _lead(note, eighths * beat / 2))
            time += eighths * beat / 2
    levels = {name: np.sqrt(np.mean(bus**2)) for name, bus in buses.items()}
    mix = np.zeros((2, n))
    for name, (pan, gain) in tracks.items():
        angle = (1 + pan) * np.pi / 4
        mix += gain / levels[name] * np.outer([np.cos(angle), np.sin(angle)], buses[name])
    return mix


def _bass_line(root: int, loud: bool, last: bool) -> Iterator[tuple[float, int, float]]:
    """(beat, note, beats) of one bar: eighths in the choruses, with the bass drum elsewhere."""
    if last:
        yield 0, root, 6
    elif loud:
        yield from ((eighth / 2, root + (12 if eighth == 7 else 0), 0.45) for eighth in range(8))
    else:
        yield from ((0, root, 1.4), (1.5, root, 0.9), (2.5, root + 7, 0.9), (3.5, root + 12, 0.45))


def _strums(chord: tuple[int, ...], loud: bool, last: bool) -> Iterator[tuple[float, tuple[int, ...], float]]:
    """(beat, notes, beats) of one bar: power chords in the choruses, broken chords elsewhere."""
    power = (chord[0], chord[0] + 7, chord[0] + 12)
    if last:
        yield 0, power, 6
    elif loud:
        yield from ((time, power, length) for time, length in ((0, 1.5), (1.5, 1), (2.5, 1.5)))
    else:
        yield from (
            (index / 2, (note,), 1.5) for index, note in enumerate((*chord, *chord[-2:0:-1], chord[2], chord[3]))
        )


# --------------------------------------------------------------------------------------------------------- instruments


def _frequency(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _times(seconds: float) -> Signal:
    return np.arange(round(seconds * RATE)) / RATE


def _envelope(time: Signal, attack: float, release: float) -> Signal:
    """Up in `attack` seconds, down in the last `release`."""
    return np.asarray(np.clip(np.minimum(time / attack, (time[-1] - time) / release), 0, 1))


def _filtered(sound: Signal, *edges: float) -> Signal:
    """The sound below one edge, or between two, in hertz."""
    kind = "low" if len(edges) == 1 else "band"
    return np.asarray(sosfilt(butter(2, edges if len(edges) > 1 else edges[0], kind, fs=RATE, output="sos"), sound))


def _saw(frequency: float | Signal, time: Signal) -> Signal:
    """A sawtooth of twelve partials."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(frequency, time.shape)) / RATE
    return np.asarray(sum(np.sin(phase * partial) / partial for partial in range(1, 13)))


def _bass(note: int, seconds: float) -> Signal:
    time = _times(seconds)
    tone = _filtered(_saw(_frequency(note - 12), time), 900)
    return np.asarray(np.tanh(1.5 * tone * np.exp(-time / 0.9)) * _envelope(time, 0.006, 0.03))


def _guitar(notes: tuple[int, ...], seconds: float, distorted: bool, rng: np.random.Generator) -> Signal:
    """Plucked strings (Karplus and Strong 1983), through an overdriven amplifier where `distorted`."""
    time = _times(seconds)
    strings = np.zeros(len(time))
    for note in notes:
        period = round(RATE / _frequency(note) - 0.5)
        pluck = np.zeros(len(time))
        pluck[:period] = rng.uniform(-1, 1, period)[: len(time)]
        loss = 0.5 * 0.998
        strings += lfilter([1.0], [1.0, *np.zeros(period - 1), -loss, -loss], pluck)
    if distorted:
        strings = _filtered(np.tanh(6 * strings), 90, 4500)
    return strings * _envelope(time, 0.002, 0.05)


def _pad(notes: tuple[int, ...], seconds: float) -> Signal:
    time = _times(seconds)
    voices = np.sum([_saw(_frequency(note) * detune, time) for note in notes for detune in (0.997, 1.003)], axis=0)
    return _filtered(voices, 1500) * _envelope(time, 0.3, 0.5)


def _lead(note: int, seconds: float) -> Signal:
    time = _times(seconds)
    vibrato = 1 + 0.006 * np.sin(2 * np.pi * 5.5 * time) * np.clip(time / 0.4, 0, 1)
    tone = _filtered(_saw(_frequency(note) * vibrato, time), 3500)
    return tone * _envelope(time, 0.02, 0.06)


def _add(bus: Signal, at: float, sound: Signal) -> None:
    start = round(at * RATE)
    part = sound[: max(0, len(bus) - start)]
    bus[start : start + len(part)] += part


# ------------------------------------------------------------------------------------------------------------ the song


def _mixed(drums: NDArray[np.float32], band: Signal) -> Signal:
    ratio = np.sqrt(np.mean(np.square(drums)) / np.mean(band**2)) * 10 ** (-DRUMS_OVER_BAND_DB / 20)
    return np.asarray(drums + ratio * band)


def _mastered(song: Signal) -> Signal:
    """The song at -16 dB RMS, its peaks rounded off and below full scale."""
    return np.asarray(0.9 * np.tanh(song * 10 ** (-16 / 20) / np.sqrt(np.mean(song**2))))


def _write(path: Path, song: Signal) -> None:
    settings = {"samplerate": RATE, "channels": 2, "format": "OGG", "compression_level": COMPRESSION}
    with replacing(path) as part, soundfile.SoundFile(part, "w", **settings) as file:
        # A second at a time: libsndfile's Vorbis encoder overflows its stack on long arrays.
        for start in range(0, song.shape[1], RATE):
            file.write(song[:, start : start + RATE].T)


def _write_sidecar(path: Path, tempo: float) -> None:
    alignment = {"triplets": False, "tempo change": False, "BPM": tempo, "first drum note onset": FIRST_HIT}
    sidecar = {"song": "demo.ogg", "tab_file": "demo.txt", "tab_char_labels": ROWS, "alignment_info": alignment}
    with replacing(path) as part:
        part.write_text(json.dumps(sidecar, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
