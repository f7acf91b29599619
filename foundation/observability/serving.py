"""METRICS_PORT: the metrics page on a port of its own, apart from the site's traffic."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CONTENT_TYPE_LATEST

RETRY_SECONDS = 5.0


def serve_metrics() -> bool:
    """Serve /metrics on METRICS_PORT (METRICS_HOST, 127.0.0.1 by default) from a thread; whether there is a
    port.

    Call it in every web worker, after the fork: the first takes the port and answers for all processes of the
    machine; when it dies another one takes over within five seconds.
    """
    port = os.environ.get("METRICS_PORT", "")
    if not port:
        return False
    host = os.environ.get("METRICS_HOST") or "127.0.0.1"
    threading.Thread(target=_serve_when_free, args=(host, int(port)), name="metrics", daemon=True).start()
    return True


def _serve_when_free(host: str, port: int) -> None:
    while True:
        try:
            server = make_server(host, port, metrics_application, handler_class=_SilentHandler)
        except OSError:
            time.sleep(RETRY_SECONDS)
            continue
        server.serve_forever()


def metrics_application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A WSGI application of one page."""
    if environ.get("PATH_INFO") != "/metrics" or environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"Only GET /metrics is here.\n"]
    # Not at import: this module is loaded before Django is set up.
    from django.db import close_old_connections

    from foundation.observability.metrics import render_metrics

    close_old_connections()
    try:
        page = render_metrics()
    finally:
        close_old_connections()
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [page]


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not logged."""
