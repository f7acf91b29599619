"""Run folders, programs and a driven supervisor for the tests of the stack."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.stack import account
from deploy.stack.program import Program
from deploy.stack.supervisor import Supervisor


class DrivenSupervisor(Supervisor):
    """The real supervisor with its loop turned by the test, and every published table of pids kept."""

    def __init__(self, run_dir: Path) -> None:
        self.published: list[dict[str, int]] = []
        super().__init__(run_dir, os.environ, lambda pids: self.published.append(dict(pids)))

    def tick_until(self, condition: Callable[[], bool], seconds: float) -> float:
        """Turn the loop until the condition holds. Returns the seconds it took."""
        started = time.monotonic()
        while not condition():
            waited = time.monotonic() - started
            assert waited < seconds, f"still not so after {waited:.1f} s"
            self.tick()
            time.sleep(0.02)
        return time.monotonic() - started


@pytest.fixture
def run_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / ".run"
    folder.mkdir()
    yield folder
    home = account.home_elsewhere(folder)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def supervisor(run_dir: Path) -> Iterator[DrivenSupervisor]:
    driven = DrivenSupervisor(run_dir)
    yield driven
    driven.stop()


@pytest.fixture
def python_program(run_dir: Path) -> Callable[..., Program]:
    """Builds a program of the stack from a few lines of Python."""

    def build(name: str, code: str, *, stage: int = 0, stop_seconds: float = 5.0, **more: object) -> Program:
        return Program(
            name=name,
            argv=(sys.executable, "-u", "-c", code),
            cwd=run_dir,
            stage=stage,
            stop_seconds=stop_seconds,
            **more,  # type: ignore[arg-type]
        )

    return build
