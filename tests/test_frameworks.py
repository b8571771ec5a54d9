"""Loading frameworks: silent where it goes well, and nothing swallowed where it doesn't."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from drum_tabber.tasks import frameworks


def test_loading_prints_nothing() -> None:
    probe = "from drum_tabber.tasks import frameworks; frameworks.load(); import sys; assert 'keras' in sys.modules"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_what_was_said_is_shown_where_the_work_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with frameworks._muted_stderr():
        os.write(2, b"a notice\n")
    assert capfd.readouterr().err == ""
    with pytest.raises(ImportError), frameworks._muted_stderr():
        os.write(2, b"the reason\n")
        raise ImportError
    assert capfd.readouterr().err == "the reason\n"
