"""A small HTTP/1.1 server: one thread per kept-alive connection, no header objects, no dispatch by class.

Lives here: reading requests, writing answers, and the ways in which an answer may misbehave on the wire. Does
not live here: any path or meaning. Not `http.server`, which parses the headers of every request as a mail
message.
"""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import BinaryIO, cast
from urllib.parse import urlsplit

MAX_HEADERS = 100
# An upload of evidence, five megabytes, with the form around it.
MAX_BODY_BYTES = 6 * 1024 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]  # lower-case names
    body: bytes


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the answer leaves. `ending` is `answer`, `close` (no byte, orderly) or `reset` (no byte, RST)."""

    hold_seconds: float = 0.0
    ending: str = "answer"
    drip_seconds: float = 0.0


@dataclass(slots=True)
class Reply:
    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "application/json"
    conduct: Conduct = Conduct()
    # Called once the answer is out, or before a hold begins: what must not wait for a client kept in silence.
    when_leaving: Callable[[], None] | None = None
    # Called when the answer is complete, just before it is sent, or once it never will be.
    when_over: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class FileContents:
    """An answer that is a file instead of JSON."""

    content: bytes
    content_type: str


class Refused(Exception):
    """The bytes are no request we read; carries the status to answer before closing."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Server:
    """Listens on `host:port` (0 picks a free port) and answers each request with `respond(request)`."""

    def __init__(self, host: str, port: int, respond: Callable[[Request], Reply]) -> None:
        self._respond = respond
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._listener = socket.create_server((host, port), backlog=256, reuse_port=False)
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"http://{host}:{self.port}"
        self._acceptor = threading.Thread(target=self._accept, name="sandbox-accept", daemon=True)

    def start(self) -> None:
        self._acceptor.start()

    def stop(self) -> None:
        """Close the listener and every connection; holds end at once. Safe to call twice."""
        self._stopping.set()
        _shut(self._listener)
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)
        if self._acceptor.is_alive():
            self._acceptor.join(timeout=2)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._open_lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        reader = cast(BinaryIO, connection.makefile("rb", 32 * 1024))
        try:
            while not self._stopping.is_set():
                try:
                    request = _read_request(reader, connection)
                except Refused as refusal:
                    connection.sendall(_head(Reply(refusal.status, b""), keep_alive=False))
                    return
                if request is None:
                    return
                keep_alive = request.headers.get("connection", "").lower() != "close"
                if not self._answer(connection, self._respond(request), keep_alive):
                    return
        except (OSError, ValueError):
            return  # The client went away; what was booked stays booked.
        finally:
            with self._open_lock:
                self._open.discard(connection)
            reader.close()
            _shut(connection)

    def _answer(self, connection: socket.socket, reply: Reply, keep_alive: bool) -> bool:
        """Returns whether the connection lives on."""
        conduct = reply.conduct
        try:
            if conduct != Conduct():
                _leave(reply)
            if conduct.hold_seconds:
                self._stopping.wait(conduct.hold_seconds)
            # Before the bytes: whoever has the answer may ask again at once.
            _finish(reply)
            if conduct.ending == "close":
                return False
            if conduct.ending == "reset":
                # Linger of zero turns close() into RST, as a dying load balancer would.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                return False
            if conduct.drip_seconds:
                self._drip(connection, _head(reply, keep_alive), reply.body, conduct.drip_seconds)
            else:
                connection.sendall(_head(reply, keep_alive) + reply.body)
        finally:
            _finish(reply)
            _leave(reply)
        return keep_alive

    def _drip(self, connection: socket.socket, head: bytes, body: bytes, seconds: float) -> None:
        connection.sendall(head)
        pieces = max(1, min(len(body), int(seconds * 20)))
        size = -(-len(body) // pieces)
        for start in range(0, len(body), size):
            if self._stopping.wait(seconds / pieces):
                return
            connection.sendall(body[start : start + size])


def _leave(reply: Reply) -> None:
    """Once, whether the bytes got through or not."""
    callback, reply.when_leaving = reply.when_leaving, None
    if callback:
        callback()


def _finish(reply: Reply) -> None:
    callback, reply.when_over = reply.when_over, None
    if callback:
        callback()


def _shut(connection: socket.socket) -> None:
    try:
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) != _RESET_ON_CLOSE:
            connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # Already gone, which is what was wanted.
    finally:
        connection.close()


def _read_request(reader: BinaryIO, connection: socket.socket) -> Request | None:
    """The next request, or None when the client has closed. Raises Refused."""
    readline = reader.readline
    line = readline(16 * 1024)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3:
        raise Refused(400)
    headers: dict[str, str] = {}
    while True:
        line = readline(16 * 1024)
        if line in (b"\r\n", b"\n", b""):
            break
        name, separator, value = line.decode("latin-1").partition(":")
        if not separator or len(headers) >= MAX_HEADERS:
            raise Refused(400)
        headers[name.strip().lower()] = value.strip()
    body = b""
    if "transfer-encoding" in headers:
        raise Refused(411)
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise Refused(400)
    if int(length) > MAX_BODY_BYTES:
        raise Refused(413)
    if int(length):
        if headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = reader.read(int(length))
        if len(body) < int(length):
            return None
    target = urlsplit(parts[1])
    return Request(parts[0], target.path, target.query, headers, body)


def _head(reply: Reply, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
    ]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if not keep_alive:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
