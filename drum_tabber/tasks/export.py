"""`python -m drum_tabber export`: a bundle's ONNX file made anew, and a SavedModel for servers."""

from __future__ import annotations

import argparse
from pathlib import Path

import configs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("bundle", nargs="?", type=Path, help=f"the trained model (default: {configs.MODEL_BUNDLE})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the SavedModel's folder (default: in the bundle's)")


def run(args: argparse.Namespace) -> None:
    """Write both; says where."""
    from drum_tabber import serving
    from drum_tabber.bundle import Bundle

    bundle = Bundle.load(args.bundle or configs.MODEL_BUNDLE)
    serving.save_network(bundle, serving.load_model(bundle))
    folder = args.out or bundle.folder / "saved_model"
    serving.save_saved_model(bundle, folder)
    print(f"wrote {bundle.network} and {folder}")
