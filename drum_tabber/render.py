"""Hits and a kit in, audio out: every stroke's attack sounds exactly at its hit's time.

Velocities become levels on a scale of decibels and choose among a piece's samples; hats choke each other; pieces are
balanced, tuned, damped, placed in the stereo field and set in a simple room. All that varies is drawn from `rng`, so
the same arguments give the same audio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.kit import Kit, Piece
from drum_tabber.sample import Sample, Signal

# Level of each drum's loudest strokes in dB over the kick's, both as `level_of` tells (measured on the close mix of the
# MuldjordKit; the drums it lacks, by ear), and its place from left (-1) to right (1) as a right-handed drummer sits.
BALANCE: dict[str, tuple[float, float]] = {
    "BD": (0, 0.0), "SD": (-1, -0.1), "SS": (-8, -0.1), "HH": (-11, -0.5), "HO": (-9, -0.5), "HP": (-15, -0.5),
    "HT": (-2, -0.25), "MT": (-2, 0.1), "LT": (-1, 0.45), "CC": (-6, -0.6), "SC": (-9, -0.2), "CH": (-6, 0.75),
    "RD": (-14, 0.6), "RB": (-8, 0.6),
}  # fmt: skip
SECOND_CRASH_PAN = 0.5
KICK_LEVEL = 10 ** (-18 / 20)  # RMS of the hardest kick; peaks then stay near or below full scale
ROOM_DELAY = 0.01  # seconds until the first reflection
HATS = ("HH", "HO", "HP")
FEW_SAMPLES = 4  # pieces with fewer are detuned a little from stroke to stroke, so that repeats don't sound mechanical


@dataclass(frozen=True)
class RenderOptions:
    """How a kit is played, tuned, mixed. Spreads are standard deviations or limits of what `render` draws itself."""

    velocity_range: float = 30.0  # dB from velocity 1 to 127
    velocity_curve: float = 1.0  # exponent on the way there; above 1 keeps soft strokes louder
    gain_spread: float = 0.0  # dB, of a whole piece
    tuning_spread: float = 0.0  # semitones at most, of a whole piece
    decay: float = np.inf  # seconds to 1/e: damping of all pieces
    hit_gain_spread: float = 0.7  # dB, of single strokes
    hit_detune: float = 0.1  # semitones at most, of single strokes on pieces with few samples
    pan_width: float = 0.8  # 0 mono, 1 widest; negative as the audience hears it
    room_level: float = -24.0  # dB of the room's energy over the direct sound's
    room_decay: float = 0.3  # seconds until the room has fallen by 60 dB
    choke_fade: float = 0.03  # seconds in which a choked hat or cymbal falls silent

    @classmethod
    def draw(cls, rng: np.random.Generator) -> RenderOptions:
        """Options for one training example: from dry and tight to roomy and loose."""
        return cls(
            velocity_range=float(rng.uniform(20, 38)),
            velocity_curve=float(rng.uniform(0.8, 1.4)),
            gain_spread=float(rng.uniform(0, 4)),
            tuning_spread=float(rng.uniform(0, 3)),
            decay=float(rng.uniform(0.15, 1.0)) if rng.random() < 0.25 else np.inf,
            hit_gain_spread=float(rng.uniform(0, 1.5)),
            hit_detune=float(rng.uniform(0, 0.2)),
            pan_width=float(rng.uniform(-1, 1)),
            room_level=float(rng.uniform(-40, -8)),
            room_decay=float(rng.uniform(0.1, 1.2)),
            choke_fade=float(rng.uniform(0.01, 0.06)),
        )


def render(
    hits: Hits,
    kit: Kit,
    rng: np.random.Generator,
    *,
    duration: float | None = None,
    options: RenderOptions = RenderOptions(),
    chokes: Hits | None = None,
) -> Signal:
    """The hits played on the kit: (2, n) float32 at the kit's rate, with the attack of each at its time, to the sample.

    `duration` in seconds cuts or fills up; by default the last stroke rings out. `chokes` are moments at which a hand
    stops a cymbal: every stroke on that drum ends there. Where the kit has several pieces for a drum, one is chosen
    for the whole performance (see `Kit.mixed`). Nothing limits the level: peaks may exceed 1 in dense playing.

    Raises CorpusError where a hit's drum can't be played on the kit.
    """
    kit = Kit.mixed([kit], rng)
    tracks = [
        _Track(piece, pan, BALANCE[code][0], of_piece, _stop_times(code, hits, chokes))
        for code in dict.fromkeys(hits.drum.tolist())
        for piece, pan, of_piece in _shared(code, hits.of_drum(code), kit.playing(code), rng)
    ]
    strokes = [_strokes(track, kit.sample_rate, options, rng) for track in tracks]
    ends = [stroke.start + len(stroke.signal) for played in strokes for stroke in played]
    n = max(ends, default=0) if duration is None else round(duration * kit.sample_rate)
    mix = np.zeros((2, n), np.float32)
    for track, played in zip(tracks, strokes, strict=True):
        angle = (1 + np.clip(track.pan * options.pan_width, -1, 1)) * np.pi / 4
        mono = _sum(played, n)
        mix[0] += np.float32(np.cos(angle)) * mono
        mix[1] += np.float32(np.sin(angle)) * mono
    return _with_room(mix, kit.sample_rate, options, rng)


@dataclass(frozen=True)
class _Track:
    """What one piece plays: `level` in dB below the kick, `stops` the times that cut a ringing stroke off."""

    piece: Piece
    pan: float
    level: float
    hits: Hits
    stops: NDArray[np.float64]


@dataclass(frozen=True)
class _Stroke:
    """A signal to be added from sample `start` on, times `gain`."""

    start: int
    signal: Signal
    gain: float


def _shared(
    code: str, hits: Hits, pieces: tuple[Piece, ...], rng: np.random.Generator
) -> Iterator[tuple[Piece, float, Hits]]:
    """Each of a drum's pieces with its place and the strokes that fall to it."""
    whose = rng.integers(len(pieces), size=len(hits))
    for index, piece in enumerate(pieces):
        pan = BALANCE[code][1] if index == 0 else SECOND_CRASH_PAN
        yield piece, pan, hits.select(whose == index)


def _stop_times(code: str, hits: Hits, chokes: Hits | None) -> NDArray[np.float64]:
    """Times at which a ringing stroke on the drum falls silent: open hats at any hat's next stroke, and the chokes."""
    by_hand = chokes.of_drum(code).time if chokes is not None else np.zeros(0)
    by_hats = hits.of_drum(*HATS).time if code == "HO" else np.zeros(0)
    return np.unique(np.concatenate([by_hand, by_hats]))


def _strokes(track: _Track, sample_rate: int, options: RenderOptions, rng: np.random.Generator) -> list[_Stroke]:
    """Everything a piece plays."""
    piece = track.piece
    tuning = piece.semitones + rng.uniform(-1, 1) * options.tuning_spread
    decay = min(piece.decay, options.decay)
    level = track.level + rng.normal() * options.gain_spread
    detune = options.hit_detune if len(piece.samples) < FEW_SAMPLES else 0.0
    shaped: dict[tuple[int, int], tuple[Signal, int]] = {}
    strokes, last = [], None
    for time, velocity in zip(track.hits.time.tolist(), track.hits.velocity.tolist(), strict=True):
        last = _next_sample(piece, velocity / 127, last, rng)
        step = int(rng.integers(-1, 2))
        key = (id(last), step if detune else 0)
        if key not in shaped:
            shaped[key] = _shape(last, tuning + step * detune, decay, sample_rate)
        signal, attack = shaped[key]
        stop = track.stops[np.searchsorted(track.stops, time, side="right") :][:1]
        if len(stop):
            at = attack + round((stop[0] - time) * sample_rate)
            signal = _stopped(signal, at, round(options.choke_fade * sample_rate))
        gain_db = level + _velocity_db(velocity, options) + rng.normal() * options.hit_gain_spread
        strokes.append(_Stroke(round(time * sample_rate) - attack, signal, KICK_LEVEL * 10 ** (gain_db / 20)))
    return strokes


def _velocity_db(velocity: int, options: RenderOptions) -> float:
    """Level of a stroke under the hardest one's."""
    return -options.velocity_range * float(((127 - velocity) / 126) ** options.velocity_curve)


def _next_sample(piece: Piece, strength: float, last: Sample | None, rng: np.random.Generator) -> Sample:
    """One of the samples of a strength, not the one just played where there is another."""
    layer = piece.layer(strength)
    others = [sample for sample in layer if sample is not last] or layer
    return others[int(rng.integers(len(others)))]


def _shape(sample: Sample, semitones: float, decay: float, sample_rate: int) -> tuple[Signal, int]:
    """A sample tuned (as a tape is: its length changes too) and damped after its attack; and where that is then."""
    signal, attack = sample.signal, sample.attack
    if abs(semitones) > 0.01:
        ratio = 2 ** (semitones / 12)
        positions = np.arange(int((len(signal) - 1) / ratio)) * ratio
        # Positions count from the attack, so that it stays on a sample.
        positions += attack % ratio
        signal = np.interp(positions, np.arange(len(signal)), signal).astype(np.float32)
        attack = int(attack // ratio)
    if np.isfinite(decay):
        tail = np.arange(len(signal) - attack, dtype=np.float32) / np.float32(decay * sample_rate)
        signal = np.concatenate([signal[:attack], signal[attack:] * np.exp(-tail)])
    return signal, attack


def _stopped(signal: Signal, stop: int, fade: int) -> Signal:
    """The signal faded out from sample `stop` on."""
    if stop + fade >= len(signal):
        return signal
    cut = signal[: stop + fade].copy()
    cut[stop:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return cut


def _sum(strokes: list[_Stroke], n: int) -> Signal:
    """All strokes in one channel of n samples; what lies outside is left out."""
    bus = np.zeros(n, np.float32)
    for stroke in strokes:
        skipped = max(0, -stroke.start)
        start = stroke.start + skipped
        part = stroke.signal[skipped : skipped + max(0, n - start)]
        bus[start : start + len(part)] += np.float32(stroke.gain) * part
    return bus


def _with_room(dry: Signal, sample_rate: int, options: RenderOptions, rng: np.random.Generator) -> Signal:
    """The mix with a room around it: exponentially decaying noise, another on each side, after 10 ms."""
    from scipy.signal import oaconvolve

    if not dry.size:
        return dry
    time = np.arange(round(options.room_decay * sample_rate)) / sample_rate
    noise = rng.standard_normal((2, len(time))) * 10 ** (-3 * time / options.room_decay)
    noise *= 10 ** (options.room_level / 20) / np.sqrt(np.sum(noise**2, axis=1, keepdims=True))
    delay = round(ROOM_DELAY * sample_rate)
    wet = oaconvolve(dry.sum(axis=0, keepdims=True), noise.astype(np.float32), axes=1)
    dry[:, delay:] += wet[:, : max(0, dry.shape[1] - delay)]
    return dry
