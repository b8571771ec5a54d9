"""Drums that nobody built: a random generator in, a `Kit` of a kick and cymbals out, other ones each time.

Recorded kits are few, so a network can learn them by heart, and then takes a crash that it has never heard for a ride.
Here every recording may have drums of its own. They are signal models: a kick is a swept tone, a skin's modes and a
beater; a bell is that of its ride. Cymbals have so many modes that they are noise above a kilohertz, each band with a
level and a decay of its own, over single modes below; highs swell where a plate is struck hard, as energy climbs from
mode to mode (Fletcher & Rossing, The Physics of Musical Instruments, chapter 20).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Sample
from drum_tabber.kits.struck import MEMBRANE
from drum_tabber.kits.synthesis import Random, between, burst, driven, modes, summed, swept

NAME = "imagined"
STRENGTHS = (0.3, 0.65, 1.0)  # how hard the strokes of a piece are
_SECONDS = 2.5  # that a cymbal may ring
_LOWEST, _HIGHEST, _N_BANDS = 350.0, 18000.0, 14  # hertz of a plate's bands of noise, and their number
_PIVOT = 3000.0  # hertz about which harder strokes are brighter

Wave = NDArray[np.float64]


def imagined(rng: Random, sample_rate: int = 44100) -> Kit:
    """A kick, a ride and its bell, a crash, a splash and a china, each struck softly, harder and hard.

    Snares, toms and hats made likewise were tried and taught networks to take recorded ones for one another
    (docs/experiments.md).
    """
    strokes: dict[str, Callable[[float], Wave]] = {
        "BD": _kick(rng, sample_rate),
        **_ride(rng, sample_rate),
        "CC": _crash(rng, sample_rate),
        "SC": _splash(rng, sample_rate),
        "CH": _china(rng, sample_rate),
    }
    return Kit(NAME, sample_rate, {code: (_piece(stroke, sample_rate),) for code, stroke in strokes.items()})


def _piece(stroke: Callable[[float], Wave], sample_rate: int) -> Piece:
    samples = []
    for strength in STRENGTHS:
        wave = stroke(strength)
        wave *= strength / np.abs(wave).max()
        if sample := Sample.of(wave.astype(np.float32), sample_rate):
            samples.append(sample)
    return Piece.of(NAME, samples)


def _kick(rng: Random, rate: int) -> Callable[[float], Wave]:
    pitch, fall, decay = between(rng, 38, 80), between(rng, 1.2, 6), between(rng, 0.03, 0.35)
    sweep, click, bright = between(rng, 0.006, 0.05), rng.uniform(0, 0.6), between(rng, 2000, 9000)
    drive, head, thump = rng.uniform(-10, 12), rng.uniform(0, 0.5), rng.uniform(0, 0.5)

    def stroke(strength: float) -> Wave:
        body = swept(rng, pitch * (1 + (fall - 1) * strength), pitch, sweep, decay, rate)
        skin = head * modes(rng, MEMBRANE[1:5], 1.5 * pitch, 0.4 * decay, rate)
        beater = click * strength * burst(rng, between(rng, 0.002, 0.008), 700, bright, rate)
        return driven(summed(body, skin, beater, thump * burst(rng, 0.02, 60, 500, rate)), drive)

    return stroke


@dataclass(frozen=True, eq=False)
class _Plate:
    """A cymbal: bands of noise (bands, n) at their centres in hertz, levels of each, and a few modes below."""

    noise: NDArray[np.float32]
    centres: Wave
    levels: Wave
    low_modes: tuple[float, ...]
    low_level: float
    rate: int

    @classmethod
    def draw(cls, rng: Random, rate: int, peak: float, width: float, low_level: float) -> _Plate:
        """A plate that is loudest about `peak` hertz and falls off on either side over `width` octaves."""
        n = round(_SECONDS * rate)
        spectrum = rfft(rng.standard_normal(n).astype(np.float32))
        octave = np.log2(np.maximum(np.arange(len(spectrum)) * rate / n, 1.0))
        edges = np.linspace(np.log2(_LOWEST), np.log2(min(_HIGHEST, 0.48 * rate)), _N_BANDS + 1)
        step, centres = edges[1] - edges[0], (edges[1:] + edges[:-1]) / 2
        shapes = np.cos(np.clip((octave - centres[:, None]) / step, -1, 1) * np.pi / 2).astype(np.float32)
        noise = irfft(spectrum * shapes, n, axis=1)
        noise /= np.maximum(noise.std(axis=1, keepdims=True), 1e-9)
        levels = 2.0 ** (-(((centres - np.log2(peak)) / width) ** 2)) * 10 ** (rng.normal(0, 3.5, _N_BANDS) / 20)
        low = tuple(np.sort(np.exp(rng.uniform(np.log(180), np.log(1400), int(rng.integers(4, 16))))).tolist())
        return cls(noise, 2.0**centres, levels, low, low_level, rate)

    def struck(
        self, rng: Random, strength: float, decay: float, *, slope: float, harder: float, swell: float = 0.0
    ) -> Wave:
        """The plate ringing for `decay` seconds to 1/e at the pivot, `slope` less an octave up; highs swell so long.

        Softer strokes are darker, by the power `harder` of the frequency.
        """
        seconds = min(_SECONDS, 6 * decay + 0.05)
        t = np.arange(round(seconds * self.rate), dtype=np.float32) / np.float32(self.rate)
        above = self.centres / _PIVOT
        falls = decay * above**-slope
        gains = self.levels * above ** (-harder * (1 - strength))
        wave = np.zeros_like(t)
        for noise, fall, gain, high in zip(self.noise, falls, gains, above, strict=True):
            envelope = np.exp(-t / np.float32(fall))
            if swell and high > 1:
                envelope *= 1 - np.exp(-t / np.float32(swell * strength))
            wave += np.float32(gain) * noise[: len(t)] * envelope
        body = modes(rng, [one / 400 for one in self.low_modes], 400, decay, self.rate, slope)
        return summed(wave.astype(np.float64), self.low_level * body)


def _roughness(rng: Random, wave: Wave, depth: float, rate: int) -> Wave:
    """The wave rattling: its level moves by chance, some 30 to 200 times a second."""
    every = round(rate / between(rng, 30, 200))
    knots = 1 + depth * rng.standard_normal(len(wave) // every + 2)
    return wave * np.interp(np.arange(len(wave)) / every, np.arange(len(knots)), knots)


def _ride(rng: Random, rate: int) -> dict[str, Callable[[float], Wave]]:
    """A ride: a ping of the stick over a wash that stays behind it, and its bell, a few strong modes."""
    plate = _Plate.draw(rng, rate, between(rng, 3500, 12000), rng.uniform(1.0, 2.4), between(rng, 0.03, 0.6))
    wash, decay, slope = rng.uniform(0.08, 0.7), between(rng, 0.5, 2.5), rng.uniform(0.2, 0.7)
    ping, harder = between(rng, 0.012, 0.08), rng.uniform(0.2, 0.9)
    tones, cup = np.sort(rng.uniform(1.0, 6.0, 8)), between(rng, 450, 1100)
    tone, bells = rng.uniform(0, 0.6), between(rng, 0.3, 1.5)

    def stroke(strength: float) -> Wave:
        ringing = plate.struck(rng, strength, decay, slope=slope, swell=0.01, harder=harder)
        attack = plate.struck(rng, strength, ping, slope=0.1, harder=0.5 * harder)
        clang = modes(rng, tones.tolist(), 2 * cup, 0.3 * bells, rate)
        return summed(wash * ringing, attack, tone * clang)

    def bell(strength: float) -> Wave:
        rings = modes(rng, (1.0, *tones.tolist()), cup, bells, rate, 0.3)
        level = float(np.abs(rings).max()) or 1.0
        return summed(rings / level * 3, 0.5 * stroke(strength))

    return {"RD": stroke, "RB": bell}


def _crash(rng: Random, rate: int) -> Callable[[float], Wave]:
    plate = _Plate.draw(rng, rate, between(rng, 3000, 12000), rng.uniform(1.2, 2.8), between(rng, 0.03, 0.5))
    decay, slope, swell = between(rng, 0.2, 1.4), rng.uniform(0.0, 0.6), between(rng, 0.004, 0.04)
    return lambda strength: plate.struck(rng, strength, decay, slope=slope, swell=swell, harder=0.9)


def _splash(rng: Random, rate: int) -> Callable[[float], Wave]:
    plate = _Plate.draw(rng, rate, between(rng, 4000, 12000), rng.uniform(1.2, 2.4), between(rng, 0.02, 0.4))
    decay, slope, swell = between(rng, 0.1, 0.4), rng.uniform(0.1, 0.6), between(rng, 0.002, 0.01)
    return lambda strength: plate.struck(rng, strength, decay, slope=slope, swell=swell, harder=0.7)


def _china(rng: Random, rate: int) -> Callable[[float], Wave]:
    """A plate with an upturned edge: darker than a crash, rough, and sooner gone."""
    plate = _Plate.draw(rng, rate, between(rng, 2000, 7000), rng.uniform(1.2, 2.4), between(rng, 0.1, 0.8))
    decay, slope, depth = between(rng, 0.2, 0.8), rng.uniform(0.0, 0.5), rng.uniform(0.2, 0.8)

    def stroke(strength: float) -> Wave:
        wave = plate.struck(rng, strength, decay, slope=slope, swell=between(rng, 0.002, 0.015), harder=0.7)
        return driven(_roughness(rng, wave, depth, rate), 10 * strength)

    return stroke
