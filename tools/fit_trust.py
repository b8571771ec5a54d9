"""Fit `alignment/trust.json`: `python -m tools.fit_trust --render groove:data/groove --figures figures.csv`.

The validation performances of the corpora that `--render` names are recorded in the studio of the settings and kept in
DATA_DIR; `--corpus` names songs that are there already, such as `rendered:data/rendered`. Each is heard once;
stretches of what was heard, half of them short and plain, some cut or set after another song's bars, meet their own
tab, as it is and with wrong hits, and three strangers: any and the likest of many with other beats, and the likest of
all. With `--strangers groove:data/groove` there are also performances that nobody needs to hear: those for training,
which were not rendered. The figures of every alignment are kept in a file, so that a run that was broken off goes on;
a new acoustic model needs a new one. Logistic regression gives the weights; how well they judge is told by songs that
they weren't fitted to.
"""

from __future__ import annotations

import argparse
import csv
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import configs
from drum_tabber.alignment.align import align
from drum_tabber.alignment.evidence import Evidence
from drum_tabber.alignment.follow import slot_beats
from drum_tabber.alignment.trust import WEIGHTS, Trust
from drum_tabber.command import add_set_option, override_settings
from drum_tabber.errors import AlignmentRefused, CorpusError
from drum_tabber.files import replacing
from drum_tabber.hearing.targets import Decoding
from drum_tabber.material import corpora
from drum_tabber.meter.grid import Grid
from drum_tabber.tab import Bar, Tab
from drum_tabber.tasks import align as task
from drum_tabber.tasks import bench_align, prepare, sources
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.hearing.inference import Network
    from drum_tabber.material.corpora import Track

RIDGE = 2.0  # weight decay of the regression, on standardised figures
LAPSE = 0.02  # share of the alignments that nothing could judge, such as those of drums that aren't heard
# How much more a wrong tab believed weighs, which teaches what isn't played, than a right one refused, which --insist
# lays all the same: with it songs that weren't fitted to believe about 1 in 100 wrong ones.
COST = 3.0
FOLDS = 10
STRETCH = (8, 25)  # bars of a song that are taken, from and to less than
PLAIN = (6, 17)  # the same of a plain stretch
N_STRETCHES = 3  # of each song in each case
N_DRAWN = 6  # plain stretches drawn, of which the one with the fewest different bars is taken
N_STRANGERS = 40  # strangers drawn, of which the likest is taken
ALIKE = 0.85  # Dice's coefficient of the average bars from which a tab is the same beat and no stranger
PLACES = 16  # of the average bar, a whole note
N_KEYS = 4  # columns of a row that say what was laid: song, case, stretch, tab
FIGURES = [field.name for field in fields(Trust)]

Figures = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Heard:
    """A song as it was heard: onset activations (frames, drums), its tab and where each bar begins (bars + 1,)."""

    name: str
    onset: NDArray[np.float32]
    frame_rate: float
    tab: Tab
    bar_time: NDArray[np.float64]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.onset) / self.frame_rate

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """The activations from `start` to `end` seconds."""
        first, last = (max(0, round(time * self.frame_rate)) for time in (start, end))
        return self.onset[first:last]


def stretch(tab: Tab, rng: np.random.Generator) -> tuple[int, int]:
    """Some bars of a tab, the first and the one after the last: every other time few that are much alike."""
    drawn = [_drawn(tab, PLAIN, rng) for _ in range(N_DRAWN)]
    if rng.random() < 0.5:
        return _drawn(tab, STRETCH, rng)
    return min(drawn, key=lambda bars: _variety(tab.bars[slice(*bars)]))


def _variety(bars: Sequence[Bar]) -> float:
    """The share of different bars; more than any where hardly anything is played."""
    return len(set(bars)) / len(bars) if sum(len(bar.strokes) for bar in bars) >= 2 * len(bars) else 2.0


def _drawn(tab: Tab, n_bars: tuple[int, int], rng: np.random.Generator) -> tuple[int, int]:
    n = min(int(rng.integers(*n_bars)), len(tab.bars))
    first = int(rng.integers(len(tab.bars) - n + 1))
    return first, first + n


def between_bars(tab: Tab, first: int, last: int) -> Tab:
    """The tab of bars first <= bar < last."""
    return replace(tab, bars=tab.bars[first:last], sections=())


def some_of(song: Heard, rng: np.random.Generator) -> Heard:
    """Some bars of a song."""
    first, last = stretch(song.tab, rng)
    start, end = max(0.0, song.bar_time[first] - 0.1), song.bar_time[last] + 0.1
    bar_time = song.bar_time[first : last + 1] - start
    tab = between_bars(song.tab, first, last)
    return replace(song, onset=song.between(start, end), tab=tab, bar_time=bar_time)


def alike(one: Tab, other: Tab, drums: Sequence[str]) -> float:
    """Dice's coefficient of two tabs' average bars."""
    bars = [_average(tab, drums) for tab in (one, other)]
    return float(2 * np.minimum(*bars).sum() / max(1e-9, np.sum(bars)))


def _average(tab: Tab, drums: Sequence[str]) -> Figures:
    average = np.zeros((PLACES, len(drums)))
    for bar in tab.bars:
        place = np.rint(slot_beats(bar) * PLACES / bar.unit).astype(int) % PLACES
        for one in bar.strokes:
            if one.drum in drums:
                average[place[one.slot], drums.index(one.drum)] += 1 / len(tab.bars)
    return average


TABS = ("own", "any", "like", "likest")

Case = Callable[[Heard, Heard, np.random.Generator], Heard]


def cut(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """Without a stretch of bars in its midst."""
    n_bars = len(song.tab.bars)
    n_cut = max(1, round(bench_align.CUT * n_bars))
    first = int(rng.integers(1, max(2, n_bars - n_cut)))
    before = song.between(0, song.bar_time[first])
    after = song.between(song.bar_time[min(first + n_cut, n_bars)], song.duration)
    return replace(song, onset=np.concatenate([before, after]))


def introduced(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """After bars of another song."""
    seconds = bench_align.INTRO_BARS * float(np.median(np.diff(song.bar_time)))
    return replace(song, onset=np.concatenate([other.between(0, seconds), song.onset]))


def spoilt(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """With wrong hits in its tab."""
    return replace(song, tab=bench_align.with_wrong_hits(song.tab, rng))


def as_it_is(song: Heard, other: Heard, rng: np.random.Generator) -> Heard:
    """Undisturbed."""
    return song


CASES: dict[str, Case] = {
    "as it is": as_it_is,
    "cut": cut,
    "introduced": introduced,
    "spoilt": spoilt,
}


def main() -> None:
    """Collect figures, fit, print how well the fit judges, write the weights."""
    parser = argparse.ArgumentParser(description="Fit the weights that decide whether a tab belongs to a song.")
    parser.add_argument("--render", action="append", default=[], metavar="LAYOUT:FOLDER", help="MIDI to be rendered")
    parser.add_argument("--corpus", action="append", default=[], metavar="LAYOUT:FOLDER", help="rendered songs")
    parser.add_argument("--strangers", action="append", default=[], metavar="LAYOUT:FOLDER", help="other songs' beats")
    parser.add_argument("--figures", type=Path, required=True, metavar="FILE", help="CSV file that keeps the figures")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    parser.add_argument("--out", type=Path, default=WEIGHTS, metavar="FILE", help="weights (default: the package's)")
    add_set_option(parser)
    args = parser.parse_args()
    override_settings(args.set)
    network = task.network(args.model)
    songs = list(hear(args, network))
    if not songs:
        raise CorpusError("say which songs: --render or --corpus LAYOUT:FOLDER, such as --render groove:/data/groove")
    strangers = [*(one for name in args.strangers for one in tabs(name)), *((song.name, song.tab) for song in songs)]
    collect(songs, strangers, args.figures, network.bundle.targets.drums, network.bundle.decoding)
    write(args.out, report(args.figures))


def hear(args: argparse.Namespace, network: Network) -> Iterator[Heard]:
    """What the network hears of the songs that the options name, one after the other. Raises as `corpora.named`."""
    vocabulary = Vocabulary.of(configs.DRUMS)
    named = [corpora.named(name, vocabulary) for name in args.corpus]
    named += [("rendered", rendered(args.render))] if args.render else []
    for layout, tracks in named:
        for piece in tqdm(bench_align.pieces(layout, tracks, vocabulary), desc="hearing", unit="song"):
            heard = network.activations([piece.samples])
            yield Heard(piece.name, heard.onset, heard.frame_rate, piece.tab, piece.bar_time)


def rendered(names: Sequence[str]) -> list[Track]:
    """The validation performances of corpora LAYOUT:FOLDER as the studio records them, one copy each."""
    found = sources.material(names)
    kept = [replace(one, tracks=tuple(filter(_is_song, one.tracks))) for one in found.corpora]
    return prepare.rendered_tracks(prepare.make("rendered", replace(found, corpora=tuple(kept))))


def _is_song(track: Track) -> bool:
    """Whether a track is for validation, and long enough for stretches to be taken of it."""
    labels = track.labels() if track.split == "validation" else None
    return labels is not None and labels.beats is not None and len(labels.beats) > 4 * PLAIN[0] and len(labels.hits) > 0


def tabs(name: str) -> Iterator[tuple[str, Tab]]:
    """The training performances of a corpus LAYOUT:FOLDER, names and tabs. Raises SettingError or CorpusError."""
    vocabulary = Vocabulary.of(configs.DRUMS)
    for track in corpora.named(name, vocabulary, "--strangers")[1]:
        labels = track.labels()
        if (
            track.split == "train"
            and labels.beats is not None
            and len(labels.beats) > 4 * PLAIN[0]
            and len(labels.hits)
        ):
            grid = Grid.of(labels.beats, 4, float(labels.hits.time[0]), float(labels.hits.time[-1]))
            piece = bench_align.piece_of(track.name, np.zeros(0, np.float32), labels.hits, grid, vocabulary)
            yield track.name, piece.tab


def collect(
    songs: Sequence[Heard],
    strangers: Sequence[tuple[str, Tab]],
    path: Path,
    drums: Sequence[str],
    decoding: Decoding,
) -> None:
    """Write the figures of every song in every case, with its own tab and with others'.

    The order is drawn: whenever a run is broken off, what there is is a fair sample.
    """
    done = {tuple(row[:N_KEYS]) for row in _rows(path)}
    jobs = [(case, song, str(number)) for number in range(N_STRETCHES) for case in CASES for song in songs]
    jobs = [jobs[index] for index in np.random.default_rng(0).permutation(len(jobs))]
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        if path.stat().st_size:
            writer.writerow([])  # ends a row that was broken off
        for case, song, number in tqdm(jobs, desc="aligning", unit="stretch"):
            if all((song.name, case, number, which) in done for which in TABS):
                continue
            rng = np.random.default_rng(zlib.crc32(f"{song.name} {case} {number}".encode()))
            own, others = some_of(song, rng), [one for one in songs if one is not song]
            disturbed = CASES[case](own, others[int(rng.integers(len(others)))], rng)
            found = _strangers(song.name, own.tab, strangers, drums, rng)
            evidence = Evidence.of(disturbed.onset, song.frame_rate, drums, decoding)
            for which, tab in zip(TABS, (disturbed.tab, *found), strict=True):
                if (song.name, case, number, which) not in done:
                    writer.writerow([song.name, case, number, which, *_figures(tab, evidence)])
            stream.flush()


def _strangers(
    name: str, own: Tab, strangers: Sequence[tuple[str, Tab]], drums: Sequence[str], rng: np.random.Generator
) -> tuple[Tab, Tab, Tab]:
    """Stretches of other songs: any and the likest of other beats by the average bar, and the likest of all."""
    others = [tab for other, tab in strangers if other != name]
    drawn = [others[index] for index in rng.choice(len(others), min(N_STRANGERS, len(others)), replace=False)]
    found = [between_bars(tab, *stretch(tab, rng)) for tab in drawn]
    likeness = [alike(own, tab, drums) for tab in found]
    by_likeness = np.argsort(likeness).tolist()
    other_beats = [index for index in by_likeness if likeness[index] < ALIKE] or by_likeness[:1]
    return found[min(other_beats)], found[other_beats[-1]], found[by_likeness[-1]]


def _figures(tab: Tab, evidence: Evidence) -> Iterable[float]:
    """The figures of an alignment; none where no place is found at all."""
    try:
        trust = align(tab, evidence, task.tempi(None)).trust
    except AlignmentRefused:
        return ()
    assert trust is not None
    return astuple(trust)


def _rows(path: Path) -> list[list[str]]:
    """The rows of figures that are whole: a run may have been broken off amidst one."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.reader(stream) if len(row) in (N_KEYS, N_KEYS + len(FIGURES))]


@dataclass(frozen=True)
class Fit:
    """The weights of the figures, the bias, and how many right and wrong tabs they were fitted to."""

    weights: Figures
    bias: float
    n_right: int
    n_wrong: int


def report(path: Path) -> Fit:
    """The fit to all figures; prints what fits to other songs say of each case."""
    rows = _rows(path)
    judged = [row for row in rows if len(row) > N_KEYS]  # the others found no place at all
    if not judged:
        raise CorpusError(f"{path} has no figures; name it anew, or songs that tabs can be laid over")
    names, cases, _, tabs_met = np.array([row[:N_KEYS] for row in judged]).T
    figures, right = np.array([row[N_KEYS:] for row in judged], np.float64), tabs_met == TABS[0]
    accepted = _odds(names, figures, right) > 0
    for case in CASES:
        mine = cases == case
        met = [row[3] == TABS[0] for row in rows if row[1] == case]
        print(
            f"{case:12} right ones accepted {int((accepted & mine & right).sum())} of {sum(met)}, "
            f"wrong ones {int((accepted & mine & ~right).sum())} of {len(met) - sum(met)}"
        )
    return Fit(*fit(figures, right), int(right.sum()), int((~right).sum()))


def _odds(names: NDArray[np.str_], figures: Figures, right: NDArray[np.bool_]) -> Figures:
    """(n,) log-odds that the tabs belong to their songs, by weights that were fitted to other songs."""
    odds = np.zeros(len(figures))
    fold = np.array([zlib.crc32(name.encode()) % FOLDS for name in names.tolist()])
    for number in np.unique(fold).tolist():
        weights, bias = fit(figures[fold != number], right[fold != number])
        odds[fold == number] = figures[fold == number] @ weights + bias
    return odds


def write(path: Path, fitted: Fit) -> None:
    """Write the weights as `trust.py` reads them."""
    said = {
        "weights": {name: round(weight, 3) for name, weight in zip(FIGURES, fitted.weights.tolist(), strict=True)},
        "bias": round(fitted.bias, 3),
        "fitted_to": {"right": fitted.n_right, "wrong": fitted.n_wrong},
    }
    with replacing(path) as part:
        part.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def fit(figures: Figures, right: NDArray[np.bool_]) -> tuple[Figures, float]:
    """Weights and bias of a logistic regression with ridge and lapses, the wrong weighing COST times as much."""
    from scipy.optimize import minimize

    centre, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-9
    scaled = (figures - centre) / spread
    share = np.where(right, 0.5 / right.mean(), COST * 0.5 / (1 - right.mean()))

    def loss(free: Figures) -> float:
        odds = scaled @ free[1:] + free[0]
        likelihood = LAPSE + (1 - 2 * LAPSE) / (1 + np.exp(np.where(right, -odds, odds)))
        return float(-(share * np.log(likelihood)).sum() + RIDGE / 2 * (free[1:] ** 2).sum())

    free = minimize(loss, np.zeros(scaled.shape[1] + 1)).x
    weights = free[1:] / spread
    return weights, float(free[0] - (weights * centre).sum())


if __name__ == "__main__":
    main()
