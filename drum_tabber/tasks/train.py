"""`train.py`: material and settings in, a bundle with tuned thresholds out."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber import settings, tuning
from drum_tabber.bundle import RECURRENT_CONTEXT, Bundle
from drum_tabber.errors import CorpusError
from drum_tabber.segments import Segments
from drum_tabber.tasks import prepare, pretrain, specs
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    import keras

    from drum_tabber.dataset import SegmentCache

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow loads: it is chatty


def run() -> Bundle:
    """Train the model that the settings describe, and write models/drums/RUN_NAME."""
    import keras

    from drum_tabber import dataset, model, serving, training

    keras.utils.set_random_seed(configs.SEED)
    on_gpu = _prepare_devices()
    unlabelled = pretrain.material() if configs.SELF_SUPERVISED else None
    material, prefixes = _material()
    batches = dataset.feed(material["train"], specs.read_spec(), prefixes["train"])
    validation = dataset.feed(material["validation"], specs.read_spec(training=False), prefixes["validation"])
    network = model.build(specs.model_spec())
    if configs.START_FROM:
        serving.load_weights(Bundle.load(configs.START_FROM), network)
    if configs.SELF_SUPERVISED:
        pretrain.start(network, unlabelled, on_gpu)
    training.compile_model(network, specs.training_spec(), on_gpu)
    best = training.fit(
        network, batches, validation, specs.training_spec(), Path(configs.TRAINING_DIR) / configs.RUN_NAME
    )
    network.load_weights(best)
    return finish(network, validation)


def finish(network: keras.Model, validation: Any) -> Bundle:
    """Tune thresholds on validation batches and write the bundle."""
    from drum_tabber import serving

    bundle = empty_bundle()
    heard = tuning.listen(network, validation, bundle.targets)
    decoding, scores = tuning.tune(heard, bundle.targets, bundle.decoding, Vocabulary.of(configs.DRUMS).families)
    print(f"validation: {tuning.describe(scores)}")
    tuned = bundle.tuned(decoding, scores)
    serving.save_network(tuned, network)
    tuned.save()
    print(f"wrote {tuned.folder}")
    return tuned


def empty_bundle() -> Bundle:
    """The bundle that the settings describe, before anything is tuned."""
    from drum_tabber import model

    spec, vocabulary = specs.segment_spec(), Vocabulary.of(configs.DRUMS)
    network = specs.model_spec()
    return Bundle(
        Path(configs.MODELS_DIR) / "drums" / configs.RUN_NAME,
        spec.features,
        spec.targets,
        asdict(network),
        model.context_frames(network) or RECURRENT_CONTEXT,
        tuple(configs.DRUMS),
        tuning.untuned(vocabulary),
        {"settings": settings.snapshot(configs), "data": configs.DATA_SOURCES},
    )


def _material() -> tuple[dict[str, Segments | SegmentCache], dict[str, str]]:
    """Training and validation material by the feed mode, made where it is missing, with the prefix of their shards."""
    from drum_tabber.augment import Augmenter
    from drum_tabber.dataset import SegmentCache

    spec = specs.segment_spec()
    if configs.FEED != "audio":
        prepare.make(configs.FEED)
    if configs.FEED == "spectrograms":
        cache = SegmentCache(Path(configs.DATA_DIR) / "spectrograms", spec)
        judged = "validation" if cache.has("validation") else "train"
        return {"train": cache, "validation": cache}, {"train": "train", "validation": _noticed(judged)}
    if configs.FEED == "rendered":
        from drum_tabber import corpora

        found = corpora.load("rendered", Path(configs.DATA_DIR) / "rendered", Vocabulary.of(configs.DRUMS))
        augmenter = None
    else:
        found, performed = prepare.split_by_audio(prepare.tracks())
        if performed:
            raise CorpusError(f"{performed[0].name} is MIDI alone and must be rendered first; set FEED to spectrograms")
        augmenter = Augmenter(specs.augment_spec())
    train = [track for track in found if track.split == "train"]
    judged = "validation" if any(track.split == "validation" for track in found) else "train"
    validation = [track for track in found if track.split == _noticed(judged)]
    segments = Segments(train, spec, augmenter, configs.SEED)
    return {"train": segments, "validation": Segments(validation, spec)}, {"train": "", "validation": ""}


def _noticed(judged: str) -> str:
    """The split that judges; it is said aloud when that is no judge at all."""
    if judged == "train":
        print("notice: no track is left for validation, so training judges itself; name some in VALIDATION_SONGS")
    return judged


def _prepare_devices() -> bool:
    """Whether there is a GPU; if so, 16-bit arithmetic is turned on as MIXED_PRECISION says."""
    import keras
    import tensorflow as tf

    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    if on_gpu and configs.MIXED_PRECISION:
        keras.mixed_precision.set_global_policy("mixed_float16")
    return on_gpu
