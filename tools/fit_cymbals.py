"""Fit `hearing/cymbals.py`: `python -m tools.fit_cymbals --corpus spectrograms:data/spectrograms`.

Rendered songs whose strokes are known come in as spectrograms made ahead; the bundle's own network hears them. At each
stroke that rings, a small network of one hidden layer learns which cymbals were struck, by L-BFGS on its cross-entropy;
several of different starts are joined. Each segment is shown once as it was heard, and once with the activations of
every drum moved by chance, for kits that the network never heard are heard worse than those that it was trained on.
Rare cymbals are leant towards, for a splash taken for a ride is missed more than its share of all strokes says. The
weights go into the bundle.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from tqdm import tqdm

import configs
from drum_tabber.errors import SettingError
from drum_tabber.events import Hits
from drum_tabber.hearing import cymbals, tuning
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.hearing.cymbals import CYMBALS, RINGING, Strokes, Weights
from drum_tabber.hearing.evaluate import match
from drum_tabber.hearing.targets import Decoding, TargetSpec, pick_peaks, strokes_of
from drum_tabber.hearing.tuning import Heard
from drum_tabber.odds import log_odds
from drum_tabber.tasks.judging import SHARDS

HIDDEN = 16
DECAY = 5e-4  # of the squared weights
COMMITTEE = 3  # networks that are fitted from different starts, and whose mean is taken
LEAN = 0.5  # of the way to what the material would say if it held every cymbal as often as the commonest
MOVED = 1.0  # nats by which a drum's activations are moved throughout a segment, the standard deviation
_DIGITS = 4  # that weights keep

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Examples:
    """Features (n, N_FEATURES) of strokes that ring, and which cymbals were struck (n, CYMBALS)."""

    features: Floats
    struck: Floats


def main() -> None:
    """Fit, print how well it does on the material itself, write the bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, metavar="spectrograms:FOLDER", help="segments made ahead")
    parser.add_argument("--model", type=Path, default=Path(configs.MODEL_BUNDLE), help="the bundle that shall tell")
    parser.add_argument("--iterations", type=int, default=80, help="of L-BFGS (default: 80)")
    args = parser.parse_args()
    layout, _, folder = args.corpus.partition(":")
    if layout != SHARDS or not folder:
        parser.error(f"--corpus is {SHARDS}:FOLDER, with segments that `prepare` made, not {args.corpus}")
    bundle = Bundle.load(args.model)
    segments = list(tqdm(heard(bundle, Path(folder)), desc="listening", delay=2))
    weights = fit(examples(segments, bundle.targets, bundle.decoding), least(bundle.decoding), args.iterations)
    fitted = replace(bundle.decoding, cymbals=weights)
    families = {drum: (drum,) for drum in RINGING}
    for name, decoding in (("before", replace(bundle.decoding, cymbals=None)), ("after", fitted)):
        print(f"{name}: {tuning.describe(tuning.judge(segments, bundle.targets, decoding, families))}")
    replace(bundle, decoding=fitted).save()


def heard(bundle: Bundle, folder: Path) -> Iterator[Heard]:
    """What the bundle's network hears of the segments for training in a folder, of all where none are named so."""
    from drum_tabber.tasks import frameworks

    frameworks.load()
    from drum_tabber.hearing.inference import Network
    from drum_tabber.learning.dataset import ReadSpec, SegmentCache, feed
    from drum_tabber.learning.segments import SegmentSpec

    network = Network(bundle)
    n_frames = round(configs.SEGMENT_SECONDS * bundle.features.frame_rate)
    cache = SegmentCache(folder, SegmentSpec(bundle.features, bundle.targets, n_frames))

    def answer(mel: Any, training: bool) -> dict[str, Any]:
        columns = zip(*map(network, np.asarray(mel)), strict=True)
        return {name: np.stack(column) for name, column in zip(("onset", "velocity"), columns, strict=False)}

    prefix = "train" if any(folder.glob("train*.json")) else ""
    for batch in feed(cache, ReadSpec(8, n_frames, training=False), prefix):
        yield from tuning.listen(answer, [batch], bundle.targets)


def least(decoding: Decoding) -> float:
    """The activation of all that rings from which there is a stroke."""
    return min(decoding.thresholds[drum] for drum in RINGING)


def examples(segments: Iterable[Heard], spec: TargetSpec, decoding: Decoding, seed: int = 0) -> Examples:
    """The strokes that are found in segments that label all that rings, as they were heard and with drums moved."""
    rng = np.random.default_rng(seed)
    columns = [spec.drums.index(drum) for drum in RINGING]
    found = [Examples(np.zeros((0, cymbals.N_FEATURES)), np.zeros((0, len(CYMBALS))))]
    for segment in segments:
        if {*RINGING} <= {*segment.labelled}:
            together = 1 - np.prod(1 - segment.onset[:, columns], axis=1)
            gap = min(decoding.refractory[drum] for drum in RINGING) * spec.frame_rate
            peaks = pick_peaks(together, least(decoding), gap)
            strokes = strokes_of(segment.onset, together, peaks, spec)
            for seen in (strokes, moved(strokes, rng)):
                features = cymbals.features(seen, least(decoding))
                found.append(Examples(features, struck(segment.reference, strokes.time)))
    return Examples(*(np.concatenate(parts) for parts in zip(*((e.features, e.struck) for e in found), strict=True)))


def moved(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """The same strokes as a network hears a kit that it takes for another: each drum more or less everywhere."""
    odds = log_odds(strokes.ringing) + rng.normal(0, MOVED, len(RINGING))
    return replace(strokes, ringing=1 / (1 + np.exp(-odds)))


def struck(reference: Hits, time: Floats) -> Floats:
    """(n, CYMBALS) 1 for each cymbal that was struck at strokes found at these times."""
    found = np.zeros((len(time), len(CYMBALS)))
    for column, drum in enumerate(CYMBALS):
        pairs = match(reference.of_drum(drum).time, time, tuning.TOLERANCE)
        found[pairs[:, 1], column] = 1
    return found


def fit(material: Examples, least: float, iterations: int) -> Weights:
    """The committee's mean, as one network. Raises SettingError where there is nothing to fit it to."""
    if not len(material.features):
        raise SettingError("no segment labels all hats and cymbals, or none has a stroke; name others to learn from")
    mean, deviation = material.features.mean(axis=0), material.features.std(axis=0) + 1e-2
    scaled = (material.features - mean) / deviation
    members = [
        _member(scaled, material.struck, iterations, np.random.default_rng(seed))
        for seed in tqdm(range(COMMITTEE), desc="networks", leave=False)
    ]
    hidden, bias, out, straight, offset = (list(parts) for parts in zip(*members, strict=True))
    joined = (
        np.concatenate(hidden, axis=1),
        np.concatenate(bias),
        np.concatenate(out) / COMMITTEE,
        np.mean(straight, axis=0),
        np.mean(offset, axis=0) + lean(material.struck),
    )
    return Weights.of(_of_unscaled(joined, mean, deviation) | {"least": least})


def lean(struck: Floats) -> Floats:
    """(CYMBALS,) log-odds by which cymbals are favoured for being rarer than the commonest."""
    n_struck = struck.sum(axis=0) + 1
    return np.asarray(LEAN * np.log(n_struck.max() / n_struck), np.float64)


def _of_unscaled(network: Sequence[Floats], mean: Floats, deviation: Floats) -> dict[str, Any]:
    """The network for features as they are, of one for features less their mean and over their deviation."""
    hidden, bias, out, straight, offset = network
    hidden, straight = hidden / deviation[:, None], straight / deviation[:, None]
    found = {
        "hidden": hidden,
        "bias": bias - mean @ hidden,
        "out": out,
        "straight": straight,
        "offset": offset - mean @ straight,
    }
    return {name: np.round(values, _DIGITS).tolist() for name, values in found.items()}


def _member(features: Floats, aim: Floats, iterations: int, rng: np.random.Generator) -> list[Floats]:
    n, n_features = features.shape
    n_drums = aim.shape[1]
    shapes = ((n_features, HIDDEN), (HIDDEN,), (HIDDEN, n_drums), (n_features, n_drums), (n_drums,))
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])
    seen, wanted = features.astype(np.float32), aim.astype(np.float32)

    def parts(weights: Floats) -> list[Floats]:
        return [part.reshape(shape) for part, shape in zip(np.split(weights, cuts[:-1]), shapes, strict=True)]

    def loss(weights: Floats) -> tuple[float, Floats]:
        hidden, bias, out, straight, offset = parts(weights.astype(np.float32))
        active = np.tanh(seen @ hidden + bias)
        odds = active @ out + seen @ straight + offset
        nats = float((np.logaddexp(0, odds) - wanted * odds).sum()) / n
        error = (1 / (1 + np.exp(-odds)) - wanted) / n
        back = (error @ out.T) * (1 - active**2)
        slopes = (seen.T @ back, back.sum(axis=0), active.T @ error, seen.T @ error, error.sum(axis=0))
        slope = np.concatenate([part.ravel() for part in slopes]).astype(np.float64)
        return nats + DECAY * float(weights @ weights), slope + 2 * DECAY * weights

    sizes = (0.5 / n_features**0.5, 0.0, 0.1, 0.0, 0.0)
    start = np.concatenate(
        [rng.normal(0, size, int(np.prod(shape))) for shape, size in zip(shapes, sizes, strict=True)]
    )
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return parts(found.x)


if __name__ == "__main__":
    main()
