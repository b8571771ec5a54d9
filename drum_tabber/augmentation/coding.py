"""Lossy coding of mono samples (n,): the true codec, on a stretch of the audio, and a cheap imitation of its losses.

Coding all of a long recording takes longer than rendering it, so that the imitation is for the many and the codec for
the few. Neither moves an attack.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import scipy.fft
import soundfile
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_MP3_DELAY = 1105  # samples: 576 of LAME's encoder, 529 of any decoder
_FADE_SECONDS = 0.02  # over which coded and uncoded audio change places
_FRAME_SECONDS = 0.0116  # of a coder's short blocks: its noise spreads no further ahead of an attack
_N_BANDS = 21  # scale factor bands of MPEG layer III
_HIDDEN_DB = 70.0  # below the frame's strongest band, a band is left out
_TREBLE_SHARE = 0.35  # of the lowest band's signal-to-noise ratio is what the highest gets
_BATCH = 512  # frames at a time, so that they stay in the processor's cache


def mp3(samples: Samples, sample_rate: int, compression: float, at: float = 0.0, seconds: float = 0.0) -> Samples:
    """There and back through libsndfile's mp3; `compression` from 0 to 0.9 is 320 down to about 57 kbit/s at 44.1 kHz.

    With `seconds` only so long a stretch is coded, that lies the share `at` of the way in; 0 codes everything.
    """
    length = round(seconds * sample_rate)
    if not 0 < length < len(samples):
        return _coded(samples, sample_rate, compression)
    start = round(at * (len(samples) - length))
    fade = np.ones(length, np.float32)
    n_fade = min(round(_FADE_SECONDS * sample_rate), length // 2)
    fade[:n_fade] = np.linspace(0, 1, n_fade)
    fade[length - n_fade :] = np.linspace(1, 0, n_fade)
    out = samples.copy()
    stretch = samples[start : start + length]
    out[start : start + length] += fade * (_coded(stretch, sample_rate, compression) - stretch)
    return out


def _coded(samples: Samples, sample_rate: int, compression: float) -> Samples:
    """The decoder takes the codec's delay off again where the file states it, and answers as many samples as went in.

    The smallest frames have no room for that statement; what comes back then is longer, and late by the usual delay.
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


def imitated(samples: Samples, sample_rate: int, snr_db: float, cutoff: float) -> Samples:
    """What a coder loses: all above `cutoff` hertz, bands that others mask, and the fine steps of every band.

    `snr_db` is what the lowest band keeps over the noise of its quantisation; the highest keeps a third of it, at which
    most of its spectrum are holes and what stands out of them warbles.
    """
    half = round(_FRAME_SECONDS * sample_rate)
    window = np.sin(np.pi * np.arange(2 * half) / (2 * half)).astype(np.float32)  # its square sums to one
    padded = np.zeros((len(samples) // half + 3) * half, np.float32)
    padded[half : half + len(samples)] = samples
    out = np.zeros_like(padded)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * half)[::half]
    for start in range(0, len(frames), _BATCH):
        spectrum = scipy.fft.rfft(frames[start : start + _BATCH] * window, axis=1)
        _quantise(spectrum, *_bands(half, sample_rate, cutoff), snr_db)
        pieces = scipy.fft.irfft(spectrum, 2 * half, axis=1) * window
        place = out[start * half : (start + len(pieces)) * half].reshape(len(pieces), half)
        place += pieces[:, :half]
        place = out[(start + 1) * half : (start + 1 + len(pieces)) * half].reshape(len(pieces), half)
        place += pieces[:, half:]
    return out[half : half + len(samples)]


def _quantise(spectrum: NDArray[np.complex64], edges: NDArray[np.intp], n_kept: int, snr_db: float) -> None:
    """Round the bins (frames, bins) of each band, between `edges`, to steps below its level, in place."""
    spectrum[:, n_kept:] = 0
    parts = spectrum[:, :n_kept].view(np.float32)  # real and imaginary parts side by side
    widths = np.diff(edges).astype(np.float32)
    level = np.sqrt(np.add.reduceat(np.square(parts), 2 * edges[:-1], axis=1) / (2 * widths))
    share = np.linspace(1.0, _TREBLE_SHARE, len(widths), dtype=np.float32)
    step = level * np.sqrt(np.float32(12.0)) * 10 ** (-np.float32(snr_db) * share / 20)
    step[level < level.max(axis=1, keepdims=True) * 10 ** (-_HIDDEN_DB / 20)] = np.inf
    steps = np.repeat(np.maximum(step, 1e-12), 2 * np.diff(edges), axis=1)
    rounded = np.rint(parts / steps)
    parts[:] = np.where(rounded == 0, 0, rounded * np.where(np.isinf(steps), 0, steps))


@lru_cache(maxsize=32)
def _bands(half: int, sample_rate: int, cutoff: float) -> tuple[NDArray[np.intp], int]:
    """First bins of bands of equal width on a scale like the ear's, up to `cutoff`, with the end; and the bins kept."""
    n_kept = min(half + 1, int(cutoff / sample_rate * 2 * half) + 1)
    bark = np.linspace(0, np.arcsinh(n_kept * sample_rate / (2 * half) / 600), _N_BANDS + 1)
    edges = np.round(600 * np.sinh(bark) * 2 * half / sample_rate).astype(np.intp)
    return np.unique(np.concatenate([[0], np.clip(edges, 0, n_kept), [n_kept]])), n_kept
