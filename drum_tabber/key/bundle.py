"""The trained model of keys: what it hears, answers and needs, and how that stands in its `bundle.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from drum_tabber.key.cqt import CqtSpec
from drum_tabber.trained import TrainedModel


@dataclass(frozen=True)
class KeyDecoding:
    """How a network's answers become those of a song.

    A song is heard in its own key and in those up to `turns` semitones higher and lower, whose answers are turned back
    and averaged. The answer is unsure where the best key's probability is below `unsure`, or where partials agree on a
    tuning by less than `pitched`, as drums do. Keys over time stay as they are from step to step but for a probability
    of `change`; `trust` is how much a step's answer counts, for neighbouring steps hear the same notes.
    """

    turns: int = 4
    unsure: float = 0.65
    pitched: float = 0.03
    change: float = 3e-3
    trust: float = 0.16


@dataclass(frozen=True)
class KeyBundle(TrainedModel):
    """What a trained key model hears, answers and needs; `net` holds the fields of `network.KeyNetSpec`.

    The network takes "cqt" (pieces, frames, bins) and answers "piece" and "steps", logits; `step` is how many frames
    an answer over time covers.
    """

    cqt: CqtSpec
    net: Mapping[str, Any]
    step: int
    decoding: KeyDecoding = field(default_factory=KeyDecoding)
    task: ClassVar[str] = "key"
    remedy: ClassVar[str] = "python -m drum_tabber train-key"

    @classmethod
    def _fields(cls, said: Mapping[str, Any]) -> dict[str, Any]:
        cqt, decoding = CqtSpec(**said["cqt"]), KeyDecoding(**said["decoding"])
        return {"cqt": cqt, "net": said["net"], "step": said["step"], "decoding": decoding}

    def _said(self) -> dict[str, Any]:
        decoding = asdict(self.decoding)
        return {"cqt": asdict(self.cqt), "net": dict(self.net), "step": self.step, "decoding": decoding}
