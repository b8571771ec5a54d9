"""What was played and when: `Hits` and `Beats`; and when that is not known: `Spans`.

Both are columns of equal length, sorted by time. Times are seconds from the start of the audio, velocities are MIDI's
1 to 127, confidences lie between 0 and 1, and a place in the bar counts from 1 (1 is the downbeat). Nothing here
changes in place: every method returns a new object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

DEFAULT_VELOCITY = 96
CODE_LENGTH = 2  # letters of a drum's code
LOUD_VELOCITY, LOUD_SHARE = 105, 90  # what `Hits.levelled` gives the strokes of each drum at this percentile
ALL_DRUMS, BEATS = "*", "beats"  # what a span may hide, beside a drum by its code


@dataclass(frozen=True, eq=False)
class Hits:
    """Strokes: `time` (n,) seconds, `drum` (n,) codes such as "BD", `velocity` (n,) 1-127, `confidence` (n,) 0-1."""

    time: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    drum: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, "<U2"))
    velocity: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(
        cls,
        time: ArrayLike,
        drum: Sequence[str] | NDArray[np.str_],
        velocity: ArrayLike = DEFAULT_VELOCITY,
        confidence: ArrayLike = 1.0,
    ) -> Hits:
        """Hits from columns in any order; a single velocity or confidence serves every hit.

        Raises ValueError where the columns don't fit, or a drum isn't named by its code.
        """
        times = np.asarray(time, np.float64).reshape(-1)
        drums = np.asarray(drum, str).reshape(-1)
        codes = drums.astype("<U2")
        if drums.dtype != codes.dtype and (long := drums[drums != codes]).size:
            raise ValueError(f"{str(long[0])!r} is no drum's code: that has {CODE_LENGTH} letters")
        if len(times) != len(drums):
            raise ValueError(f"{len(times)} times for {len(drums)} drums")
        velocities = np.clip(np.rint(np.asarray(velocity, np.float64)), 1, 127).astype(np.int64)
        velocities = np.broadcast_to(velocities, times.shape)
        confidences = np.broadcast_to(np.asarray(confidence, np.float64), times.shape)
        order = np.lexsort((codes, times))
        return cls(times[order], codes[order], velocities[order], confidences[order])

    @classmethod
    def concatenate(cls, parts: Iterable[Hits]) -> Hits:
        """All hits of several parts as one, in order of time."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls()
        names = ("time", "drum", "velocity", "confidence")
        return cls.of(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def __len__(self) -> int:
        return len(self.time)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hits):
            return NotImplemented
        names = ("time", "drum", "velocity", "confidence")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    def select(self, which: Any) -> Hits:
        """The hits that a mask, slice or index array picks."""
        return Hits(self.time[which], self.drum[which], self.velocity[which], self.confidence[which])

    def of_drum(self, *codes: str) -> Hits:
        """The hits on the drums named."""
        return self.select(np.isin(self.drum, codes))

    def moved(self, clock: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Hits:
        """The same hits with every time t at `clock(t)`; a clock that runs backwards is sorted out."""
        return Hits.of(clock(self.time), self.drum, self.velocity, self.confidence)

    def renamed(self, codes: dict[str, str]) -> Hits:
        """The same hits on other drums; hits on a drum that `codes` lacks are left out."""
        known = self.select(np.isin(self.drum, list(codes)))
        drums = np.array([codes[code] for code in known.drum.tolist()], "<U2")
        return Hits.of(known.time, drums, known.velocity, known.confidence)

    def levelled(self) -> Hits:
        """The same hits with each drum's velocities moved so that its loud strokes have `LOUD_VELOCITY`.

        Nobody hears how hard a drum is struck, for each has its own gain; what is heard is how loud a stroke is beside
        the drum's other strokes. So velocities that are learnt, and those that judge, are counted from the loud ones.
        """
        velocity = self.velocity.copy()
        for code in dict.fromkeys(self.drum.tolist()):
            mine = self.drum == code
            velocity[mine] += LOUD_VELOCITY - round(float(np.percentile(velocity[mine], LOUD_SHARE)))
        return replace(self, velocity=np.clip(velocity, 1, 127))

    def cropped(self, start: float, end: float) -> Hits:
        """The hits in start <= time < end, with times counted from `start`."""
        inside = self.select((self.time >= start) & (self.time < end))
        return replace(inside, time=inside.time - start)


@dataclass(frozen=True, eq=False)
class Beats:
    """Beats of the music: `time` (n,) seconds and `place` (n,), the beat's number in its bar, 1 for the downbeat."""

    time: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    place: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.time)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Beats):
            return NotImplemented
        return np.array_equal(self.time, other.time) and np.array_equal(self.place, other.place)

    @property
    def downbeats(self) -> NDArray[np.float64]:
        """Times of the first beat of each bar, seconds."""
        return self.time[self.place == 1]

    def moved(self, clock: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Beats:
        """The same beats with every time t at `clock(t)`."""
        return replace(self, time=np.asarray(clock(self.time), np.float64))

    def cropped(self, start: float, end: float) -> Beats:
        """The beats in start <= time < end, with times counted from `start`."""
        inside = (self.time >= start) & (self.time < end)
        return Beats(self.time[inside] - start, self.place[inside])


@dataclass(frozen=True, eq=False)
class Spans:
    """Stretches of time in which something is not known: `start` and `end` (n,) seconds, in any order, and `what` (n,),
    a drum's code, `ALL_DRUMS` or `BEATS`."""

    start: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    end: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    what: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, "<U5"))

    @classmethod
    def of(cls, start: ArrayLike, end: ArrayLike, what: str | Sequence[str] = ALL_DRUMS) -> Spans:
        """Spans from columns; a single `what` serves all."""
        starts = np.asarray(start, np.float64).reshape(-1)
        ends = np.broadcast_to(np.asarray(end, np.float64), starts.shape)
        return cls(starts, ends, np.broadcast_to(np.asarray(what, "<U5"), starts.shape))

    @classmethod
    def about(cls, time: ArrayLike, reach: float, what: str | Sequence[str] = ALL_DRUMS) -> Spans:
        """A span from `reach` seconds before each time to as many after it."""
        times = np.asarray(time, np.float64)
        return cls.of(times - reach, times + reach, what)

    @classmethod
    def concatenate(cls, parts: Iterable[Spans]) -> Spans:
        """All spans of several parts."""
        parts = [cls(), *parts]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("start", "end", "what")))

    def __len__(self) -> int:
        return len(self.start)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spans):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("start", "end", "what"))

    def moved(self, clock: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Spans:
        """The same spans with every time t at `clock(t)`, which must run forwards."""
        return Spans(np.asarray(clock(self.start)), np.asarray(clock(self.end)), self.what)

    def cropped(self, start: float, end: float) -> Spans:
        """What of the spans lies in start <= time < end, with times counted from `start`."""
        inside = (self.end > start) & (self.start < end)
        starts, ends = np.clip(self.start[inside], start, end), np.clip(self.end[inside], start, end)
        return Spans(starts - start, ends - start, self.what[inside])

    def seconds(self, what: str) -> float:
        """How long `what` is hidden; spans that overlap count once."""
        mine = (self.what == what) | ((self.what == ALL_DRUMS) & (what != BEATS))
        total, until = 0.0, -np.inf
        for start, end in sorted(zip(self.start[mine].tolist(), self.end[mine].tolist(), strict=True)):
            total += max(0.0, end - max(start, until))
            until = max(until, end)
        return total
