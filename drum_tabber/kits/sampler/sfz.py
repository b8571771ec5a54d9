"""Kits as sfz 1: a region a layer, hats that stop one another."""

from __future__ import annotations

from pathlib import Path

from drum_tabber.files import replacing
from drum_tabber.kits.sampler.kit import HATS, SamplerKit

_HAT_GROUP = 1


def write(kit: SamplerKit, seed: int | None = None) -> Path:
    """Write `<name>.sfz` into the kit's folder; nothing in it varies by seed."""
    lines = [f"// {kit.name}, made by Drum Tabber", "<global>", "loop_mode=one_shot", "ampeg_release=0.3", ""]
    for voice in kit.voices:
        lines += [f"// {voice.name}", "<group>", f"key={voice.key}"]
        if voice.code in HATS:
            lines += [f"group={_HAT_GROUP}", f"off_by={_HAT_GROUP}", "off_mode=fast"]
        lines += [f"<region> lovel={layer.low} hivel={layer.high} sample={layer.path}" for layer in voice.layers]
        lines.append("")
    path = kit.folder / f"{kit.name}.sfz"
    with replacing(path) as part:
        part.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    return path
