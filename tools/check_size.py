"""Refuse files that are too large for the repository: `python -m tools.check_size FILE...`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

LIMIT = 10_000_000  # bytes


def main(files: Sequence[str]) -> int:
    """Name the files above the limit; the exit status is 1 if there are any."""
    large = {file: size for file in files if (size := Path(file).stat().st_size) > LIMIT}
    for file, size in large.items():
        print(f"{file} has {size / 1e6:.1f} MB; files above {LIMIT / 1e6:.0f} MB don't belong in the repository")
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
