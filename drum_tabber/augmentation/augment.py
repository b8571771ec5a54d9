"""Augmenting audio: drawn first, then applied to samples and labels alike.

`Augmenter.draw` decides everything that is random and answers a `Draw`, plain data that JSON can hold; `Draw.apply` is
then a pure function, so that one draw can be repeated on other audio, in another process, or be written to a file and
listened to. Whatever touches time moves hits and beats with it; all else leaves attacks where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.augmentation import effects
from drum_tabber.augmentation.effects import Effect
from drum_tabber.errors import SettingError
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.sound import audio

Samples = NDArray[np.float32]
Range = tuple[float, float]

_EQ_BANDS = (  # those of audiomentations' SevenBandParametricEQ: filter, range of its centre in hertz
    ("LowShelfFilter", (42.0, 95.0)),
    ("PeakingFilter", (91.0, 204.0)),
    ("PeakingFilter", (196.0, 441.0)),
    ("PeakingFilter", (421.0, 948.0)),
    ("PeakingFilter", (909.0, 2045.0)),
    ("PeakingFilter", (1957.0, 4404.0)),
    ("HighShelfFilter", (4216.0, 9486.0)),
)


_CODED_SECONDS = (8.0, 15.0)  # how long a stretch the true codec gets, which is slow


@dataclass(frozen=True)
class AugmentSpec:
    """How often (`p_…`, probabilities) and how far audio is changed; the fields are the settings of the same names."""

    p_time_stretch: float = 0.0
    time_stretch_rates: Range = (0.85, 1.15)
    p_varispeed: float = 0.0
    varispeed_rates: Range = (0.9, 1.1)
    p_shift: float = 0.0
    p_pitch_shift: float = 0.0
    pitch_shift_semitones: Range = (-2.0, 2.0)
    p_room: float = 0.0
    p_eq: float = 0.0
    eq_db: Range = (-9.0, 9.0)
    p_compression: float = 0.0
    p_saturation: float = 0.0
    p_clipping: float = 0.0
    p_master: float = 0.0
    master_crest_db: Range = (6.0, 10.0)
    p_spaced_pair: float = 0.0
    p_tape: float = 0.0
    p_vinyl: float = 0.0
    p_band_limit: float = 0.0
    p_small_speaker: float = 0.0
    p_background_noise: float = 0.0
    background_noise_dir: str = ""
    p_noise: float = 0.0
    noise_snr_db: Range = (15.0, 45.0)
    p_mp3: float = 0.0
    codec_share: float = 0.0
    p_bit_crush: float = 0.0
    p_gain: float = 0.0
    gain_db: Range = (-18.0, 6.0)
    p_polarity: float = 0.0


@dataclass(frozen=True)
class Draw:
    """One decision about one piece of audio.

    `effects` are applied first, in order; then the speed changes by the factors `time_stretch` (the pitch stays) and
    `varispeed` (it goes along); then the audio is rolled on by `shift`, a share of its length.
    """

    effects: tuple[Effect, ...] = ()
    time_stretch: float = 1.0
    varispeed: float = 1.0
    shift: float = 0.0

    @property
    def speed(self) -> float:
        """Seconds of audio that go into each second that comes out."""
        return self.time_stretch * self.varispeed

    def apply(self, samples: Samples, sample_rate: int, hits: Hits, beats: Beats) -> tuple[Samples, Hits, Beats]:
        """Mono samples (n,) and their labels, changed; n / speed samples come out, give or take one."""
        for filters, group in groupby(self.effects, lambda effect: effects.linear(effect[0])):
            chain = list(group)
            if filters and len(chain) > 1:
                samples = effects.apply_at_once(chain, samples, sample_rate)
                continue
            for name, parameters in chain:
                samples = effects.apply(name, samples, sample_rate, **parameters)
        if self.time_stretch != 1:
            samples = effects.stretch(samples, sample_rate, self.time_stretch)
        if self.varispeed != 1:
            samples = effects.varispeed(samples, sample_rate, self.varispeed)
        offset = round(self.shift * len(samples))

        def clock(time: NDArray[np.float64]) -> NDArray[np.float64]:
            time = time / self.speed
            return (time + offset / sample_rate) % (len(samples) / sample_rate) if offset else time

        return (np.roll(samples, offset), hits.moved(clock), _in_order(beats.moved(clock)))

    def moved(self, spans: Spans, duration: float) -> Spans:
        """Where spans come to lie in audio that lasts `duration` seconds afterwards; what is rolled may lie twice."""
        stretched = spans.moved(lambda time: time / self.speed)
        if not self.shift:
            return stretched
        on, back = self.shift * duration, (self.shift - 1) * duration
        return Spans.concatenate([stretched.moved(lambda time: time + on), stretched.moved(lambda time: time + back)])


class Augmenter:
    """Draws by one spec. Raises SettingError where the folder of background noise holds none."""

    def __init__(self, spec: AugmentSpec) -> None:
        self.spec = spec
        self._noises: list[str] = []
        if spec.p_background_noise and spec.background_noise_dir:
            self._noises = [str(path) for path in audio.find([spec.background_noise_dir])]
            if not self._noises:
                raise SettingError(
                    f"BACKGROUND_NOISE_DIR {spec.background_noise_dir} holds no audio; name a folder that does, or none"
                )

    def draw(self, rng: np.random.Generator) -> Draw:
        """What shall be done to the next piece of audio."""
        spec = self.spec
        drawn: list[Effect] = []
        for p, draw_effects in self._chain():
            if rng.random() < p:
                drawn += draw_effects(rng)
        return Draw(
            tuple(drawn),
            _log_uniform(rng, spec.time_stretch_rates) if rng.random() < spec.p_time_stretch else 1.0,
            _log_uniform(rng, spec.varispeed_rates) if rng.random() < spec.p_varispeed else 1.0,
            float(rng.random()) if rng.random() < spec.p_shift else 0.0,
        )

    def _chain(self) -> list[tuple[float, Callable[[np.random.Generator], list[Effect]]]]:
        """Probabilities and draws, in the order of a recording: instrument, room, desk, tape, file, playback."""
        spec = self.spec
        return [
            (spec.p_pitch_shift, self._pitch_shift),
            (spec.p_room, self._room),
            (spec.p_spaced_pair, self._spaced_pair),
            (spec.p_eq, self._eq),
            (spec.p_compression, self._compression),
            (spec.p_saturation, lambda rng: [("saturation", {"drive_db": rng.uniform(-6, 12)})]),
            (spec.p_clipping, lambda rng: [("clipping", {"drive_db": rng.uniform(1, 12)})]),
            (spec.p_master, self._master),
            (spec.p_tape, self._tape),
            (spec.p_vinyl, self._vinyl),
            (spec.p_band_limit, self._band_limit),
            (spec.p_small_speaker, self._small_speaker),
            (spec.p_background_noise if self._noises else 0.0, self._background),
            (spec.p_noise, self._noise),
            (spec.p_mp3, self._lossy),
            (spec.p_bit_crush, lambda rng: [("BitCrush", {"bit_depth": int(rng.integers(8, 13))})]),
            (spec.p_gain, lambda rng: [("Gain", {"amplitude_ratio": 10 ** (rng.uniform(*spec.gain_db) / 20)})]),
            (spec.p_polarity, lambda rng: [("PolarityInversion", {})]),
        ]

    def _pitch_shift(self, rng: np.random.Generator) -> list[Effect]:
        return [("PitchShift", {"num_semitones": rng.uniform(*self.spec.pitch_shift_semitones)})]

    def _room(self, rng: np.random.Generator) -> list[Effect]:
        room = {"decay": _log_uniform(rng, (0.08, 1.0)), "predelay": rng.uniform(0.002, 0.02)}
        return [("room", {"seed": _seed(rng), **room, "level_db": rng.uniform(-20.0, 0.0), "darkness": rng.random()})]

    def _spaced_pair(self, rng: np.random.Generator) -> list[Effect]:
        level = rng.uniform(0.2, 0.8) * [-1, 1][rng.integers(2)]
        return [("spaced_pair", {"delay": _log_uniform(rng, (0.0001, 0.0009)), "level": level})]

    def _eq(self, rng: np.random.Generator) -> list[Effect]:
        return [
            (
                name,
                {
                    "center_freq": _log_uniform(rng, centres),
                    "gain_db": rng.uniform(*self.spec.eq_db),
                    "q_factor": rng.uniform(0.3, 1.0) if name.endswith("ShelfFilter") else rng.uniform(0.5, 2.0),
                },
            )
            for name, centres in _EQ_BANDS
        ]

    def _compression(self, rng: np.random.Generator) -> list[Effect]:
        times = {"attack": _log_uniform(rng, (0.0005, 0.02)), "release": _log_uniform(rng, (0.1, 1.0))}
        return [("compression", {"threshold_db": rng.uniform(-30, -6), "ratio": rng.uniform(2, 10), **times})]

    def _master(self, rng: np.random.Generator) -> list[Effect]:
        pressing = {"threshold_db": rng.uniform(-24, -8), "ratio": rng.uniform(1.5, 6)}
        release = _log_uniform(rng, (0.15, 1.2))
        return [("master", {**pressing, "release": release, "crest_db": rng.uniform(*self.spec.master_crest_db)})]

    def _tape(self, rng: np.random.Generator) -> list[Effect]:
        waver = {"wow": rng.uniform(0, 0.0004), "wow_hz": _log_uniform(rng, (0.4, 6.0))}
        levels = {"drive_db": rng.uniform(-9, 9), "hiss_db": rng.uniform(-65, -40)}
        return [("tape", {"seed": _seed(rng), **waver, **levels})]

    def _vinyl(self, rng: np.random.Generator) -> list[Effect]:
        dust = {"clicks": _log_uniform(rng, (0.5, 30.0)), "noise_db": rng.uniform(-65, -42)}
        return [("vinyl", {"seed": _seed(rng), **dust})]

    def _small_speaker(self, rng: np.random.Generator) -> list[Effect]:
        band = {"low": _log_uniform(rng, (120.0, 450.0)), "high": _log_uniform(rng, (3000.0, 9000.0))}
        return [("small_speaker", {**band, "drive_db": rng.uniform(-12, 6)})]

    def _lossy(self, rng: np.random.Generator) -> list[Effect]:
        """Mostly the imitation; in a `codec_share` the codec itself, on a stretch."""
        if rng.random() < self.spec.codec_share:
            stretch = {"at": rng.random(), "seconds": rng.uniform(*_CODED_SECONDS)}
            return [("mp3", {"compression": rng.uniform(0.5, 0.9), **stretch})]
        return [("lossy", {"snr_db": rng.uniform(8, 24), "cutoff": _log_uniform(rng, (9000.0, 17000.0))})]

    def _band_limit(self, rng: np.random.Generator) -> list[Effect]:
        name, cutoffs = [("LowPassFilter", (4000.0, 14000.0)), ("HighPassFilter", (40.0, 300.0))][rng.integers(2)]
        return [(name, {"cutoff_freq": _log_uniform(rng, cutoffs), "rolloff": 6 * int(rng.integers(2, 5))})]

    def _background(self, rng: np.random.Generator) -> list[Effect]:
        path = self._noises[rng.integers(len(self._noises))]
        return [("background", {"path": path, "at": rng.random(), "snr_db": rng.uniform(*self.spec.noise_snr_db)})]

    def _noise(self, rng: np.random.Generator) -> list[Effect]:
        hum_hz = [0.0, 0.0, 50.0, 60.0][rng.integers(4)]
        colour = {"darkness": rng.uniform(0, 0.98), "hum_hz": hum_hz}
        return [("noise", {"seed": _seed(rng), "snr_db": rng.uniform(*self.spec.noise_snr_db), **colour})]


def listen(path: Path | str, samples: Samples, sample_rate: int, hits: Hits) -> None:
    """Write the samples (n,) to an audio file whose right channel also ticks at every hit, each drum at its pitch."""
    ticks = np.zeros(len(samples), np.float32)
    pitches = {drum: 600.0 * 1.2**index for index, drum in enumerate(sorted(set(hits.drum.tolist())))}
    seconds = np.arange(round(0.03 * sample_rate)) / sample_rate
    for time, drum in zip(hits.time, hits.drum.tolist(), strict=True):
        tick = 0.5 * np.cos(2 * np.pi * pitches[drum] * seconds) * np.exp(-seconds / 0.006)
        place = ticks[max(0, round(time * sample_rate)) :][: len(tick)]
        place += tick[: len(place)].astype(np.float32)
    audio.write(path, np.stack([samples, samples + ticks]), sample_rate)


def _log_uniform(rng: np.random.Generator, ends: Range) -> float:
    return float(np.exp(rng.uniform(*np.log(ends))))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _in_order(beats: Beats) -> Beats:
    order = np.argsort(beats.time, kind="stable")
    return Beats(beats.time[order], beats.place[order])
