"""The table of the product's processes: what runs, how it is started, and how we know that it is ready."""

from __future__ import annotations

import http.client
import os
import signal
import sys
from pathlib import Path

from deploy.stack.program import Program
from deploy.stack.rundir import CHECKOUT

# Two cores: a worker child waits for a PSP most of its time, so psp has two and the rest one.
# WORKER_<QUEUE>_CONCURRENCY overrides.
QUEUES = {"default": 1, "psp": 2, "webhooks": 1, "billing": 1, "reports": 1}

_SANDBOX_STAGE = 1
_PRODUCT_STAGE = 2


def product_programs(run_dir: Path, *, web_port: int, sandbox_port: int) -> list[Program]:
    return [
        _psp_sandbox(run_dir, sandbox_port),
        _web(web_port),
        *(_worker(queue, concurrency) for queue, concurrency in QUEUES.items()),
        _beat(run_dir),
        _product("relay", "manage.py", "run_relay"),
    ]


def _psp_sandbox(run_dir: Path, port: int) -> Program:
    books = run_dir / "sandbox_books.sqlite3"
    return Program(
        name="psp_sandbox",
        argv=_python("-m", "payments.psp.sandbox", "--port", str(port), "--books", str(books)),
        cwd=CHECKOUT,
        stage=_SANDBOX_STAGE,
        is_ready=lambda: _answers(port, "/") is not None,
    )


def _web(port: int) -> Program:
    return Program(
        name="web",
        argv=_python(
            "-m",
            "gunicorn",
            "payments_site.wsgi:application",
            "--worker-class=gthread",
            f"--workers={os.environ.get('WEB_WORKERS', '2')}",
            f"--threads={os.environ.get('WEB_THREADS', '8')}",
            f"--bind=127.0.0.1:{port}",
            "--keep-alive=30",
            "--no-control-socket",
            "--config=deploy/gunicorn.conf.py",
        ),
        cwd=CHECKOUT,
        stage=_PRODUCT_STAGE,
        ready_seconds=120.0,
        is_ready=lambda: _answers(port, "/readyz") == 200,
    )


def _worker(queue: str, concurrency: int) -> Program:
    chosen = os.environ.get(f"WORKER_{queue.upper()}_CONCURRENCY", str(concurrency))
    return _product(
        f"worker-{queue}",
        *("-m", "celery", "-A", "payments_site", "worker"),
        *("-Q", queue, "-n", f"{queue}@%h", "-c", chosen),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=INFO"),
    )


def _beat(run_dir: Path) -> Program:
    return _product(
        "beat",
        *("-m", "celery", "-A", "payments_site", "beat"),
        *("-S", "foundation.jobs.beat:RowScheduler", "--schedule", str(run_dir / "beat-schedule")),
        # Celery's own pid file would refuse a restart after kill -9; the supervisor guards against two.
        *("--pidfile=", "--loglevel=INFO"),
    )


def _product(name: str, *arguments: str) -> Program:
    return Program(
        name=name,
        argv=_python(*arguments),
        cwd=CHECKOUT,
        stage=_PRODUCT_STAGE,
        stop_signal=signal.SIGTERM,
    )


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def _answers(port: int, path: str) -> int | None:
    """The HTTP status of a GET on loopback, None when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
