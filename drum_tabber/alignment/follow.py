"""Which bar of a tab is played when: the coarse path through a song, found in one search over bar, time and tempo.

In come the bars' strokes and what was heard (`Evidence`); out comes a `Path`, bars with a start and a tempo in the
order in which they are played. The search is a hidden semi-Markov model: its states are the bar that begins, the frame
in which it begins and its tempo (the bar pointer of Whiteley, Cemgil & Godsill, ISMIR 2006, with a whole bar a step).
From bar to bar the tempo drifts at a cost or jumps at a greater one; after any bar any other may follow, at once or
after music that the tab lacks, at the cost of its surprise. Before and after the tab there may be any music. The score
of a path is its log-likelihood over that of music which has nothing to do with the tab.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drum_tabber.alignment.evidence import Evidence
from drum_tabber.tab import Bar

Floats = NDArray[np.float32]
Feel = tuple[tuple[float, float], ...]
Watch = Callable[[Iterable[int]], Iterable[int]]  # what lets a search's steps be seen, such as tqdm

# How drummers play what is written: places in the beat, as written and as played; straight lines between them.
STRAIGHT = "straight"
FEELS: dict[str, Feel] = {
    STRAIGHT: (),
    "triplets": ((0.25, 1 / 3), (0.5, 0.5), (0.75, 2 / 3)),  # written as sixteenths
    "swung eighths": ((0.5, 2 / 3),),
    "swung sixteenths": ((0.25, 0.32), (0.5, 0.5), (0.75, 0.82)),
}
# The same where only the bars are asked for: an early last of three, at 0.6 of a beat, is written as either sixteenth.
READ_AS: dict[str, Feel] = {**FEELS, "triplets": ((0.25, 1 / 3), (0.5, 0.6), (0.75, 2 / 3))}

_ABOUT = 1.1  # factor about the tempi found, for the other feels
_RATE = 40.0  # frames a second of the search
_STEP = 0.025  # relative step between tempi
_DRIFT_COST = 2.0  # nats for each step that the tempo drifts from one bar to the next
_DRIFT_STEPS = 2  # at most
_SLIP_COST = np.float32(1.0)  # nats for a bar that is a frame longer or shorter than its tempo says
_TEMPO_JUMP_COST = np.float32(10.0)  # nats for any other change of tempo
_JUMP_RATE = (
    1e-5  # probability that a song leaves the tab's order after a bar: no less than a bar or two must speak for it
)
GAP_COST = 4.0  # nats more where other music stands between
_NEVER = np.float32(-1e9)


class Pass(NamedTuple):
    """A bar as it is played: its index in the tab (from 0), seconds when it begins, seconds that a quarter lasts."""

    bar: int
    start: float
    quarter: float


@dataclass(frozen=True)
class Path:
    """The passes in the order of the song, the feel in which they fit best, and the nats that speak for them."""

    passes: tuple[Pass, ...]
    feel: str
    nats: float


@dataclass(frozen=True)
class Score:
    """A tab as the search needs it: each bar's length in quarters, and what its strokes add to, as (quarters from its
    start, column of `Evidence.stroke`)."""

    lengths: tuple[float, ...]
    strokes: tuple[tuple[tuple[float, int], ...], ...]

    @classmethod
    def of(cls, bars: Sequence[Bar], columns_of: Mapping[str, tuple[int, ...]], feel: Feel = ()) -> Score:
        """The score of a tab's bars; drums that the listener doesn't know are left out, strokes of a family are one."""
        strokes = []
        for bar in bars:
            place = (felt(slot_beats(bar), feel) * 4 / bar.unit).tolist()
            known = {(place[one.slot], column) for one in bar.strokes for column in columns_of.get(one.drum, ())}
            strokes.append(tuple(sorted(known)))
        return cls(tuple(len(bar.divisions) * 4 / bar.unit for bar in bars), tuple(strokes))


def jump_cost(n_bars: int) -> float:
    """Nats for leaving the order of a tab of so many bars, to any of them."""
    return float(np.log(max(2, n_bars) / _JUMP_RATE))


def slot_beats(bar: Bar) -> NDArray[np.float64]:
    """(slots,) beats from the bar line to each slot."""
    return np.concatenate([beat + np.arange(division) / division for beat, division in enumerate(bar.divisions)])


def felt(beats: NDArray[np.float64], feel: Feel) -> NDArray[np.float64]:
    """Where in the bar, in beats, what is written at `beats` is played."""
    written, played = zip((0, 0), *feel, (1, 1), strict=True)
    whole = np.floor(beats)
    return np.asarray(whole + np.interp(beats - whole, written, played))


def follow(bars: Sequence[Bar], evidence: Evidence, tempi: tuple[float, float], watch: Watch = iter) -> Path:
    """The best path in any feel; `tempi` are the slowest and the fastest looked for, quarter notes a minute; `watch` is
    given the steps of each search.

    Every tempo is tried in straight feel, the others about the tempi found. The path is empty where nothing in the song
    speaks for the tab.
    """
    best: Path | None = None
    scores: list[Score] = []
    for name, feel in FEELS.items():
        score = Score.of(bars, evidence.columns_of, feel)
        if score not in scores:
            found = _Search(score, evidence, _ladder(*tempi)).run(watch)
            path = Path(tuple(found[0]), name, found[1])
            best = path if best is None or path.nats > best.nats else best
            tempi = _about(path, tempi) if name == STRAIGHT else tempi
            scores.append(score)
    assert best is not None
    return best


def _about(path: Path, tempi: tuple[float, float]) -> tuple[float, float]:
    """The range of tempi about those of a path."""
    if not path.passes:
        return tempi
    found = sorted(60 / one.quarter for one in path.passes)
    inner = found[len(found) // 10 : len(found) - len(found) // 10]
    return max(tempi[0], inner[0] / _ABOUT), min(tempi[1], inner[-1] * _ABOUT)


def _ladder(slowest: float, fastest: float) -> NDArray[np.float64]:
    """Tempi from slowest to fastest in equal ratios."""
    return np.geomspace(slowest, fastest, max(1, int(np.ceil(np.log(fastest / slowest) / _STEP))) + 1)


class _Search:
    """One search: tables first, then blocks of frames so short that no bar both begins and ends in one.

    Arrays are (tempi, frames, bars); frame 0 lies `lead` frames before the song, in whose silence a bar may begin.
    Of every state it is kept which move led to it: a step of tempo, or one of those below.
    """

    _TEMPO_JUMP, _BAR_JUMP, _GAP, _START = range(2 * _DRIFT_STEPS + 1, 2 * _DRIFT_STEPS + 5)

    def __init__(self, score: Score, evidence: Evidence, tempi: NDArray[np.float64]) -> None:
        self.quarter = 60 / tempi
        self.duration = np.maximum(3, np.rint(np.outer(self.quarter, score.lengths) * _RATE)).astype(int)
        lengths = np.array(score.lengths)
        self.alike = [np.flatnonzero(lengths == length) for length in np.unique(lengths)]  # bars as long as one another
        self.lead = int(self.duration.max()) + 1
        self.jump_cost = np.float32(jump_cost(len(score.lengths)))
        self.different = {strokes: index for index, strokes in enumerate(dict.fromkeys(score.strokes))}
        self.which = np.array([self.different[strokes] for strokes in score.strokes])
        frames = np.arange(int(np.ceil(evidence.duration * _RATE)) + 2 * self.lead) - self.lead
        exact = np.rint(frames / _RATE * evidence.frame_rate).astype(int)
        self.rest = evidence.rest[np.clip(exact, 0, evidence.n_frames)].astype(np.float32)
        sounding = (exact >= 0) & (exact < evidence.n_frames)
        heard = evidence.stroke[np.clip(exact, 0, evidence.n_frames - 1)]
        stroke = np.where(sounding[:, None], heard, evidence.silence)
        self.nats = self._bar_nats(np.ascontiguousarray(stroke.T, np.float32))
        shape = (len(tempi), len(frames), len(score.lengths))
        self.moves, self.slips = np.empty(shape, np.uint8), np.zeros(shape, np.int8)
        self.tempo_jumps = np.zeros(shape[1:], np.uint8)  # the tempo before
        self.bar_jumps = np.zeros(shape[:2], np.int32)  # the bar before
        self.gaps = np.zeros((len(frames), 3), np.int32)  # frame, tempo and bar that ended before the gap

    def _bar_nats(self, stroke: Floats) -> Floats:
        """(tempi, frames, different bars) nats of each bar's strokes (columns, frames), if it begins in that frame."""
        n_frames = stroke.shape[1]
        padded = np.pad(stroke, ((0, 0), (0, self.lead)), mode="edge")
        nats = np.zeros((len(self.different), len(self.quarter), n_frames), np.float32)
        for strokes, index in self.different.items():
            place = np.array([place for place, _ in strokes])
            shifts = np.rint(np.outer(self.quarter, place) * _RATE).astype(int).tolist()
            for tempo, row in enumerate(shifts):
                for shift, (_, column) in zip(row, strokes, strict=True):
                    nats[index, tempo] += padded[column, shift : shift + n_frames]
        return np.ascontiguousarray(nats.transpose(1, 2, 0))

    def run(self, watch: Watch = iter) -> tuple[list[Pass], float]:
        """The best path's passes and its nats; none and 0 where silence is better."""
        n_tempi, n_frames, n_bars = self.moves.shape
        history = np.full((n_tempi, self.lead, n_bars), _NEVER, np.float32)  # bars begun in the last `lead` frames
        early = np.where(np.arange(n_bars) == n_bars - 1, np.float32(0), self.jump_cost)  # to end before the tab does
        best, finish, gap = np.float32(0), None, (_NEVER, (0, 0, 0))
        block = int(self.duration.min()) - 1
        for first in watch(range(0, n_frames, block)):
            frames = slice(first, min(first + block, n_frames))
            rest = self.rest[frames][None, :, None]
            ended = self._ended(history, frames) + rest
            final = ended - early
            if final.max() > best:
                best = final.max()
                tempo, frame, bar = np.unravel_index(int(final.argmax()), final.shape)
                finish = (int(tempo), first + int(frame), int(bar))
            gap_scores, gap = self._gap_scores(ended, first, gap)
            begun = self._begun(ended, frames, gap_scores) + self.nats[:, frames][:, :, self.which] - rest
            history = np.concatenate([history[:, frames.stop - frames.start :], begun], axis=1)
        return (self._passes(finish), float(best)) if finish else ([], 0.0)

    def _ended(self, history: Floats, frames: slice) -> Floats:
        """Scores of bars that end in these frames, a frame early or late where that is better."""
        n = frames.stop - frames.start
        tempi = np.arange(history.shape[0])[:, None]
        ended = np.empty((history.shape[0], n, history.shape[2]), np.float32)
        for bars in self.alike:
            begun = history if len(self.alike) == 1 else history[:, :, bars]
            start = self.lead - self.duration[:, bars[:1]] + np.arange(n)
            best, slips = begun[tempi, start], np.zeros((*start.shape, len(bars)), np.int8)
            for slip in (-1, 1):
                other = begun[tempi, start - slip] - _SLIP_COST
                better = other > best
                np.copyto(best, other, where=better)
                np.copyto(slips, np.int8(slip), where=better)
            ended[:, :, bars] = best
            self.slips[:, frames, bars] = slips
        return ended

    def _gap_scores(
        self, ended: Floats, first: int, last: tuple[np.float32, tuple[int, int, int]]
    ) -> tuple[Floats, tuple[np.float32, tuple[int, int, int]]]:
        """The score, at each frame, of the best bar that has ended up to it: where a gap would have begun."""
        score, source = last
        scores = np.empty(ended.shape[1], np.float32)
        flat = ended.transpose(1, 0, 2).reshape(ended.shape[1], -1)
        for frame, place in enumerate(flat.argmax(axis=1).tolist()):
            if flat[frame, place] > score:
                score, source = flat[frame, place], (first + frame, *divmod(place, ended.shape[2]))
            scores[frame] = score
            self.gaps[first + frame] = source
        return scores, (score, source)

    def _begun(self, ended: Floats, frames: slice, gap_scores: Floats) -> Floats:
        """Scores with which bars begin in these frames, by their best move, which is written down."""
        n_tempi, _, n_bars = ended.shape
        moves = self.moves[:, frames]
        moves[:] = _DRIFT_STEPS
        before = np.full_like(ended, _NEVER)
        before[:, :, 1:] = ended[:, :, :-1]
        best = before.copy()
        for step in [step for step in range(-_DRIFT_STEPS, _DRIFT_STEPS + 1) if 0 < abs(step) < n_tempi]:
            to = slice(max(0, -step), n_tempi - max(0, step))
            source = slice(max(0, step), n_tempi - max(0, -step))
            _improve(best[to], moves[to], before[source] - np.float32(_DRIFT_COST * abs(step)), _DRIFT_STEPS + step)
        self.tempo_jumps[frames] = before.argmax(axis=0)
        _improve(best, moves, before.max(axis=0)[None] - _TEMPO_JUMP_COST, self._TEMPO_JUMP)
        self.bar_jumps[:, frames] = ended.argmax(axis=2)
        _improve(best, moves, ended.max(axis=2)[:, :, None] - self.jump_cost, self._BAR_JUMP)
        _improve(best, moves, (gap_scores - self.jump_cost - np.float32(GAP_COST))[None, :, None], self._GAP)
        start = np.where(np.arange(n_bars) == 0, np.float32(0), -self.jump_cost)
        _improve(best, moves, start[None, None], self._START)
        return best

    def _passes(self, finish: tuple[int, int, int]) -> list[Pass]:
        """The passes that lead to the end of a bar: its tempo, its frame, its number."""
        tempo, end, bar = finish
        passes: list[Pass] = []
        move = -1
        while move != self._START:
            frame = end - int(self.duration[tempo, bar]) - int(self.slips[tempo, end, bar])
            passes.append(Pass(bar, (frame - self.lead) / _RATE, float(self.quarter[tempo])))
            move, end = int(self.moves[tempo, frame, bar]), frame
            if move == self._BAR_JUMP:
                bar = int(self.bar_jumps[tempo, frame])
            elif move == self._GAP:
                end, tempo, bar = map(int, self.gaps[frame])
            elif move == self._TEMPO_JUMP:
                tempo, bar = int(self.tempo_jumps[frame, bar]), bar - 1
            else:
                tempo, bar = tempo + move - _DRIFT_STEPS, bar - 1
        return passes[::-1]


def _improve(best: Floats, moves: NDArray[np.uint8], candidate: Floats, move: int) -> None:
    """Take the candidate's score and move where it is better."""
    better = candidate > best
    np.copyto(best, candidate, where=better)
    np.copyto(moves, np.uint8(move), where=better)
