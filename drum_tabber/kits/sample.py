"""One recorded stroke: a raw recording in, a `Sample` out that can be placed to the sample and mixed by level.

Every recording is freed of DC and of what precedes its attack, faded at its end and brought to unit level; how hard it
was struck is kept beside it, from its name ("snare_ff_03") or as measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from drum_tabber.sound.filtering import filtered, low_pass, shelf

Signal = NDArray[np.float32]

# How hard a stroke was, where a file's name says so.
STRENGTHS: dict[str, int] = {
    "ghost": 0, "pp": 1, "softest": 1, "p": 2, "soft": 2, "mp": 3, "mf": 4, "med": 4, "medium": 4,
    "f": 5, "hard": 5, "accent": 5, "ff": 6, "hardest": 6,
}  # fmt: skip
UNNAMED_STRENGTH = 4
STRENGTH_WORD = rf"(?:^|(?<=[-_ ]))({'|'.join(sorted(STRENGTHS, key=len, reverse=True))})(?=$|[-_ ])"

SILENCE = 10 ** (-50 / 20)  # peak below which a recording is taken for empty
LOWEST = 15.0  # hertz; what lies below is an offset or rumble, not drum
PRE_ATTACK = 0.01  # seconds kept before the attack
MAX_FADE = 0.2  # seconds, of the fade at the end: cymbals are often cut while they ring
DAMPED_AWAY = 70 / 20 * np.log(10)  # decay times until damping has brought a sound down by 70 dB
INAUDIBLE = 10 ** (-60 / 20)  # of a recording's peak: what stays below it at the end is cut off
TILT_PIVOT = 1500.0  # hertz
BRIGHTEST = 16000.0  # hertz, where the hardest stroke's low-pass begins
N_PEAKS = 3  # of a colour
PEAKS_BETWEEN = (60.0, 12000.0)  # hertz
PEAKS_Q = (0.7, 3.0)  # widths, as centre frequency over bandwidth
LEVEL_WINDOW = 0.05  # seconds over which a stroke's level is measured


@dataclass(frozen=True, eq=False)
class Sample:
    """A stroke: `signal` (n,) at unit level (see `level_of`), the index of its `attack`, and its strength.

    Strengths compare like tuples: what the name tells first, then the level in dB of the differenced wave.
    """

    signal: Signal = field(repr=False)
    attack: int
    strength: tuple[int, float]
    name: str = ""

    @classmethod
    def of(cls, recording: Signal, sample_rate: int, name: str = "") -> Sample | None:
        """A sample ready to play, or None where the recording (n,) is as good as silent."""
        wave = _without_dc(recording, sample_rate)
        if not wave.size or np.max(np.abs(wave)) < SILENCE:
            return None
        attack = attack_of(wave, sample_rate)
        start = max(0, attack - round(PRE_ATTACK * sample_rate))
        wave = _faded(_without_end(wave[start:]), sample_rate)
        # A harder stroke is louder and also brighter: differencing tells strength even in recordings made equally loud.
        brightness = level_of(np.diff(wave, prepend=np.float32(0)), sample_rate)
        strength = (_named_strength(name), 20 * float(np.log10(brightness + 1e-12)))
        return cls(wave / np.float32(level_of(wave, sample_rate)), attack - start, strength, name)


def attack_of(signal: Signal, sample_rate: int) -> int:
    """Index of the attack: where the wave first reaches 10 % of the greatest amplitude of its first 20 ms.

    Those begin where it reaches 5 % of its overall peak. So a crash that swells is placed at the stick's ping, 6 ms
    before its loudest, and a kick at its beater, not at its boom.
    """
    wave = np.abs(signal)
    start = int(np.argmax(wave >= 0.05 * wave.max()))
    first = wave[start : start + max(1, round(0.02 * sample_rate))]
    return start + int(np.argmax(first >= 0.1 * first.max()))


def level_of(signal: Signal, sample_rate: int) -> float:
    """Level of a stroke: the greatest RMS over any 50 ms; what is shorter counts as followed by silence."""
    width = round(LEVEL_WINDOW * sample_rate)
    energy = np.concatenate([[0.0], np.cumsum(np.square(signal, dtype=np.float64))])
    inside = energy[width:] - energy[:-width] if len(signal) > width else energy[-1:]
    return float(np.sqrt(np.max(inside) / width))


def blended(first: Sample, second: Sample, gain: float, sample_rate: int) -> Sample:
    """Both at once, attack on attack, the second times `gain`: at unit level, named and as strong as the first."""
    attack = max(first.attack, second.attack)
    lead, other = (attack - sample.attack for sample in (first, second))
    signal = np.zeros(max(lead + len(first.signal), other + len(second.signal)), np.float32)
    signal[lead : lead + len(first.signal)] = first.signal
    signal[other : other + len(second.signal)] += np.float32(gain) * second.signal
    return replace(first, signal=signal / np.float32(max(level_of(signal, sample_rate), 1e-12)), attack=attack)


def damped(signal: Signal, attack: int, decay: float) -> Signal:
    """The signal falling to 1/e in `decay` samples from its attack on, cut where damping alone brings it to -70 dB."""
    end = attack + int(decay * DAMPED_AWAY)
    tail = signal[attack:end]
    return np.concatenate([signal[:attack], tail * np.exp(-np.arange(len(tail), dtype=np.float32) / np.float32(decay))])


def toned(signal: Signal, tilt: float, dulling: float, attack: int, sample_rate: int) -> Signal:
    """The signal with its highs raised by `tilt` dB over its lows and low-passed, as loud as before about its attack.

    Both filters are of first order: a shelf about `TILT_PIVOT`, and a low-pass `dulling` octaves below `BRIGHTEST`.
    """
    cutoff = BRIGHTEST * 2**-dulling
    if not tilt and not dulling:
        return signal
    sections = [shelf(TILT_PIVOT, sample_rate, 0.0, tilt)] if tilt else []
    if dulling and cutoff < 0.45 * sample_rate:
        sections.append(low_pass(cutoff, sample_rate))
    wave = filtered(signal, *sections) if sections else signal
    heard = slice(attack, attack + round(LEVEL_WINDOW * sample_rate))
    before, after = (float(np.linalg.norm(part[heard])) for part in (signal, wave))
    return wave * np.float32(before / max(after, 1e-12))


@dataclass(frozen=True)
class Colour:
    """Peaks and dips of a piece's spectrum, as its shell, head and microphone make them: (hertz, dB, Q) each."""

    peaks: tuple[tuple[float, float, float], ...] = ()

    @classmethod
    def draw(cls, rng: np.random.Generator, spread: float) -> Colour:
        """As many as `N_PEAKS` anywhere between `PEAKS_BETWEEN`, `spread` dB high or deep at most."""
        (lowest, highest), (widest, narrowest) = np.log(PEAKS_BETWEEN), np.log(PEAKS_Q)
        frequencies = np.exp(rng.uniform(lowest, highest, N_PEAKS))
        gains, widths = rng.uniform(-spread, spread, N_PEAKS), np.exp(rng.uniform(widest, narrowest, N_PEAKS))
        return cls(tuple(zip(frequencies.tolist(), gains.tolist(), widths.tolist(), strict=True)))

    def sections(self, sample_rate: int) -> NDArray[np.float64]:
        """The peaking equaliser as second-order sections (peaks, 6), by Bristow-Johnson's audio EQ cookbook."""
        rows = []
        for frequency, gain, width in self.peaks:
            angle = 2 * np.pi * min(frequency, 0.45 * sample_rate) / sample_rate
            amplitude, alpha = 10 ** (gain / 40), np.sin(angle) / (2 * width)
            middle = -2 * np.cos(angle)
            row = (1 + alpha * amplitude, middle, 1 - alpha * amplitude)
            rows.append((*row, 1 + alpha / amplitude, middle, 1 - alpha / amplitude))
        sections = np.array(rows)
        return sections / sections[:, 3:4]


def coloured(sample: Sample, colour: Colour, sample_rate: int) -> Sample:
    """The sample with the colour, at unit level; as a filter of minimum phase, it leaves the attack in place."""
    from scipy.signal import sosfilt

    if not colour.peaks:
        return sample
    signal = np.asarray(sosfilt(colour.sections(sample_rate).astype(np.float32), sample.signal), np.float32)
    return replace(sample, signal=signal / np.float32(max(level_of(signal, sample_rate), 1e-12)))


def without_strength(name: str) -> str:
    """A file's name without the word that says how hard the stroke was."""
    return re.sub(STRENGTH_WORD, "", name, flags=re.IGNORECASE)


def _named_strength(name: str) -> int:
    found = re.search(STRENGTH_WORD, name, flags=re.IGNORECASE)
    return STRENGTHS[found[1].lower()] if found else UNNAMED_STRENGTH


def _faded(signal: Signal, sample_rate: int) -> Signal:
    """The signal with its end, a quarter at most, faded to zero."""
    length = min(round(MAX_FADE * sample_rate), len(signal) // 4)
    fade = np.cos(np.linspace(0, np.pi / 2, length, dtype=np.float32)) ** 2
    return np.concatenate([signal[: len(signal) - length], signal[len(signal) - length :] * fade])


def _without_end(signal: Signal) -> Signal:
    """The signal without its inaudible end."""
    height = np.abs(signal)
    return signal[: len(signal) - int(np.argmax(height[::-1] > INAUDIBLE * height.max()))]


def _without_dc(signal: Signal, sample_rate: int) -> Signal:
    """The signal through a first-order high-pass that starts settled, so that an offset leaves no click."""
    from scipy.signal import lfilter

    if not signal.size:
        return signal
    pole = np.exp(-2 * np.pi * LOWEST / sample_rate)
    filtered, _ = lfilter([1.0, -1.0], [1.0, -pole], signal, zi=[-float(signal[0])])
    return np.asarray(filtered, np.float32)
