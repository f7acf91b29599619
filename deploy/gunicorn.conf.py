# ruff: noqa: N999 - the name is the one gunicorn looks for
"""Gunicorn in front of the product: what holds on every machine. Address, workers and threads are arguments.

A hook here must not import Django before the fork: each worker loads the application for itself.
"""

import os
from pathlib import Path
from typing import Any

# Statement and PSP timeouts bound a request well below this; what hangs longer is killed and replaced.
timeout = 60
# Shorter than the supervisor's patience, so that a stop never has to kill a request that could still finish.
graceful_timeout = 12
# Behind a burst of new connections the kernel queues instead of refusing.
backlog = 512
# Request lines are logged once, structured and scrubbed, by the application.
accesslog = None
errorlog = "-"
loglevel = "info"
# Heartbeat files on tmpfs: on a busy disk a worker would be taken for dead while it waits for an inode.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


def post_fork(server: Any, worker: Any) -> None:
    """What lives in threads starts here, since threads do not survive a fork: exporters, the metrics page."""
    from foundation.observability.serving import serve_metrics
    from foundation.observability.tracing import start_tracing

    start_tracing("payments-web")
    serve_metrics()


def child_exit(server: Any, worker: Any) -> None:
    """Drop the gauges of a dead worker, which would be summed forever."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder and Path(folder).is_dir():
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
