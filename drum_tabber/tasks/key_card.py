"""The card of a key model: its blocks come from the bundle and its figures, the prose stays."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from drum_tabber.files import replacing
from drum_tabber.tasks import model_card

if TYPE_CHECKING:
    from drum_tabber.key.bundle import KeyBundle
    from drum_tabber.tasks.key_figures import Figures

TEMPLATE = """# The key model

It hears which of the 24 keys a song is in, and its keys over time. In: a constant-Q transform, corrected for the song's
tuning; out: a probability for each key.

<!-- generated: model -->
<!-- /generated: model -->

## Figures

Scores as `mir_eval.key.weighted_score` counts them: a fifth counts only above the reference.

## Limits

POP909's keys were annotated by an algorithm, and its songs are Chinese pop arranged for piano. The relative key is the
commonest mistake.
"""


def write(path: Path, bundle: KeyBundle, figures: Figures, judged_on: str) -> None:
    """Bring a card up to date; makes it where there is none."""
    weights = hashlib.sha256(bundle.weights.read_bytes()).hexdigest()[:12] if bundle.weights.is_file() else "none"
    text = path.read_text(encoding="utf-8") if path.is_file() else TEMPLATE
    text = model_card.with_block(text, "model", about(bundle, weights))
    text = model_card.with_block(text, "songs never heard", block(figures, judged_on, weights))
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def about(bundle: KeyBundle, weights: str) -> str:
    """What the bundle says of its model: what it hears, its size, what it learnt from and how."""
    spec, facts = bundle.cqt, bundle.facts
    megabytes = bundle.network.stat().st_size / 1e6 if bundle.network.is_file() else 0.0
    training = facts.get("training", {})
    course = f"{training['n_batches']} batches of {training['batch_size']} pieces" if training else "not said"
    lines = [
        f"Weights `{weights}`: `{bundle.net['architecture']}`, an ONNX file of {megabytes:.1f} MB. It hears "
        f"{spec.n_bins} bins, {spec.bins_per_octave} an octave from {spec.fmin:.1f} Hz, {spec.frame_rate:.1f} frames a "
        f"second, in its own key and in those up to {bundle.decoding.turns} semitones away.",
        "",
        "## Data and licences",
        "",
        *(f"- {source}" for source in facts.get("sources", ())),
        f"- {facts.get('pop909', 0)} songs of POP909, played by {', '.join(facts.get('played_by', ())) or 'nobody'}",
        *([f"- {facts['made_up']} songs made up in rock, modal and blues idioms"] if facts.get("made_up") else []),
        *(f"- recordings laid out as {layout}" for layout in facts.get("recordings", ())),
        "",
        f"Training: {course}.",
    ]
    return "\n".join(lines)


def block(figures: Figures, judged_on: str, weights: str) -> str:
    """The figures as tables."""
    rows = [name.removesuffix(", exact") for name in figures if name.endswith(", exact")]
    scores = [f"| {name} | {figures[f'{name}, weighted']:.3f} | {figures[f'{name}, exact']:.3f} |" for name in rows]
    scored = {f"{name}, {kind}" for name in rows for kind in ("weighted", "exact")}
    others = [(name, value) for name, value in figures.items() if name not in scored]
    return "\n".join(
        [
            f"### {judged_on[:1].upper()}{judged_on[1:]}",
            "",
            f"Measured on {date.today().isoformat()} for the weights `{weights}`.",
            "",
            "| | weighted | exact |",
            "|---|---|---|",
            *scores,
            "",
            *(f"- {name}: {value:.3f}" if isinstance(value, float) else f"- {name}: {value}" for name, value in others),
        ]
    )
