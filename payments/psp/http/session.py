"""How a call leaves for any PSP: one deadline for the whole answer, no retries, no redirects, no proxies."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_TIMEOUT_SECONDS = 1
TOTAL_DEADLINE_SECONDS = 15


@dataclass
class _Line:
    """The connected socket on which a thread waits for an answer."""

    socket: socket.socket | None = None


_of_thread = threading.local()


class _Connection(HTTPConnection):
    def getresponse(self) -> Any:
        _of_thread.line.socket = self.sock
        return super().getresponse()


class _TlsConnection(HTTPSConnection):
    def getresponse(self) -> Any:
        _of_thread.line.socket = self.sock
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


@contextmanager
def _cut_after(seconds: float) -> Iterator[None]:
    """Cut this thread's line when the time is over, whatever it is waiting for: a PSP that drips one byte at a time
    never runs into a socket's own timeout."""
    line = _of_thread.line = _Line()

    def cut() -> None:
        if line.socket is not None:
            try:
                # The plain socket's method: SSLSocket's own would drop its state under the reader.
                socket.socket.shutdown(line.socket, socket.SHUT_RDWR)
            except OSError:
                return

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class DeadlineSession(requests.Session):
    """A session whose whole answer, not each byte of it, has a deadline: a dripping PSP is a late PSP."""

    def __init__(self, deadline_seconds: int) -> None:
        super().__init__()
        self.deadline_seconds = min(deadline_seconds, TOTAL_DEADLINE_SECONDS)
        # No proxy and no .netrc that the environment may name: where secrets go is decided by the account alone.
        self.trust_env = False
        # Retries are ours: a library that sends a charge twice is no help.
        self.mount("https://", _Adapter(max_retries=0, pool_maxsize=4))
        self.mount("http://", _Adapter(max_retries=0, pool_maxsize=4))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["allow_redirects"] = False
        with _cut_after(self.deadline_seconds):
            return super().request(*args, **kwargs)


def certainly_never_left(cause: BaseException | None) -> bool:
    """Whether no byte of the request can have reached the PSP: the connection itself was never made.

    A failure of TLS counts only when it is the PSP's certificate: any other may come after the request was sent.
    """
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return True
    if not isinstance(cause, requests.exceptions.ConnectionError):
        return False
    reason = cause.args[0] if cause.args else None
    if isinstance(reason, urllib3.exceptions.MaxRetryError):
        reason = reason.reason
    if isinstance(reason, urllib3.exceptions.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError)
