"""Drum kits for samplers: classed one-shots in, kit folders that drumkv1, Hydrogen, sfz players, DrumGizmo and
DecentSampler open out. `plan` chooses what plays on which key; one table of writers does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drum_tabber.kits.sampler import decentsampler, drumgizmo, drumkv1, hydrogen_kit, sfz
from drum_tabber.kits.sampler.kit import KEY_MAPS, SamplerKit, collected
from drum_tabber.kits.sampler.plan import Plan, Planned, layers, planned

__all__ = ["KEY_MAPS", "WRITERS", "Plan", "Planned", "SamplerKit", "collected", "layers", "planned"]

WRITERS: dict[str, Callable[[SamplerKit, int | None], Path]] = {
    "drumkv1": drumkv1.write,
    "hydrogen": hydrogen_kit.write,
    "sfz": sfz.write,
    "drumgizmo": drumgizmo.write,
    "decentsampler": decentsampler.write,
}
