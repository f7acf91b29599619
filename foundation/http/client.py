"""send_pinned: one HTTP request to an address that was resolved and checked once, within one deadline.

For URLs that come from outside (webhook endpoints). No redirects, no proxies, no cookies, no retries; the
answer is read up to a limit. What does not live here: PSP SDKs (payments/psp), signing (foundation/webhooks).
"""

from __future__ import annotations

import http.client
import math
import os
import queue
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType

import certifi
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from foundation.http.addresses import may_be_called
from foundation.resilience.deadlines import Deadline, DeadlinePassed
from foundation.transactions import outside_transaction

CONNECT_TIMEOUT_SECONDS = 5.0
ADDRESSES_TRIED = 3
PORTS = {"http": 80, "https": 443}


class Unreachable(Exception):
    """The request was certainly not sent: no such name, refused, a forbidden address, no TLS, no time."""


class NoAnswer(Exception):
    """The request left, at least in part, and no complete answer came: nobody knows what it did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """body: at most max_answer_bytes of it, not decompressed. headers: lower-case names. latency_ms: from the
    name's resolution to the last byte read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int


@outside_transaction
def send_pinned(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    deadline_seconds: float,
    max_answer_bytes: int,
    allow_private: bool,
) -> Answer:
    """Send one request and read its answer, all within deadline_seconds.

    The name is resolved once; if any of its addresses may not be called, none is (addresses.py). The
    connection goes to that very address, with the name in Host and SNI and checked against the certificate. A
    redirect is an answer like any other. allow_private: also loopback and private networks.
    Raises Unreachable or NoAnswer; ValueError for a header that HTTP cannot carry, before anything is sent.
    """
    deadline = Deadline.after(deadline_seconds)
    target = _target_of(url)
    assert target.host is not None and target.scheme is not None
    name = target.host.strip("[]")
    port = target.port or PORTS[target.scheme]
    addresses = _addresses_of(name, port, allow_private=allow_private, deadline=deadline)
    with _Line(deadline) as line:
        line.connect(addresses, port, tls_name=name if target.scheme == "https" else None)
        status, answer_headers, answer_body = _converse(
            line, target, method=method, headers=headers, body=body, max_answer_bytes=max_answer_bytes
        )
    latency_ms = round((deadline_seconds - deadline.remaining_seconds) * 1_000)
    return Answer(status, answer_headers, answer_body, latency_ms)


@outside_transaction
def check_address(url: str, *, deadline_seconds: float, allow_private: bool) -> None:
    """Resolve the URL's name and judge its addresses as send_pinned will, without connecting. Raises
    Unreachable.
    """
    target = _target_of(url)
    assert target.host is not None and target.scheme is not None
    port = target.port or PORTS[target.scheme]
    deadline = Deadline.after(deadline_seconds)
    _addresses_of(target.host.strip("[]"), port, allow_private=allow_private, deadline=deadline)


class _Line:
    """A connected socket that is cut at the deadline, whatever it is waiting for: a peer that drips one byte
    at a time never runs into a socket's own timeout.
    """

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.socket: socket.socket | None = None
        self._timer = threading.Timer(deadline.remaining_seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Line:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self.socket is not None:
            self.socket.close()

    def connect(self, addresses: list[str], port: int, *, tls_name: str | None) -> None:
        """To the first address that takes the connection. Raises Unreachable."""
        failure: Exception = OSError("no address")
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                timeout = self.deadline.at_most(CONNECT_TIMEOUT_SECONDS)
                self.socket = socket.create_connection((address, port), timeout=timeout)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if tls_name is not None:
                    self._start_tls(self.socket, tls_name)
                return
            except DeadlinePassed as error:
                raise Unreachable(f"no connection in time: {failure}") from error
            except (OSError, ValueError) as error:
                failure = error
                if self.socket is not None:
                    self.socket.close()
        raise Unreachable(f"{type(failure).__name__}: {failure}") from failure

    def _start_tls(self, plain: socket.socket, name: str) -> None:
        wrapped = _tls_context().wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
        # Known to the timer before the handshake, which can be dripped as well.
        self.socket = wrapped
        wrapped.do_handshake()

    def _cut(self) -> None:
        if self.socket is not None:
            try:
                # The plain socket's method: SSLSocket's own would drop its state under the reader.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
            except OSError:
                return


class _OverTls(HTTPConnection):
    """HTTP over a socket that is encrypted already; the Host header leaves out port 443."""

    default_port = PORTS["https"]  # type: ignore[misc]


def _converse(
    line: _Line, target: Url, *, method: str, headers: Mapping[str, str], body: bytes, max_answer_bytes: int
) -> tuple[int, dict[str, str], bytes]:
    assert line.socket is not None and target.host is not None
    # The socket is connected: this object only speaks HTTP over it, and its host becomes the Host header.
    speak = _OverTls if target.scheme == "https" else HTTPConnection
    connection = speak(target.host.strip("[]"), port=target.port)
    connection.sock = line.socket
    sent_headers = {"Accept-Encoding": "identity", "Connection": "close", **headers}
    try:
        connection.timeout = line.deadline.at_most(math.inf)
    except DeadlinePassed as error:
        raise Unreachable("The deadline passed before the request could be sent.") from error
    line.socket.settimeout(connection.timeout)
    try:
        connection.request(
            method,
            target.request_uri,
            body=body,
            headers=sent_headers,
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        content = b""
        # Again after a short read: only a read of nothing tells an answer's end from one that was cut short.
        while len(content) < max_answer_bytes and (piece := response.read(max_answer_bytes - len(content))):
            content += piece
    except (OSError, HTTPError, http.client.HTTPException) as error:
        reason = "deadline" if line.deadline.has_passed else f"{type(error).__name__}: {error}"
        raise NoAnswer(reason) from error
    if line.deadline.has_passed:
        # Cut by the timer: what looks like the end of the answer may be the middle of it.
        raise NoAnswer("deadline")
    return response.status, {name.lower(): value for name, value in response.headers.items()}, content


def _target_of(url: str) -> Url:
    try:
        target = parse_url(url)
    except LocationParseError as error:
        raise Unreachable("The URL cannot be read.") from error
    if target.scheme not in PORTS or not target.host:
        raise Unreachable("The URL is not http or https.")
    if target.auth is not None:
        raise Unreachable("The URL carries a user name or password.")
    return target


def _addresses_of(name: str, port: int, *, allow_private: bool, deadline: Deadline) -> list[str]:
    """The name's addresses, in the resolver's order. Raises Unreachable if there is none or one is forbidden."""
    # In a thread, because getaddrinfo knows no timeout.
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=resolve, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.at_most(CONNECT_TIMEOUT_SECONDS))
    except (queue.Empty, DeadlinePassed) as error:
        raise Unreachable("The name was not resolved in time.") from error
    if isinstance(answer, Exception):
        raise Unreachable("The name does not resolve.") from answer
    # One forbidden address forbids all: a name that mixes them is built to slip through.
    if not answer or not all(may_be_called(address, allow_private=allow_private) for address in answer):
        raise Unreachable("The name leads to an address that may not be called.")
    return answer


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where())
