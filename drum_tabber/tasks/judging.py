"""What may judge a model: labelled corpora and music without drums, checked for leaks, then transcribed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.errors import CorpusError, SettingError
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.hearing.bundle import Bundle
    from drum_tabber.material.corpora import Track
    from drum_tabber.material.provenance import Provenance
    from drum_tabber.tasks.drums import Transcriber
    from drum_tabber.tasks.figures import Judged

SHARDS = "spectrograms"  # the layout of segments made ahead
CONDITIONS = ("drums alone", "drums with music")  # of rendered pieces
MOST_PIECES, MOST_SECONDS = 40, 120.0  # of music that is played from MIDI


@dataclass(frozen=True)
class Material:
    """A corpus that may judge the model: a name without folders, and what transcribes its pieces."""

    name: str
    judged: Callable[[Transcriber], Iterator[Judged]]


def material(corpus: str, split: str | None, bundle: Bundle, known: Provenance) -> Material:
    """A corpus, checked: it is there, and the model wasn't trained on any of it. Raises CorpusError, SettingError."""
    folder = Path(corpus.partition(":")[2])
    if corpus.startswith(f"{SHARDS}:"):
        return _shards(folder, bundle, known)
    layout, tracks = recordings(corpus, split, Vocabulary.of(configs.DRUMS))
    _refuse_leaks(corpus, tracks, known)
    name = layout if layout.startswith("mdb") else f"{layout} {folder.name}"
    return Material(name, lambda transcriber: _transcribed(tracks, transcriber))


def recordings(corpus: str, split: str | None, vocabulary: Vocabulary) -> tuple[str, list[Track]]:
    """The layout and the tracks that have audio of a corpus LAYOUT:FOLDER, of one split where one is asked for.

    Raises CorpusError, SettingError.
    """
    from drum_tabber.material import corpora

    layout, tracks = corpora.named(corpus, vocabulary)
    tracks = [track for track in tracks if track.audio and split in (None, track.split)]
    if not tracks:
        raise CorpusError(f"{corpus} has no recordings to score; check --split, or render its MIDI first")
    return layout, tracks


def _refuse_leaks(corpus: str, tracks: Sequence[Track], known: Provenance) -> None:
    for track in tracks:
        if reason := known.leak(track):
            raise CorpusError(
                f"{corpus} can't judge this model: {reason} ({track.name}); leave such tracks out, as --split test may"
            )


def _transcribed(tracks: Sequence[Track], transcriber: Transcriber) -> Iterator[Judged]:
    from tqdm import tqdm

    from drum_tabber.tasks.figures import Judged

    for track in tqdm(tracks, unit="track", delay=2, leave=False):
        assert track.audio is not None
        labels, heard = track.labels(), transcriber.transcribe(track.audio)
        yield Judged(track.name, labels.hits, heard.hits, labels.told_apart, labels.velocity, heard.duration)


def _shards(folder: Path, bundle: Bundle, known: Provenance) -> Material:
    """Segments made ahead: those for validation where some are named so, else all."""
    from drum_tabber.tasks import frameworks

    frameworks.load()
    from drum_tabber.learning.dataset import SegmentCache
    from drum_tabber.learning.segments import SegmentSpec

    n_frames = round(configs.SEGMENT_SECONDS * bundle.features.frame_rate)
    cache = SegmentCache(folder, SegmentSpec(bundle.features, bundle.targets, n_frames))
    prefix = "validation" if any(folder.glob("validation*.json")) else ""
    for shard in cache.shards(prefix):
        about = cache.about(shard.stem) or {}
        names = [str(fact["track"]).partition(",")[0] for fact in about.get("facts", ())]
        reason = known.leak_of_kits(about.get("kits", ()))
        if trained := next(filter(known.knows_name, names), None):
            reason = f"{trained} was trained on"
        if reason:
            raise CorpusError(f"{shard} can't judge this model: {reason}; leave that shard out")
    return Material(f"{SHARDS} {folder.name}", lambda transcriber: _segments(cache, prefix, transcriber))


def played_how(cache: Any, prefix: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of each segment in turn the condition, "" where its shard doesn't tell, and the drums that were stood in."""
    for shard, n_segments in cache.shards(prefix).items():
        pieces = (cache.about(shard.stem) or {}).get("pieces") or [{"segments": n_segments}]
        for piece in pieces:
            condition = CONDITIONS[piece["music"]] if "music" in piece else ""
            yield from [(condition, tuple(piece.get("stood_in", ())))] * piece["segments"]


def _segments(cache: Any, prefix: str, transcriber: Transcriber) -> Iterator[Judged]:
    import numpy as np
    from tqdm import tqdm

    from drum_tabber.hearing import tuning
    from drum_tabber.hearing.targets import believed, decode
    from drum_tabber.learning import dataset
    from drum_tabber.tasks import drums
    from drum_tabber.tasks.figures import Judged

    def answer(mel: Any, training: bool) -> dict[str, Any]:
        columns = zip(*map(transcriber.network, np.asarray(mel)), strict=True)
        return {name: np.stack(column) for name, column in zip(("onset", "velocity", "beat"), columns, strict=True)}

    spec = cache.spec
    seconds = spec.n_frames / spec.features.frame_rate
    batches = dataset.feed(cache, dataset.ReadSpec(8, spec.n_frames, training=False), prefix)
    parts = tuning.listen(answer, tqdm(batches, delay=2, leave=False), spec.targets)
    for number, (part, how) in enumerate(zip(parts, played_how(cache, prefix), strict=True)):
        hits = believed(decode(part.onset, part.velocity, spec.targets, transcriber.decoding), transcriber.decoding)
        apart = tuple((code,) for code in part.labelled)
        yield Judged(
            f"{number:05d}", part.reference, drums.merged(hits, transcriber.shown), apart, bool(apart), seconds, *how
        )


@dataclass(frozen=True)
class Silent:
    """A piece without drums: mono audio in blocks at a sample rate."""

    name: str
    blocks: Callable[[int], Iterator[Any]]


def silent(folder: str, known: Provenance) -> list[Silent]:
    """The pieces of a folder; raises CorpusError where there are none, or where the model was trained on one."""
    from drum_tabber.material import corpora
    from drum_tabber.sound import audio

    if folder.startswith("midi:"):
        tracks = corpora.load("midi", folder.removeprefix("midi:"), Vocabulary.of(configs.DRUMS))
        tracks = [track for track in tracks if track.split != "train"][:MOST_PIECES]
        _refuse_leaks(folder, tracks, known)
        if not configs.SOUNDFONTS:
            raise SettingError(f"{folder} must be played: name some .sf2 files in SOUNDFONTS")
        pieces = [Silent(track.name, _played(track, number)) for number, track in enumerate(tracks)]
    else:
        paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in audio.EXTENSIONS)
        leak = next((path for path in paths if known.knows_name(path.stem)), None)
        if leak:
            raise CorpusError(f"{leak} can't judge this model: a track of this name was trained on; take it away")
        pieces = [Silent(path.stem, _recorded(path)) for path in paths]
    if not pieces:
        raise CorpusError(
            f"{folder} has no music to listen to; it should hold recordings, or MIDI files as midi:FOLDER"
        )
    return pieces


def _recorded(path: Path) -> Callable[[int], Iterator[Any]]:
    from drum_tabber.sound import audio

    return lambda sample_rate: iter(audio.stream(path, sample_rate))


def _played(track: Track, number: int) -> Callable[[int], Iterator[Any]]:
    """A MIDI file's music without its drums, on one of the soundfonts."""

    def blocks(sample_rate: int) -> Iterator[Any]:
        from drum_tabber.rendering import backing
        from drum_tabber.sound import soundfont

        assert track.midi is not None
        notes = [note for note in backing.from_midi(track.midi) if note.start < MOST_SECONDS]
        if notes:
            seconds = min(MOST_SECONDS, max(note.end for note in notes))
            font = Path(configs.SOUNDFONTS[number % len(configs.SOUNDFONTS)])
            yield soundfont.play(notes, font, seconds, sample_rate).mean(axis=0)

    return blocks
