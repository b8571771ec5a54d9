"""The drums of a song: audio in, a `Transcription` out. Runs without Keras and TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import configs
from drum_tabber.errors import AudioError
from drum_tabber.events import Hits
from drum_tabber.files import as_text
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.consensus import ConsensusSpec, agreed
from drum_tabber.hearing.inference import Activations, Network
from drum_tabber.hearing.targets import Decoding, believed, decode
from drum_tabber.key.tonality import Listener, Overhearing
from drum_tabber.meter import beats
from drum_tabber.meter.beats import BeatSpec, Pulse
from drum_tabber.notation import doubt
from drum_tabber.notation.quantize import Dynamics
from drum_tabber.notation.transcription import MidiStyle, PageStyle, Presentation, Transcription, notate
from drum_tabber.sound import audio
from drum_tabber.tab import TabStyle
from drum_tabber.tasks import key
from drum_tabber.vocabulary import Vocabulary

_SUREST = 20  # hits that may tell whether there are drums
_SAME = 0.015  # seconds: strokes of drums written as one that are closer are one stroke
_FEET, _SAME_FOOT = ("BD", "HP"), 0.05  # feet play no flams


def transcriber(model: str | None = None, sensitivity: float | None = None) -> Transcriber:
    """A transcriber by the settings of now, or by another model or sensitivity; raises BundleError where one of its
    bundles isn't a trained model."""
    bundle = Bundle.load(model or configs.MODEL_BUNDLE)
    return Transcriber(
        Network(bundle),
        bundle.decoding.at(configs.SENSITIVITY if sensitivity is None else sensitivity),
        shown(Vocabulary.of(configs.DRUMS)),
        BeatSpec(configs.MIN_BPM, configs.MAX_BPM, tuple(configs.METERS)),
        presentation(),
        ConsensusSpec() if configs.CONSENSUS else None,
        key.load(configs.KEY_BUNDLE) if configs.TAB_KEY else None,
    )


@dataclass(frozen=True)
class Transcriber:
    """A network with how its answers are read and presented; `shown` says as which drum each drum is written.

    `keys` hears the song's key for the tab's header.
    """

    network: Network
    decoding: Decoding
    shown: dict[str, str]
    beat_spec: BeatSpec
    presentation: Presentation
    consensus: ConsensusSpec | None = None
    keys: Listener | None = None

    def transcribe(
        self, path: Path | str, on_progress: Callable[[float], None] = lambda seconds: None
    ) -> Transcription:
        """The drums of one recording; `on_progress` hears how many seconds of it are done. Raises AudioError."""
        path = Path(path)
        spec = self.network.bundle.features
        done = 0

        def count(n_frames: int) -> None:
            nonlocal done
            done += n_frames
            on_progress(done / spec.frame_rate)

        blocks = audio.stream(path, spec.sample_rate)
        overheard = self.keys and Overhearing(self.keys, spec.sample_rate)
        heard = self.network.activations(overheard(blocks) if overheard else blocks, count)
        if len(heard.onset) <= 1:  # frames: a file of no samples at all has one
            raise AudioError(f"{path} holds no sound at all; give a recording")
        song = self.notate(as_text(path.stem), heard)
        tonality = overheard.tonality() if overheard else None
        named = "" if tonality is None or tonality.unsure else str(tonality.key)
        return replace(song, audio=path, tab=replace(song.tab, key=named))

    def notate(self, title: str, heard: Activations) -> Transcription:
        """The transcription that activations speak of."""
        hits = decode(heard.onset, heard.velocity, self.network.bundle.targets, self.decoding)
        hits = hits if has_drums(hits, self.decoding.sure) else Hits()
        pulse = beats.track(heard.beat, heard.frame_rate, self.beat_spec, hits) if len(hits) else Pulse()
        if self.consensus is not None and len(hits):
            spec, classes = self.network.bundle.targets, Vocabulary.of(self.network.bundle.drums).classes(5)
            hits = agreed(hits, heard.onset, heard.velocity, spec, self.decoding, pulse.beats, classes, self.consensus)
        played = believed(hits, self.decoding)
        hits = merged(played, self.shown)
        instead = doubt.instead(hits, heard.onset, self.network.bundle.targets, self.decoding, self.shown)
        song = notate(title, heard.duration, hits, pulse.beats, self.presentation, instead, pulse.free)
        if all(code == written for code, written in self.shown.items()):
            return song
        whole = notate(title, heard.duration, played, pulse.beats, self.presentation, free=pulse.free)
        return song.under_sections_of(whole)


def shown(vocabulary: Vocabulary) -> dict[str, str]:
    """As which drum each drum is written, by the merging settings; drums left out are absent."""
    merged = vocabulary.merged(
        configs.HIHAT_CLASSES, configs.CYMBAL_CLASSES, configs.KEEP_TOMS_SEPARATE, configs.KEEP_BELLS
    )
    if not configs.SIMPLE_CLASS_ONLY:
        return merged
    simple = {"kick": "BD", "snare": "SD", "hihat": "HH"}
    return {code: simple[name] for code, name in vocabulary.classes(3).items()}


def has_drums(hits: Hits, sure: float) -> bool:
    """Whether hits make a drum part: the surest quarter of them, 20 at most, have a mean confidence of `sure`.

    Where no drums are played the network may take many a sound for a stroke, but it is sure of none.
    """
    n_surest = min(_SUREST, max(3, len(hits) // 4))
    return len(hits) > 0 and float(np.sort(hits.confidence)[-n_surest:].mean()) >= sure


def merged(hits: Hits, shown: dict[str, str]) -> Hits:
    """Hits under the drums that they are written as; those that fall on one another become one."""
    renamed = hits.renamed(shown)
    last: dict[str, float] = {}
    kept = []
    for index, (time, drum) in enumerate(zip(renamed.time.tolist(), renamed.drum.tolist(), strict=True)):
        if time - last.get(drum, -1.0) > (_SAME_FOOT if drum in _FEET else _SAME):
            kept.append(index)
            last[drum] = time
    return renamed.select(kept)


def tab_style() -> TabStyle:
    """The tab's layout, by the settings."""
    return TabStyle(
        tuple(configs.TAB_ROWS),
        configs.TAB_BARS_PER_LINE,
        configs.TAB_WIDTH,
        configs.TAB_FOLD,
        configs.TAB_BAR_NUMBERS,
    )


def presentation() -> Presentation:
    """How tabs are laid out, by the settings."""
    vocabulary = Vocabulary.of(configs.DRUMS)
    notes = vocabulary.lane_notes() if configs.MIDI_MAP == "lanes" else {}
    return Presentation(
        vocabulary,
        tab_style(),
        configs.SLOTS_PER_BEAT,
        Dynamics(configs.ACCENT_VELOCITY, configs.GHOST_VELOCITY) if configs.KEEP_DYNAMICS else None,
        MidiStyle(configs.MIDI_TIMING == "quantised", notes | dict(configs.MIDI_NOTES)),
        PageStyle(round(configs.PAGE_EMBED_MB * 1e6)),
        configs.TAB_SECTIONS,
        configs.DOUBTFUL,
    )
