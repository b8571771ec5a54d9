"""Songs with tabs as tracks to train on: where a sidecar gives the place of a tab that counts, else it is found, once.

What the aligner finds is kept in DATA_DIR/alignments, a file a song, until the tab, the recording or the model that
listens changes. A tab that is refused stays refused as long, with the reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
from drum_tabber import tab
from drum_tabber.errors import AlignmentRefused, CorpusError, DrumTabberError
from drum_tabber.events import Hits
from drum_tabber.files import replacing
from drum_tabber.material import label, songs
from drum_tabber.material.corpora import Labels, Track, split_of
from drum_tabber.material.label import Laid
from drum_tabber.material.songs import Song
from drum_tabber.tasks import workers
from drum_tabber.trained import located
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.hearing.inference import Network

_VERSION = 1  # of what is kept; the aligner's answers of another are found anew


def tracks() -> tuple[list[Track], list[str]]:
    """The songs of SONGS_DIR with tabs in TABS_DIR as tracks, and a sentence for each that is left out.

    Raises CorpusError where there is no folder of songs.
    """
    vocabulary, spec = Vocabulary.of(configs.DRUMS), label_spec()
    found, notices = songs.load(configs.SONGS_DIR, configs.TABS_DIR)
    open_songs = [song for song in found if song.alignment is None and not _kept(song)]
    failures = {
        outcome.job.name: outcome.failure
        for outcome in workers.each(place, open_songs, "aligning tabs")
        if outcome.failure
    }
    made: list[Track] = []
    for song in found:
        try:
            if song.name in failures:
                raise DrumTabberError(failures[song.name])
            made += _tracks(song, labels_of(song, spec, vocabulary))
        except DrumTabberError as error:
            notices.append(f"{song.name} is left out: {str(error).splitlines()[0]}")
    return made, notices


def label_spec() -> label.LabelSpec:
    """What is taught of a tab, by the settings."""
    return label.LabelSpec(
        configs.MIN_CONFIDENCE, configs.MIN_BAR_CONFIDENCE, configs.GHOST_NOTES, configs.RIMS, configs.UNWRITTEN_DRUMS
    )


def labels_of(song: Song, spec: label.LabelSpec, vocabulary: Vocabulary) -> Labels:
    """The labels of a song whose tab's place is given or has been found. Raises TabError, CorpusError or, where the
    tab was refused, AlignmentRefused."""
    if song.alignment is not None:  # nothing may be left out, for every bar stands where those before it end
        return label.labels_of(label.laid_as_given(song.read_tab(vocabulary), song.alignment), spec, vocabulary)
    reading = tab.understand(song.text(), vocabulary)
    return label.labels_of(_read(song, reading.tab), spec, vocabulary, label.doubtful_bars(reading))


def place(song: Song) -> None:
    """Find the place of a song's tab and keep it. Raises CorpusError where there is no tab, and AudioError."""
    from drum_tabber.alignment.align import accepted, align
    from drum_tabber.tasks.align import listen, tempi

    written = tab.understand(song.text(), Vocabulary.of(configs.DRUMS)).tab
    if not written.bars:
        raise CorpusError(f"there is no tab in {song.tab}; a row is a label and bars: SD|----o---|")
    evidence = listen(song.audio, _network(), shows=False)
    about: dict[str, Any] = {"key": _key(song)}
    try:
        about |= _packed(Laid.of(accepted(align(written, evidence, tempi(song.tempo))), evidence))
    except AlignmentRefused as refusal:
        about["refused"] = str(refusal)
    with replacing(_file(song)) as part:
        part.write_text(json.dumps(about) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def _network() -> Network:
    from drum_tabber.hearing.bundle import Bundle
    from drum_tabber.hearing.inference import Network

    return Network(Bundle.load(configs.MODEL_BUNDLE), n_threads=1)


def _tracks(song: Song, labels: Labels) -> Iterator[Track]:
    """The song's recordings, all with the same labels and in the same split: itself, its drum stem, both blended."""
    version = hashlib.sha256(repr([_said(labels), song.audio.stat().st_size]).encode()).hexdigest()[:16]
    note = "as its sidecar says"
    if song.alignment is None:
        note = f"aligned, {labels.hits.confidence.mean():.0%} sure" if len(labels.hits) else "aligned, nothing sure"
    recordings = {song.name: song.audio}
    if song.drums is not None:
        if "channel" in configs.DRUM_STEMS:
            recordings[f"{song.name} (drums)"] = song.drums
        if "mix" in configs.DRUM_STEMS and "replace" not in configs.DRUM_STEMS:
            recordings[f"{song.name} (mix)"] = _blend(song, song.drums)
        if "replace" in configs.DRUM_STEMS:
            recordings[song.name] = _blend(song, song.drums)
    for name, audio in recordings.items():
        yield Track(name, split_of(song.name), audio, None, partial(_same, labels), song.name, version, note)


def _said(labels: Labels) -> list[Any]:
    """All that labels say, as plain values."""
    columns = [labels.hits.time, labels.hits.drum, labels.hits.velocity, labels.hidden.start, labels.hidden.end]
    beats = [] if labels.beats is None else [labels.beats.time, labels.beats.place]
    return [labels.told_apart, *(column.tolist() for column in (*columns, labels.hidden.what, *beats))]


def _same(labels: Labels) -> Labels:
    return labels


def _blend(song: Song, stem: Path) -> Path:
    """A file with the song and its drum stem together, made where there is none or an older one. Raises AudioError."""
    from drum_tabber.sound import audio

    path = Path(configs.DATA_DIR) / "blends" / f"{song.name}-{configs.STEM_SHARE:g}.flac"
    if path.is_file() and path.stat().st_mtime >= max(song.audio.stat().st_mtime, stem.stat().st_mtime):
        return path
    parts = [audio.read(one, configs.SAMPLE_RATE, mono=True).samples[0] for one in (song.audio, stem)]
    n_samples = max(map(len, parts))
    whole, drums = (np.pad(part, (0, n_samples - len(part))) for part in parts)
    blend = (1 - configs.STEM_SHARE) * whole + configs.STEM_SHARE * drums
    audio.write(path, blend.astype(np.float32), configs.SAMPLE_RATE)
    return path


def _file(song: Song) -> Path:
    return Path(configs.DATA_DIR) / "alignments" / f"{song.name}.json"


def _key(song: Song) -> str:
    """A digest of all that decides where the aligner puts a tab."""
    bundle = located(configs.MODEL_BUNDLE)
    digest = hashlib.sha256(repr((_VERSION, song.tempo, configs.MIN_BPM, configs.MAX_BPM, song.text())).encode())
    for path in (song.audio, bundle / "bundle.json", bundle / "model.onnx"):
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise CorpusError(f"can't read {path}: {error.strerror}; it is needed to align {song.tab}") from error
    return digest.hexdigest()


def _kept(song: Song) -> bool:
    """Whether the song's answer is there and nothing that decides it has changed."""
    try:
        return bool(json.loads(_file(song).read_text(encoding="utf-8"))["key"] == _key(song))
    except (OSError, ValueError, KeyError, DrumTabberError):
        return False


def _read(song: Song, written: tab.Tab) -> Laid:
    """Where the song's tab was found to lie. Raises AlignmentRefused where it was refused."""
    from drum_tabber.alignment.align import PlayedBar

    about = json.loads(_file(song).read_text(encoding="utf-8"))
    if "refused" in about:
        raise AlignmentRefused(about["refused"])
    bars = tuple(PlayedBar(number, tuple(beats), agreement) for number, beats, agreement in about["bars"])
    hits, beside = (Hits.of(*columns) for columns in (about["hits"], about["beside"]))
    return Laid(written, bars, hits, np.array(about["played"], np.int64), np.array(about["slot"], np.int64), beside)


def _packed(laid: Laid) -> dict[str, Any]:
    return {
        "bars": [(bar.number, bar.beat_time, bar.agreement) for bar in laid.bars],
        "hits": _columns(laid.hits),
        "played": laid.played.tolist(),
        "slot": laid.slot.tolist(),
        "beside": _columns(laid.beside),
    }


def _columns(hits: Hits) -> list[list[Any]]:
    return [column.tolist() for column in (hits.time, hits.drum, hits.velocity, hits.confidence)]
