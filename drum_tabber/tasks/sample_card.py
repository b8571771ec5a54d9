"""The card of a classifier of one-shots: its blocks come from the bundle and its figures, the prose stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drum_tabber.files import replacing
from drum_tabber.tasks import model_card
from drum_tabber.tasks.sample_figures import FAMILIES, N_TIMED, SampleFigures, measured_on

if TYPE_CHECKING:
    from drum_tabber.oneshots.bundle import SampleBundle

TEMPLATE = """# The model of one-shots

It hears which of thirty kinds of percussion a sample is, or that it is none (docs/oneshots.md). In: mono audio; out: a
probability for each class, and a score of its own for what is no one-shot at all.

<!-- generated: model -->
<!-- /generated: model -->

## Figures

F1 of each class on packs that were never trained on; macro F1 is the mean over the classes that they have.

## Limits

No pack apart from a soundfont or a signal model has thuds, distorted claps, effects, taikos, timpani, vibraphones or
bass notes, so these are not judged on recordings. Floor toms tuned high and toms tuned low sound alike, as do rides
struck hard and crashes struck softly.
"""


def write(path: Path, bundle: SampleBundle, figures: SampleFigures, weights: str) -> None:
    """Bring a card up to date; makes it where there is none."""
    text = path.read_text(encoding="utf-8") if path.is_file() else TEMPLATE
    text = model_card.with_block(text, "model", about(bundle, weights))
    text = model_card.with_block(text, "packs never heard", block(bundle, figures, weights))
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def about(bundle: SampleBundle, weights: str) -> str:
    """What the bundle says of its model: what it hears, its size, what it learnt from."""
    features = bundle.spec.features
    megabytes = bundle.network.stat().st_size / 1e6 if bundle.network.is_file() else 0.0
    lines = [
        f"Weights `{weights}`: `{bundle.net['kind']}`, {len(bundle.classes)} classes, an ONNX file of {megabytes:.1f} "
        f"MB. It hears the first {bundle.spec.seconds:g} s, {features.n_mels} mel bands, {features.frame_rate:.1f} "
        f"frames a second at {features.sample_rate} Hz.",
        "",
        "## Data and licences",
        "",
        *(f"- {source}" for source in bundle.facts.get("data", ())),
        *(f"- percussion of the soundfont {font}" for font in bundle.facts.get("soundfonts", ())),
        "- signal models of percussion, made-up music, speech, noise and tones: our own",
    ]
    return "\n".join(lines)


def block(bundle: SampleBundle, figures: SampleFigures, weights: str) -> str:
    """The figures as tables."""
    lines = [
        "### " + ", ".join(bundle.facts.get("held_out", ())),
        "",
        measured_on(weights),
        "",
        "| class | F1 | sounds |",
        "|---|---|---|",
        *(f"| {name} | {score.f:.3f} | {score.n} |" for name, score in figures.report.scores.items()),
        "",
        f"- macro F1 {figures.report.macro_f:.3f}, {figures.report.accuracy:.1%} right",
    ]
    family = figures.families.scores
    lines.append("- " + ", ".join(f"{name} {family[name].f:.3f}" for name in FAMILIES if name in family))
    lines.append("- right by pack: " + ", ".join(f"{name} {share:.1%}" for name, share in figures.packs.items()))
    left_out = len(bundle.facts.get("learnt_elsewhere", ()))
    if left_out:
        lines.append(f"- {left_out} sounds of these packs are not judged: packs that were trained on have them too")
    if figures.unknown:
        area, caught, lost, n = figures.unknown
        lines.append(
            f"- unknown: AUROC {area:.4f} over {n} sounds that are no percussion; {caught:.1%} of them are called so, "
            f"and {lost:.1%} of the one-shots"
        )
    if figures.seconds is not None:
        lines.append(f"- {N_TIMED} one-shots, whole process: {figures.seconds:.1f} s")
    return "\n".join(lines)
