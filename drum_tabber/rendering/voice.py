"""A singer for training noise: notes in, a mono voice out, by source and filter (Fant 1960), with made-up words.

Each syllable is a consonant and a vowel. The source is a train of glottal pulses with vibrato, jitter and breath, the
vowels are formants that glide, the consonants noise shaped as s, sh, p, t, k, f and h are. Breaths come between
phrases. None of it is a drum, and some of it is easily taken for one: that is what it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from drum_tabber.sound.soundfont import Note

Samples = NDArray[np.float32]

# Formants of a man's vowels: frequencies (hertz) and levels (decibels); after Peterson & Barney 1952 and Klatt 1980.
VOWELS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "a": ((730, 1090, 2440, 3400, 4500), (0, -4, -16, -20, -30)),
    "e": ((530, 1840, 2480, 3500, 4500), (0, -10, -14, -20, -30)),
    "i": ((270, 2290, 3010, 3600, 4600), (0, -14, -16, -20, -30)),
    "o": ((570, 840, 2410, 3300, 4400), (0, -5, -22, -24, -34)),
    "u": ((300, 870, 2240, 3200, 4300), (0, -12, -26, -30, -38)),
    "@": ((500, 1500, 2500, 3500, 4500), (0, -8, -14, -20, -30)),
    "m": ((250, 1100, 2200, 3300, 4400), (0, -24, -30, -36, -44)),  # lips closed: what m and n sound like
}
# Consonants of noise: band (hertz), seconds, level against the vowel (decibels), and whether it bursts like p, t, k.
CONSONANTS: dict[str, tuple[float, float, float, float, float, bool]] = {
    "s": (4500, 11000, 0.06, 0.15, -9, False),
    "sh": (2200, 7000, 0.06, 0.14, -9, False),
    "f": (1500, 12000, 0.05, 0.10, -20, False),
    "h": (500, 4500, 0.04, 0.09, -20, False),
    "p": (200, 2500, 0.015, 0.03, -12, True),
    "t": (2500, 9000, 0.02, 0.05, -9, True),
    "k": (1200, 4500, 0.02, 0.05, -10, True),
    "ch": (2200, 8500, 0.05, 0.09, -8, True),
}
_BANDWIDTHS = (80.0, 95.0, 130.0, 200.0, 300.0)  # of the formants, hertz
_HOP = 0.008  # seconds between spectra that formants may differ in
_CLOSED = 0.025  # seconds of silence before a burst
_BREATH_AFTER = 0.35  # seconds of rest in which a singer breathes in
_BATCH = 256


@dataclass(frozen=True)
class Singer:
    """Who sings. `size` scales the formants: 1 a man, 1.17 a woman, 1.35 a child. Times are seconds."""

    size: float = 1.0
    vibrato_hz: float = 5.5
    vibrato: float = 0.3  # semitones
    breath_db: float = -30.0  # of noise in the vowels
    hiss_db: float = 0.0  # of consonants: de-essed below 0
    consonants: float = 0.8  # of syllables that begin with one
    tilt_db: float = -9.0  # an octave: the glottal source's slope, soft below -12, pressed above -8
    slide: float = 0.05  # in which the pitch goes to the next note
    spoken: bool = False  # the pitch falls through every syllable, as in speech and rap

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Singer:
        """Any singer."""
        return cls(
            size=float(rng.choice([1.0, 1.17, 1.35], p=[0.45, 0.45, 0.1]) * rng.uniform(0.93, 1.07)),
            vibrato_hz=float(rng.uniform(4.5, 7.0)),
            vibrato=float(rng.uniform(0.0, 0.7)),
            breath_db=float(rng.uniform(-40, -16)),
            hiss_db=float(rng.uniform(-12, 8)),
            consonants=float(rng.uniform(0.4, 1.0)),
            tilt_db=float(rng.uniform(-13, -6)),
            slide=float(rng.uniform(0.02, 0.12)),
            spoken=bool(rng.random() < 0.2),
        )


@dataclass(frozen=True)
class _Syllable:
    """A vowel from `start` to `end`, at `pitch` hertz, and the consonant that leads into it ("" for none)."""

    start: float
    end: float
    pitch: float
    level: float
    vowel: str
    consonant: str


def sing(notes: Sequence[Note], singer: Singer, duration: float, sample_rate: int, rng: np.random.Generator) -> Samples:
    """The notes, one at a time, as a voice (n,) of RMS about 0.1 where it sounds."""
    n = round(duration * sample_rate)
    words = list(_words(notes, singer, duration, rng))
    if not words or not n:
        return np.zeros(n, np.float32)
    voiced = _voiced(words, singer, n, sample_rate, rng)
    voiced *= np.float32(0.1 / max(float(np.sqrt(np.mean(voiced[voiced != 0] ** 2))), 1e-9))
    _articulate(voiced, words, singer, sample_rate, rng)
    return voiced


def _words(notes: Sequence[Note], singer: Singer, duration: float, rng: np.random.Generator) -> list[_Syllable]:
    """A syllable for every note of the highest voice, cut where the next begins; two for some long ones."""
    ordered = sorted(notes, key=lambda note: (note.start, -note.pitch))
    line = [
        note
        for last, note in zip([None, *ordered], ordered, strict=False)
        if not last or note.start > last.start + 0.04
    ]
    words = []
    for note, following in zip_longest(line, line[1:]):
        end = min(note.end, duration, following.start if following else duration)
        start = max(0.0, note.start)
        if end - start < 0.05:
            continue
        pitch = 440 * 2 ** ((_sung(note.pitch, singer) - 69) / 12)
        cuts = [start, end] if end - start < 0.4 or rng.random() < 0.7 else [start, (start + end) / 2, end]
        for begin, stop in pairwise(cuts):
            vowel = str(rng.choice(list(VOWELS)[:6]))
            spoken = rng.random() < singer.consonants
            consonant = str(rng.choice([*CONSONANTS, "m", "s", "t"])) if spoken else ""
            words.append(_Syllable(begin, stop, pitch, (0.4 + note.velocity / 200), vowel, consonant))
    return words


def _sung(pitch: int, singer: Singer) -> float:
    """The pitch in the octave that suits the singer: the middle of a voice rises with the formants."""
    middle = 55 + 36 * np.log2(singer.size)
    return float(pitch - 12 * round((pitch - middle) / 12))


def _voiced(words: Sequence[_Syllable], singer: Singer, n: int, sample_rate: int, rng: np.random.Generator) -> Samples:
    """The vowels (n,): pulses and breath through formants that glide, where there are syllables."""
    hop = round(_HOP * sample_rate)
    time = np.arange(-1, n // hop + 2) * hop / sample_rate  # of the spectra's centres
    pitch, level = _melody(words, singer, time, rng)
    source = _source(_every_sample(pitch, hop, n), sample_rate)
    source += np.float32(10 ** (singer.breath_db / 20)) * rng.standard_normal(n, np.float32)
    filtered = _filtered(source, _formants(words, singer, time, hop, sample_rate), hop)
    return filtered * _every_sample(level, hop, n)


def _every_sample(values: NDArray[np.float64], hop: int, n: int) -> Samples:
    """Values that are known every `hop` samples, the second at sample 0, in a straight line between them: (n,)."""
    known = values[1:].astype(np.float32)
    lines: Samples = np.diff(known)[:, None] * (np.arange(hop, dtype=np.float32) / np.float32(hop))
    lines += known[:-1, None]
    return lines.reshape(-1)[:n]


def _melody(
    words: Sequence[_Syllable], singer: Singer, time: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pitch (hertz) and level of the voice at some times: slides, vibrato, jitter; silence between syllables."""
    starts, ends = np.array([word.start for word in words]), np.array([word.end for word in words])
    index = np.maximum(np.searchsorted(starts, time, "right") - 1, 0)
    semitones = 12 * np.log2(np.array([word.pitch for word in words]))
    before = semitones[np.maximum(index - 1, 0)]
    since = time - starts[index]
    share = np.clip(since / singer.slide, 0, 1)
    bent = before + (semitones[index] - before) * share
    if singer.spoken:
        bent += rng.uniform(-3, 3, len(words))[index] - 12 * np.clip(since, 0, 0.5)
    vibrato = singer.vibrato * np.clip(since / 0.3 - 0.3, 0, 1) * np.sin(2 * np.pi * singer.vibrato_hz * time)
    jitter = 0.12 * rng.standard_normal(len(time))
    rise = np.clip(since / 0.03, 0, 1) * np.clip((ends[index] - time) / 0.04, 0, 1)
    level = np.where(time >= starts[index], rise, 0) * np.array([word.level for word in words])[index]
    return 2 ** ((bent + vibrato + jitter) / 12), level


def _source(pitch: Samples, sample_rate: int) -> Samples:
    """A pulse a period, (n,), spread over two samples so that its time is not rounded."""
    phase = np.cumsum(pitch.astype(np.float64) / sample_rate)
    at = np.flatnonzero(np.diff(np.floor(phase)))  # the period ends between sample at and at + 1
    late = ((np.ceil(phase[at]) - phase[at]) * sample_rate / pitch[at]).clip(0, 1).astype(np.float32)
    height = np.sqrt(sample_rate / pitch[at]).astype(np.float32)  # the same power at every pitch
    source = np.zeros(len(pitch) + 1, np.float32)
    source[at] += height * (1 - late)
    source[at + 1] += height * late
    return source[: len(pitch)]


def _formants(
    words: Sequence[_Syllable], singer: Singer, time: NDArray[np.float64], hop: int, sample_rate: int
) -> Samples:
    """The magnitude (times, bins) of the vocal tract and the glottis at some times."""
    knots, keys = [], []
    for word in words:
        glide = min(0.08, (word.end - word.start) / 3)
        first = "m" if word.consonant == "m" else "@" if word.consonant else word.vowel
        knots += [word.start, word.start + glide, word.end - 0.3 * glide]
        keys += [first, word.vowel, word.vowel]
    shapes = list(VOWELS)
    places = np.array([shapes.index(key) for key in keys])
    frequency = np.array([shape[0] for shape in VOWELS.values()])[places] * singer.size
    level = np.array([shape[1] for shape in VOWELS.values()], np.float64)[places]
    bins = np.arange(hop + 1, dtype=np.float32) * (sample_rate / 2 / hop)
    tract = np.zeros((len(time), len(bins)), np.float32)
    for formant, bandwidth in enumerate(_BANDWIDTHS):
        centre = np.interp(time, knots, frequency[:, formant]).astype(np.float32)[:, None]
        gain = 10 ** (np.interp(time, knots, level[:, formant]).astype(np.float32)[:, None] / 20)
        tract += gain / (1 + np.square((bins - centre) / np.float32(bandwidth * singer.size)))
    glottis = np.maximum(bins / 200, 0.5) ** np.float32(singer.tilt_db / 6.02 / 2)
    return tract * glottis


def _filtered(source: Samples, magnitude: Samples, hop: int) -> Samples:
    """The source (n,) through a filter that changes: spectra of overlapping frames are multiplied by the magnitudes."""
    window = np.sin(np.pi * np.arange(2 * hop) / (2 * hop)).astype(np.float32)
    n_frames = len(source) // hop + 1
    padded = np.zeros((n_frames + 2) * hop, np.float32)
    padded[hop : hop + len(source)] = source
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop]
    out = np.zeros_like(padded)
    for start in range(0, n_frames, _BATCH):
        spectrum = scipy.fft.rfft(frames[start : min(start + _BATCH, n_frames)] * window, axis=1)
        pieces = scipy.fft.irfft(spectrum * magnitude[start + 1 : start + 1 + len(spectrum)], 2 * hop, axis=1) * window
        for half in (0, 1):
            place = out[(start + half) * hop : (start + half + len(pieces)) * hop].reshape(len(pieces), hop)
            place += pieces[:, half * hop : (half + 1) * hop]
    return out[hop : hop + len(source)]


def _articulate(
    voice: Samples, words: Sequence[_Syllable], singer: Singer, sample_rate: int, rng: np.random.Generator
) -> None:
    """Consonants and breaths, in place: half of each before its vowel, bursts after a moment of silence."""
    banks = {name: _noise(name, sample_rate, rng) for name in CONSONANTS}
    before = -1.0
    for word in words:
        if word.start - before > _BREATH_AFTER and rng.random() < 0.5:
            _add(voice, _breath(banks["h"], sample_rate, rng), word.start - 0.12, sample_rate)
        before = word.end
        if word.consonant not in CONSONANTS:
            continue
        _, _, shortest, longest, level_db, burst = CONSONANTS[word.consonant]
        n = round(rng.uniform(shortest, longest) * sample_rate)
        at = round(word.start * sample_rate) - n // 2
        begin = int(rng.integers(len(banks[word.consonant]) - n))
        sound = banks[word.consonant][begin : begin + n] * _shape(n, burst)
        if burst:
            silent = voice[max(0, at - round(_CLOSED * sample_rate)) : max(0, at)]
            silent *= np.linspace(1, 0, len(silent), dtype=np.float32) ** 2
        gain = 0.25 * word.level * 10 ** ((level_db + singer.hiss_db + rng.uniform(-3, 3)) / 20)
        _add(voice, sound * np.float32(gain), at / sample_rate, sample_rate)


def _noise(name: str, sample_rate: int, rng: np.random.Generator) -> Samples:
    """A second of a consonant's noise, RMS 1: its band with soft edges."""
    low, high = CONSONANTS[name][:2]
    spectrum = scipy.fft.rfft(rng.standard_normal(sample_rate, np.float32))
    bins = np.arange(len(spectrum), dtype=np.float32)
    with np.errstate(divide="ignore"):
        spectrum *= 1 / (1 + (low / np.maximum(bins, 1)) ** 8 + (bins / high) ** 8)
    noise = scipy.fft.irfft(spectrum, sample_rate)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), np.float32)


def _shape(n: int, burst: bool) -> Samples:
    place = np.linspace(0, 1, n, dtype=np.float32)
    return np.exp(-4 * place) if burst else np.minimum(1, 4 * np.minimum(place, 1 - place))


def _breath(noise: Samples, sample_rate: int, rng: np.random.Generator) -> Samples:
    """Air drawn in before a phrase, swelling until it stops."""
    n = round(rng.uniform(0.15, 0.3) * sample_rate)
    level = 0.1 * 10 ** (rng.uniform(-26, -12) / 20)
    return noise[:n] * (np.linspace(0, 1, n, dtype=np.float32) ** 2 * np.float32(level))


def _add(voice: Samples, sound: Samples, start: float, sample_rate: int) -> None:
    """Add a sound that begins at `start` seconds, as far as the voice's time reaches."""
    at = round(start * sample_rate)
    sound = sound[max(0, -at) :]
    place = voice[max(0, at) : max(0, at) + len(sound)]
    place += sound[: len(place)]
