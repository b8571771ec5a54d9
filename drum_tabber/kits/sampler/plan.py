"""Which samples a kit takes: the surest of each class for its keys, takes of one instrument as layers by loudness.

Every sample that plays nowhere is named with the reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.kits.sample import without_strength
from drum_tabber.oneshots import percussion
from drum_tabber.oneshots.classifier import Verdicts

CYMBAL = "cym"  # the class of crash, splash and china alike
SUREST = 0.3  # a class is not filled with a sample that is less likely to be of it
ALIKE = 0.9  # cosine of the latents of two takes of one instrument, at least
MOST_LAYERS = 5
STEP_DB = 1.0  # layers differ by at least this
UNKNOWN, UNSURE = "it is no percussion that is known", "no class is likely enough"
NO_KEY, TAKEN = "this map of keys has none for:", "a surer one has each key for:"
ALIKE_LAYER = "another take is as loud, or five serve already"


@dataclass(frozen=True)
class Planned:
    """A key, its class, what it is called, and its files from soft to loud with their levels in dB."""

    key: int
    code: str
    name: str
    files: tuple[tuple[Path, float], ...]


@dataclass(frozen=True)
class Plan:
    """What plays on each key, from the lowest, and why each file that plays nowhere was left out."""

    keys: tuple[Planned, ...]
    left_out: Mapping[Path, str]


def planned(verdicts: Verdicts, keys: Mapping[int, str]) -> Plan:
    """What plays on each key: a key stays empty where there is no further instrument of its class."""
    ranked: dict[str, list[tuple[float, list[int]]]] = defaultdict(list)
    reasons: dict[Path, str] = {}
    for code, groups in _instruments(verdicts).items():
        for rows in groups:
            sure = float(max(verdicts.probabilities[row].max() for row in rows))
            if code == percussion.UNKNOWN or sure < SUREST:
                reasons |= {verdicts.paths[row]: UNSURE if code != percussion.UNKNOWN else UNKNOWN for row in rows}
            elif code not in keys.values():
                reasons |= {verdicts.paths[row]: f"{NO_KEY} {percussion.LABELS[code]}" for row in rows}
            else:
                ranked[code].append((sure, rows))
    plans = []
    for code, found in ranked.items():
        chosen = sorted(found, key=lambda one: (-one[0], verdicts.paths[one[1][0]]))
        own = [key for key, of_key in sorted(keys.items(), key=_from_the_middle) if of_key == code]
        pieces = [
            percussion.cymbal_named(_said(verdicts.paths[rows[0]])) if code == CYMBAL else "" for _, rows in chosen
        ]
        given = _shared_out(own, pieces, keys)
        for key, (_, rows) in ((key, chosen[index]) for key, index in given.items()):
            plans.append(Planned(key, code, percussion.LABELS[code], layers(verdicts.paths, verdicts.level_db, rows)))
            played = {path for path, _ in plans[-1].files}
            reasons |= {verdicts.paths[row]: ALIKE_LAYER for row in rows if verdicts.paths[row] not in played}
        taken = f"{TAKEN} {percussion.LABELS[code]}"
        spare = [rows for index, (_, rows) in enumerate(chosen) if index not in given.values()]
        reasons |= {verdicts.paths[row]: taken for rows in spare for row in rows}
    return Plan(tuple(sorted(plans, key=lambda plan: plan.key)), dict(sorted(reasons.items())))


def _shared_out(keys: Sequence[int], pieces: Sequence[str], of_map: Mapping[int, str]) -> dict[int, int]:
    """The index of the instrument for each key of a class, the surest first: those keys that ask for just such a piece
    choose first, so that a splash plays no crash's key where there is a crash."""
    wanted = percussion.CYMBAL_NOTES if of_map.get(52) == of_map.get(55) == CYMBAL else {}
    free = [*range(len(pieces))]
    given: dict[int, int] = {}
    for asks in (True, False):
        for key in keys:
            fits = (one for one in free if not asks or pieces[one] == wanted.get(key, ""))
            if key not in given and (index := next(fits, None)) is not None:
                given[key] = index
                free.remove(index)
    return given


def _said(path: Path) -> str:
    """What names a file: its own name and its folder's."""
    return f"{path.parent.name} {path.stem}"


def _from_the_middle(pair: tuple[int, str]) -> tuple[bool, int]:
    """Keys from 36 upwards come first, the octave below them last."""
    return pair[0] < 36, pair[0]


def _instruments(verdicts: Verdicts) -> dict[str, list[list[int]]]:
    """Rows of takes of one instrument, by class: alike in name but for strength and number, and alike in sound."""
    named: dict[tuple[str, Path, str], list[int]] = defaultdict(list)
    for row, (path, code) in enumerate(zip(verdicts.paths, verdicts.labels, strict=True)):
        piece = re.sub(r"[-_ .]*\d+$", "", without_strength(path.stem)).lower()
        named[code, path.parent, piece].append(row)
    found: dict[str, list[list[int]]] = defaultdict(list)
    for (code, _, _), rows in named.items():
        found[code] += _alike(rows, verdicts.latent)
    return found


def _alike(rows: Sequence[int], latent: NDArray[np.float32]) -> list[list[int]]:
    """Rows in groups whose sound is like their first one's."""
    units = latent / np.maximum(np.linalg.norm(latent, axis=1, keepdims=True), 1e-9)
    groups: list[list[int]] = []
    for row in rows:
        near = next((group for group in groups if float(units[row] @ units[group[0]]) >= ALIKE), None)
        if near is None:
            groups.append([row])
        else:
            near.append(row)
    return groups


def layers(paths: Sequence[Path], levels: NDArray[np.floating], rows: Sequence[int]) -> tuple[tuple[Path, float], ...]:
    """Files from soft to loud with their levels in dB, each louder than the one before by a step that can be heard."""
    kept: list[int] = []
    for row in sorted(rows, key=lambda row: -float(levels[row])):
        if not kept or levels[kept[-1]] - levels[row] >= STEP_DB:
            kept.append(row)
    chosen = np.unique(np.linspace(0, len(kept) - 1, min(MOST_LAYERS, len(kept))).round().astype(int))
    return tuple((paths[kept[index]], float(levels[kept[index]])) for index in reversed(chosen))
