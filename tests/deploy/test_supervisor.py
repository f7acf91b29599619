"""The supervisor: restarts, order, bounds, and nobody left behind."""

from __future__ import annotations

import dataclasses
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.stack import proctable
from deploy.stack.program import StackError
from deploy.stack.supervisor import Supervisor

CHECKOUT = Path(__file__).resolve().parent.parent.parent
_SLEEP = "import time\nwhile True: time.sleep(0.05)"


def _wait(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.02)


def test_a_killed_process_runs_again_within_two_seconds_and_its_pid_is_published(
    run_dir, supervisor, python_program
):
    supervisor.start([python_program("relay", _SLEEP)])
    first = supervisor.published[-1]["relay"]

    os.kill(first, signal.SIGKILL)
    seconds = supervisor.tick_until(lambda: supervisor.published[-1]["relay"] != first, seconds=2.0)

    second = supervisor.published[-1]["relay"]
    assert seconds < 2.0
    assert proctable.is_alive(second)
    assert (run_dir / "relay.pid").read_text() == f"{second}\n"


def test_a_process_that_dies_again_and_again_is_still_started_every_two_seconds(supervisor, python_program):
    supervisor.start([python_program("relay", _SLEEP)])

    waits = []
    for _ in range(4):
        pid = supervisor.published[-1]["relay"]
        os.kill(pid, signal.SIGKILL)
        waits.append(supervisor.tick_until(lambda gone=pid: supervisor.published[-1]["relay"] != gone, 2.0))

    assert max(waits) < 2.0
    assert waits[-1] > 0.9


def test_workers_of_a_killed_master_are_ended_before_it_starts_again(run_dir, supervisor, python_program):
    # Each master leaves the pid of a child that outlives it, as gunicorn's workers outlive a killed master.
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('child', 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    supervisor.start([python_program("web", code)])
    child_file = run_dir / "child"
    supervisor.tick_until(lambda: child_file.exists() and child_file.read_text() != "", seconds=5.0)
    orphan = int(child_file.read_text())
    master = supervisor.published[-1]["web"]

    os.kill(master, signal.SIGKILL)
    supervisor.tick_until(lambda: supervisor.published[-1]["web"] != master, seconds=2.0)

    assert not proctable.is_alive(orphan)


def test_stages_stop_in_reverse_order_of_start(run_dir, supervisor, python_program):
    code = (
        "import signal, sys, time\n"
        "def leave(*_): open('order', 'a').write(sys.argv[1] + ' '); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "open('up', 'a').write(sys.argv[1] + ' '); open(sys.argv[1] + '.up', 'w')\n"
        "while True: time.sleep(0.02)"
    )
    programs = []
    for stage, name in enumerate(("postgres", "psp_sandbox", "web")):
        program = python_program(name, code, stage=stage, is_ready=(run_dir / f"{name}.up").exists)
        programs.append(dataclasses.replace(program, argv=(*program.argv, name)))

    supervisor.start(list(reversed(programs)))
    supervisor.stop()

    assert (run_dir / "up").read_text().split() == ["postgres", "psp_sandbox", "web"]
    assert (run_dir / "order").read_text().split() == ["web", "psp_sandbox", "postgres"]
    assert list(run_dir.glob("*.pid")) == []
    assert supervisor.published[-1] == {}


def test_a_process_that_ignores_the_request_to_stop_is_killed_when_its_time_is_up(
    run_dir, supervisor, python_program
):
    code = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('deaf', 'w')\n"
        "while True: time.sleep(0.05)"
    )
    supervisor.start([python_program("relay", code, stop_seconds=0.5, is_ready=(run_dir / "deaf").exists)])
    pid = supervisor.published[-1]["relay"]

    started = time.monotonic()
    supervisor.stop()

    assert 0.4 < time.monotonic() - started < 3.0
    assert not proctable.is_alive(pid)


def test_a_process_that_cannot_start_is_reported_with_the_end_of_its_log(supervisor, python_program):
    program = python_program("web", "raise SystemExit('no such table: payments')", is_ready=lambda: False)

    with pytest.raises(
        StackError, match=r"web keeps ending before it is ready(.|\n)*no such table: payments"
    ):
        supervisor.start([program])


def test_a_process_that_never_becomes_ready_is_given_up_in_bounded_time(supervisor, python_program):
    program = python_program("web", _SLEEP, is_ready=lambda: False, ready_seconds=0.5)

    with pytest.raises(StackError, match="web was not ready after 0 s"):
        supervisor.start([program])


def test_a_program_that_cannot_be_started_for_a_moment_is_tried_again(run_dir, supervisor, python_program):
    link = run_dir / "interpreter"
    link.symlink_to(sys.executable)
    program = python_program("relay", _SLEEP)
    supervisor.start([dataclasses.replace(program, argv=(str(link), *program.argv[1:]))])
    first = supervisor.published[-1]["relay"]

    link.unlink()
    os.kill(first, signal.SIGKILL)
    supervisor.tick_until(lambda: not proctable.is_alive(first), seconds=2.0)
    for _ in range(5):
        supervisor.tick()
        time.sleep(0.05)
    during = supervisor.published[-1]["relay"]
    link.symlink_to(sys.executable)
    supervisor.tick_until(lambda: supervisor.published[-1]["relay"] != first, seconds=2.0)

    assert during == first
    assert proctable.is_alive(supervisor.published[-1]["relay"])


def test_pids_that_cannot_be_written_are_written_when_the_disk_allows(run_dir, python_program):
    told = []

    def tell(pids):
        told.append(dict(pids))
        if len(told) < 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    supervisor = Supervisor(run_dir, os.environ, tell)
    try:
        supervisor.start([python_program("relay", _SLEEP)])
        pid = told[0]["relay"]
        for _ in range(5):
            supervisor.tick()

        assert told == [{"relay": pid}] * 3
        assert proctable.is_alive(pid)
    finally:
        supervisor.stop()


def test_the_status_of_a_command_is_handed_on_while_the_programs_stay_watched(
    supervisor, python_program, run_dir
):
    supervisor.start([python_program("relay", _SLEEP)])
    first = supervisor.published[-1]["relay"]
    kill_and_leave = f"import os, time; os.kill({first}, 9); time.sleep(0.6); raise SystemExit(7)"

    status = supervisor.run([sys.executable, "-c", kill_and_leave], cwd=run_dir)

    assert status == 7
    assert supervisor.published[-1]["relay"] != first


def test_a_command_leaves_no_children_behind(supervisor, run_dir):
    leave_child = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('child', 'w').write(str(child.pid))"
    )

    status = supervisor.run([sys.executable, "-c", leave_child], cwd=run_dir)

    assert status == 0
    _wait(lambda: not proctable.is_alive(int((run_dir / "child").read_text())), 5)


_SUPERVISE_ALONE = """
import os, sys, time
from pathlib import Path
from deploy.stack.program import Program
from deploy.stack.supervisor import Supervisor
run_dir = Path(sys.argv[1])
sleep = "import sys, time; open(sys.argv[1], 'w'); time.sleep(600)"
supervisor = Supervisor(run_dir, os.environ, lambda pids: None)
supervisor.handle_signals()
supervisor.end_leftovers()
supervisor.start([
    Program(name=name, argv=(sys.executable, "-c", sleep, f"{name}.up"), cwd=run_dir, stage=stage,
            is_ready=(run_dir / f"{name}.up").exists)
    for stage, name in enumerate(("redis", "web"))
])
(run_dir / "ready").touch()
supervisor.watch()
supervisor.stop()
"""


@pytest.fixture
def lone_supervisor(run_dir):
    started = []

    def start() -> subprocess.Popen[bytes]:
        for name in ("ready", "redis.up", "web.up"):
            (run_dir / name).unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", _SUPERVISE_ALONE, str(run_dir)], cwd=CHECKOUT)
        started.append(process)
        _wait((run_dir / "ready").exists, seconds=15.0)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
    proctable.end_leftovers(run_dir)


def test_children_end_with_a_supervisor_that_was_killed(run_dir, lone_supervisor):
    lone = lone_supervisor()
    pids = [int((run_dir / f"{name}.pid").read_text()) for name in ("redis", "web")]

    lone.kill()

    _wait(lambda: not any(proctable.is_alive(pid) for pid in pids), seconds=5.0)


def test_a_frozen_leftover_of_a_killed_supervisor_is_ended_by_the_next_start(run_dir, lone_supervisor):
    lone = lone_supervisor()
    frozen = int((run_dir / "redis.pid").read_text())
    os.kill(frozen, signal.SIGSTOP)
    lone.kill()
    lone.wait()

    lone_supervisor()

    _wait(lambda: not proctable.is_alive(frozen), 5)
    assert int((run_dir / "redis.pid").read_text()) != frozen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_ends_with_status_zero(run_dir, lone_supervisor, number):
    lone = lone_supervisor()
    pids = [int((run_dir / f"{name}.pid").read_text()) for name in ("redis", "web")]

    lone.send_signal(number)
    status = lone.wait(timeout=10)

    assert status == 0
    assert not any(proctable.is_alive(pid) for pid in pids)
    assert list(run_dir.glob("*.pid")) == []
