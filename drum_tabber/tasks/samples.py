"""What the settings say of one-shots: the classes, what is heard of a sound, the classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import configs
from drum_tabber.oneshots import percussion
from drum_tabber.oneshots.listening import OneShotSpec

if TYPE_CHECKING:
    from drum_tabber.oneshots.classifier import SampleClassifier


def classes() -> tuple[str, ...]:
    """The kinds that training tells apart."""
    return tuple(configs.SAMPLES_CLASSES) or percussion.CLASSES


def spec() -> OneShotSpec:
    """What training hears of a sound."""
    return OneShotSpec(seconds=configs.SAMPLES_SECONDS)


def classifier(folder: str | None = None) -> SampleClassifier:
    """The trained classifier that is asked for, or SAMPLES_BUNDLE."""
    from drum_tabber.oneshots.classifier import SampleClassifier

    return SampleClassifier.load(folder or configs.SAMPLES_BUNDLE)
