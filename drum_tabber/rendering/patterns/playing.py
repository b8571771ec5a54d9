"""A drummer plays: strokes in units of the metre become strokes in seconds, by two hands and two feet.

Tempo drifts slowly; each limb wanders about the beat (an autoregressive walk), each drum is pushed or dragged, and
velocities follow the drummer's habits. What nobody can play is left out: `playable` is the law.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drum_tabber.rendering.patterns.grooves import Stroke

FEET = ("BD", "HP")
HAND_GAP = 0.085  # seconds between strokes of one hand, but for rebounds
KICK_GAP = 0.055  # seconds between strokes of two feet on the bass drum
SAME_DRUM_GAP = 0.018  # seconds; a flam's are further apart
_HAT_GAP = 0.07  # seconds about a stroke on the hats in which the foot isn't on its own
_FEET_BUSY = 0.13  # seconds about two kicks in which the left foot plays one of them
_LIMB = {"BD": 0, "HP": 1, "SD": 2, "SS": 2, "HT": 2, "MT": 2, "LT": 2}  # all others: 3, the hand that keeps time
_PRIORITY = {"CC": 6, "CH": 6, "SC": 6, "SD": 5, "SS": 5, "HT": 4, "MT": 4, "LT": 4, "RB": 3, "RD": 3}
_LOUDNESS = {  # velocity of an accent, a stroke and a soft stroke, by drum
    "BD": (110, 96, 72),
    "SD": (112, 88, 56),
    "SS": (98, 82, 60),
    "HH": (94, 70, 50),
    "HO": (98, 82, 64),
    "HP": (84, 68, 50),
    "RD": (92, 74, 56),
    "RB": (100, 84, 64),
    "HT": (108, 94, 66),
    "MT": (108, 94, 66),
    "LT": (108, 94, 66),
}
_CYMBAL_LOUDNESS = (112, 92, 66)
_LIMITS = {"X": (60, 127), "x": (28, 124), "o": (18, 100), "g": (8, 40)}


@dataclass(frozen=True)
class Played:
    """A stroke in `time` seconds; a `rebound` needs no new motion of the hand."""

    time: float
    drum: str
    velocity: int
    rebound: bool = False


@dataclass(frozen=True)
class Drummer:
    """Habits: seconds of wander per limb, seconds each drum is late, velocities' spread, how soft ghosts are."""

    wander: float
    late: dict[str, float]
    spread: float
    ghost: float
    backbeat: float
    habits: dict[str, float] = field(default_factory=dict)

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Drummer:
        """Someone; one in fourteen is a machine."""
        machine = rng.random() < 0.07
        drums = [*_LOUDNESS, "CC", "CH", "SC"]
        late = {drum: 0.0 if machine else float(rng.normal(0, 0.004)) for drum in drums}
        late["SD"] += 0.0 if machine else float(rng.choice([-0.003, 0.0, 0.0, 0.006, 0.012]))
        return cls(
            wander=0.0 if machine else float(rng.uniform(0.0025, 0.009)),
            late=late,
            spread=1.5 if machine else float(rng.uniform(3.5, 9.0)),
            ghost=float(rng.uniform(14, 33)),
            backbeat=float(rng.uniform(-6, 9)),
            habits={drum: float(rng.normal(0, 4)) for drum in drums},
        )

    def velocity(self, stroke: Stroke, level: float, soft: float, rng: np.random.Generator) -> int:
        """How loud a stroke is, 1 to 127; `level` is the section's, added to all but ghosts."""
        mark = {"f": "X", "d": "X", "=": "o", "z": "o"}.get(stroke.mark, stroke.mark)
        if mark == "g":
            wanted = self.ghost if stroke.drum == "SD" else self.ghost + 10
            return int(_clipped(rng.normal(wanted, min(self.spread, 7)), *_LIMITS["g"]))
        wanted = _LOUDNESS.get(stroke.drum, _CYMBAL_LOUDNESS)["Xxo".index(mark)] + self.habits[stroke.drum]
        wanted += self.backbeat if stroke.drum == "SD" and mark == "X" else 0.0
        return int(_clipped(rng.normal(soft * (wanted + level + stroke.louder), self.spread), *_LIMITS[mark]))


@dataclass(frozen=True)
class Clock:
    """Units to seconds: `seconds` (n,) when each unit begins; the second of each `pair` of units' halves swings."""

    seconds: NDArray[np.float64]
    swing: float = 0.5
    pair: float = 0.5

    def __call__(self, units: float, swung: bool = False) -> float:
        """The time of a position, swung or not."""
        if swung:
            start, inside = units // self.pair * self.pair, units % self.pair / self.pair
            half = self.swing / 0.5 * inside if inside < 0.5 else self.swing + (inside - 0.5) * (1 - self.swing) / 0.5
            units = start + half * self.pair
        whole = int(_clipped(units, 0, len(self.seconds) - 2))
        return float(self.seconds[whole] + (units - whole) * (self.seconds[whole + 1] - self.seconds[whole]))


def clock(tempi: Sequence[float], swing: float, pair: float, rng: np.random.Generator) -> Clock:
    """A clock that starts a little after 0, at so many units a minute for each unit, with slow drift about it."""
    n = len(tempi)
    walk = np.cumsum(rng.normal(0, 1, n + 16))
    drift = np.convolve(walk - np.linspace(walk[0], walk[-1], n + 16), np.ones(17) / 17, "valid")
    drift *= rng.uniform(0.0, 0.02) / max(float(np.abs(drift).max()), 1e-9)
    seconds = 60 / (np.asarray(tempi) * (1 + drift))
    return Clock(np.concatenate([[0.0], np.cumsum(seconds)]) + rng.uniform(0.1, 0.8), swing, pair)


def play(
    strokes: Iterable[tuple[Stroke, float]], when: Clock, drummer: Drummer, soft: float, rng: np.random.Generator
) -> list[Played]:
    """Strokes, each with its section's level, as this drummer plays them, in order of time; nothing impossible."""
    wander = [0.0] * 4
    played: list[Played] = []
    for stroke, level in sorted(strokes, key=lambda pair: (pair[0].at, pair[0].drum)):
        limb = _LIMB.get(stroke.drum, 3)
        wander[limb] = 0.8 * wander[limb] + 0.6 * rng.normal(0, drummer.wander)
        off = _clipped(wander[limb] + drummer.late[stroke.drum], -0.025, 0.025)
        time = when(stroke.at, when.swing != 0.5 and _on_straight_grid(stroke.at)) + off
        played += _ornamented(stroke, time, when, drummer.velocity(stroke, level, soft, rng), rng)
    return playable(played)


def _on_straight_grid(at: float) -> bool:
    """Whether a position is a multiple of a 32nd note; triplets aren't swung."""
    return abs(at * 8 - round(at * 8)) < 1e-6


def _ornamented(stroke: Stroke, time: float, when: Clock, velocity: int, rng: np.random.Generator) -> list[Played]:
    """The stroke with its graces or repetitions. Flams and drags come 20 to 35 ms before the stroke."""
    main = Played(time, stroke.drum, velocity)
    if stroke.mark == "f":
        return [Played(time - rng.uniform(0.020, 0.035), stroke.drum, _grace(velocity, rng)), main]
    if stroke.mark == "d":
        step = rng.uniform(0.024, 0.035)
        first = Played(time - 2 * step, stroke.drum, _grace(velocity, rng))
        return [first, Played(time - step, stroke.drum, _grace(velocity, rng), rebound=True), main]
    length = when(stroke.at + stroke.length) - when(stroke.at)
    if stroke.mark == "=":
        return [main, Played(time + length / 2, stroke.drum, max(1, velocity - 6), rebound=True)]
    if stroke.mark == "z":
        n = max(2, round(length / rng.uniform(0.034, 0.05)))
        steps = time + np.arange(n) * length / n + rng.normal(0, 0.002, n)
        loud = np.clip(rng.normal(0.75 * velocity, 6, n), 10, 110).astype(int)
        return [
            Played(float(at), stroke.drum, int(v), rebound=i > 0)
            for i, (at, v) in enumerate(zip(steps, loud, strict=True))
        ]
    return [main]


def _clipped(value: float, low: float, high: float) -> float:
    """`np.clip` of one number, which takes its time."""
    return min(max(value, low), high)


def _grace(velocity: int, rng: np.random.Generator) -> int:
    return int(_clipped(velocity * rng.uniform(0.3, 0.6), 8, 80))


def playable(played: Iterable[Played]) -> list[Played]:
    """What two hands and two feet can do of it, what matters most first; in order of time."""
    by_weight = sorted(played, key=lambda one: (-_PRIORITY.get(one.drum, 2), one.rebound, -one.velocity, one.time))
    hands: list[float] = []
    by_drum: dict[str, list[float]] = {}
    kept = []
    for one in by_weight:
        own = by_drum.setdefault(one.drum, [])
        if one.time < 0 or _near(own, one.time, KICK_GAP if one.drum == "BD" else SAME_DRUM_GAP):
            continue
        if one.drum not in FEET and not one.rebound:
            if _too_many(hands, one.time):
                continue
            insort(hands, one.time)
        insort(own, one.time)
        kept.append(one)
    left = _left_foot(kept)
    return sorted((one for one in kept if one.drum != "HP" or one in left), key=lambda one: (one.time, one.drum))


def _near(times: Sequence[float], time: float, reach: float) -> int:
    """How many of sorted times lie within reach."""
    return bisect_left(times, time + reach) - bisect_right(times, time - reach)


def _too_many(hands: Sequence[float], time: float) -> bool:
    """Whether a stroke more needs a third hand: three strokes within the time that one hand takes for one."""
    index = bisect_left(hands, time)
    near = [*hands[max(0, index - 2) : index], time, *hands[index : index + 2]]
    return any(last - first < HAND_GAP for first, last in zip(near, near[2:], strict=False))


def _left_foot(kept: Sequence[Played]) -> set[Played]:
    """The hat foot's strokes that the left foot has time for, and that no stroke on the hats covers."""
    kicks = sorted(one.time for one in kept if one.drum == "BD")
    hats = sorted(one.time for one in kept if one.drum in ("HH", "HO"))
    return {
        one
        for one in kept
        if one.drum == "HP" and _near(kicks, one.time, _FEET_BUSY) < 2 and not _near(hats, one.time, _HAT_GAP)
    }
