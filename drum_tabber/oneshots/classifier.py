"""A trained classifier of one-shots: files in, how likely each class is and whether they are one-shots at all out.

Its folder holds weights, an ONNX file and `bundle.json`: the spec that it hears by, its classes, the score above which
a sound is "unknown" (an output of its own, taught by sounds that are no percussion: low confidence among the classes
says nothing of it), its scores and what it learnt from. Runs without Keras and TensorFlow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import BundleError, sentence
from drum_tabber.files import replacing
from drum_tabber.hearing import inference
from drum_tabber.hearing.bundle import CONTRACT, NETWORK, WEIGHTS
from drum_tabber.oneshots import listening, percussion
from drum_tabber.oneshots.listening import OneShot, OneShotSpec
from drum_tabber.sound.features import FeatureSpec

Floats = NDArray[np.float32]
FORMAT = 1  # of bundle.json
DEFAULT = Path(__file__).parents[2] / "models" / "samples" / "default"
_BATCH = 32
_READERS = 2  # threads that decode ahead of the network


@dataclass(frozen=True)
class SampleBundle:
    """A trained classifier's folder and contract; `net` holds the fields of `sample_net.NetSpec`."""

    folder: Path
    spec: OneShotSpec
    classes: tuple[str, ...]
    net: Mapping[str, Any]
    unknown_above: float = 0.5
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def network(self) -> Path:
        """The ONNX file: "mel" (sounds, frames, mels) and "length" in; "label", "unknown" and "latent" out."""
        return self.folder / NETWORK

    @property
    def weights(self) -> Path:
        """Keras weights of the same network."""
        return self.folder / WEIGHTS

    @classmethod
    def load(cls, folder: Path | str) -> SampleBundle:
        """Read one; raises BundleError where the folder is missing, incomplete or of another format."""
        contract = Path(folder) / CONTRACT
        if not contract.is_file():
            raise BundleError(
                f"{folder} holds no classifier of one-shots ({CONTRACT} is missing); train one with "
                "python -m drum_tabber train-samples"
            )
        try:
            said = json.loads(contract.read_text(encoding="utf-8"))
            if (said["task"], said["format"]) != ("samples", FORMAT):
                raise BundleError(f"{contract} is no classifier of one-shots of format {FORMAT}; name another folder")
            spec = OneShotSpec(FeatureSpec(**said["features"]), said["seconds"])
            classes = tuple(said["classes"])
            return cls(Path(folder), spec, classes, said["net"], said["unknown_above"], said["facts"])
        except (ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{contract} can't be read ({error}); train the model anew") from error

    def save(self) -> None:
        """Write `bundle.json`."""
        said = {
            "task": "samples",
            "format": FORMAT,
            "features": asdict(self.spec.features),
            "seconds": self.spec.seconds,
            "classes": self.classes,
            "net": dict(self.net),
            "unknown_above": self.unknown_above,
            "facts": dict(self.facts),
        }
        with replacing(self.folder / CONTRACT) as part:
            part.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What is heard in files, in their order: `probabilities` (files, classes), `unknown` (files,) from 0 to 1,
    `latent` (files, any) and `level_db` (files,); `failures` are sentences about files that could not be heard.
    """

    paths: tuple[Path, ...]
    classes: tuple[str, ...]
    probabilities: Floats
    unknown: Floats
    latent: Floats
    level_db: Floats
    unknown_above: float
    failures: Mapping[Path, str]

    @property
    def labels(self) -> list[str]:
        """The likeliest class of each file, "unknown" where that score says so."""
        best = self.probabilities.argmax(axis=1) if len(self.paths) else []
        return [
            percussion.UNKNOWN if score > self.unknown_above else self.classes[index]
            for index, score in zip(best, self.unknown, strict=True)
        ]

    def ranked(self, row: int) -> list[str]:
        """All classes for one file, the likeliest first."""
        return [self.classes[index] for index in np.argsort(-self.probabilities[row], kind="stable")]


class SampleClassifier:
    """A trained network, loaded once, that classes any number of files."""

    def __init__(self, bundle: SampleBundle) -> None:
        self.session = inference.session(bundle.network, "train the model anew")
        self.bundle = bundle

    @classmethod
    def load(cls, folder: Path | str = DEFAULT) -> SampleClassifier:
        """The classifier in a folder; the one that comes with Drum Tabber if none is named. Raises BundleError."""
        return cls(SampleBundle.load(folder))

    def predict_proba(self, paths: Iterable[Path | str]) -> Floats:
        """How likely each class is (files, classes), rows summing to 1, in the order of `bundle.classes`.

        Raises AudioError for a file that can't be read; `classify` passes over such files instead.
        """
        spec = self.bundle.spec
        return self.answer([listening.read(path, spec).frames for path in paths])[0]

    def answer(self, sounds: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
        """Probabilities (sounds, classes), unknown scores (sounds,) and latents (sounds, any) of frames (n, mels)."""
        parts = []
        for start in range(0, max(1, len(sounds)), _BATCH):
            mel, length = listening.stacked(sounds[start : start + _BATCH] or [self._nothing()])
            label, unknown, latent = self.session.run(["label", "unknown", "latent"], {"mel": mel, "length": length})
            parts.append((_softmax(label), 1 / (1 + np.exp(-unknown[:, 0])), latent))
        label, unknown, latent = (np.concatenate(column)[: len(sounds)] for column in zip(*parts, strict=True))
        return label, unknown.astype(np.float32), latent

    def classify(self, paths: Iterable[Path | str], on_file: Callable[[], None] = lambda: None) -> Verdicts:
        """What is heard in files; those that can't be read are passed over, with the reason in `failures`."""
        heard: dict[Path, OneShot] = {}
        failures: dict[Path, str] = {}
        answers = []
        with ThreadPoolExecutor(_READERS) as pool:
            for batch in _batches(list(dict.fromkeys(map(Path, paths))), _BATCH):
                sounds: list[Floats] = []
                for path, (sound, failure) in zip(batch, pool.map(self._read, batch), strict=True):
                    on_file()
                    if sound is None:
                        failures[path] = failure
                    else:
                        heard[path] = sound
                        sounds.append(sound.frames)
                if sounds:
                    answers.append(self.answer(sounds))
        columns = zip(*answers, strict=True) if answers else ([part] for part in self.answer([]))
        probabilities, unknown, latent = (np.concatenate(list(column)) for column in columns)
        levels = np.array([sound.level_db for sound in heard.values()], np.float32)
        bundle = self.bundle
        found = (tuple(heard), bundle.classes, probabilities, unknown, latent, levels, bundle.unknown_above, failures)
        return Verdicts(*found)

    def _read(self, path: Path) -> tuple[OneShot | None, str]:
        try:
            return listening.read(path, self.bundle.spec), ""
        except Exception as error:  # one bad file does not stop the rest
            return None, sentence(error, str(path))

    def _nothing(self) -> Floats:
        return np.zeros((1, self.bundle.spec.features.n_mels), np.float32)


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _batches(paths: Sequence[Path], size: int) -> Iterator[Sequence[Path]]:
    yield from (paths[start : start + size] for start in range(0, len(paths), size))
