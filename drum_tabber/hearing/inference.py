"""Audio to activations with onnxruntime, window by window: memory stays flat however long the song is.

A window's edges are computed with as much context as the network can see, so the answer is the same as for the
whole song at once. Runs without Keras and TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import BundleError
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.sound.features import FeatureSpec, log_mel_of_padded

if TYPE_CHECKING:
    import onnxruntime

Floats = NDArray[np.float32]
WINDOW_FRAMES = 4096  # frames answered at a time; a multiple of every fold of the networks
_ALIGNMENT = 64  # windows begin at multiples of this, which every fold divides
_SILENT = 0.5  # log-mel that no band of silence exceeds, with the dither of 16-bit files: -104 dB


@dataclass(frozen=True)
class Activations:
    """What a network says of a song: "onset" and "velocity" (frames, drums), "beat" (frames, 2), all from 0 to 1."""

    onset: Floats
    velocity: Floats
    beat: Floats
    frame_rate: float

    @property
    def duration(self) -> float:
        """Seconds that the frames cover."""
        return len(self.onset) / self.frame_rate


def session(network: Path, remedy: str, n_threads: int = 0, arena: bool = True) -> onnxruntime.InferenceSession:
    """An ONNX file, ready to run on `n_threads` (0: all); raises BundleError, with the `remedy`, where it can't be."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.enable_cpu_mem_arena = arena
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own family has no public base class
        raise BundleError(f"{network} can't be loaded ({error}); {remedy}") from error


class Network:
    """A bundle's network, loaded once and run on any number of songs."""

    def __init__(self, bundle: Bundle, n_threads: int = 0) -> None:
        if not bundle.network.is_file():
            raise BundleError(
                f"{bundle.network} is missing; build it with python -m drum_tabber export {bundle.folder}"
            )
        # An arena would keep the largest window's memory for good.
        self.session = session(bundle.network, "build it anew", n_threads, arena=False)
        self.bundle = bundle

    def __call__(self, mel: Floats) -> tuple[Floats, Floats, Floats]:
        """Onsets, velocities (frames, drums) and beats (frames, 2) for log-mel frames (frames, mels)."""
        onset, velocity, beat = self.session.run(["onset", "velocity", "beat"], {"mel": mel[None]})
        return onset[0], velocity[0], beat[0]

    def activations(self, blocks: Iterable[Floats], on_frames: Callable[[int], None] = lambda n: None) -> Activations:
        """Activations for mono audio in blocks (n,) at the bundle's sample rate; `on_frames` hears of progress.

        Silence before the first sound isn't heard, so that a song sounds the same however late it begins.
        """
        context = -(-self.bundle.context // _ALIGNMENT) * _ALIGNMENT
        fold = int(self.bundle.model.get("attention_fold", 1))
        n_silent, sounding = from_first_sound(frames_of(blocks, self.bundle.features), fold)
        if n_silent:
            on_frames(n_silent)
        n_drums = len(self.bundle.targets.drums)
        parts = [tuple(np.zeros((n_silent, width), np.float32) for width in (n_drums, n_drums, 2))]
        for window, before, n_frames in windows(sounding, WINDOW_FRAMES, context):
            onset, velocity, beat = (part[before : before + n_frames] for part in self(window))
            parts.append((onset.copy(), velocity.copy(), beat.copy()))
            on_frames(n_frames)
        onset, velocity, beat = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Activations(onset, velocity, beat, self.bundle.features.frame_rate)


def frames_of(blocks: Iterable[Floats], spec: FeatureSpec) -> Iterator[Floats]:
    """Log-mel frames (any, n_bands) of audio that comes in blocks (n,): together, those of the audio as a whole."""
    waiting = np.zeros(spec.widest // 2, np.float32)
    n_samples = n_done = 0
    for block in blocks:
        n_samples += len(block)
        waiting = np.concatenate([waiting, block])
        n_ready = max(0, (len(waiting) - spec.widest) // spec.hop_size + 1)
        n_ready = min(n_ready, spec.n_frames(n_samples) - n_done)
        if n_ready:
            yield log_mel_of_padded(waiting[: (n_ready - 1) * spec.hop_size + spec.widest], spec)
            waiting = waiting[n_ready * spec.hop_size :]
            n_done += n_ready
    n_left = spec.n_frames(n_samples) - n_done
    if n_left:
        needed = (n_left - 1) * spec.hop_size + spec.widest
        yield log_mel_of_padded(np.pad(waiting, (0, max(0, needed - len(waiting))))[:needed], spec)


def from_first_sound(parts: Iterable[Floats], fold: int) -> tuple[int, Iterator[Floats]]:
    """How many frames of silence log-mel frames (any, n_bands) begin with, a multiple of `fold`, and what follows.

    A network that looks at `fold` frames at a time then has the same ones together as it had before.
    """
    parts = iter(parts)
    n_silent, held = 0, np.zeros((0, 0), np.float32)
    for part in parts:
        part = np.concatenate([held, part]) if held.size else part
        loud = np.flatnonzero(part.max(axis=1) > _SILENT)
        n_passed = (int(loud[0]) if len(loud) else len(part)) // fold * fold
        n_silent, held = n_silent + n_passed, part[n_passed:]
        if len(loud):
            break
    return n_silent, chain([held] if len(held) else [], parts)


def windows(parts: Iterable[Floats], size: int, context: int) -> Iterator[tuple[Floats, int, int]]:
    """Windows of up to `size` frames with up to `context` more on either side: (frames, its start, its length)."""
    held = np.zeros((0, 0), np.float32)
    before = 0
    for part in parts:
        held = np.concatenate([held, part]) if held.size else part
        while len(held) >= before + size + context:
            yield held[: before + size + context], before, size
            held = held[max(0, before + size - context) :]
            before = min(before + size, context)
    while len(held) > before:
        n_frames = min(size, len(held) - before)
        yield held[: before + n_frames + context], before, n_frames
        held = held[max(0, before + n_frames - context) :]
        before = min(before + n_frames, context)
