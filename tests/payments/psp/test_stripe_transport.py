"""The line between "never left" and "may have happened", where TLS draws it."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
import stripe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payments.psp.stripe.transport import DeadlineSession, certainly_never_left

BODY = "amount=1000"
Behaviour = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate for 127.0.0.1 in one file; nobody's authority has signed it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_peer(certificate: Path) -> Iterator[Callable[[Behaviour], tuple[str, list[bytes]]]]:
    """A TLS server that reads one request and then behaves as told; its address, and what it has read."""
    listeners: list[socket.socket] = []

    def serve(behave: Behaviour) -> tuple[str, list[bytes]]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        read: list[bytes] = []

        def run() -> None:
            try:
                plain, _ = listener.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    while not b"".join(read).endswith(BODY.encode()):
                        read.append(connection.recv(65_536))
                    behave(connection)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        return f"https://127.0.0.1:{listener.getsockname()[1]}/", read

    yield serve
    for listener in listeners:
        listener.close()


def failure_of(url: str, verify: str | bool) -> stripe.APIConnectionError:
    """What the SDK makes of a failed call: its own error, with the cause."""
    with pytest.raises(requests.exceptions.RequestException) as failure:
        DeadlineSession(2).request("POST", url, data=BODY, timeout=(1, 2), verify=verify)
    error = stripe.APIConnectionError("unexpected")
    error.__cause__ = failure.value
    return error


def break_the_record(connection: ssl.SSLSocket) -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as below:
        below.sendall(b"this is no TLS record at all")


def test_certificate_that_is_not_trusted_stops_the_call_before_it_leaves(
    tls_peer: Callable[[Behaviour], tuple[str, list[bytes]]],
) -> None:
    url, read = tls_peer(lambda connection: None)

    assert certainly_never_left(failure_of(url, True))
    assert read == []


@pytest.mark.parametrize("behave", [break_the_record, lambda connection: None])
def test_tls_that_breaks_after_the_request_was_read_proves_nothing(
    certificate: Path, tls_peer: Callable[[Behaviour], tuple[str, list[bytes]]], behave: Behaviour
) -> None:
    url, read = tls_peer(behave)

    error = failure_of(url, str(certificate))

    assert BODY.encode() in b"".join(read)
    assert not certainly_never_left(error)
