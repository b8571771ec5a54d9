"""`python -m drum_tabber bench align`: how well tabs are laid over annotated recordings, as they are and disturbed.

Each recording's annotation, quantised to sixteenths, is its tab; nothing but the tab is given. A hit is right where the
time found for it is that of its annotation; a label is right where any hit of its drum has that time, for a loop may be
cut or repeated in many places alike. Every recording also meets the tabs of the others, to be refused.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import configs
from drum_tabber import audio, corpora
from drum_tabber.align import TimedTab, accepted, align
from drum_tabber.errors import AlignmentRefused, CorpusError, SettingError
from drum_tabber.events import Hits
from drum_tabber.evidence import Evidence
from drum_tabber.grid import Grid
from drum_tabber.quantize import Dynamics, quantize, to_tab
from drum_tabber.tab import Bar, Tab
from drum_tabber.tasks import align as task
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.inference import Network
    from drum_tabber.kit import Kit

Samples = NDArray[np.float32]
Place = tuple[int, int, str]  # bar from 1, slot, drum
Clock = Callable[[NDArray[np.float64]], NDArray[np.float64]]

NEAR = 0.03  # seconds within which a hit is right
INTRO_BARS = 8
CUT = 0.25  # share of the bars that are cut
WRONG = 0.1  # share of hits that are made wrong
BEND = 0.05  # of the tempo, either way
BEND_PERIOD = 20.0  # seconds
STEP = 1.15  # factor of the tempo change in a rendered song
OTHERS = 6  # tabs of others that each recording meets, at most
SPEED_MINUTES = 4


@dataclass(frozen=True)
class Piece:
    """A recording with its tab: mono samples, and when each stroke of the tab sounds (none for those it lacks)."""

    name: str
    samples: Samples
    tab: Tab
    truth: dict[Place, float]
    bar_time: NDArray[np.float64]  # (bars + 1,)

    def moved(self, samples: Samples, clock: Clock) -> Piece:
        """The same tab on other samples, where what was at t is at `clock(t)`, or nowhere where that is nan."""
        times = clock(np.array(list(self.truth.values())))
        truth = {place: at for place, at in zip(self.truth, times.tolist(), strict=True) if not np.isnan(at)}
        return replace(self, samples=samples, truth=truth)


@dataclass
class Tally:
    """What came out of a condition: seconds by which hits and labels are off (inf: missing), tabs accepted, refused."""

    errors: list[float] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)
    n_accepted: int = 0
    n_refused: int = 0

    def row(self, name: str) -> str:
        """A line of the table."""
        shares = "".join(
            f"{np.mean(np.array(off) <= NEAR):14.1%}" if off else " " * 14 for off in (self.errors, self.labels)
        )
        median = f"{1000 * np.median(self.errors):.1f} ms" if self.errors else ""
        return f"{name:30}{shares}{median:>10}{self.n_accepted:7d} of {self.n_accepted + self.n_refused}"


def run(args: argparse.Namespace) -> None:
    """Print the table."""
    network = task.network(args.model)
    pieces = list(_pieces(args.corpus))
    print(f"{f'{len(pieces)} recordings':30}{'hits right':>14}{'labels right':>14}{'median':>10}{'accepted':>13}")
    for condition in conditions(pieces, _kit(args)):
        tally = Tally()
        for number, piece in enumerate(pieces):
            disturbed = condition.disturb(piece, np.random.default_rng(number))
            given = condition.tempo and condition.tempo * _tempo(piece)
            _align(disturbed, listen(network, disturbed), given, tally)
        print(tally.row(condition.name), flush=True)
    print(_others(network, pieces).row("tabs of other songs"), flush=True)
    print(f"{SPEED_MINUTES} minutes of song: {_seconds(network):.1f} s")


def _pieces(names: Iterable[str]) -> Iterator[Piece]:
    vocabulary = Vocabulary.of(configs.DRUMS)
    for corpus in names:
        layout, colon, folder = corpus.partition(":")
        if not colon:
            raise SettingError(f"--corpus needs LAYOUT:FOLDER, such as mdb/mix:/data/mdb, not {corpus!r}")
        for track in corpora.load(layout, folder, vocabulary):
            labels = track.labels()
            if track.audio and labels.beats is not None and len(labels.hits):
                grid = Grid.of(labels.beats, 4, float(labels.hits.time[0]), float(labels.hits.time[-1]))
                samples = audio.read(track.audio, configs.SAMPLE_RATE, mono=True).samples[0]
                yield piece_of(f"{layout}:{track.name}", samples, labels.hits, grid, vocabulary)
    if not names:
        raise CorpusError("say which recordings: --corpus LAYOUT:FOLDER, such as mdb/mix:/data/mdb")


def piece_of(name: str, samples: Samples, hits: Hits, grid: Grid, vocabulary: Vocabulary) -> Piece:
    """A recording with the tab of its annotation."""
    placed = quantize(hits, grid)
    shown = np.flatnonzero(placed.shown).tolist()
    times = {(int(placed.bar[i]), int(placed.slot[i]), str(hits.drum[i])): float(hits.time[i]) for i in shown}
    tab = to_tab(hits, placed, grid, vocabulary, Dynamics())
    written = {(number, one.slot, one.drum) for number, bar in enumerate(tab.bars, 1) for one in bar.strokes}
    truth = {place: at for place, at in times.items() if place in written}
    return Piece(name, samples, tab, truth, grid.beat_time[grid.bar_beat])


def _kit(args: argparse.Namespace) -> Kit | None:
    from drum_tabber.kit import Kit

    return Kit.load(args.kit, configs.SAMPLE_RATE, args.kit_name) if args.kit else None


@dataclass(frozen=True)
class Condition:
    """What is done to each piece, and the tempo that is given, over the true one (None: withheld)."""

    name: str
    disturb: Callable[[Piece, np.random.Generator], Piece]
    tempo: float | None = None


def conditions(pieces: list[Piece], kit: Kit | None = None) -> list[Condition]:
    """All conditions; songs are rendered where there is a kit."""
    following = dict(zip((piece.name for piece in pieces), [*pieces[1:], *pieces[:1]], strict=True))
    found = [
        Condition("tempo withheld", lambda piece, rng: piece),
        Condition("tempo 3 % too fast", lambda piece, rng: piece, 1.03),
        Condition("tempo 3 % too slow", lambda piece, rng: piece, 0.97),
        Condition(f"tempo bent by {BEND:.0%}", _bent),
        Condition(f"{INTRO_BARS} bars of other music before", lambda piece, rng: _after(piece, following[piece.name])),
        Condition(f"{CUT:.0%} of the song cut", _cut),
        Condition(f"{WRONG:.0%} of the tab's hits wrong", _spoilt),
    ]
    if kit is not None:
        found.append(Condition("rendered, with a tempo change", lambda piece, rng: _rendered(piece, kit, rng)))
    return found


def with_tab_of(piece: Piece, other: Piece) -> Piece:
    """The recording with another's tab, none of whose hits it has."""
    return replace(piece, tab=other.tab, truth={})


def _bent(piece: Piece, rng: np.random.Generator) -> Piece:
    """Played at a speed that swings slowly."""
    rate = configs.SAMPLE_RATE
    new = np.arange(round(len(piece.samples) * (1 + BEND))) / rate
    phase = rng.uniform(0, 2 * np.pi)
    swing = BEND * BEND_PERIOD / (2 * np.pi)
    old = new + swing * (np.sin(2 * np.pi * new / BEND_PERIOD + phase) - np.sin(phase))
    kept = old * rate <= len(piece.samples) - 1
    samples = np.interp(old[kept] * rate, np.arange(len(piece.samples)), piece.samples).astype(np.float32)
    return piece.moved(samples, lambda time: np.interp(time, old, new))


def _after(piece: Piece, other: Piece) -> Piece:
    """After bars of another recording."""
    length = round(INTRO_BARS * float(np.median(np.diff(piece.bar_time))) * configs.SAMPLE_RATE)
    intro = np.resize(other.samples, length)
    return piece.moved(np.concatenate([intro, piece.samples]), lambda time: time + length / configs.SAMPLE_RATE)


def _cut(piece: Piece, rng: np.random.Generator) -> Piece:
    """Without a stretch of bars in its midst."""
    n_bars = len(piece.tab.bars)
    n_cut = max(1, round(CUT * n_bars))
    first = int(rng.integers(1, max(2, n_bars - n_cut)))
    start, end = piece.bar_time[first], piece.bar_time[min(first + n_cut, n_bars)]
    rate = configs.SAMPLE_RATE
    samples = np.concatenate([piece.samples[: round(start * rate)], piece.samples[round(end * rate) :]])

    def clock(time: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(time < start, time, np.where(time < end, np.nan, time - (end - start)))

    return piece.moved(samples, clock)


def _spoilt(piece: Piece, rng: np.random.Generator) -> Piece:
    """With hits of its tab left out, moved or given to other drums, a third each."""
    drums = sorted({drum for _, _, drum in piece.truth})
    bars, truth = [], dict(piece.truth)
    for number, bar in enumerate(piece.tab.bars, start=1):
        strokes = {(one.slot, one.drum): one for one in bar.strokes}
        for one in bar.strokes:
            if rng.random() < WRONG:
                del strokes[one.slot, one.drum]
                truth.pop((number, one.slot, one.drum), None)
                moved = one._replace(slot=int(rng.integers(bar.n_slots)))
                other = one._replace(drum=str(rng.choice(drums)))
                for wrong in [[], [moved], [other]][rng.integers(3)]:
                    if (number, wrong.slot, wrong.drum) not in piece.truth:
                        strokes[wrong.slot, wrong.drum] = wrong
        bars.append(replace(bar, strokes=tuple(strokes.values())))
    return replace(piece, tab=replace(piece.tab, bars=tuple(bars)), truth=truth)


def _rendered(piece: Piece, kit: Kit, rng: np.random.Generator) -> Piece:
    """Played on a kit, faster or slower from its middle on."""
    from drum_tabber.render import render

    middle = float(piece.bar_time[len(piece.bar_time) // 2])
    pace = STEP if rng.random() < 0.5 else 1 / STEP

    def clock(time: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(time < middle, time, middle + (time - middle) / pace)

    places = list(piece.truth)
    hits = Hits.of(clock(np.array([piece.truth[place] for place in places])), [drum for _, _, drum in places])
    sound = render(hits, kit, rng).mean(axis=0)
    return piece.moved((sound / np.abs(sound).max()).astype(np.float32), clock)


def _tempo(piece: Piece) -> float:
    beats = len(piece.tab.bars[0].divisions)
    return float(60 * beats / np.median(np.diff(piece.bar_time)))


def listen(network: Network, piece: Piece) -> Evidence:
    """What the model hears in a piece."""
    bundle = network.bundle
    heard = network.activations([piece.samples])
    return Evidence.of(heard.onset, heard.frame_rate, bundle.targets.drums, bundle.decoding)


def _align(piece: Piece, evidence: Evidence, tempo: float | None, tally: Tally) -> None:
    try:
        timed = accepted(align(piece.tab, evidence, task.tempi(tempo)))
    except AlignmentRefused:
        tally.n_refused += 1
        return
    tally.n_accepted += 1
    tally.errors += _errors(timed, piece.truth)
    for (_, _, drum), at in piece.truth.items():
        tally.labels.append(float(np.abs(timed.hits.of_drum(drum).time - at).min(initial=np.inf)))


def _errors(timed: TimedTab, truth: dict[Place, float]) -> list[float]:
    """Seconds by which each hit is off; inf where it is left out.

    Bars that read alike can't be told apart when one of them is cut or repeated: a hit may stand in any of them.
    """
    alike = [timed.tab.bars.index(bar) for bar in timed.tab.bars]
    found = defaultdict(list)
    columns = (timed.bar, timed.slot, timed.hits.drum, timed.hits.time)
    for bar, slot, drum, at in zip(*(column.tolist() for column in columns), strict=True):
        found[alike[bar - 1], slot, drum].append(at)
    return [
        min((abs(at - right) for at in found[alike[bar - 1], slot, drum]), default=np.inf)
        for (bar, slot, drum), right in truth.items()
    ]


def _others(network: Network, pieces: list[Piece]) -> Tally:
    """Every recording with tabs of other songs."""
    tally = Tally()
    for piece in pieces:
        evidence = listen(network, piece)
        others = {other.name.partition(":")[2]: other for other in pieces}
        del others[piece.name.partition(":")[2]]
        for other in list(others.values())[:OTHERS]:
            _align(with_tab_of(piece, other), evidence, None, tally)
    return tally


def _seconds(network: Network) -> float:
    """To align the demo song, played on and on, with its tab written on and on."""
    from drum_tabber import tab

    written = tab.load(Path(configs.TABS_DIR) / "demo.txt", Vocabulary.of(configs.DRUMS))
    demo = audio.read(Path(configs.SONGS_DIR) / "demo.ogg", configs.SAMPLE_RATE, mono=True).samples[0]
    times = -(-SPEED_MINUTES * 60 * configs.SAMPLE_RATE // len(demo))
    samples = np.tile(demo, times)[: SPEED_MINUTES * 60 * configs.SAMPLE_RATE]
    bars = tuple(_varied(bar, number) for number, bar in enumerate(written.bars * times))
    start = time.perf_counter()
    align(replace(written, bars=bars), listen(network, Piece("", samples, written, {}, np.zeros(0))), task.tempi(None))
    return time.perf_counter() - start


def _varied(bar: Bar, number: int) -> Bar:
    """The bar without one of its strokes, another each time, so that hardly two bars are alike."""
    dropped = number % max(1, len(bar.strokes))
    return replace(bar, strokes=bar.strokes[:dropped] + bar.strokes[dropped + 1 :])
