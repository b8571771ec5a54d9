"""Where bars begin and how many beats they have, as a small network hears it in what the drums do beat by beat.

In come the patterns of the beats; each is shown with how like it is to beats before and after it, so that what comes
again after a bar, and after two and four, need not be learnt. Dilated convolutions along the beats, as in temporal
convolutional networks (Bai, Kolter & Koltun 2018, "An Empirical Evaluation of Generic Convolutional and Recurrent
Networks for Sequence Modeling"), see 31 beats on either side. Out come nats for a bar of each meter that begins with
each beat. `tools/fit_barlines.py` fits a few such networks to performances and made-up songs whose meters change, with
hits missed and invented; their answers are averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drum_tabber.meter.rhythm import FAMILIES, PARTS, likeness

Floats = NDArray[np.float64]

METERS = (2, 3, 4, 5, 6, 7)  # beats of the bars that the networks know
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)  # beats before and after, which a beat is compared with
DILATIONS = (1, 2, 4, 8, 16)  # beats, of the convolutions
N_FEATURES = len(PARTS) * len(FAMILIES) + 2 * len(LAGS)
_UNKNOWN = 0.5  # likeness to what isn't there
_METER = 0.5  # weight of what each beat of a bar says of its meter: neighbours say the same

Weights = Mapping[str, Floats]


def nats(found: Floats, meters: tuple[int, ...]) -> Floats:
    """(beats, meters) log probability that a bar of each meter begins with each beat and no other within it, and that
    it has this meter; from patterns `found` (beats, parts, families). Beats beyond the last say nothing.

    Of a meter that the networks don't know, they say what they say of its beginning.
    """
    start, meter = answers(features(found), _weights())
    begins, goes_on = _log_sigmoid(start), _log_sigmoid(-start)
    likely = meter - np.logaddexp.reduce(meter, axis=1, keepdims=True)
    said = np.empty((len(found), len(meters)))
    for column, n_beats in enumerate(meters):
        own = likely[:, METERS.index(n_beats)] if n_beats in METERS else np.full(len(found), -np.log(len(METERS)))
        said[:, column] = begins + _ahead(goes_on, 1, n_beats) + _METER * _ahead(own, 0, n_beats)
    return said


def features(found: Floats) -> Floats:
    """(beats, N_FEATURES) strengths, as their roots, and the likeness to beats before and after."""
    columns = [np.sqrt(found.reshape(len(found), len(PARTS) * len(FAMILIES)))]
    for lag in LAGS:
        before = np.nan_to_num(likeness(found, lag), nan=_UNKNOWN)
        after = np.full(len(found), _UNKNOWN)
        after[: max(0, len(found) - lag)] = before[lag:]
        columns += [before[:, None], after[:, None]]
    return np.concatenate(columns, axis=1)


def answers(seen: Floats, weights: Weights) -> tuple[Floats, Floats]:
    """(beats,) log-odds that a bar begins, and (beats, METERS) scores of its meter, the means over all networks.

    `seen` (beats, N_FEATURES); `weights` by layer, each with an axis of networks first: `tools/fit_barlines.py` has the
    same in Keras.
    """
    x = seen @ weights["in_kernel"] + weights["in_bias"][:, None]
    for index, dilation in enumerate(DILATIONS):
        y = _convolved(np.tanh(x), weights[f"conv_{index}_kernel"], dilation) + weights[f"conv_{index}_bias"][:, None]
        x = x + np.maximum(y, 0) @ weights[f"mix_{index}_kernel"] + weights[f"mix_{index}_bias"][:, None]
    x = np.tanh(x)
    start, meter = (
        (x @ weights[f"{name}_kernel"] + weights[f"{name}_bias"][:, None]).mean(axis=0) for name in ("start", "meter")
    )
    return start[:, 0], meter


def _convolved(x: Floats, kernel: Floats, dilation: int) -> Floats:
    """Signals (networks, beats, channels) through kernels (networks, 3, channels, channels)."""
    n_beats = x.shape[1]
    padded = np.pad(x, ((0, 0), (dilation, dilation), (0, 0)))
    taps = (padded[:, tap * dilation : tap * dilation + n_beats] @ kernel[:, tap] for tap in range(3))
    return np.asarray(sum(taps), np.float64)


def _ahead(values: Floats, first: int, end: int) -> Floats:
    """(beats,) the sum of the values from the `first` to before the `end` beat after each; 0 beyond the last."""
    sums = np.cumsum(np.pad(values, (1, end)))
    beat = np.arange(len(values))
    return np.asarray(sums[beat + end] - sums[beat + first], np.float64)


def _log_sigmoid(x: Floats) -> Floats:
    return np.asarray(-np.logaddexp(0, -x), np.float64)


@cache
def _weights() -> Weights:
    with np.load(Path(__file__).with_suffix(".npz")) as file:
        return {name: file[name].astype(np.float64) for name in file.files}
