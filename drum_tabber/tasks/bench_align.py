"""`python -m drum_tabber bench align`: how well tabs are laid over annotated recordings, as they are and disturbed.

Each recording's annotation, quantised to sixteenths, is its tab; nothing but the tab is given. A hit is right where the
time found for it is that of its annotation. Two bars that read alike can't be told apart where one of them is cut, so
hits are counted twice: with such bars taken for one another, and strictly by their numbers. A label is right where any
hit of its drum has that time; `placed` is the share of the hits given out that are right. Every recording also meets
the tabs of the others, to be refused.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import configs
from drum_tabber.alignment.align import accepted, align
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.errors import AlignmentRefused, CorpusError
from drum_tabber.events import Hits
from drum_tabber.material import corpora
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import Dynamics, quantize, to_tab
from drum_tabber.sound import audio
from drum_tabber.tab import Bar, Tab
from drum_tabber.tasks import align as task
from drum_tabber.tasks import playing
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.hearing.inference import Network
    from drum_tabber.kits.kit import Kit
    from drum_tabber.material.corpora import Track

Samples = NDArray[np.float32]
Place = tuple[int, int, str]  # bar from 1, slot, drum
Clock = Callable[[NDArray[np.float64]], NDArray[np.float64]]

NEAR = 0.03  # seconds within which a hit is right
INTRO_BARS = 8
CUT = 0.25  # share of the bars that are cut
N_CUTS = 5  # that each recording is tried with, for where a cut lies decides how hard it is to find
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
    """What came out of a condition: seconds by which the hits that sound are off, by which those of strictly that bar
    and labels are (inf: missing), by which what was placed is; tabs accepted and refused."""

    errors: list[float] = field(default_factory=list)
    strict: list[float] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)
    placed: list[float] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        """A line of the table."""
        shares = "".join(
            f"{np.mean(np.array(off) <= NEAR):8.1%}" if off else " " * 8
            for off in (self.errors, self.strict, self.labels, self.placed)
        )
        median = f"{1000 * np.median(self.errors):.1f} ms" if self.errors else ""
        n_met = len(self.accepted) + len(self.refused)
        return f"{name:30}{shares}{median:>9}{len(self.accepted):6d} of {n_met}"


def run(args: argparse.Namespace) -> None:
    """Print the table, and which tabs were judged wrongly."""
    network = task.network(args.model)
    pieces = load_pieces(args.corpus)
    met = conditions(pieces, playing.chosen_kit(args))
    tallies = {condition.name: Tally() for condition in met}
    strangers = {piece.name: _others(piece, pieces) for piece in pieces}
    n_jobs = len(pieces) * sum(condition.n_draws for condition in met) + sum(map(len, strangers.values()))
    wrong = Tally()
    with tqdm(total=n_jobs, desc="aligning", unit="tab") as bar:
        for number, piece in enumerate(pieces):
            plain = listen(network, piece)
            for condition in met:
                rng = np.random.default_rng(number)
                for _ in range(condition.n_draws):
                    disturbed = condition.disturb(piece, rng)
                    evidence = plain if disturbed.samples is piece.samples else listen(network, disturbed)
                    given = condition.tempo and condition.tempo * _tempo(piece)
                    _align(disturbed, evidence, given, tallies[condition.name])
                    bar.update()
            for other in strangers[piece.name]:
                _align(with_tab_of(piece, other), plain, None, wrong)
                bar.update()
    heads = "".join(f"{head:>8}" for head in ("hits", "strict", "labels", "placed"))
    print(f"{f'{len(pieces)} recordings':30}{heads}{'median':>9}{'accepted':>12}")
    for name, tally in tallies.items():
        print(tally.row(name))
    print(wrong.row("tabs of other songs"))
    taken, processor = _seconds(network)
    print(f"{SPEED_MINUTES} minutes of song: {taken:.1f} s, {processor:.1f} s of processor time")
    for name, tally in tallies.items():
        print("".join(f"refused, {name}: {one}\n" for one in tally.refused), end="")
    print("".join(f"accepted: {one}\n" for one in wrong.accepted), end="")


def load_pieces(names: Iterable[str]) -> list[Piece]:
    """The annotated recordings of corpora LAYOUT:FOLDER. Raises SettingError or CorpusError."""
    vocabulary = Vocabulary.of(configs.DRUMS)
    found = [piece for name in names for piece in pieces(*corpora.named(name, vocabulary), vocabulary)]
    if not found:
        raise CorpusError("say which recordings: --corpus LAYOUT:FOLDER, such as mdb/mix:/data/mdb")
    return found


def pieces(layout: str, tracks: Iterable[Track], vocabulary: Vocabulary) -> Iterator[Piece]:
    """Those of the tracks of a layout that are recordings whose beats are annotated."""
    for track in tracks:
        labels = track.labels()
        if track.audio and labels.beats is not None and len(labels.hits):
            grid = Grid.of(labels.beats, 4, float(labels.hits.time[0]), float(labels.hits.time[-1]))
            samples = audio.read(track.audio, configs.SAMPLE_RATE, mono=True).samples[0]
            yield piece_of(f"{layout}:{track.name}", samples, labels.hits, grid, vocabulary)


def piece_of(name: str, samples: Samples, hits: Hits, grid: Grid, vocabulary: Vocabulary) -> Piece:
    """A recording with the tab of its annotation."""
    placed = quantize(hits, grid)
    shown = np.flatnonzero(placed.shown).tolist()
    times = {(int(placed.bar[i]), int(placed.slot[i]), str(hits.drum[i])): float(hits.time[i]) for i in shown}
    tab = to_tab(hits, placed, grid, vocabulary, Dynamics())
    written = {(number, one.slot, one.drum) for number, bar in enumerate(tab.bars, 1) for one in bar.strokes}
    truth = {place: at for place, at in times.items() if place in written}
    return Piece(name, samples, tab, truth, grid.beat_time[grid.bar_beat])


@dataclass(frozen=True)
class Condition:
    """What is done to each piece, how often, each time as chance has it, and the tempo given, over the true one (None:
    withheld)."""

    name: str
    disturb: Callable[[Piece, np.random.Generator], Piece]
    tempo: float | None = None
    n_draws: int = 1


def conditions(pieces: list[Piece], kit: Kit | None = None) -> list[Condition]:
    """All conditions; songs are rendered where there is a kit."""
    following = dict(zip((piece.name for piece in pieces), [*pieces[1:], *pieces[:1]], strict=True))
    found = [
        Condition("tempo withheld", lambda piece, rng: piece),
        Condition("tempo 3 % too fast", lambda piece, rng: piece, 1.03),
        Condition("tempo 3 % too slow", lambda piece, rng: piece, 0.97),
        Condition(f"tempo bent by {BEND:.0%}", _bent),
        Condition(f"{INTRO_BARS} bars of other music before", lambda piece, rng: _after(piece, following[piece.name])),
        Condition(f"{CUT:.0%} of the song cut", _cut, n_draws=N_CUTS),
        Condition(f"{WRONG:.0%} of the tab's hits wrong", _spoilt),
    ]
    if kit is not None:
        found.append(Condition("rendered, with a tempo change", lambda piece, rng: _rendered(piece, kit, rng)))
    return found


def with_tab_of(piece: Piece, other: Piece) -> Piece:
    """The recording with another's tab, none of whose hits it has."""
    return replace(piece, name=f"{piece.name} with the tab of {other.name}", tab=other.tab, truth={})


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


def with_wrong_hits(tab: Tab, rng: np.random.Generator) -> Tab:
    """The tab with a share of its hits left out, moved or given to other drums, a third each."""
    drums = sorted({one.drum for bar in tab.bars for one in bar.strokes})
    bars = []
    for bar in tab.bars:
        strokes = {(one.slot, one.drum): one for one in bar.strokes}
        for one in bar.strokes:
            if rng.random() < WRONG:
                del strokes[one.slot, one.drum]
                moved = one._replace(slot=int(rng.integers(bar.n_slots)))
                other = one._replace(drum=str(rng.choice(drums)))
                for wrong in [[], [moved], [other]][rng.integers(3)]:
                    if not any(wrong[:2] == right[:2] for right in bar.strokes):
                        strokes[wrong.slot, wrong.drum] = wrong
        bars.append(replace(bar, strokes=tuple(strokes.values())))
    return replace(tab, bars=tuple(bars))


def _spoilt(piece: Piece, rng: np.random.Generator) -> Piece:
    """With wrong hits in its tab."""
    tab = with_wrong_hits(piece.tab, rng)
    written = {(number, one.slot, one.drum) for number, bar in enumerate(tab.bars, 1) for one in bar.strokes}
    return replace(piece, tab=tab, truth={place: at for place, at in piece.truth.items() if place in written})


def _rendered(piece: Piece, kit: Kit, rng: np.random.Generator) -> Piece:
    """Played on a kit, faster or slower from its middle on."""
    from drum_tabber.rendering.render import render

    middle = float(piece.bar_time[len(piece.bar_time) // 2])
    pace = STEP if rng.random() < 0.5 else 1 / STEP

    def clock(time: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(time < middle, time, middle + (time - middle) / pace)

    places = list(piece.truth)
    hits = Hits.of(clock(np.array([piece.truth[place] for place in places])), [drum for _, _, drum in places])
    sound = render(hits, kit, rng, mono=True)[0]
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
        tally.refused.append(piece.name)
        return
    tally.accepted.append(f"{piece.name} ({timed.trust.probability:.2f})" if timed.trust else piece.name)
    alike = [timed.tab.bars.index(bar) for bar in timed.tab.bars]
    columns = (timed.bar, timed.slot, timed.hits.drum, timed.hits.time)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    found = [((bar, slot, drum), at) for bar, slot, drum, at in rows]
    sounding = list(piece.truth.items())
    tally.errors += _errors(sounding, found, alike)
    tally.strict += _errors(sounding, found, range(len(alike)))
    tally.placed += _errors(found, sounding, alike)
    for (_, _, drum), at in sounding:
        tally.labels.append(float(np.abs(timed.hits.of_drum(drum).time - at).min(initial=np.inf)))


def _errors(
    wanted: Iterable[tuple[Place, float]], found: Iterable[tuple[Place, float]], kind: Sequence[int]
) -> list[float]:
    """Seconds from each to the nearest of the same place, inf where there is none; bars of one kind are the same."""
    times = defaultdict(list)
    for (bar, slot, drum), at in found:
        times[kind[bar - 1], slot, drum].append(at)
    return [
        min((abs(at - other) for other in times[kind[bar - 1], slot, drum]), default=np.inf)
        for (bar, slot, drum), at in wanted
    ]


def _others(piece: Piece, pieces: Sequence[Piece]) -> list[Piece]:
    """Recordings of other songs, one of each."""
    others = {other.name.partition(":")[2]: other for other in pieces}
    del others[piece.name.partition(":")[2]]
    return list(others.values())[:OTHERS]


def _seconds(network: Network) -> tuple[float, float]:
    """To hear and align the demo song, played on and on, with its tab written on and on: by the clock, of processor."""
    from drum_tabber import tab

    written = tab.load(Path(configs.TABS_DIR) / "demo.txt", Vocabulary.of(configs.DRUMS))
    demo = audio.read(Path(configs.SONGS_DIR) / "demo.ogg", configs.SAMPLE_RATE, mono=True).samples[0]
    times = -(-SPEED_MINUTES * 60 * configs.SAMPLE_RATE // len(demo))
    samples = np.tile(demo, times)[: SPEED_MINUTES * 60 * configs.SAMPLE_RATE]
    bars = tuple(_varied(bar, number) for number, bar in enumerate(written.bars * times))
    start = time.perf_counter(), time.process_time()
    align(replace(written, bars=bars), listen(network, Piece("", samples, written, {}, np.zeros(0))), task.tempi(None))
    return time.perf_counter() - start[0], time.process_time() - start[1]


def _varied(bar: Bar, number: int) -> Bar:
    """The bar without one of its strokes, another each time, so that hardly two bars are alike."""
    dropped = number % max(1, len(bar.strokes))
    return replace(bar, strokes=bar.strokes[:dropped] + bar.strokes[dropped + 1 :])
