"""`python -m drum_tabber check`: see and hear whether a tab lies right on its song.

Written into a folder: `check.wav`, the song on the left and the tab on the right; `check-augmented.wav`, the same as a
training segment may sound; `check.png`, the spectrogram with the hits; `report.html`, all of it on one page. Printed:
slices of the tab about random hits of each drum, or at a place, with the time at which to listen.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.files import output_folder
from drum_tabber.tasks import align as align_task
from drum_tabber.tasks import playing
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np

    from drum_tabber.alignment.align import TimedTab
    from drum_tabber.alignment.evidence import Evidence
    from drum_tabber.events import Hits
    from drum_tabber.kits.kit import Kit
    from drum_tabber.kits.sample import Signal

SLICE_BARS = 2  # bars of a printed slice
PICTURE_SECONDS = 8.0
CLICK_SECONDS = 0.02
NEAR = 0.03  # seconds about a place within which hits are its own


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    own = "a recording; its tab is TABS_DIR/<name>.txt, or <name>.tab.txt beside it"
    parser.add_argument("song", type=Path, metavar="SONG", help=own)
    parser.add_argument("--tab", type=Path, metavar="FILE", help="the tab, where it has another name")
    parser.add_argument("--at", type=float, metavar="SECONDS", help="show this place, not random hits of each drum")
    parser.add_argument("--kit", type=Path, metavar="DIR", help="drum samples to hear the tab with, for clicks")
    parser.add_argument("--kit-name", metavar="NAME", help="one of the kits that the folder's manifest.csv lists")
    parser.add_argument("--out", type=output_folder, metavar="DIR", help="where files go (default: SONG.check)")
    parser.add_argument("--seed", type=int, default=0, help="of the random hits and the augmentation (default: 0)")
    parser.add_argument("--tempo", type=float, metavar="BPM", help="about how fast it is; found where not given")
    parser.add_argument("--model", metavar="DIR", help=f"the trained model (default: {configs.MODEL_BUNDLE})")


def run(args: argparse.Namespace) -> None:
    """Align, print slices, write the files. Raises AlignmentRefused where the tab doesn't fit."""
    import numpy as np

    from drum_tabber.files import CHECKED
    from drum_tabber.material import songs

    vocabulary = Vocabulary.of(configs.DRUMS)
    own = Path(configs.TABS_DIR) / f"{args.song.stem}.txt"
    transcribed = args.song.with_suffix(".tab.txt")
    path = args.tab or (transcribed if transcribed.is_file() and not own.is_file() else own)
    if not args.song.exists():
        raise CorpusError(f"there is no recording {args.song}; check the name")
    if not path.is_file():
        raise CorpusError(f"{args.song} has no tab {path}; name it with --tab FILE")
    written, kit = align_task.read_tab(path, vocabulary), playing.chosen_kit(args)
    evidence = align_task.listen(args.song, align_task.network(args.model))
    timed = align_task.timed_tab(written, evidence, args.song, args.tempo, not songs.is_pair(path, args.song))
    rng = np.random.default_rng(args.seed)
    if args.at is not None and not 0 <= args.at < evidence.duration:
        raise SettingError(f"--at {args.at:g} is outside {args.song}, which lasts {evidence.duration:.0f} s")
    places = [args.at] if args.at is not None else _random_places(timed, rng)
    for place in places:
        print(_slice(timed, place, vocabulary))
    out = args.out or args.song.with_suffix(CHECKED)
    _write(out, args.song, timed, evidence, kit, places[0], rng)
    print(f"{out}: check.wav, check-augmented.wav, check.png, report.html")


def _write(
    out: Path,
    song: Path,
    timed: TimedTab,
    evidence: Evidence,
    kit: Kit | None,
    place: float,
    rng: np.random.Generator,
) -> None:
    """The song with its tab beside it, to hear and to see; the picture is of a `place` in seconds."""
    from drum_tabber.alignment import correct, report
    from drum_tabber.files import replacing
    from drum_tabber.sound import audio

    samples = audio.read(song, configs.SAMPLE_RATE, mono=True).samples[0]
    heard, moved = _augmented(samples, timed.hits, rng)  # first, as its package may be missing: nothing is half done
    _write_sides(out / "check.wav", samples, _played(timed.hits, kit, len(samples), rng))
    _write_sides(out / "check-augmented.wav", heard, _played(moved, kit, len(heard), rng))
    picture = _picture(samples, timed.hits, place)
    with replacing(out / "check.png") as part:
        part.write_bytes(picture)
    with replacing(out / "report.html") as part:
        sounds = {
            "The song on the left, the tab on the right": "check.wav",
            "The same as a training segment may sound": "check-augmented.wav",
        }
        found, drums = correct.disagreements(timed, evidence), Vocabulary.of(configs.DRUMS)
        text = report.page(song.stem, timed, found, drums, align_task.summary(timed), _base64(picture), sounds)
        part.write_text(text, encoding="utf-8")


def _random_places(timed: TimedTab, rng: np.random.Generator) -> list[float]:
    """The time of a random hit of each drum."""
    drums = dict.fromkeys(timed.hits.drum.tolist())
    return [float(rng.choice(timed.hits.of_drum(drum).time)) for drum in drums]


def _slice(timed: TimedTab, time: float, vocabulary: Vocabulary) -> str:
    """The bars of the tab that sound from `time` on, and what is hit there, with a caret under its slot."""
    from drum_tabber.alignment.follow import slot_beats
    from drum_tabber.tab import Tab, TabStyle, write

    starts = [bar.start for bar in timed.bars]
    first = max(0, sum(start <= time + NEAR for start in starts) - 1)
    played = timed.bars[first : first + SLICE_BARS]
    bars = tuple(timed.tab.bars[bar.number - 1] for bar in played)
    style = TabStyle(tuple(configs.TAB_ROWS), SLICE_BARS, configs.TAB_WIDTH, fold=False)
    block = "\n\n".join(write(Tab("", timed.tab.tempo, bars), vocabulary, style).rstrip("\n").split("\n\n")[2:])
    mine = (timed.played == first) & (abs(timed.hits.time - time) < NEAR)
    near = timed.hits.select(mine)
    if not len(near):
        return f"{time:.3f} s, bar {played[0].number}: no hit just here\n{block}\n"
    hits = " and ".join(vocabulary.by_code[code].name for code in sorted(set(near.drum.tolist())))
    slot = int(timed.slot[mine][0])
    beat = f"beat {1 + slot_beats(bars[0])[slot]:.4g}, {near.confidence.mean():.0%} sure"
    caret = " " * (block.splitlines()[-1].index("|") + 1 + slot) + "^"
    return f"{time:.3f} s, bar {played[0].number}, {beat}: {hits}\n{block}\n{caret}\n"


def _played(hits: Hits, kit: Kit | None, n: int, rng: np.random.Generator) -> Signal:
    """(n,) the hits on the kit, or as clicks, higher for smaller drums."""
    import numpy as np

    if kit:
        from drum_tabber.rendering.render import render

        sound = render(hits, kit, rng, duration=n / configs.SAMPLE_RATE, mono=True)[0]
        return sound / max(1.0, float(np.abs(sound).max()))
    clicks = np.zeros(n, np.float32)
    time = np.arange(round(CLICK_SECONDS * configs.SAMPLE_RATE)) / configs.SAMPLE_RATE
    codes = Vocabulary.of(configs.DRUMS).codes
    for at, drum, velocity in zip(hits.time.tolist(), hits.drum.tolist(), hits.velocity.tolist(), strict=True):
        pitch = 300 * 2 ** (codes.index(drum) / 3)
        click = 0.5 * velocity / 127 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.004)
        start = round(at * configs.SAMPLE_RATE)
        part = clicks[start : start + len(click)]
        part += click[: len(part)].astype(np.float32)
    return clicks


def _write_sides(path: Path, left: Signal, right: Signal) -> None:
    import numpy as np

    from drum_tabber.sound import audio

    n = min(len(left), len(right))
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.write(path, np.clip(np.stack([left[:n], right[:n]]), -1, 1), configs.SAMPLE_RATE)


def _augmented(samples: Signal, hits: Hits, rng: np.random.Generator) -> tuple[Signal, Hits]:
    """The song as augmentation changes it, and the hits moved along with it."""
    from drum_tabber.augmentation.augment import Augmenter
    from drum_tabber.events import Beats
    from drum_tabber.tasks import specs

    draw = Augmenter(replace(specs.augment_spec(), p_time_stretch=1.0)).draw(rng)
    heard, moved, _ = draw.apply(samples, configs.SAMPLE_RATE, hits, Beats())
    return heard, moved


def _picture(samples: Signal, hits: Hits, place: float) -> bytes:
    """A PNG of the mel spectrogram about a place, with the hits on it."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from drum_tabber.sound.features import log_mel
    from drum_tabber.tasks import specs

    spec = specs.segment_spec().features
    start = max(0.0, place - PICTURE_SECONDS / 2)
    first = round(start * spec.sample_rate)
    part = samples[first : first + round(PICTURE_SECONDS * spec.sample_rate)]
    mel = log_mel(part, spec)
    end = start + len(mel) / spec.frame_rate
    figure = Figure(figsize=(12, 7), layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(3, 2))
    above.imshow(mel.T, origin="lower", aspect="auto", extent=(start, end, 0, spec.n_bands), cmap="magma")
    shown = hits.cropped(start, end)
    vocabulary = Vocabulary.of(configs.DRUMS)
    codes = sorted(set(hits.drum.tolist()), key=vocabulary.codes.index)
    for row, code in enumerate(codes):
        own = shown.of_drum(code)
        time = own.time + start
        above.vlines(time, 0, spec.n_bands, colors="white", linewidth=0.4, alpha=0.5)
        below.hlines(row, start, end, colors="lightgrey", linewidth=0.5)
        below.scatter(time, [row] * len(time), c=own.confidence, cmap="RdYlGn", vmin=0, vmax=1, marker="|", s=150)
    below.set(xlabel="seconds; green: heard, red: not", xlim=(start, end), ylim=(-0.7, len(codes) - 0.3))
    below.set_yticks(range(len(codes)), map(vocabulary.label, codes))
    above.set(ylabel="mel band")
    stream = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(stream, format="png")
    return stream.getvalue()


def _base64(picture: bytes) -> str:
    import base64

    return base64.b64encode(picture).decode("ascii")
