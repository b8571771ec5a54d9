"""A trained classifier of one-shots: files in, how likely each class is and whether they are one-shots at all out.

Runs without Keras and TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.errors import sentence
from drum_tabber.hearing import inference
from drum_tabber.oneshots import listening, percussion
from drum_tabber.oneshots.bundle import SampleBundle
from drum_tabber.oneshots.listening import OneShot

Floats = NDArray[np.float32]
DEFAULT = Path(__file__).parents[2] / "models" / "samples" / "default"
_BATCH = 32
_READERS = 2  # threads that decode ahead of the network


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
        """Probabilities (sounds, classes), unknown scores (sounds,) and latents (sounds, any) of frames (n, bands)."""
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
        return np.zeros((1, self.bundle.spec.n_bands), np.float32)


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _batches(paths: Sequence[Path], size: int) -> Iterator[Sequence[Path]]:
    yield from (paths[start : start + size] for start in range(0, len(paths), size))
