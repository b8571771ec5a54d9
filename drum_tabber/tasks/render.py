"""`python -m drum_tabber render`: a tab or a MIDI file, played on a kit, to audio with its hits and beats.

The three files that come out are a track of a "rendered" corpus, ready to train on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import configs
from drum_tabber import midi
from drum_tabber.errors import DrumTabberError
from drum_tabber.files import output_file, spare
from drum_tabber.midi import MidiScore
from drum_tabber.tasks.tab import unmapped
from drum_tabber.vocabulary import Vocabulary
from drum_tabber.wording import counted

PEAK = 0.9  # of full scale: a louder rendering is turned down as a whole
HITS, BEATS = ".hits.csv", ".beats.csv"  # instead of the audio's extension
RENDERED = "rendered by Drum Tabber"  # the comment by which a rendering of ours is known


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("score", type=Path, metavar="TAB-or-MIDI", help="a tab (.txt) or a MIDI file (.mid)")
    parser.add_argument("--kit", type=Path, required=True, metavar="DIR", help="folder of drum samples")
    parser.add_argument("--kit-name", metavar="NAME", help="one of the kits that the folder's manifest.csv lists")
    parser.add_argument(
        "--out",
        type=output_file,
        metavar="FILE",
        help="audio to write (.wav, .flac, .ogg, .mp3); default: beside it, as .wav, in place of an earlier one",
    )
    parser.add_argument("--seed", type=int, default=0, help="of what varies from stroke to stroke (default: 0)")


def run(args: argparse.Namespace) -> None:
    """Render the score, write the audio, `<out>.hits.csv` and `<out>.beats.csv`, and say so."""
    import numpy as np

    from drum_tabber.export import columns
    from drum_tabber.kits.kit import Kit
    from drum_tabber.rendering.render import render
    from drum_tabber.sound import audio

    score = read_score(args.score)
    if not len(score.hits):
        raise DrumTabberError(f"{args.score} has no drum hits to render; give a tab or a MIDI file with drums")
    out = args.out or _beside(args.score)
    spare([out, out.with_suffix(HITS), out.with_suffix(BEATS)], [args.score])
    kit = Kit.load(args.kit, configs.SAMPLE_RATE, args.kit_name)
    sound = render(score.hits, kit, np.random.default_rng(args.seed))
    audio.write(out, sound * min(1.0, PEAK / float(np.max(np.abs(sound)))), kit.sample_rate, RENDERED)
    columns.write_hits(out.with_suffix(HITS), score.hits)
    columns.write_beats(out.with_suffix(BEATS), score.beats)
    print(f"{out}: {counted(len(score.hits), 'hit')} on {kit.name}, {sound.shape[1] / kit.sample_rate:.1f} s")
    for licence in sorted(kit.licences):
        print(f"  samples: {licence}")


def _beside(score: Path) -> Path:
    """Where to write unless `--out` says. Raises DrumTabberError where what lies there is no rendering of ours."""
    from drum_tabber.sound import audio

    out = score.with_suffix(".wav")
    there = next(filter(Path.exists, map(out.with_suffix, (".wav", HITS, BEATS))), None)
    if there and audio.comment_of(out) != RENDERED:
        raise DrumTabberError(f"{there} would be written over; move it, or name another file with --out")
    return out


def read_score(path: Path) -> MidiScore:
    """The hits and beats that a MIDI file holds, or a tab at its own tempo from time 0."""
    vocabulary = Vocabulary.of(configs.DRUMS)
    if path.suffix.lower() in midi.EXTENSIONS:
        score = midi.read(path, vocabulary)
        if left := unmapped(note for _, note in score.other):
            print(f"left: {left}", file=sys.stderr)
        return score
    from drum_tabber.meter.grid import Grid
    from drum_tabber.notation import quantize
    from drum_tabber.tasks import align

    written = align.read_tab(path, vocabulary)
    return MidiScore(quantize.hits_of(written), Grid.of_tab(written).beats)
