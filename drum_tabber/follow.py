"""Which bar of a tab is played when: the coarse path through a song, found in one search over bar, time and tempo.

In come the bars' strokes and what was heard (`Evidence`); out come `Pass`es, bars with a start and a tempo in the
order in which they are played. The search is a hidden Markov model whose states are the bar that begins, the frame in
which it begins and its tempo (the bar pointer model of Whiteley, Cemgil & Godsill, ISMIR 2006, with a bar a step, as in
semi-Markov models). From bar to bar the tempo drifts at a cost or jumps at a greater one; after any bar any other may
follow, at once or after music that the tab lacks, at the cost of its surprise. Before and after the tab there may be
any music. The score of a path is its log-likelihood over that of music which has nothing to do with the tab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drum_tabber.evidence import Evidence
from drum_tabber.tab import Bar

_RATE = 40.0  # frames a second of the search
_STEP = 0.025  # relative step between tempi
_DRIFT_COST = 2.0  # nats for each step that the tempo drifts from one bar to the next
_DRIFT_STEPS = 3  # at most
_TEMPO_JUMP_COST = 10.0  # nats for any other change of tempo
_SLIP_COST = np.float32(1.0)
_JUMP_RATE = 0.002  # share of bars after which a song leaves the tab's order
_GAP_COST = 4.0  # nats more where other music stands between
SIL = -1
_NEVER = np.float32(-1e9)


class Pass(NamedTuple):
    """A bar as it is played: its index in the tab (from 0), seconds when it begins, seconds that a quarter lasts."""

    bar: int
    start: float
    quarter: float


@dataclass(frozen=True)
class Score:
    """A tab as the search needs it: each bar's length in quarters, and its strokes as (quarters from its start, family)."""

    lengths: tuple[float, ...]
    strokes: tuple[tuple[tuple[float, int], ...], ...]

    @classmethod
    def of(cls, bars: Sequence[Bar], family_of: dict[str, int], feel=()) -> Score:
        """The score of a tab's bars; drums that the listener doesn't know are left out, as are doubled strokes."""
        strokes = []
        for bar in bars:
            place = slot_quarters(bar)
            place = felt(place, feel)
            heard = {(float(place[one.slot]), family_of[one.drum]) for one in bar.strokes if one.drum in family_of}
            strokes.append(tuple(sorted(heard)))
        return cls(tuple(quarters_of(bar) for bar in bars), tuple(strokes))


Feel = tuple[tuple[float, float], ...]
FEELS: dict[str, Feel] = {
    "straight": (),
    "triplets": ((0.25, 1 / 3), (0.5, 0.5), (0.75, 2 / 3)),
    "swung eighths": ((0.5, 2 / 3),),
    "swung sixteenths": ((0.25, 0.32), (0.5, 0.5), (0.75, 0.82)),
}


def felt(quarters, feel):
    if not feel: return quarters
    x, y = zip((0, 0), *feel, (1, 1))
    whole = np.floor(quarters)
    return whole + np.interp(quarters - whole, x, y)


def quarters_of(bar: Bar) -> float:
    """Quarter notes that a bar lasts."""
    return len(bar.divisions) * 4 / bar.unit


def slot_quarters(bar: Bar) -> NDArray[np.float64]:
    """(slots,) quarter notes from the bar line to each slot."""
    beats = [beat + np.arange(division) / division for beat, division in enumerate(bar.divisions)]
    return np.concatenate(beats) * 4 / bar.unit


def follow(score: Score, evidence: Evidence, tempi: tuple[float, float]) -> tuple[list[Pass], float]:
    """The bars played, in order, and the path's nats; `tempi` are the slowest and the fastest looked for.

    No bar is played where nothing in the song speaks for the tab.
    """
    search = _Search(score, evidence, _ladder(*tempi))
    return search.run()


def _ladder(slowest: float, fastest: float) -> NDArray[np.float64]:
    """Tempi from slowest to fastest in equal ratios."""
    steps = max(1, int(np.ceil(np.log(fastest / slowest) / _STEP)))
    return np.geomspace(slowest, fastest, steps + 1)


class _Search:
    """One search: tables first, then blocks of frames so short that no bar both begins and ends in one.

    Arrays are (tempi, frames, bars). Of every state it is kept which move led to it: a tempo step, or one of those
    below with their sources.
    """

    _TEMPO_JUMP, _BAR_JUMP, _GAP, _START = range(100, 104)

    def __init__(self, score: Score, evidence: Evidence, tempi: NDArray[np.float64]) -> None:
        self.score = score
        self.quarter = 60 / tempi
        self.duration = np.rint(np.outer(self.quarter, score.lengths) * _RATE).astype(int)  # (tempi, bars)
        self.lead = int(self.duration.max()) + 1  # frames before the song in which a bar may begin
        self.jump_cost = np.float32(np.log(max(2, len(score.lengths)) / _JUMP_RATE))
        self.unique = {key: index for index, key in enumerate(dict.fromkeys(score.strokes))}
        self.which = np.array([self.unique[strokes] for strokes in score.strokes])
        self.nats = self._nats(_downsampled(evidence.stroke, evidence.frame_rate))
        self.n_frames = self.nats.shape[1]
        at=np.clip((np.arange(self.n_frames)-self.lead)/_RATE*evidence.frame_rate,0,evidence.n_frames)
        self.C=np.interp(at,np.arange(len(evidence.rest)),evidence.rest).astype(np.float32)

    def _nats(self, written: NDArray[np.float64]) -> NDArray[np.float32]:
        """(tempi, frames, different bars) nats of each bar's strokes, if it begins in that frame; frame 0 is `-lead`."""
        n_frames = len(written) + 2 * self.lead
        padded = np.zeros((n_frames + self.lead + 1, written.shape[1]), np.float32)
        padded[self.lead : self.lead + len(written)] = written
        columns = np.ascontiguousarray(padded.T)
        nats = np.zeros((len(self.quarter), n_frames, len(self.unique)), np.float32)
        total = np.empty(n_frames, np.float32)
        for tempo, quarter in enumerate(self.quarter):
            for index, strokes in enumerate(self.unique):
                total[:] = 0
                for place, family in strokes:
                    shift = round(place * quarter * _RATE)
                    total += columns[family, shift : shift + n_frames]
                nats[tempo, :, index] = total
        return nats

    def run(self) -> tuple[list[Pass], float]:
        n_tempi, n_bars = self.duration.shape
        block = int(self.duration.min()) - 1
        self.slips = np.zeros((n_tempi, self.n_frames, n_bars), np.int8)
        self.moves = np.empty((n_tempi, self.n_frames, n_bars), np.uint8)
        self.tempo_jumps = np.zeros((self.n_frames, n_bars), np.uint8)
        self.bar_jumps = np.zeros((n_tempi, self.n_frames), np.int32)
        self.gaps = np.zeros((self.n_frames, 3), np.int32)  # frame, tempo and bar that ended before the gap
        history = np.full((n_tempi, self.lead, n_bars), _NEVER, np.float32)
        gap, best, finish = (_NEVER, (0, 0, 0)), np.float32(0), None
        for first in range(0, self.n_frames, block):
            n = min(block, self.n_frames - first)
            ended = self._ended(history, first, n)+self.C[first:first+n][None,:,None]
            total = ended - np.where(np.arange(n_bars) == n_bars - 1, 0, self.jump_cost)
            if total.max() > best:
                best = total.max()
                tempo, frame, bar = np.unravel_index(int(total.argmax()), total.shape)
                finish = (int(tempo), first + int(frame), int(bar))
            gap = self._note_gaps(ended, first, gap)
            begun = self._begun(ended, first)
            begun += self.nats[:, first : first + n][:, :, self.which] - self.C[first:first+n][None,:,None]
            history = np.concatenate([history[:, n:], begun], axis=1)
        return (self._path(finish), float(best)) if finish else ([], 0.0)

    def _ended(self, history: NDArray[np.float32], first: int, n: int) -> NDArray[np.float32]:
        """Scores of bars that end in the next n frames."""
        ended = np.empty((history.shape[0], n, history.shape[2]), np.float32)
        late = np.zeros(ended.shape, np.int8)
        for tempo, durations in enumerate(self.duration):
            for duration in np.unique(durations):
                bars = slice(None) if (durations == duration).all() else np.flatnonzero(durations == duration)
                start = self.lead - duration
                best = history[tempo, start : start + n][:, bars].copy()
                slack = np.zeros(best.shape, np.int8)
                for slip in (-1, 1):
                    begin = start - slip
                    if begin + n > history.shape[1]: continue
                    other = history[tempo, begin : begin + n][:, bars] - _SLIP_COST
                    better = other > best
                    np.copyto(best, other, where=better)
                    slack[better] = slip
                ended[tempo][:, bars] = best
                late[tempo][:, bars] = slack
        self.slips[:, first : first + n] = late
        return ended

    def _note_gaps(
        self, ended: NDArray[np.float32], first: int, gap: tuple[np.float32, tuple[int, int, int]]
    ) -> tuple[np.float32, tuple[int, int, int]]:
        """Write down, for each frame, the best bar that has ended up to it; that is where a gap begins."""
        score, source = gap
        self.gap_scores = np.empty(ended.shape[1], np.float32)
        flat = ended.transpose(1, 0, 2).reshape(ended.shape[1], -1)
        places = flat.argmax(axis=1)
        for frame, place in enumerate(places.tolist()):
            if flat[frame, place] > score:
                score = flat[frame, place]
                source = (first + frame, *divmod(place, ended.shape[2]))
            self.gap_scores[frame] = score
            self.gaps[first + frame] = source
        return score, source

    def _begun(self, ended: NDArray[np.float32], first: int) -> NDArray[np.float32]:
        """Scores of bars that begin in these frames, by their best move, which is written down."""
        n_tempi, n, n_bars = ended.shape
        frames = slice(first, first + n)
        before = np.full_like(ended, _NEVER)
        before[:, :, 1:] = ended[:, :, :-1]
        moves = self.moves[:, frames]
        moves[:] = _DRIFT_STEPS
        best = before.copy()
        for step in [step for step in range(-_DRIFT_STEPS, _DRIFT_STEPS + 1) if step]:
            to = slice(max(0, -step), n_tempi + min(0, -step))
            since = slice(max(0, step), n_tempi + min(0, step))
            self._improve(best[to], moves[to], before[since] - np.float32(_DRIFT_COST * abs(step)), _DRIFT_STEPS + step)
        self.tempo_jumps[frames] = before.argmax(axis=0)
        self._improve(best, moves, before.max(axis=0)[None] - np.float32(_TEMPO_JUMP_COST), self._TEMPO_JUMP)
        self.bar_jumps[:, frames] = ended.argmax(axis=2)
        self._improve(best, moves, ended.max(axis=2)[:, :, None] - self.jump_cost, self._BAR_JUMP)
        gap = (self.gap_scores - self.jump_cost - np.float32(_GAP_COST))[None, :, None]
        self._improve(best, moves, gap, self._GAP)
        start = np.where(np.arange(n_bars) == 0, np.float32(0), -self.jump_cost)[None, None]
        self._improve(best, moves, start, self._START)
        return best

    @staticmethod
    def _improve(
        best: NDArray[np.float32], moves: NDArray[np.uint8], candidate: NDArray[np.float32], move: int
    ) -> None:
        better = candidate > best
        np.copyto(best, candidate, where=better)
        moves[better] = move

    def _path(self, finish: tuple[int, int, int]) -> list[Pass]:
        """The passes that lead to a bar's end."""
        passes: list[Pass] = []
        tempo, end, bar = finish
        while True:
            frame = end - int(self.duration[tempo, bar]) - int(self.slips[tempo, end, bar])
            passes.append(Pass(bar, (frame - self.lead) / _RATE, float(self.quarter[tempo])))
            move = int(self.moves[tempo, frame, bar])
            end = frame
            if move == self._START:
                return passes[::-1]
            if move == self._BAR_JUMP:
                bar = int(self.bar_jumps[tempo, frame])
            elif move == self._GAP:
                end, tempo, bar = map(int, self.gaps[frame])
            elif move == self._TEMPO_JUMP:
                tempo, bar = int(self.tempo_jumps[frame, bar]), bar - 1
            else:
                tempo, bar = tempo + move - _DRIFT_STEPS, bar - 1


def _downsampled(values: NDArray[np.float64], frame_rate: float) -> NDArray[np.float32]:
    """Values (frames, n) at `_RATE`, each the greatest of those about it."""
    n_frames = int(np.ceil(len(values) * _RATE / frame_rate))
    edges = np.clip(np.rint((np.arange(n_frames) - 0.5) / _RATE * frame_rate).astype(int), 0, max(0, len(values) - 1))
    return values[np.clip(np.rint(np.arange(n_frames)/_RATE*frame_rate).astype(int),0,len(values)-1)].astype(np.float32)
