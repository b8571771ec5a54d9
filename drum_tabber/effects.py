"""Effects on mono samples (n,): pure functions of the samples and plain parameters, none of which moves an attack.

Effects in CamelCase are audiomentations' own, by the names of its transforms and their parameters. The others are ours,
because audiomentations lacks them, draws while it applies them (noise, which could not be repeated then), needs further
packages for them (rooms, compression, mp3), or sets their level by percentiles of the samples (clipping, saturation),
which tears apart a drum track that is mostly silence.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from drum_tabber import audio

Samples = NDArray[np.float32]

_QUIET = 1e-3  # RMS below which noise is not scaled down further: silence gets its hiss too
_NOISE_SECONDS = 60.0  # of a file of background noise are used at most
_MP3_DELAY = 1105  # samples: 576 of LAME's encoder, 529 of any decoder
_HUM = ((1, 1.0), (2, 0.5), (3, 0.35), (5, 0.15))  # harmonics of the mains and their amplitudes


def apply(name: str, samples: Samples, sample_rate: int, **parameters: Any) -> Samples:
    """The effect of this name; the length stays."""
    if name in _OURS:
        return _OURS[name](samples, sample_rate, **parameters)
    if "center_freq" in parameters:  # audiomentations' equalisers blow up above half the sample rate
        parameters["center_freq"] = min(parameters["center_freq"], 0.45 * sample_rate)
    return _audiomentation(name, samples, sample_rate, parameters)


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


def _room(samples: Samples, sample_rate: int, seed: int, decay: float, predelay: float, level_db: float) -> Samples:
    """A room as noise, `level_db` against the direct sound, that decays by 60 dB in `decay` seconds."""
    from scipy.signal import fftconvolve

    time = np.arange(round((predelay + decay) * sample_rate)) / sample_rate - predelay
    response = np.random.default_rng(seed).standard_normal(len(time)) * 10 ** (-3 * time / decay) * (time >= 0)
    response *= 10 ** (level_db / 20) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    return fftconvolve(samples, response.astype(np.float32))[: len(samples)].astype(np.float32)


def _compression(
    samples: Samples, sample_rate: int, threshold_db: float, ratio: float, attack: float, release: float
) -> Samples:
    """Levels above the threshold, which counts from the loudest peak, are pressed together by `ratio`.

    The level follows peaks at once and falls by 60 dB in `release` seconds; the gain follows it within `attack`.
    """
    from scipy.signal import lfilter

    level = 20 * np.log10(np.abs(samples) + 1e-6)
    fall = np.arange(len(samples)) * (60 / (release * sample_rate))
    level = np.maximum.accumulate(level + fall) - fall
    excess = np.maximum(0.0, level - (20 * np.log10(np.abs(samples).max(initial=1e-6)) + threshold_db))
    kept = np.exp(-1 / (attack * sample_rate))
    gain_db = lfilter([1 - kept], [1, -kept], excess * (1 / ratio - 1))
    gain: Samples = (10 ** (gain_db / 20)).astype(np.float32)
    return samples * gain


def _clipping(samples: Samples, sample_rate: int, drive_db: float) -> Samples:
    """Peaks cut off at `drive_db` under the loudest."""
    limit = np.abs(samples).max(initial=0.0) * np.float32(10 ** (-drive_db / 20))
    return np.clip(samples, -limit, limit)


def _saturation(samples: Samples, sample_rate: int, drive_db: float) -> Samples:
    """Bent like tape, by tanh: the loudest peak, driven to `drive_db` over 1, keeps its level, quiet parts come up."""
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-9)
    drive = 10 ** (drive_db / 20)
    bent: Samples = np.tanh(samples * np.float32(drive / peak)) * np.float32(peak / np.tanh(drive))
    return bent


def _noise(samples: Samples, sample_rate: int, seed: int, snr_db: float, darkness: float, hum_hz: float) -> Samples:
    """Hiss, from white (`darkness` 0) to dull (near 1), and the hum of the mains unless `hum_hz` is 0."""
    from scipy.signal import lfilter

    noise = np.random.default_rng(seed).standard_normal(len(samples), np.float32)
    noise = lfilter([1.0], [1.0, -darkness], noise)
    if hum_hz:
        phase = 2 * np.pi * hum_hz / sample_rate * np.arange(len(samples))
        hum = sum(amplitude * np.sin(harmonic * phase) for harmonic, amplitude in _HUM)
        noise = noise / _rms(noise) + hum
    return _mixed(samples, noise, snr_db)


def _background(samples: Samples, sample_rate: int, path: str, at: float, snr_db: float) -> Samples:
    """A recording of other sounds, from the share `at` of its length on, repeated where it is too short."""
    noise = _background_of(path, sample_rate)
    return _mixed(samples, np.resize(np.roll(noise, -round(at * len(noise))), len(samples)), snr_db)


@lru_cache(maxsize=8)
def _background_of(path: str, sample_rate: int) -> Samples:
    return next(audio.stream(path, sample_rate, block=_NOISE_SECONDS))


def _mixed(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    level = max(_rms(samples), _QUIET) * 10 ** (-snr_db / 20)
    return samples + (noise * (level / max(_rms(noise), 1e-9))).astype(np.float32)


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _mp3(samples: Samples, sample_rate: int, compression: float) -> Samples:
    """There and back through libsndfile's mp3; `compression` from 0 to 0.9 is 320 down to about 57 kbit/s at 44.1 kHz.

    The decoder takes the codec's delay off again where the file states it, and answers as many samples as went in. The
    smallest frames have no room for that statement; what comes back then is longer, and late by the usual delay.
    """
    peak = max(1.0, float(np.abs(samples).max(initial=0.0)))
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        sample_rate,
        1,
        "MPEG_LAYER_III",
        format="MP3",
        compression_level=compression,
        bitrate_mode="CONSTANT",
    ) as writer:
        writer.write(samples / peak)
    file.seek(0)
    decoded = soundfile.read(file, dtype="float32")[0]
    delay = _MP3_DELAY if len(decoded) > len(samples) else 0
    return decoded[delay : delay + len(samples)] * np.float32(peak)


_OURS: dict[str, Callable[..., Samples]] = {
    "room": _room,
    "compression": _compression,
    "saturation": _saturation,
    "clipping": _clipping,
    "noise": _noise,
    "background": _background,
    "mp3": _mp3,
}
