"""Which samples a kit takes: the surest of each class for its keys, takes of one instrument as layers by loudness."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.kits.sample import without_strength
from drum_tabber.oneshots.classifier import Verdicts

SUREST = 0.3  # a class is not filled with a sample that is less likely to be of it
ALIKE = 0.9  # cosine of the latents of two takes of one instrument, at least
MOST_LAYERS = 5
STEP_DB = 1.0  # layers differ by at least this


@dataclass(frozen=True)
class Planned:
    """A key, its class, and its files from soft to loud with their levels in dB."""

    key: int
    code: str
    files: tuple[tuple[Path, float], ...]


def planned(verdicts: Verdicts, keys: Mapping[int, str]) -> list[Planned]:
    """What plays on each key: a key stays empty where there is no further instrument of its class."""
    ranked: dict[str, list[tuple[float, tuple[tuple[Path, float], ...]]]] = defaultdict(list)
    for code, rows in _instruments(verdicts).items():
        for group in rows:
            sure = float(max(verdicts.probabilities[row].max() for row in group))
            if sure >= SUREST:
                ranked[code].append((sure, _layers(verdicts, group)))
    plans = []
    for code in dict.fromkeys(keys.values()):
        chosen = sorted(ranked[code], key=lambda found: (-found[0], found[1][0][0]))
        own = [key for key, of_key in sorted(keys.items(), key=_from_the_middle) if of_key == code]
        plans += [Planned(key, code, files) for key, (_, files) in zip(own, chosen, strict=False)]
    return sorted(plans, key=lambda plan: plan.key)


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


def _layers(verdicts: Verdicts, rows: Sequence[int]) -> tuple[tuple[Path, float], ...]:
    """Files from soft to loud, each louder than the one before by a step that can be heard."""
    ordered = sorted(rows, key=lambda row: float(verdicts.level_db[row]))
    kept: list[int] = []
    for row in reversed(ordered):
        if not kept or verdicts.level_db[kept[-1]] - verdicts.level_db[row] >= STEP_DB:
            kept.append(row)
    chosen = np.unique(np.linspace(0, len(kept) - 1, min(MOST_LAYERS, len(kept))).round().astype(int))
    files = [(verdicts.paths[kept[index]], float(verdicts.level_db[kept[index]])) for index in chosen]
    return tuple(reversed(files))
