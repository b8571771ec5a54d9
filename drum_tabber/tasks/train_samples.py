"""`python -m drum_tabber train-samples`: folders of one-shots in, a classifier in models/samples/RUN_NAME out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import configs
from drum_tabber.errors import CorpusError
from drum_tabber.oneshots import percussion

if TYPE_CHECKING:
    import keras

    from drum_tabber.oneshots.classifier import SampleClassifier
    from drum_tabber.oneshots.network import NetSpec
    from drum_tabber.tasks.sample_material import Heard, Material

KEPT = 0.99  # share of the one-shots learnt from that must not be called unknown: the threshold follows from it
SUSPECT = 0.3  # the threshold is not below this score
STRUCK = "struck "  # how packs are called that no microphone has heard
STRUCK_WEIGHT = 0.5  # how often those are drawn, against recordings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "folders", nargs="*", metavar="DIR", help="one-shots: <class>_<number>.wav, or folders by class (SAMPLES_DIRS)"
    )
    begun = parser.add_mutually_exclusive_group()
    begun.add_argument(
        "--start-from", metavar="DIR", help="a classifier of the same classes whose weights it begins with"
    )
    begun.add_argument(
        "--join", metavar="DIR,DIR", help="classifiers trained before, whose mean answer is the new one's"
    )


def run(args: argparse.Namespace) -> None:
    """Train, judge on the packs held out, and write the bundle."""
    from drum_tabber.oneshots.bundle import SampleBundle
    from drum_tabber.oneshots.classifier import SampleClassifier
    from drum_tabber.tasks import frameworks, sample_material, samples, specs

    specs.check_places("MODELS_DIR")
    spec, classes = samples.spec(), samples.classes()
    found = sample_material.material(spec, classes, args.folders or configs.SAMPLES_DIRS)
    known = found.train.labels[found.train.labels != percussion.UNKNOWN]
    taught = tuple(code for code in classes if code in known)
    if len(taught) < 2:
        raise CorpusError("a classifier needs one-shots of two classes or more; name more folders in SAMPLES_DIRS")
    if not configs.SAMPLES_CLASSES:
        taught = classes  # the order and number of outputs is the precursor's whatever was found
    frameworks.load()
    from drum_tabber.oneshots import network, serving

    indices = {code: index for index, code in enumerate(taught)}
    labels = np.array([indices.get(label, -1) for label in found.train.labels])
    if args.join:
        members = [SampleBundle.load(folder.strip()) for folder in args.join.split(",")]
        model, net = serving.join(members)
        spec, taught = members[0].spec, members[0].classes
    else:
        chosen = network.NetSpec(configs.SAMPLES_MODEL, spec.features.n_mels, len(taught), spec.n_lows)
        model, net = _trained(chosen, found.train, labels, args.start_from), asdict(chosen)
    bundle = SampleBundle(Path(configs.MODELS_DIR) / "samples" / configs.RUN_NAME, spec, taught, net)
    serving.save_network(bundle, model)
    classifier = SampleClassifier(bundle)
    scores = classifier.answer([frames.astype(np.float32) for frames in found.train.sounds])[1]
    above = float(np.quantile(scores[labels >= 0], KEPT))
    facts = _facts(found, classifier, taught)
    replace(bundle, unknown_above=max(SUSPECT, above), facts=facts).save()
    print(f"wrote {bundle.folder}")


def _trained(net: NetSpec, train: Heard, labels: NDArray[np.int_], start_from: str | None) -> keras.Model:
    """A network taught by sounds of classes (sounds,), -1 for the unknown, its answers leant towards what is common."""
    import keras

    from drum_tabber.learning.serving import load_weights
    from drum_tabber.oneshots import network, prior
    from drum_tabber.oneshots.bundle import SampleBundle
    from drum_tabber.oneshots.feed import Lesson

    keras.utils.set_random_seed(configs.SEED)
    model = network.build(net)
    if start_from:
        load_weights(SampleBundle.load(start_from), model)
    print(f"{(labels >= 0).sum()} one-shots and variants of {net.n_classes} classes; {model.count_params()} weights")
    struck = np.char.startswith(train.packs, STRUCK)
    evened = prior.evened(labels, train.packs)
    shares = prior.drawn_shares(labels, np.where(struck, STRUCK_WEIGHT, 1.0) * evened)
    how = network.FitSpec(
        configs.SAMPLES_EPOCHS, configs.SAMPLES_LEARNING_RATE, configs.SEED, mixed=configs.SAMPLES_MIXED
    )
    checkpoint = Path(configs.TRAINING_DIR) / f"samples-{configs.RUN_NAME}"
    network.fit(model, Lesson(train.sounds, labels, shares, net.n_lows), how, checkpoint)
    synthetic = struck | np.isin(train.packs, [Path(font).stem for font in configs.SOUNDFONTS])
    network.shift(model, prior.lean(labels, shares, ~synthetic * evened))
    return model


def _facts(found: Material, classifier: SampleClassifier, taught: Sequence[str]) -> dict[str, Any]:
    """What the bundle says of its material, with the scores on the packs held out, which are printed too."""
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
