"""`train.py`: material and settings in, a bundle with tuned thresholds out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber import settings
from drum_tabber.augmentation.augment import Augmenter
from drum_tabber.errors import CorpusError
from drum_tabber.hearing import tuning
from drum_tabber.hearing.bundle import RECURRENT_CONTEXT, Bundle
from drum_tabber.learning.segments import Segments
from drum_tabber.material.provenance import Provenance
from drum_tabber.tasks import frameworks, playing, prepare, pretrain, sources, specs, survey
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    import keras

    from drum_tabber.learning.dataset import SegmentCache, Share
    from drum_tabber.learning.training import TrainingSpec
    from drum_tabber.material.corpora import Split, Track
    from drum_tabber.tasks.prepare import Shard
    from drum_tabber.tasks.sources import Material

PASSES = 3  # an epoch goes over the material so often at most, so that little of it makes short epochs


def run() -> Bundle:
    """Train the model that the settings describe, and write models/drums/RUN_NAME."""
    specs.check_places("DATA_DIR", "TRAINING_DIR", "MODELS_DIR")
    found, begun = sources.material(), configs.START_FROM and Bundle.load(configs.START_FROM)
    frameworks.load()
    import keras

    from drum_tabber import model
    from drum_tabber.learning import dataset, growing, training

    keras.utils.set_random_seed(configs.SEED)
    on_gpu = _prepare_devices()
    unlabelled = pretrain.material() if configs.SELF_SUPERVISED else None
    train, judge = _material(found)
    batches = dataset.feed(train.segments, specs.read_spec(), shares=train.shares)
    validation = dataset.feed(judge.segments, specs.read_spec(training=False), shares=judge.shares)
    network = model.build(specs.model_spec())
    if begun:
        growing.begin_with(begun, network, specs.model_spec())
    before = network.get_weights()
    if configs.SELF_SUPERVISED:
        pretrain.start(network, unlabelled, on_gpu)
    spec = _fitting(specs.training_spec(), train)
    training.compile_model(network, spec, on_gpu)
    best = training.fit(network, batches, validation, spec, Path(configs.TRAINING_DIR) / configs.RUN_NAME)
    network.load_weights(best)
    if begun:
        training.average(network, before, configs.START_SHARE)
    return finish(network, validation, {"trained_on": trained_on(found, begun or None)})


def finish(network: keras.Model, validation: Any, notes: Mapping[str, Any] | None = None) -> Bundle:
    """Tune decoding and confidences on validation batches and write the bundle.

    `notes` join its facts: "trained_on", a `Provenance` as a dictionary, by which `verify` finds leaks, and "cost" in
    words, for the model card.
    """
    from drum_tabber.learning import serving, training

    bundle = empty_bundle()
    bundle = replace(bundle, facts={**bundle.facts, **(notes or {})})
    heard = tuning.listen(training.answering(network), validation, bundle.targets)
    decoding, scores = tuning.tune(heard, bundle.targets, bundle.decoding, Vocabulary.of(configs.DRUMS).families)
    print(f"validation: {tuning.describe(scores)}")
    tuned = bundle.tuned(decoding, scores)
    serving.save_network(tuned, network)
    tuned.save()
    print(f"wrote {tuned.folder}")
    return tuned


def trained_on(found: Material, begun: Bundle | None = None) -> dict[str, Any]:
    """The material as a bundle remembers it: tracks, recordings, and the kits where any of it is rendered.

    What the model was trained on that training began with is part of it.
    """
    rendered = any(track.audio is None for track in found.tracks)
    kits = [kit.name for kit in playing.studio().kits] if rendered else []
    before = Provenance.read(begun.facts.get("trained_on", {})) if begun else Provenance()
    return Provenance.of(found.tracks, kits).joined(before).as_dict()


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
        facts={"settings": settings.snapshot(configs), "data": configs.DATA_SOURCES},
    )


@dataclass(frozen=True)
class Fed:
    """What the network is fed with: segments of audio, or the cache of spectrograms with the shares that count."""

    segments: Segments | SegmentCache
    shares: tuple[Share, ...] = ()

    @property
    def n_segments(self) -> int:
        """How many segments there are."""
        if isinstance(self.segments, Segments):
            return self.segments.n_cuts
        return sum(sum(self.segments.named(share.shards).values()) for share in self.shares)


def _fitting(spec: TrainingSpec, train: Fed) -> TrainingSpec:
    """The spec with epochs, and a warm-up, that are no longer than the material is worth."""
    steps = min(spec.steps_per_epoch, max(1, round(PASSES * train.n_segments / configs.BATCH_SIZE)))
    warmup = min(spec.warmup_steps, steps * spec.epochs // 5)
    seconds = train.n_segments * configs.SEGMENT_SECONDS
    print(f"{seconds / 60:.1f} min of segments to train on: up to {spec.epochs} epochs of {steps} steps", flush=True)
    return replace(spec, steps_per_epoch=steps, warmup_steps=warmup)


def _material(found: Material) -> tuple[Fed, Fed]:
    """Training and validation material by the feed mode, made where it is missing; says what it is."""
    if configs.FEED == "audio":
        _, performed = sources.split_by_audio(found.tracks)
        if performed:
            raise CorpusError(f"{performed[0].name} is MIDI alone and must be rendered first; set FEED to spectrograms")
        corpora = {track.name: corpus.name for corpus in found.corpora for track in corpus.tracks}
        facts = [survey.facts_of(track, corpora[track.name]) for track in found.tracks]
        _say([*survey.described(found, facts), *found.left_out])
        return _live(found.tracks, found, Augmenter(specs.augment_spec()))
    made = prepare.make(configs.FEED, found)
    failures = [f"failed: {failure}" for failure in made.failures]
    _say([*survey.described(found, made.facts), *found.left_out, *failures])
    if not made.shards:
        raise CorpusError(f"none of the material could be made; the first reason: {made.failures[0]}")
    if configs.FEED == "rendered":
        return _live(prepare.rendered_tracks(made), found, None)
    cache = prepare.cache()
    fed = {
        split: Fed(cache, tuple(_shares(found, [shard for shard in made.shards if shard.split == split])))
        for split in ("train", "validation")
    }
    return fed["train"], fed[_judging(bool(fed["validation"].shares))]


def _shares(found: Material, shards: Sequence[Shard]) -> Iterator[Share]:
    from drum_tabber.learning.dataset import Share

    for corpus in found.corpora:
        names = tuple(shard.name for shard in shards if shard.corpus == corpus.name)
        if names:
            yield Share(names, corpus.weight)


def _live(tracks: Sequence[Track], found: Material, augmenter: Augmenter | None) -> tuple[Fed, Fed]:
    """Segments of audio as it is, those for training augmented and drawn by the weights of their corpora."""
    spec, weights = specs.segment_spec(), sources.weights(found)
    train = [track for track in tracks if track.split == "train"]
    judging = _judging(any(track.split == "validation" for track in tracks))
    fed = Segments(train, spec, augmenter, configs.SEED, [weights(track) for track in train])
    return Fed(fed), Fed(Segments([track for track in tracks if track.split == judging], spec))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _judging(held_out: bool) -> Split:
    """The split that judges; it is said aloud when that is no judge at all."""
    if held_out:
        return "validation"
    print("notice: no track is left for validation, so training judges itself; name some in VALIDATION_SONGS")
    return "train"


def _prepare_devices() -> bool:
    """Whether there is a GPU; if so, 16-bit arithmetic is turned on as MIXED_PRECISION says."""
    import keras
    import tensorflow as tf

    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    if on_gpu and configs.MIXED_PRECISION:
        keras.mixed_precision.set_global_policy("mixed_float16")
    return on_gpu
