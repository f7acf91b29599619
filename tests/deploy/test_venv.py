"""The first step of every target, run by a Python that has nothing installed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parent.parent.parent / "deploy" / "stack" / "venv.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "deploy" / "stack").mkdir(parents=True)
    shutil.copy(SETUP, tmp_path / "deploy" / "stack" / "venv.py")
    (tmp_path / "requirements.txt").write_text("# nothing to install\n")
    return tmp_path


def _run(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "deploy/stack/venv.py"], cwd=checkout, capture_output=True, text=True, check=False
    )


def test_the_environment_is_built_once_and_again_when_the_pins_change(checkout):
    first = _run(checkout)
    started = time.monotonic()
    second = _run(checkout)
    seconds = time.monotonic() - started
    (checkout / "requirements.txt").write_text("# changed\n")
    third = _run(checkout)

    pins = hashlib.sha256(b"# changed\n").hexdigest()
    assert [first.returncode, second.returncode, third.returncode] == [0, 0, 0]
    assert "installing the pinned requirements" in first.stderr
    assert second.stderr == ""
    assert seconds < 2.0
    assert "installing the pinned requirements" in third.stderr
    assert (checkout / ".venv" / ".complete").read_text().split()[0] == pins


def test_an_environment_copied_from_another_folder_is_built_anew(checkout):
    _run(checkout)
    (checkout / ".venv" / "stranger").touch()
    stamp = (checkout / ".venv" / ".complete").read_text().replace(str(checkout), "/elsewhere")
    (checkout / ".venv" / ".complete").write_text(stamp)

    finished = _run(checkout)

    assert finished.returncode == 0
    assert not (checkout / ".venv" / "stranger").exists()


def test_pins_that_cannot_be_installed_leave_no_stamp(checkout):
    (checkout / "requirements.txt").write_text("./no-such-folder\n")

    finished = _run(checkout)

    assert finished.returncode == 1
    assert "pip could not install requirements.txt" in finished.stderr
    assert not (checkout / ".venv" / ".complete").exists()


def test_another_python_is_refused_in_one_sentence(checkout):
    pretend = (
        "import runpy, sys; sys.version_info = (3, 13, 1, 'final', 0); "
        "runpy.run_path('deploy/stack/venv.py', run_name='__main__')"
    )

    finished = subprocess.run(
        [sys.executable, "-c", pretend], cwd=checkout, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 1
    assert finished.stderr.startswith("[setup] This project needs Python 3.11 or 3.12;")
    assert finished.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()
