"""What stands around the code holds together: the README's claims, the requirements, the tools."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import configs
from drum_tabber import __main__, settings
from drum_tabber.errors import DrumTabberError
from drum_tabber.material import corpora
from tools import check_size, readme_tab

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_settings_that_exist() -> None:
    constants = re.findall(r"`([A-Z][A-Z0-9_]{3,})[`=]|--set ([A-Z0-9_]+)=|^([A-Z_]+): ", README, re.MULTILINE)
    named = {name for names in constants for name in names if name} - {"DRUM_TABBER_DEBUG"}
    assert len(named) > 15
    assert named <= set(settings.names(configs)) | {"DRUM_TABBER_NAME"}


def test_the_readme_names_files_that_exist() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_names_every_command_and_layout() -> None:
    assert [name for name in __main__.COMMANDS if f"`{name}`" not in README] == []
    layouts = {layout.partition("/")[0] for layout in corpora.layouts()} - {"songs"}  # what SONGS_DIR is for
    assert [name for name in layouts if f"`{name}`" not in README] == []


def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (ROOT / configs.MODEL_BUNDLE).is_dir():
        pytest.skip("there is no trained model yet")
    for folder in ("songs", "models"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(from .*?)```", README, re.DOTALL):
        exec(block, {})
    assert sorted(path.name for path in Path("out").iterdir()) == ["demo.hits.csv", "demo.mid", "demo.tab.txt"]


def test_gpu_requirements_differ_in_tensorflow_alone() -> None:
    def others(name: str) -> list[str]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not re.match(r"#|tensorflow(-cpu|\[and-cuda\])?==", line)]

    assert len(others("requirements.txt")) > 10
    assert others("requirements-gpu.txt") == others("requirements.txt")


def test_transcribing_needs_no_more_than_its_own_requirements(tmp_path: Path) -> None:
    """Every distribution that a transcription loads is in the short list, or comes with one that is."""
    lines = (ROOT / "requirements-transcribe.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert set(lines) < set((ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines())
    listed = {line.partition("==")[0] for line in lines}
    probe = (
        "import sys, transcribe\nfrom importlib.metadata import packages_distributions\n"
        f"assert transcribe.main(['songs/demo.ogg', '--quiet', '--out', {str(tmp_path)!r}]) == 0\n"
        "owners = packages_distributions()\n"
        "print(*{owners[name][0] for name in {m.partition('.')[0] for m in sys.modules} if name in owners})"
    )
    words = [sys.executable, "-c", probe]
    loaded = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    come_along = {"cffi", "packaging", "typing_extensions", "charset-normalizer", "setuptools"}
    assert {"numpy", "onnxruntime", "soxr"} <= set(loaded) <= listed | come_along


def test_all_requirements_are_pinned() -> None:
    for path in ROOT.glob("requirements*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not re.match(r"#|-r |[\w-]+(\[[\w-]+\])?==\d", line)] == []


def test_a_tab_takes_the_place_of_the_one_in_the_readme() -> None:
    text = "Hear:\n<!-- demo tab -->\nold\n<!-- /demo tab -->\nMore.\n"
    shown = readme_tab.with_block(text, "HH|\\1x-|\n")
    assert shown == "Hear:\n<!-- demo tab -->\n```\nHH|\\1x-|\n```\n<!-- /demo tab -->\nMore.\n"
    assert readme_tab.with_block(shown, "HH|\\1x-|\n") == shown
    with pytest.raises(DrumTabberError, match="needs one block"):
        readme_tab.with_block("no block", "HH|x|\n")


def test_large_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x")
    with large.open("wb") as file:
        file.truncate(check_size.LIMIT + 1)  # takes no room on the disk
    assert check_size.main([str(small)]) == 0
    assert check_size.main([str(small), str(large)]) == 1
    assert "large has 10.0 MB" in capsys.readouterr().out
