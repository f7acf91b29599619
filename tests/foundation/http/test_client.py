"""send_pinned against real sockets: what was surely not sent, what may have been, and where it never goes."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import transaction

from foundation import clock
from foundation.http import client
from foundation.http.client import Answer, NoAnswer, Unreachable, send_pinned
from foundation.transactions import TransactionRuleBroken

Handler = Callable[[socket.socket], None]


class Server:
    """One listening socket; `handle` gets each connection once its request is here. Keeps the bytes it received."""

    def __init__(self, handle: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received: list[bytes] = []
        self.connections = 0
        self._handle = handle
        self._tls = tls
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            seen = b""
            while not _is_whole(seen):
                piece = connection.recv(4096)
                if not piece:
                    return
                seen += piece
            self.received.append(seen)
            self._handle(connection)
        except OSError:
            return
        finally:
            connection.close()


def _is_whole(seen: bytes) -> bool:
    # To the last byte of the body: a socket closed with bytes unread resets the line, and takes the answer with it.
    head, blank, body = seen.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(blank) and len(body) >= (int(length.group(1)) if length else 0)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(handle: Handler, **options: Any) -> Server:
        made.append(Server(handle, **options))
        return made[-1]

    yield start
    for server in made:
        server.listener.close()


def answering(text: bytes) -> Handler:
    return lambda connection: connection.sendall(text)


def send(url: str, **changes: Any) -> Answer:
    options: dict[str, Any] = {
        "headers": {"Content-Type": "application/json"},
        "body": b'{"a":1}',
        "deadline_seconds": 2.0,
        "max_answer_bytes": 1_000,
        "allow_private": True,
    }
    return send_pinned("POST", url, **(options | changes))


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Seen: yes\r\n\r\nhello"


def test_a_request_goes_out_whole_and_its_answer_comes_back(serve: Any) -> None:
    server = serve(answering(OK))

    answer = send(f"http://127.0.0.1:{server.port}/hook?x=1", headers={"X-Sign": "abc"})

    assert (answer.status, answer.headers["x-seen"], answer.body) == (200, "yes", b"hello")
    assert 0 <= answer.latency_ms < 2_000
    head = server.received[0].decode()
    assert head.startswith("POST /hook?x=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head
    assert "X-Sign: abc\r\n" in head
    assert "Content-Length: 7\r\n" in head


def test_a_redirect_is_an_answer_and_is_not_followed(serve: Any) -> None:
    other = serve(answering(OK))
    server = serve(
        answering(f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other.port}/\r\n\r\n".encode())
    )

    answer = send(f"http://127.0.0.1:{server.port}/")

    assert answer.status == 302
    assert other.connections == 0


def test_the_answer_is_read_to_the_limit_only(serve: Any) -> None:
    server = serve(answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000))

    answer = send(f"http://127.0.0.1:{server.port}/", max_answer_bytes=64)

    assert (answer.status, answer.body) == (500, b"x" * 64)


def test_nobody_listening_means_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        send(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "example.com/hook",
        "http://",
        "http://user:secret@127.0.0.1/",
        "http://[::1",
        "http://name.invalid/",
    ],
)
def test_a_url_that_leads_nowhere_means_not_sent(url: str) -> None:
    with pytest.raises(Unreachable):
        send(url)


def test_a_peer_that_closes_without_answering_leaves_it_open(serve: Any) -> None:
    server = serve(lambda connection: None)

    with pytest.raises(NoAnswer):
        send(f"http://127.0.0.1:{server.port}/")

    assert len(server.received) == 1


def test_an_answer_cut_short_is_no_answer(serve: Any) -> None:
    server = serve(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"))

    with pytest.raises(NoAnswer):
        send(f"http://127.0.0.1:{server.port}/")


def test_garbage_is_no_answer(serve: Any) -> None:
    server = serve(answering(b"\x00\x01\x02 not http at all\r\n\r\n"))

    with pytest.raises(NoAnswer):
        send(f"http://127.0.0.1:{server.port}/")


def drip(pieces: bytes) -> Handler:
    def handle(connection: socket.socket) -> None:
        for byte in pieces:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    return handle


@pytest.mark.parametrize(
    "handle",
    [
        lambda connection: time.sleep(3),
        drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200),
        drip(b"HTTP/1.1 200 OK\r\n\r\n" + b"b" * 200),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + b"c" * 200),
    ],
    ids=["silent", "dripping headers", "dripping body of unknown length", "dripping body of known length"],
)
def test_the_deadline_holds_against_a_slow_peer(serve: Any, handle: Handler) -> None:
    server = serve(handle)
    began = time.monotonic()

    with pytest.raises(NoAnswer, match="deadline"):
        send(f"http://127.0.0.1:{server.port}/", deadline_seconds=0.5)

    assert 0.4 < time.monotonic() - began < 1.5


def test_a_peer_that_never_shakes_hands_means_not_sent(serve: Any) -> None:
    server = serve(lambda connection: None)
    began = time.monotonic()

    with pytest.raises(Unreachable):
        send(f"https://127.0.0.1:{server.port}/", deadline_seconds=0.5)

    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
    ],
)
def test_private_networks_are_not_called(serve: Any, host: str) -> None:
    server = serve(answering(OK))

    with pytest.raises(Unreachable, match="may not be called"):
        send(f"http://{host}:{server.port}/", allow_private=False)

    assert server.connections == 0


def test_the_metadata_address_is_refused_even_where_private_networks_are_allowed() -> None:
    with pytest.raises(Unreachable, match="may not be called"):
        send("http://169.254.169.254/latest/meta-data/", allow_private=True)


def test_one_private_address_among_public_ones_forbids_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(name: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("10.0.0.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", mixed)

    with pytest.raises(Unreachable, match="may not be called"):
        send("http://rebinding.example/", allow_private=False)


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_checked(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(answering(OK))
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolver(name: str, port: Any, *args: Any, **kwargs: Any) -> Any:
        if name == "hooks.example":
            asked.append(name)
            return [(2, 1, 6, "", ("127.0.0.1", port))]
        return real(name, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)

    answer = send(f"http://hooks.example:{server.port}/x")

    assert answer.status == 200
    assert asked == ["hooks.example"]
    assert f"Host: hooks.example:{server.port}\r\n".encode() in server.received[0]


def test_a_header_with_a_line_break_is_refused_before_anything_is_sent(serve: Any) -> None:
    server = serve(answering(OK))

    with pytest.raises(ValueError, match="header"):
        send(f"http://127.0.0.1:{server.port}/", headers={"X-Bad": "a\r\nX-Evil: 1"})

    assert server.received == []


@pytest.mark.django_db(transaction=True)
def test_no_request_leaves_while_a_transaction_is_open(serve: Any) -> None:
    server = serve(answering(OK))

    with transaction.atomic(), pytest.raises(TransactionRuleBroken):
        send(f"http://127.0.0.1:{server.port}/")

    assert server.connections == 0


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ssl.SSLContext, list[str]]]:
    """A server's TLS context for hooks.example, trusted by the client, and the names it is asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    asked: list[str] = []
    context.sni_callback = lambda _socket, server_name, _context: asked.append(server_name or "")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *a, **k: real("127.0.0.1" if host.endswith(".example") else host, port, *a, **k),
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    client._tls_context.cache_clear()
    yield context, asked
    client._tls_context.cache_clear()


def test_tls_asks_for_the_name_and_checks_the_certificate_against_it(serve: Any, tls: Any) -> None:
    context, asked = tls
    server = serve(answering(OK), tls=context)

    answer = send(f"https://hooks.example:{server.port}/")

    assert (answer.status, answer.body) == (200, b"hello")
    assert asked == ["hooks.example"]
    assert f"Host: hooks.example:{server.port}\r\n".encode() in server.received[0]


def test_a_certificate_for_another_name_means_not_sent(serve: Any, tls: Any) -> None:
    server = serve(answering(OK), tls=tls[0])

    with pytest.raises(Unreachable, match="certificate"):
        send(f"https://other.example:{server.port}/")

    assert server.received == []


def test_the_deadline_holds_inside_tls_too(serve: Any, tls: Any) -> None:
    server = serve(drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200), tls=tls[0])
    began = time.monotonic()

    with pytest.raises(NoAnswer, match="deadline"):
        send(f"https://hooks.example:{server.port}/", deadline_seconds=0.5)

    assert time.monotonic() - began < 1.5
