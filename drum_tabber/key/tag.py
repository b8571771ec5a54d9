"""The key in a song's own tag: ID3's TKEY, INITIALKEY of Vorbis comments, the initialkey atom of iTunes.

What the tag held before is kept beside the song, once: `<song>.tag.json` with every field, bytes in base64.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from drum_tabber.errors import AudioError
from drum_tabber.files import replacing
from drum_tabber.key.keys import Key

_ATOM = "----:com.apple.iTunes:initialkey"


def write(path: Path, key: Key) -> None:
    """Write the key into the file's tag after backing that up. Raises AudioError where the format has no such tag."""
    import mutagen
    from mutagen.id3 import ID3, TKEY
    from mutagen.mp4 import MP4Tags

    try:
        file = mutagen.File(path)
        if file is None:
            raise AudioError(f"{path} has no tag for a key; convert it to mp3, flac, ogg, m4a, wav or aiff")
        _keep(backup(path), file.tags)
        if file.tags is None:
            file.add_tags()
        if isinstance(file.tags, ID3):
            file.tags.setall("TKEY", [TKEY(encoding=0, text=[key.tag])])
        elif isinstance(file.tags, MP4Tags):
            file.tags[_ATOM] = [key.tag.encode()]
        else:
            file.tags["INITIALKEY"] = [key.tag]
        file.save()
    except mutagen.MutagenError as error:
        raise AudioError(
            f"can't write the tag of {path}: {error}; check that the file is whole and writable"
        ) from error


def read(path: Path) -> str:
    """The key that the file's tag holds; empty where it holds none."""
    import mutagen

    tags = getattr(mutagen.File(path), "tags", None) or {}
    for name in ("TKEY", _ATOM, "INITIALKEY"):
        try:
            value = tags[name]
        except (KeyError, ValueError):
            continue
        first = value.text[0] if hasattr(value, "text") else value[0]
        return first.decode() if isinstance(first, bytes) else str(first)
    return ""


def backup(path: Path) -> Path:
    """Where the tag is kept as it was."""
    return path.with_name(path.name + ".tag.json")


def _keep(path: Path, tags: Any) -> None:
    """Write what a tag holds; what was kept before stays, for that is the tag as its owner had it."""
    if path.exists():
        return
    fields = {str(name): _plain(value) for name, value in (tags or {}).items()}
    with replacing(path) as part:
        part.write_text(json.dumps(fields, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """A field's value as JSON holds it."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str | int | float | bool):
        return value
    frame = getattr(value, "__dict__", None)
    return {name: _plain(each) for name, each in frame.items()} if frame else str(value)
