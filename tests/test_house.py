"""The house rules: who may import whom, that no setting is dead, that nothing heavy loads early or unasked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import configs
from drum_tabber import settings
from drum_tabber.__main__ import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "drum_tabber"
SCRIPTS = ("train", "transcribe")
PROGRAM = "python -m drum_tabber"

# Each floor may import from its own and from those before it. Every module stands on one of them.
FLOORS = {
    "nouns": """
        errors events files hearing.bundle hearing.cymbals hearing.hats hearing.targets key.bundle key.cqt key.keys
        material.songs odds settings sound.container sound.features tab trained vocabulary wording
    """,
    "verbs": """
        alignment augmentation chart export hearing.calibration hearing.consensus hearing.evaluate hearing.inference
        hearing.tuning key.changes key.corpus key.progressions key.sketch key.tag key.tonality kits
        learning.segments material.corpora material.heard material.label material.provenance
        material.rendered meter midi notation oneshots.bundle oneshots.classifier oneshots.cuts
        oneshots.evaluation oneshots.hearsay oneshots.listening oneshots.outliers oneshots.packs
        oneshots.percussion oneshots.prior oneshots.variants rendering sound.audio sound.decoding sound.filtering
        sound.soundfont sound.waveform
    """,
    "networks": """
        key.feed key.losses key.network key.serving key.training learning.dataset learning.growing learning.masks
        learning.pretraining learning.serving learning.training learning.width model oneshots.feed
        oneshots.network oneshots.serving
    """,
    "tasks": "tasks",
    "scripts": "__main__ command",
}
FLOOR = {module: floor for floor, modules in enumerate(FLOORS.values()) for module in modules.split()}
FRAMEWORKS = {"keras", "tensorflow", "tensorflow_io", "tf2onnx"}
LATE = {"audiomentations", "librosa", "matplotlib", "onnxruntime", "pandas", "tf2onnx"}  # slow to load


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path, top_only: bool = False) -> Iterator[str]:
    """Full names of what a file imports, but for the eyes of a type checker; with `top_only`, as it is loaded."""

    def inside(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path} imports relatively"
                yield from (f"{child.module}.{alias.name}" for alias in child.names)
            elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            elif not (top_only and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)):
                yield from inside(child)

    return inside(parsed(path))


def listed(name: str) -> str:
    """The module, or the package it lies in, by which `FLOORS` knows a dotted name within drum_tabber."""
    package, module = (*name.split("."), "")[:2]
    return f"{package}.{module}" if f"{package}.{module}" in FLOOR else package


def module_of(path: Path) -> str:
    """The module that a file is, or the package it belongs to, as `FLOORS` lists it."""
    return listed(".".join(path.relative_to(PACKAGE).with_suffix("").parts))


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py" or any(imported(path))]


def test_every_module_stands_on_one_floor() -> None:
    modules = {module_of(path) for path in FILES}
    assert modules == set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nobody_imports_upwards(path: Path) -> None:
    above = {
        name
        for name in imported(path)
        if name.startswith("drum_tabber.")
        and name != "drum_tabber.tasks"
        and FLOOR[listed(name.removeprefix("drum_tabber."))] > FLOOR[module_of(path)]
    }
    assert not above


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_who_may_load_what(path: Path) -> None:
    module, top = module_of(path), {name.split(".")[0] for name in imported(path, top_only=True)}
    every = {name.split(".")[0] for name in imported(path)}
    if module not in FLOORS["networks"].split():
        assert not top & FRAMEWORKS
    if module not in (*FLOORS["networks"].split(), "tasks"):
        assert not every & FRAMEWORKS
    assert not top & LATE
    if module not in ("tasks", "command", "__main__"):
        assert "configs" not in every


def test_the_settings_page_is_read_where_it_is_used() -> None:
    """`import configs`, and `configs.X` inside a function: what is set later counts."""
    for path in [*FILES, *(ROOT / f"{script}.py" for script in SCRIPTS)]:
        assert not [name for name in imported(path) if name.startswith("configs.")], path
        for function in ast.walk(parsed(path)):
            if isinstance(function, ast.FunctionDef):
                defaults = [*function.args.defaults, *filter(None, function.args.kw_defaults)]
                assert not [node for default in defaults for node in ast.walk(default) if _setting(node)], path
        for node in parsed(path).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert not [inner for inner in ast.walk(node) if _setting(inner)], path


def test_settings_are_set_on_their_page_alone() -> None:
    for path in [*FILES, *(ROOT / f"{script}.py" for script in SCRIPTS)]:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "configs":
                assert isinstance(node.ctx, ast.Load), f"{path}:{node.lineno} sets {node.attr}"


def _setting(node: ast.AST) -> str | None:
    """The name of the setting that a piece of code reads."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "configs":
        return node.attr if isinstance(node.ctx, ast.Load) else None
    return None


def test_every_setting_is_read_and_every_one_read_is_there() -> None:
    paths = [*(PACKAGE / "tasks").glob("*.py"), *(ROOT / f"{script}.py" for script in SCRIPTS)]
    read = {name for path in paths for node in ast.walk(parsed(path)) if (name := _setting(node))}
    assert read == set(settings.names(configs))


def test_the_page_holds_annotated_literals_alone() -> None:
    source = (ROOT / "configs.py").read_text(encoding="utf-8")
    for node in parsed(ROOT / "configs.py").body[2:]:
        assert isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
        ast.literal_eval(node.value)
        assert node.target.id.isupper()
        line = source.splitlines()[node.lineno - 1]
        assert "#" in line or node.target.id == "DRUMS", f"{node.target.id} lacks its comment"


@pytest.mark.parametrize("source", ["transcribe", "train", "drum_tabber.__main__"])
def test_help_loads_nothing_heavy(source: str) -> None:
    probe = f"import sys, {source} as script\ntry: script.main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)
    heavy = {"numpy", "scipy", "soundfile", "tqdm", "mido", "onnxruntime"} | FRAMEWORKS | LATE
    assert heavy & set(done.stdout.splitlines()[-1].split()) == set()
    assert "usage: " in done.stdout


def test_help_of_the_commands_loads_no_framework() -> None:
    probe = """
import sys
from drum_tabber import __main__ as script
for command in script.COMMANDS:
    try: script.main([command, "--help"])
    except SystemExit as stop: assert stop.code == 0
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)
    assert (FRAMEWORKS | LATE) & set(done.stdout.splitlines()[-1].split()) == set()
    assert done.stdout.count(f"usage: {PROGRAM} ") == len(COMMANDS)


def test_no_path_of_the_machine_that_this_was_written_on() -> None:
    """Absolute paths that lead somewhere here, but for those that every machine has."""
    everywhere = {"bin", "dev", "etc", "lib", "proc", "sys", "tmp", "usr", "var"}
    suspects = re.compile(r"(?<![\w.:/}>)\]-])/(\w[\w.-]*)/\w")
    texts = [path for kind in ("*.py", "*.md", "*.toml", "*.yml", "*.txt") for path in ROOT.glob(f"**/{kind}")]
    own = {"data", "runs", "build", "dist"}  # not ours to check: made here
    for path in texts:
        parts = path.relative_to(ROOT).parts
        if any(part.startswith(".") or part in own or "venv" in part for part in parts):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            for found in suspects.finditer(line):
                assert found[1] in everywhere or not Path(f"/{found[1]}").is_dir(), f"{path}:{number}: {line.strip()}"


def test_only_scripts_and_tasks_print() -> None:
    """And nobody else: what goes wrong below is raised, not printed."""
    for path in FILES:
        if module_of(path) not in ("tasks", "command", "__main__"):
            calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
            assert "print" not in {ast.unparse(call.func) for call in calls}, path
        assert "traceback" not in set(imported(path)), path
