"""The Stripe connector against the sandbox: these files are the only place where Stripe's shapes are asserted.

Whatever may happen on the way: unknown, never a failure, and within one total deadline.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.psp.outcomes import (
    NotSent,
    Succeeded,
    Unknown,
)
from payments.psp.port import (
    Answer,
    AuthorizeRequest,
    Credentials,
    VoidRequest,
)
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.conftest import closed_port
from tests.payments.psp.orders import USD, capture_of, connector, refund_of

pytestmark = pytest.mark.django_db


# --- Whatever may happen on the way

DOUBT: list[tuple[str, dict[str, Any]]] = [
    ("timeout_after_booking", {"seconds": 2}),
    ("timeout_before_booking", {"seconds": 2}),
    ("error_after_booking", {"status": 500}),
    ("error_after_booking", {"status": 503}),
    ("error_before_booking", {"status": 502}),
    ("reset_after_booking", {}),
    ("reset_before_booking", {}),
    ("garbage_after_booking", {}),
    ("garbage_after_booking", {"undecodable": 1}),
    ("drip", {"seconds": 6}),
]


# One operation stands for all where the answer comes too late: they share the transport.
DOUBTS = [
    pytest.param(operation, fault, options, id=f"{operation} {fault} {options}")
    for operation in ("authorize", "capture", "void", "refund")
    for fault, options in DOUBT
    if operation == "authorize" or "seconds" not in options
]


@pytest.mark.parametrize(("operation", "fault", "options"), DOUBTS)
def test_lost_answer_is_unknown_and_never_a_failure(
    psp: ScriptedPsp, credentials: Credentials, operation: str, fault: str, options: dict[str, Any]
) -> None:
    call = prepared(credentials, operation)
    psp.fails(fault, operation=operation, **options)
    started = time.monotonic()

    answer = call()

    assert isinstance(answer.outcome, Unknown)
    assert answer.call.outcome == "unknown"
    assert time.monotonic() - started < 2


def prepared(credentials: Credentials, operation: str) -> Callable[[], Answer]:
    """The call of an operation, with what it needs at the PSP made before."""
    request = AuthorizeRequest(
        psp_key=f"ch_{new_id().hex}",
        amount=Money(10_00, USD),
        token="pm_card_visa",
        capture=operation in ("authorize", "refund"),
    )
    if operation == "authorize":
        return lambda: connector.authorize(credentials, request)
    made = connector.authorize(credentials, request).outcome
    assert isinstance(made, Succeeded)
    if operation == "capture":
        return lambda: connector.capture(credentials, capture_of(made, 10_00))
    if operation == "void":
        void = VoidRequest(psp_key=f"void_{new_id().hex}", psp_reference=made.psp_reference)
        return lambda: connector.void(credentials, void)
    return lambda: connector.refund(credentials, refund_of(made, 4_00))


@pytest.mark.parametrize("operation", ["authorize", "capture", "void", "refund"])
def test_rate_limit_turned_us_away_before_anything_was_looked_at(
    psp: ScriptedPsp, credentials: Credentials, operation: str
) -> None:
    call = prepared(credentials, operation)
    psp.fails("status_429", operation=operation)

    assert call().outcome == NotSent(reason="stripe_http_429")


def test_closed_port_is_not_sent(credentials: Credentials) -> None:
    away = replace(credentials, base_url=f"http://127.0.0.1:{closed_port()}")
    request = AuthorizeRequest(psp_key="ch_1", amount=Money(10_00, USD), token="pm_card_visa")

    answer = connector.authorize(away, request)

    assert answer.outcome == NotSent(reason="no_connection")
    assert answer.call.http_status is None


def test_name_that_does_not_resolve_is_not_sent(credentials: Credentials) -> None:
    away = replace(credentials, base_url="http://psp.invalid")
    request = AuthorizeRequest(psp_key="ch_1", amount=Money(10_00, USD), token="pm_card_visa")

    assert isinstance(connector.authorize(away, request).outcome, NotSent)


@pytest.fixture
def peer() -> Iterator[Callable[..., str]]:
    """A server whose every answer is written by hand; returns its address."""
    listeners: list[socket.socket] = []

    def serve(answer: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    answer(connection)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    for listener in listeners:
        listener.close()


def drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(60):
        time.sleep(0.1)
        connection.sendall(b"x")


REFUSAL = b'{"error": {"type": "card_error", "payment_intent": "pi_1", "charge": 7, "code": "card_declined"}}'
ODD_ANSWERS: dict[str, Callable[[socket.socket], None]] = {
    "headers drip": drip_headers,
    "no http": lambda connection: connection.sendall(b"\x00\x01\x02\r\n\r\n"),
    "cut short": lambda connection: connection.sendall(
        b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"id"'
    ),
    "closed at once": lambda connection: None,
    "redirected": lambda connection: connection.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    ),
    "null": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"),
    "a list": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
    "another object": lambda connection: connection.sendall(
        b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"object":"balance"}'
    ),
    "refused in html": lambda connection: connection.sendall(
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n<html>"
    ),
    "odd refusal": lambda connection: connection.sendall(
        b"HTTP/1.1 402 Payment Required\r\nContent-Length: %d\r\n\r\n" % len(REFUSAL) + REFUSAL
    ),
}


@pytest.mark.parametrize("odd", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_answer_that_cannot_be_read_is_unknown_and_comes_within_the_deadline(
    credentials: Credentials, peer: Callable[..., str], odd: Callable[[socket.socket], None]
) -> None:
    request = AuthorizeRequest(psp_key="ch_1", amount=Money(10_00, USD), token="pm_card_visa")
    started = time.monotonic()

    answer = connector.authorize(replace(credentials, base_url=peer(odd)), request)

    assert isinstance(answer.outcome, Unknown), answer.outcome
    assert time.monotonic() - started < 2
