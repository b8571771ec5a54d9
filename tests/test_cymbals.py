"""Cymbals told by the strokes around them: what a stroke sees of the others, weights to JSON and back, and decoding."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from drum_tabber.events import Hits
from drum_tabber.hearing import cymbals
from drum_tabber.hearing.cymbals import CYMBALS, N_FEATURES, OTHERS, RINGING, SPREADS, Strokes, Weights
from drum_tabber.hearing.targets import Decoding, TargetSpec, decode

DRUMS = (*OTHERS, *RINGING)
SPEC = TargetSpec(DRUMS, 100.0)
RIDE, CRASH = RINGING.index("RD"), RINGING.index("CC")
LEAST = 0.4
PLAIN = Decoding(
    (("BD",), ("SD", "SS"), ("HT", "MT", "LT"), RINGING), dict.fromkeys(DRUMS, LEAST), dict.fromkeys(DRUMS, 0.02)
)


def strokes(seed: int, n: int = 7) -> Strokes:
    rng = np.random.default_rng(seed)
    ringing = rng.uniform(0.05, 0.95, (n, len(RINGING)))
    return Strokes(np.cumsum(rng.uniform(0.1, 0.9, n)), ringing, rng.random((n, len(OTHERS))), ringing.max(axis=1))


def weights(seed: int = 0, n_hidden: int = 3) -> Weights:
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "hidden": (N_FEATURES, n_hidden),
        "bias": (n_hidden,),
        "out": (n_hidden, len(CYMBALS)),
        "straight": (N_FEATURES, len(CYMBALS)),
        "offset": (len(CYMBALS),),
    }
    return Weights.of({name: rng.normal(size=shape).round(4) for name, shape in shapes.items()} | {"least": LEAST})


def follower() -> Weights:
    """A network that believes what rang in the seconds around: the mean of the widest spread, for each cymbal."""
    straight = np.zeros((N_FEATURES, len(CYMBALS)))
    first = N_FEATURES - len(RINGING) - 1 + RINGING.index(CYMBALS[0])
    straight[np.arange(first, first + len(CYMBALS)), np.arange(len(CYMBALS))] = 20.0
    empty = {"hidden": np.zeros((N_FEATURES, 1)), "bias": [0.0], "out": np.zeros((1, len(CYMBALS)))}
    return Weights.of({**empty, "straight": straight, "offset": [-5.0] * len(CYMBALS), "least": LEAST})


def test_weights_survive_json() -> None:
    known = weights()
    assert Weights.of(json.loads(json.dumps(known.as_lines()))) == known
    assert len(json.dumps(known.as_lines(), indent=1).splitlines()) < 3 * N_FEATURES


def test_each_stroke_sees_as_many_features_as_there_are_weights() -> None:
    seen = cymbals.features(strokes(1), LEAST)
    assert seen.shape == (7, N_FEATURES) and np.isfinite(seen).all()
    assert cymbals.log_odds_of(strokes(1), weights()).shape == (7, len(CYMBALS))
    assert cymbals.log_odds_of(strokes(1, 0), weights()).shape == (0, len(CYMBALS))


def test_a_stroke_is_no_part_of_what_rings_around_it() -> None:
    n_around = len(SPREADS) * (len(RINGING) + 1)
    whole = strokes(2)
    louder = replace(whole, ringing=whole.ringing.copy())
    louder.ringing[3] = 0.5
    changed = np.abs(cymbals.features(louder, LEAST) - cymbals.features(whole, LEAST))[:, -n_around:].max(axis=1)
    assert changed[3] == 0 and (np.delete(changed, 3) > 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_weak_strokes_are_seen_by_nobody(seed: int) -> None:
    """So a stroke is judged alike however many doubtful ones are looked at beside it (`consensus`)."""
    whole = strokes(seed)
    weak = np.array([1, 4, 5])
    whole = replace(whole, together=np.where(np.isin(np.arange(7), weak), 0.1, 0.9))
    kept = np.delete(np.arange(7), weak)
    sure = Strokes(*(part[kept] for part in (whole.time, whole.ringing, whole.others, whole.together)))
    np.testing.assert_allclose(cymbals.features(whole, LEAST)[kept], cymbals.features(sure, LEAST), atol=1e-12)


def test_long_songs_are_seen_as_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = cymbals.features(strokes(5, 30), LEAST)
    monkeypatch.setattr(cymbals, "_BLOCK", 4)
    np.testing.assert_array_equal(cymbals.features(strokes(5, 30), LEAST), expected)


def stream(doubtful: int, drum: str = "CC", ride: float = 0.9) -> np.ndarray:
    """Activations of nine ride strokes a quarter of a second apart, of which one sounds a little more like another."""
    onset = np.zeros((260, len(DRUMS)), np.float32)
    onset[25 * np.arange(1, 10), DRUMS.index("RD")] = ride
    onset[25 * doubtful, [DRUMS.index("RD"), DRUMS.index(drum)]] = [0.5, 0.55]
    return onset


def played(onset: np.ndarray, how: Decoding) -> list[tuple[float, str]]:
    hits: Hits = decode(onset, np.full_like(onset, 0.5), SPEC, how)
    return [*zip(hits.time.round(2).tolist(), hits.drum.tolist(), strict=True)]


def test_a_doubtful_stroke_in_a_stream_of_rides_is_a_ride() -> None:
    along = replace(PLAIN, cymbals=follower())
    rides = [(0.25 * number, "RD") for number in range(1, 10)]
    assert (1.25, "CC") in played(stream(5), PLAIN)
    assert played(stream(5), along) == rides


def test_a_ride_is_heard_with_the_foot_hat_that_hides_it() -> None:
    along = replace(PLAIN, cymbals=follower())
    assert [drum for time, drum in played(stream(5, "HP"), PLAIN) if time == 1.25] == ["HP"]
    assert sorted(drum for time, drum in played(stream(5, "HP"), along) if time == 1.25) == ["HP", "RD"]


def test_hats_without_a_cymbal_stay_as_they_were() -> None:
    onset = np.zeros((260, len(DRUMS)), np.float32)
    onset[25 * np.arange(1, 10), DRUMS.index("HH")] = 0.8
    onset[50, DRUMS.index("HO")] = 0.7
    assert played(onset, replace(PLAIN, cymbals=follower())) == played(onset, PLAIN)


@pytest.mark.parametrize("drum", ["RB", "SC"])
def test_bells_accent_a_stream_and_splashes_are_heard_by_themselves(drum: str) -> None:
    along = replace(PLAIN, cymbals=follower())
    assert [code for _, code in played(stream(5, drum), along)] == ["RD"] * 4 + [drum] + ["RD"] * 4


def test_one_cymbal_a_stroke() -> None:
    onset = stream(5)
    onset[125, [DRUMS.index("RD"), DRUMS.index("CC"), DRUMS.index("CH")]] = 0.8
    assert len([drum for time, drum in played(onset, PLAIN) if time == 1.25]) == 3
    assert [drum for time, drum in played(onset, replace(PLAIN, cymbals=follower())) if time == 1.25] == ["RD"]
