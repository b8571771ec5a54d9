"""Print the demo song's first bars, as they are heard, into the README.

    python -m tools.readme_tab [--check]

With `--check` nothing is written; the exit status is 1 if the README shows another tab than we hear now.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drum_tabber import tab
from drum_tabber.errors import DrumTabberError
from drum_tabber.files import replacing
from drum_tabber.notation.transcription import Transcription

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DEMO = ROOT / "songs/demo.ogg"
N_BARS = 12
BLOCK = re.compile(r"(?<=<!-- demo tab -->\n).*?(?=<!-- /demo tab -->)", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the README's tab; the exit status."""
    parser = argparse.ArgumentParser(description="Print the demo's tab into the README.")
    parser.add_argument("--check", action="store_true", help="only say whether the README is up to date")
    options = parser.parse_args(arguments)
    from drum_tabber.tasks import drums

    text = README.read_text(encoding="utf-8")
    shown = with_block(text, first_bars(drums.transcriber().transcribe(DEMO), N_BARS))
    if shown == text:
        return 0
    if options.check:
        print("the README's tab isn't the one we hear; run python -m tools.readme_tab", file=sys.stderr)
        return 1
    with replacing(README) as part:
        part.write_text(shown, encoding="utf-8")
    return 0


def first_bars(heard: Transcription, n: int) -> str:
    """A transcription's tab, up to `n` bars of it."""
    shown = heard.presentation
    sections = tuple(section for section in heard.tab.sections if section.bar <= n)
    doubts = {(bar, slot) for bar, slot in heard.doubts if bar <= n}
    return tab.write(
        replace(heard.tab, bars=heard.tab.bars[:n], sections=sections), shown.vocabulary, shown.style, doubts
    )


def with_block(text: str, written: str) -> str:
    """The README's text with another tab in its block; raises DrumTabberError where it has none."""
    changed, n = BLOCK.subn(lambda _: f"```\n{written.rstrip()}\n```\n", text)
    if n != 1:
        raise DrumTabberError("README.md needs one block between <!-- demo tab --> and <!-- /demo tab -->")
    return changed


if __name__ == "__main__":
    sys.exit(main())
