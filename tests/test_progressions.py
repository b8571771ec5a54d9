"""Made-up songs: every idiom in every key, its tonic in the bass and its key said."""

from __future__ import annotations

import numpy as np
import pytest

from drum_tabber.key import progressions
from drum_tabber.key.keys import Key
from drum_tabber.key.progressions import IDIOMS


@pytest.mark.parametrize("idiom", IDIOMS)
def test_an_idiom_moves_with_its_key(idiom: str) -> None:
    mode = IDIOMS[idiom].mode
    low, high = (progressions.song(idiom, Key(tonic, mode), 60, np.random.default_rng(1)) for tonic in (2, 9))
    assert set(low.key) == {Key(2, mode).index} and set(high.key) == {Key(9, mode).index}
    assert low.strength[3, 0, 36 + 2] == high.strength[3, 0, 36 + 9] == 1
    melody = low.strength[0].max(axis=0)
    assert {(pitch - 2) % 12 for pitch in np.flatnonzero(melody)} <= set(IDIOMS[idiom].scale)


def test_a_key_of_another_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="dorian is min, not maj"):
        progressions.song("dorian", Key(0, "maj"), 10, np.random.default_rng(0))


def test_songs_take_turns_and_repeat_by_seed() -> None:
    made, again = (progressions.songs(16, 40, np.random.default_rng(3)) for _ in range(2))
    assert len(made) == 16 and len({int(one.key[0]) for one in made}) > 5
    for one, other in zip(made, again, strict=True):
        np.testing.assert_array_equal(one.strength, other.strength)
