"""Hits and a kit in, audio out: every stroke's attack sounds exactly at its hit's time.

Velocities become levels on a scale of decibels and choose among a piece's samples; hats choke each other; pieces are
balanced, tuned, damped, placed in the stereo field and set in a simple room. All that varies is drawn from `rng`, so
the same arguments give the same audio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drum_tabber.events import Hits
from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.kit_files import FAMILIES
from drum_tabber.kits.sample import DAMPED_AWAY, Colour, Sample, Signal, coloured, damped, toned
from drum_tabber.sound.filtering import convolved, filtered, high_pass, low_pass

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
CLOSING = ("HH", "HP")  # strokes that come with closed hats, and stop what rings
FAMILY_SPREAD = {"BD": 0.5, "SD": 0.3, "HH": 1.0, "LT": 0.5, "CC": 0.7, "SC": 0.7, "CH": 0.7, "RD": 0.8}
DAMPING = (0.08, 1.0)  # seconds to 1/e, of an instrument that is damped on its own
# Seconds to 1/e that damping leaves at least: shorter, an open hat is a closed one, and cymbals are alike.
LEAST_RING = {"HO": 0.25, "CC": 0.35, "SC": 0.15, "CH": 0.3, "RD": 0.3, "RB": 0.3}
OWN_TUNING = 0.15  # of `RenderOptions.tuning_spread`: how far drums of one instrument or set are tuned apart
CHOKED = ("CC", "SC", "CH")
CHOKE_AFTER = (0.08, 0.6)  # seconds from a stroke until the hand that stops it
N_DULLINGS = 6  # steps in which strokes lose highs as they get softer
OVERHEAD_DELAY = (0.0003, 0.003)  # seconds after the close microphones: drums stand 10 cm to 1 m further away
OVERHEAD_CUTOFF = 150.0  # hertz, below which overheads are freed of the kick's boom
FEW_SAMPLES = 4  # pieces with fewer are detuned a little from stroke to stroke, so that repeats don't sound mechanical


@dataclass(frozen=True)
class RenderOptions:
    """How a kit is played, tuned, mixed. Spreads are standard deviations or limits of what `render` draws itself."""

    velocity_range: float = 30.0  # dB from velocity 1 to 127
    gain_spread: float = 0.0  # dB, of a whole piece
    tuning_spread: float = 0.0  # semitones at most, of a whole instrument: toms stay in their order
    decay: float = np.inf  # seconds to 1/e: damping of all pieces
    hit_gain_spread: float = 0.7  # dB, of single strokes
    hit_detune: float = 0.1  # semitones at most, of single strokes on pieces with few samples
    pan_width: float = 0.8  # 0 mono, 1 widest; negative as the audience hears it
    room_level: float = -24.0  # dB of the room's energy over the direct sound's
    room_decay: float = 0.3  # seconds until the room has fallen by 60 dB
    choke_fade: float = 0.03  # seconds in which a choked hat or cymbal falls silent
    balance_spread: float = 0.0  # dB at most, of families of drums against each other, times `FAMILY_SPREAD`
    damping: float = 0.0  # probability that an instrument is damped on its own, within `DAMPING`
    tilt_spread: float = 0.0  # dB at most, of an instrument's highs over its lows
    colour_spread: float = 0.0  # dB at most, of the peaks and dips of an instrument's own spectrum
    # Octaves by which the softest strokes lose highs; half as many where samples differ in strength.
    dulling: float = 0.0
    overhead_level: float = -np.inf  # dB, of the overhead microphones over the close ones
    choke_share: float = 0.0  # probability that a hand stops a stroke on a crash, splash or china
    room_cutoff: float = np.inf  # hertz above which the room absorbs
    one_voice: bool = False  # True: an open hat's next stroke stops the one before, as machines and samplers have it

    @classmethod
    def draw(cls, rng: np.random.Generator) -> RenderOptions:
        """Options for one training example: from dry and tight to roomy and loose."""
        return cls(
            gain_spread=float(rng.uniform(0, 5)),
            tuning_spread=float(rng.uniform(0, 4)),
            decay=float(rng.uniform(0.3, 1.0)) if rng.random() < 0.15 else np.inf,
            hit_gain_spread=float(rng.uniform(0, 1.5)),
            hit_detune=float(rng.uniform(0, 0.2)),
            pan_width=float(rng.uniform(-1, 1)),
            room_level=float(rng.uniform(-40, -6)),
            room_decay=float(rng.uniform(0.1, 1.2)),
            choke_fade=float(rng.uniform(0.01, 0.06)),
            balance_spread=float(rng.uniform(0, 13)),
            damping=float(rng.uniform(0, 0.4)),
            tilt_spread=float(rng.uniform(0, 8)),
            colour_spread=float(rng.uniform(0, 9)),
            dulling=float(rng.uniform(0, 3)),
            overhead_level=float(rng.uniform(-20, 3)) if rng.random() < 0.6 else -np.inf,
            choke_share=float(rng.uniform(0, 0.3)) if rng.random() < 0.2 else 0.0,
            room_cutoff=float(np.exp(rng.uniform(*np.log([1500, 16000])))),
            one_voice=bool(rng.random() < 0.2),
        )


def render(
    hits: Hits,
    kit: Kit,
    rng: np.random.Generator,
    *,
    duration: float | None = None,
    options: RenderOptions = RenderOptions(),
    chokes: Hits | None = None,
    mono: bool = False,
) -> Signal:
    """The hits played on the kit: (2, n) float32 at the kit's rate, with the attack of each at its time, to the sample.

    In `mono` it is (1, n), the mean of both sides, which takes half the time.
    `duration` in seconds cuts or fills up; by default the last stroke rings out. `chokes` are moments at which a hand
    stops a cymbal: every stroke on that drum ends there. Where the kit has several pieces for a drum, one is chosen
    for the whole performance (see `Kit.mixed`). Nothing limits the level: peaks may exceed 1 in dense playing.

    Raises CorpusError where a hit's drum can't be played on the kit.
    """
    kit = Kit.mixed([kit], rng)
    chokes = _with_more_chokes(chokes, hits, options, rng)
    balance = _balance(options, rng)
    instruments, stops = _Instruments(options, rng), _Stops(hits, chokes, options.one_voice)
    tracks = [
        _Track(piece, pan, balance[code], of_piece, stops.of(code, piece), instruments.of(code, index))
        for code in dict.fromkeys(hits.drum.tolist())
        for index, (piece, pan, of_piece) in enumerate(_shared(code, hits.of_drum(code), kit.playing(code), rng))
    ]
    strokes = [_strokes(track, kit.sample_rate, options, rng) for track in tracks]
    ends = [stroke.start + len(stroke.signal) for played in strokes for stroke in played]
    n = max(ends, default=0) if duration is None else round(duration * kit.sample_rate)
    channels = 1 if mono else 2
    mix, sound = np.zeros((channels, n), np.float32), np.empty(n, np.float32)
    overheads = np.zeros_like(mix) if np.isfinite(options.overhead_level) else None
    for track, played in zip(tracks, strokes, strict=True):
        angle = (1 + np.clip(track.pan * options.pan_width, -1, 1)) * np.pi / 4
        sides = np.array([np.cos(angle), np.sin(angle)])
        _sum(played, sound)
        for bus, gain in zip(mix, [sides.mean()] if mono else sides, strict=True):
            _add(bus, sound, 0, gain)
        if overheads is not None:
            for side, gain in enumerate(sides / (2 if mono else 1)):
                delay = round(rng.uniform(*OVERHEAD_DELAY) * kit.sample_rate)
                _add(overheads[side % channels], sound, delay, _natural(track, gain))
    if overheads is not None:
        heard = filtered(overheads, high_pass(OVERHEAD_CUTOFF, kit.sample_rate))
        heard *= np.float32(10 ** (options.overhead_level / 20))
        mix += heard
    return _with_room(mix, kit.sample_rate, options, rng)


@dataclass(frozen=True)
class _Track:
    """What one piece plays: `level` in dB over the kick's, as a kit has it of itself and as this mix has it.

    `stops` are the times that cut a ringing stroke off. `instrument` says how it is tuned and how it sounds.
    """

    piece: Piece
    pan: float
    level: tuple[float, float]
    hits: Hits
    stops: NDArray[np.float64]
    instrument: _Instrument


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


def _balance(options: RenderOptions, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Level of each drum in dB: that of `BALANCE`, and with its family moved as this mix has it."""
    levels = {code: (level, level) for code, (level, _) in BALANCE.items()}
    for family in FAMILIES if options.balance_spread else ():
        moved = options.balance_spread * FAMILY_SPREAD[family[0]] * rng.uniform(-1, 1)
        levels |= {code: (levels[code][0], levels[code][0] + moved) for code in family}
    return levels


def _with_more_chokes(chokes: Hits | None, hits: Hits, options: RenderOptions, rng: np.random.Generator) -> Hits | None:
    """The chokes, and some more on struck cymbals where the options ask for them."""
    struck = hits.of_drum(*CHOKED)
    if not options.choke_share or not len(struck):
        return chokes
    grabbed = struck.select(rng.random(len(struck)) < options.choke_share)
    more = Hits.of(grabbed.time + rng.uniform(*CHOKE_AFTER, len(grabbed)), grabbed.drum)
    return more if chokes is None else Hits.concatenate([chokes, more])


@dataclass(frozen=True)
class _Stops:
    """What makes ringing strokes fall silent: a hat that closes, a hand that chokes.

    Hats struck again while they are open ring on, so that soft strokes after a loud one are heard in its wash; with
    `one_voice` every stroke on them stops the one before.
    """

    hits: Hits
    chokes: Hits | None
    one_voice: bool

    def of(self, code: str, piece: Piece) -> NDArray[np.float64]:
        """The times at which what was struck before on this drum's piece is silent."""
        by_hand = self.chokes.of_drum(code).time if self.chokes is not None else np.zeros(0)
        closing = (*CLOSING, "HO") if self.one_voice else CLOSING
        by_hats = self.hits.of_drum(*closing).time if code == "HO" or piece.rings else np.zeros(0)
        return np.unique(np.concatenate([by_hand, by_hats]))


def _strokes(track: _Track, sample_rate: int, options: RenderOptions, rng: np.random.Generator) -> list[_Stroke]:
    """Everything a piece plays."""
    piece = track.piece
    level = track.level[1] + rng.normal() * options.gain_spread
    detune = options.hit_detune if len(piece.samples) < FEW_SAMPLES else 0.0
    shaped = _Shaped(piece, detune, track.instrument, sample_rate)
    after = np.append(track.stops, np.inf)[np.searchsorted(track.stops, track.hits.time, side="right")]
    fade = round(options.choke_fade * sample_rate)
    strokes, last = [], None
    for time, velocity, stop in zip(
        track.hits.time.tolist(), track.hits.velocity.tolist(), after.tolist(), strict=True
    ):
        last = _next_sample(piece, velocity / 127, last, rng)
        signal, attack = shaped.get(last, int(rng.integers(-1, 2)), velocity)
        if stop < np.inf:
            signal = _stopped(signal, attack + round((stop - time) * sample_rate), fade)
        gain_db = level - options.velocity_range * (127 - velocity) / 126
        gain_db += rng.normal() * options.hit_gain_spread
        strokes.append(_Stroke(round(time * sample_rate) - attack, signal, KICK_LEVEL * 10 ** (gain_db / 20)))
    return strokes


@dataclass(frozen=True)
class _Instrument:
    """How an instrument sounds throughout a performance: see `RenderOptions`, whose spreads draw it."""

    tuning: float  # semitones
    decay: float
    tilt: float
    dulling: float
    colour: Colour

    @classmethod
    def draw(cls, options: RenderOptions, rng: np.random.Generator) -> _Instrument:
        """Any instrument; nothing is drawn for what the options leave alone."""
        damped_on_its_own = options.damping and rng.random() < options.damping
        decay = float(np.exp(rng.uniform(*np.log(DAMPING)))) if damped_on_its_own else np.inf
        tilt = options.tilt_spread * float(rng.uniform(-1, 1)) if options.tilt_spread else 0.0
        colour = Colour.draw(rng, options.colour_spread) if options.colour_spread else Colour()
        tuning = options.tuning_spread * float(rng.uniform(-1, 1))
        return cls(tuning, decay, tilt, options.dulling, colour)


class _Instruments:
    """The instruments of a performance: what is struck in several ways is one, a second crash another."""

    def __init__(self, options: RenderOptions, rng: np.random.Generator) -> None:
        self.options, self.rng = options, rng
        self._drawn: dict[tuple[str, int], _Instrument] = {}

    def of(self, code: str, index: int) -> _Instrument:
        """The instrument, or set of toms, that the drum's piece of this number belongs to."""
        family = next(family for family in FAMILIES if code in family)
        key = (family[0], index)
        if key not in self._drawn:
            self._drawn[key] = _Instrument.draw(self.options, self.rng)
        instrument = self._drawn[key]
        own = OWN_TUNING * self.options.tuning_spread * float(self.rng.uniform(-1, 1)) if len(family) > 1 else 0.0
        decay = min(self.options.decay, max(instrument.decay, LEAST_RING.get(code, 0.0)))
        return replace(instrument, tuning=instrument.tuning + own, decay=decay)


class _Shaped:
    """The samples of a piece tuned, damped and toned, each made once for every way in which it is asked for."""

    def __init__(self, piece: Piece, detune: float, instrument: _Instrument, sample_rate: int) -> None:
        self.detune, self.instrument, self.sample_rate = detune, instrument, sample_rate
        self.tuning = piece.semitones + instrument.tuning
        self.decay = min(piece.decay, instrument.decay)
        self.dulling = instrument.dulling * (0.5 if piece.layered else 1.0)
        self._tuned: dict[tuple[int, int], tuple[Signal, int]] = {}
        self._toned: dict[tuple[int, int, int], tuple[Signal, int]] = {}

    def get(self, sample: Sample, step: int, velocity: int) -> tuple[Signal, int]:
        """Signal and attack of a sample, tuned a step of `detune` up or down, toned as the velocity asks."""
        step = step if self.detune else 0
        strength = velocity * N_DULLINGS // 128 if self.dulling else 0
        key = (id(sample), step, strength)
        if key not in self._toned:
            if key[:2] not in self._tuned:
                of_piece = coloured(sample, self.instrument.colour, self.sample_rate)
                self._tuned[key[:2]] = _shape(of_piece, self.tuning + step * self.detune, self.decay, self.sample_rate)
            signal, attack = self._tuned[key[:2]]
            octaves = self.dulling * (1 - (strength + 0.5) / N_DULLINGS)
            self._toned[key] = toned(signal, self.instrument.tilt, octaves, attack, self.sample_rate), attack
        return self._toned[key]


def _next_sample(piece: Piece, strength: float, last: Sample | None, rng: np.random.Generator) -> Sample:
    """One of the samples of a strength, not the one just played where there is another."""
    layer = piece.layer(strength)
    if last not in layer or len(layer) == 1:
        return layer[int(rng.integers(len(layer)))]
    index = int(rng.integers(len(layer) - 1))
    return layer[index + (index >= layer.index(last))]


def _shape(sample: Sample, semitones: float, decay: float, sample_rate: int) -> tuple[Signal, int]:
    """A sample tuned (as a tape is: its length changes too) and damped after its attack; and where that is then."""
    signal, attack = sample.signal, sample.attack
    if abs(semitones) > 0.01:
        ratio = 2 ** (semitones / 12)
        kept = attack / ratio + min(decay * sample_rate * DAMPED_AWAY, len(signal)) + 1
        # Positions count from the attack, so that it stays on a sample.
        positions = np.arange(int(min((len(signal) - 1) / ratio, kept))) * ratio + attack % ratio
        left = np.minimum(positions.astype(np.int32), len(signal) - 2)
        share = np.minimum(positions - left, 1).astype(np.float32)
        signal = signal[left] + share * (signal[left + 1] - signal[left])
        attack = int(attack // ratio)
    if np.isfinite(decay):
        signal = damped(signal, attack, decay * sample_rate)
    return signal, attack


def _stopped(signal: Signal, stop: int, fade: int) -> Signal:
    """The signal faded out from sample `stop` on."""
    if stop + fade >= len(signal):
        return signal
    cut = signal[: stop + fade].copy()
    cut[stop:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return cut


def _sum(strokes: list[_Stroke], out: Signal) -> None:
    """All strokes into one channel (n,); what lies outside is left out."""
    out.fill(0)
    for stroke in strokes:
        _add(out, stroke.signal, stroke.start, stroke.gain)


def _natural(track: _Track, gain: float) -> float:
    """What makes of a track's level in this mix the level that the overheads hear."""
    return gain * float(10 ** ((track.level[0] - track.level[1]) / 20))


def _add(bus: Signal, signal: Signal, start: int, gain: float) -> None:
    """Add a signal times `gain` to a channel (n,), its first sample at `start`, as far as it lies inside; in place."""
    from scipy.linalg.blas import saxpy  # one pass, without a copy

    skipped = max(0, -start)
    n = min(len(signal) - skipped, len(bus) - start - skipped)
    if n > 0:
        saxpy(signal, bus, n=n, a=gain, offx=skipped, offy=start + skipped)


def _with_room(dry: Signal, sample_rate: int, options: RenderOptions, rng: np.random.Generator) -> Signal:
    """The mix with a room around it: exponentially decaying noise, another on each side, after 10 ms."""
    if not dry.size:
        return dry
    time = np.arange(round(options.room_decay * sample_rate)) / sample_rate
    noise = (rng.standard_normal((2, len(time))) * 10 ** (-3 * time / options.room_decay)).astype(np.float32)
    if options.room_cutoff < sample_rate / 2:
        noise = filtered(noise, low_pass(options.room_cutoff, sample_rate))
    noise *= 10 ** (options.room_level / 20) / np.sqrt(np.sum(noise**2, axis=1, keepdims=True))
    delay = round(ROOM_DELAY * sample_rate)
    source = dry.sum(axis=0)
    sides = noise.sum(axis=0, keepdims=True) if len(dry) == 1 else noise  # of the mean of two, the sum is twice that
    for side, response in enumerate(sides):
        dry[side, delay:] += convolved(source, response)[: max(0, dry.shape[1] - delay)]
    return dry
