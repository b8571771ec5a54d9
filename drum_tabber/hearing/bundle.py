"""A trained model as a folder: weights, an ONNX file, and `bundle.json`, the contract that it was trained under.

`bundle.json` holds the features, the drums, how frames become hits (thresholds tuned on validation), the settings it
was trained with, its scores, and the material it learnt from with licences. Reading one needs neither Keras nor
TensorFlow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from drum_tabber.errors import BundleError
from drum_tabber.files import replacing
from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.sound.features import FeatureSpec

FORMAT = 1  # of bundle.json
CONTRACT = "bundle.json"
NETWORK = "model.onnx"
WEIGHTS = "model.weights.h5"
RECURRENT_CONTEXT = 1000  # frames, for nets that reach as far as they like: what is older has faded


@dataclass(frozen=True)
class Bundle:
    """What a trained model hears, answers and needs.

    `model` holds the fields of `model.ModelSpec`; `context` is how many frames an answer depends on on either side;
    `drums` the table rows of its vocabulary; `decoding` how its frames become hits; `facts` the settings, scores and
    data, which nothing depends on.
    """

    folder: Path
    features: FeatureSpec
    targets: TargetSpec
    model: Mapping[str, Any]
    context: int
    drums: tuple[tuple[Any, ...], ...]
    decoding: Decoding
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def network(self) -> Path:
        """The ONNX file: "mel" (1, frames, mels) in; "onset", "velocity" and "beat" out."""
        return self.folder / NETWORK

    @property
    def weights(self) -> Path:
        """Keras weights of the same network."""
        return self.folder / WEIGHTS

    @classmethod
    def load(cls, folder: Path | str) -> Bundle:
        """Read a bundle; raises BundleError where the folder is missing, incomplete or of another format."""
        folder = Path(folder)
        contract = folder / CONTRACT
        if not contract.is_file():
            raise BundleError(f"{folder} holds no trained model ({CONTRACT} is missing); train one with train.py")
        try:
            said = json.loads(contract.read_text(encoding="utf-8"))
            if said["format"] != FORMAT:
                raise BundleError(f"{contract} has format {said['format']}, this version reads {FORMAT}; train it anew")
            return cls(
                folder,
                FeatureSpec(**said["features"]),
                TargetSpec(**{**said["targets"], "drums": tuple(said["targets"]["drums"])}),
                said["model"],
                said["context"],
                tuple(tuple(row) for row in said["drums"]),
                Decoding.of(said["decoding"]),
                said["facts"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{contract} can't be understood ({error!r}); train the model anew") from error

    def save(self) -> None:
        """Write `bundle.json`; the weights and the network are written by `serving`."""
        said = {
            "format": FORMAT,
            "features": asdict(self.features),
            "targets": asdict(self.targets),
            "model": dict(self.model),
            "context": self.context,
            "drums": self.drums,
            "decoding": asdict(self.decoding),
            "facts": dict(self.facts),
        }
        with replacing(self.folder / CONTRACT) as part:
            part.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def tuned(self, decoding: Decoding, scores: Mapping[str, Any]) -> Bundle:
        """The same bundle with another decoding and the scores that it reaches."""
        return replace(self, decoding=decoding, facts={**self.facts, "scores": dict(scores)})
