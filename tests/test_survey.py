"""What is said of the material: amounts, what was hidden, what was left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

import configs
from drum_tabber.events import Beats, Hits, Spans
from drum_tabber.material.corpora import Labels, Track
from drum_tabber.tasks import survey
from drum_tabber.tasks.sources import Corpus, Material

UNTOLD = [row[0] for row in configs.DRUMS if row[0] not in ("BD", "SD", "HT", "MT")]
LABELS = Labels(
    Hits.of([1.0, 2.0, 3.0], ["BD", "SD", "BD"]),
    Beats(np.array([1.0]), np.array([1])),
    (("BD",), ("SD",), ("HT", "MT")),
    velocity=False,
    hidden=Spans.of([-9.0, 5.0, 5.0], [1.0, 7.0, 6.0], ["*", "SD", "beats"]),
    unmapped={"note 56 (cowbell)": 1},
    left_out={"chokes": 2},
)


def test_facts_become_lines(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(80000), 8000)
    track = Track("a", "train", tmp_path / "a.wav", None, lambda: LABELS, note="as it was told")
    facts = survey.facts_of(track, "songs")
    assert facts["seconds"] == 10.0 and facts["hits"] == {"BD": 2, "SD": 1}
    assert facts["hidden"] == {"BD": 1.0, "SD": 3.0, "HT": 1.0, "beats": 1.0}
    lines = survey.described(Material((Corpus("songs", (track,), 2.0),)), [facts])
    assert lines == [
        "songs: 1 for training, 0.2 min, 3 hits (BD 2, SD 1), weight 2",
        "  a, as it was told: train, 0.2 min, 3 hits (BD 2, SD 1)",
        "  hidden, of the time in which it is labelled: BD 10%, SD 30%, HT 10%",
        "  beats hidden: 10% of the time",
        "  hidden throughout, never being written or labelled, in how many of 1: "
        + ", ".join(f"{code} 1" for code in UNTOLD),
        "  not taught: chokes 2",
        "  notes of no drum, with all silence about them hidden (25.0% of all): note 56 (cowbell) 1",
    ]


def test_midi_lasts_until_its_last_hit() -> None:
    track = Track("a", "validation", None, Path("a.mid"), lambda: Labels(LABELS.hits, None, (("BD",),), True))
    facts = survey.facts_of(track, "midi:x")
    assert facts["seconds"] == 3.0 and facts["hidden"] == {}
    lines = survey.described(Material((Corpus("midi:x", (track,)), Corpus("midi:y", ()))), [facts])
    assert lines[0] == "midi:x: 1 for validation, 0.1 min, 3 hits (BD 2, SD 1)"
    assert len(lines) == 2 and lines[1].startswith("  hidden throughout, ") and "BD" not in lines[1]
