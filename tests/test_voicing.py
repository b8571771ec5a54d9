"""Varied kits: two samples at once to the sample, loose and half-open hats, foot hats that ring."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.kits.kit import Kit, Piece
from drum_tabber.kits.sample import Colour, Sample, blended, coloured, damped, level_of, toned
from drum_tabber.kits.voicing import together, varied

RATE = 32000


def stroke(name: str, attack: int = 20, seconds: float = 0.5, decay: float = 0.1, seed: int = 0) -> Sample:
    """Silence, a tall sample at the attack, decaying noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.1, len(time)) * np.exp(-time / decay)
    noise[0] = 2.0
    signal = np.concatenate([np.zeros(attack), noise]).astype(np.float32)
    return Sample(signal / np.float32(level_of(signal, RATE)), attack, (4, 0.0), name)


def kit(name: str, attack: int, seed: int) -> Kit:
    """Open hats ring half a second, all else is short."""
    lengths = {"BD": 0.05, "SD": 0.05, "HH": 0.02, "HO": 0.5, "HP": 0.02}
    pieces = {code: (Piece.of(code, [stroke(name, attack, 1.0, of, seed)]),) for code, of in lengths.items()}
    return Kit(name, RATE, pieces, frozenset({f"licence of {name}"}))


def test_two_samples_at_once_share_their_attack_and_have_unit_level() -> None:
    first, second = stroke("a", 7), stroke("b", 300, seed=1)
    both = blended(first, second, 0.5, RATE)
    assert both.attack == 300 == int(np.argmax(np.abs(both.signal)))
    assert level_of(both.signal, RATE) == pytest.approx(1, rel=1e-4)
    parts = np.stack([first.signal[7:4007], second.signal[300:4300]], axis=1)
    gains, *_ = np.linalg.lstsq(parts, both.signal[300:4300], rcond=None)
    assert gains[1] / gains[0] == pytest.approx(0.5, rel=1e-3)


def test_damping_is_exact_and_ends() -> None:
    steady = np.ones(100_000, np.float32)
    short = damped(steady, 50, 1000.0)
    assert short[:51].tolist() == [1.0] * 51
    assert short[1050] == pytest.approx(np.exp(-1), rel=1e-5)
    assert 20 * np.log10(short[-1]) == pytest.approx(-70, abs=0.1)


@pytest.mark.parametrize(("tilt", "dulling"), [(8.0, 0.0), (-8.0, 0.0), (0.0, 3.0), (6.0, 2.0)])
def test_tone_moves_highs_and_keeps_level_and_attack(tilt: float, dulling: float) -> None:
    sample = stroke("a", 40)
    other = toned(sample.signal, tilt, dulling, sample.attack, RATE)
    assert int(np.argmax(np.abs(other))) == sample.attack
    assert not other[: sample.attack].any()
    energy = [np.square(wave[40 : 40 + RATE // 20]).sum() for wave in (sample.signal, other)]
    assert energy[1] == pytest.approx(energy[0], rel=1e-3)

    def highs(wave: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(wave)) ** 2
        frequency = np.fft.rfftfreq(len(wave), 1 / RATE)
        return float(10 * np.log10(power[frequency > 6000].mean() / power[frequency < 400].mean()))

    change = highs(other) - highs(sample.signal)
    if not dulling:
        assert 0.6 < change / tilt < 1.1
    else:
        assert change < tilt - 5


def test_kits_are_varied_by_the_seed_and_keep_their_attacks() -> None:
    kits = [kit("a", 20, 0), kit("b", 90, 1)]
    seen: dict[str, set[str]] = {code: set() for code in kits[0].pieces}
    for seed in range(60):
        made, again = (varied(kits[0], kits, np.random.default_rng(seed)) for _ in range(2))
        for code, (piece,) in made.pieces.items():
            seen[code].add(piece.name)
            (sample,) = piece.samples
            assert sample.attack == int(np.argmax(np.abs(sample.signal))), "to the sample"
            np.testing.assert_array_equal(sample.signal, again.pieces[code][0].samples[0].signal)
            assert piece.rings == (code == "HP" and "+HO" in piece.name.removeprefix("HP+HP"))
        layered = {code for code, (piece,) in made.pieces.items() if f"{code}+{code}" in piece.name}
        assert {"HH", "HO", "HP"} & layered in (set(), {"HH", "HO", "HP"}), "one set of hats lies over the other"
    assert all({code, f"{code}+{code}"} <= names for code, names in seen.items()), "every drum by itself, and layered"
    assert seen["BD"] | seen["SD"] == {"BD", "BD+BD", "SD", "SD+SD"}


def test_loose_and_half_open_hats_ring_longer_than_tight_ones_and_shorter_than_open_ones() -> None:
    kits = [kit("a", 20, 0)]

    def ringing(sample: Sample) -> float:
        """Energy after a tenth of a second, over all in dB."""
        later = sample.attack + RATE // 10
        return float(10 * np.log10(np.square(sample.signal[later:]).sum() / np.square(sample.signal).sum()))

    closed, wide = (ringing(kits[0].pieces[code][0].samples[0]) for code in ("HH", "HO"))
    half: list[float] = []
    loose: list[float] = []
    for seed in range(120):
        pieces = varied(kits[0], kits, np.random.default_rng(seed)).pieces
        for values, (piece,) in ((half, pieces["HO"]), (loose, pieces["HH"])):
            if piece.name == "HH+HO":
                values.append(ringing(piece.samples[0]))
    for values in (half, loose):
        assert len(values) > 12
        assert max(values) - min(values) > 5
    assert all(closed < value < wide - 6 for value in loose)
    assert all(closed + 6 < value < wide for value in half)
    assert np.median(loose) < np.median(half) - 6


def test_what_sounds_at_once_follows_the_strength() -> None:
    soft, hard = (Sample(stroke(name, seed=seed).signal, 20, (seed, 0.0), name) for seed, name in ((1, "p"), (2, "f")))
    first, second = Piece.of("one", [stroke("x")]), Piece.of("two", [soft, hard])
    both = together(Piece.of("both", [soft, hard]), second, 1.0, RATE)
    assert [sample.name for sample in both.samples] == ["p", "f"]
    assert len(together(first, second, 1.0, RATE).samples) == 1


def test_a_colour_raises_what_it_names_and_leaves_attack_and_level() -> None:
    click = np.zeros(RATE, np.float32)
    click[100] = 1.0
    plain = Sample(click / np.float32(level_of(click, RATE)), 100, (4, 0.0), "click")
    made = coloured(plain, Colour(((1000.0, 9.0, 2.0),)), RATE)
    gain = 20 * np.log10(np.abs(np.fft.rfft(made.signal)) / np.abs(np.fft.rfft(plain.signal)))
    assert gain[1000] - gain[100] == pytest.approx(9, abs=0.3) and int(np.argmax(np.abs(made.signal))) == 100
    assert level_of(made.signal, RATE) == pytest.approx(1, rel=1e-4)
    assert coloured(plain, Colour(), RATE) is plain


def test_colours_stay_within_their_spread() -> None:
    drawn = Colour.draw(np.random.default_rng(3), 6.0)
    assert all(60 <= frequency <= 12000 and abs(gain) <= 6 for frequency, gain, _ in drawn.peaks)
    assert len({drawn, Colour.draw(np.random.default_rng(4), 6.0)}) == 2
