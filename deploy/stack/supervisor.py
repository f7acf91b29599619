"""Starting, watching, restarting and stopping the programs of one stack, as an operator's init system would.

One thread, one loop: the kernel's parent-death signal is tied to the thread that started a child. Which
programs exist is decided in processes.py; what they are told is decided in environment.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deploy.stack import proctable
from deploy.stack.program import Program, StackError
from deploy.stack.rundir import replace_text
from deploy.stack.terminal import say

_POLL_SECONDS = 0.1
# Together with one poll and the clearing of orphans this stays under the promised two seconds.
_PAUSE_AFTER_QUICK_DEATH_SECONDS = 1.0
_QUICK_DEATH_SECONDS = 5.0
_DEATHS_IN_A_ROW = 3
_FOREGROUND_STOP_SECONDS = 20.0


@dataclass
class _Running:
    program: Program
    child: subprocess.Popen[bytes]
    started_at: float
    restart_at: float | None = None
    quick_deaths: int = 0


class Supervisor:
    """Holds the programs of one run folder from start to stop.

    `on_change` is called with {name: pid} whenever a pid changes. The caller holds the run folder's lock.
    """

    def __init__(
        self, run_dir: Path, environment: Mapping[str, str], on_change: Callable[[Mapping[str, int]], None]
    ) -> None:
        self._run_dir = run_dir
        self._environment = dict(environment)
        self._on_change = on_change
        self._running: dict[str, _Running] = {}
        self._is_published = True
        self._foreground: subprocess.Popen[bytes] | None = None
        self.stop_requests = 0

    def handle_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def end_leftovers(self) -> None:
        """End what an earlier supervisor of this run folder left behind when it was killed."""
        proctable.end_leftovers(self._run_dir)
        for stale in self._run_dir.glob("*.pid"):
            stale.unlink()

    def update_environment(self, values: Mapping[str, str]) -> None:
        """Add values known only once a lower stage runs; they reach what is started from now on."""
        self._environment.update(values)

    def start(self, programs: Sequence[Program]) -> None:
        """Start stage by stage, each when the one below is ready.

        Raises StackError when a program does not become ready; the others keep running until `stop`.
        """
        for stage in sorted({program.stage for program in programs}):
            members = [program for program in programs if program.stage == stage]
            for program in members:
                self._keep_last_log(program)
                program.prepare()
                self._running[program.name] = _Running(program, self._spawn(program), time.monotonic())
            self._publish()
            for program in members:
                self._wait_until_ready(program)

    def run(self, argv: Sequence[str], *, cwd: Path, extra: Mapping[str, str] | None = None) -> int:
        """Run a command at the terminal while the programs are watched. Returns its exit status.

        It stays in the terminal's process group, so that Ctrl-C and the keyboard reach it as usual.
        """
        if self.stop_requests:
            return 130
        environment = {**self._environment, **(extra or {})} | self._mark("foreground")
        self._foreground = subprocess.Popen(
            list(argv), cwd=cwd, env=environment, preexec_fn=_tie_to_parent(signal.SIGTERM)
        )
        try:
            deadline = None
            while self._foreground.poll() is None:
                self.tick()
                time.sleep(_POLL_SECONDS)
                if self.stop_requests and deadline is None:
                    deadline = time.monotonic() + _FOREGROUND_STOP_SECONDS
                if deadline is not None and time.monotonic() > deadline:
                    self._foreground.kill()
            status = self._foreground.returncode
        finally:
            self._foreground = None
            self._end_orphans("foreground")
        return status if status >= 0 else 128 - status

    def watch(self) -> None:
        """Keep the programs running until a signal asks to stop."""
        while not self.stop_requests:
            self.tick()
            time.sleep(_POLL_SECONDS)

    def tick(self) -> None:
        """Notice every death and restart what is due. Called many times a second."""
        now = time.monotonic()
        for running in self._running.values():
            if running.restart_at is None and running.child.poll() is not None:
                self._plan_restart(running, now)
            if running.restart_at is not None and now >= running.restart_at:
                self._restart(running)
        if not self._is_published:
            self._publish()

    def _plan_restart(self, running: _Running, now: float) -> None:
        quick = now - running.started_at < _QUICK_DEATH_SECONDS
        running.quick_deaths = running.quick_deaths + 1 if quick else 0
        running.restart_at = now + (_PAUSE_AFTER_QUICK_DEATH_SECONDS if running.quick_deaths > 1 else 0.0)
        ending = f"{running.program.name} ended ({_ending(running.child.returncode)})"
        if running.quick_deaths < _DEATHS_IN_A_ROW:
            say(f"{ending}; starting it again")
        elif running.quick_deaths == _DEATHS_IN_A_ROW:
            say(f"{ending} and keeps ending; see {self._run_dir / running.program.name}.log")

    def stop(self) -> None:
        """Stop in reverse order of start: signal a stage, wait within its bound, then kill."""
        for stage in sorted({running.program.stage for running in self._running.values()}, reverse=True):
            members = [running for running in self._running.values() if running.program.stage == stage]
            for running in members:
                _signal(running.child, running.program.stop_signal)
            for running in members:
                self._wait_for_end(running)
            for running in members:
                name = running.program.name
                self._end_orphans(name)
                (self._run_dir / f"{name}.pid").unlink(missing_ok=True)
                del self._running[name]
        self._publish()

    def _wait_for_end(self, running: _Running) -> None:
        requests_at_start = self.stop_requests
        deadline = time.monotonic() + running.program.stop_seconds
        while running.child.poll() is None and time.monotonic() < deadline:
            if self.stop_requests > max(requests_at_start, 1):
                # Ctrl-C pressed again: the person does not want to wait. Servers still get their signal.
                deadline = min(deadline, time.monotonic() + (5.0 if running.program.stage == 0 else 0.0))
            time.sleep(0.05)
        if running.child.poll() is None:
            say(f"{running.program.name} did not stop in time and was killed")
            running.child.kill()
            running.child.wait()

    def _wait_until_ready(self, program: Program) -> None:
        deadline = time.monotonic() + program.ready_seconds
        while not program.is_ready():
            if self.stop_requests:
                raise StackError("Stopped while starting.")
            self.tick()
            if self._running[program.name].quick_deaths >= _DEATHS_IN_A_ROW:
                raise StackError(f"{program.name} keeps ending before it is ready. {self._log_tail(program)}")
            if time.monotonic() > deadline:
                waited = f"{program.name} was not ready after {program.ready_seconds:.0f} s."
                raise StackError(f"{waited} {self._log_tail(program)}")
            time.sleep(_POLL_SECONDS)

    def _restart(self, running: _Running) -> None:
        self._end_orphans(running.program.name)
        try:
            running.program.prepare()
            running.child = self._spawn(running.program)
        except OSError as error:
            # A full disk or table of processes passes; a supervisor that died of it would end everything.
            say(f"{running.program.name} cannot be started ({error.strerror}); trying again")
            running.restart_at = time.monotonic() + _PAUSE_AFTER_QUICK_DEATH_SECONDS
            return
        running.started_at = time.monotonic()
        running.restart_at = None
        self._publish()

    def _end_orphans(self, name: str) -> None:
        # A killed gunicorn master leaves workers that hold the port; systemd would clear the control group.
        proctable.end_all(
            lambda: proctable.list_marked(self._run_dir, name), signal.SIGKILL, patience_seconds=0.0
        )

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        account = program.account
        # A server gets its stop signal when the supervisor is killed; the rest is safe to kill at any line.
        last_signal = program.stop_signal if program.stage == 0 else signal.SIGKILL
        with (self._run_dir / f"{program.name}.log").open("ab") as log:
            return subprocess.Popen(
                list(program.argv),
                cwd=program.cwd,
                env={**self._environment, **program.environment} | self._mark(program.name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=_tie_to_parent(last_signal),
            )

    def _mark(self, name: str) -> dict[str, str]:
        return {proctable.MARKER: proctable.marker_value(self._run_dir, name)}

    def _publish(self) -> None:
        """Write pid files and tell of every pid; again at the next tick when the disk refuses."""
        pids = {name: running.child.pid for name, running in self._running.items()}
        try:
            for name, pid in pids.items():
                replace_text(self._run_dir / f"{name}.pid", f"{pid}\n")
            self._on_change(pids)
        except OSError as error:
            if self._is_published:
                say(f"pids cannot be written ({error.strerror}); trying on")
            self._is_published = False
        else:
            self._is_published = True

    def _keep_last_log(self, program: Program) -> None:
        log = self._run_dir / f"{program.name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))

    def _log_tail(self, program: Program) -> str:
        log = self._run_dir / f"{program.name}.log"
        lines = log.read_text(errors="replace").strip().splitlines()[-15:]
        return f"The end of {log}:\n" + "\n".join(lines)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1
        if self._foreground is not None and not (number == signal.SIGINT and sys.stdin.isatty()):
            # From a terminal the command has had its Ctrl-C already; twice would cut its own clean-up short.
            _signal(self._foreground, signal.Signals(number))


def _tie_to_parent(signal_number: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def in_child() -> None:
        proctable.die_with_parent(signal_number)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if child.poll() is None:
        child.send_signal(number)


def _ending(status: int) -> str:
    return f"exit status {status}" if status >= 0 else signal.Signals(-status).name
