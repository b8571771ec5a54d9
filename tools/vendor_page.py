"""Build the page's bundle of libraries, drum_tabber/export/web/vendor.js, from what tools/page/package.json names.

    python -m tools.vendor_page

Needs Node.js with npm, and the network; using Drum Tabber needs neither, for the bundle is kept in the repository. The
versions, and by `package-lock.json` every byte of them, are fixed. The libraries' licences stand at the bundle's head
and so in every page.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from drum_tabber.files import replacing

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "tools/page"
BUNDLE = ROOT / "drum_tabber/export/web/vendor.js"
LIBRARIES = ("vexflow", "wavesurfer.js")
ESBUILD = (
    "--bundle", "--minify", "--format=iife", "--global-name=Vendor", "--target=es2020", "--charset=ascii",
    "--legal-comments=none",
)  # fmt: skip


def main() -> None:
    """Fetch the libraries into a temporary folder, bundle them, and write the bundle below their licences."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(PAGE, folder, dirs_exist_ok=True)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
        program = folder / "node_modules/.bin/esbuild"
        command = [str(program), "entry.js", *ESBUILD, "--outfile=vendor.js"]
        subprocess.run(command, cwd=folder, check=True)
        licences = "\n\n".join(_licence(folder / "node_modules" / library) for library in LIBRARIES)
        with replacing(BUNDLE) as part:
            script = (folder / "vendor.js").read_text(encoding="ascii")
            part.write_text(f"/*!\n{licences}\n*/\n{script}", encoding="utf-8", newline="\n")


def _licence(folder: Path) -> str:
    text = (folder / "LICENSE").read_text(encoding="utf-8").strip()
    return f"{folder.name}\n\n{text}".replace("*/", "* /")


if __name__ == "__main__":
    main()
