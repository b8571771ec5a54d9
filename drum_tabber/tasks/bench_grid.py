"""`python -m drum_tabber bench grid`: beats, bar lines and slots, on annotated recordings and on rendered scores.

A recording's slots are made of its annotation: its hits, quantised on its beats. With `--score LAYOUT:FOLDER --kit DIR`
performances, MIDI or made up, are written down and played as scores, by a drummer who is never exact: as they stand,
with a tempo that drifts, in swing, and with every other eight bars a beat shorter. A hit that was heard is on the right
slot where it lies at the place of the bar at which the hit of its drum that it can be paired with was written; hits
missed or invented don't count. The last rows are all pieces together, without and with those whose meter changes, and
those of each meter.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import configs
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.events import Beats
from drum_tabber.hearing import evaluate
from drum_tabber.kits.kit import Kit
from drum_tabber.material import corpora
from drum_tabber.meter.grid import Grid
from drum_tabber.notation.quantize import Placement, hits_of
from drum_tabber.notation.transcription import Transcription, notate
from drum_tabber.sound import audio
from drum_tabber.tab import Bar, Stroke, Tab
from drum_tabber.tasks import drums
from drum_tabber.vocabulary import Vocabulary

Floats = NDArray[np.float64]

TOLERANCE = 0.05  # seconds within which a hit was heard
SAME_PLACE = 1e-3  # of a bar
SAME_TEMPO = 0.2  # octaves
SECONDS = 32.0  # of a score that are played
UNEVEN = 0.007  # seconds, standard deviation of the player
DRIFT, DRIFT_BEATS = 0.06, 40  # share by which the tempo swings, and how slowly
SWING = 0.63  # where in the beat the off-beats are played
PART_BARS = 8  # after which the meter changes
CHANGING = "changing meter"  # the way in which it does


@dataclass(frozen=True)
class Figures:
    """What came of one piece: F of beats and downbeats, whether the tempo's octave is right, hits heard, those of them
    on the right slot, and on the right slot of their beat in whatever bar."""

    beats: float
    downbeats: float
    octave: bool
    heard: int
    right: int
    in_beat: int

    def row(self, name: str) -> str:
        """A line of the table."""
        shares = f"{self.beats:8.3f}{self.downbeats:8.3f}{'yes' if self.octave else 'NO':>7}"
        if not self.heard:
            return f"{name:44}{shares}{'-':>8}{'-':>9}{0:7d}"
        return f"{name:44}{shares}{self.right / self.heard:8.1%}{self.in_beat / self.heard:9.1%}{self.heard:7d}"


@dataclass(frozen=True)
class Case:
    """Something to transcribe, in a group: samples or a file, and what ought to come of it."""

    group: str
    name: str
    source: Path | Floats | NDArray[np.float32]
    truth: Transcription


def run(args: argparse.Namespace) -> None:
    """Transcribe every case and print the table."""
    if not args.corpus and not args.score:
        raise SettingError("say what to play: --corpus LAYOUT:FOLDER, or --score LAYOUT:FOLDER --kit DIR")
    transcriber = drums.transcriber(args.model)
    groups: dict[str, list[Figures]] = defaultdict(list)
    meters: dict[str, list[Figures]] = defaultdict(list)
    print(f"{'':44}{'beats':>8}{'ones':>8}{'octave':>7}{'slot':>8}{'in beat':>9}{'heard':>7}")
    for case in tqdm(
        [*_recordings(args, transcriber), *_played(args, transcriber)], unit="piece", delay=2, leave=False
    ):
        blocks = audio.stream(case.source, configs.SAMPLE_RATE) if isinstance(case.source, Path) else [case.source]
        heard = transcriber.notate(case.name, transcriber.network.activations(blocks))
        groups[case.group].append(judge(case.truth, heard))
        meters[meter_of(case.truth.grid)].append(groups[case.group][-1])
        tqdm.write(groups[case.group][-1].row(f"{case.group}: {case.name}"[:43]))
    if len(groups) > 1:
        groups |= together(groups)
    if len(meters) > 1:
        groups |= dict(sorted(meters.items(), key=lambda meter: -len(meter[1])))
    for group, figures in groups.items():
        print(mean(figures).row(f"{group}, {len(figures)} pieces") + f"   octave right {_octaves(figures)}")


def together(groups: Mapping[str, list[Figures]]) -> dict[str, list[Figures]]:
    """The figures of all groups, and before them those without the songs whose meter changes, where there are any."""
    every = [one for figures in groups.values() for one in figures]
    steady = [one for group, figures in groups.items() if group != CHANGING for one in figures]
    return {f"all but {CHANGING}": steady, "all": every} if CHANGING in groups else {"all": every}


def meter_of(grid: Grid) -> str:
    """The meter of most bars, such as "in 6/8"."""
    (beats, unit), _ = Counter(zip(grid.meters, grid.units, strict=True)).most_common(1)[0]
    return f"in {beats}/{unit}"


def judge(truth: Transcription, heard: Transcription) -> Figures:
    """How the beats, bars and slots that were heard compare with those that were played."""
    ours, theirs = place_of(heard), place_of(truth)
    n_heard = right = in_beat = 0
    for drum in np.unique(truth.hits.drum).tolist():
        pairs = _pairs(truth, heard, drum)
        n_heard += len(pairs)
        wanted, found = theirs[pairs[:, 0]], ours[pairs[:, 1]]
        right += int((np.abs(wanted[:, 0] - found[:, 0]) < SAME_PLACE).sum())
        in_beat += int((np.abs(wanted[:, 1] - found[:, 1]) < SAME_PLACE).sum())
    intervals = [float(np.median(np.diff(one.beats.time))) if len(one.beats) > 1 else np.nan for one in (truth, heard)]
    return Figures(
        evaluate.beat_f(truth.beats, heard.beats),
        evaluate.beat_f(truth.beats, heard.beats, downbeats=True),
        bool(abs(np.log2(intervals[0] / intervals[1])) < SAME_TEMPO),
        n_heard,
        right,
        in_beat,
    )


def place_of(song: Transcription) -> Floats:
    """(hits, 2) where each hit is written: in its bar, 0 to 1, and in its beat."""
    grid, placed = song.grid, song.placement
    start = grid.bar_slot[placed.bar - 1] + placed.slot
    beat = np.searchsorted(grid.beat_slot, start, side="right") - 1
    along = beat + (start - grid.beat_slot[beat]) / grid.divisions[np.minimum(beat, len(grid.divisions) - 1)]
    meters = np.array(grid.meters)[placed.bar - 1]
    dotted = np.where(np.array(grid.units)[placed.bar - 1] == 8, _pulses(grid)[placed.bar - 1], 1)
    within = along - grid.bar_beat[placed.bar - 1]
    return np.stack([within / meters, (within / dotted) % 1], axis=1)


def _pulses(grid: Grid) -> NDArray[np.int64]:
    """Grid beats in a beat that a listener taps, by bar."""
    return np.array([_pulse(meter) for meter in zip(grid.meters, grid.units, strict=True)])


def _pulse(meter: tuple[int, int]) -> int:
    """Beats of a meter in a beat that a listener taps: three in compound meters."""
    n_beats, unit = meter
    return 3 if unit == 8 and n_beats % 3 == 0 else 1


def tapped(grid: Grid) -> Beats:
    """The beats that a listener taps: in compound meters the dotted ones."""
    pulses = np.repeat(_pulses(grid), grid.meters)
    beats = grid.beats
    kept = (beats.place - 1) % pulses == 0
    return Beats(beats.time[kept], (beats.place[kept] - 1) // pulses[kept] + 1)


def _pairs(truth: Transcription, heard: Transcription, drum: str) -> NDArray[np.int64]:
    """(pairs, 2) hits of a drum, shown in either tab, that lie within `TOLERANCE`, each in one pair."""
    import mir_eval

    wanted, found = (np.flatnonzero((song.hits.drum == drum) & song.placement.shown) for song in (truth, heard))
    if not len(wanted) or not len(found):
        return np.zeros((0, 2), np.int64)
    matched = mir_eval.util.match_events(truth.hits.time[wanted], heard.hits.time[found], TOLERANCE)
    return np.array([(wanted[a], found[b]) for a, b in matched], np.int64).reshape(-1, 2)


def mean(figures: list[Figures]) -> Figures:
    """The mean F of pieces, and their hits together."""
    counts = (sum(getattr(one, name) for one in figures) for name in ("heard", "right", "in_beat"))
    beats, ones = (float(np.mean([getattr(one, name) for one in figures])) for name in ("beats", "downbeats"))
    return Figures(beats, ones, all(one.octave for one in figures), *counts)


def _octaves(figures: list[Figures]) -> str:
    return f"{sum(one.octave for one in figures)} of {len(figures)}"


# -------------------------------------------------------------------------------------------------------- recordings


def tracks(names: list[str]) -> Iterator[tuple[str, corpora.Track]]:
    """All tracks of corpora, each with its layout."""
    for corpus in names:
        layout, tracks = corpora.named(corpus, Vocabulary.of(configs.DRUMS))
        yield from ((layout, track) for track in tracks)


def _recordings(args: argparse.Namespace, transcriber: drums.Transcriber) -> Iterator[Case]:
    for layout, track in tracks(args.corpus):
        labels = track.labels()
        if track.audio and labels.beats is not None and (len(labels.hits) or not labels.told_apart):
            hits = drums.merged(labels.hits, transcriber.shown)
            truth = notate(track.name, 0.0, hits, labels.beats, transcriber.presentation)
            yield Case(layout, track.name, track.audio, truth)


# ------------------------------------------------------------------------------------------------------------ scores


def _played(args: argparse.Namespace, transcriber: drums.Transcriber) -> Iterator[Case]:
    """Validation scores, each in one of the ways, by turns."""
    if not args.score:
        return
    if not args.kit:
        raise SettingError("scores need drums to be played on: --kit DIR")
    kit = Kit.load(args.kit, configs.SAMPLE_RATE, args.kit_name)
    wanted = [track for _, track in tracks(args.score) if track.split == "validation"]
    scores = [made for track in wanted if (made := score_of(track, transcriber))]
    if not scores:
        raise CorpusError(
            "none of these performances is for validation and long enough to be a score; name another corpus"
        )
    ways = list(WAYS.items())
    for number, (name, score) in enumerate(scores[: args.pieces]):
        way, change = ways[number % len(ways)]
        rng = np.random.default_rng(number)
        yield performed(way, name, change(score), kit, rng, transcriber)


def score_of(track: corpora.Track, transcriber: drums.Transcriber) -> tuple[str, Tab] | None:
    """What a MIDI file says on its own beats, as a tab of its first `SECONDS`; None where that is too little."""
    labels = track.labels()
    if labels.beats is None or not len(labels.hits):
        return None
    start = float(labels.hits.time[0])
    first = labels.beats.downbeats[labels.beats.downbeats <= start + 0.05]
    start = float(first[-1]) - 0.05 if len(first) else start
    hits, beats = labels.hits.cropped(start, start + SECONDS), labels.beats.cropped(start, start + SECONDS)
    if len(hits) < 4 * len(beats) ** 0.5 or len(beats) < 24:
        return None
    made = notate(track.name, SECONDS, drums.merged(hits, transcriber.shown), beats, transcriber.presentation).tab
    return track.name, replace(made, bars=tuple(replace(bar, strokes=_plain(bar)) for bar in made.bars))


def _plain(bar: Bar) -> tuple[Stroke, ...]:
    """The strokes of a bar without grace notes."""
    return tuple(stroke._replace(articulation="") for stroke in bar.strokes)


def _shortened(tab: Tab) -> Tab:
    """With a beat less in the bars of every other part."""
    return replace(tab, bars=tuple(_cut(bar) if index // PART_BARS % 2 else bar for index, bar in enumerate(tab.bars)))


def _cut(bar: Bar) -> Bar:
    """The bar without its last beat, the dotted one in compound meters; bars of two beats stay as they are."""
    pulse = _pulse(bar.meter)
    if len(bar.divisions) <= 2 * pulse:
        return bar
    divisions = bar.divisions[:-pulse]
    return Bar(divisions, bar.unit, tuple(one for one in bar.strokes if one.slot < sum(divisions)))


def _in_triplets(tab: Tab) -> Tab:
    """With its eighths as the first and the last of three; what lies between them is left out."""
    return replace(tab, bars=tuple(_swung(bar) for bar in tab.bars))


def _swung(bar: Bar) -> Bar:
    strokes = []
    starts = np.concatenate([[0], np.cumsum(bar.divisions)]).tolist()
    for stroke in bar.strokes:
        beat = int(np.searchsorted(starts, stroke.slot, side="right")) - 1
        place = (stroke.slot - starts[beat]) / bar.divisions[beat]
        if place in (0, 0.5):
            strokes.append(Stroke(3 * beat + (2 if place else 0), *stroke.meaning))
    return Bar((3,) * len(bar.divisions), bar.unit, tuple(strokes))


WAYS: dict[str, Callable[[Tab], Tab]] = {
    "as written": lambda tab: tab,
    "drifting": lambda tab: tab,
    "swung": _in_triplets,
    CHANGING: _shortened,
}


def performed(
    way: str, name: str, score: Tab, kit: Kit, rng: np.random.Generator, transcriber: drums.Transcriber
) -> Case:
    """The score as it is played in one of the `WAYS`, and what ought to be heard."""
    from drum_tabber.rendering.render import render

    even = Grid.of_tab(score, 1.0)
    interval = np.diff(even.beat_time)
    if way == "drifting":
        interval *= 1 + DRIFT * np.sin(2 * np.pi * np.arange(len(interval)) / DRIFT_BEATS + rng.uniform(0, 6))
    grid = replace(even, beat_time=1.0 + np.concatenate([[0], np.cumsum(interval)]))
    written = hits_of(score, grid)
    bars, slots = grid.locate(written.time + 1e-6)
    n_hits = len(written)
    placed = Placement(bars, np.floor(slots).astype(np.int64), np.ones(n_hits, bool), np.full(n_hits, ""))
    exact = replace(written, time=_felt(written.time, grid))
    truth = Transcription(name, 0.0, exact, tapped(grid), grid, placed, score, transcriber.presentation)
    played = exact.moved(lambda time: np.maximum(time + rng.normal(0, UNEVEN, n_hits), 0))
    sound = render(played, kit, rng, mono=True)[0]
    return Case(way, name, (0.5 * sound / np.abs(sound).max()).astype(np.float32), truth)


def _felt(times: Floats, grid: Grid) -> Floats:
    """When notes of a score are played: the last of three comes earlier, where there is swing."""
    beat = np.clip(np.searchsorted(grid.beat_time, times + 1e-6, side="right") - 1, 0, len(grid.divisions) - 1)
    interval = np.diff(grid.beat_time)[beat]
    phase = (times - grid.beat_time[beat]) / interval
    swung = np.interp(phase, (0, 2 / 3, 1), (0, SWING, 1))
    return grid.beat_time[beat] + np.where(grid.divisions[beat] == 3, swung, phase) * interval
