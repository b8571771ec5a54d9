"""`python -m drum_tabber archive compress|extract raw|clean`: a folder of recordings to `<folder>.zip` and back."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

from drum_tabber.errors import CorpusError
from drum_tabber.files import replacing
from drum_tabber.wording import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("action", choices=("compress", "extract"))
    parser.add_argument("what", choices=("raw", "clean"))
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="where both are (default: data)")


def run(args: argparse.Namespace) -> None:
    """Pack the folder, or unpack the archive into the folder that it was made of."""
    folder, archive = args.data / args.what, args.data / f"{args.what}.zip"
    if args.action == "compress":
        n_files = _compress(folder, archive)
        print(f"packed {counted(n_files, 'file')} into {archive}")
    else:
        n_files = _extract(archive, folder)
        print(f"unpacked {counted(n_files, 'file')} into {folder}")


def _compress(folder: Path, archive: Path) -> int:
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    if not files:
        raise CorpusError(f"{folder} holds no files to pack; put recordings there, or name its parent with --data")
    with replacing(archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files:
            packed.write(path, path.relative_to(folder).as_posix())
    return len(files)


def _extract(archive: Path, folder: Path) -> int:
    try:
        with zipfile.ZipFile(archive) as packed:
            names = [name for name in packed.namelist() if not name.endswith("/")]
            for name in names:
                target = (folder / name).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise CorpusError(f"{archive} holds {name}, which leads out of {folder}; unpack it by hand")
                with replacing(target) as part:
                    part.write_bytes(packed.read(name))
    except FileNotFoundError as error:
        raise CorpusError(f"there is no {archive} to unpack; put it there, or name its folder with --data") from error
    except zipfile.BadZipFile as error:
        raise CorpusError(f"{archive} is no whole zip archive; fetch it again") from error
    return len(names)
