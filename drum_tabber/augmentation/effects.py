"""Effects on mono samples (n,): pure functions of the samples and plain parameters, none of which moves an attack.

Effects in CamelCase are audiomentations' own, by the names of its transforms and their parameters. The others are ours,
because audiomentations lacks them, draws while it applies them (noise, which could not be repeated then), needs further
packages for them (rooms, compression, mp3), or sets their level by percentiles of the samples (clipping, saturation),
which tears apart a drum track that is mostly silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from drum_tabber.augmentation import coding, mastering
from drum_tabber.sound import audio
from drum_tabber.sound.filtering import Section, convolved, filtered, peak_of, rms

Samples = NDArray[np.float32]
Effect = tuple[str, dict[str, Any]]  # a name that `apply` knows, and parameters

_QUIET = 1e-3  # RMS below which noise is not scaled down further: silence gets its hiss too
_NOISE_SECONDS = 60.0  # of a file of background noise are used at most
_N_EARLY = 8  # reflections that stand out of a room's noise
_HUM = ((1, 1.0), (2, 0.5), (3, 0.35), (5, 0.15))  # harmonics of the mains and their amplitudes


def apply(name: str, samples: Samples, sample_rate: int, **parameters: Any) -> Samples:
    """The effect of this name; the length stays."""
    if name in _OURS:
        return _OURS[name](samples, sample_rate, **parameters)
    if "center_freq" in parameters:  # audiomentations' equalisers blow up above half the sample rate
        parameters["center_freq"] = min(parameters["center_freq"], 0.45 * sample_rate)
    return _audiomentation(name, samples, sample_rate, parameters)


def linear(name: str) -> bool:
    """Whether an effect is a filter, so that it and its neighbours can be applied at once."""
    return name in _MEMORY


def apply_at_once(chain: Sequence[Effect], samples: Samples, sample_rate: int) -> Samples:
    """Linear effects one after the other, as the one filter that they are together: a convolution with what they make
    of a click."""
    memory = max((_MEMORY[name] for name, _ in chain), default=0.0)
    memory += sum(parameters.get(each, 0.0) for _, parameters in chain for each in ("predelay", "decay", "delay"))
    response = np.zeros(2 + round(memory * sample_rate), np.float32)
    response[1] = 1.0  # not the first sample, to which audiomentations' filters are settled
    for name, parameters in chain:
        response = apply(name, response, sample_rate, **parameters)
    return convolved(samples, response[1:])


def stretch(samples: Samples, sample_rate: int, speed: float) -> Samples:
    """Played at another speed with the pitch kept: what was at time t is at t / speed.

    Signalsmith's stretcher, by way of audiomentations: measured on bursts, attacks stay within 0.3 ms of their place,
    where librosa's phase vocoder moves them by 1 to 19 ms.
    """
    return _audiomentation("TimeStretch", samples, sample_rate, {"rate": speed}, leave_length_unchanged=False)


def varispeed(samples: Samples, sample_rate: int, speed: float) -> Samples:
    """Played at another speed like a tape, the pitch going along: what was at time t is at t / speed."""
    return soxr.resample(samples, speed * sample_rate, sample_rate)


def _audiomentation(
    name: str, samples: Samples, sample_rate: int, parameters: dict[str, Any], **options: Any
) -> Samples:
    import audiomentations  # 1.5 s to load

    transform = getattr(audiomentations, name)(p=1.0, **options)
    transform.parameters = {"should_apply": True, **parameters}
    transform.freeze_parameters()
    return np.asarray(transform(samples, sample_rate), np.float32)


def _room(
    samples: Samples, sample_rate: int, seed: int, decay: float, predelay: float, level_db: float, darkness: float = 0.0
) -> Samples:
    """A room `level_db` against the direct sound: a few early reflections, then noise that decays.

    The lows decay by 60 dB in `decay` seconds, the highs in the share of it that `darkness`, 0 to 1, leaves.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(round((predelay + decay) * sample_rate), dtype=np.float32) / np.float32(sample_rate) - predelay
    noise = rng.standard_normal(len(time), np.float32) * (time >= 0)
    low = filtered(noise, Section((0.3, 0.0), 0.7))
    response = low * 10 ** (-3 * time / decay) + (noise - low) * 10 ** (-3 * time / (decay * (1.0 - 0.8 * darkness)))
    early = round(predelay * sample_rate) + rng.integers(len(time) - round(predelay * sample_rate), size=_N_EARLY)
    response[early] += rng.choice([-1, 1], _N_EARLY) * 6 * 10 ** (-4 * time[early] / decay)
    response *= 10 ** (level_db / 20) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    return convolved(samples, response.astype(np.float32))


def _clipping(samples: Samples, sample_rate: int, drive_db: float) -> Samples:
    """Peaks cut off at `drive_db` under the loudest."""
    limit = np.float32(peak_of(samples) * 10 ** (-drive_db / 20))
    return np.clip(samples, -limit, limit)


def _saturation(samples: Samples, sample_rate: int, drive_db: float) -> Samples:
    """Bent like tape, by tanh: the loudest peak, driven to `drive_db` over 1, keeps its level, quiet parts come up."""
    peak = max(peak_of(samples), 1e-9)
    drive = 10 ** (drive_db / 20)
    driven = samples * np.float32(drive / peak)
    bent: Samples = np.tanh(driven, out=driven)
    bent *= np.float32(peak / np.tanh(drive))
    return bent


def _noise(samples: Samples, sample_rate: int, seed: int, snr_db: float, darkness: float, hum_hz: float) -> Samples:
    """Hiss, from white (`darkness` 0) to dull (near 1), and the hum of the mains unless `hum_hz` is 0."""
    noise = np.random.default_rng(seed).standard_normal(len(samples), np.float32)
    noise = filtered(noise, Section((1.0, 0.0), darkness))
    if hum_hz:
        phase = (
            2 * np.pi * hum_hz / sample_rate * np.arange(sample_rate)
        )  # a second, after which whole hertz begin anew
        hum = np.sum([amplitude * np.sin(harmonic * phase) for harmonic, amplitude in _HUM], axis=0)
        noise /= np.float32(max(rms(noise), 1e-9))
        noise += np.resize(hum.astype(np.float32), len(noise))
    return _mixed(samples, noise, snr_db)


def _background(samples: Samples, sample_rate: int, path: str, at: float, snr_db: float) -> Samples:
    """A recording of other sounds, from the share `at` of its length on, repeated where it is too short."""
    noise = _background_of(path, sample_rate)
    return _mixed(samples, np.resize(np.roll(noise, -round(at * len(noise))), len(samples)), snr_db)


@lru_cache(maxsize=8)
def _background_of(path: str, sample_rate: int) -> Samples:
    return next(audio.stream(path, sample_rate, block=_NOISE_SECONDS))


def _mixed(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    level = max(rms(samples), _QUIET) * 10 ** (-snr_db / 20)
    scaled: Samples = noise * np.float32(level / max(rms(noise), 1e-9))
    scaled += samples
    return scaled


_RINGING = 0.25  # seconds in which filters die away by 80 dB
_MEMORY = {  # linear effects and how long they ring, beside what their parameters say
    "room": 0.0,
    "spaced_pair": 0.0,
    "LowShelfFilter": _RINGING,
    "PeakingFilter": _RINGING,
    "HighShelfFilter": _RINGING,
    "LowPassFilter": _RINGING,
    "HighPassFilter": _RINGING,
    "Gain": 0.0,
    "PolarityInversion": 0.0,
}
_OURS: dict[str, Callable[..., Samples]] = {
    "room": _room,
    "compression": mastering.compressed,
    "saturation": _saturation,
    "clipping": _clipping,
    "noise": _noise,
    "background": _background,
    "mp3": coding.mp3,
    "lossy": coding.imitated,
    "master": mastering.mastered,
    "tape": mastering.taped,
    "vinyl": mastering.vinyl,
    "small_speaker": mastering.small_speaker,
    "spaced_pair": mastering.spaced_pair,
}
