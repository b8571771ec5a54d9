"""Make the few drum sounds that the page plays, from a folder of samples: drum_tabber/export/web/kit.

    python -m tools.make_page_kit --kit DIR

The folder is one with the MuldjordKit and Sonic Pi's samples in its `manifest.csv`. Each sound is cut where it begins,
faded out, brought to its level in the kit, and coded as mp3, which every browser decodes. `kit.json` lists them: the
drum, the file, and from which velocity on it is heard. The side stick is synthesised here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from drum_tabber.files import replacing
from drum_tabber.sound import audio

Signal = NDArray[np.float64]

WEB = Path(__file__).parents[1] / "drum_tabber/export/web"
RATE = 44100
LEAD = 0.002  # seconds kept before a sound's onset
FADE = 0.6  # share of a sound over which it fades out
COMPRESSION = 0.4  # libsndfile's scale for mp3, 0 best to 1 smallest


class Sound(NamedTuple):
    """A sample of the page: its source in the folder, its length in seconds, its peak in the kit, and when it plays."""

    name: str
    drum: str
    source: str
    seconds: float
    peak: float
    velocity: int = 1


_KIT = "permissive/muldjord_mix/"
SOUNDS = (
    Sound("kick", "BD", f"{_KIT}kick/KdrumL_20.flac", 0.45, 0.9),
    Sound("snare", "SD", f"{_KIT}snare/Snare_40.flac", 0.6, 0.8, 60),
    Sound("snare-soft", "SD", f"{_KIT}snare/Snare_10.flac", 0.35, 0.5),
    Sound("side-stick", "SS", "", 0.15, 0.6),
    Sound("hat", "HH", f"{_KIT}hihat_closed/HihatClosed_19.flac", 0.3, 0.42, 80),
    Sound("hat-soft", "HH", f"{_KIT}hihat_closed/HihatClosed_10.flac", 0.25, 0.32),
    Sound("hat-open", "HO", f"{_KIT}hihat_open/HihatOpen_14.flac", 0.95, 0.45),
    Sound("hat-pedal", "HP", "permissive/sonicpi/hihat_pedal/drum_cymbal_pedal.flac", 0.25, 0.3),
    Sound("tom-high", "HT", f"{_KIT}tom_high/Tom1_07.flac", 0.9, 0.7),
    Sound("tom-mid", "MT", f"{_KIT}tom_mid/Tom2_07.flac", 1.0, 0.7),
    Sound("tom-low", "LT", f"{_KIT}tom_floor/Tom4_10.flac", 1.1, 0.75),
    Sound("crash", "CC", f"{_KIT}crash/CrashL_09.flac", 2.4, 0.6),
    Sound("splash", "SC", "permissive/sonicpi/splash/drum_splash_hard.flac", 0.9, 0.45),
    Sound("china", "CH", f"{_KIT}china/China_09.flac", 1.6, 0.5),
    Sound("ride", "RD", f"{_KIT}ride/RideL_10.flac", 1.5, 0.4),
    Sound("ride-bell", "RB", f"{_KIT}ride_bell/RideRBell_05.flac", 1.3, 0.4),
)


def main() -> None:
    """Write all sounds and their list."""
    parser = argparse.ArgumentParser(description="Make the page's drum sounds from a folder of samples.")
    parser.add_argument("--kit", type=Path, required=True, metavar="DIR", help="folder of drum samples")
    folder = parser.parse_args().kit
    for sound in SOUNDS:
        samples = _side_stick() if not sound.source else audio.read(folder / sound.source, RATE, mono=True).samples[0]
        _write(WEB / "kit" / f"{sound.name}.mp3", _shaped(samples.astype(np.float64), sound))
    listed = [{"drum": one.drum, "file": f"{one.name}.mp3", "from": one.velocity} for one in SOUNDS]
    with replacing(WEB / "kit/kit.json") as part:
        part.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def _shaped(samples: Signal, sound: Sound) -> Signal:
    """The sound from its onset on, at its length and level."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    first = max(0, int(loud[0]) - round(LEAD * RATE))
    cut = samples[first : first + round(sound.seconds * RATE)]
    n_fade = round(len(cut) * FADE)
    cut[-n_fade:] *= np.cos(np.linspace(0, np.pi / 2, n_fade)) ** 2
    return cut * (sound.peak / np.abs(cut).max())


def _side_stick() -> Signal:
    """Wood on a rim: three damped partials and a click."""
    time = np.arange(round(0.15 * RATE)) / RATE
    partials = ((1720.0, 0.018, 1.0), (2680.0, 0.010, 0.7), (480.0, 0.025, 0.5))
    tones = (level * np.sin(2 * np.pi * pitch * time) * np.exp(-time / decay) for pitch, decay, level in partials)
    noise = np.random.default_rng(1).standard_normal(len(time)) * np.exp(-time / 0.002)
    return np.asarray(sum(tones) + 0.5 * noise, np.float64)


def _write(path: Path, samples: Signal) -> None:
    with replacing(path) as part:
        soundfile.write(part, samples, RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=COMPRESSION)


if __name__ == "__main__":
    main()
