"""`python -m drum_tabber align`: a tab and a song in, the time of every stroke out.

Where the song has a sidecar that says where its own tab begins, that is honoured; else the place is found.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import AlignmentRefused, AudioError, SettingError
from drum_tabber.files import output_file, output_folder, spare
from drum_tabber.vocabulary import Vocabulary
from drum_tabber.wording import counted

if TYPE_CHECKING:
    from drum_tabber.alignment.align import TimedTab
    from drum_tabber.alignment.evidence import Evidence
    from drum_tabber.hearing.inference import Network
    from drum_tabber.tab import Tab

REFUSED = 2  # exit status
DOUBTED = 0.7  # probability below which a tab that is believed to be the song's should be looked at
SLOWEST, FASTEST = 50.0, 230.0  # quarter notes a minute that tabs are written in; others are told with --tempo
TEMPO_RANGE = 1.12  # factor about a given tempo within which the true one is looked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("tab", type=Path, metavar="TAB", help="the tab, a text file")
    parser.add_argument("song", type=Path, metavar="SONG", help="its recording")
    parser.add_argument(
        "--out", metavar="FILE|DIR", help="the hits, a CSV file, or the folder for it (default: beside the tab)"
    )
    parser.add_argument("--tempo", type=float, metavar="BPM", help="about how fast it is; found where not given")
    parser.add_argument("--afresh", action="store_true", help="find the tab's place even where a sidecar gives it")
    parser.add_argument("--insist", action="store_true", help="lay the tab even where it doesn't seem to belong")
    parser.add_argument(
        "--correct", action="store_true", help="also write TAB.marked.txt and TAB.corrected.txt, beside the hits"
    )
    parser.add_argument("--formats", metavar="A,B", help="also write what the song plays as midi, musicxml, pdf …")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")


def run(args: argparse.Namespace) -> int:
    """Align, write the files and say how it went; the exit status is 2 where the tab is refused."""
    from drum_tabber import export
    from drum_tabber.export import columns
    from drum_tabber.material import songs
    from drum_tabber.tasks.tab import formats_of

    formats, out = formats_of(args.formats), hits_file(args.out, args.tab)
    spare([out, *export.targets(out.parent, _name(out), formats)], [args.tab, args.song])
    export.check_targets(out.parent, _name(out), formats)
    vocabulary = Vocabulary.of(configs.DRUMS)
    written = read_tab(args.tab, vocabulary)
    evidence = listen(args.song, network(args.model))
    try:
        afresh = args.afresh or not songs.is_pair(args.tab, args.song)  # a sidecar speaks of its own tab alone
        timed = timed_tab(written, evidence, args.song, args.tempo, afresh, args.insist)
    except AlignmentRefused as refusal:
        way_out = "" if args.insist else "; if it does, --insist lays it all the same"
        print(f"refused: {args.tab} on {args.song}: {refusal}{way_out}", file=sys.stderr)
        return REFUSED
    columns.write_hits(out, timed.hits, timed.placement)
    print(f"{out}: {summary(timed)}")
    if _probability(timed) < DOUBTED:
        print(f"notice: whether {args.tab} is the tab of this song is doubtful; see it with check", file=sys.stderr)
    for first, last in timed.unplayed:
        print(f"left out: bars {first} to {last} of {args.tab} don't fit anywhere in the song", file=sys.stderr)
    if timed.n_outside:
        strokes = counted(timed.n_outside, "stroke")
        print(f"left out: {strokes} of {args.tab} would lie before the recording or after its end", file=sys.stderr)
    if args.correct:
        _write_corrections(out.parent / args.tab.name, timed, evidence, vocabulary)
    if formats:
        _write_formats(out, args.song, timed, evidence, formats)
    return 0


def hits_file(out: str | None, tab: Path) -> Path:
    """Where a tab's hits go: into a file of that name, or under the tab's into a folder, which there is or whose name
    ends with a slash; beside the tab where none is named. Raises DrumTabberError where nothing can be written there."""
    name = f"{tab.stem}.hits.csv"
    if out is None:
        return tab.with_name(name)
    return output_folder(out) / name if out.endswith("/") or Path(out).is_dir() else output_file(out)


def read_tab(path: Path, vocabulary: Vocabulary) -> Tab:
    """The tab in a file; what had to be put right or left out is told, for the song will show whether it is the tab's.
    Raises TabError where there is no tab."""
    from drum_tabber import tab

    reading = tab.load_most(path, vocabulary)
    for fault in reading.faults:
        print(f"{path}:{fault.line}:{fault.column}: {fault.why}", file=sys.stderr)
    return reading.tab


def network(model: str | None = None) -> Network:
    """The trained model, loaded. Raises BundleError."""
    from drum_tabber.hearing.bundle import Bundle
    from drum_tabber.hearing.inference import Network

    return Network(Bundle.load(model or configs.MODEL_BUNDLE))


def listen(song: Path, network: Network, shows: bool = True) -> Evidence:
    """What the model hears in a recording; with `shows` a bar tells how far it is. Raises AudioError."""
    from tqdm import tqdm

    from drum_tabber.alignment.evidence import Evidence
    from drum_tabber.sound import audio

    bundle = network.bundle
    n_frames = round((audio.length(song) or 0) * bundle.features.frame_rate)
    with tqdm(total=n_frames or None, desc="hearing", unit="frame", disable=not shows, delay=2, leave=False) as bar:
        heard = network.activations(audio.stream(song, bundle.features.sample_rate), bar.update)
    if not len(heard.onset):
        raise AudioError(f"{song} holds no sound; give the song's recording")
    return Evidence.of(heard.onset, heard.frame_rate, bundle.targets.drums, bundle.decoding)


def timed_tab(
    written: Tab, evidence: Evidence, song: Path, tempo: float | None = None, afresh: bool = False, insist: bool = False
) -> TimedTab:
    """The tab laid over its song: by the song's sidecar where there is one. Raises AlignmentRefused; with `insist` only
    where no bar can be placed. Raises SettingError where the tab fits at another tempo than the given one."""
    from drum_tabber.alignment.align import accepted, align, align_given
    from drum_tabber.material import songs

    looked_in = tempi(tempo)
    given = None if afresh or tempo else songs.alignment_beside(song)
    if given is not None:
        return align_given(written, evidence, given.beat_times(written))
    try:
        timed = align(written, evidence, looked_in, _watched)
        timed = timed if insist else accepted(timed)
    except AlignmentRefused as refusal:
        if tempo is None:
            raise
        if fitting := _accepted_freely(written, evidence):
            raise SettingError(_another_tempo(tempo, song, "the tab fits", fitting)) from refusal
        raise AlignmentRefused(f"{refusal}, without --tempo too") from refusal
    in_doubt = timed.unplayed or _probability(timed) < DOUBTED  # at 2/3 of its tempo part of a tab may fit
    if tempo and in_doubt and not insist:
        fitting = _accepted_freely(written, evidence)
        if fitting and _probability(fitting) > _probability(timed):
            raise SettingError(_another_tempo(tempo, song, "more of the tab fits", fitting))
    return timed


def _accepted_freely(written: Tab, evidence: Evidence) -> TimedTab | None:
    """The tab laid over the song at any tempo, where that is trusted."""
    from drum_tabber.alignment.align import accepted, align

    try:
        return accepted(align(written, evidence, tempi(None), _watched))
    except AlignmentRefused:
        return None


def _watched(steps: Iterable[int]) -> Iterable[int]:
    from tqdm import tqdm

    return tqdm(steps, desc="laying the tab", unit="step", delay=2, leave=False)


def _probability(timed: TimedTab) -> float:
    return timed.trust.probability if timed.trust else 1.0


def _another_tempo(tempo: float, song: Path, what: str, fitting: TimedTab) -> str:
    why = f"without it {what}, at about {_pace(fitting):.0f} BPM; leave it out"
    return f"--tempo {tempo:g} is not the tempo of {song}: {why}"


def tempi(tempo: float | None) -> tuple[float, float]:
    """The range of tempi to look in. Raises SettingError for a tempo that is none."""
    if tempo is None:
        return max(configs.MIN_BPM, SLOWEST), min(configs.MAX_BPM, FASTEST)
    if not 10 <= tempo <= 500:
        raise SettingError(f"--tempo is in quarter notes a minute, such as 120, not {tempo:g}")
    return tempo / TEMPO_RANGE, tempo * TEMPO_RANGE


def summary(timed: TimedTab) -> str:
    """One line: how many hits, where, how fast and how sure."""
    trust = f", probability {timed.trust.probability:.2f}" if timed.trust else ", placed by the song's sidecar"
    hits, bars = counted(len(timed.hits), "hit"), counted(len(timed.bars), "bar")
    return (
        f"{hits} in {bars} from {timed.bars[0].start:.2f} s on, about {_pace(timed):.1f} BPM, "
        f"{timed.hits.confidence.mean():.0%} sure{trust}"
    )


def _pace(timed: TimedTab) -> float:
    """How fast the song plays the tab, quarter notes a minute."""
    import numpy as np

    quarters = [4 / timed.tab.bars[bar.number - 1].unit for bar in timed.bars for _ in bar.beat_time[1:]]
    lengths = [length for bar in timed.bars for length in np.diff(bar.beat_time)]
    return float(60 / np.median(np.divide(lengths, quarters)))


def _write_formats(out: Path, song: Path, timed: TimedTab, evidence: Evidence, formats: Sequence[str]) -> None:
    """Write the tab as the song plays it, beside `out` and under its name."""
    from drum_tabber.export import export
    from drum_tabber.notation.written import from_timed_tab
    from drum_tabber.tasks.drums import presentation

    played = from_timed_tab(timed, song, evidence.duration, presentation())
    for path in export(played, out.parent, _name(out), formats, partial(print, file=sys.stderr)):
        print(f"{path} written")


def _name(out: Path) -> str:
    """What the song is called, by the name of the file of its hits."""
    return out.name.removesuffix(".csv").removesuffix(".hits")


def _write_corrections(path: Path, timed: TimedTab, evidence: Evidence, vocabulary: Vocabulary) -> None:
    from drum_tabber import tab
    from drum_tabber.alignment import correct
    from drum_tabber.files import replacing
    from drum_tabber.tasks.drums import tab_style

    style = tab_style()
    found = correct.disagreements(timed, evidence)
    texts = {
        ".marked.txt": correct.marked(timed.tab, found, vocabulary, style),
        ".corrected.txt": tab.write(correct.corrected(timed.tab, found), vocabulary, style),
    }
    for suffix, text in texts.items():
        with replacing(path.with_suffix(suffix)) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.with_suffix(suffix)}: {counted(len(found), 'disagreement')}")
