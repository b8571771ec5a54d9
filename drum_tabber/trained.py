"""A trained model as a folder: Keras weights, an ONNX file, and `bundle.json`, the contract that it was trained under.

What a contract says is the task's own; the models of drums, one-shots and keys share how it is found, refused and
written. Reading one needs neither Keras nor TensorFlow.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from drum_tabber.errors import BundleError
from drum_tabber.files import replacing

FORMAT = 1  # of bundle.json
CONTRACT = "bundle.json"
NETWORK = "model.onnx"
WEIGHTS = "model.weights.h5"


def located(folder: Path | str) -> Path:
    """A model's folder, which is looked for here and then beside configs.py."""
    here = Path(folder)
    return here if here.exists() else Path(__file__).parents[1] / here


@dataclass(frozen=True)
class TrainedModel(ABC):
    """A model's folder and contract; `facts` are settings, scores and data, which nothing depends on.

    `task` is what its contract says that it does and its folder's name in models/, `remedy` what trains one.
    """

    folder: Path
    facts: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    task: ClassVar[str]
    remedy: ClassVar[str]

    @property
    def network(self) -> Path:
        """The ONNX file."""
        return self.folder / NETWORK

    @property
    def weights(self) -> Path:
        """Keras weights of the same network."""
        return self.folder / WEIGHTS

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read a model's contract, from where its folder is `located`.

        Raises BundleError where the folder is missing or incomplete, or its model one of another task or format.
        """
        folder = located(folder)
        contract = folder / CONTRACT
        if not contract.is_file():
            raise BundleError(f"{folder} holds no trained model ({CONTRACT} is missing); train one with {cls.remedy}")
        try:
            said = json.loads(contract.read_text(encoding="utf-8"))
            if said["format"] != FORMAT:
                raise BundleError(f"{contract} has format {said['format']}, this version reads {FORMAT}; train it anew")
            task = said.get("task", "drums")  # which the first models of drums left out
            if task != cls.task:
                raise BundleError(f"{contract} is a model of {task}, not of {cls.task}; name a folder of its own task")
            return cls(folder=folder, facts=said["facts"], **cls._fields(said))
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{contract} can't be understood ({error!r}); train the model anew") from error

    def save(self) -> None:
        """Write `bundle.json`; the weights and the network are written where they are trained."""
        said = {"task": self.task, "format": FORMAT, **self._said(), "facts": dict(self.facts)}
        with replacing(self.folder / CONTRACT) as part:
            part.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    @abstractmethod
    def _fields(cls, said: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that a contract speaks of; what is missing or wrong may raise what it likes of a mapping."""

    @abstractmethod
    def _said(self) -> dict[str, Any]:
        """The fields as JSON holds them."""
