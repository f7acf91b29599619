"""The metric files of dead processes, folded into one per kind.

prometheus-client keeps a file per process and never joins them; with workers that are replaced every thousand
tasks the folder would grow for ever, and each scrape with it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.mmap_dict import MmapedDict

FOLDED = "folded"
LOCK_FILE = "folding.lock"


@contextmanager
def steady_files(folder: Path) -> Iterator[None]:
    """Nobody folds while the block runs: a scrape in the middle of it would count a process twice."""
    with (folder / LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fold_dead_processes(folder: Path) -> int:
    """Join the files of processes that are gone; how many files went. Call it inside steady_files."""
    folded = 0
    for file in sorted(folder.glob("*_*.db")):
        kind, _, process = file.stem.rpartition("_")
        if not process.isdigit() or _is_alive(int(process)):
            continue
        _fold(file, kind, folder / f"{kind}_{FOLDED}.db")
        file.unlink(missing_ok=True)
        folded += 1
    return folded


def _fold(file: Path, kind: str, into: Path) -> None:
    archive = _open(into)
    try:
        for key, value, timestamp, _ in _read(file):
            old, old_timestamp = archive.read_value(key)
            if not kind.startswith("gauge"):
                archive.write_value(key, old + value, timestamp)
            elif timestamp >= old_timestamp:
                archive.write_value(key, value, timestamp)
    finally:
        archive.close()


def _open(file: Path) -> Any:
    return MmapedDict(str(file))  # type: ignore[no-untyped-call]


def _read(file: Path) -> Any:
    return MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
