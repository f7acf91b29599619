"""Finding and ending our own processes by what /proc says of them, never by a pid file alone.

A pid written to a file may belong to a stranger after a reboot. A process is ours when it carries our marker
in its environment, or when it is a server whose working directory is our data directory.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

MARKER = "PAYMENTS_STACK_PROCESS"
SERVERS = frozenset({"postgres", "redis-server"})
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send this process `signal_number` when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def marker_value(run_dir: Path, name: str) -> str:
    return f"{run_dir}:{name}"


def list_marked(run_dir: Path, name: str | None = None) -> list[int]:
    """Pids whose environment says they belong to `run_dir`, of one program or of all."""
    wanted = f"{MARKER}={marker_value(run_dir, name or '')}".encode()

    def carries_marker(pid: int) -> bool:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return any(entry == wanted if name else entry.startswith(wanted) for entry in entries)

    return [pid for pid in _all_pids() if pid != os.getpid() and _holds(carries_marker, pid)]


def list_servers_in(folder: Path) -> list[int]:
    """Pids of PostgreSQL and Redis processes whose working directory is `folder`, backends included.

    Both overwrite their environment with their title: the marker is gone, the directory is what is left.
    """
    resolved = str(folder.resolve())

    def serves_there(pid: int) -> bool:
        return (
            str(Path(f"/proc/{pid}/cwd").readlink()) == resolved
            and Path(f"/proc/{pid}/comm").read_text().strip() in SERVERS
        )

    return [pid for pid in _all_pids() if _holds(serves_there, pid)]


def is_alive(pid: int) -> bool:
    """True while the process runs; a zombie that waits for its parent counts as dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def end_all(find: Callable[[], list[int]], first_signal: signal.Signals, patience_seconds: float) -> int:
    """Signal what `find` returns, wait, then kill what is left. Returns how many were found at first."""
    found = find()
    for pid in found:
        _send(pid, first_signal)
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline and any(is_alive(pid) for pid in find()):
        time.sleep(0.05)
    # Killing a parent may reveal children that were not listed before: look again until none is left.
    for _ in range(20):
        left = [pid for pid in find() if is_alive(pid)]
        if not left:
            break
        for pid in left:
            _send(pid, signal.SIGKILL)
        time.sleep(0.05)
    return len(found)


def end_leftovers(run_dir: Path) -> None:
    """End every process of a run folder whose supervisor is gone. The caller holds the folder's lock."""
    end_all(lambda: list_marked(run_dir), signal.SIGTERM, patience_seconds=3.0)
    for folder in (run_dir / "postgres", run_dir / "redis"):
        if folder.is_dir():
            end_all(partial(list_servers_in, folder), signal.SIGINT, patience_seconds=3.0)


def _send(pid: int, signal_number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal_number)


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _holds(test: Callable[[int], bool], pid: int) -> bool:
    try:
        return test(pid)
    except OSError:
        # The process ended while we looked, or belongs to another user and is none of ours.
        return False
