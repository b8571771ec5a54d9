"""Take the picture of the page that the README shows: the demo song, as it is heard, in a headless Chromium.

    python -m tools.page_shot [--out docs/page.png] [--dark] [--phone] [--song SONG]

Needs Playwright (requirements-dev.txt) and a Chromium that is installed, such as Debian's package `chromium`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drum_tabber import export
from drum_tabber.files import replacing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "songs/demo.ogg"
BAR = 7  # where the picture finds the song
DESKTOP, PHONE = (1280, 880), (390, 844)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main(arguments: Sequence[str] | None = None) -> int:
    """Transcribe the song, open its page and write the picture; the exit status is 1 where there is no Chromium."""
    parser = argparse.ArgumentParser(description="Take a picture of the page of a song.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/page.png", metavar="FILE", help="the picture, a PNG")
    parser.add_argument("--dark", action="store_true", help="in dark colours")
    parser.add_argument("--phone", action="store_true", help="as a phone shows it")
    parser.add_argument("--song", type=Path, default=DEMO, help="another song")
    options = parser.parse_args(arguments)
    program = chromium()
    if program is None:
        print(f"there is no Chromium here; install one of {', '.join(PROGRAMS)}", file=sys.stderr)
        return 1
    from drum_tabber.tasks import drums

    heard = drums.transcriber().transcribe(options.song)
    width, height = PHONE if options.phone else DESKTOP
    with tempfile.TemporaryDirectory() as folder, opened(program) as browser:
        (path,) = export.export(heard, Path(folder), "page", ["html"])
        scheme = "dark" if options.dark else "light"
        view = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=2 if options.phone else 1,
        )
        view.goto(path.as_uri())
        view.wait_for_function("window.drumTab !== undefined")
        view.evaluate(
            f"() => {{ const {{ player, content }} = drumTab; const bar = Math.min({BAR}, content.bars.length) - 1;"
            "player.setLoop(bar - 2, bar + 1); player.seek(content.bars[bar].beats[1]); }"
        )
        view.wait_for_timeout(1500)  # the page scrolls there
        with replacing(options.out) as part:
            part.write_bytes(view.screenshot(type="png"))
    return 0


def chromium() -> str | None:
    """The path of an installed Chromium."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def opened(program: str) -> Iterator[Browser]:
    """A headless browser that starts sounds without being asked."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--autoplay-policy=no-user-gesture-required", "--no-sandbox", "--disable-gpu"],
        )
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
