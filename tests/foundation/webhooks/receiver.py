"""A merchant's own server: a real one in a thread, that answers as it is told and keeps what it was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Script:
    """The answer to give. delay_seconds: before it."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thank you"
    delay_seconds: float = 0.0


class Receiver:
    """`receiver.url` to send to; `receiver.answers(…)` to script; `receiver.received` in order of arrival."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._script = Script()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hooks?shop=7"

    def answers(self, status: int = 200, **script: Any) -> None:
        self._script = Script(status, **script)

    @contextmanager
    def running(self) -> Iterator[Receiver]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(self.path, dict(self.headers.items()), body))
                script = receiver._script
                time.sleep(script.delay_seconds)
                self.send_response(script.status)
                for name, value in {"Content-Length": str(len(script.body)), **script.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(script.body)

            def log_message(self, format: str, *args: object) -> None:
                """The tests look at what was received; a log line per request helps nobody."""

        return Handler
