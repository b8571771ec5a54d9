"""Make packs of one-shots, folders with a `manifest.csv`, of what Debian's and npm's packages hold; speech as outliers.

    python -m tools.make_packs OUT [--scratch DIR] [--scratch-vm DIR] [--hydrogen DIR] [--voices 60]

OUT/learn has exadrums, LMMS's samples and what it renders of its drum synthesiser's presets, STK's raw waves, Scratch's
percussion and Millo's two older kits; OUT/judge the percussion of the soundfont A320U, note by note; OUT/outliers what
is no percussion, OUT/unheard more of the same kinds to judge by. A source that is not there is passed over.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import soundfile
from numpy.typing import NDArray

from drum_tabber.errors import AudioError
from drum_tabber.kits.sample import SILENCE
from drum_tabber.oneshots import packs, percussion
from drum_tabber.sound import audio, soundfont
from drum_tabber.sound.soundfont import DRUM_CHANNEL, Note

Floats = NDArray[np.float32]
RATE = 44100
SHARE = Path("/usr/share")
APART = 3.0  # seconds between the presets that LMMS renders, and the notes of a soundfont
JUDGED_SETS = (0, 16, 24, 25, 40)  # drum sets of the soundfont that judges
VELOCITIES = (30, 60, 90, 110, 127)
NOTE_NAMES = {35: "bass_drum_2", 36: "bass_drum_1", 37: "side_stick", 38: "snare_1", 39: "clap", 40: "snare_2",
    41: "floor_tom_low", 42: "hat_closed", 43: "floor_tom_high", 44: "hat_pedal", 45: "tom_low", 46: "hat_open",
    47: "tom_mid_low", 48: "tom_mid_high", 49: "crash_1", 50: "tom_high", 51: "ride_1", 52: "china", 53: "ride_bell",
    55: "splash", 56: "cowbell", 57: "crash_2", 59: "ride_2", 60: "bongo_high", 61: "bongo_low", 62: "conga_mute",
    63: "conga_open", 64: "conga_low", 69: "cabasa", 70: "maracas", 71: "whistle_short", 72: "whistle_long",
    73: "guiro_short", 74: "guiro_long", 75: "claves", 76: "woodblock_high", 77: "woodblock_low", 78: "cuica_mute",
    79: "cuica_open", 80: "triangle_mute", 81: "triangle_open", 82: "shaker"}  # fmt: skip
STK = {"bassdrum": "kick", "snardrum": "snare", "tomhidrm": "tom high", "tommiddr": "tom mid", "hihatcym": "hihat",
    "crashcym": "crash", "ridecymb": "ride", "cowbell1": "cowbell"}  # fmt: skip
LOOPS = ("bassloops", "stringsnpads", "instruments")  # of LMMS, no percussion
SPOKEN = ("the quick brown fox", "one two three four", "turn it up", "hello there", "check the microphone", "listen",
    "ah", "yeah", "come on now", "what is this sound", "drum", "again and again", "over the hills")  # fmt: skip


class Sound(NamedTuple):
    """A sound of a pack: what its file is called, what it is, its MIDI note or 0, its wave (n,)."""

    name: str
    instrument: str
    note: int
    wave: Floats


def main() -> None:
    """Make every pack whose source is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder of the packs")
    parser.add_argument("--scratch", type=Path, default=SHARE / "scratch", help="Scratch 1.4 (Debian: scratch)")
    parser.add_argument("--scratch-vm", type=Path, default=Path("scratch-vm"), help="npm's scratch-vm 2.3, unpacked")
    parser.add_argument("--hydrogen", type=Path, default=SHARE / "hydrogen/data/drumkits", help="Hydrogen's kits")
    parser.add_argument("--lmms", type=Path, default=SHARE / "lmms/samples", help="LMMS's samples")
    parser.add_argument("--voices", type=int, default=60, help="sentences spoken for each of outliers and unheard")
    args = parser.parse_args()
    learn, vm = args.out / "learn", args.scratch_vm / "src/extensions/scratch3_music/assets"
    media = args.scratch / "Media/Sounds"
    write_pack(learn, "exadrums", "BSD-3-Clause (Jeremy Oden)", named_files(sorted((SHARE / "exadrums").glob("*.wav"))))
    write_pack(
        learn,
        "lmms (samples/drums of LMMS 1.2)",
        "GPL-2.0-or-later",
        named_files(sorted((args.lmms / "drums").glob("*"))),
    )
    write_pack(
        learn, "lmms_drumsynth", "GPL-2.0-or-later (LMMS, samples/drumsynth)", _synthesised(args.lmms / "drumsynth")
    )
    write_pack(
        learn,
        "stk",
        "STK's licence (Cook & Scavone): free of charge, with its notice",
        raw_waves(SHARE / "stk/rawwaves"),
    )
    write_pack(learn, "scratch", "CC-BY-SA-3.0 (MIT, Scratch 1.4)", named_files(sorted(media.glob("Percussion/*.wav"))))
    write_pack(learn, "scratch_vm", "BSD-3-Clause (MIT, Scratch 3)", named_files(sorted(vm.glob("drums/*.mp3"))))
    for kit in ("Millo-Drums_v.1", "Millo_MultiLayered2"):
        write_pack(learn, kit, "GPL-2.0 (Emiliano Grilli)", named_files(sorted((args.hydrogen / kit).glob("*.flac"))))
    write_pack(args.out / "judge", "a320u", "Debian, denemo-data", _notes(SHARE / "sounds/sf2/A320U.sf2"))
    others = [path for kind in LOOPS for path in sorted((args.lmms / kind).glob("*.ogg"))]
    others += [path for kind in ("Animal", "Instruments", "Vocals", "Human") for path in media.glob(f"{kind}/*.wav")]
    others += sorted(vm.glob("instruments/*/60.mp3")) + sorted(
        (args.hydrogen / "belofilms_GuitarStrums").glob("*_00.*")
    )
    voices = [Sound(f"voice_{n}", "", 0, wave) for n, wave in enumerate(_spoken(2 * args.voices))]
    cuts = [Sound(f"{path.parent.name}_{path.stem}", "", 0, _read(path)) for path in filter(_is_readable, others)]
    _write(args.out / "outliers", [*voices[: args.voices], *cuts[::2]])
    _write(args.out / "unheard", [*voices[args.voices :], *cuts[1::2]])


def write_pack(out: Path, kit: str, licence: str, sounds: Iterable[Sound]) -> None:
    """Sounds as FLAC files in a folder named after their kit, with its manifest; nothing where there are none."""
    folder, known = out / re.sub(r"[^\w.-]+", "_", kit), list(sounds)
    if known:
        _write(folder, known)
        with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
            rows = [[f"{sound.name}.flac", kit, sound.instrument, sound.note or "", licence] for sound in known]
            csv.writer(file).writerows([["path", "kit", "instrument", "gm", "licence"], *rows])
        print(f"{kit}: {len(known)} sounds")


def _write(folder: Path, sounds: Iterable[Sound]) -> None:
    for sound in sounds:
        path = folder / f"{sound.name}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound.wave / max(1.0, float(np.abs(sound.wave).max(initial=0.0))), RATE)


def named_files(paths: Iterable[Path]) -> Iterator[Sound]:
    """Files that are named after what they are; those that are not are left out."""
    for path in filter(_is_readable, paths):
        name = re.sub(r"^\d+-", "", path.stem).replace("hhclosed", "hihat_closed")
        if percussion.class_of(name):
            yield Sound(path.stem, name, 0, _read(path))


def raw_waves(folder: Path) -> Iterator[Sound]:
    """STK's raw waves: 16-bit, big-endian, 22,050 a second."""
    for stem, instrument in STK.items():
        if (folder / f"{stem}.raw").is_file():
            wave = np.fromfile(folder / f"{stem}.raw", ">i2").astype(np.float32) / np.float32(32768)
            yield Sound(stem, instrument, 0, _doubled(wave))


def _is_readable(path: Path) -> bool:
    try:
        return bool(_read(path).size)
    except AudioError:  # LMMS has one file that holds no audio
        return False


def _read(path: Path) -> Floats:
    return audio.read(path, RATE, mono=True).samples[0]


def _doubled(wave: Floats) -> Floats:
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(wave, 2, 1), np.float32)


def _synthesised(folder: Path) -> Iterator[Sound]:
    """LMMS's drum synthesiser's presets that are named after a drum, as LMMS renders them: one song with all."""
    presets = [path for path in sorted(folder.rglob("*.ds")) if percussion.class_of(path.stem)]
    if not presets:
        return
    song = ElementTree.Element("lmms-project", version="1.0", creator="LMMS", type="song")
    ElementTree.SubElement(song, "head", bpm="120", timesig_numerator="4", timesig_denominator="4", mastervol="50")
    container = ElementTree.SubElement(ElementTree.SubElement(song, "song"), "trackcontainer", type="song")
    track = ElementTree.SubElement(container, "track", type="2", name="presets", muted="0", solo="0")
    ElementTree.SubElement(track, "sampletrack", vol="100", pan="0")
    ticks = round(APART * 2 * 48)  # a beat of half a second has 48
    for index, path in enumerate(presets):
        where = {"pos": str(index * ticks), "len": str(ticks - 1), "src": str(path), "muted": "0"}
        ElementTree.SubElement(track, "sampletco", where)
    with tempfile.TemporaryDirectory() as scratch:
        project, sound = Path(scratch) / "presets.mmp", Path(scratch) / "presets.wav"
        ElementTree.ElementTree(song).write(project, encoding="utf-8", xml_declaration=True)
        command = ["lmms", "--allowroot", "render", str(project), "-f", "wav", "-s", str(RATE), "-o", str(sound)]
        subprocess.run(command, check=True, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, capture_output=True)
        wave = _read(sound)
    length = round(APART * RATE)
    for index, path in enumerate(presets):
        yield Sound(f"{path.parent.name}_{path.stem}", path.stem, 0, wave[index * length : (index + 1) * length])


def _notes(path: Path) -> Iterator[Sound]:
    """A soundfont's percussion, each note at several velocities, in its drum sets; what sounds alike once."""
    if not path.is_file():
        return
    score = [
        (program, note, velocity)
        for program in JUDGED_SETS
        for note in NOTE_NAMES
        if (program == 0 or note in packs.KIT_NOTES) and percussion.class_in_set(program, note)
        for velocity in VELOCITIES
    ]
    notes = [
        Note(APART * index, APART * index + 1.0, DRUM_CHANNEL, note, velocity, program)
        for index, (program, note, velocity) in enumerate(score)
    ]
    sound = soundfont.play(notes, path, APART * len(score), RATE).mean(axis=0)
    known: set[bytes] = set()
    for index, (program, note, velocity) in enumerate(score):
        wave = sound[round(APART * index * RATE) :][: round(APART * RATE)]
        shape = np.round(wave[::50] / max(float(np.abs(wave).max()), 1e-6) * 50).astype(np.int8).tobytes()
        if np.abs(wave).max() >= SILENCE and hashlib.sha256(shape).digest() not in known:
            known.add(hashlib.sha256(shape).digest())
            name = f"{note}_{NOTE_NAMES[note]}_set{program}_v{velocity:03}"
            yield Sound(name, NOTE_NAMES[note].replace("floor_tom", "tom_floor"), note, wave)


def _spoken(n: int) -> Iterator[Floats]:
    """Words and sentences by espeak-ng in many voices."""
    languages = ("en", "de", "fr", "it", "es", "sv", "pl", "fi")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(n):
            voice = f"{languages[number % len(languages)]}+{'mf'[number % 2]}{1 + number % 4}"
            file, text = Path(folder) / f"{number}.wav", SPOKEN[number % len(SPOKEN)]
            pitch, speed = 20 + 37 * number % 70, 110 + 29 * number % 120
            subprocess.run(["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(speed), "-w", file, text], check=True)
            yield _read(file)


if __name__ == "__main__":
    main()
