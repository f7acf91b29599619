"""The question that a PSP is asked about a movement, whatever its kind."""

from __future__ import annotations

from payments.models import AuthorizationIncrement, Capture, PaymentAttempt, Refund, SetupIntent
from payments.models.case_subjects import Subject
from payments.psp.port import InquireRequest
from payments.queries.psp_again import (
    Again,
    again_of_attempt,
    again_of_capture,
    again_of_increment,
    again_of_refund,
    again_of_setup,
    again_of_void,
)
from payments.queries.psp_orders import (
    attempt_inquiry,
    capture_inquiry,
    increment_inquiry,
    refund_inquiry,
    void_inquiry,
)


def inquiry_of(subject: Subject) -> InquireRequest:
    row, attempt = subject.row, subject.attempt
    if isinstance(row, SetupIntent):
        return setup_inquiry(row)
    if isinstance(row, PaymentAttempt):
        return void_inquiry(row) if subject.kind == "void" else attempt_inquiry(row)
    assert attempt is not None, "captures, increments and refunds are of a charge"
    if isinstance(row, Capture):
        return capture_inquiry(row, attempt)
    if isinstance(row, AuthorizationIncrement):
        return increment_inquiry(row, attempt)
    assert isinstance(row, Refund), "there is no other kind"
    return refund_inquiry(row, attempt)


def again_of(subject: Subject) -> Again | None:
    """The same call once more, for a PSP that has no other way to be asked; None where it has none at all."""
    row, attempt = subject.row, subject.attempt
    if isinstance(row, SetupIntent):
        return again_of_setup(row)
    if isinstance(row, PaymentAttempt):
        return again_of_void(row) if subject.kind == "void" else again_of_attempt(row)
    if attempt is None:
        return None
    if isinstance(row, Capture):
        return again_of_capture(row, attempt)
    if isinstance(row, AuthorizationIncrement):
        return again_of_increment(row, attempt)
    return again_of_refund(row, attempt) if isinstance(row, Refund) else None


def setup_inquiry(setup: SetupIntent) -> InquireRequest:
    return InquireRequest(
        kind="setup_intent", psp_key=setup.psp_key, amount=None, psp_reference=setup.psp_reference
    )
