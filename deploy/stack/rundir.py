"""The folder `.run`: who holds it, where its files are, and the second folder when two targets run at once.

Standard library only, since `make clean` uses it without the virtual environment.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from deploy.stack.program import StackError

CHECKOUT = Path(__file__).resolve().parent.parent.parent
_MOST_AT_ONCE = 9


class RunDir:
    """A run folder held by this process through a file lock, which the kernel drops when we die."""

    def __init__(self, path: Path, lock: TextIO) -> None:
        self.path = path
        self.is_second = False
        self._lock = lock

    def write_stack_json(self, urls: Mapping[str, str], pids: Mapping[str, int]) -> None:
        text = json.dumps({**urls, "processes": dict(pids)}, indent=2)
        replace_text(self.path / "stack.json", text + "\n")

    def forget_stack_json(self) -> None:
        (self.path / "stack.json").unlink(missing_ok=True)

    def release(self) -> None:
        self._lock.close()


def claim(name: str = "", checkout: Path = CHECKOUT) -> RunDir:
    """Hold `.run`, or `.run/<name>`; while another target of this checkout holds it, a numbered neighbour.

    Raises StackError when every one is held or the folder cannot be written.
    """
    root = checkout / ".run"
    for number in range(1, _MOST_AT_ONCE + 1):
        path = root / name if number == 1 else root / f"{name or 'stack'}-{number}"
        held = try_claim(path)
        if held is not None:
            held.is_second = number > 1
            return held
    raise StackError(f"{_MOST_AT_ONCE} stacks of this checkout run already; stop one of them.")


def try_claim(path: Path) -> RunDir | None:
    """None when another process holds the folder."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("a+")
    except OSError as error:
        raise StackError(f"{path} cannot be written ({error.strerror}).") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    for folder in (path.parent, path) if path.parent.name == ".run" else (path,):
        # Root's PostgreSQL runs as another account, which must be able to enter whatever the umask.
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(0o755)
    return RunDir(path.resolve(), lock)


def replace_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write the whole file or leave the old one: a reader never sees half of it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    fresh.replace(path)
