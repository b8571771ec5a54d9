"""A performance becomes a recording: a kit, music around it, levels, a recording chain, with labels that stay true.

What is random is drawn from one generator a recording, so a name, a copy number and a seed say all.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.augmentation.augment import Augmenter
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.kits.imagined import imagined
from drum_tabber.kits.kit import STAND_INS, Kit, chosen_by_wealth
from drum_tabber.kits.voicing import varied
from drum_tabber.rendering import backing, band
from drum_tabber.rendering.render import RenderOptions, render
from drum_tabber.rendering.stems import StemCache, Stems, blended, loudness
from drum_tabber.sound.filtering import rms
from drum_tabber.sound.soundfont import Note

Samples = NDArray[np.float32]

# Other drums on which a player might have played the same part: (from, to), each tried with the probability given.
REORCHESTRATIONS: tuple[tuple[float, dict[str, str]], ...] = (
    (0.20, {"HH": "RD", "HO": "RD"}),  # time on the ride
    (0.08, {"HH": "CC", "HO": "CC"}),  # bashing the crash
    (0.06, {"HH": "CH", "HO": "CH"}),
    (0.25, {"HH": "HO"}),  # washy hats
    (0.15, {"RD": "HH", "RB": "HO"}),
    (0.06, {"RD": "RB"}),
    (0.06, {"HH": "LT"}),  # time on the floor tom
    (0.08, {"SD": "SS"}),
    (0.05, {"SD": "MT"}),
    (0.15, {"CC": "SC"}),
    (0.15, {"CC": "CH"}),
)
# Drums that a player might leave alone, each tried with the probability given: what is always struck together is heard
# together even where it isn't.
LEFT_OUT: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.20, ("HH", "HO", "HP")),
    (0.25, ("HP",)),
    (0.10, ("CC", "SC", "CH", "RD", "RB")),
    (0.10, ("HT", "MT", "LT")),
    (0.06, ("SD", "SS")),
    (0.06, ("BD",)),
)
_ACCOMPANIED_LEVEL = 0.08  # RMS that a mix is brought to before the recording chain
_SPANNED = 0.6  # probability that drums are exchanged or left out in a part of the piece, and not throughout
_MIXED_KITS = 0.7  # probability that a kit is put together from several
_DYNAMICS_DB = (14.0, 31.0)  # least, and what may come on top: from a performance's softest strokes to its hardest
_DYNAMICS_CURVE = (0.7, 1.6)  # exponents on the way there; above 1 keeps soft strokes louder
_DYNAMICS_SPREAD = 0.15  # of the natural logarithm of one drum's own exponent
_WHOLE = ("BD", "SD", "HH")  # what a kit must have to be played alone
_TOMS = ("HT", "MT", "LT")
_UNSURE_ABOUT = 0.1  # seconds around a stroke of which nobody can say what drum it sounds like
_TAIL = 1.5  # seconds that ring on after the last hit


@dataclass(frozen=True)
class Performance:
    """What was played: hits and beats, and the rest of the band where the same file holds it (None otherwise).

    `version` is that of the labels it was read from.
    """

    name: str
    hits: Hits
    beats: Beats
    notes: tuple[Note, ...] | None = None
    version: str = ""

    @property
    def duration(self) -> float:
        """Seconds to the last hit, beat or note, and a little more."""
        ends = [*self.hits.time[-1:], *self.beats.time[-1:], *(note.end for note in self.notes or ())]
        return float(max(ends, default=0.0)) + _TAIL


@dataclass(frozen=True)
class Recording:
    """Mono samples (n,) with what can be heard in them.

    `music` says whether a band plays along; `stood_in` which of the drums played the kit lacks, so that another of its
    pieces sounds in their stead.
    """

    samples: Samples
    hits: Hits
    beats: Beats
    music: bool = False
    stood_in: tuple[str, ...] = ()

    def taught(self) -> tuple[Hits, Spans]:
        """What may be learnt: the strokes that nothing stood in for, and what the others may sound like, hidden.

        A china that a damped crash plays is neither; a tom tuned to be another is that tom.
        """
        unsure = np.isin(self.hits.drum, [code for code in self.stood_in if code not in _TOMS])
        hidden = (
            Spans.about(self.hits.of_drum(code).time, _UNSURE_ABOUT, other)
            for code in np.unique(self.hits.drum[unsure]).tolist()
            for other in (code, *(one for one, _, _ in STAND_INS[code]))
        )
        return self.hits.select(~unsure), Spans.concatenate(hidden)


@dataclass(frozen=True)
class Studio:
    """What a recording may be made of. Empty `soundfonts` or `songs` mean drums alone.

    `songs` are POP909 folders for performances without a band of their own; `music` and `music_alone` are
    probabilities, `drums_to_music_db` a range of levels, `tempo_factors` a range of speeds. Parts and kits are varied,
    some drums being signal models with the probability `imagined`, or left `as_they_are`, for what judges is what
    drummers play, and none plays a jazz ride on a china.
    """

    kits: Sequence[Kit]
    augmenter: Augmenter
    soundfonts: Sequence[Path] = ()
    songs: Sequence[Path] = ()
    music: float = 0.7
    music_alone: float = 0.05
    drums_to_music_db: tuple[float, float] = (-8.0, 8.0)
    imagined: float = 0.0
    tempo_factors: tuple[float, float] = (0.8, 1.25)
    sample_rate: int = 44100
    seed: int = 0
    copies_a_take: int = 1
    stems: StemCache | None = None
    as_they_are: bool = False

    def record(self, performance: Performance, copy: int = 0) -> Recording:
        """One recording of a performance; every copy differs in kit, drums, levels and chain.

        So many as `copies_a_take` share tempo and music, which is played once if there are `stems` to keep it.
        """
        rng = np.random.default_rng([self.seed, zlib.crc32(performance.name.encode()), copy])
        take = [self.seed, zlib.crc32(performance.name.encode()), copy // self.copies_a_take, 1]
        factor = float(np.exp(np.random.default_rng(take).uniform(*np.log(self.tempo_factors))))
        performance = at_tempo(performance, factor)
        kit = self._kit(rng)
        n_samples = round(performance.duration * self.sample_rate)
        music = self._music(performance, n_samples, take, rng)
        hits = performance.hits if self.as_they_are else thinned(reorchestrated(performance.hits, kit, rng), rng)
        hits = replayed(hits, rng)
        if music is not None and rng.random() < self.music_alone:
            hits = Hits()
        mix = mixed(self._drums(hits, kit, n_samples, rng), music, float(rng.uniform(*self.drums_to_music_db)))
        mix *= np.float32(_ACCOMPANIED_LEVEL / max(rms(mix), 1e-6))
        stood_in = tuple(sorted({*hits.drum.tolist()} - kit.pieces.keys()))
        heard = self.augmenter.draw(rng).apply(mix, self.sample_rate, hits, performance.beats)
        return Recording(*heard, music is not None, stood_in)

    def _kit(self, rng: np.random.Generator) -> Kit:
        """A kit put together from all, or, now and then, one alone where it has the drums; either may be varied."""
        kit = Kit.mixed(self.kits, rng)
        if rng.random() >= _MIXED_KITS:
            whole = [one for one in self.kits if one.pieces.keys() >= {*_WHOLE}]
            one = chosen_by_wealth(whole or self.kits, _WHOLE, rng)
            kit = Kit.mixed([one], rng).completed(kit)
        if self.as_they_are:
            return kit
        if rng.random() < self.imagined:
            kit = Kit.mixed([kit, imagined(rng, self.sample_rate)], rng)
        return varied(kit, self.kits, rng)

    def _drums(self, hits: Hits, kit: Kit, n_samples: int, rng: np.random.Generator) -> Samples:
        if not len(hits):
            return np.zeros(n_samples, np.float32)
        how = RenderOptions.draw(rng)
        return render(hits, kit, rng, duration=n_samples / self.sample_rate, options=how, mono=True)[0]

    def _music(
        self, performance: Performance, n_samples: int, take: list[int], rng: np.random.Generator
    ) -> Samples | None:
        if not self.soundfonts or rng.random() >= self.music:
            return None

        def play() -> Stems:
            return self._played(performance, n_samples, np.random.default_rng([*take, 2]))

        if self.stems is None:
            parts = play()
        else:
            heard = (self.sample_rate, n_samples, [path.name for path in self.soundfonts], len(self.songs))
            parts = self.stems.get(f"{performance.name} {take} {heard}", play)
        return blended(parts, performance.beats, self.sample_rate, rng) if parts else None

    def _played(self, performance: Performance, n_samples: int, rng: np.random.Generator) -> Stems:
        """The band's stems; none where nobody knows what to play."""
        notes: Sequence[Note] = performance.notes or ()
        if performance.notes is None and self.songs:
            song = self.songs[int(rng.integers(len(self.songs)))]
            notes = backing.from_pop909(song, performance.hits, performance.beats, rng)
        if not notes:
            return {}
        duration = n_samples / self.sample_rate
        return band.play(notes, self.soundfonts, performance.beats, duration, self.sample_rate, rng)


def mixed(drums: Samples, music: Samples | None, drums_to_music_db: float) -> Samples:
    """Drums (n,) and music (n,) together, their sounding parts' RMS that many decibels apart."""
    if music is None:
        return drums
    level, other = loudness(drums), loudness(music)
    gain = 10 ** (-drums_to_music_db / 20) * level / other if level and other else 1.0
    return drums + np.float32(gain) * music


def at_tempo(performance: Performance, factor: float) -> Performance:
    """The same performance `factor` times as fast."""

    def clock(time: NDArray[np.float64]) -> NDArray[np.float64]:
        return time / factor

    notes = performance.notes and tuple(
        replace(note, start=note.start / factor, end=note.end / factor) for note in performance.notes
    )
    return replace(performance, hits=performance.hits.moved(clock), beats=performance.beats.moved(clock), notes=notes)


def reorchestrated(hits: Hits, kit: Kit, rng: np.random.Generator) -> Hits:
    """The same part with some drums exchanged for others that the kit has, now and then, as another player might."""
    drum = hits.drum.copy()
    for probability, exchange in REORCHESTRATIONS:
        if rng.random() >= probability:
            continue
        span = _span(len(hits), rng)
        for old, new in exchange.items():
            if kit.plays(new):
                drum[span][hits.drum[span] == old] = new
    return Hits.of(hits.time, drum, hits.velocity, hits.confidence)


def thinned(hits: Hits, rng: np.random.Generator) -> Hits:
    """The same part without some of its drums, for a while or throughout; as it was where nothing would be left."""
    kept = np.ones(len(hits), bool)
    for probability, drums in LEFT_OUT:
        if rng.random() < probability:
            span = _span(len(hits), rng)
            kept[span] &= ~np.isin(hits.drum[span], drums)
    return hits.select(kept) if kept.any() else hits


def _span(n_hits: int, rng: np.random.Generator) -> slice:
    """Which of so many hits: some in a row, or all."""
    start, end = np.sort(rng.integers(n_hits + 1, size=2)) if rng.random() < _SPANNED else (0, n_hits)
    return slice(int(start), int(end))


def replayed(hits: Hits, rng: np.random.Generator) -> Hits:
    """The same part played flatter or with more contrast, each drum in its own way.

    A velocity is a level (`render.RenderOptions.velocity_range`), so other dynamics are other velocities: what a stroke
    is labelled with is how loud it sounds beside the loud strokes on that drum (`Hits.levelled`).
    """
    scale = (_DYNAMICS_DB[0] + _DYNAMICS_DB[1] * rng.beta(1.6, 2.2)) / RenderOptions().velocity_range
    curve = float(rng.uniform(*_DYNAMICS_CURVE))
    velocity = hits.velocity.astype(float)
    for code in dict.fromkeys(hits.drum.tolist()):
        own = hits.drum == code
        softness = ((127 - velocity[own]) / 126) ** (curve * float(np.exp(rng.normal() * _DYNAMICS_SPREAD)))
        velocity[own] = 127 - 126 * scale * softness
    return replace(hits, velocity=velocity.round().astype(np.int64)).levelled()


def chained(performances: Iterable[Performance], seconds: float) -> Iterator[Performance]:
    """Short performances one after the other, at least `seconds` long; those with a band stay alone."""
    waiting: list[Performance] = []
    for performance in performances:
        if performance.notes is not None:
            yield performance
            continue
        waiting.append(performance)
        if sum(part.duration - _TAIL for part in waiting) >= seconds:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(parts: Sequence[Performance]) -> Performance:
    """Performances end to end: each begins where the beats of the one before would have gone on."""
    hits, times, places, start = [], [], [], 0.0
    for part in parts:
        hits.append(replace(part.hits, time=part.hits.time + start))
        times.append(part.beats.time + start)
        places.append(part.beats.place)
        pulse = float(np.median(np.diff(part.beats.time))) if len(part.beats) > 1 else 0.5
        start += max(
            float(part.hits.time[-1]) if len(part.hits) else 0.0, float(max(part.beats.time, default=0.0)) + pulse
        )
    beats = Beats(np.concatenate(times), np.concatenate(places))
    version = "+".join(part.version for part in parts if part.version)
    return Performance("+".join(part.name for part in parts), Hits.concatenate(hits), beats, version=version)
