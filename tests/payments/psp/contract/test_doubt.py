"""Any PSP, whatever happens on the way: unknown, never a failure; and the inquiry brings the one truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from payments.psp.outcomes import NotFound, NotSent, Pending, Succeeded, Unknown, Voided
from payments.psp.port import Answer
from tests.payments.conftest import closed_port
from tests.payments.psp.contract.faces import USD, Face

pytestmark = pytest.mark.django_db

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
KINDS = {"authorize": "attempt", "capture": "capture", "void": "void", "refund": "refund"}


def prepared(face: Face, operation: str) -> tuple[Any, Callable[[], Answer]]:
    """The request of an operation and its call, with what it needs at the PSP made before."""
    connector, credentials = face.connector, face.credentials
    if operation == "authorize":
        charge = face.charge()
        return charge, lambda: connector.authorize(credentials, charge)
    if operation == "capture":
        capture = face.capture_of(face.held(), 10_00)
        return capture, lambda: connector.capture(credentials, capture)
    if operation == "void":
        void = face.void_of(face.held())
        return void, lambda: connector.void(credentials, void)
    refund = face.refund_of(face.paid(), 6_00)
    return refund, lambda: connector.refund(credentials, refund)


def moved(face: Face) -> tuple[int, int, int]:
    books = face.psp.books().get(USD, {})
    return (
        books.get("charges_gross_minor", 0),
        books.get("refunds_amount_minor", 0),
        books.get("authorized_open_minor", 0),
    )


DONE = {"authorize": (10_00, 0, 0), "capture": (10_00, 0, 0), "void": (0, 0, 0), "refund": (10_00, 6_00, 0)}
UNDONE = {
    "authorize": (0, 0, 0),
    "capture": (0, 0, 10_00),
    "void": (0, 0, 10_00),
    "refund": (10_00, 0, 0),
}


@pytest.mark.parametrize(("operation", "fault", "options"), DOUBTS)
def test_lost_answer_is_unknown_and_the_inquiry_tells_what_the_books_hold(
    face: Face, operation: str, fault: str, options: dict[str, Any]
) -> None:
    request, call = prepared(face, operation)
    face.psp.fails(fault, operation="cancel" if operation == "void" else operation, **options)
    started = time.monotonic()

    answer = call()

    assert isinstance(answer.outcome, Unknown)
    assert answer.call.outcome == "unknown"
    assert time.monotonic() - started < 2
    face.psp.heals()
    truth = face.became_of(KINDS[operation], request)
    assert isinstance(truth, Succeeded | Voided | NotFound), truth
    assert moved(face) == (UNDONE if isinstance(truth, NotFound) else DONE)[operation]


@pytest.mark.parametrize("operation", ["authorize", "capture", "void", "refund"])
def test_rate_limit_turned_us_away_before_anything_was_looked_at(face: Face, operation: str) -> None:
    _, call = prepared(face, operation)
    face.psp.fails("status_429", operation="cancel" if operation == "void" else operation)

    outcome = call().outcome

    assert isinstance(outcome, NotSent)
    assert outcome.reason.endswith("_http_429")
    assert moved(face) == UNDONE[operation]


@pytest.mark.parametrize("operation", ["authorize", "capture", "void", "refund"])
def test_inquiry_at_an_unreachable_psp_proves_nothing(face: Face, operation: str) -> None:
    request, _ = prepared(face, operation)
    face.credentials = replace(face.credentials, base_url=f"http://127.0.0.1:{closed_port()}")

    assert isinstance(face.became_of(KINDS[operation], request), Unknown)


def test_decline_whose_answer_was_lost_is_told_by_the_inquiry(face: Face) -> None:
    request = face.charge(token="pm_card_chargeDeclinedInsufficientFunds")
    face.psp.fails("reset_after_booking")
    assert isinstance(face.connector.authorize(face.credentials, request).outcome, Unknown)

    truth = face.became_of("attempt", request)

    assert getattr(truth, "decline_code", "") == "insufficient_funds"
    assert face.psp.charges() == 0


def test_call_that_is_still_under_way_is_no_failure(face: Face) -> None:
    request = face.charge()
    face.psp.fails("answer_late", seconds=2)
    assert isinstance(face.connector.authorize(face.credentials, request).outcome, Unknown)

    again = face.connector.authorize(face.credentials, request).outcome

    assert isinstance(again, Unknown | Pending)
    assert face.psp.charges() == 1
