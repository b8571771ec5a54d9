"""One trial of the model search: the settings page as it stands trained for some processor seconds, then judged.

Decoding is tuned on every other segment of the first validation folder; those between, the other folders' segments and
whole recordings of corpora are decoded so and scored over five drums within 50 ms, without what transcribing adds
(bars that correct one another). Targets of another width than those made ahead are made of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
from drum_tabber.errors import CorpusError
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    import keras

    from drum_tabber.hearing.targets import Decoding
    from drum_tabber.learning.dataset import SegmentCache

TIMED, WARM = 4, 2  # steps that are timed, and steps before
RAMP = 0.1  # share of the steps in which the learning rate rises
MEMORY = 0.05  # share of the steps that the averaged weights remember
BETWEEN = 4  # segments are judged in such batches: some networks take much memory


@dataclass(frozen=True)
class Trial:
    """What is trained on and judged by: folders of spectrograms made ahead, and corpora as layout:folder.

    `seconds` are the processor's, for training alone; `every` Nth batch of the validation folders is heard.
    """

    shards: Path
    validation: tuple[Path, ...]
    corpora: tuple[str, ...] = ()
    seconds: float = 600.0
    every: int = 1


@dataclass(frozen=True)
class Outcome:
    """What a trial cost and what it reached: F of five drums by place, "all" of them together and each."""

    n_weights: int
    n_steps: int
    seconds: float
    f: Mapping[str, Mapping[str, float]]


def run(trial: Trial) -> Outcome:
    """Train by the settings as they stand and judge. Raises CorpusError where material is missing or another kind."""
    import keras

    from drum_tabber import model
    from drum_tabber.learning import dataset, training
    from drum_tabber.tasks import specs

    spec = specs.training_spec()
    batches = _widened(_cache(trial.shards), dataset.feed(_cache(trial.shards), specs.read_spec(), prefix="train"))
    keras.utils.set_random_seed(configs.SEED)
    network = model.build(specs.model_spec())
    training.compile_model(network, replace(spec, ema=0.0), on_gpu=False)
    n_steps = max(1, round(trial.seconds / _step_seconds(network, batches)))

    keras.utils.set_random_seed(configs.SEED)
    network = model.build(specs.model_spec())
    memory = min(spec.ema, max(0.0, 1 - 1 / (MEMORY * n_steps)))
    fitting = replace(spec, epochs=1, steps_per_epoch=n_steps, warmup_steps=round(RAMP * n_steps), ema=memory)
    training.compile_model(network, fitting, on_gpu=False)
    start = time.process_time()
    network.fit(batches, epochs=1, steps_per_epoch=n_steps, shuffle=False, verbose=0)
    seconds = time.process_time() - start
    network.optimizer.finalize_variable_values(network.trainable_variables)
    return Outcome(network.count_params(), n_steps, seconds, _judged(network, trial))


def _cache(folder: Path) -> SegmentCache:
    """Spectrograms made ahead, of whatever width their targets are."""
    from drum_tabber.learning.dataset import SegmentCache
    from drum_tabber.tasks import specs

    spec = specs.segment_spec()
    index = next(iter(sorted(folder.glob("*.json"))), None)
    if index is None:
        raise CorpusError(f"{folder} holds no finished spectrograms; name a folder that `prepare` made")
    made = json.loads(index.read_text(encoding="utf-8")).get("targets", {}).get("width", spec.targets.width)
    return SegmentCache(folder, replace(spec, targets=replace(spec.targets, width=made)))


def _widened(cache: SegmentCache, batches: Any) -> Any:
    """Batches with targets of the width that the settings ask for."""
    from drum_tabber.learning.width import of_width

    made, wanted = cache.spec.targets.width, configs.TARGET_WIDTH
    if made == wanted:
        return batches
    return batches.map(lambda mel, targets: (mel, {**targets, "onset": of_width(targets["onset"], made, wanted)}))


def _step_seconds(network: keras.Model, batches: Iterable[Any]) -> float:
    """Processor seconds that a step takes."""
    source = iter(batches)
    start = 0.0
    for step in range(-WARM, TIMED):
        if step == 0:
            start = time.process_time()
        network.train_on_batch(*next(source))
    return (time.process_time() - start) / TIMED


def _judged(network: keras.Model, trial: Trial) -> dict[str, dict[str, float]]:
    from drum_tabber.hearing import tuning
    from drum_tabber.learning import dataset, training
    from drum_tabber.tasks import specs

    vocabulary = Vocabulary.of(configs.DRUMS)
    decoding = tuning.untuned(vocabulary)
    reached: dict[str, dict[str, float]] = {}
    read = replace(specs.read_spec(training=False), batch_size=BETWEEN)
    for number, folder in enumerate(trial.validation):
        cache = _cache(folder)
        segments = dataset.feed(cache, read, prefix="validation").shard(trial.every, 0)
        heard = tuning.listen(training.answering(network), segments, cache.spec.targets)
        if not number:
            decoding, _ = tuning.tune(heard[::2], cache.spec.targets, decoding, vocabulary.families)
            heard = heard[1::2]
        scores = tuning.judge(heard, cache.spec.targets, decoding, vocabulary.families)
        reached[folder.name] = {"all": scores["f"], **scores["family"]}
    return reached | {_short(corpus): _of_corpus(network, corpus, decoding) for corpus in trial.corpora}


def _of_corpus(network: keras.Model, corpus: str, decoding: Decoding) -> dict[str, float]:
    """F over the recordings of a corpus, of the classes that it labels."""
    import numpy as np

    from drum_tabber.hearing import evaluate, targets
    from drum_tabber.learning import training
    from drum_tabber.material import corpora
    from drum_tabber.sound import audio, features
    from drum_tabber.tasks import specs

    vocabulary, spec = Vocabulary.of(configs.DRUMS), specs.segment_spec()
    layout, _, folder = corpus.partition(":")
    tracks = [track for track in corpora.load(layout, folder, vocabulary) if track.audio]
    references, estimates, classes = {}, {}, vocabulary.classes(5)
    answering = training.answering(network)
    for track in tracks:
        assert track.audio is not None
        samples = audio.read(track.audio, spec.features.sample_rate, mono=True).samples[0]
        answers = answering(features.log_mel(samples, spec.features)[None])
        onset, velocity = (np.asarray(answers[name])[0] for name in ("onset", "velocity"))
        labels = track.labels()
        references[track.name] = labels.hits
        estimates[track.name] = targets.decode(onset, velocity, spec.targets, decoding)
        classes = evaluate.scorable(classes, labels.told_apart)
    if not tracks or not classes:
        raise CorpusError(f"{corpus} has no recordings that can judge five drums; name another --corpus")
    report = evaluate.evaluate(references, estimates, classes)
    return {"all": report.overall.score.f, **{name: each.score.f for name, each in report.classes.items()}}


def _short(corpus: str) -> str:
    """A corpus without its folder's path: the layout, with the folder's name where that doesn't say which."""
    layout, _, folder = corpus.partition(":")
    return layout if "/" in layout else f"{layout} {Path(folder).name}"
