"""`python -m drum_tabber export`: a bundle's SavedModel for servers, and its ONNX file where that is missing."""

from __future__ import annotations

import argparse
from pathlib import Path

import configs
from drum_tabber.files import check_place, output_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("bundle", nargs="?", type=Path, help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    parser.add_argument(
        "--out", type=output_folder, metavar="DIR", help="the SavedModel's folder (default: in the bundle's)"
    )


def run(args: argparse.Namespace) -> None:
    """Write what is wanted; says where."""
    from drum_tabber.hearing.bundle import Bundle
    from drum_tabber.tasks import frameworks

    bundle = Bundle.load(args.bundle or configs.MODEL_BUNDLE)
    folder = args.out or bundle.folder / "saved_model"
    check_place(folder, "choose another folder with --out", folder=True)
    frameworks.load()
    from drum_tabber.learning import serving

    if not bundle.network.exists():
        serving.save_network(bundle, serving.load_model(bundle))
        print(f"wrote {bundle.network}")
    serving.save_saved_model(bundle, folder)
    print(f"wrote {folder}")
