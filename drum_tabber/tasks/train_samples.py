"""`python -m drum_tabber train-samples`: folders of one-shots in, a classifier in models/samples/RUN_NAME out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.errors import CorpusError
from drum_tabber.oneshots import percussion

if TYPE_CHECKING:
    from drum_tabber.oneshots.classifier import SampleClassifier
    from drum_tabber.tasks.sample_material import Material

KEPT = 0.99  # share of the one-shots learnt from that must not be called unknown: the threshold follows from it
SUSPECT = 0.3  # the threshold is not below this score
MADE_UP = ("struck ",)  # packs that no microphone has heard
MADE_UP_WEIGHT = 0.5  # how often those are drawn, against recordings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "folders", nargs="*", metavar="DIR", help="one-shots: <class>_<number>.wav, or folders by class (SAMPLES_DIRS)"
    )
    parser.add_argument(
        "--start-from", metavar="DIR", help="a classifier of the same classes whose weights it begins with"
    )


def run(args: argparse.Namespace) -> None:
    """Train, judge on the packs held out, and write the bundle."""
    configs.SAMPLES_DIRS = args.folders or configs.SAMPLES_DIRS
    import numpy as np

    from drum_tabber.oneshots.bundle import SampleBundle
    from drum_tabber.oneshots.classifier import SampleClassifier
    from drum_tabber.tasks import frameworks, sample_material, samples

    spec, classes = samples.spec(), samples.classes()
    found = sample_material.material(spec, classes)
    known = found.train.labels[found.train.labels != percussion.UNKNOWN]
    taught = tuple(code for code in classes if code in known)
    if len(taught) < 2:
        raise CorpusError("a classifier needs one-shots of two classes or more; name more folders in SAMPLES_DIRS")
    if not configs.SAMPLES_CLASSES:
        taught = classes  # the order and number of outputs is the precursor's whatever was found
    frameworks.load()
    import keras

    from drum_tabber.learning.serving import load_weights
    from drum_tabber.oneshots import network, serving

    keras.utils.set_random_seed(configs.SEED)
    net = network.NetSpec(configs.SAMPLES_MODEL, spec.features.n_mels, len(taught))
    model = network.build(net)
    if args.start_from:
        load_weights(SampleBundle.load(args.start_from), model)
    print(f"{len(known)} one-shots and variants of {len(set(known))} classes; {model.count_params()} weights")
    indices = {code: index for index, code in enumerate(taught)}
    labels = np.array([indices.get(label, -1) for label in found.train.labels])
    made_up = np.array([pack.startswith(MADE_UP) for pack in found.train.packs])
    network.fit(
        model,
        found.train.sounds,
        labels,
        epochs=configs.SAMPLES_EPOCHS,
        learning_rate=configs.SAMPLES_LEARNING_RATE,
        seed=configs.SEED,
        weights=np.where(made_up, MADE_UP_WEIGHT, 1.0),
        checkpoint=Path(configs.TRAINING_DIR) / f"samples-{configs.RUN_NAME}",
    )
    folder = Path(configs.MODELS_DIR) / "samples" / configs.RUN_NAME
    bundle = SampleBundle(folder, spec, taught, asdict(net))
    serving.save_network(bundle, model)
    classifier = SampleClassifier(bundle)
    scores = classifier.answer([frames.astype(np.float32) for frames in found.train.sounds])[1]
    above = float(np.quantile(scores[labels >= 0], KEPT))
    facts = _facts(found, classifier, taught)
    replace(bundle, unknown_above=max(SUSPECT, above), facts=facts).save()
    print(f"wrote {folder}")


def _facts(found: Material, classifier: SampleClassifier, taught: Sequence[str]) -> dict[str, Any]:
    """What the bundle says of its material, with the scores on the packs held out, which are printed too."""
    import numpy as np

    from drum_tabber.oneshots import evaluation

    facts: dict[str, Any] = {"data": found.licences, "held_out": list(configs.SAMPLES_HELD_OUT)}
    facts |= {"learnt_elsewhere": found.copies, "soundfonts": [Path(font).stem for font in configs.SOUNDFONTS]}
    if found.copies:
        print(f"{len(found.copies)} sounds of packs held out do not judge: packs learnt from have them too")
    if len(found.judge.lengths):
        probabilities, _, _ = classifier.answer([frames.astype(np.float32) for frames in found.judge.sounds])
        heard = [taught[index] for index in probabilities.argmax(axis=1)]
        report = evaluation.report(list(found.judge.labels), heard)
        print(f"packs held out ({', '.join(configs.SAMPLES_HELD_OUT)}):\n{report}")
        facts["scores"] = report.as_dict()
    return facts
