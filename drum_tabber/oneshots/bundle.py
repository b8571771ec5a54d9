"""The trained classifier of one-shots: what it hears, answers and needs, and how that stands in its `bundle.json`.

The contract holds the spec that it hears by, its classes, the score above which a sound is "unknown" (an output of its
own, taught by sounds that are no percussion: low confidence among the classes says nothing of it), its scores and what
it learnt from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from drum_tabber.oneshots.listening import OneShotSpec
from drum_tabber.sound.features import FeatureSpec
from drum_tabber.trained import TrainedModel


@dataclass(frozen=True)
class SampleBundle(TrainedModel):
    """What a trained classifier hears, answers and needs; `net` holds the fields of `network.NetSpec`.

    The network takes "mel" (sounds, frames, bands) and "length" (sounds,) and answers "label", "unknown" and "latent".
    """

    spec: OneShotSpec
    classes: tuple[str, ...]
    net: Mapping[str, Any]
    unknown_above: float = 0.5
    task: ClassVar[str] = "samples"
    remedy: ClassVar[str] = "python -m drum_tabber train-samples"

    @classmethod
    def _fields(cls, said: Mapping[str, Any]) -> dict[str, Any]:
        spec = OneShotSpec(
            FeatureSpec(**said["features"]), said["seconds"], said.get("widens", False), said.get("n_lows", 0)
        )
        unknown_above = said["unknown_above"]
        return {"spec": spec, "classes": tuple(said["classes"]), "net": said["net"], "unknown_above": unknown_above}

    def _said(self) -> dict[str, Any]:
        return {
            "features": asdict(self.spec.features),
            "seconds": self.spec.seconds,
            "widens": self.spec.widens,
            "n_lows": self.spec.n_lows,
            "classes": self.classes,
            "net": dict(self.net),
            "unknown_above": self.unknown_above,
        }
