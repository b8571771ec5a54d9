"""The drums' trained model: what it hears, answers and needs, and how that stands in its `bundle.json`.

The contract holds the features, the drums, how frames become hits (thresholds tuned on validation), the settings it
was trained with, its scores, and the material it learnt from with licences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from drum_tabber.hearing.targets import Decoding, TargetSpec
from drum_tabber.sound.features import FeatureSpec
from drum_tabber.trained import TrainedModel

RECURRENT_CONTEXT = 1000  # frames, for nets that reach as far as they like: what is older has faded


@dataclass(frozen=True)
class Bundle(TrainedModel):
    """What a trained model hears, answers and needs.

    `model` holds the fields of `model.ModelSpec`; `context` is how many frames an answer depends on on either side;
    `drums` the table rows of its vocabulary; `decoding` how its frames become hits. The network takes "mel"
    (1, frames, mels) and answers "onset", "velocity" and "beat".
    """

    features: FeatureSpec
    targets: TargetSpec
    model: Mapping[str, Any]
    context: int
    drums: tuple[tuple[Any, ...], ...]
    decoding: Decoding
    task: ClassVar[str] = "drums"
    remedy: ClassVar[str] = "train.py"

    @classmethod
    def _fields(cls, said: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "features": FeatureSpec(**said["features"]),
            "targets": TargetSpec(**{**said["targets"], "drums": tuple(said["targets"]["drums"])}),
            "model": said["model"],
            "context": said["context"],
            "drums": tuple(tuple(row) for row in said["drums"]),
            "decoding": Decoding.of(said["decoding"]),
        }

    def _said(self) -> dict[str, Any]:
        return {
            "features": asdict(self.features),
            "targets": asdict(self.targets),
            "model": dict(self.model),
            "context": self.context,
            "drums": self.drums,
            "decoding": asdict(self.decoding)
            | ({"cymbals": self.decoding.cymbals.as_lines()} if self.decoding.cymbals else {}),
        }

    def tuned(self, decoding: Decoding, scores: Mapping[str, Any]) -> Bundle:
        """The same bundle with another decoding and the scores that it reaches."""
        return replace(self, decoding=decoding, facts={**self.facts, "scores": dict(scores)})
