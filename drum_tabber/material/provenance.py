"""What a model was trained on, so small that its bundle holds it, and whether what shall judge it was among it.

Names of tracks and pieces, and recordings byte by byte, are kept as digests of 32 bits: of a thousand strangers, one in
two thousand times one is taken for something trained on. Kits are kept by name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drum_tabber.material.corpora import Track

_DIGITS = 8  # of a digest, hexadecimal


@dataclass(frozen=True)
class Provenance:
    """Digests of the tracks and of the recordings that a model was trained on, and the names of the kits."""

    tracks: frozenset[str] = frozenset()
    recordings: frozenset[str] = frozenset()
    kits: frozenset[str] = frozenset()

    @classmethod
    def of(cls, tracks: Iterable[Track], kits: Iterable[str] = ()) -> Provenance:
        """That of training on the tracks of the split "train"; their recordings are read."""
        mine = [track for track in tracks if track.split == "train"]
        names = {digest for track in mine for name in (track.name, track.piece) for digest in _digests(name)}
        return cls(frozenset(names), frozenset(_of_file(track.audio) for track in mine if track.audio), frozenset(kits))

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Provenance:
        """What `as_dict` made of one; empty where nothing was noted."""
        tracks, recordings = (frozenset(str(fields.get(name, "")).split()) for name in ("tracks", "recordings"))
        return cls(tracks, recordings, frozenset(fields.get("kits", ())))

    def joined(self, other: Provenance) -> Provenance:
        """That of a model which went on from another."""
        return Provenance(self.tracks | other.tracks, self.recordings | other.recordings, self.kits | other.kits)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it, a string of digests each."""
        return {
            "tracks": " ".join(sorted(self.tracks)),
            "recordings": " ".join(sorted(self.recordings)),
            "kits": sorted(self.kits),
        }

    def knows_name(self, name: str) -> bool:
        """Whether a track or piece of this name was trained on."""
        return not self.tracks.isdisjoint(_digests(name))

    def leak(self, track: Track) -> str | None:
        """How the model knows a track, in words; None where it doesn't."""
        if any(map(self.knows_name, filter(None, (track.name, track.piece)))):
            return "a track of this name was trained on"
        if track.audio and self.recordings and _of_file(track.audio) in self.recordings:
            return "this recording was trained on"
        return self.leak_of_kits(track.kits)

    def leak_of_kits(self, kits: Iterable[str]) -> str | None:
        """Which of some kits was trained on, in words; None where none was."""
        known = sorted(self.kits.intersection(kits))
        return f"the kit {known[0]} was trained on" if known else None


def _digests(name: str) -> Iterator[str]:
    """Of a name, however it is spelt, and of it without the number at its end that E-GMD gives each kit."""
    for each in {name, re.sub(r"_\d+$", "", name)}:
        plain = re.sub(r"[^a-z0-9]+", " ", each.lower()).strip()
        if plain:
            yield hashlib.sha256(plain.encode()).hexdigest()[:_DIGITS]


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
