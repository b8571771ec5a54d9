"""`python -m drum_tabber prepare`: make training material ahead, as audio to listen to or as spectrograms.

Performances that are MIDI only are recorded in the studio; recordings are augmented. The work is cut into shards that
are made side by side; what exists is left alone, so a job that was broken off goes on, and what failed is listed at the
end and tried again the next time.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber import settings
from drum_tabber.errors import SettingError, sentence
from drum_tabber.files import replacing
from drum_tabber.tasks import drums, frameworks, playing, sources, survey, workers
from drum_tabber.tasks.sources import Material
from drum_tabber.tasks.survey import OWN_SONGS
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.learning.dataset import SegmentCache
    from drum_tabber.learning.segments import Segment
    from drum_tabber.material.corpora import Labels, Split, Track
    from drum_tabber.rendering.studio import Performance, Studio

TRACKS_A_SHARD = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    text = "corpora as layout:folder, such as groove:/data/groove (default: your songs with tabs, and CORPORA)"
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help=text)
    parser.add_argument(
        "--as", dest="kind", choices=("spectrograms", "rendered"), default="spectrograms", help="what to make"
    )
    parser.add_argument("--part", default="1/1", metavar="I/N", help="do the Ith of N parts, to share the work out")
    parser.add_argument(
        "--listen",
        type=int,
        metavar="N",
        help="only write N training examples to hear, with labels that tick on the right",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes side by side (default: WORKERS)")


def run(args: argparse.Namespace) -> int:
    """Make the material of the corpora given, or of the settings, in DATA_DIR; 1 if any of it failed."""
    part = Part.of(args.part)
    if args.workers is not None and args.workers < 1:
        raise SettingError(f"--workers needs a number of at least 1, not {args.workers}")
    from drum_tabber.tasks import specs

    specs.check_places("DATA_DIR")
    found = sources.material(args.corpora or None)
    if args.listen is not None:
        from drum_tabber.tasks import examples

        for line in examples.write(found, args.listen):
            print(line, flush=True)
        return 0
    made = make(args.kind, found, part, args.workers)
    failures = [*found.left_out, *made.failures]
    for line in survey.described(found, made.facts):
        print(line)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if failures:
        print(f"{len(failures)} failed; the rest is there, and another run leaves it alone", file=sys.stderr)
    return 1 if failures else 0


@dataclass(frozen=True)
class Part:
    """The `index`th (from 0) of `n` equal shares of some work."""

    index: int
    n: int

    @classmethod
    def of(cls, text: str) -> Part:
        """Read "I/N", I from 1; raises SettingError."""
        index, _, n = text.partition("/")
        if not (index.isdecimal() and n.isdecimal() and 1 <= int(index) <= int(n)):
            raise SettingError(f"--part needs I/N such as 1/2, not {text!r}")
        return cls(int(index) - 1, int(n))


@dataclass(frozen=True)
class Shard:
    """A share of the work, made in one go: tracks of one split, all recordings or all MIDI, in one copy or more."""

    name: str
    corpus: str
    split: Split
    tracks: tuple[Track, ...]
    copies: tuple[int, ...]

    @property
    def holds(self) -> list[str]:
        """What tells it from a shard of the same name made of other tracks or labels."""
        return [f"{track.name} {track.version} {copy}".strip() for copy in self.copies for track in self.tracks]

    def home(self, performance: Performance) -> str:
        """What recordings of a performance of its tracks are kept as copies of, whatever else it holds."""
        return f"{self.name}-{_slug(performance.name)}"


@dataclass(frozen=True)
class Made:
    """What is there now: the finished shards, facts about their tracks, and a sentence for each track that failed."""

    shards: tuple[Shard, ...]
    facts: tuple[dict[str, Any], ...]
    failures: tuple[str, ...]


def make(kind: str, found: Material, part: Part = Part(0, 1), n_workers: int | None = None) -> Made:
    """Make whatever is missing of the "spectrograms" or the "rendered" audio; what fails is told, not raised.

    So many processes do it, or WORKERS.

    Raises SettingError where kits or soundfonts are needed and missing.
    """
    wanted = list(shards(found, kind))
    if any(track.audio is None for shard in wanted for track in shard.tracks):
        playing.need_kits()  # what is lacking is better said before the work begins
    about = {shard.name: _finished(kind, shard) for shard in wanted}
    missing = [[one for one in takes if about[one.name] is None] for takes in by_take(wanted)[part.index :: part.n]]
    failures: list[str] = []
    jobs = dealt(missing, workers.number(sum(map(len, missing)), n_workers))
    for outcome in workers.each(partial(_make, kind), jobs, f"making {kind}", n_workers):
        about[outcome.job.name] = outcome.result
        failures += [outcome.failure] if outcome.failure else outcome.result["failed"] if outcome.result else []
    made = [shard for shard in wanted if about[shard.name] is not None]
    facts = tuple(fact for shard in made for fact in (about[shard.name] or {}).get("facts", ()))
    return Made(tuple(made), facts, tuple(failures))


def shards(found: Material, kind: str) -> Iterator[Shard]:
    """The shards that make up all material: a song of your own in each, or some tracks of a corpus; copies apart,
    but for audio, where those of a track share a folder."""
    for corpus in found.corpora:
        n_tracks = 1 if corpus.name == OWN_SONGS else TRACKS_A_SHARD
        splits: tuple[Split, ...] = ("validation", "train")
        for split in splits:
            for parts in sources.split_by_audio([track for track in corpus.tracks if track.split == split]):
                for start in range(0, len(parts), n_tracks):
                    tracks = tuple(parts[start : start + n_tracks])
                    number = _slug(tracks[0].name) if n_tracks == 1 else f"{start // n_tracks:05d}"
                    source = "" if tracks[0].audio else "rendered-"
                    name = f"{split}-{corpus.slug}-{source}{number}"
                    copies = range(configs.RENDER_COPIES if split == "train" else 1)
                    if kind == "rendered":
                        yield Shard(name, corpus.name, split, tracks, tuple(copies))
                        continue
                    for copy in copies:
                        yield Shard(f"{name}-{copy}", corpus.name, split, tracks, (copy,))


def by_take(wanted: Sequence[Shard]) -> list[list[Shard]]:
    """The shards, those together whose copies share their music (COPIES_A_TAKE)."""
    takes: dict[tuple[str, str, int], list[Shard]] = defaultdict(list)
    for shard in wanted:
        takes[shard.corpus, shard.tracks[0].name, shard.copies[0] // configs.COPIES_A_TAKE].append(shard)
    return list(takes.values())


def dealt(takes: Iterable[Sequence[Shard]], n_workers: int) -> list[Shard]:
    """The shards in an order in which so many processes seldom play a take's music at once, but use it again soon."""
    begun = [shards for shards in takes if shards]
    rows = (zip_longest(*begun[start : start + n_workers]) for start in range(0, len(begun), max(1, n_workers)))
    return [shard for row in rows for at_once in row for shard in at_once if shard]


def _slug(name: str) -> str:
    """A name as it may stand in a file's, other for other names."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return plain if plain == name else f"{plain[:60]}-{zlib.crc32(name.encode()):08x}"


def cache() -> SegmentCache:
    """Where spectrograms are kept."""
    frameworks.load()
    from drum_tabber.learning.dataset import SegmentCache
    from drum_tabber.tasks import specs

    return SegmentCache(Path(configs.DATA_DIR) / "spectrograms", specs.segment_spec())


def rendered_tracks(made: Made) -> list[Track]:
    """The copies of rendered audio that belong to some shards, as tracks. Raises CorpusError where there are none."""
    from drum_tabber.material import corpora

    homes = {track.name for shard in made.shards for track in shard.tracks if track.audio}
    performed = tuple(f"{shard.name}-" for shard in made.shards if shard.tracks[0].audio is None)
    copies = corpora.load("rendered", _home(""), Vocabulary.of(configs.DRUMS))
    return [copy for copy in copies if copy.name.rpartition("/")[0] in homes or copy.name.startswith(performed)]


def _finished(kind: str, shard: Shard) -> dict[str, Any] | None:
    """What was noted of a shard that is there, without failures and of the same tracks; None for any other."""
    if kind == "spectrograms":
        about = cache().about(shard.name)
    else:
        path = _notes(shard)
        about = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return about if about and about.get("holds") == shard.holds and not about.get("failed") else None


def _make(kind: str, shard: Shard) -> dict[str, Any]:
    """Make a shard, in whatever process: what it holds, facts about its tracks, and those that failed."""
    about: dict[str, Any] = {"holds": shard.holds, "facts": [], "failed": []}
    if kind == "spectrograms":
        from drum_tabber.learning.segments import encoded

        place = cache()
        about["pieces"] = []
        with place.writing(shard.name, about) as add:
            for made in pieces(shard, about):
                n_segments = add(*encoded(made.segment, made.labels, place.spec))
                about["pieces"].append({"name": made.home, "segments": n_segments, **made.facts})
        return about
    from drum_tabber.material import rendered

    homes: set[Path] = set()

    def there(home: str, copy: int, version: str) -> bool:
        homes.add(_home(home))
        return rendered.exists(_home(home), copy, version)

    for made in pieces(shard, about, there):
        how = (shard.split, made.labels, made.segment, configs.SAMPLE_RATE, made.version, about.get("kits", ()))
        rendered.write(_home(made.home), made.copy, *how)
    if shard.tracks[0].audio is None:
        for stale in set(_home("").glob(f"{shard.name}-*")) - homes:  # of tracks that it held before
            shutil.rmtree(stale)
    with replacing(_notes(shard)) as part:
        part.write_text(json.dumps(about) + "\n", encoding="utf-8")
    return about


def _home(name: str) -> Path:
    return Path(configs.DATA_DIR) / "rendered" / name


def _notes(shard: Shard) -> Path:
    return _home(f"{shard.name}.made.json")


@dataclass(frozen=True)
class Piece:
    """Audio with its labels, to be kept as a copy of `home`; `facts` tell how it was played, where that is known."""

    home: str
    copy: int
    version: str
    segment: Segment
    labels: Labels
    facts: Mapping[str, Any] = field(default_factory=dict)


def pieces(
    shard: Shard, about: dict[str, Any], there: Callable[[str, int, str], bool] = lambda home, copy, version: False
) -> Iterator[Piece]:
    """What a shard is made of, but for what is `there`; facts and failures are noted in `about`."""
    usable = []
    for track in shard.tracks:
        try:
            facts = survey.facts_of(track, shard.corpus)
        except Exception as error:
            about["failed"].append(_failure(track, error))
            continue
        usable.append(track)
        about["facts"] += [facts] if 0 in shard.copies else []
    for copy in shard.copies:
        if shard.tracks[0].audio is None:
            about["kits"] = [kit.name for kit in _studio(repr(settings.snapshot(configs)), shard.split).kits]
            yield from _recorded(usable, shard, copy, there)
            continue
        for track in usable:
            try:
                if not there(track.name, copy, track.version):
                    yield Piece(track.name, copy, track.version, _augmented(track, copy), track.labels())
            except Exception as error:
                about["failed"].append(_failure(track, error))


def _failure(track: Track, error: Exception) -> str:
    said = sentence(error, track.name)
    return said if track.name in said else f"{track.name}: {said}"


def _augmented(track: Track, copy: int) -> Segment:
    from drum_tabber.augmentation.augment import Augmenter
    from drum_tabber.material import rendered
    from drum_tabber.tasks import specs

    augmenter = Augmenter(specs.augment_spec())
    return rendered.augmented(track, copy, augmenter, configs.SAMPLE_RATE, configs.SEED)


def _recorded(
    tracks: Sequence[Track], shard: Shard, copy: int, there: Callable[[str, int, str], bool]
) -> Iterator[Piece]:
    """Recordings of MIDI tracks in the studio; they are told apart and hidden as their labels say."""
    from drum_tabber.events import Spans
    from drum_tabber.learning.segments import Segment
    from drum_tabber.material.corpora import Labels

    place = _studio(repr(settings.snapshot(configs)), shard.split)
    shown = drums.shown(Vocabulary.of(configs.DRUMS))
    apart = tuple((code,) for code in dict.fromkeys(shown.values()))
    for performance in playing.performances(tracks):
        home = shard.home(performance)
        if not there(home, copy, performance.version):
            made = place.record(performance, copy)
            hits, hidden = made.taught() if shard.split == "train" else (made.hits, Spans())
            labels = Labels(hits, made.beats, apart, velocity=True)
            facts = {"music": made.music, "stood_in": made.stood_in}
            segment = Segment(made.samples, hits, made.beats, hidden)
            yield Piece(home, copy, performance.version, segment, labels, facts)


@lru_cache(maxsize=2)
def _studio(page: str, split: Split) -> Studio:
    """The studio for a split by the settings as they stand on the `page`."""
    return playing.studio(split)
