"""A trained key model as a folder: an ONNX file, weights, and `bundle.json`, the contract that it was trained under.

Reading one needs neither Keras nor TensorFlow. The drums' `bundle` has the same files; what they say differs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from drum_tabber.errors import BundleError
from drum_tabber.files import replacing
from drum_tabber.hearing.bundle import CONTRACT, NETWORK, WEIGHTS
from drum_tabber.key.cqt import CqtSpec

FORMAT = 1  # of bundle.json
TASK = "key"


@dataclass(frozen=True)
class KeyDecoding:
    """How a network's answers become those of a song.

    A song is heard in pieces of `piece` seconds, one every `hop`; below `unsure` the best key's probability says
    little. Keys over time stay as they are from step to step but for a probability of `change`; `trust` is how much a
    step's answer counts, for neighbouring steps hear the same notes.
    """

    piece: float = 30.0
    hop: float = 15.0
    unsure: float = 0.5
    change: float = 1e-3
    trust: float = 0.3


@dataclass(frozen=True)
class KeyBundle:
    """What a trained key model hears, answers and needs; `net` holds the fields of `keynet.KeyNetSpec`."""

    folder: Path
    cqt: CqtSpec
    net: Mapping[str, Any]
    step: int
    decoding: KeyDecoding
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def network(self) -> Path:
        """The ONNX file: "cqt" (pieces, frames, bins) in; "piece" and "steps" logits out."""
        return self.folder / NETWORK

    @property
    def weights(self) -> Path:
        """Keras weights of the same network."""
        return self.folder / WEIGHTS

    @classmethod
    def load(cls, folder: Path | str) -> KeyBundle:
        """Read a bundle; raises BundleError where the folder is missing, incomplete, of another task or format."""
        folder = Path(folder)
        contract = folder / CONTRACT
        if not contract.is_file():
            raise BundleError(f"{folder} holds no trained model ({CONTRACT} is missing); name a folder of models/key")
        try:
            said = json.loads(contract.read_text(encoding="utf-8"))
            if said.get("task") != TASK or said["format"] != FORMAT:
                raise BundleError(f"{contract} is no key model of format {FORMAT}; name a folder of models/key")
            decoding = KeyDecoding(**said["decoding"])
            return cls(folder, CqtSpec(**said["cqt"]), said["net"], said["step"], decoding, said["facts"])
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{contract} can't be understood ({error!r}); train the model anew") from error

    def save(self) -> None:
        """Write `bundle.json`; the weights and the network are written by `keyserving`."""
        said = {
            "format": FORMAT,
            "task": TASK,
            "cqt": asdict(self.cqt),
            "net": dict(self.net),
            "step": self.step,
            "decoding": asdict(self.decoding),
            "facts": dict(self.facts),
        }
        with replacing(self.folder / CONTRACT) as part:
            part.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
