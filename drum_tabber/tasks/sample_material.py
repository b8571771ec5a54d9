"""What one-shots are learnt from: folders, soundfonts and signal models in, frames with classes and packs out.

Every sound is heard as it is and in a few variants; packs named in SAMPLES_HELD_OUT are heard as they are, and judge.
Makers put the same recordings into several packs: those of a judging pack that are learnt from elsewhere do not judge.
All that is kept in DATA_DIR, a file for each part, and made anew where the part or its recipe differs.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

import configs
from drum_tabber.errors import AudioError, SettingError
from drum_tabber.files import replacing
from drum_tabber.kits import struck
from drum_tabber.kits.sample import Sample
from drum_tabber.oneshots import listening, outliers, packs, percussion
from drum_tabber.oneshots.listening import OneShotSpec
from drum_tabber.oneshots.variants import varied
from drum_tabber.sound import audio
from drum_tabber.tasks import workers

Floats = NDArray[np.float32]
MOST = 24  # sounds of a class that a pack gives to learn from; somebody's own folders, and judging packs, give all
FONT_PACKS = 4  # packs that a soundfont counts as: it has up to thirty drum sets
VARIANTS = {"files": 3, "soundfont": 1, "struck": 0, "outliers": 0}  # of every sound, beside itself
STROKES = 40  # made up of each class that has a signal model, of each kind where there are several
OUTLIERS = {"music": 90, "voices": 120, "noises": 90, "tones": 90, "files": 200}  # of each kind; music of each font
BEGINNING, COPY = 12, 0.2  # frames compared, and how little those of copies differ on average
RECIPE = 6  # raised where the code above makes something else of the same material


@dataclass(frozen=True)
class Part:
    """Some material that is made by one worker: what kind, of what, and the spec that it is heard by."""

    kind: str
    name: str
    spec: OneShotSpec
    sounds: tuple[packs.Labelled, ...] = ()
    plain: bool = False  # heard as it is alone

    @property
    def file(self) -> Path:
        """Where its frames are kept."""
        stamps = [(str(sound.path), sound.path.stat().st_mtime_ns, sound.label) for sound in self.sounds]
        said = [RECIPE, self.kind, self.name, asdict(self.spec), stamps, self.plain, VARIANTS, STROKES, OUTLIERS, MOST]
        key = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
        return Path(configs.DATA_DIR) / "samples" / f"{self.kind}-{Path(self.name).stem}-{key}.npz"


@dataclass(frozen=True, eq=False)
class Heard:
    """Sounds as heard: frames end to end (all, bands), `lengths` (sounds,), their classes and packs (sounds,).

    `origins` (sounds,) number the recordings that they are made of; the first of a number is the recording as it is.
    """

    frames: NDArray[np.float16]
    lengths: NDArray[np.int32]
    labels: NDArray[np.str_]
    packs: NDArray[np.str_]
    origins: NDArray[np.int32]

    @property
    def sounds(self) -> list[NDArray[np.float16]]:
        """The frames (n, bands) of each sound."""
        return np.split(self.frames, np.cumsum(self.lengths)[:-1]) if len(self.lengths) else []

    def where(self, chosen: NDArray[np.bool_]) -> Heard:
        """Those sounds that are chosen (sounds,)."""
        kept = [frames for frames, keep in zip(self.sounds, chosen, strict=True) if keep]
        joined = np.concatenate(kept) if kept else self.frames[:0]
        return Heard(joined, self.lengths[chosen], self.labels[chosen], self.packs[chosen], self.origins[chosen])


@dataclass(frozen=True)
class Material:
    """What training hears and what judges it, and the packs with their licences.

    `copies` are the files, as pack/name, that do not judge although their pack is held out.
    """

    train: Heard
    judge: Heard
    licences: tuple[str, ...]
    copies: tuple[str, ...]


def material(spec: OneShotSpec, classes: Sequence[str], folders: Sequence[str]) -> Material:
    """The folders' one-shots and whatever else the settings name, made where it is missing.

    Raises SettingError where there are no folders.
    """
    if not folders:
        raise SettingError("there is nothing to train on: name folders of one-shots in SAMPLES_DIRS")
    ours = set(classes) <= set(percussion.CLASSES)
    held_out = set(configs.SAMPLES_HELD_OUT)
    found: list[packs.Labelled] = []
    for folder in map(Path, folders):
        sounds = packs.files(folder, classes)
        learnt = [sound for sound in sounds if sound.pack not in held_out]
        found += [sound for sound in sounds if sound.pack in held_out]
        found += learnt if packs.is_plain(folder) else packs.limited(learnt, MOST)
    grouped: dict[str, list[packs.Labelled]] = defaultdict(list)
    for sound in found:
        grouped[sound.pack].append(sound)
    parts = [Part("files", pack, spec, tuple(sounds), pack in held_out) for pack, sounds in grouped.items()]
    others = audio.find([configs.SAMPLES_OUTLIERS_DIR]) if configs.SAMPLES_OUTLIERS_DIR else []
    parts += [Part("outliers", kind, spec) for kind in ("voices", "noises", "tones")]
    parts += [Part("outliers", "files", spec, tuple(_outlier(path) for path in others))] if others else []
    parts += [Part("outliers", font, spec) for font in configs.SOUNDFONTS]
    if ours:
        parts += [Part("struck", code, spec) for code in struck.MODELS if code in classes]
        parts += [Part("soundfont", font, spec, plain=Path(font).stem in held_out) for font in configs.SOUNDFONTS]
    by_part = dict(_made(parts))
    done = [part for part in parts if part in by_part]
    heard = _joined([by_part[part] for part in done])
    known = np.isin(heard.labels, [*classes, percussion.UNKNOWN])
    judges = np.isin(heard.packs, [*held_out])
    train, judge = heard.where(known & ~judges), heard.where(known & judges)
    copied = are_copies(judge, train)
    names = np.array([name for part in done for name in _names(part, by_part[part])])
    licences = tuple(
        sorted({f"{sound.pack}: {sound.licence or 'own'}" for sound in found if sound.pack not in held_out})
    )
    return Material(train, judge.where(~copied), licences, tuple(sorted({*names[judge.origins[copied]].tolist()})))


def are_copies(judge: Heard, train: Heard) -> NDArray[np.bool_]:
    """Which judging sounds (sounds,) are recordings learnt from too: in another file, at another level, cut shorter."""
    from scipy.spatial.distance import cdist

    mine, theirs = _beginnings(judge.sounds), _beginnings(train.sounds)
    if not (len(mine) and len(theirs)):
        return np.zeros(len(mine), bool)
    return np.asarray(cdist(mine, theirs, "cityblock").min(axis=1) < COPY * mine.shape[1])


def contradict(heard: Heard) -> NDArray[np.bool_]:
    """Which sounds (sounds,) are there as another class too: a soundfont may play its closed hat for a pedal."""
    from scipy.spatial.distance import cdist

    rows = _beginnings(heard.sounds)
    if not len(rows):
        return np.zeros(0, bool)
    alike = cdist(rows, rows, "cityblock") < COPY * rows.shape[1]
    return np.asarray((alike & (heard.labels[:, None] != heard.labels)).any(axis=1))


def _names(part: Part, heard: Heard) -> list[str]:
    """What each recording of a part is called; those that are no files are not."""
    n = int(heard.origins.max(initial=-1)) + 1
    return [*(f"{part.name}/{sound.path.name}" for sound in part.sounds), *[""] * n][:n]


def _beginnings(sounds: Sequence[NDArray[np.floating]]) -> Floats:
    """The first frames of every sound in a row (sounds, BEGINNING times bands), zeros beyond its end."""
    rows = [np.pad(frames[:BEGINNING], ((0, BEGINNING - len(frames[:BEGINNING])), (0, 0))).ravel() for frames in sounds]
    return np.array(rows, np.float32) if rows else np.zeros((0, 0), np.float32)


def _outlier(path: Path) -> packs.Labelled:
    return packs.Labelled(path, percussion.UNKNOWN, "outliers")


def _made(parts: Iterable[Part]) -> Iterator[tuple[Part, Heard]]:
    """The parts, those that are not kept yet made side by side; what fails is said and left out."""
    missing = [part for part in parts if _load(part.file) is None]
    for outcome in workers.each(_make, missing, "one-shots"):
        if outcome.failure or outcome.result is None:
            print(f"failed: {outcome.failure}", flush=True)
    for part in parts:
        if (heard := _load(part.file)) is not None:
            yield part, heard


def _make(part: Part) -> Path:
    """Hear a part and keep it; its file."""
    rng = np.random.default_rng([configs.SEED, zlib.crc32(part.name.encode())])
    rate, variants = part.spec.features.sample_rate, 0 if part.plain else VARIANTS[part.kind]
    frames: list[NDArray[np.float16]] = []
    labels: list[str] = []
    origins: list[int] = []
    for origin, (label, wave) in enumerate(_waves(part, rate, rng)):
        for copy in range(1 + variants if wave.size else 0):
            sample = Sample.of(varied(wave, rate, rng) if copy else wave, rate)
            if sample is not None:
                frames.append(listening.frames_of(sample, part.spec).astype(np.float16))
                labels.append(label)
                origins.append(origin)
    pack = part.name if part.kind == "files" else f"{part.kind} {Path(part.name).stem}"
    pack = Path(part.name).stem if part.kind == "soundfont" else pack
    heard = Heard(
        np.concatenate([np.zeros((0, part.spec.n_bands), np.float16), *frames]),
        np.array([len(sound) for sound in frames], np.int32),
        np.array(labels, np.str_),
        np.full(len(labels), pack),
        np.array(origins, np.int32),
    )
    if part.kind == "soundfont":
        heard = heard.where(~np.isin(heard.origins, heard.origins[contradict(heard)]))
    with replacing(part.file) as path:
        np.savez(path, **{field.name: getattr(heard, field.name) for field in fields(heard)})
    return part.file


def _waves(part: Part, rate: int, rng: np.random.Generator) -> Iterator[tuple[str, Floats]]:
    if part.kind == "struck":
        strokes = STROKES * struck.N_KINDS.get(part.name, 1)
        yield from ((part.name, struck.strike(part.name, rng, rate)) for _ in range(strokes))
    elif part.kind == "soundfont":
        yield from _limited(packs.from_soundfont(Path(part.name), rate), FONT_PACKS * MOST)
    elif part.sounds:
        yield from _recorded(part, rate)
    else:
        made = getattr(outliers, part.name, None)
        waves = (
            made(OUTLIERS[part.name], rate, rng)
            if made
            else outliers.music(Path(part.name), OUTLIERS["music"], rate, rng)
        )
        yield from ((percussion.UNKNOWN, wave) for wave in waves)


def _recorded(part: Part, rate: int) -> Iterator[tuple[str, Floats]]:
    """The files of a part; of long ones that are no one-shots, a second from their middle. Bad ones are empty."""
    for sound in part.sounds[: OUTLIERS["files"]] if part.kind == "outliers" else part.sounds:
        try:
            wave = listening.recorded(sound.path, rate)
        except AudioError as error:
            print(f"failed: {error}", flush=True)
            wave = np.zeros(0, np.float32)
        if part.kind == "outliers":
            start = max(0, len(wave) // 2 - rate)
            wave = wave[start : start + round(outliers.SECONDS * rate)]
        yield sound.label, wave


def _limited(strokes: Iterable[tuple[str, Floats]], most: int) -> Iterator[tuple[str, Floats]]:
    """At most so many strokes of a class, evenly spread over the drum sets and strengths."""
    grouped: dict[str, list[Floats]] = defaultdict(list)
    for label, wave in strokes:
        grouped[label].append(wave)
    yield from ((label, wave) for label, group in grouped.items() for wave in packs.evenly(group, most))


def _load(file: Path) -> Heard | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            return Heard(*(kept[name] for name in ("frames", "lengths", "labels", "packs", "origins")))
    except (OSError, ValueError, KeyError, BadZipFile):  # not there, or not whole
        return None


def _joined(every: Sequence[Heard]) -> Heard:
    """All parts as one; the recordings are numbered through."""
    firsts = np.cumsum([0, *(int(part.origins.max(initial=-1)) + 1 for part in every)])
    return Heard(
        np.concatenate([part.frames for part in every]),
        np.concatenate([part.lengths for part in every]),
        np.concatenate([part.labels for part in every]),
        np.concatenate([part.packs for part in every]),
        np.concatenate([part.origins + first for part, first in zip(every, firsts, strict=False)]).astype(np.int32),
    )
