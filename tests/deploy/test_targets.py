"""The targets from start to stop: the real stack around a product of a few lines."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from deploy.stack import account, proctable

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PROCESSES = {
    *("postgres", "redis", "psp_sandbox", "web", "beat", "relay"),
    *(f"worker-{queue}" for queue in ("default", "psp", "webhooks", "billing", "reports")),
}
TINY_PRODUCT = {
    "manage.py": (
        "import os, sys, time\n"
        "database = os.environ['DATABASE_URL'].rpartition('/')[2]\n"
        "open('commands', 'a').write(f'{sys.argv[1]} {database}\\n')\n"
        "login = lambda name: os.environ[name].removeprefix('postgres://').partition('@')[0]\n"
        "logins = login('DATABASE_URL'), login('DATABASE_OWNER_URL') or 'nobody'\n"
        "open('logins', 'a').write(' '.join([sys.argv[1], *logins, '\\n']))\n"
        "if sys.argv[1] == 'run_relay': time.sleep(600)\n"
        "if sys.argv[1] in ('run_demo', 'run_drill'):\n"
        "    print('the summary'); sys.exit(int(os.environ.get('TINY_STATUS', '0')))\n"
    ),
    "requirements.txt": "",
    "payments_site/settings/local.py": "SECRET_KEY = 'tiny'\n",
    "payments_site/wsgi.py": (
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [environ['PATH_INFO'].encode()]\n"
    ),
    "payments_site/celery.py": (
        "import os\nfrom celery import Celery\napp = Celery('tiny', broker=os.environ['REDIS_URL'])\n"
    ),
    "foundation/observability/tracing.py": "def start_tracing(service): pass\n",
    "foundation/observability/serving.py": "def serve_metrics(): pass\n",
    "foundation/jobs/beat.py": "from celery.beat import Scheduler\nclass RowScheduler(Scheduler): pass\n",
    "payments/psp/sandbox/__main__.py": (
        "import http.server, sys\n"
        "address = ('127.0.0.1', int(sys.argv[2]))\n"
        "http.server.HTTPServer(address, http.server.SimpleHTTPRequestHandler).serve_forever()\n"
    ),
}


@pytest.fixture
def checkout(tmp_path: Path):
    shutil.copytree(CHECKOUT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in TINY_PRODUCT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    yield tmp_path
    for folder in (".run", ".run/stack-2"):
        proctable.end_leftovers(tmp_path / folder)
        shutil.rmtree(account.home_elsewhere(tmp_path / folder), ignore_errors=True)


@pytest.fixture
def start(checkout: Path):
    """Starts a target as make does, with nothing of the tests' own environment."""
    started = []

    def start(target: str, **more: str) -> subprocess.Popen[str]:
        ours = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.stack", target],
            cwd=checkout,
            env=ours | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _stack_json(checkout: Path, folder: str = ".run", seconds: float = 60.0) -> dict:
    file = checkout / folder / "stack.json"
    deadline = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < deadline, f"no {file} after {seconds} s"
        time.sleep(0.05)
    return json.loads(file.read_text())


def _get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status, answer.read().decode()


def test_up_runs_every_process_publishes_it_and_leaves_nothing_behind(checkout, start):
    up = start("up")
    stack = _stack_json(checkout)
    written = {file.stem: int(file.read_text()) for file in (checkout / ".run").glob("*.pid")}
    answered = _get(f"{stack['base_url']}/readyz")

    up.send_signal(signal.SIGTERM)
    said, _ = up.communicate(timeout=60)

    assert up.returncode == 0
    assert set(stack["processes"]) == PROCESSES
    assert written == stack["processes"]
    assert answered == (200, "/readyz")
    assert stack["admin_url"] == f"{stack['base_url']}/admin/"
    assert stack["database_url"].endswith("/payments")
    assert f"Admin        {stack['admin_url']}" in said
    assert not any(proctable.is_alive(pid) for pid in written.values())
    assert not (checkout / ".run" / "stack.json").exists()
    assert (checkout / "commands").read_text().split("\n")[:2] == [
        "migrate payments",
        "collectstatic payments",
    ]


def test_only_migrate_is_told_how_the_owner_logs_in(checkout, start):
    start("up")
    stack = _stack_json(checkout)
    deadline = time.monotonic() + 30
    while "run_relay" not in (checkout / "logins").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert (checkout / "logins").read_text().split(" \n")[:-1] == [
        "migrate payments_app postgres",
        "collectstatic payments_app nobody",
        "run_relay payments_app nobody",
    ]
    assert stack["database_url"].startswith("postgres://payments_app@")
    assert stack["database_owner_url"].startswith("postgres://postgres@")
    with psycopg.connect(stack["database_url"]) as application:
        assert application.execute("SELECT current_setting('is_superuser')").fetchone() == ("off",)


def test_one_user_of_a_server_that_is_named_works_as_the_application(checkout, start):
    start("up")
    owner_url = _stack_json(checkout)["database_owner_url"]

    start("up", DATABASE_URL=owner_url, REDIS_URL=_stack_json(checkout)["redis_url"])
    beside = _stack_json(checkout, ".run/stack-2")

    assert beside["database_owner_url"] == owner_url
    assert beside["database_url"] == f"{owner_url}?options=-c%20role%3Dpayments_app"
    with psycopg.connect(beside["database_url"]) as application:
        assert application.execute("SELECT current_user").fetchone() == ("payments_app",)


def test_two_logins_that_are_named_are_used_as_they_are(checkout, start):
    start("up")
    named = _stack_json(checkout)

    start(
        "up",
        DATABASE_URL=named["database_url"],
        DATABASE_OWNER_URL=named["database_owner_url"],
        REDIS_URL=named["redis_url"],
    )
    beside = _stack_json(checkout, ".run/stack-2")

    assert beside["database_url"] == named["database_url"]
    assert beside["database_owner_url"] == named["database_owner_url"]
    assert "migrate payments_app postgres" in (checkout / "logins").read_text()


def test_a_killed_web_server_answers_again_on_its_port(checkout, start):
    start("up")
    before = _stack_json(checkout)

    os.kill(before["processes"]["web"], signal.SIGKILL)
    killed_at = time.monotonic()
    while _stack_json(checkout)["processes"]["web"] == before["processes"]["web"]:
        assert time.monotonic() - killed_at < 2.0
        time.sleep(0.02)
    after = _stack_json(checkout)

    assert after["base_url"] == before["base_url"]
    assert {name: pid for name, pid in after["processes"].items() if name != "web"} == {
        name: pid for name, pid in before["processes"].items() if name != "web"
    }


def test_two_stacks_of_one_checkout_run_side_by_side_and_stop_apart(checkout, start):
    start("up")
    first = _stack_json(checkout)
    second_up = start("up")
    second = _stack_json(checkout, ".run/stack-2")

    second_up.send_signal(signal.SIGINT)
    said, _ = second_up.communicate(timeout=60)

    assert "another target of this checkout is running" in said
    assert not {first[url] for url in ("base_url", "database_url", "redis_url", "psp_sandbox_url")} & {
        second[url] for url in ("base_url", "database_url", "redis_url", "psp_sandbox_url")
    }
    assert _get(f"{first['base_url']}/healthz") == (200, "/healthz")
    assert _stack_json(checkout)["processes"] == first["processes"]


@pytest.mark.parametrize("status", [0, 3])
def test_a_demo_that_shall_exit_ends_with_the_status_of_its_summary(checkout, start, status):
    demo = start("demo", DEMO_EXIT="1", TINY_STATUS=str(status))

    said, _ = demo.communicate(timeout=90)

    assert demo.returncode == status
    assert "the summary" in said
    assert "run_demo payments" in (checkout / "commands").read_text().split("\n")


def test_a_demo_keeps_running_after_its_summary_until_ctrl_c(checkout, start):
    demo = start("demo")
    stack = _stack_json(checkout)
    deadline = time.monotonic() + 30
    while "run_demo" not in (checkout / "commands").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)

    answered = _get(f"{stack['base_url']}/healthz")
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)

    assert answered == (200, "/healthz")
    assert demo.returncode == 0


def test_drills_run_in_a_database_of_their_own(checkout, start):
    drill = start("drill", TINY_STATUS="4")

    drill.communicate(timeout=90)

    assert drill.returncode == 4
    assert "run_drill payments_drill" in (checkout / "commands").read_text().split("\n")


def test_servers_that_are_named_are_used_and_none_is_started(checkout, start):
    up = start("up")
    named = _stack_json(checkout)
    second = start("up", DATABASE_URL=named["database_url"], REDIS_URL=named["redis_url"])
    beside = _stack_json(checkout, ".run/stack-2")

    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=60)

    assert beside["database_url"] == named["database_url"]
    assert beside["redis_url"] == named["redis_url"]
    assert set(beside["processes"]) == PROCESSES - {"postgres", "redis"}
    assert up.poll() is None
    assert proctable.is_alive(named["processes"]["postgres"])


def test_a_web_port_in_use_that_was_asked_for_is_refused_in_one_sentence(checkout, start):
    start("up")
    port = _stack_json(checkout)["base_url"].rpartition(":")[2]

    refused = start("up", WEB_PORT=port)
    said, _ = refused.communicate(timeout=60)

    assert refused.returncode == 1
    assert f"[stack] WEB_PORT={port} is in use by another program; choose another" in said
    assert "Traceback" not in said
