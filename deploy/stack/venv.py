"""Makes `.venv` from requirements.txt. Run by the system's Python before anything is installed.

Standard library only, and no import of its neighbours: it is executed as a file,
`python3 deploy/stack/venv.py`.
A stamp of the pins, the Python and the place makes the second run instantaneous.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
VENV = CHECKOUT / ".venv"
STAMP = VENV / ".complete"
SUPPORTED = ((3, 11), (3, 12))


def main() -> int:
    if sys.version_info[:2] not in SUPPORTED:
        found = ".".join(str(part) for part in sys.version_info[:2])
        return _refuse(
            f"This project needs Python 3.11 or 3.12; {sys.executable} is {found}. "
            "Set PYTHON=/path/to/python3.11."
        )
    with (CHECKOUT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.is_file() and STAMP.read_text() == _wanted():
            return 0
        return _build()


def _wanted() -> str:
    """What it must have been built from: the pins, this Python, this folder (a copy is rebuilt)."""
    pins = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes()).hexdigest()
    return f"{pins} {sys.version_info[0]}.{sys.version_info[1]} {VENV}\n"


def _build() -> int:
    if not _can_be_kept():
        shutil.rmtree(VENV, ignore_errors=True)
    STAMP.unlink(missing_ok=True)
    _say("installing the pinned requirements into .venv (once; a few minutes on a slow line)")
    if not _python_of_venv().exists() and not _create():
        return _refuse(
            f"{sys.executable} cannot create a virtual environment; "
            "install its venv package (Debian: python3-venv)."
        )
    pip = [str(_python_of_venv()), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        # Debian's python3 without python3-venv has no ensurepip, yet its pip can install for another Python.
        pip = [sys.executable, "-m", "pip", "--python", str(_python_of_venv())]
    installed = subprocess.run(
        [*pip, "install", "-qq", "--disable-pip-version-check", "-r", str(CHECKOUT / "requirements.txt")],
        check=False,
    )
    if installed.returncode != 0:
        return _refuse("pip could not install requirements.txt; its message stands above.")
    STAMP.write_text(_wanted())
    return 0


def _can_be_kept() -> bool:
    """Whether new pins may go over what is there: the same Python, not moved from another folder."""
    described = VENV / "pyvenv.cfg"
    if not described.is_file() or not _python_of_venv().exists():
        return False
    version = f"{sys.version_info[0]}.{sys.version_info[1]}."
    same_python = any(
        line.partition("=")[0].strip() == "version" and line.partition("=")[2].strip().startswith(version)
        for line in described.read_text().splitlines()
    )
    return same_python and (not STAMP.is_file() or STAMP.read_text().endswith(f" {VENV}\n"))


def _create() -> bool:
    for options in ([], ["--without-pip"]):
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", *options, str(VENV)], capture_output=True, check=False
        )
        if made.returncode == 0:
            return True
    return False


def _python_of_venv() -> Path:
    return VENV / "bin" / "python"


def _say(sentence: str) -> None:
    sys.stderr.write(f"[setup] {sentence}\n")
    sys.stderr.flush()


def _refuse(sentence: str) -> int:
    _say(sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main())
