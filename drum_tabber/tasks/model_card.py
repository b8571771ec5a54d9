"""The model card: what is generated stands between markers, the prose about it stays as somebody wrote it.

A block of figures says for which model it was measured and when; one that isn't measured again stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from drum_tabber.files import replacing
from drum_tabber.hearing.bundle import Bundle
from drum_tabber.tasks.figures import Figures


class _Rival(NamedTuple):
    """Another system on the same recordings: F within 50 and 20 ms, and toms invented in pieces without any."""

    n_pieces: int
    near: float
    close: float
    toms: int | None


# ADTOF's Frame-RNN on the recordings of MDB Drums that this project keeps for validation.
ADTOF = {
    "mdb/drums": _Rival(7, 0.941, 0.845, 25),
    "mdb/remix": _Rival(7, 0.913, 0.833, 66),
    "mdb/mix": _Rival(3, 0.833, 0.710, None),
}
RECIPE = (
    "MODEL", "LONG_WINDOW_SIZE", "CORPORA", "KITS_DIRS", "VALIDATION_KITS", "P_IMAGINED_DRUMS", "BACKING_DIRS",
    "SOUNDFONTS", "RENDER_COPIES", "EPOCHS", "STEPS_PER_EPOCH", "BATCH_SIZE", "SEGMENT_SECONDS", "LEARNING_RATE",
    "WARMUP_STEPS", "WEIGHT_DECAY", "EMA", "LOSS", "POSITIVE_WEIGHT", "SEED", "START_FROM", "START_SHARE",
)  # fmt: skip
TEMPLATE = """# The drum model

It hears fourteen drums in a recording, and beats. In: mono audio; out: onsets, velocities, beats, each frame by itself.

<!-- generated: model -->
<!-- /generated: model -->

## Figures

F counts hits of five drums, matched one to one within 50 and 20 ms; intervals are bootstrapped over pieces. ADTOF's
Frame-RNN (Zehren et al. 2023), trained on 359 hours of human charts, stands beside them where it was measured on the
same recordings by the same rules.

## Limits

It invents hits where no drums are played and takes plucked or slapped strings for them now and then; which tom it was,
and a ride's bell, are guesses. It was trained on rendered drums, so brushes and very soft strokes are heard worst.
"""


def write(path: Path, bundle: Bundle, figures: Mapping[str, str], weights: str) -> None:
    """Bring a card up to date: the model, and the blocks of figures by name; makes it where there is none."""
    text = path.read_text(encoding="utf-8") if path.is_file() else TEMPLATE
    text = with_block(text, "model", about(bundle, weights))
    for name, block in figures.items():
        text = with_block(text, name, block)
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def with_block(text: str, name: str, block: str) -> str:
    """The card with a generated block put in its place; a new one goes to the end of the figures, or of the card."""
    wanted = f"<!-- generated: {name} -->\n{block.strip()}\n<!-- /generated: {name} -->\n"
    pattern = re.compile(
        f"<!-- generated: {re.escape(name)} -->\n.*?<!-- /generated: {re.escape(name)} -->\n", re.DOTALL
    )
    if pattern.search(text):
        return pattern.sub(lambda match: wanted, text, count=1)
    limits = re.search(r"^## Limits$", text, re.MULTILINE)
    place = limits.start() if limits else len(text)
    return f"{text[:place]}{wanted}\n{text[place:]}".rstrip("\n") + "\n"


def about(bundle: Bundle, weights: str) -> str:
    """What the bundle says of its model: shape, data and licences, recipe, cost."""
    settings, heard = bundle.facts.get("settings", {}), bundle.features
    twice = f" through windows of {heard.window_size} and {heard.long_window} samples" if heard.long_window else ""
    lines = [
        f"Weights `{weights}`: `{bundle.model['kind']}`, {heard.n_mels} mel bands{twice}, "
        f"{heard.frame_rate:g} frames a second at {heard.sample_rate} Hz.",
        "",
        "## Data and licences",
        "",
        *(f"- {source}" for source in bundle.facts.get("data", ())),
        "",
        "## Recipe",
        "",
        "```",
        *_command({name: _bare(settings[name]) for name in RECIPE if name in settings}),
        "```",
    ]
    if cost := bundle.facts.get("cost"):
        lines += ["", f"Cost: {cost}."]
    return "\n".join(lines)


def _command(recipe: Mapping[str, Any]) -> list[str]:
    """The lines of a shell command that trains by these settings."""
    said = [f"--set '{name}={_written(value)}'" for name, value in recipe.items() if value not in ("", [])]
    return [" \\\n    ".join(["python train.py", *said])]


def _written(value: Any) -> str:
    """A setting as `--set` reads it."""
    words = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return ",".join(value) if words else str(value)


def _bare(value: Any) -> Any:
    """A setting without the folders of the machine that trained."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, str) and "/" in value:
        layout, colon, folder = value.rpartition(":")
        return layout + colon + Path(folder).name
    return value


def block(name: str, measured: Figures, weights: str) -> str:
    """A corpus's figures: F by drum, and what else its labels can tell."""
    first, second = measured.reports
    n_pieces = len(first.tracks)
    lines = [
        f"### {name}: {n_pieces} piece{'s' if n_pieces > 1 else ''}, {measured.minutes:.1f} min",
        "",
        _measured(weights),
        "",
        "| drum | P | R | F at 50 ms (95 %) | offset | P | R | F at 20 ms (95 %) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows = [*((drum, first.classes[drum], second.classes[drum]) for drum in first.classes)]
    for drum, near, close in [*rows, ("all", first.overall, second.overall)]:
        offset = "" if near.offset is None else f"{1000 * near.offset:+.1f} ms"
        scores = [
            f"{report.score.precision:.3f} | {report.score.recall:.3f} | {report.score.f:.3f} "
            f"({report.interval[0]:.3f} to {report.interval[1]:.3f})"
            for report in (near, close)
        ]
        lines.append(f"| {drum} | {scores[0]} | {offset} | {scores[1]} |")
    if adtof := _adtof(name, n_pieces):
        lines.append(f"| ADTOF, all | | | {adtof.near:.3f} | | | | {adtof.close:.3f} |")
    lines += ["", *_further(name, measured)]
    return "\n".join(lines)


def _further(name: str, measured: Figures) -> list[str]:
    lines = []
    adtof = _adtof(name, len(measured.reports[0].tracks))
    toms = adtof.toms if adtof else None
    for drum, (n, minutes) in measured.absent.items():
        beside = f" (ADTOF: {toms})" if drum == "tom" and toms is not None else ""
        lines.append(f"- {drum}: {n} invented in {minutes:.1f} min of pieces without any{beside}")
    lines += [f"- {kind}: {share:.1%} of {n} strokes right" for kind, (share, n) in measured.pairs.items()]
    if measured.velocity is not None:
        lines.append(f"- velocity: {measured.velocity:.1f} of 127 off")
    lines.append(f"- confidence: {measured.calibration_error:.3f} off (expected calibration error, ten bins)")
    lines += [f"- {condition}, {figures.in_a_line}" for condition, figures in measured.conditions.items()]
    return lines


def _adtof(name: str, n_pieces: int) -> _Rival | None:
    """ADTOF's figures, where it was measured on these very recordings."""
    rival = ADTOF.get(name)
    return rival if rival and rival.n_pieces == n_pieces else None


def drumless_block(n_hits: int, minutes: float, n_pieces: int, n_empty: int, weights: str) -> str:
    """Hits invented in music without drums."""
    return "\n".join(
        [
            f"### music without drums: {n_pieces} pieces, {minutes:.1f} min",
            "",
            _measured(weights),
            "",
            f"- {n_hits / minutes:.2f} hits a minute invented; {n_empty} of {n_pieces} pieces left empty",
        ]
    )


def confidence_block(error: float, names: Iterable[str], weights: str) -> str:
    """How far confidence is off in several corpora together."""
    lines = [f"### confidence in {', '.join(names)}", "", _measured(weights), ""]
    return "\n".join([*lines, f"- {error:.3f} off over all hits (expected calibration error, ten bins)"])


def _measured(weights: str) -> str:
    return f"Measured on {date.today().isoformat()} for the weights `{weights}`."
