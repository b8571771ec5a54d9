"""Signal models of percussion: a class and a random generator in, a made-up stroke (n,) out.

They stand in for what free sample packs have little or nothing of (thuds, distorted claps, effects, tablas, taikos)
and widen what they have: struck bodies are sums of decaying modes with the ratios of their kind (a membrane's after
Fletcher & Rossing, The Physics of Musical Instruments), shaken and scraped ones bursts of filtered noise, machines
swept oscillators. Every number is drawn from a range that is wider than real instruments are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from drum_tabber.kits.synthesis import (
    LONGEST,
    Random,
    between,
    burst,
    driven,
    filtered_noise,
    instants,
    modes,
    summed,
    swept,
)

Floats = NDArray[np.float32]

MEMBRANE = (1.0, 1.593, 2.135, 2.295, 2.653, 2.917, 3.155, 3.5)  # of an ideal drum head
TIMPANI = (1.0, 1.504, 1.983, 2.446, 2.898, 3.35)  # loaded by the air in the kettle
TABLA = (1.0, 2.0, 3.0, 4.0, 5.0)  # loaded by its black paste: nearly harmonic
_RATE = 44100


def strike(kind: str, rng: Random, sample_rate: int = _RATE) -> Floats:
    """A stroke of a class that has a model (`MODELS`), about as loud as full scale."""
    wave = MODELS[kind](rng, sample_rate)
    wave = wave / max(float(np.abs(wave).max()), 1e-9)
    return wave.astype(np.float32)


def _kick(rng: Random, rate: int) -> NDArray[np.float64]:
    pitch = between(rng, 38, 75)
    body = swept(rng, pitch * between(rng, 1.5, 8), pitch, between(rng, 0.008, 0.05), between(rng, 0.08, 0.5), rate)
    click = rng.uniform(0, 0.5) * burst(rng, between(rng, 0.002, 0.012), 800, 8000, rate)
    return driven(summed(body, click), rng.uniform(-10, 14))


def _snare(rng: Random, rate: int) -> NDArray[np.float64]:
    """A snare struck with a stick or a brush, one whose room is gated, or a machine's."""
    return _SNARES[int(rng.integers(len(_SNARES)))](rng, rate)


def _stick_on_snare(rng: Random, rate: int) -> NDArray[np.float64]:
    body = modes(rng, MEMBRANE[:4], between(rng, 140, 300), between(rng, 0.03, 0.12), rate, bend=rng.uniform(0, 2))
    wires = burst(rng, between(rng, 0.04, 0.2), between(rng, 500, 2500), between(rng, 6000, 15000), rate)
    return driven(summed(body * rng.uniform(0.2, 1.0), 0.3 * wires), rng.uniform(-10, 10))


def _brush_on_snare(rng: Random, rate: int) -> NDArray[np.float64]:
    """Many thin wires that land within some milliseconds on a soft head: little body, no click, at times a sweep."""
    low, high = between(rng, 250, 1800), between(rng, 5000, 15000)
    wires = burst(rng, between(rng, 0.012, 0.09), low, high, rate, attack=between(rng, 0.001, 0.012))
    body = modes(rng, MEMBRANE[:4], between(rng, 130, 300), between(rng, 0.02, 0.1), rate)
    sweep = burst(rng, between(rng, 0.05, 0.2), 1200, high, rate, attack=between(rng, 0.02, 0.1))
    return summed(0.4 * wires, rng.uniform(0.02, 0.5) * body, rng.uniform(0, 0.06) * sweep)


def _gated_snare(rng: Random, rate: int) -> NDArray[np.float64]:
    """A stick's stroke in a loud room that a gate shuts at once."""
    room = burst(rng, between(rng, 0.3, 1.5), between(rng, 200, 800), between(rng, 4000, 10000), rate)
    t = np.arange(len(room)) / rate
    open_for = between(rng, 0.06, 0.3)
    gate = np.clip(1 - (t - open_for) / between(rng, 0.005, 0.04), 0, 1)
    return driven(summed(_stick_on_snare(rng, rate), rng.uniform(0.1, 0.5) * room * gate), rng.uniform(-5, 12))


def _analog_snare(rng: Random, rate: int) -> NDArray[np.float64]:
    """Two sines that ring by themselves, as the shell's modes, and high-passed noise."""
    t = instants(0.8, rate)
    pitch, decay = between(rng, 120, 280), between(rng, 0.03, 0.15)
    shell = np.sin(2 * np.pi * pitch * t) + rng.uniform(0.2, 1) * np.sin(2 * np.pi * pitch * rng.uniform(1.4, 2.1) * t)
    snap = burst(rng, between(rng, 0.03, 0.25), between(rng, 500, 4000), between(rng, 7000, 18000), rate)
    return driven(summed(shell * np.exp(-t / decay), rng.uniform(0.1, 1.0) * snap), rng.uniform(-10, 10))


def _swept_snare(rng: Random, rate: int) -> NDArray[np.float64]:
    """An oscillator that falls into a long burst of dull noise, as electronic drums of the eighties have it."""
    pitch, decay = between(rng, 110, 320), between(rng, 0.05, 0.35)
    tone = swept(rng, pitch * between(rng, 1.1, 4), pitch, between(rng, 0.01, 0.08), decay, rate)
    noise = burst(rng, decay * between(rng, 0.6, 2), between(rng, 80, 900), between(rng, 2500, 12000), rate)
    click = rng.uniform(0, 0.4) * burst(rng, 0.002, 1000, 12000, rate)
    return driven(summed(rng.uniform(0.2, 1.0) * tone, rng.uniform(0.2, 0.7) * noise, click), rng.uniform(-8, 14))


def _metal_noise(rng: Random, decay: float, rate: int, low: float) -> NDArray[np.float64]:
    """Six square waves at odd ratios, as the TR-808's cymbals, with noise, high-passed."""
    t = instants(min(LONGEST, 6 * decay), rate)
    pitches = between(rng, 180, 500) * np.array([1, 1.342, 1.5, 1.66, 1.98, 2.66]) * rng.uniform(0.9, 1.1, 6)
    squares = np.sum([np.sign(np.sin(2 * np.pi * pitch * t)) for pitch in pitches], axis=0)
    wave = squares * rng.uniform(0, 1) + 3 * rng.uniform(0.2, 1) * rng.standard_normal(len(t))
    size = next_fast_len(len(t), real=True)
    spectrum = rfft(wave, size)
    hertz = np.arange(len(spectrum)) * rate / size + 1e-9
    return irfft(spectrum / np.sqrt(1 + (low / hertz) ** 8), size)[: len(t)] * np.exp(-t / decay)


def _clap(rng: Random, rate: int) -> NDArray[np.float64]:
    low, high = between(rng, 500, 1100), between(rng, 2000, 6000)
    gaps = np.cumsum(np.r_[0, rng.uniform(0.006, 0.016, rng.integers(1, 5))])
    bursts = [np.r_[np.zeros(round(gap * rate)), burst(rng, 0.006, low, high, rate)] for gap in gaps]
    tail = np.r_[np.zeros(round(gaps[-1] * rate)), burst(rng, between(rng, 0.03, 0.15), low, high, rate)]
    return summed(*bursts, rng.uniform(0.4, 1.0) * tail)


def _tom(low: float, high: float) -> Callable[[Random, int], NDArray[np.float64]]:
    def model(rng: Random, rate: int) -> NDArray[np.float64]:
        pitch, decay = between(rng, low, high), between(rng, 0.12, 0.5)
        if rng.random() < 0.5:
            body = swept(rng, pitch * rng.uniform(1.2, 2), pitch, between(rng, 0.02, 0.1), decay, rate)
        else:
            body = modes(rng, MEMBRANE, pitch, decay, rate, bend=rng.uniform(0, 4))
        return summed(body, rng.uniform(0, 0.15) * burst(rng, 0.01, 800, 6000, rate))

    return model


def _taiko(rng: Random, rate: int) -> NDArray[np.float64]:
    body = modes(rng, MEMBRANE, between(rng, 45, 120), between(rng, 0.3, 0.9), rate, 0.9, rng.uniform(0, 3))
    thump = rng.uniform(0.1, 0.4) * burst(rng, between(rng, 0.01, 0.04), 100, 1500, rate)
    room = rng.uniform(0.02, 0.12) * burst(rng, between(rng, 0.3, 0.8), 60, 900, rate)
    return summed(body, thump, room)


def _timpani(rng: Random, rate: int) -> NDArray[np.float64]:
    body = modes(rng, TIMPANI, between(rng, 65, 180), between(rng, 0.6, 1.8), rate, 0.5)
    return summed(body, rng.uniform(0.02, 0.15) * burst(rng, 0.02, 80, 900, rate))


def _tabla(rng: Random, rate: int) -> NDArray[np.float64]:
    kind = rng.integers(3)
    if kind == 0:  # the high drum, open or damped
        ring = modes(rng, TABLA, between(rng, 220, 420), between(rng, 0.06, 0.5), rate, 0.6)
        return summed(ring, rng.uniform(0.05, 0.3) * burst(rng, 0.004, 1500, 8000, rate))
    if kind == 1:  # the low drum, its pitch pressed upwards
        pitch = between(rng, 60, 110)
        body = swept(rng, pitch, pitch * rng.uniform(1.1, 1.9), between(rng, 0.08, 0.3), between(rng, 0.2, 0.6), rate)
        return summed(body, rng.uniform(0.02, 0.15) * burst(rng, 0.01, 300, 4000, rate))
    slap = burst(rng, between(rng, 0.01, 0.03), between(rng, 300, 900), between(rng, 2000, 6000), rate)
    return summed(slap, 0.8 * modes(rng, TABLA[:3], between(rng, 180, 420), 0.03, rate))


def _wooden(
    low: float, high: float, decay: tuple[float, float], n: int
) -> Callable[[Random, int], NDArray[np.float64]]:
    def model(rng: Random, rate: int) -> NDArray[np.float64]:
        ratios = (1.0, *np.sort(rng.uniform(1.3, 5.0, n - 1)))
        body = modes(rng, ratios, between(rng, low, high), between(rng, *decay), rate)
        return summed(body, rng.uniform(0.02, 0.25) * burst(rng, 0.002, 1500, 10000, rate))

    return model


def _sticks(rng: Random, rate: int) -> NDArray[np.float64]:
    ratios = (1.0, *np.sort(rng.uniform(1.2, 3.0, 3)))
    body = modes(rng, ratios, between(rng, 1300, 3200), between(rng, 0.006, 0.02), rate)
    return summed(body, rng.uniform(0.3, 1.0) * burst(rng, 0.004, 2500, 14000, rate))


def _cowbell(rng: Random, rate: int) -> NDArray[np.float64]:
    t = instants(1.0, rate)
    pitch, ratio, decay = between(rng, 420, 900), rng.uniform(1.38, 1.58), between(rng, 0.05, 0.3)
    wave = np.tanh(3 * np.sin(2 * np.pi * pitch * t)) + np.tanh(3 * np.sin(2 * np.pi * pitch * ratio * t))
    return wave * (0.6 * np.exp(-t / 0.015) + np.exp(-t / decay))


def _triangle(rng: Random, rate: int) -> NDArray[np.float64]:
    ratios = (1.0, *np.sort(rng.uniform(1.5, 9.0, 9)))
    decay = between(rng, 0.04, 0.12) if rng.random() < 0.3 else between(rng, 0.6, 2.0)
    return modes(rng, ratios, between(rng, 1100, 2600), decay, rate, 0.2)


def _metal(rng: Random, rate: int) -> NDArray[np.float64]:
    ratios = (1.0, *np.sort(rng.uniform(1.2, 14.0, int(rng.integers(6, 20)))))
    body = modes(rng, ratios, between(rng, 150, 1200), between(rng, 0.08, 1.0), rate, rng.uniform(0, 0.5))
    return driven(summed(body, rng.uniform(0, 0.6) * burst(rng, 0.01, 1000, 12000, rate)), rng.uniform(-10, 16))


def _vibraphone(rng: Random, rate: int) -> NDArray[np.float64]:
    t = instants(LONGEST, rate)
    pitch, decay = between(rng, 170, 1400), between(rng, 0.4, 1.5)
    parts = ((1.0, 1.0, decay), (4.0, rng.uniform(0.1, 0.5), decay / 3), (10.0, rng.uniform(0.02, 0.2), decay / 12))
    wave = sum(level * np.exp(-t / fall) * np.sin(2 * np.pi * pitch * ratio * t) for ratio, level, fall in parts)
    return np.asarray(wave * (1 + rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(3, 8) * t)))


def _shaker(rng: Random, rate: int) -> NDArray[np.float64]:
    low, high, attack = between(rng, 2500, 6000), between(rng, 9000, 18000), between(rng, 0.005, 0.06)
    first = burst(rng, between(rng, 0.015, 0.07), low, high, rate, attack)
    if rng.random() < 0.5:
        return first
    gap = np.zeros(round(rng.uniform(0.06, 0.12) * rate))
    return summed(
        first, np.r_[gap, rng.uniform(0.4, 1.2) * burst(rng, between(rng, 0.015, 0.07), low, high, rate, attack)]
    )


def _guiro(rng: Random, rate: int) -> NDArray[np.float64]:
    length = between(rng, 0.08, 0.5)
    times = np.cumsum(1 / (between(rng, 35, 90) * np.linspace(1, rng.uniform(0.8, 2.0), 60)))
    low, high = between(rng, 1000, 2800), between(rng, 4000, 9000)
    scrape = burst(rng, between(rng, 0.002, 0.006), low, high, rate)[: round(0.03 * rate)]
    ticks = [np.r_[np.zeros(round(at * rate)), rng.uniform(0.5, 1) * scrape] for at in times[times < length]]
    return summed(scrape, *ticks)


def _cuica(rng: Random, rate: int) -> NDArray[np.float64]:
    t = instants(between(rng, 0.1, 0.5), rate)
    place = t / t[-1]
    bend = rng.uniform(-0.5, 0.7) * place + rng.uniform(-0.3, 0.3) * np.sin(np.pi * place)
    phase = 2 * np.pi * np.cumsum(between(rng, 220, 750) * 2**bend) / rate
    wave = sum(np.sin(k * phase) * k ** -rng.uniform(0.6, 1.6) for k in range(1, 9))
    return np.asarray(wave * np.sin(np.pi * place**0.6) + 0.05 * rng.standard_normal(len(t)))


def _whistle(rng: Random, rate: int) -> NDArray[np.float64]:
    t = instants(between(rng, 0.12, 0.9), rate)
    trill, slide = rng.uniform(18, 45), rng.uniform(-0.6, 0.6) if rng.random() < 0.4 else 0.0
    pea = np.sin(2 * np.pi * trill * t) * (rng.random() < 0.7)
    phase = 2 * np.pi * np.cumsum(between(rng, 1100, 3600) * (1 + 0.03 * pea) * 2 ** (slide * t / t[-1])) / rate
    tone = np.sin(phase) + rng.uniform(0, 0.3) * np.sin(2 * phase) + rng.uniform(0, 0.4) * np.sin(1.08 * phase)
    breath = rng.uniform(0.02, 0.25) * filtered_noise(rng, len(t) / rate, 1500, 9000, rate)[: len(t)]
    edges = np.minimum(1, np.minimum(t, t[-1] - t) / rng.uniform(0.01, 0.04))
    return np.asarray((tone * (1 + 0.5 * pea) + breath) * edges)


def _bass(rng: Random, rate: int) -> NDArray[np.float64]:
    t = instants(between(rng, 0.25, 1.4), rate)
    pitch, bright, decay = between(rng, 32, 165), between(rng, 0.6, 3.0), between(rng, 0.15, 1.5)
    wave = np.zeros_like(t)
    for k in range(1, 25):
        fall = decay / (1 + 0.15 * k * bright)
        odd = 1.0 if rng.random() < 0.8 or k % 2 else 0.2
        wave += odd * k**-bright * np.sin(2 * np.pi * k * pitch * t) * (np.exp(-t / fall) + 0.1 * (k < 4))
    return wave * np.minimum(1, (t[-1] - t) / 0.03) * np.minimum(1, t / rng.uniform(0.001, 0.02))


def _thud(rng: Random, rate: int) -> NDArray[np.float64]:
    low = between(rng, 25, 65)
    boom = swept(rng, low * between(rng, 1, 4), low, 0.1, between(rng, 0.3, 0.9), rate)
    rumble = rng.uniform(0.2, 1.0) * burst(rng, between(rng, 0.25, 1.0), 20, between(rng, 120, 900), rate)
    tail = rng.uniform(0, 0.3) * burst(rng, between(rng, 0.2, 0.8), 40, 3000, rate)
    return driven(summed(boom, rumble, tail), rng.uniform(10, 35))


def _industrial(rng: Random, rate: int) -> NDArray[np.float64]:
    """A snare or a clap, torn by distortion, coarse steps, a ring modulator or a gate."""
    wave = driven((_stick_on_snare if rng.random() < 0.6 else _clap)(rng, rate), rng.uniform(22, 42))
    t = np.arange(len(wave)) / rate
    if rng.random() < 0.5:
        steps = int(rng.integers(3, 16))
        wave = np.round(np.repeat(wave[::steps], steps)[: len(wave)] * 6) / 6
    if rng.random() < 0.4:
        wave = wave * np.sin(2 * np.pi * between(rng, 60, 900) * t)
    noise = 0.5 * driven(burst(rng, between(rng, 0.05, 0.3), 300, 9000, rate), 25)
    wave = summed(wave, noise * rng.uniform(0, 1))
    gate = round(between(rng, 0.08, 0.5) * rate)
    return wave[:gate] if rng.random() < 0.6 else wave


def _effect(rng: Random, rate: int) -> NDArray[np.float64]:
    seconds = between(rng, 0.1, 1.2)
    t = instants(seconds, rate)
    kind = rng.integers(5)
    if kind == 0:  # a zap
        start, end = between(rng, 1500, 9000), between(rng, 60, 500)
        ends = (start, end) if rng.random() < 0.7 else (end, start)
        return swept(rng, *ends, between(rng, 0.02, 0.2), seconds / 3, rate)
    if kind == 1:  # frequency modulation gone wild
        depth = between(rng, 2, 40) * np.exp(-t / (seconds * rng.uniform(0.2, 2)))
        pitch = between(rng, 80, 1500)
        wave = np.sin(2 * np.pi * pitch * t + depth * np.sin(2 * np.pi * pitch * rng.uniform(0.3, 5) * t))
        return wave * np.exp(-2 * t / seconds)
    if kind == 2:  # something reversed
        names = ("cym", "snr", "met", "hho", "fx", "clp")
        return strike(str(rng.choice(names)), rng, rate)[::-1].astype(np.float64)
    if kind == 3:  # bleeps
        steps = np.repeat(
            np.exp(rng.uniform(np.log(150), np.log(4000), 40)), max(1, len(t) // int(rng.integers(4, 30)))
        )
        phase = 2 * np.pi * np.cumsum(np.resize(steps, len(t))) / rate
        return np.tanh(between(rng, 0.5, 6) * np.sin(phase)) * np.minimum(1, (t[-1] - t) / 0.02)
    low, high = between(rng, 100, 2000), between(rng, 2500, 12000)  # a scratch: noise and tone that sweep to and fro
    wobble = np.sin(2 * np.pi * rng.uniform(2, 12) * t)
    phase = 2 * np.pi * np.cumsum(between(rng, 200, 900) * 2 ** (1.5 * wobble)) / rate
    return (filtered_noise(rng, seconds + 0.01, low, high, rate)[: len(t)] * 0.4 + np.sin(phase)) * np.abs(wobble)


_SNARES = (_stick_on_snare, _brush_on_snare, _gated_snare, _analog_snare, _swept_snare)
MODELS: dict[str, Callable[[Random, int], NDArray[np.float64]]] = {
    "kick": _kick,
    "snr": _snare,
    "hhc": lambda rng, rate: _metal_noise(rng, between(rng, 0.01, 0.06), rate, between(rng, 4000, 8000)),
    "hho": lambda rng, rate: _metal_noise(rng, between(rng, 0.12, 0.5), rate, between(rng, 4000, 8000)),
    "cym": lambda rng, rate: _metal_noise(rng, between(rng, 0.5, 1.5), rate, between(rng, 800, 4000)),
    "clp": _clap,
    "tom": _tom(95, 260),
    "tomf": _tom(50, 105),
    "taik": _taiko,
    "tim": _timpani,
    "tab": _tabla,
    "stick": _sticks,
    "clav": _wooden(1700, 3200, (0.02, 0.07), 1),
    "wood": _wooden(380, 1500, (0.015, 0.06), 3),
    "cow": _cowbell,
    "tri": _triangle,
    "met": _metal,
    "vib": _vibraphone,
    "shk": _shaker,
    "gui": _guiro,
    "cui": _cuica,
    "whis": _whistle,
    "bass": _bass,
    "thd": _thud,
    "cah": _industrial,
    "fx": _effect,
}
N_KINDS = {"snr": len(_SNARES)}  # of strokes that one name stands for, where these are several
